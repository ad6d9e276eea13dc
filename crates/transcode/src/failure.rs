//! Errors as callers see them.
//!
//! Two sources, one shape: what the layer itself refuses, before any service is called, and what a service answered in
//! `grpc-status`. Both become `{"error":{"code","message","status","details"}}`, where `code` is the HTTP status; to a
//! caller who speaks gRPC the layer's own errors are a `google.rpc.Status`.

use std::error::Error;

use axum_core::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use http::{HeaderValue, Method, Response, StatusCode, header};
use percent_encoding::NON_ALPHANUMERIC;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Map, Value, json};

/// The canonical codes that the layer itself uses.
pub(crate) mod code {
    pub(crate) const INVALID_ARGUMENT: i32 = 3;
    pub(crate) const UNKNOWN: i32 = 2;
    pub(crate) const NOT_FOUND: i32 = 5;
    pub(crate) const RESOURCE_EXHAUSTED: i32 = 8;
    pub(crate) const UNIMPLEMENTED: i32 = 12;
    pub(crate) const INTERNAL: i32 = 13;
}

/// An error on its way to a REST caller.
#[derive(Debug)]
pub(crate) struct Failure {
    /// A canonical gRPC code.
    pub(crate) code: i32,
    pub(crate) message: String,
    /// Messages of `google.rpc` in proto3 JSON, with their `@type`.
    pub(crate) details: Vec<Value>,
    /// The HTTP status, where that of the code would mislead.
    http: Option<StatusCode>,
    /// The verbs that the path does serve, when the verb was wrong.
    allow: Option<HeaderValue>,
}

impl Failure {
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Failure {
        Failure {
            code,
            message: message.into(),
            details: Vec::new(),
            http: None,
            allow: None,
        }
    }

    /// The request is wrong, and no one field is to blame.
    pub(crate) fn malformed(message: impl Into<String>) -> Failure {
        Failure::new(code::INVALID_ARGUMENT, message)
    }

    /// One field of the request is wrong.
    pub(crate) fn field(field: &str, description: &str) -> Failure {
        let mut failure = Failure::malformed(format!("Invalid value at `{field}`: {description}"));
        failure.details.push(json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": field, "description": description}],
        }));
        failure
    }

    pub(crate) fn unknown_path() -> Failure {
        Failure::new(code::NOT_FOUND, "Requested entity was not found.")
    }

    pub(crate) fn wrong_verb(allowed: &[&Method]) -> Failure {
        let allowed = allowed.iter().map(|verb| verb.as_str()).collect::<Vec<_>>().join(", ");
        Failure {
            http: Some(StatusCode::METHOD_NOT_ALLOWED),
            allow: HeaderValue::from_str(&allowed).ok(),
            ..Failure::new(code::UNIMPLEMENTED, format!("This path is served for {allowed}"))
        }
    }

    /// More than anybody may send. The code is that of gRPC; the status of that code would have clients send it again.
    pub(crate) fn too_large(bytes_max: usize) -> Failure {
        let message = format!("The body is larger than {bytes_max} bytes");
        Failure {
            http: Some(StatusCode::PAYLOAD_TOO_LARGE),
            ..Failure::new(code::RESOURCE_EXHAUSTED, message)
        }
    }

    /// Something that callers can neither cause nor mend.
    pub(crate) fn internal() -> Failure {
        Failure::new(code::INTERNAL, "Internal error")
    }

    /// A failure that is ours; the log says more than the caller is told.
    pub(crate) fn broken(reason: &(dyn Error + 'static)) -> Failure {
        tracing::error!(error = reason, "a reply could not be read");
        Failure::internal()
    }

    /// The error as gRPC says it: all in headers. `pool` turns details into messages.
    pub(crate) fn into_grpc_response(self, pool: &DescriptorPool) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", self.code.into());
        let status = json!({"code": self.code, "message": self.message, "details": self.details});
        let message = percent_encoding::utf8_percent_encode(&self.message, NON_ALPHANUMERIC).to_string();
        let kind = pool.get_message_by_name("google.rpc.Status");
        let details = kind.and_then(|kind| DynamicMessage::deserialize(kind, status).ok());
        let details = details.map(|status| BASE64_STANDARD_NO_PAD.encode(status.encode_to_vec()));
        for (name, value) in [("grpc-message", Some(message)), ("grpc-status-details-bin", details)] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }

    /// The error as REST says it.
    pub(crate) fn into_response(self) -> Response<Body> {
        let (http, status) = http_status(self.code);
        let http = self.http.unwrap_or(http);
        let mut error = Map::new();
        error.insert("code".into(), http.as_u16().into());
        error.insert("message".into(), self.message.into());
        error.insert("status".into(), status.into());
        if !self.details.is_empty() {
            error.insert("details".into(), self.details.into());
        }
        let mut response = json_response(http, json!({"error": error}).to_string().into());
        if let Some(allow) = self.allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

pub(crate) fn json_response(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// The name of a canonical code, such as `NOT_FOUND`.
pub fn canonical_name(code: i32) -> &'static str {
    http_status(code).1
}

/// The HTTP status and the name of a canonical code.
fn http_status(code: i32) -> (StatusCode, &'static str) {
    match code {
        0 => (StatusCode::OK, "OK"),
        // 499, which the reference answers, has no name: nobody is left to read it.
        1 => (
            StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
            "CANCELLED",
        ),
        3 => (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT"),
        4 => (StatusCode::GATEWAY_TIMEOUT, "DEADLINE_EXCEEDED"),
        5 => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        6 => (StatusCode::CONFLICT, "ALREADY_EXISTS"),
        7 => (StatusCode::FORBIDDEN, "PERMISSION_DENIED"),
        8 => (StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED"),
        9 => (StatusCode::BAD_REQUEST, "FAILED_PRECONDITION"),
        10 => (StatusCode::CONFLICT, "ABORTED"),
        11 => (StatusCode::BAD_REQUEST, "OUT_OF_RANGE"),
        12 => (StatusCode::NOT_IMPLEMENTED, "UNIMPLEMENTED"),
        13 => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
        14 => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        15 => (StatusCode::INTERNAL_SERVER_ERROR, "DATA_LOSS"),
        16 => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_canonical_code_has_a_status() {
        let check =
            |code, http, name| assert_eq!(http_status(code), (StatusCode::from_u16(http).expect("valid"), name));
        check(0, 200, "OK");
        check(1, 499, "CANCELLED");
        check(2, 500, "UNKNOWN");
        check(3, 400, "INVALID_ARGUMENT");
        check(4, 504, "DEADLINE_EXCEEDED");
        check(5, 404, "NOT_FOUND");
        check(6, 409, "ALREADY_EXISTS");
        check(7, 403, "PERMISSION_DENIED");
        check(8, 429, "RESOURCE_EXHAUSTED");
        check(9, 400, "FAILED_PRECONDITION");
        check(10, 409, "ABORTED");
        check(11, 400, "OUT_OF_RANGE");
        check(12, 501, "UNIMPLEMENTED");
        check(13, 500, "INTERNAL");
        check(14, 503, "UNAVAILABLE");
        check(15, 500, "DATA_LOSS");
        check(16, 401, "UNAUTHENTICATED");
        check(99, 500, "UNKNOWN");
    }
}
