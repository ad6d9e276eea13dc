//! Pages of other origins may call the API: with a token, never with a cookie.
//!
//! Google's Media API client runs in such pages. The answer is `*`, which browsers refuse to combine with cookies, and the gate asks
//! for our own origin before it lets a cookie change anything: so nothing is opened that a program could not do anyway. For the
//! same reason a page may send what headers it likes: each client library has some of its own, and no list of them is ever whole.

use axum_core::body::Body;
use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// What a page may read beside what every page may.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after, www-authenticate, x-request-id");
/// A day: what browsers cap it to, or more.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

/// Whether a browser asks if it may ask.
pub fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// It may.
pub fn preflight<B>(request: &Request<B>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    // They are named one by one, since `*` would leave out `authorization`.
    if let Some(asked) = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    open(response)
}

/// Lets a page of another origin read an answer.
pub fn open(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}
