//! A failure as gRPC says it: a canonical code, a sentence, and the details of Google's error model (`google.rpc.ErrorInfo` and
//! `BadRequest`), which the clients of every gRPC contract here read. The one place where a [`Failure`] meets a code.

use std::borrow::Cow;

use api::google::rpc;
use prost::Message;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::failure::{Details, Failure, Kind};

/// `ErrorInfo.domain` of the reasons that Google's contracts define.
const GOOGLE_DOMAIN: &str = "meet.googleapis.com";

/// Those reasons (`contracts/meet.md` §2.9).
const GOOGLE_REASONS: [&str; 8] = [
    "ACCESS_TOKEN_INVALID",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "ACCESS_TOKEN_TYPE_UNSUPPORTED",
    "CREDENTIALS_MISSING",
    "MEETING_CODE_NOT_ACCEPTED",
    "NAME",
    "ORIGIN_NOT_ALLOWED",
    "RATE_LIMIT_EXCEEDED",
];

/// `ErrorInfo.domain` of what only our own contract defines.
const OWN_DOMAIN: &str = "sederunt";

fn code(kind: Kind) -> Code {
    match kind {
        Kind::Invalid => Code::InvalidArgument,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::ScopeMissing | Kind::Forbidden | Kind::Hidden => Code::PermissionDenied,
        Kind::NotFound => Code::NotFound,
        Kind::Exists => Code::AlreadyExists,
        Kind::Precondition => Code::FailedPrecondition,
        Kind::Exhausted | Kind::TooLarge => Code::ResourceExhausted,
        Kind::Deadline => Code::DeadlineExceeded,
        Kind::Unimplemented => Code::Unimplemented,
        Kind::Unavailable => Code::Unavailable,
        Kind::Internal => Code::Internal,
    }
}

/// The reference's sentence for a kind. Of what is hidden it names the type of the resource, and takes it out of the details:
/// it is part of the sentence.
fn sentence(kind: Kind, details: &mut Details) -> Cow<'static, str> {
    match kind {
        Kind::Invalid => "Request contains an invalid argument.".into(),
        Kind::Unauthenticated => {
            "Request had invalid authentication credentials. Expected a bearer token or a signed-in browser.".into()
        }
        Kind::ScopeMissing => "Request had insufficient authentication scopes.".into(),
        Kind::Forbidden => "The caller does not have permission.".into(),
        Kind::Hidden => {
            let noun = details.facts.iter().position(|(key, _)| *key == "resource");
            let noun = noun.map(|index| details.facts.remove(index).1).unwrap_or_default();
            format!("Permission denied on resource {noun} (or it might not exist).").into()
        }
        Kind::NotFound => "Requested entity was not found.".into(),
        Kind::Exists => "Requested entity already exists.".into(),
        Kind::Precondition => "Precondition check failed.".into(),
        Kind::Exhausted => "Too many requests".into(),
        Kind::TooLarge => "The message is too large.".into(),
        Kind::Deadline => "The request took too long.".into(),
        Kind::Unimplemented => "Method not found.".into(),
        Kind::Unavailable => "The service is currently unavailable.".into(),
        Kind::Internal => "Internal error encountered.".into(),
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Status {
        let (kind, own_sentence, mut details) = failure.into_parts();
        let common = sentence(kind, &mut details);
        let (code, message) = (code(kind), own_sentence.unwrap_or(common));
        let mut metadata = MetadataMap::new();
        // The transcoder passes it on, so that it is HTTP's own header for a REST caller.
        if let Some(seconds) = details.retry_after_seconds(kind) {
            metadata.insert("retry-after", seconds.into());
        }
        let details = encoded(kind, details);
        if details.is_empty() {
            return Status::with_metadata(code, message, metadata);
        }
        let status = rpc::Status {
            code: code.into(),
            message: message.clone().into_owned(),
            details,
        };
        Status::with_details_and_metadata(code, message, status.encode_to_vec().into(), metadata)
    }
}

/// The details that there are, packed.
fn encoded(kind: Kind, details: Details) -> Vec<prost_types::Any> {
    let mut packed = Vec::new();
    let reason = match kind {
        Kind::ScopeMissing => Some("ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        _ => details.reason,
    };
    if let Some(reason) = reason {
        let is_google = GOOGLE_REASONS.contains(&reason);
        let wait = details.retry_after.and(details.retry_after_seconds(kind));
        let wait = wait.map(|seconds| ("retry_after_seconds", seconds.to_string()));
        let facts = details.facts.into_iter().chain(wait);
        let info = rpc::ErrorInfo {
            reason: reason.to_owned(),
            domain: if is_google { GOOGLE_DOMAIN } else { OWN_DOMAIN }.to_owned(),
            metadata: facts.map(|(key, value)| (key.to_owned(), value)).collect(),
        };
        packed.push(any("google.rpc.ErrorInfo", &info));
    }
    if let Some((field, description)) = details.field {
        let violations = rpc::BadRequest {
            field_violations: vec![rpc::bad_request::FieldViolation {
                field,
                description,
                ..Default::default()
            }],
        };
        packed.push(any("google.rpc.BadRequest", &violations));
    }
    packed
}

fn any(name: &str, message: &impl Message) -> prost_types::Any {
    prost_types::Any {
        type_url: format!("type.googleapis.com/{name}"),
        value: message.encode_to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn details_carry_reason_and_field() {
        let status = Status::from(Failure::field("name", "too long").because("NAME").with("limit", "3"));
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
    fn what_may_pass_says_when_to_try_again() {
        let check = |failure: Failure, wait: Option<&str>| {
            let status = Status::from(failure);
            let said = status.metadata().get("retry-after");
            assert_eq!(said.map(|said| said.to_str().expect("a number")), wait, "{status:?}");
        };
        check(
            Failure::from(Kind::Exhausted).retry_after(Duration::from_millis(1_200)),
            Some("2"),
        );
        check(
            Failure::from(Kind::Exhausted).retry_after(Duration::from_secs(1)),
            Some("1"),
        );
        check(Kind::Exhausted.into(), Some("5"));
        check(Kind::Unavailable.into(), Some("5"));
        check(Kind::TooLarge.into(), None);
        check(Kind::Invalid.into(), None);
    }

    #[test]
    fn a_plain_failure_has_no_details() {
        assert!(Status::from(Failure::not_found()).details().is_empty());
    }
}
