//! One connection: HTTP/1.1 or HTTP/2 on it, and how long it stays.
//!
//! It must bring a request in time, is asked now and then whether it lives, and is told to finish when it has been idle for long
//! or the server stops. Where its place is wanted by somebody else it is closed at once. Each request is told whose it is, its body
//! is bounded, and it is under way until the last byte of its answer is taken.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use share::Client;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::bodies::{Bodies, Refusal};
use crate::limits;
use crate::place::{Place, UnderWay};
use crate::proxies::Proxies;
use crate::room::Room;
use crate::strict;

/// What holds for all connections.
pub(crate) struct Terms {
    http: Builder<TokioExecutor>,
    bodies: Bodies,
    pub(crate) proxies: Proxies,
    stop: CancellationToken,
}

/// The body of an answer. Its request is under way for as long as it is not sent.
struct Answer {
    body: Body,
    _under_way: UnderWay,
}

impl Terms {
    pub(crate) fn new(bodies: Bodies, proxies: Proxies, stop: CancellationToken) -> Terms {
        Terms {
            http: builder(),
            bodies,
            proxies,
            stop,
        }
    }

    /// Serves a connection from an address until it is over.
    pub(crate) async fn serve<S, I>(self: &Arc<Terms>, stream: I, address: IpAddr, place: Arc<Place>, service: S)
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (terms, asking) = (Arc::clone(self), Arc::clone(&place));
        let service = service_fn(move |request: Request<Incoming>| {
            let under_way = asking.begin(request.version());
            let (terms, service) = (Arc::clone(&terms), service.clone());
            async move { terms.answer(address, request, service, under_way).await }
        });
        let serving = self.http.serve_connection(TokioIo::new(stream), service).into_owned();
        let mut serving = pin!(serving);
        let mut until = place.patience();
        let mut closing = false;
        loop {
            tokio::select! {
                result = serving.as_mut() => {
                    if let Err(error) = result {
                        tracing::debug!(error = &*error, "a connection ended early");
                    }
                    return;
                }
                () = place.gives_way() => return,
                () = self.stop.cancelled(), if !closing => {}
                () = sleep_until(until) => {
                    if closing {
                        return;
                    }
                    until = place.patience();
                    if until > Instant::now() {
                        continue;
                    }
                }
            }
            serving.as_mut().graceful_shutdown();
            until = Instant::now() + limits::CLOSE_TIMEOUT;
            closing = true;
        }
    }

    async fn answer<S>(
        &self,
        address: IpAddr,
        request: Request<Incoming>,
        mut service: S,
        under_way: UnderWay,
    ) -> Result<Response<Body>, Infallible>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let client = Client::at(self.proxies.client(address, request.headers()));
        let (mut head, body) = request.into_parts();
        head.extensions.insert(client);
        let response = if body.is_end_stream() {
            service.call(Request::from_parts(head, Body::empty())).await?
        } else {
            let (body, account) = self.bodies.bound(body, client);
            head.extensions.insert(Room::of(&account));
            let response = service.call(Request::from_parts(head, Body::new(body))).await?;
            account.refusal().map_or(response, Refusal::answer)
        };
        Ok(strict::typed(response).map(|body| {
            Body::new(Answer {
                body,
                _under_way: under_way,
            })
        }))
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // Its place counts the time: a timer of its own for each head would cost as much as finding out who asks.
        .header_read_timeout(None)
        .max_buf_size(limits::REQUEST_HEAD_BYTES_MAX)
        .pipeline_flush(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
        .max_header_list_size(u32::try_from(limits::REQUEST_HEAD_BYTES_MAX).expect("a few kilobytes"))
        .initial_stream_window_size(limits::HTTP2_STREAM_BYTES_MAX)
        .initial_connection_window_size(limits::HTTP2_CONNECTION_BYTES_MAX)
        .max_frame_size(limits::HTTP2_FRAME_BYTES_MAX)
        .max_send_buf_size(limits::HTTP2_ANSWER_BYTES_MAX)
        .max_pending_accept_reset_streams(limits::HTTP2_RESET_EARLY_MAX)
        .max_local_error_reset_streams(limits::HTTP2_RESET_FOR_FAULTS_MAX)
        .keep_alive_interval(limits::HTTP2_PING_INTERVAL)
        .keep_alive_timeout(limits::HTTP2_PING_TIMEOUT);
    builder
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum_core::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
