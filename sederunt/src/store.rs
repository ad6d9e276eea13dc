//! The accounts and the register, as commands beside a server open them.
//!
//! All of them work while the server runs: what a command changes holds for the server at once. One of another version does not change
//! the tables below it ([`server::open_beside`]).

use std::process::ExitCode;

use audit::By;
use calls::Calls;
use db::Location;
use identity::{Identity, User};
use meeting::UserId;
use outbox::Outbox;
use register::Register;
use server::{StoreFlags, announced_url, clock, close_to_others};
use tokio::runtime::Runtime;

use crate::report::CommandError;

/// What an installation keeps.
pub(crate) struct Store {
    pub(crate) identity: Identity,
    pub(crate) register: Register,
    pub(crate) calls: Calls,
    pub(crate) outbox: Outbox,
    /// Where people find the server, as far as is known here.
    pub(crate) public_url: String,
}

/// Runs a command on the store.
pub(crate) fn with(
    flags: StoreFlags,
    command: impl AsyncFnOnce(&Store) -> Result<(), CommandError>,
) -> Result<ExitCode, CommandError> {
    let configuration = flags.resolve().map_err(with_hint)?;
    close_to_others(&configuration.data);
    Runtime::new()?.block_on(async {
        let is_new = matches!(configuration.location(), Location::Sqlite(file) if !file.exists());
        let db = server::open_beside(&configuration).await.map_err(|error| {
            let hint = error.hint();
            CommandError::new(error, hint)
        })?;
        if is_new {
            // Whoever stands in another folder than their server would look for what they just made.
            tracing::warn!(
                folder = %configuration.data.display(),
                "no register was here, and an empty one was made; a server that keeps its own elsewhere is meant by its `--data`"
            );
        }
        let identity = Identity::open(db.clone()).await;
        let hint = "`sederunt doctor` with the same flags shows what is wrong";
        let identity = identity.map_err(|error| CommandError::new(error, hint))?;
        let public_url = configuration.public_url.or_else(|| announced_url(&configuration.data));
        let public_url = public_url.unwrap_or_else(|| "http://localhost:8080".to_owned());
        let store = Store {
            identity: identity.with_public_url(&public_url),
            register: Register::new(db.clone()),
            calls: Calls::new(db.clone()),
            outbox: Outbox::new(db),
            public_url,
        };
        command(&store).await?;
        Ok(ExitCode::SUCCESS)
    })
}

impl Store {
    /// Somebody, by their address or by `users/{user}`.
    pub(crate) async fn user(&self, who: &str) -> Result<User, CommandError> {
        let user = match UserId::parse(who.strip_prefix("users/").unwrap_or(who)) {
            Ok(id) => self.identity.user(&id).await?,
            Err(_) => self.identity.user_by_email(who).await?,
        };
        user.ok_or_else(|| {
            let hint = "`sederunt user list` shows all of them, and `sederunt user add` adds one; give the same `--data` as the server";
            CommandError::new(format!("there is no user with the address `{who}`"), hint)
        })
    }
}

/// A configuration that cannot be used, and what to do.
pub(crate) fn with_hint(error: server::ConfigurationError) -> CommandError {
    let hint = error.hint();
    CommandError::new(error, hint)
}

/// Whoever types the command, as the audit log names them.
pub(crate) fn by() -> By {
    By::command_line(clock::now_us())
}
