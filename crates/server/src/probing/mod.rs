//! What every server of gRPC is asked, whatever it serves: whether it is well (`grpc.health.v1`), for load balancers and whoever
//! runs it, and what it has (`grpc.reflection`), for tools such as `grpcurl`.
//!
//! These stand beside the gate and not behind it. Nobody acts by them and they tell what anybody may know (`/readyz` and the
//! discovery documents say the same), so there is no caller to find out; a probe without an answer would take a server that is
//! merely busy out of service, so no quota counts them; and they are streams, while the gate waits for a whole message. What a
//! stream holds is a task and its place on a connection, so there are only so many, shared out by client.

mod health;
mod reflection;

use std::convert::Infallible;
use std::sync::Arc;

use axum_core::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use share::{Client, Permit, Reports, Shared, Taker};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::codegen::BoxFuture;
use tonic_health::pb::health_server::HealthServer;
use tower::Service;

use crate::failure::Failure;
use crate::grpc::Contract;
use crate::limits::{PROBE_BYTES_MAX, PROBES};
use crate::readiness::Readiness;

/// How the paths of these begin: the packages of gRPC's own.
const PACKAGES: &str = "/grpc.";

/// The one that is answered at once, and holds nothing.
const CHECK: &str = "/grpc.health.v1.Health/Check";

/// What answers probes.
pub(crate) struct Probes {
    health: Arc<dyn Serve>,
    /// `None` where the operator does not want it.
    reflection: Option<reflection::Servers>,
    places: Shared,
}

impl Probes {
    /// For a server with these contracts, until it stops.
    pub(crate) fn new(
        contracts: &[Contract],
        readiness: Readiness,
        with_reflection: bool,
        stop: CancellationToken,
        reports: &Reports,
    ) -> Probes {
        let services: Arc<[String]> = contracts.iter().flat_map(Contract::service_names).collect();
        let reflection = with_reflection.then(|| reflection::Servers::new(&services));
        let health = health::Health::new(readiness, services, stop);
        Probes {
            health: Arc::new(HealthServer::new(health).max_decoding_message_size(PROBE_BYTES_MAX)),
            reflection,
            places: Shared::new("probes", PROBES, reports),
        }
    }

    /// Who answers at a path, if it is a probe's.
    pub(crate) fn find(&self, path: &str) -> Option<Arc<dyn Serve>> {
        let (package, _) = path.strip_prefix(PACKAGES)?.rsplit_once('.')?;
        match package {
            "health.v1" => Some(Arc::clone(&self.health)),
            "reflection.v1" => self.reflection.as_ref().map(|servers| Arc::clone(&servers.v1)),
            "reflection.v1alpha" => self.reflection.as_ref().map(|servers| Arc::clone(&servers.v1alpha)),
            _ => None,
        }
    }

    /// Answers a probe. A stream keeps its place until its last byte is taken, or nobody wants it any more.
    pub(crate) async fn answer(&self, request: Request<Body>, server: Arc<dyn Serve>) -> Response<Body> {
        if request.uri().path() == CHECK {
            return served(request, &*server).await.map(Body::new);
        }
        let client = request.extensions().get().copied().unwrap_or(Client::HERE);
        match self.places.take(Taker::Stranger(client), 1) {
            Ok(place) => served(request, &*server).await.map(|body| holding(body, place)),
            Err(used) => {
                let failure = Failure::used_up(used, "Probes at once");
                Status::from(failure).into_http()
            }
        }
    }
}

/// The answer of a server.
type Reply = Response<tonic::body::Body>;

/// A server that tonic generated. The trait exists because those of different services are of different types.
pub(crate) trait Serve: Send + Sync {
    /// Answers one request.
    fn serve(&self, request: Request<Body>) -> BoxFuture<Reply, Infallible>;
}

impl<S> Serve for S
where
    S: Service<Request<Body>, Response = Reply, Error = Infallible, Future = BoxFuture<Reply, Infallible>>,
    S: Clone + Send + Sync,
{
    fn serve(&self, request: Request<Body>) -> BoxFuture<Reply, Infallible> {
        // Tonic's servers are an `Arc` and some numbers.
        self.clone().call(request)
    }
}

async fn served(request: Request<Body>, server: &dyn Serve) -> Reply {
    server.serve(request).await.unwrap_or_else(|never| match never {})
}

/// A body that holds its place for as long as it is there.
fn holding(body: tonic::body::Body, place: Permit) -> Body {
    Body::new(body.map_frame(move |frame| {
        let _held = &place;
        frame
    }))
}
