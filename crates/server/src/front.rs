//! Who answers a request: the API, the browser's pages, or whoever watches the server.
//!
//! One `match` on the path. Everything that is not an API path is a page, since people type addresses. What came compressed is
//! inflated before, and answers of the API are compressed after ([`compression`]).

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use futures_util::FutureExt as _;
use http::header;
use http::{Method, Request, Response, StatusCode};
use tower::{Service, ServiceExt as _, service_fn};
use transcode::batch;

use crate::compression;
use crate::discovery::{self, Descriptions};
use crate::failure::{Failure, Kind};
use crate::gate::admission::Admission;
use crate::grpc::Gate;
use crate::oauth::{self, Endpoint};
use crate::plain::Contract;
use crate::probing::Probes;
use crate::readiness::Readiness;
use crate::watching::{self, Watched};
use crate::web::{CONSENT_PATH, Pages, json, made_links, oidc, pages, session};
use edge::{cors, name_host, without_body};

/// The outermost service.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) api: transcode::Transcoder<Gate>,
    pub(crate) rest: Arc<Rest>,
}

/// An answer on its way.
type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// A page or an asset.
async fn page(request: Request<Body>) -> Response<Body> {
    let pages = service_fn(|request| ready(Ok::<_, Infallible>(pages::serve(&request))));
    compression::page(request, pages).await
}

/// What is answered beside the API.
pub(crate) struct Rest {
    pub(crate) readiness: Readiness,
    pub(crate) probes: Probes,
    pub(crate) watched: Watched,
    pub(crate) admission: Arc<Admission>,
    pub(crate) pages: Pages,
    pub(crate) descriptions: Descriptions,
    /// Contracts that are no gRPC.
    pub(crate) plain: Vec<Arc<dyn Contract>>,
}

impl Service<Request<Body>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let is_head = request.method() == Method::HEAD;
        let answer = self.answer(request);
        if is_head {
            Box::pin(async move { answer.await.map(without_body) })
        } else {
            answer
        }
    }
}

impl Front {
    fn answer(&mut self, mut request: Request<Body>) -> Answering {
        name_host(&mut request);
        let request = compression::inflated(request);
        let path = request.uri().path();
        let plain = self.rest.plain.iter().position(|contract| contract.owns(path));
        let target = plain.map_or_else(|| target(&request), Target::Plain);
        if target == Target::Rest {
            let rest = Arc::clone(&self.rest);
            return Box::pin(async move { Ok(rest.answer(request).await) });
        }
        if cors::is_preflight(&request) {
            return Box::pin(ready(Ok(cors::preflight(&request))));
        }
        if is_grpc_web(&request) {
            return Box::pin(ready(Ok(no_grpc_web())));
        }
        let foreign = request.headers().contains_key(header::ORIGIN);
        let answer = self.of_the_api(target, request);
        if foreign {
            Box::pin(async move { answer.await.map(cors::open) })
        } else {
            answer
        }
    }

    /// What is asked of the API, answered in the coding of whoever asks.
    fn of_the_api(&mut self, target: Target, request: Request<Body>) -> Answering {
        if is_grpc(&request) {
            // What goes on is answered while it is spoken, and sound does not become smaller.
            if !compression::are_compressed(request.headers()) || api::goes_on(request.uri().path()) {
                return self.called(request);
            }
            let mut front = self.clone();
            let plain = service_fn(move |request| front.called(request));
            return Box::pin(async move { Ok(compression::exchange(request, plain).await) });
        }
        if !compression::takes_gzip(&request) {
            return self.plain(target, request);
        }
        let mut front = self.clone();
        let plain = service_fn(move |request| front.plain(target, request));
        Box::pin(async move { Ok(compression::answer(request, plain).await) })
    }

    /// A call of gRPC.
    fn called(&mut self, request: Request<Body>) -> Answering {
        let Some(probe) = self.rest.probes.find(request.uri().path()) else {
            return self.api.call(request);
        };
        let rest = Arc::clone(&self.rest);
        Box::pin(async move { Ok(rest.probes.answer(request, probe).await) })
    }

