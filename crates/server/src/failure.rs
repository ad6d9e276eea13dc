//! Why something was refused or went wrong, in no vendor's words.
//!
//! A [`Failure`] is the public half of an error: what kind it is, a reason that programs can read, the field that is meant, when
//! another try may help. The inner half goes to the log where the failure is made, and never to a wire. The cores and the
//! register know no kinds: each handler turns their errors into one of these. What a kind is called on a wire, and the sentence for
//! one that brings none, is said once by each contract: gRPC's in `grpc/status.rs`.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use register::{RegisterError, chain};
use share::Used;

use crate::limits;

/// What kind of failure: what a caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value of the request cannot be.
    Invalid,
    /// Nobody knows who is calling, or the credential does not hold.
    Unauthenticated,
    /// The credential is for other things.
    ScopeMissing,
    /// The thing is known to the caller, and not theirs to do this to.
    Forbidden,
    /// It is not there or not for the caller: which of the two is secret.
    Hidden,
    /// It is not there, and the caller may know.
    NotFound,
    /// It is there already.
    Exists,
    /// Not as things are now.
    Precondition,
    /// A limit or a quota is reached.
    Exhausted,
    /// More than anybody may send at once.
    TooLarge,
    /// It took too long.
    Deadline,
    /// This server does not do such things.
    Unimplemented,
    /// Not now; another try may help.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// A refusal or an error, as the caller may know it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    kind: Kind,
    sentence: Option<Cow<'static, str>>,
    /// Most failures have none, and every answer carries the size of a failure.
    details: Option<Box<Details>>,
}

/// What else is known of a failure.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Details {
    /// What programs read: `CONFERENCE_FULL`.
    pub(crate) reason: Option<&'static str>,
    /// Values that the reason speaks of.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// The field that is wrong, and what is wrong with it.
    pub(crate) field: Option<(String, String)>,
    /// After which time another try may help.
    pub(crate) retry_after: Option<Duration>,
}

impl Details {
    /// The whole seconds after which another try may help, if one may at all.
    pub(crate) fn retry_after_seconds(&self, kind: Kind) -> Option<u64> {
        let usual = matches!(kind, Kind::Exhausted | Kind::Unavailable).then_some(limits::RETRY_WAIT);
        self.retry_after.or(usual).map(whole_seconds)
    }
}

/// As `Retry-After` says it: never too soon.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// What a handler answers.
pub(crate) type Answer<T> = Result<T, Failure>;

impl Failure {
    /// A failure with a sentence of its own.
    pub(crate) fn new(kind: Kind, sentence: impl Into<Cow<'static, str>>) -> Failure {
        Failure {
            sentence: Some(sentence.into()),
            ..Failure::from(kind)
        }
    }

    /// A field of the request has a value that it cannot have.
    pub(crate) fn field(field: &str, description: impl Into<String>) -> Failure {
        let description = description.into();
        let mut failure = Failure::new(Kind::Invalid, format!("Invalid value at '{field}': {description}"));
        failure.details.get_or_insert_default().field = Some((field.to_owned(), description));
        failure
    }

    /// A resource of this type that is not there or not for the caller.
    pub(crate) fn hidden(noun: &str) -> Failure {
        Failure::from(Kind::Hidden).with("resource", noun)
    }

    /// A child that is not there, of a parent that the caller may read.
    pub(crate) fn not_found() -> Failure {
        Kind::NotFound.into()
    }

    /// No credentials, or none that hold.
    pub(crate) fn unauthenticated(reason: &'static str) -> Failure {
        Failure::from(Kind::Unauthenticated).because(reason)
    }

    /// Something of ours broke. The chain goes to the log.
    pub(crate) fn internal(error: &(dyn Error + 'static)) -> Failure {
        tracing::error!(error = %chain(error), "a request failed");
        Kind::Internal.into()
    }

    /// The register did not do its part. If the database is out of reach, trying again may help.
    pub(crate) fn broken(error: &RegisterError) -> Failure {
        use db::Error::{Engine, Full, Superseded, Timeout, Uncertain};
        match error {
            RegisterError::Store(Timeout { .. } | Uncertain { .. } | Engine { .. } | Full { .. } | Superseded) => {
                Failure::unreachable(error, "the register cannot be reached")
            }
            _ => Failure::internal(error),
        }
    }

    /// Something that is needed for the answer does not answer. `what` and the chain go to the log.
    pub(crate) fn unreachable(error: &(dyn Error + 'static), what: &'static str) -> Failure {
        tracing::error!(error = %chain(error), "{what}");
        Kind::Unavailable.into()
    }

    /// Of what is shared out, nothing is left: for this caller alone, or for all who are like them.
    pub(crate) fn used_up(used: Used, limit: &'static str) -> Failure {
        let failure = match used {
            Used::Own => Failure::from(Kind::Exhausted)
                .because("RATE_LIMIT_EXCEEDED")
                .with("quota_limit", limit),
            Used::All => Failure::unavailable("The server is busy; try again soon."),
        };
        failure.retry_after(limits::BUSY_WAIT)
    }

    /// The caller may try again soon.
    pub(crate) fn unavailable(sentence: impl Into<Cow<'static, str>>) -> Failure {
        Failure::new(Kind::Unavailable, sentence)
    }

    /// Adds a reason that programs can read.
    pub(crate) fn because(mut self, reason: &'static str) -> Failure {
        self.details.get_or_insert_default().reason = Some(reason);
        self
    }

    /// Adds a value that the reason speaks of.
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<String>) -> Failure {
        self.details.get_or_insert_default().facts.push((key, value.into()));
        self
    }

    /// Adds the time after which another try may help.
    pub(crate) fn retry_after(mut self, wait: Duration) -> Failure {
        self.details.get_or_insert_default().retry_after = Some(wait);
        self
    }

    /// What kind it is.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The kind, its own sentence if there is one, and what else is known, for the contract that says it.
    pub(crate) fn into_parts(self) -> (Kind, Option<Cow<'static, str>>, Details) {
        let details = self.details.map(|details| *details);
        (self.kind, self.sentence, details.unwrap_or_default())
    }
}

/// A failure that needs no words of its own: each contract has a sentence for its kind.
impl From<Kind> for Failure {
    fn from(kind: Kind) -> Failure {
        Failure {
            kind,
            sentence: None,
            details: None,
        }
    }
}
