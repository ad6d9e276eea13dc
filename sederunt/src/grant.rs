//! `sederunt grant`: which service accounts may act as any user (domain-wide delegation).

use std::process::ExitCode;

use identity::{AppError, Scope};
use server::StoreFlags;

use crate::key::find_service_account;
use crate::listing::whole_list;
use crate::output::print_rows;
use crate::report::CommandError;
use crate::store::{self, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum GrantCommand {
    /// Let a service account act as any user, for these scopes; an earlier grant is replaced
    #[command(after_help = "It is as good as everybody's token: give the scopes that are needed, and no more.")]
    Add {
        /// Name, address or client id of the service account
        service_account: String,
        /// Scope, as often as needed: a full name, or its last part such as meetings.space.readonly;
        /// meetings.participate lets it take part in meetings
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<Scope>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print all: address of the service account, its client id, scopes
    List {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Take a grant back
    Remove {
        /// Name, address or client id of the service account
        service_account: String,
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// Does it.
pub(crate) fn run(command: GrantCommand) -> Result<ExitCode, CommandError> {
    match command {
        GrantCommand::Add {
            service_account,
            scopes,
            store,
        } => store::with(store, async |store| {
            let account = find_service_account(store, &service_account).await?;
            let scopes = scopes.into_iter().collect();
            store
                .identity
                .grant_delegation(&account.client_id, scopes, &store::by())
                .await?;
            Ok(())
        }),
        GrantCommand::List { store } => store::with(store, list),
        GrantCommand::Remove { service_account, store } => store::with(store, async |store| {
            let account = find_service_account(store, &service_account).await?;
            let removed = store.identity.delete_delegation(&account.client_id, &store::by()).await;
            removed.map_err(|error| match error {
                AppError::NotFound => {
                    let hint = "`sederunt grant list` shows them";
                    CommandError::new(format!("`{service_account}` has no grant"), hint)
                }
                error => error.into(),
            })
        }),
    }
}

async fn list(store: &Store) -> Result<(), CommandError> {
    let grants = whole_list(async |page| store.identity.list_delegations(page).await).await?;
    print_rows(
        grants
            .into_iter()
            .map(|grant| [grant.email, grant.client_id, grant.scopes.to_string()]),
    );
    Ok(())
}
