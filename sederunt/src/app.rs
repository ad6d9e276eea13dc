//! `sederunt app`: programs that ask people for consent (OAuth clients), and programs with roles, which act for nobody (daemons).

use std::path::PathBuf;
use std::process::ExitCode;

use identity::{AppError, AppKind, AppRole, NewApp};
use server::StoreFlags;

use crate::daemon::{self, DaemonCommand};
use crate::listing::whole_list;
use crate::output::{print, print_rows};
use crate::report::CommandError;
use crate::store::{self, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum AppCommand {
    /// Register a program, and print its client file
    #[command(
        after_help = "Of a web or installed app it is what Google's libraries read as client_secret.json:\n  \
        sederunt app add \"Minutes\" --kind web --redirect-uri https://minutes.example.org/back > client_secret.json\n\
        Of a daemon it is what Microsoft's read from the environment:\n  \
        sederunt app add \"Reports\" --kind daemon --role CallRecords.Read.All > reports.env"
    )]
    Add {
        /// What the consent page calls it
        name: String,
        /// Whether it runs on a server, or on people's machines, where it may be sent to any port of the loopback address;
        /// or acts for nobody, by roles of its own
        #[arg(long)]
        kind: Kind,
        /// Where people may be sent back to, as often as needed
        #[arg(long = "redirect-uri", value_name = "URI")]
        redirect_uris: Vec<String>,
        /// What a daemon may do, as often as needed: CallRecords.Read.All, CallRecord-PstnCalls.Read.All or
        /// OnlineMeetingArtifact.Read.All
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<AppRole>,
        /// A certificate in PEM by which a daemon signs in, in place of a secret
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print all: client id, name, kind, and redirect URIs or roles
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
    #[command(flatten)]
    Daemon(DaemonCommand),
}

/// Where it runs.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Kind {
    /// On a server.
    Web,
    /// On people's machines.
    Installed,
    /// For nobody: by roles of its own.
    Daemon,
}

/// Does it.
pub(crate) fn run(command: AppCommand) -> Result<ExitCode, CommandError> {
    match command {
        AppCommand::Add {
            name,
            kind,
            redirect_uris,
            roles,
            certificate,
            store,
        } => {
            check_kind(kind, &redirect_uris, !roles.is_empty() || certificate.is_some())?;
            store::with(store, async |store| match kind {
                Kind::Web => add(store, &name, AppKind::Web, &redirect_uris).await,
                Kind::Installed => add(store, &name, AppKind::Installed, &redirect_uris).await,
                Kind::Daemon => daemon::add(store, &name, roles, certificate).await,
            })
        }
        AppCommand::List { store } => store::with(store, list),
        AppCommand::Remove { client_id, store } => store::with(store, async |store| remove(store, &client_id).await),
        AppCommand::Daemon(command) => daemon::run(command),
    }
}

/// Refuses what is for another kind.
fn check_kind(kind: Kind, redirect_uris: &[String], of_daemons: bool) -> Result<(), CommandError> {
    let is_daemon = matches!(kind, Kind::Daemon);
    if is_daemon && !redirect_uris.is_empty() {
        let hint = "leave out `--redirect-uri`, or choose `--kind web`";
        return Err(CommandError::new("a daemon sends nobody anywhere", hint));
    }
    if !is_daemon && of_daemons {
        let hint = "people say what it may do when it asks them; or choose `--kind daemon`";
        return Err(CommandError::new("only a daemon has roles and certificates", hint));
    }
    Ok(())
}

async fn remove(store: &Store, client_id: &str) -> Result<(), CommandError> {
    let removed = if store.identity.daemon(client_id).await?.is_some() {
        store.identity.delete_daemon(client_id, &store::by()).await
    } else {
        store.identity.delete_app(client_id, &store::by()).await
    };
    removed.map_err(|error| match error {
        AppError::NotFound => {
            let hint = "`sederunt app list` shows them";
            CommandError::new(format!("there is no app `{client_id}`"), hint)
        }
        error => error.into(),
    })
}

async fn add(store: &Store, name: &str, kind: AppKind, redirect_uris: &[String]) -> Result<(), CommandError> {
    let new = NewApp {
        kind,
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
    let apps = apps.into_iter().map(|app| {
        let kind = match app.kind {
            AppKind::Web => "web",
            AppKind::Installed => "installed",
        };
        [app.client_id, app.name, kind.to_owned(), app.redirect_uris.join(" ")]
    });
    let daemons = whole_list(async |page| store.identity.list_daemons(page).await).await?;
    let daemons = daemons.into_iter().map(|daemon| {
        [
            daemon.client_id,
            daemon.name,
            "daemon".to_owned(),
            daemon.roles.to_string(),
        ]
    });
    print_rows(apps.chain(daemons));
    Ok(())
}
