//! `sederunt app`: programs that ask people for consent (OAuth clients).

use std::process::ExitCode;

use identity::{AppError, AppKind, NewApp};
use server::StoreFlags;

use crate::listing::whole_list;
use crate::output::{print, print_rows};
use crate::report::CommandError;
use crate::store::{self, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum AppCommand {
    /// Register a program, and print its client file
    #[command(after_help = "The file is what Google's libraries read as client_secret.json:\n  \
        sederunt app add \"Minutes\" --kind web --redirect-uri https://minutes.example.org/back > client_secret.json")]
    Add {
        /// What the consent page calls it
        name: String,
        /// Whether it runs on a server, or on people's machines, where it may be sent to any port of the loopback address
        #[arg(long)]
        kind: Kind,
        /// Where people may be sent back to, as often as needed
        #[arg(long = "redirect-uri", value_name = "URI")]
        redirect_uris: Vec<String>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print all: client id, name, kind, redirect URIs
    List {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Remove a program, and whatever people let it do
    Remove {
        /// Its client id
        client_id: String,
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// Where it runs.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Kind {
    /// On a server.
    Web,
    /// On people's machines.
    Installed,
}

/// Does it.
pub(crate) fn run(command: AppCommand) -> Result<ExitCode, CommandError> {
    match command {
        AppCommand::Add {
            name,
            kind,
            redirect_uris,
            store,
        } => store::with(store, async |store| add(store, &name, kind, &redirect_uris).await),
        AppCommand::List { store } => store::with(store, list),
        AppCommand::Remove { client_id, store } => store::with(store, async |store| {
            let removed = store.identity.delete_app(&client_id, &store::by()).await;
            removed.map_err(|error| match error {
                AppError::NotFound => {
                    let hint = "`sederunt app list` shows them";
                    CommandError::new(format!("there is no app `{client_id}`"), hint)
                }
                error => error.into(),
            })
        }),
    }
}

async fn add(store: &Store, name: &str, kind: Kind, redirect_uris: &[String]) -> Result<(), CommandError> {
    let new = NewApp {
        kind: match kind {
            Kind::Web => AppKind::Web,
            Kind::Installed => AppKind::Installed,
        },
        name,
        redirect_uris,
        // Google's libraries for installed apps send one, and fail without.
        secret: true,
    };
    let created = store.identity.create_app(new, &store::by()).await;
    let (app, secret) = created.map_err(|error| match error {
        AppError::NoRedirectUri => CommandError::new(error, "name it with `--redirect-uri https://…`"),
        error => error.into(),
    })?;
    let file = store.identity.client_file(&app, secret.as_ref());
    print(&format!("{}\n", file.trim_end()));
    Ok(())
}

async fn list(store: &Store) -> Result<(), CommandError> {
    let apps = whole_list(async |page| store.identity.list_apps(page).await).await?;
    print_rows(apps.into_iter().map(|app| {
        let kind = match app.kind {
            AppKind::Web => "web",
            AppKind::Installed => "installed",
        };
        [app.client_id, app.name, kind.to_owned(), app.redirect_uris.join(" ")]
    }));
    Ok(())
}
