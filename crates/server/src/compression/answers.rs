//! Answers of the API, compressed for whoever takes that and where there is something to gain.

use std::convert::Infallible;

use axum_core::body::Body;
use http::{Request, Response, header};
use tower::{Service, ServiceExt as _};
use tower_http::CompressionLevel;
use tower_http::compression::Compression;
use tower_http::compression::predicate::SizeAbove;

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

/// The answer of a service, compressed if it is long enough. It is made for one caller, so it is compressed in the quickest way.
pub(crate) async fn answer<S>(request: Request<Body>, service: S) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let compressing = Compression::new(service)
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN));
    match compressing.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}
