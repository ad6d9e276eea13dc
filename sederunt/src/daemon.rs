//! The part of `sederunt app` that is about applications with roles: what they may do, what they sign in with, and what they are
//! told.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use identity::{AppError, AppRole, AppRoles, Daemon, DaemonCredentialError, DaemonCredentialKind};
use server::{StoreFlags, clock};

use crate::output::{print, print_rows, time_text};
use crate::report::CommandError;
use crate::span::parse_span;
use crate::store::{self, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum DaemonCommand {
    /// Give an application roles, beside those that it has
    Grant {
        /// Its client id
        client_id: String,
        /// Role, as often as needed: CallRecords.Read.All, CallRecord-PstnCalls.Read.All or OnlineMeetingArtifact.Read.All
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<AppRole>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Take roles from an application; its next request is without them
    Revoke {
        /// Its client id
        client_id: String,
        /// Role, as often as needed
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<AppRole>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Make another secret for an application with roles, and print what its client library needs
    #[command(
        after_help = "It is shown once. Let the program have it, and then remove the old one:\n  \
        sederunt app secret CLIENT_ID --ttl 180d > reports.env\n  \
        sederunt app credentials CLIENT_ID\n  \
        sederunt app forget CLIENT_ID ID_OF_THE_OLD_ONE"
    )]
    Secret {
        /// Its client id
        client_id: String,
        /// How long it is valid: 90s, 30m, 1h or 180d [default: until it is removed]
        #[arg(long, value_name = "TIME", value_parser = parse_span)]
        ttl: Option<Duration>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Let an application sign in with a certificate, whose key it keeps to itself
    Certificate {
        /// Its client id
        client_id: String,
        /// A certificate in PEM, of an RSA key; a key in the same file is not read
        file: PathBuf,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print what an application with roles signs in with: id, kind, until when it is valid
    Credentials {
        /// Its client id
        client_id: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Remove a secret or a certificate; tokens that were had by it end too
    Forget {
        /// Client id of the application
        client_id: String,
        /// Id of the secret or the certificate
        credential: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print who is told of what happens: id of the subscription, whose it is, by which contract, at which address, until when
    Subscriptions {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print the id of the tenant, by which Microsoft's client libraries name this installation
    Tenant {
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// Does it.
pub(crate) fn run(command: DaemonCommand) -> Result<ExitCode, CommandError> {
    match command {
        DaemonCommand::Grant {
            client_id,
            roles,
            store,
        } => store::with(store, async |store| {
            let daemon = find(store, &client_id).await?;
            let roles = daemon.roles.iter().chain(roles).collect();
            set_roles(store, &daemon, roles).await
        }),
        DaemonCommand::Revoke {
            client_id,
            roles,
            store,
        } => store::with(store, async |store| {
            let daemon = find(store, &client_id).await?;
            let roles = daemon.roles.iter().filter(|role| !roles.contains(role)).collect();
            set_roles(store, &daemon, roles).await
        }),
        DaemonCommand::Secret { client_id, ttl, store } => store::with(store, async |store| {
            let daemon = find(store, &client_id).await?;
            secret(store, &daemon, ttl).await
        }),
        DaemonCommand::Certificate { client_id, file, store } => store::with(store, async |store| {
            let daemon = find(store, &client_id).await?;
            certificate(store, &daemon, &file).await
        }),
        DaemonCommand::Credentials { client_id, store } => {
            store::with(store, async |store| credentials(store, &client_id).await)
        }
        DaemonCommand::Forget {
            client_id,
            credential,
            store,
        } => store::with(store, async |store| forget(store, &client_id, &credential).await),
        DaemonCommand::Subscriptions { store } => store::with(store, subscriptions),
        DaemonCommand::Tenant { store } => store::with(store, async |store| {
            print(&format!("{}\n", store.identity.tenant()));
            Ok(())
        }),
    }
}

/// Makes an application with roles, and lets it sign in: with the certificate in a file, or else with a secret.
pub(crate) async fn add(
    store: &Store,
    name: &str,
    roles: Vec<AppRole>,
    certificate_file: Option<PathBuf>,
) -> Result<(), CommandError> {
    let roles = roles.into_iter().collect();
    let daemon = store.identity.create_daemon(name, roles, &store::by()).await?;
    let able = match certificate_file {
        Some(file) => certificate(store, &daemon, &file).await,
        None => secret(store, &daemon, None).await,
    };
    if able.is_err() {
        // Nobody would know of it.
        store.identity.delete_daemon(&daemon.client_id, &store::by()).await?;
    }
    able
}

/// An application with roles.
pub(crate) async fn find(store: &Store, client_id: &str) -> Result<Daemon, CommandError> {
    store.identity.daemon(client_id).await?.ok_or_else(|| {
        let hint = "`sederunt app list` shows them, and `sederunt app add --kind daemon` makes one";
        CommandError::new(format!("there is no application with roles `{client_id}`"), hint)
    })
}

async fn set_roles(store: &Store, daemon: &Daemon, roles: AppRoles) -> Result<(), CommandError> {
    let set = store
        .identity
        .set_daemon_roles(&daemon.client_id, roles, &store::by())
        .await;
    set?;
    Ok(())
}

async fn secret(store: &Store, daemon: &Daemon, ttl: Option<Duration>) -> Result<(), CommandError> {
    let made = store
        .identity
        .create_daemon_secret(&daemon.client_id, ttl, &store::by())
        .await;
    let (_, secret) = made.map_err(not_made)?;
    print(&store.identity.daemon_environment(&daemon.client_id, Some(&secret)));
    Ok(())
}

async fn certificate(store: &Store, daemon: &Daemon, file: &Path) -> Result<(), CommandError> {
    let pem = std::fs::read(file).map_err(|error| {
        let hint = "name a file with a certificate in PEM";
        CommandError::new(format!("`{}` cannot be read: {error}", file.display()), hint)
    })?;
    let taken = store
        .identity
        .create_daemon_certificate(&daemon.client_id, &pem, &store::by())
        .await;
    taken.map_err(not_made)?;
    print(&store.identity.daemon_environment(&daemon.client_id, None));
    Ok(())
}

fn not_made(error: DaemonCredentialError) -> CommandError {
    let hint = match error {
        DaemonCredentialError::App(AppError::TooMany) | DaemonCredentialError::Taken => {
            "`sederunt app credentials` shows them, and `sederunt app forget` removes one"
        }
        DaemonCredentialError::Certificate(_) => {
            "`openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 365 -subj /CN=reports` \
             makes one"
        }
        error => return error.into(),
    };
    CommandError::new(error, hint)
}

async fn credentials(store: &Store, client_id: &str) -> Result<(), CommandError> {
    let daemon = find(store, client_id).await?;
    let credentials = store.identity.list_daemon_credentials(&daemon.client_id).await?;
    print_rows(credentials.into_iter().map(|credential| {
        let kind = match credential.kind {
            DaemonCredentialKind::Secret => "secret",
            DaemonCredentialKind::Certificate => "certificate",
        };
        let until = credential.expire_us.map_or_else(|| "removed".to_owned(), time_text);
        [credential.id, kind.to_owned(), until]
    }));
    Ok(())
}

async fn subscriptions(store: &Store) -> Result<(), CommandError> {
    let subscriptions = store.outbox.subscriptions(clock::now_us()).await?;
    print_rows(subscriptions.into_iter().map(|one| {
        let until = time_text(one.expire_us);
        [one.id.to_string(), one.owner, one.contract, one.address, until]
    }));
    Ok(())
}

async fn forget(store: &Store, client_id: &str, credential: &str) -> Result<(), CommandError> {
    let daemon = find(store, client_id).await?;
    let deleted = store
        .identity
        .delete_daemon_credential(&daemon.client_id, credential, &store::by())
        .await;
    deleted.map_err(|error| match error {
        AppError::NotFound => {
            let hint = "`sederunt app credentials` shows the ids of its secrets and certificates";
            CommandError::new(
                format!("the application has no secret or certificate `{credential}`"),
                hint,
            )
        }
        error => error.into(),
    })
}
