//! What every call passes, gRPC or REST, before it reaches a handler: limits, authentication, tracing, metrics.
//!
//! It sits below the transcoder, on the gRPC request, so no REST path can go around it. What passes carries its
//! [`Principal`], and handlers take it as an argument from [`admitted`]. It is one service and one future: four layers of
//! boxes would cost more than the shortest handler.

mod authentication;
mod methods;
mod quotas;
mod stranger;
mod trace;

pub(crate) use authentication::{COOKIE, cookie, is_same_origin, session_secret};
pub(crate) use methods::Method;
pub use quotas::Quotas;
pub(crate) use stranger::Stranger;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use http::{Request, Response};
use identity::{Identity, Principal};
use tokio::sync::Semaphore;
use tonic::{Code, Status};
use tower::Service;
use tracing::Instrument as _;

use api::google::apps::meet::v2beta::conference_records_service_server::ConferenceRecordsServiceServer;
use api::google::apps::meet::v2beta::spaces_service_server::SpacesServiceServer;
use api::google::people::v1::people_service_server::PeopleServiceServer;
use api::sederunt::v1::administration_server::AdministrationServer;
use api::sederunt::v1::meetings_server::MeetingsServer;
use api::sederunt::v1::register_server::RegisterServer;
use api::sederunt::v1::spaces_server::SpacesServer;

use crate::administration::AdministrationService;
use crate::failure::Failure;
use crate::google::{ConferenceRecords, Spaces};
use crate::meetings::MeetingsService;
use crate::metrics::Metrics;
use crate::people::People;
use crate::sederunt::{RegisterService, SpacesService};
use crate::{clock, limits};
use trace::{REQUEST_ID, TraceIds};

/// The services behind the gate. Tonic's servers are cheap to clone.
#[derive(Clone)]
pub(crate) struct Services {
    spaces: SpacesServiceServer<Spaces>,
    conference_records: ConferenceRecordsServiceServer<ConferenceRecords>,
    meetings: MeetingsServer<MeetingsService>,
    own_spaces: SpacesServer<SpacesService>,
    register: RegisterServer<RegisterService>,
    administration: AdministrationServer<AdministrationService>,
    people: PeopleServiceServer<People>,
}

impl Services {
    pub(crate) fn new(
        spaces: Spaces,
        conference_records: ConferenceRecords,
        meetings: MeetingsService,
        own_spaces: SpacesService,
        register: RegisterService,
        administration: AdministrationService,
        people: People,
    ) -> Services {
        let bytes = limits::REQUEST_BODY_BYTES_MAX;
        Services {
            spaces: SpacesServiceServer::new(spaces).max_decoding_message_size(bytes),
            conference_records: ConferenceRecordsServiceServer::new(conference_records)
                .max_decoding_message_size(bytes),
            meetings: MeetingsServer::new(meetings).max_decoding_message_size(bytes),
            own_spaces: SpacesServer::new(own_spaces).max_decoding_message_size(bytes),
            register: RegisterServer::new(register).max_decoding_message_size(bytes),
            administration: AdministrationServer::new(administration).max_decoding_message_size(bytes),
            people: PeopleServiceServer::new(people).max_decoding_message_size(bytes),
        }
    }
}

/// The one way to the services.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    services: Services,
    identity: Identity,
    stranger: Stranger,
    metrics: Arc<Metrics>,
    places: Semaphore,
    traces: TraceIds,
    meter: quotas::Meter,
}

impl Gate {
    pub(crate) fn new(
        services: Services,
        identity: Identity,
        stranger: Stranger,
        metrics: Arc<Metrics>,
        quotas: Quotas,
    ) -> Gate {
        Gate(Arc::new(Inner {
            services,
            identity,
            stranger,
            metrics,
            places: Semaphore::new(limits::CALLS_MAX),
            traces: TraceIds::new(),
            meter: quotas::Meter::new(quotas),
        }))
    }
}

impl Gate {
    /// Forgets what quotas need not remember, now and then, for as long as the server runs.
    pub(crate) async fn keep_tidy(self) {
        loop {
            tokio::time::sleep(limits::QUOTA_TIDY_INTERVAL).await;
            self.0.meter.tidy();
        }
    }
}

impl Service<Request<Body>> for Gate {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let Some(method) = methods::find(request.uri().path()) else {
                return Ok(Status::unimplemented("Method not found.").into_http());
            };
            let trace = inner.traces.of(request.headers());
            let span = tracing::info_span!("call", method = method.name, %trace);
            let mut response = inner.observed(method, request).instrument(span).await;
            response.headers_mut().insert(REQUEST_ID, trace.header());
            Ok(response)
        })
    }
}

impl Inner {
    async fn observed(&self, method: &'static methods::Method, request: Request<Body>) -> Response<tonic::body::Body> {
        let _open = self.metrics.call_opened();
        let began = clock::instant();
        let response = match self.limited(method, request).await {
            Ok(response) => response,
            Err(failure) => Status::from(failure).into_http(),
        };
        // Unary calls that fail are answered in the headers alone; those that succeed say so in a trailer.
        let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
        let took = began.elapsed();
        self.metrics.call_answered(&method.name, code, took);
        tracing::debug!(?code, took_us = took.as_micros(), "answered");
        response
    }

    async fn limited(
        &self,
        method: &'static methods::Method,
        request: Request<Body>,
    ) -> Result<Response<tonic::body::Body>, Failure> {
        let Ok(_place) = self.places.try_acquire() else {
            return Err(Failure::unavailable("The server is busy; try again soon."));
        };
        match tokio::time::timeout(limits::CALL_TIMEOUT, self.served(method, request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::new(Code::DeadlineExceeded, "The call took too long.")),
        }
    }

    async fn served(
        &self,
        method: &'static methods::Method,
        mut request: Request<Body>,
    ) -> Result<Response<tonic::body::Body>, Failure> {
        let (identity, headers) = (&self.identity, request.headers());
        let principal = authentication::authenticate(identity, &self.stranger, headers, method.reads).await?;
        self.meter.take(&principal, method)?;
        request.extensions_mut().insert(principal);
        request.extensions_mut().insert(method);
        *request.uri_mut() = http::Uri::from(method.path.clone());
        let services = &self.services;
        let response = match method.service {
            methods::Service::Spaces => services.spaces.clone().call(request).await,
            methods::Service::ConferenceRecords => services.conference_records.clone().call(request).await,
            methods::Service::Meetings => services.meetings.clone().call(request).await,
            methods::Service::OwnSpaces => services.own_spaces.clone().call(request).await,
            methods::Service::Register => services.register.clone().call(request).await,
            methods::Service::Administration => services.administration.clone().call(request).await,
            methods::Service::People => services.people.clone().call(request).await,
        };
        Ok(response.unwrap_or_else(|never| match never {}))
    }
}

/// The caller and the message of a call: handlers are given both, so none can run without a caller.
pub(crate) fn admitted<T>(request: tonic::Request<T>) -> Result<(Principal, T), Status> {
    let (_, mut extensions, message) = request.into_parts();
    match extensions.remove::<Principal>() {
        Some(principal) => Ok((principal, message)),
        // Only a service that is reached past the gate gets here.
        None => Err(Status::unauthenticated("nobody is calling")),
    }
}
