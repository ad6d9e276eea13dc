//! The commands: what each does, in a screen.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use db::Db;
use identity::{AccountError, Identity, NewUser, Scope, Scopes, User};
use server::{ServeFlags, Server, StoreConfiguration, StoreFlags, announced_url, clock};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::report::Failure;

/// Serves until a signal says otherwise.
pub(crate) fn serve(flags: ServeFlags) -> Result<ExitCode, Failure> {
    let configuration = flags.resolve().map_err(with_hint)?;
    Runtime::new()?.block_on(async {
        // Before anything is announced: a signal that comes then must be heard.
        let mut signals = Signals::new()?;
        let running = tokio::select! {
            started = Server::start(configuration) => started.map_err(|error| {
                let hint = error.hint();
                Failure::new(error, hint)
            })?,
            () = signals.next() => return Ok(ExitCode::SUCCESS),
        };
        let invitation = running
            .administrator_link()
            .map(|link| format!("Sign in as the administrator, once: {link}\n"));
        print(&format!(
            "Sederunt is ready at {}\n{}",
            running.public_url(),
            invitation.unwrap_or_default()
        ));
        signals.next().await;
        tokio::select! {
            () = running.drain() => {}
            () = signals.next() => tracing::warn!("stopped at once; the next start ends what is open"),
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Adds a user, or finds the one there is, and prints a sign-in link.
pub(crate) fn add_user(email: &str, name: Option<&str>, flags: StoreFlags) -> Result<ExitCode, Failure> {
    let store = flags.resolve().map_err(with_hint)?;
    Runtime::new()?.block_on(async {
        let identity = open(&store).await?;
        let now_us = clock::now_us();
        let new = NewUser {
            email,
            display_name: name.unwrap_or_default(),
            administrator: false,
        };
        let user = match identity.add_user(new, now_us).await {
            Err(AccountError::EmailTaken(_)) => {
                let user = find(&identity, email).await?;
                if name.is_some_and(|name| name.trim() != user.display_name) {
                    tracing::warn!(
                        name = user.display_name,
                        "there is such a user already, under another name; it stays"
                    );
                }
                user
            }
            added => added?,
        };
        let secret = identity
            .sign_in_link(&user.id, identity::limits::SIGN_IN_LINK_TTL, now_us)
            .await?;
        let public_url = store.public_url.clone().or_else(|| announced_url(&store.data));
        let public_url = public_url.unwrap_or_else(|| "http://localhost:8080".to_owned());
        print(&format!("{}\n", server::sign_in_url(&public_url, &secret)));
        Ok(ExitCode::SUCCESS)
    })
}

/// Prints a bearer token.
pub(crate) fn token(email: &str, scopes: &[Scope], ttl: Duration, flags: StoreFlags) -> Result<ExitCode, Failure> {
    let store = flags.resolve().map_err(with_hint)?;
    Runtime::new()?.block_on(async {
        let identity = open(&store).await?;
        let user = find(&identity, email).await?;
        let scopes = if scopes.is_empty() {
            Scopes::MEET
        } else {
            scopes.iter().copied().collect()
        };
        let token = identity.issue_token(&user, scopes, ttl, clock::now_us())?;
        print(&format!("{token}\n"));
        Ok(ExitCode::SUCCESS)
    })
}

/// Prints what a server would meet.
pub(crate) fn doctor(flags: ServeFlags) -> Result<ExitCode, Failure> {
    let configuration = flags.resolve().map_err(with_hint)?;
    let findings = Runtime::new()?.block_on(server::doctor::examine(&configuration));
    let lines = findings.iter().map(|finding| match &finding.state {
        Ok(state) => format!("ok       {}: {state}\n", finding.subject),
        Err(problem) => format!(
            "problem  {}: {}\n         hint: {}\n",
            finding.subject, problem.what, problem.hint
        ),
    });
    let page: String = lines.collect();
    print(&page);
    let healthy = findings.iter().all(|finding| finding.state.is_ok());
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn open(store: &StoreConfiguration) -> Result<Identity, Failure> {
    let hint = "`sederunt doctor` with the same flags shows what is wrong";
    let db = Db::open(&store.location())
        .await
        .map_err(|error| Failure::new(error, hint))?;
    Identity::open(db).await.map_err(|error| Failure::new(error, hint))
}

async fn find(identity: &Identity, email: &str) -> Result<User, Failure> {
    identity.user_by_email(email).await?.ok_or_else(|| {
        Failure::new(
            format!("there is no user with the address `{email}`"),
            format!("add them with `sederunt user add {email}`, and the same `--data` as the server"),
        )
    })
}

fn with_hint(error: server::ConfigurationError) -> Failure {
    let hint = error.hint();
    Failure::new(error, hint)
}

/// Prints at once, also into a pipe. Whoever closed it does not want to know.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
