//! The answer to HEAD: that to GET, without its body.

use axum_core::body::Body;
use http::Response;
use http::header::{self, HeaderValue};
use http_body::Body as _;

/// Takes the body away and keeps how long it was. HTTP/1 would not send it anyway; over HTTP/2 a client that gets one takes it for
/// a broken stream (RFC 9110 §9.3.2).
pub fn without_body(mut response: Response<Body>) -> Response<Body> {
    if let Some(length) = response.body().size_hint().exact() {
        let length = HeaderValue::from(length);
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length);
    }
    response.map(|_| Body::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_stays() {
        let response = without_body(Response::new(Body::from("hello")));
        assert_eq!(response.headers()[header::CONTENT_LENGTH], "5");
        assert!(response.body().is_end_stream());
    }
}
