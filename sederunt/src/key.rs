//! `sederunt key`: service accounts, and the keys by which they sign in.

use std::process::ExitCode;

use identity::{AppError, ServiceAccount};
use server::StoreFlags;

use crate::listing::whole_list;
use crate::output::{print, print_rows};
use crate::report::CommandError;
use crate::store::{self, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key, and the service account if there is none of that name, and print the key file
    #[command(
        after_help = "The file is what Google's libraries read, and its token_uri is this server's:\n  \
        sederunt key create reports --public-url https://meet.example.org > key.json\n\
        A service account may do nothing until it acts for somebody: see `sederunt grant add`."
    )]
    Create {
        /// Name of the service account: lower-case letters, digits and dashes
        service_account: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print all keys: name of the service account, its client id, its address, key id
    List {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Remove a key, or a service account with all its keys and its grant
    Remove {
        /// Name, address or client id of the service account
        service_account: String,
        /// The key to remove
        #[arg(required_unless_present = "all")]
        key_id: Option<String>,
        /// Remove the service account with all its keys and its grant
        #[arg(long, conflicts_with = "key_id")]
        all: bool,
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// Does it.
pub(crate) fn run(command: KeyCommand) -> Result<ExitCode, CommandError> {
    match command {
        KeyCommand::Create { service_account, store } => {
            store::with(store, async |store| create(store, &service_account).await)
        }
        KeyCommand::List { store } => store::with(store, list),
        KeyCommand::Remove {
            service_account,
            key_id,
            store,
            ..
        } => store::with(store, async |store| {
            let account = find_service_account(store, &service_account).await?;
            match key_id {
                Some(key) => store
                    .identity
                    .delete_key(&account.client_id, &key, &store::by())
                    .await
                    .map_err(unknown_key),
                None => Ok(store
                    .identity
                    .delete_service_account(&account.client_id, &store::by())
                    .await?),
            }
        }),
    }
}

async fn create(store: &Store, name: &str) -> Result<(), CommandError> {
    let account = match store.identity.create_service_account(name, &store::by()).await {
        Ok(account) => account.client_id,
        Err(AppError::NameTaken(email)) => email,
        Err(error) => return Err(error.into()),
    };
    let file = store.identity.create_key(&account, &store::by()).await?;
    print(&format!("{}\n", file.json().trim_end()));
    Ok(())
}

async fn list(store: &Store) -> Result<(), CommandError> {
    for account in service_accounts(store).await? {
        let keys = store.identity.list_keys(&account.client_id).await?;
        print_rows(keys.into_iter().map(|key| {
            let ServiceAccount {
                client_id, email, name, ..
            } = account.clone();
            [name, client_id, email, key.id]
        }));
    }
    Ok(())
}

async fn service_accounts(store: &Store) -> Result<Vec<ServiceAccount>, CommandError> {
    whole_list(async |page| store.identity.list_service_accounts(page).await).await
}

/// A service account by whatever names it.
pub(crate) async fn find_service_account(store: &Store, named: &str) -> Result<ServiceAccount, CommandError> {
    let mut accounts = service_accounts(store).await?.into_iter();
    let found =
        accounts.find(|account| [&account.name, &account.email, &account.client_id].contains(&&named.to_owned()));
    found.ok_or_else(|| {
        let hint = "`sederunt key list` shows them, and `sederunt key create` makes one";
        CommandError::new(format!("there is no service account `{named}`"), hint)
    })
}

fn unknown_key(error: AppError) -> CommandError {
    match error {
        AppError::NotFound => {
            let hint = "`sederunt key list` shows the ids of its keys";
            CommandError::new("the service account has no such key", hint)
        }
        error => error.into(),
    }
}
