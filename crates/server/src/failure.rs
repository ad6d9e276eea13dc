//! What callers are told when something is refused or goes wrong: one type, mapped once.
//!
//! A [`Failure`] is the public half of an error: a canonical code, a sentence, and the details that Google's clients read
//! (`google.rpc.ErrorInfo` and `BadRequest`). The inner half goes to the log where the failure is made, and never to a wire.
//! The cores and the register know no codes: each handler turns their errors into one of these.

use std::error::Error;
use std::fmt::Write as _;

use api::google::rpc;
use prost::Message;
use register::RegisterError;
use tonic::{Code, Status};

/// `ErrorInfo.domain` of everything that Google's contract defines.
const GOOGLE_DOMAIN: &str = "meet.googleapis.com";

/// `ErrorInfo.domain` of what only our own contract defines.
const OWN_DOMAIN: &str = "sederunt";

/// A refusal or an error, as the caller may know it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    code: Code,
    message: String,
    /// Most failures have none, and every answer carries the size of a failure.
    details: Option<Box<Details>>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Details {
    info: Option<rpc::ErrorInfo>,
    violations: Vec<rpc::bad_request::FieldViolation>,
}

/// What a handler answers.
pub(crate) type Answer<T> = Result<T, Failure>;

impl Failure {
    /// A failure with a code and a sentence.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Failure {
        Failure {
            code,
            message: message.into(),
            details: None,
        }
    }

    /// A field of the request has a value that it cannot have.
    pub(crate) fn field(field: &str, description: impl Into<String>) -> Failure {
        let description = description.into();
        let message = format!("Invalid value at '{field}': {description}");
        let mut failure = Failure::new(Code::InvalidArgument, message);
        failure
            .details
            .get_or_insert_default()
            .violations
            .push(rpc::bad_request::FieldViolation {
                field: field.to_owned(),
                description,
                ..Default::default()
            });
        failure
    }

    /// Google's answer for a resource that is not there or not for the caller: which of the two is secret.
    pub(crate) fn masked(resource: &str) -> Failure {
        Failure::new(
            Code::PermissionDenied,
            format!("Permission denied on resource {resource} (or it might not exist)."),
        )
    }

    /// A child that is not there, of a parent that the caller may read.
    pub(crate) fn not_found() -> Failure {
        Failure::new(Code::NotFound, "Requested entity was not found.")
    }

    /// No credentials, or none that hold.
    pub(crate) fn unauthenticated(reason: &str) -> Failure {
        Failure::new(
            Code::Unauthenticated,
            "Request had invalid authentication credentials. Expected a bearer token or a signed-in browser.",
        )
        .google(reason)
    }

    /// Something of ours broke. The chain goes to the log, the sentence to the caller.
    pub(crate) fn internal(error: &(dyn Error + 'static)) -> Failure {
        tracing::error!(error = %chain(error), "a call failed");
        Failure::new(Code::Internal, "Internal error encountered.")
    }

    /// The register did not do its part. If the database is out of reach, trying again may help.
    pub(crate) fn broken(error: &RegisterError) -> Failure {
        use db::Error::{Engine, Timeout, Uncertain};
        match error {
            RegisterError::Store(Timeout { .. } | Uncertain { .. } | Engine { .. }) => {
                tracing::error!(error = %chain(error), "the register cannot be reached");
                Failure::unavailable("The service is currently unavailable.")
            }
            _ => Failure::internal(error),
        }
    }

    /// The caller may try again soon.
    pub(crate) fn unavailable(message: impl Into<String>) -> Failure {
        Failure::new(Code::Unavailable, message)
    }

    /// Adds a reason that Google's contract names.
    pub(crate) fn google(self, reason: &str) -> Failure {
        self.because(reason, GOOGLE_DOMAIN)
    }

    /// Adds a reason of our own contract.
    pub(crate) fn own(self, reason: &str) -> Failure {
        self.because(reason, OWN_DOMAIN)
    }

    fn because(mut self, reason: &str, domain: &str) -> Failure {
        let info = self.details.get_or_insert_default().info.get_or_insert_default();
        reason.clone_into(&mut info.reason);
        domain.clone_into(&mut info.domain);
        self
    }

    /// Adds a value that the reason speaks of.
    pub(crate) fn with(mut self, key: &str, value: impl Into<String>) -> Failure {
        let info = self.details.get_or_insert_default().info.get_or_insert_default();
        info.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// The canonical code.
    pub(crate) fn code(&self) -> Code {
        self.code
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Status {
        let Some(named) = failure.details else {
            return Status::new(failure.code, failure.message);
        };
        let mut details = Vec::new();
        if let Some(info) = &named.info {
            details.push(any("google.rpc.ErrorInfo", info));
        }
        if !named.violations.is_empty() {
            let violations = rpc::BadRequest {
                field_violations: named.violations,
            };
            details.push(any("google.rpc.BadRequest", &violations));
        }
        let status = rpc::Status {
            code: failure.code.into(),
            message: failure.message.clone(),
            details,
        };
        Status::with_details(failure.code, failure.message, status.encode_to_vec().into())
    }
}

fn any(name: &str, message: &impl Message) -> prost_types::Any {
    prost_types::Any {
        type_url: format!("type.googleapis.com/{name}"),
        value: message.encode_to_vec(),
    }
}

/// An error and everything that caused it, for the log.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_carry_reason_and_field() {
        let status = Status::from(Failure::field("name", "too long").google("NAME").with("limit", "3"));
        let decoded = rpc::Status::decode(status.details()).expect("a google.rpc.Status");
        assert_eq!(decoded.code, i32::from(Code::InvalidArgument));
        let urls: Vec<&str> = decoded.details.iter().map(|any| any.type_url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "type.googleapis.com/google.rpc.ErrorInfo",
                "type.googleapis.com/google.rpc.BadRequest"
            ]
        );
        let info = rpc::ErrorInfo::decode(&*decoded.details[0].value).expect("an ErrorInfo");
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("NAME", GOOGLE_DOMAIN));
        assert_eq!(info.metadata["limit"], "3");
    }

    #[test]
    fn a_plain_failure_has_no_details() {
        assert!(Status::from(Failure::not_found()).details().is_empty());
    }
}
