//! Who answers a request: the API, the browser's pages, or whoever watches the server.
//!
//! One `match` on the path. Everything that is not an API path is a page, since people type addresses.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use db::Db;
use http::header::{self, HeaderValue};
use http::{Request, Response, StatusCode};
use identity::Identity;
use tower::{Service, ServiceExt, service_fn};
use tower_http::compression::Compression;

use crate::cors;
use crate::failure::chain;
use crate::gate::Gate;
use crate::meetings::Rooms;
use crate::metrics::Metrics;
use crate::web::{pages, session};

/// The outermost service.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) api: transcode::Transcoder<Gate>,
    pub(crate) rest: Arc<Rest>,
}

/// A page or an asset, compressed for whoever takes that. Answers of the API are not: most are smaller than the gain.
async fn compressed(request: Request<Body>) -> Response<Body> {
    let pages = service_fn(|request| ready(Ok::<_, Infallible>(pages::serve(&request))));
    match Compression::new(pages).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

/// What is answered beside the API.
pub(crate) struct Rest {
    pub(crate) db: Db,
    pub(crate) identity: Identity,
    pub(crate) rooms: Rooms,
    pub(crate) metrics: Arc<Metrics>,
    /// Whether people reach us by HTTPS, so that cookies must travel by nothing else.
    pub(crate) secure: bool,
}

impl Service<Request<Body>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_api(&request) {
            if cors::is_preflight(&request) {
                return Box::pin(ready(Ok(cors::preflight())));
            }
            let foreign = request.headers().contains_key(header::ORIGIN);
            let answer = self.api.call(request);
            return if foreign {
                Box::pin(async move { answer.await.map(cors::open) })
            } else {
                answer
            };
        }
        let rest = Arc::clone(&self.rest);
        Box::pin(async move { Ok(rest.answer(request).await) })
    }
}

fn is_api<B>(request: &Request<B>) -> bool {
    let path = request.uri().path();
    // Of any version: one that is not served is unknown to the API, and no page.
    if path
        .strip_prefix("/v")
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    {
        return true;
    }
    if path.starts_with("/sederunt/v1/") {
        return path != session::PATH;
    }
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

impl Rest {
    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        match request.uri().path() {
            "/healthz" => pages::plain(StatusCode::OK, "ok\n"),
            "/readyz" => self.ready().await,
            "/metrics" => self.metrics(),
            session::PATH => session::serve(&self.identity, self.secure, request).await,
            _ => compressed(request).await,
        }
    }

    /// Ready means that a join would be accepted.
    async fn ready(&self) -> Response<Body> {
        if self.rooms.is_draining() {
            return pages::plain(StatusCode::SERVICE_UNAVAILABLE, "draining\n");
        }
        if !self.rooms.has_media() {
            return pages::plain(StatusCode::SERVICE_UNAVAILABLE, "the media plane has stopped\n");
        }
        match self.db.read("select 1", Vec::new()).await {
            Ok(_) => pages::plain(StatusCode::OK, "ready\n"),
            Err(error) => {
                tracing::error!(error = %chain(&error), "the register does not answer");
                pages::plain(StatusCode::SERVICE_UNAVAILABLE, "the register does not answer\n")
            }
        }
    }

    fn metrics(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.metrics.page()));
        let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}
