//! Who does something, from where, and when: what every function that changes something is told.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::Statement;
use meeting::UserId;

use crate::{
    Action,
    event::{DONE, INSERT},
};

/// Somebody who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever has this account.
    User(UserId),
    /// A program that acts for nobody: its client id.
    ServiceAccount(String),
    /// A daemon, which acts by roles of its own: its client id.
    Daemon(String),
    /// Whoever runs the server, on its machine.
    CommandLine,
    /// The server itself, by a rule that somebody set.
    Server,
    /// Somebody who gave no credential.
    Nobody,
}

/// Who does something, from where, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    actor: Actor,
    app: Option<String>,
    client: Option<String>,
    /// In microseconds since the Unix epoch.
    pub now_us: i64,
}

impl Actor {
    /// As lines name them.
    pub fn name(&self) -> String {
        match self {
            Actor::User(id) => format!("users/{id}"),
            Actor::ServiceAccount(client_id) => format!("serviceAccounts/{client_id}"),
            Actor::Daemon(client_id) => format!("daemons/{client_id}"),
            Actor::CommandLine => "commandLine".to_owned(),
            Actor::Server => "server".to_owned(),
            Actor::Nobody => "nobody".to_owned(),
        }
    }
}

impl By {
    /// Somebody who asks over the network, from this address.
    pub fn remote(actor: Actor, client: &impl ToString, now_us: i64) -> By {
        By {
            actor,
            app: None,
            client: Some(client.to_string()),
            now_us,
        }
    }

    /// Whoever runs the server.
    pub fn command_line(now_us: i64) -> By {
        By {
            actor: Actor::CommandLine,
            app: None,
            client: None,
            now_us,
        }
    }

    /// The server, by a rule that somebody set.
    pub fn server(now_us: i64) -> By {
        By {
            actor: Actor::Server,
            ..By::command_line(now_us)
        }
    }

    /// The same person, by an application that acts for them.
    #[must_use]
    pub fn through(self, app: Option<String>) -> By {
        By { app, ..self }
    }

    /// The same request, now that it is known whose it is.
    #[must_use]
    pub fn known_as(&self, actor: Actor) -> By {
        By { actor, ..self.clone() }
    }

    /// From which address, if it is not this machine's command line.
    pub(crate) fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// As the line names whoever it is.
    pub fn actor(&self) -> String {
        self.actor.name()
    }

    /// The line which says that this was done, for the write that does it. The detail may be empty, and is never a name, a
    /// mail address or a secret.
    pub fn did(&self, action: Action, subject: &str, detail: &str) -> Statement {
        self.line(action, subject, detail, DONE, 1)
    }

    /// A line.
    pub(crate) fn line(&self, action: Action, subject: &str, detail: &str, outcome: i64, times: i64) -> Statement {
        debug_assert!(
            !detail.contains('@'),
            "a mail address is a person's to have forgotten: {detail}"
        );
        let mut id = [0; ID_BYTES];
        getrandom::fill(&mut id).expect("the operating system has random bytes once it has started");
        Statement::new(
            INSERT,
            vec![
                self.now_us.into(),
                URL_SAFE_NO_PAD.encode(id).into(),
                self.actor().into(),
                self.app.as_deref().into(),
                action.name().into(),
                subject.into(),
                detail.into(),
                self.client().into(),
                outcome.into(),
                times.into(),
            ],
        )
        .expect(1)
    }
}

/// Lines of one microsecond are few.
const ID_BYTES: usize = 9;
