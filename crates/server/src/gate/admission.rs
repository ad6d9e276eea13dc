//! Admission: what every request of every contract passes, once, before a handler sees it.
//!
//! A place among those under way, who is calling, the quota, the deadline, the trace and the figures are one thing, apart from any
//! wire: a contract says in [`Wire`] how it refuses and how its answers went, and hands over what it would do with whoever is
//! let in. It is one future: layers of boxes would cost more than the shortest handler.

use std::sync::Arc;

use axum_core::body::Body;
use http::{HeaderMap, Request, Response};
use identity::Identity;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use super::asking::{Asking, Method};
use super::authentication::authenticate;
use super::operation::Effect;
use super::quotas::{Meter, Quotas};
use super::stranger::Stranger;
use super::trace::{REQUEST_ID, TraceIds};
use crate::failure::{Answer, Failure, Kind};
use crate::metrics::Metrics;
use crate::{clock, limits};

/// How a contract speaks.
pub(crate) trait Wire {
    /// The body of its answers.
    type Body;

    /// A refusal in its words.
    fn refused(failure: Failure) -> Response<Self::Body>;

    /// How an answer went, by its canonical name such as `NOT_FOUND`.
    fn outcome(response: &Response<Self::Body>) -> &'static str;
}

/// What stands before all contracts.
pub(crate) struct Admission {
    identity: Identity,
    stranger: Stranger,
    metrics: Arc<Metrics>,
    places: Semaphore,
    traces: TraceIds,
    meter: Meter,
}

impl Admission {
    pub(crate) fn new(identity: Identity, stranger: Stranger, metrics: Arc<Metrics>, quotas: &Quotas) -> Admission {
        Admission {
            identity,
            stranger,
            metrics,
            places: Semaphore::new(limits::REQUESTS_MAX),
            traces: TraceIds::new(),
            meter: Meter::new(quotas),
        }
    }

    /// Lets a request in and answers it by `serve`, or refuses it. The answer carries its trace.
    pub(crate) async fn pass<W: Wire, F>(
        &self,
        method: Arc<Method>,
        request: Request<Body>,
        serve: impl FnOnce(Asking, Request<Body>) -> F,
    ) -> Response<W::Body>
    where
        F: Future<Output = Response<W::Body>>,
    {
        let trace = self.traces.of(request.headers());
        let span = tracing::info_span!("request", method = &*method.name, %trace);
        let observed = async {
            let _open = self.metrics.request_opened();
            let began = clock::instant();
            let answer = self.limited(&method, request, serve).await;
            let response = answer.unwrap_or_else(W::refused);
            let outcome = W::outcome(&response);
            let took = clock::instant().saturating_duration_since(began);
            self.metrics.request_answered(&method.name, outcome, took);
            tracing::debug!(outcome, took_us = took.as_micros(), "answered");
            response
        };
        let mut response = observed.instrument(span).await;
        response.headers_mut().insert(REQUEST_ID, trace.header());
        response
    }

    async fn limited<F: Future>(
        &self,
        method: &Arc<Method>,
        request: Request<Body>,
        serve: impl FnOnce(Asking, Request<Body>) -> F,
    ) -> Answer<F::Output> {
        let Ok(_place) = self.places.try_acquire() else {
            return Err(Failure::unavailable("The server is busy; try again soon."));
        };
        let served = async {
            let asking = self.admitted(method, request.headers()).await?;
            Ok(serve(asking, request).await)
        };
        match tokio::time::timeout(limits::REQUEST_TIMEOUT, served).await {
            Ok(answer) => answer,
            Err(_) => Err(Kind::Deadline.into()),
        }
    }

    /// Who asks, if their quota allows it.
    async fn admitted(&self, method: &Arc<Method>, headers: &HeaderMap) -> Answer<Asking> {
        let reads = method.operation.effect == Effect::Reads;
        let principal = authenticate(&self.identity, &self.stranger, headers, reads).await?;
        self.meter.take(&principal, method.operation.effect, clock::instant())?;
        Ok(Asking::new(principal, Arc::clone(method)))
    }

    /// Forgets what quotas need not remember, now and then, for as long as the server runs.
    pub(crate) async fn keep_tidy(self: Arc<Self>) {
        loop {
            tokio::time::sleep(limits::QUOTA_TIDY_INTERVAL).await;
            self.meter.forget_full(clock::instant());
        }
    }
}
