//! Admission: what every request of every contract passes, once, before a handler sees it.
//!
//! A place among those under way, who is calling, the quota, the deadline, the trace and the figures are one thing, apart from any
//! wire: a contract says in [`Wire`] how it refuses and how its answers went, and hands over what it would do with whoever is
//! let in. It is one future: layers of boxes would cost more than the shortest handler.

use std::sync::Arc;

use axum_core::body::Body;
use http::{HeaderMap, Request, Response};
use identity::Identity;
use share::Client;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use super::asking::{Asking, Method};
use super::authentication::authenticate;
use super::operation::Effect;
use super::quotas::{Meter, Quotas};
use super::stranger::Stranger;
use super::trace::{REQUEST_ID, TraceIds};
use crate::browser::Cookies;
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
    cookies: Cookies,
    stranger: Stranger,
    metrics: Arc<Metrics>,
    places: Semaphore,
    traces: TraceIds,
    meter: Meter,
}

impl Admission {
    pub(crate) fn new(identity: Identity, stranger: Stranger, metrics: Arc<Metrics>, quotas: &Quotas) -> Admission {
        Admission {
            cookies: Cookies::of(identity.public_url()),
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
        let trace = self.traces.of_request(request.headers());
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
            let client = request.extensions().get().copied().unwrap_or(Client::HERE);
            let asking = self.admitted(method, request.headers(), client).await?;
            Ok(serve(asking, request).await)
        };
        match tokio::time::timeout(limits::REQUEST_TIMEOUT, served).await {
            Ok(answer) => answer,
            Err(_) => Err(Kind::Deadline.into()),
        }
    }

    /// Who asks, if their quota allows it.
    async fn admitted(&self, method: &Arc<Method>, headers: &HeaderMap, client: Client) -> Answer<Asking> {
        let reads = method.operation.effect == Effect::Reads;
        let principal = authenticate(&self.identity, self.cookies, &self.stranger, headers, reads).await?;
        self.meter.take(&principal, method.operation.effect, clock::instant())?;
        Ok(Asking::new(principal, client, Arc::clone(method)))
    }

    /// Forgets what quotas need not remember, now and then, for as long as the server runs.
    pub(crate) async fn keep_tidy(self: Arc<Self>) {
        loop {
            tokio::time::sleep(limits::QUOTA_TIDY_INTERVAL).await;
            self.meter.forget_full(clock::instant());
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{StatusCode, header};
    use http_body_util::BodyExt as _;
    use identity::Scopes;
    use share::Reports;

    use super::*;
    use crate::gate::operation::{Needs, Operation};

    /// A contract without gRPC: JSON, and errors in a shape of its own.
    struct Plain;

    impl Wire for Plain {
        type Body = Body;

        fn refused(failure: Failure) -> Response<Body> {
            let (kind, _, details) = failure.into_parts();
            let status = match kind {
                Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
                Kind::Exhausted => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let reason = details.reason.unwrap_or("none");
            let mut response = Response::new(Body::from(format!("{{\"error\":{{\"code\":\"{reason}\"}}}}")));
            *response.status_mut() = status;
            response
        }

        fn outcome(response: &Response<Body>) -> &'static str {
            if response.status().is_success() {
                "OK"
            } else {
                "REFUSED"
            }
        }
    }

    static READ: Operation = Operation::reads("callRecords.list", Needs::Scope(Scopes::MEET), "callRecord");
    static WRITE: Operation = Operation::writes("subscriptions.create", Needs::Scope(Scopes::MEET), "subscription");

    async fn admission(folder: &std::path::Path, metrics: Arc<Metrics>) -> (Admission, String) {
        let location = db::Location::Sqlite(folder.join("sederunt.db"));
        let db = db::Db::open(&location).await.expect("a new file");
        let identity = Identity::open(db).await.expect("keys are made");
        let new = identity::NewUser {
            email: "ada@example.org",
            display_name: "Ada",
            administrator: false,
        };
        let now_us = clock::now_us();
        let ada = identity.add_user(new, now_us).await.expect("new");
        let hour = std::time::Duration::from_hours(1);
        let token = identity.issue_token(&ada, Scopes::MEET, hour, now_us).expect("issued");
        let stranger = Stranger::open(&identity, false).await.expect("nobody");
        let quotas = Quotas {
            writes_per_person: std::num::NonZeroU32::new(1),
            ..Quotas::default()
        };
        (Admission::new(identity, stranger, metrics, &quotas), token)
    }

    #[tokio::test]
    async fn a_contract_without_grpc_passes_the_same_gate() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = media::Options {
            bind: ([127, 0, 0, 1], 0).into(),
            announce: Vec::new(),
        };
        let (events, _reported) = tokio::sync::mpsc::channel(1);
        let media = media::Media::start(&options, events).expect("a free port");
        let metrics = Metrics::new(media, Reports::default());
        let (admission, token) = admission(folder.path(), Arc::clone(&metrics)).await;
        let bearer = format!("Bearer {token}");
        for (operation, headers, status, body) in [
            (&READ, &[][..], 200, "{\"caller\":null}"),
            (
                &READ,
                &[("authorization", &*bearer)],
                200,
                "{\"caller\":\"ada@example.org\"}",
            ),
            (&READ, &[("authorization", "Bearer x")], 401, "ACCESS_TOKEN_INVALID"),
            (
                &READ,
                &[("authorization", "Basic eDp5")],
                401,
                "ACCESS_TOKEN_TYPE_UNSUPPORTED",
            ),
            // A cookie changes nothing for a page of another origin.
            (
                &WRITE,
                &[("cookie", "sederunt_session=x"), ("origin", "https://evil.example")],
                401,
                "ORIGIN_NOT_ALLOWED",
            ),
            (&WRITE, &[("authorization", &*bearer)], 200, "ada@example.org"),
            (&WRITE, &[("authorization", &*bearer)], 429, "RATE_LIMIT_EXCEEDED"),
        ] {
            let method = Arc::new(Method {
                name: operation.name.into(),
                service: "graph.example.org",
                operation,
            });
            let mut request = Request::get("/v1.0/communications/callRecords");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(Body::empty()).expect("a valid row");
            let serve = |asking: Asking, _| async move {
                let caller = asking.caller().user().map(|user| user.email.clone());
                Response::new(Body::from(serde_json::json!({ "caller": caller }).to_string()))
            };
            let response = admission.pass::<Plain, _>(method, request, serve).await;
            assert!(response.headers().contains_key("x-request-id"));
            assert!(!response.headers().contains_key(header::SET_COOKIE));
            assert_eq!(response.status().as_u16(), status, "{headers:?}");
            let answered = response.into_body().collect().await.expect("in memory").to_bytes();
            let answered = String::from_utf8_lossy(&answered).into_owned();
            assert!(answered.contains(body), "{answered} for {headers:?}");
        }
        let page = metrics.page();
        for counted in [
            "sederunt_requests_total{method=\"callRecords.list\",status=\"OK\"} 2",
            "sederunt_requests_total{method=\"callRecords.list\",status=\"REFUSED\"} 2",
            "sederunt_requests_total{method=\"subscriptions.create\",status=\"OK\"} 1",
            "sederunt_requests_total{method=\"subscriptions.create\",status=\"REFUSED\"} 2",
        ] {
            assert!(page.lines().any(|line| line == counted), "{counted} is not in\n{page}");
        }
    }
}
