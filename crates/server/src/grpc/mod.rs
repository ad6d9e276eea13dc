//! gRPC contracts: what they share, and their side of the gate. The transcoder stands before it, so a REST request of such a
//! contract comes the same way.
//!
//! A contract says what it is in one value, a [`Contract`]: its packages, the table of its operations, and the services that
//! tonic calls. [`Gate`] finds the operation of a path, passes admission and calls the service; no service can be reached beside
//! it. A handler takes its message and its [`Asking`] from the request by [`admitted`] and answers by [`respond`].

mod methods;
pub(crate) mod status;
pub(crate) mod wire;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use http::{Request, Response};
use identity::Scopes;
use tonic::codegen::BoxFuture;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tower::Service;

use self::methods::Methods;
use crate::failure::{Answer, Failure};
use crate::gate::admission::{Admission, Wire};
use crate::gate::asking::Asking;
use crate::gate::operation::Operation;

/// A contract that is served by gRPC, and by the transcoder over REST.
pub(crate) struct Contract {
    /// What it is.
    pub(crate) declared: &'static Declared,
    /// What tonic calls.
    pub(crate) services: Vec<GrpcService>,
}

/// What a contract is.
#[derive(Debug)]
pub(crate) struct Declared {
    /// The packages under which its operations are served. Where one is a newer edition of another, the services implement the
    /// first, and the others lead to it: they are the same on the wire but for what only the first has.
    pub(crate) packages: &'static [&'static str],
    /// The host by which its errors name it.
    pub(crate) host: &'static str,
    /// What it offers.
    pub(crate) operations: &'static [Operation],
    /// How it is described to dynamic clients, if it is.
    pub(crate) descriptions: &'static [Description],
}

impl Declared {
    /// The operation of a method, by its own name such as `GetSpace`.
    pub(crate) fn operation(&self, method: &str) -> Option<&'static Operation> {
        let named = |operation: &&Operation| operation.name.split_once('/').is_some_and(|(_, name)| name == method);
        self.operations.iter().find(named)
    }
}

/// What a discovery document says of a package beside its methods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Description {
    /// `google.apps.meet.v2`.
    pub(crate) package: &'static str,
    /// `meet`.
    pub(crate) name: &'static str,
    /// `v2`.
    pub(crate) version: &'static str,
    /// For people.
    pub(crate) title: &'static str,
    /// The scopes that it knows.
    pub(crate) scopes: Scopes,
}

/// A service of a contract.
pub(crate) struct GrpcService {
    /// `google.apps.meet.v2beta.SpacesService`.
    name: &'static str,
    server: Arc<dyn Serve>,
}

impl GrpcService {
    /// A server that tonic generated.
    pub(crate) fn new<S: Serve + NamedService + 'static>(server: S) -> GrpcService {
        GrpcService {
            name: S::NAME,
            server: Arc::new(server),
        }
    }
}

/// The answer of a service.
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

/// The one way to the services.
#[derive(Clone)]
pub(crate) struct Gate {
    admission: Arc<Admission>,
    methods: Arc<Methods>,
}

impl Gate {
    /// All methods of these contracts, behind this admission.
    pub(crate) fn new(admission: Arc<Admission>, contracts: Vec<Contract>) -> Gate {
        Gate {
            admission,
            methods: Arc::new(Methods::new(contracts)),
        }
    }
}

impl Service<Request<Body>> for Gate {
    type Response = Reply;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Reply, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Gate { admission, methods } = self.clone();
        Box::pin(async move {
            let Some(served) = methods.find(request.uri().path()) else {
                return Ok(Status::unimplemented("Method not found.").into_http());
            };
            let call = |asking: Asking, mut request: Request<Body>| {
                request.extensions_mut().insert(asking);
                *request.uri_mut() = http::Uri::from(served.path.clone());
                let reply = served.server.serve(request);
                async move { reply.await.unwrap_or_else(|never| match never {}) }
            };
            Ok(admission
                .pass::<Grpc, _>(Arc::clone(&served.method), request, call)
                .await)
        })
    }
}

/// How gRPC refuses, and says how it went.
struct Grpc;

impl Wire for Grpc {
    type Body = tonic::body::Body;

    fn refused(failure: Failure) -> Reply {
        Status::from(failure).into_http()
    }

    fn outcome(reply: &Reply) -> &'static str {
        // Unary requests that fail are answered in the headers alone; those that succeed say so in a trailer.
        let code = Status::from_header_map(reply.headers()).map_or(Code::Ok, |status| status.code());
        transcode::canonical_name(code.into())
    }
}

/// Who asks, and the message: handlers are given both, so none can run without a caller.
pub(crate) fn admitted<T>(request: tonic::Request<T>) -> Result<(Asking, T), Status> {
    let (_, mut extensions, message) = request.into_parts();
    match extensions.remove::<Asking>() {
        Some(asking) => Ok((asking, message)),
        // Only a service that is reached past the gate gets here.
        None => Err(Status::unauthenticated("nobody is calling")),
    }
}

/// A handler's answer, as tonic takes it.
pub(crate) fn respond<T>(answer: Answer<T>) -> Result<tonic::Response<T>, Status> {
    Ok(tonic::Response::new(answer?))
}
