//! gRPC contracts: what they share, and their side of the gate. The transcoder stands before it, so a REST request of such a
//! contract comes the same way.
//!
//! A contract says what it is in one value, a [`Contract`]: its packages, the table of its operations, and its services. [`Gate`]
//! finds the operation of a path, passes admission and calls the service with the message, or with a body whose messages go on; no
//! service can be reached beside it. A
//! handler takes its message and its [`Asking`] from the request by [`admitted`] and answers by [`respond`].

mod frame;
mod methods;
pub(crate) mod status;
mod timeout;
pub(crate) mod update_mask;
pub(crate) mod wire;

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_core::body::Body;
use bytes::Bytes;
use edge::Room;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use identity::Scopes;
use share::Permit;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tower::Service;

use self::methods::{Methods, Served};
use crate::failure::{Answer, Failure};
use crate::gate::admission::{Admission, Wire};
use crate::gate::asking::Asking;
use crate::gate::operation::Operation;
use crate::limits::GOING_ON_MESSAGE_BYTES_MAX;

/// A contract that is served by gRPC, and by the transcoder over REST.
pub(crate) struct Contract {
    /// What it is.
    pub(crate) declared: &'static Declared,
    /// What answers.
    pub(crate) services: Vec<Arc<dyn api::Methods>>,
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

impl Contract {
    /// The names of its services, under each of its packages.
    pub(crate) fn service_names(&self) -> impl Iterator<Item = String> {
        let packages = self.declared.packages;
        let described = api::descriptor_pool().services();
        let own = described.filter(move |service| packages.contains(&service.package_name()));
        own.map(|service| service.full_name().to_owned())
    }
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

/// How it went.
const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// An answer: one message and the status after it, or a status in the headers.
type Reply = Response<Body>;

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
            if served.goes_on {
                let converse = |asking, request, place| conversed(served, asking, request, place);
                let passing = admission.pass_on::<Grpc, _>(Arc::clone(&served.method), request, converse);
                return Ok(Box::pin(passing).await);
            }
            let call = |asking, request| async move {
                answer(served, asking, request).await.unwrap_or_else(Status::into_http)
            };
            Ok(admission
                .pass::<Grpc, _>(Arc::clone(&served.method), request, call)
                .await)
        })
    }
}

/// Has a request answered by its service.
async fn answer(served: &Served, asking: Asking, request: Request<Bytes>) -> Result<Reply, Status> {
    let (head, frame) = request.into_parts();
    let message = frame::inside(&head.headers, frame)?;
    let mut request = tonic::Request::from_parts(MetadataMap::from_headers(head.headers), head.extensions, message);
    request.extensions_mut().insert(asking);
    let (metadata, frame, extensions) = served.service.call(served.name, request).await?.into_parts();
    let trailers = HeaderMap::from_iter([(STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(frame).with_trailers(ready(Some(Ok(trailers))));
    let mut reply = Response::new(Body::new(body));
    *reply.headers_mut() = metadata.into_headers();
    let kind = HeaderValue::from_static("application/grpc");
    reply.headers_mut().insert(header::CONTENT_TYPE, kind);
    *reply.extensions_mut() = extensions;
    Ok(reply)
}

/// Has a request whose messages go on answered by its service. It has its place until the answer ends.
async fn conversed(served: &Served, asking: Asking, mut request: Request<Body>, place: Permit) -> Reply {
    if let Some(room) = request.extensions().get::<Room>() {
        room.last();
    }
    request.extensions_mut().insert(asking);
    let request = request.map(tonic::body::Body::new);
    let reply = served.service.converse(request, GOING_ON_MESSAGE_BYTES_MAX).await;
    reply.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &place;
            frame
        }))
    })
}

/// How gRPC refuses, and says how it went.
struct Grpc;

impl Wire for Grpc {
    type Body = Body;

    fn refused(failure: Failure) -> Reply {
        Status::from(failure).into_http()
    }

    fn outcome(reply: &Reply) -> &'static str {
        // Unary requests that fail are answered in the headers alone; those that succeed say so in a trailer.
        let code = Status::from_header_map(reply.headers()).map_or(Code::Ok, |status| status.code());
        transcode::canonical_name(code.into())
    }

    fn patience(headers: &HeaderMap) -> Option<Duration> {
        timeout::of(headers)
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