    /// What is asked of the API by REST.
    fn plain(&mut self, target: Target, request: Request<Body>) -> Answering {
        match target {
            Target::Batch => {
                let (api, rest) = (self.api.clone(), Arc::clone(&self.rest));
                Box::pin(async move {
                    // It may be larger than any one request, so whoever sends it is known before a byte of it is read.
                    Ok(match rest.admission.known(request.headers()).await {
                        Ok(()) => batch::serve(request, api.map_request(compression::inflated)).await,
                        Err(failure) => unknown(&failure),
                    })
                })
            }
            Target::OAuth(endpoint) => {
                let rest = Arc::clone(&self.rest);
                Box::pin(async move { Ok(endpoint.serve(&rest.pages, &rest.admission, request).await) })
            }
            Target::Description => Box::pin(ready(Ok(self.rest.descriptions.serve(&request)))),
            Target::Plain(place) => {
                let contract = Arc::clone(&self.rest.plain[place]);
                Box::pin(contract.answer(request).map(Ok))
            }
            Target::Api | Target::Rest => self.api.call(request),
        }
    }
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// One request of the API.
    Api,
    /// Several.
    Batch,
    /// Tokens, and who somebody is, for programs.
    OAuth(Endpoint),
    /// What the API is.
    Description,
    /// A contract without gRPC: which, of those that there are.
    Plain(usize),
    /// Pages, signing in, and whoever watches the server.
    Rest,
}

fn target<B>(request: &Request<B>) -> Target {
    let path = request.uri().path();
    let has_version = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    // Before the API, among whose paths one of these looks.
    if let Some(endpoint) = oauth::endpoint(path).filter(|endpoint| endpoint.is_for_programs()) {
        return Target::OAuth(endpoint);
    }
    match path {
        _ if discovery::is_described_at(path) => Target::Description,
        "/batch" => Target::Batch,
        // Clients of one API name it: `/batch/meet/v2`.
        _ if path.starts_with("/batch/") => Target::Batch,
        // Of any version: one that is not served is unknown to the API, and no page.
        _ if path.strip_prefix("/v").is_some_and(has_version) => Target::Api,
        session::PATH | session::PASSWORD_PATH | made_links::PATH => Target::Rest,
        _ if path.starts_with("/sederunt/v1/") => Target::Api,
        _ if is_grpc(request) => Target::Api,
        _ => Target::Rest,
    }
}

/// Nobody whose batch is read.
fn unknown(failure: &Failure) -> Response<Body> {
    match failure.kind() {
        Kind::Unauthenticated => {
            let message = "A batch needs a credential that holds, in its own headers.";
            json::error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
        }
        _ => json::busy("Credentials cannot be checked now; try again soon."),
    }
}

fn is_grpc<B>(request: &Request<B>) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// gRPC for browsers, in a framing of its own.
fn is_grpc_web<B>(request: &Request<B>) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc-web"))
}

/// Browsers speak REST here. Whoever tries says so by its type, so that no library takes the answer for one of gRPC.
fn no_grpc_web() -> Response<Body> {
    let message = "gRPC-web is not served; call by REST, or by gRPC over HTTP/2.";
    json::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNIMPLEMENTED", message)
}

impl Rest {
    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        match request.uri().path() {
            "/healthz" => pages::plain(StatusCode::OK, "ok\n"),
            "/readyz" => self.ready().await,
            watching::PATH => self.watched.answer(&request),
            session::PATH => self.pages.session(request).await,
            session::PASSWORD_PATH => self.pages.password(request).await,
            made_links::PATH => self.pages.made_links(request).await,
            CONSENT_PATH => self.pages.consent(request).await,
            oidc::PATH | oidc::CALLBACK_PATH => self.provider(request).await,
            path => match oauth::endpoint(path) {
                Some(endpoint) => endpoint.serve(&self.pages, &self.admission, request).await,
                None => page(request).await,
            },
        }
    }

    /// Signing in by somebody else's word, where the operator trusts anybody's.
    async fn provider(&self, request: Request<Body>) -> Response<Body> {
        let Some(party) = self.pages.provider() else {
            return page(request).await;
        };
        let (head, _) = request.into_parts();
        match head.uri.path() {
            oidc::PATH => party.begin(self.pages.identity(), &head).await,
            _ => party.finish(self.pages.identity(), &head).await,
        }
    }

    /// Whether a join would be accepted.
    async fn ready(&self) -> Response<Body> {
        match self.readiness.look().await {
            Ok(()) => pages::plain(StatusCode::OK, "ready\n"),
            Err(why) => pages::plain(StatusCode::SERVICE_UNAVAILABLE, why),
        }
    }
}
