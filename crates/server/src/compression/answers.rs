//! Answers, compressed for whoever takes that and where there is something to gain.

use std::convert::Infallible;

use axum_core::body::Body;
use http::{Extensions, HeaderMap, Request, Response, StatusCode, Version, header};
use tower::{Service, ServiceExt as _};
use tower_http::CompressionLevel;
use tower_http::compression::Compression;
use tower_http::compression::predicate::{Predicate as _, SizeAbove};

use super::lists_gzip;
use crate::limits::COMPRESSED_BYTES_MIN;

/// Whether the answer to a request may be compressed.
pub(crate) fn takes_gzip(request: &Request<Body>) -> bool {
    request
        .headers()
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .any(lists_gzip)
}

/// What is text, in one form or another. What is none was made small by whoever made it, or is a file of which a range may be asked
/// for and whose length is waited for.
const TEXTS: [&str; 8] = [
    "application/json",
    "application/manifest+json",
    "application/openmetrics-text",
    "application/wasm",
    "application/xml",
    "image/svg+xml",
    // The answers to a batch.
    "multipart/mixed",
    "text/",
];

/// The answer of a service, compressed if it is long enough. It is made for one caller, so it is compressed in the quickest way.
pub(crate) async fn answer<S>(request: Request<Body>, service: S) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let compressing = Compression::new(service)
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN).and(is_text));
    match compressing.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

/// A page or an asset, compressed if it is text: smaller than an answer of the API would be, since it is kept.
pub(crate) async fn page<S>(request: Request<Body>, service: S) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    match Compression::new(service).compress_when(is_text).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

/// Whether an answer is text, and all of it.
fn is_text(status: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    let is_listed = |text: &&str| match text.strip_suffix('/') {
        Some(family) => kind
            .split('/')
            .next()
            .is_some_and(|first| first.eq_ignore_ascii_case(family)),
        None => kind.eq_ignore_ascii_case(text),
    };
    status != StatusCode::PARTIAL_CONTENT && TEXTS.iter().any(is_listed)
}

#[cfg(test)]
mod tests {
    use tower::service_fn;

    use super::*;

    async fn answered(kind: &str, status: StatusCode) -> Response<Body> {
        let request = Request::get("/")
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(Body::empty());
        let service = service_fn(async |_| {
            let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
            let response = response
                .header(header::ACCEPT_RANGES, "bytes")
                .header(header::CONTENT_LENGTH, 9_000);
            Ok(response.body(Body::from(vec![b' '; 9_000])).expect("valid"))
        });
        answer(request.expect("valid"), service).await
    }

    #[tokio::test]
    async fn what_becomes_smaller_is_compressed_and_a_file_stays_what_it_is() {
        let (whole, part) = (StatusCode::OK, StatusCode::PARTIAL_CONTENT);
        for (kind, status, expected) in [
            ("application/json; charset=utf-8", whole, true),
            ("application/json;odata.metadata=minimal", StatusCode::NOT_FOUND, true),
            ("multipart/mixed; boundary=b", whole, true),
            ("application/xml;charset=utf-8", whole, true),
            ("Text/Plain", whole, true),
            ("text/csv", part, false),
            ("audio/x-wav", whole, false),
            ("audio/mpeg", whole, false),
            ("video/mp4", part, false),
            ("image/png", whole, false),
            ("application/jsonl", whole, false),
            ("application/zip", whole, false),
            ("application/octet-stream", whole, false),
            ("textile/", whole, false),
            ("", whole, false),
        ] {
            let response = answered(kind, status).await;
            let headers = response.headers();
            for (name, is_there) in [
                (header::CONTENT_ENCODING, expected),
                (header::VARY, expected),
                (header::CONTENT_LENGTH, !expected),
                (header::ACCEPT_RANGES, !expected),
            ] {
                assert_eq!(headers.contains_key(&name), is_there, "{name} of {kind}, {status}");
            }
        }
    }
}
