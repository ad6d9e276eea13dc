//! Admission: what every request of every contract passes, once, before a handler sees it.
//!
//! Who is calling, the quota, a place among those under way, the deadline, the trace and the figures are one thing, apart from
//! any wire: a contract says in [`Wire`] how it refuses and how its answers went, and hands over what it would do with whoever is
//! let in. It is one future: layers of boxes would cost more than the shortest handler.
//!
//! The order is what strangers cannot get around. Who asks, and whether they have asked too often, is settled from the headers;
//! only then is the message read; and a place is taken only when the message is there, so that nobody holds one by sending
//! nothing. Places are shared out by who asks ([`limits::REQUESTS`]).

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use identity::{Caller, Identity, Principal};
use share::{Client, Permit, Reports, Shared, Taker};
use tracing::Instrument as _;

use super::asking::{Asking, Method};
use super::authentication::authenticate;
use super::operation::Effect;
use super::quotas::{Meter, Quotas};
use super::stranger::Stranger;
use super::trace::{REQUEST_ID, TraceId, TraceIds};
use crate::browser::{Cookies, OwnPages};
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

    /// How long whoever asks waits for the answer, if the contract has a way to say so.
    fn patience(_headers: &HeaderMap) -> Option<Duration> {
        None
    }
}

/// What stands before all contracts.
pub(crate) struct Admission {
    identity: Identity,
    cookies: Cookies,
    own_pages: OwnPages,
    stranger: Stranger,
    metrics: Arc<Metrics>,
    places: Shared,
    lists: Shared,
    going_on: Shared,
    traces: TraceIds,
    meter: Meter,
}

impl Admission {
    pub(crate) fn new(
        identity: Identity,
        stranger: Stranger,
        metrics: Arc<Metrics>,
        quotas: &Quotas,
        reports: &Reports,
    ) -> Admission {
        Admission {
            cookies: Cookies::of(identity.public_url()),
            own_pages: OwnPages::at(identity.public_url()),
            identity,
            stranger,
            metrics,
            places: Shared::new("requests", limits::REQUESTS, reports),
            lists: Shared::new("lists", limits::LISTS, reports),
            going_on: Shared::new("requests_going_on", limits::GOING_ON, reports),
            traces: TraceIds::new(),
            meter: Meter::new(quotas, reports),
        }
    }

    /// Lets a request in and answers it by `serve`, or refuses it. The answer carries its trace.
    pub(crate) async fn pass<W: Wire, F>(
        &self,
        method: Arc<Method>,
        request: Request<Body>,
        serve: impl FnOnce(Asking, Request<Bytes>) -> F,
    ) -> Response<W::Body>
    where
        F: Future<Output = Response<W::Body>>,
    {
        let trace = self.traces.of_request(request.headers());
        // Here and below, what is handed on stays where it is: each layer would have a copy of all below it otherwise, and be as large
        // as two of them.
        let limit = time_limit::<W>(request.headers());
        let answer = pin!(self.limited(&method, request, limit, serve));
        self.observed::<W>(&method, trace, answer).await
    }

    /// The same for a request whose messages go on. Its handler reads them, and the permit is its place: it is held for as long as it goes
    /// on. The deadline is that of the begin of its answer.
    pub(crate) async fn pass_on<W: Wire, F>(
        &self,
        method: Arc<Method>,
        request: Request<Body>,
        serve: impl FnOnce(Asking, Request<Body>, Permit) -> F,
    ) -> Response<W::Body>
    where
        F: Future<Output = Response<W::Body>>,
    {
        let trace = self.traces.of_request(request.headers());
        let limit = time_limit::<W>(request.headers());
        let served = async {
            let client = request.extensions().get().copied().unwrap_or(Client::HERE);
            let asking = self.admitted(&method, request.headers(), client).await?;
            let place = share(&self.going_on, asking.taker(), "Requests that go on at once")?;
            Ok(serve(asking, request, place).await)
        };
        let answer = async {
            let served = tokio::time::timeout(limit, served).await;
            served.unwrap_or_else(|_| Err(Kind::Deadline.into()))
        };
        self.observed::<W>(&method, trace, answer).await
    }

