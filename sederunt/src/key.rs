//! `sederunt key`: service accounts, and the keys by which they sign in.

use std::process::ExitCode;

use identity::{AppError, ProjectMember, ProjectRole, ServiceAccount};
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
        A service account may do nothing until it acts for somebody: see `sederunt grant add`.\n\
        One that belongs to a project may do there what its role says:\n  \
        sederunt key create dialler --project support --role editor > key.json"
    )]
    Create {
        /// Name of the service account: lower-case letters, digits and dashes
        service_account: String,
        /// Id of the project that it belongs to
        #[arg(long)]
        project: Option<String>,
        /// What it may do in the project [default: viewer]
        #[arg(long, requires = "project", value_name = "viewer|editor|admin")]
        role: Option<ProjectRole>,
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
        KeyCommand::Create {
            service_account,
            project,
            role,
            store,
        } => store::with(store, async |store| {
            let account = match &project {
                Some(project) => of_project(store, &service_account, project, role).await?,
                None => of_installation(store, &service_account).await?,
            };
            let file = store.identity.create_key(&account, &store::by()).await?;
            print(&format!("{}\n", file.json().trim_end()));
            Ok(())
        }),
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

/// A service account of the installation, made if there is none: what names it.
async fn of_installation(store: &Store, name: &str) -> Result<String, CommandError> {
    match store.identity.create_service_account(name, &store::by()).await {
        Ok(account) => Ok(account.client_id),
        Err(AppError::NameTaken(email)) => Ok(email),
        Err(error) => Err(error.into()),
    }
}

/// A service account of a project with this role there, made if there is none: what names it. One that is there keeps its role if none is
/// given.
async fn of_project(
    store: &Store,
    name: &str,
    project: &str,
    role: Option<ProjectRole>,
) -> Result<String, CommandError> {
    let (identity, by) = (&store.identity, store::by());
    let first_role = role.unwrap_or(ProjectRole::Viewer);
    let email = match identity
        .create_project_service_account(name, project, first_role, &by)
        .await
    {
        Ok(account) => return Ok(account.client_id),
        Err(AppError::NameTaken(email)) => email,
        Err(AppError::NotFound) => {
            let hint = "`sederunt project list` shows them, and `sederunt project create` makes one";
            let why = format!("there is no project `{project}` that has service accounts");
            return Err(CommandError::new(why, hint));
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(role) = role {
        let account = find_service_account(store, &email).await?;
        let member = format!("serviceAccounts/{}", account.client_id);
        let set = identity
            .set_project_member(project, &ProjectMember { member, role }, &by)
            .await;
        set.map_err(|error| CommandError::new(error, "`sederunt project list` shows what there is"))?;
    }
    Ok(email)
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
    // Accounts of two projects may have one name, so that is enough for the installation's own alone.
    let is_named = |account: &ServiceAccount| {
        account.email == named || account.client_id == named || (account.is_of_installation() && account.name == named)
    };
    let found = accounts.find(is_named);
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
