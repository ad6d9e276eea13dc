//! JSON beside the API: small bodies in, answers out, errors in the shape of the API's.

use std::time::Duration;

use axum_core::body::Body;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::browser::Foreign;
use crate::failure::whole_seconds;
use crate::limits;
use register::chain;

/// The body of a request, unless it is too long or of another form.
pub(crate) async fn read_body<T: DeserializeOwned>(body: Body) -> Option<T> {
    let body = Limited::new(body, limits::SIGN_IN_BODY_BYTES_MAX);
    let body = body.collect().await.ok()?;
    serde_json::from_slice(&body.to_bytes()).ok()
}

/// An answer that nobody keeps.
pub(crate) fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An error, as the API's are.
pub(crate) fn error(status: StatusCode, name: &str, message: &str) -> Response<Body> {
    answer(
        status,
        &json!({"error": {"code": status.as_u16(), "message": message, "status": name}}),
    )
}

/// An error that a page acts on: with a reason, and what belongs to it.
pub(crate) fn refused(status: StatusCode, name: &str, message: &str, reason: &str, metadata: &Value) -> Response<Body> {
    let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "sederunt", "reason": reason, "metadata": metadata});
    let error = json!({"code": status.as_u16(), "message": message, "status": name, "details": [info]});
    answer(status, &json!({"error": error}))
}

/// The request is not from one of our pages, which are at this address. If it is, its reader learns what the server believes.
pub(crate) fn foreign(foreign: &Foreign<'_>, public_url: &str) -> Response<Body> {
    let message = "Only this server's own pages may ask for this.";
    refused(
        StatusCode::FORBIDDEN,
        "PERMISSION_DENIED",
        message,
        "ORIGIN_NOT_ALLOWED",
        &json!({"origin": foreign.origin, "host": foreign.host, "publicUrl": public_url}),
    )
}

/// The method is not one of those, which stand as in the header `Allow`.
pub(crate) fn only(methods: &'static str) -> Response<Body> {
    let message = format!("This address takes only {methods}.");
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, "UNIMPLEMENTED", &message);
    let methods = HeaderValue::from_static(methods);
    response.headers_mut().insert(header::ALLOW, methods);
    response
}

/// The body is of another form.
pub(crate) fn malformed(form: &str) -> Response<Body> {
    let message = format!("The body is not of the form {form}.");
    error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", &message)
}

/// Nobody is signed in.
pub(crate) fn signed_out() -> Response<Body> {
    error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "Sign in first.")
}

/// Too many at once or in a row.
pub(crate) fn too_many(message: &str, wait: Duration) -> Response<Body> {
    retry_after(
        error(StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED", message),
        wait,
    )
}

/// Says when another try may help.
pub(crate) fn retry_after(mut response: Response<Body>, wait: Duration) -> Response<Body> {
    let seconds = whole_seconds(wait);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

/// The accounts are out of reach. The chain goes to the log.
pub(crate) fn unavailable(failed: &(dyn std::error::Error + 'static)) -> Response<Body> {
    tracing::error!(error = %chain(failed), "the accounts cannot be reached");
    busy("Signing in and out is not possible now; try again soon.")
}

/// Not now.
pub(crate) fn busy(message: &str) -> Response<Body> {
    let response = error(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message);
    retry_after(response, limits::RETRY_WAIT)
}
