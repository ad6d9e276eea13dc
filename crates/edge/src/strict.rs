//! What browsers are told with every answer: to believe its type and, once they came by HTTPS, to come back by it.

use axum_core::body::Body;
use http::Response;
use http::header::{self, HeaderValue};

/// Half a year, told again with every answer. Somebody who comes back after the longest holidays is still safe from whoever
/// waits between with plain HTTP; a name that gives up HTTPS is lost to its visitors for no longer than this. Browsers apply it
/// to all ports of the name, so the names below it, which may be somebody else's, are left out.
const COME_BACK_SECURED: HeaderValue = HeaderValue::from_static("max-age=15552000");

/// Answers of the API carry what people wrote; a browser that guesses could find a page in it.
pub(crate) fn typed(mut response: Response<Body>) -> Response<Body> {
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// Has the browser speak nothing but HTTPS to this name (RFC 6797).
pub(crate) fn come_back_secured(mut response: Response<Body>) -> Response<Body> {
    response
        .headers_mut()
        .insert(header::STRICT_TRANSPORT_SECURITY, COME_BACK_SECURED);
    response
}