    async fn observed<W: Wire>(
        &self,
        method: &Arc<Method>,
        trace: TraceId,
        answer: impl Future<Output = Answer<Response<W::Body>>>,
    ) -> Response<W::Body> {
        let span = tracing::info_span!("request", method = &*method.name, %trace);
        let observed = async {
            let _open = self.metrics.request_opened();
            let began = clock::instant();
            let response = answer.await.unwrap_or_else(W::refused);
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
        limit: Duration,
        serve: impl FnOnce(Asking, Request<Bytes>) -> F,
    ) -> Answer<F::Output> {
        let served = pin!(async {
            let client = request.extensions().get().copied().unwrap_or(Client::HERE);
            let asking = self.admitted(method, request.headers(), client).await?;
            let request = with_message(request).await?;
            let _place = share(&self.places, asking.taker(), "Requests at once")?;
            let lister = method.operation.lists().then(|| asking.taker());
            let _list = lister
                .map(|taker| share(&self.lists, taker, "Lists at once"))
                .transpose()?;
            Ok(serve(asking, request).await)
        });
        match tokio::time::timeout(limit, served).await {
            Ok(answer) => answer,
            Err(_) => Err(Kind::Deadline.into()),
        }
    }

    /// Who asks, if their quota allows it.
    async fn admitted(&self, method: &Arc<Method>, headers: &HeaderMap, client: Client) -> Answer<Asking> {
        let reads = method.operation.effect == Effect::Reads;
        let principal = self.authenticate(headers, reads).await?;
        let asking = Asking::new(principal, client, Arc::clone(method));
        let effect = method.operation.effect;
        self.meter
            .take(&asking.taker(), asking.app(), effect, clock::instant())?;
        Ok(asking)
    }

    async fn authenticate(&self, headers: &HeaderMap, reads: bool) -> Answer<Principal> {
        authenticate(
            &self.identity,
            self.cookies,
            &self.own_pages,
            &self.stranger,
            headers,
            reads,
        )
        .await
    }

    /// Refuses whoever gives no credential that holds.
    pub(crate) async fn known(&self, headers: &HeaderMap) -> Answer<()> {
        match self.authenticate(headers, true).await?.caller {
            Caller::Anonymous => Err(Failure::unauthenticated("CREDENTIALS_MISSING")),
            Caller::User(_) | Caller::ServiceAccount { .. } | Caller::Daemon { .. } => Ok(()),
        }
    }

    /// Forgets what quotas need not remember, now and then, for as long as the server runs.
    pub(crate) async fn keep_tidy(self: Arc<Self>) {
        loop {
            tokio::time::sleep(limits::QUOTA_TIDY_INTERVAL).await;
            self.meter.forget_full(clock::instant());
        }
    }
}

/// How long a request may take: whoever asks may wait less than we would, and not more.
fn time_limit<W: Wire>(headers: &HeaderMap) -> Duration {
    let patience = W::patience(headers).unwrap_or(limits::REQUEST_TIMEOUT);
    patience.min(limits::REQUEST_TIMEOUT)
}

/// One of what is shared out, for as long as the request is under way.
fn share(pool: &Shared, taker: Taker, limit: &'static str) -> Answer<Permit> {
    pool.take(taker, 1).map_err(|used| Failure::used_up(used, limit))
}

/// The request with its whole message.
async fn with_message(request: Request<Body>) -> Answer<Request<Bytes>> {
    let (head, body) = request.into_parts();
    match Limited::new(body, limits::MESSAGE_BYTES_MAX).collect().await {
        Ok(message) => Ok(Request::from_parts(head, message.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(Failure::new(
            Kind::TooLarge,
            format!("The message is larger than {} bytes.", limits::REQUEST_BODY_BYTES_MAX),
        )),
        // The edge was out of patience, the client went away, or the transcoder says it better.
        Err(_) => {
            let sentence = "The message ended early, or is not compressed as it says.";
            Err(Failure::new(Kind::Invalid, sentence))
        }
    }
}

#[cfg(test)]
mod tests {
    use audit::By;
    use futures_util::FutureExt as _;
    use http::{StatusCode, header};
    use identity::Scopes;

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
                Kind::Deadline => StatusCode::GATEWAY_TIMEOUT,
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

        fn patience(headers: &HeaderMap) -> Option<Duration> {
            let patience_ms = headers.get("patience-ms")?.to_str().ok()?.parse().ok()?;
            Some(Duration::from_millis(patience_ms))
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
        let ada = identity.add_user(new, &By::command_line(now_us)).await.expect("new");
        let hour = std::time::Duration::from_hours(1);
        let token = identity
            .issue_token(&ada, Scopes::MEET, hour, &By::command_line(now_us))
            .await
            .expect("issued");
        let stranger = Stranger::open(&identity, false).await.expect("nobody");
        let quotas = Quotas {
            writes_per_person: std::num::NonZeroU32::new(1),
            ..Quotas::NONE
        };
        let reports = Reports::default();
        (Admission::new(identity, stranger, metrics, &quotas, &reports), token)
    }

    fn metrics() -> Arc<Metrics> {
        let options = media::Options {
            bind: ([127, 0, 0, 1], 0).into(),
            takes_connections: false,
            relay: None,
            threads: 1,
            spreading: media::Spreading::default(),
            divides_bandwidth: false,
            announce: Vec::new(),
        };
        let (events, _reported) = tokio::sync::mpsc::channel(1);
        let media = media::Media::start(&options, events).expect("a free port");
        Metrics::new(media, Reports::default())
    }

    /// Whoever waits for an answer holds a place, whoever is still to send a message none; and one client leaves some to others.
    #[tokio::test]
    async fn places_are_shared_out() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (admission, _) = admission(folder.path(), metrics()).await;
        let ask = |last: u8, body: Body, serve: std::future::Ready<bool>| {
            let admission = &admission;
            let method = Arc::new(Method {
                name: READ.name.into(),
                service: "graph.example.org",
                operation: &READ,
            });
            let mut request = Request::new(body);
            request.extensions_mut().insert(Client::at([192, 0, 2, last].into()));
            async move {
                let answered = admission.pass::<Plain, _>(method, request, |_, _| async move {
                    if !serve.await {
                        std::future::pending::<()>().await;
                    }
                    Response::new(Body::empty())
                });
                answered.await.status().as_u16()
            }
        };
        let (never, soon) = (|| std::future::ready(false), || std::future::ready(true));
        let share = usize::try_from(limits::REQUESTS.per_client).expect("some hundreds");
        let endless = || Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
        let mut silent: Vec<_> = (0..share).map(|_| Box::pin(ask(1, endless(), soon()))).collect();
        let mut held: Vec<_> = (0..share).map(|_| Box::pin(ask(1, Body::empty(), never()))).collect();
        for one in silent.iter_mut().chain(&mut held) {
            assert_eq!(one.now_or_never(), None);
        }
        assert_eq!(admission.places.taken(), limits::REQUESTS.per_client);
        assert_eq!(ask(1, Body::empty(), soon()).await, 429);
        assert_eq!(ask(2, Body::empty(), soon()).await, 200);
        held.truncate(share - 1);
        assert_eq!(ask(1, Body::empty(), soon()).await, 200);
    }

    /// Whoever says how long they wait is told by then that there is no answer, and nobody waits longer than all do.
    #[tokio::test]
    async fn whoever_asks_may_wait_less() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (admission, _) = admission(folder.path(), metrics()).await;
        let method = Arc::new(Method {
            name: READ.name.into(),
            service: "graph.example.org",
            operation: &READ,
        });
        let request = || {
            let request = Request::builder().header("patience-ms", "20");
            request.body(Body::empty()).expect("a valid row")
        };
        let never = |_, _| std::future::pending::<Response<Body>>();
        let answer = admission.pass::<Plain, _>(Arc::clone(&method), request(), never).await;
        assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
        let never = |_, _, _| std::future::pending::<Response<Body>>();
        let answer = admission.pass_on::<Plain, _>(method, request(), never).await;
        assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
        for (patience_ms, expected) in [
            ("20", Duration::from_millis(20)),
            ("3600000", limits::REQUEST_TIMEOUT),
            ("long", limits::REQUEST_TIMEOUT),
        ] {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static("patience-ms"),
                http::HeaderValue::from_static(patience_ms),
            )]);
            assert_eq!(time_limit::<Plain>(&headers), expected, "{patience_ms}");
        }
    }

    #[tokio::test]
    async fn a_contract_without_grpc_passes_the_same_gate() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let metrics = metrics();
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
