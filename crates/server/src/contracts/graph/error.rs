//! Errors as Graph says them, and the ids that every answer carries.
//!
//! A refusal is made where no request is at hand, so what it was goes along in the answer's extensions, and its body is written at
//! the end, when the gate has given the request its id.

use axum_core::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Method as Verb, Response, StatusCode, header};
use meeting::Micros;
use serde::Serialize;

use super::primitives;
use super::reply::json;
use crate::clock;
use crate::failure::{Failure, Kind};
use crate::gate::admission::Wire;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");

/// By which the gate names a request.
const TRACE: HeaderName = HeaderName::from_static("x-request-id");

/// Codes that a failure's reason may name instead of its kind's own: they are what clients tell one failure from another by.
const CODES: [&str; 5] = [
    "ResourceNotFound",
    "notAllowed",
    "ValidationError",
    "ExtensionError",
    "FailedDependency",
];

/// How this contract refuses, and says how it went.
pub(super) struct Errors;

impl Wire for Errors {
    type Body = Body;

    fn refused(failure: Failure) -> Response<Body> {
        refused(failure)
    }

    fn outcome(response: &Response<Body>) -> &'static str {
        response.extensions().get().map_or("OK", outcome)
    }
}

/// A refusal, to which [`Named::finish`] gives its body.
pub(super) fn refused(failure: Failure) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(failure);
    response
}

/// The path is served, and takes other verbs.
pub(super) fn not_allowed(verb: &Verb, allowed: String) -> Failure {
    let sentence = format!("`{verb}` is nothing that is done here; there is {allowed}.");
    Failure::new(Kind::Unimplemented, sentence)
        .because("notAllowed")
        .with("allow", allowed)
}

/// The canonical names, as figures count them for every contract.
fn outcome(failure: &Failure) -> &'static str {
    match failure.kind() {
        Kind::Invalid | Kind::TooLarge => "INVALID_ARGUMENT",
        Kind::Unauthenticated => "UNAUTHENTICATED",
        Kind::ScopeMissing | Kind::Forbidden => "PERMISSION_DENIED",
        Kind::Hidden | Kind::NotFound => "NOT_FOUND",
        Kind::Exists => "ALREADY_EXISTS",
        Kind::Precondition => "FAILED_PRECONDITION",
        Kind::Exhausted => "RESOURCE_EXHAUSTED",
        Kind::Deadline => "DEADLINE_EXCEEDED",
        Kind::Unimplemented => "UNIMPLEMENTED",
        Kind::Unavailable => "UNAVAILABLE",
        Kind::Internal => "INTERNAL",
    }
}

/// The status, the code and the sentence of a kind.
fn said(kind: Kind) -> (StatusCode, &'static str, &'static str) {
    match kind {
        Kind::Invalid => (
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "The request cannot be understood.",
        ),
        Kind::Unauthenticated => (
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
            "The access token is missing, or does not hold.",
        ),
        Kind::ScopeMissing => (
            StatusCode::FORBIDDEN,
            "Forbidden",
            "The access token was issued for other things.",
        ),
        Kind::Forbidden => (StatusCode::FORBIDDEN, "Forbidden", "The caller may not do this."),
        Kind::Hidden | Kind::NotFound => (
            StatusCode::NOT_FOUND,
            "NotFound",
            "It is not there, or not for this caller.",
        ),
        Kind::Exists => (StatusCode::CONFLICT, "Conflict", "It is there already."),
        Kind::Precondition => (StatusCode::CONFLICT, "Conflict", "Not as things are now."),
        Kind::Exhausted => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests."),
        Kind::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "The request is too large.",
        ),
        Kind::Deadline => (StatusCode::GATEWAY_TIMEOUT, "timeout", "The request took too long."),
        Kind::Unimplemented => (StatusCode::NOT_IMPLEMENTED, "notSupported", "This is not served here."),
        Kind::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "serviceNotAvailable",
            "The service is not available now.",
        ),
        Kind::Internal => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "Something went wrong here.",
        ),
    }
}

/// What a request is called: by its client, if that gave it a name.
pub(super) struct Named {
    by_the_client: Option<HeaderValue>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Said<'a>,
}

#[derive(Serialize)]
struct Said<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(rename = "innerError")]
    inner_error: Inner<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Inner<'a> {
    date: &'a str,
    request_id: &'a str,
    client_request_id: &'a str,
}

impl Named {
    pub(super) fn by_the_client(headers: &HeaderMap) -> Named {
        Named {
            by_the_client: headers.get(CLIENT_REQUEST_ID).cloned(),
        }
    }

    /// The answer with the names of its request, and with its body if it is a refusal.
    pub(super) fn finish(self, mut response: Response<Body>) -> Response<Body> {
        let trace = response.headers().get(TRACE).and_then(|trace| trace.to_str().ok());
        let trace = trace.and_then(|trace| u128::from_str_radix(trace, 16).ok());
        let id = primitives::hyphenated(trace.unwrap_or_default());
        let id = HeaderValue::try_from(id).expect("hexadecimal digits and hyphens");
        let client_id = self.by_the_client.unwrap_or_else(|| id.clone());
        if let Some(failure) = response.extensions_mut().remove::<Failure>() {
            let refusal = written(failure, &id, &client_id);
            let trace = response.headers_mut().remove(TRACE);
            response = refusal;
            response.headers_mut().extend(trace.map(|trace| (TRACE, trace)));
        }
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, id);
        headers.insert(CLIENT_REQUEST_ID, client_id);
        response
    }
}

fn written(failure: Failure, id: &HeaderValue, client_id: &HeaderValue) -> Response<Body> {
    let (kind, sentence, details) = failure.into_parts();
    let (mut status, usual, common) = said(kind);
    let code = details.reason.filter(|reason| CODES.contains(reason)).unwrap_or(usual);
    match code {
        "notAllowed" => status = StatusCode::METHOD_NOT_ALLOWED,
        "FailedDependency" => status = StatusCode::FAILED_DEPENDENCY,
        _ => {}
    }
    let date = primitives::second(Micros(clock::now_us()));
    let envelope = Envelope {
        error: Said {
            code,
            message: sentence.as_deref().unwrap_or(common),
            inner_error: Inner {
                date: &date,
                request_id: id.to_str().unwrap_or_default(),
                client_request_id: client_id.to_str().unwrap_or_default(),
            },
        },
    };
    let mut response = json(status, &envelope);
    let headers = response.headers_mut();
    if kind == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = details.retry_after_seconds(kind) {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    let allowed = details.facts.into_iter().find(|(key, _)| *key == "allow");
    if let Some(Ok(allowed)) = allowed.map(|(_, verbs)| HeaderValue::try_from(verbs)) {
        headers.insert(header::ALLOW, allowed);
    }
    response
}
