//! One port for HTTP/1.1 and HTTP/2, in clear text or with TLS: the accept loop.
//!
//! `axum::serve` has no limits, and a listener without limits is stopped by anybody with a loop. So we accept ourselves: a bounded
//! number of connections, each of which must bring a request in time, is asked now and then whether it lives, and is told to
//! finish when the server stops. With TLS, the first byte tells who speaks it; the others are sent to the other scheme. What is
//! inside a request is not decided here.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum_core::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use share::{Client, Reports};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use crate::limits;
use crate::lingering::Lingering;
use crate::strict;
use crate::tls::{self, Tls};

/// How connections are served.
pub struct Setup {
    /// The certificate, unless plain HTTP is served.
    pub secured: Option<Secured>,
    /// Where a limit that is reached is told.
    pub reports: Reports,
}

/// How connections are secured.
#[derive(Clone)]
pub struct Secured {
    /// The certificate.
    pub tls: Tls,
    /// Where plain HTTP is sent to.
    pub public_url: Arc<str>,
}

/// Accepts and serves connections until `stop`, then lets the requests under way finish. Each request has its [`Client`] among
/// its extensions.
pub async fn serve<S>(listener: TcpListener, setup: Setup, service: S, stop: CancellationToken)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let Setup { secured, reports } = setup;
    let builder = Arc::new(builder());
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    let descriptors = reports.limit("descriptors");
    loop {
        let place = Arc::clone(&places)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, or a connection that died in the queue: neither is helped by hurry.
                descriptors.reached(&error);
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
                continue;
            }
        };
        let client = Client::at(address.ip());
        let service = service.clone().map_request(move |mut request: Request<Body>| {
            request.extensions_mut().insert(client);
            request
        });
        let (builder, watcher) = (Arc::clone(&builder), graceful.watcher());
        let secured = secured.clone();
        tokio::spawn(async move {
            // Small answers must not wait for the acknowledgement of the one before.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot switch off Nagle's algorithm");
            }
            match secured {
                None => connection(&builder, stream, service, watcher).await,
                Some(secured) => secured_connection(&builder, stream, secured, service, watcher).await,
            }
            drop(place);
        });
    }
    // The port is free for a successor while the last requests finish.
    drop(listener);
    if tokio::time::timeout(limits::LAST_REQUESTS_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time");
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::REQUEST_HEAD_TIMEOUT)
        .max_buf_size(limits::REQUEST_HEAD_BYTES_MAX)
        .pipeline_flush(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
        .max_header_list_size(u32::try_from(limits::REQUEST_HEAD_BYTES_MAX).expect("a few kilobytes"))
        .keep_alive_interval(limits::HTTP2_PING_INTERVAL)
        .keep_alive_timeout(limits::HTTP2_PING_TIMEOUT);
    builder
}

/// Serves whoever shakes hands, and tells whoever speaks plain HTTP where to go.
async fn secured_connection<S>(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    secured: Secured,
    service: S,
    watcher: Watcher,
) where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let opened = tokio::time::timeout(limits::REQUEST_HEAD_TIMEOUT, async {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Ok(Opened::Nothing);
        }
        if first[0] != tls::HANDSHAKE {
            return Ok(Opened::Plain(stream));
        }
        secured
            .tls
            .accept(stream)
            .await
            .map(|stream| stream.map_or(Opened::Nothing, |stream| Opened::Secured(Box::new(stream))))
    });
    match opened.await {
        Ok(Ok(Opened::Secured(stream))) if secured.tls.is_to_stay() => {
            let service = service.map_response(strict::come_back_secured);
            connection(builder, stream, service, watcher).await;
        }
        Ok(Ok(Opened::Secured(stream))) => connection(builder, stream, service, watcher).await,
        Ok(Ok(Opened::Plain(stream))) => {
            let elsewhere = tower::service_fn(move |request: Request<Body>| {
                std::future::ready(Ok(tls::elsewhere(&secured.public_url, &request)))
            });
            connection(builder, stream, elsewhere, watcher).await;
        }
        Ok(Ok(Opened::Nothing)) | Err(_) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
    }
}

/// A connection, after its first byte.
enum Opened {
    Secured(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    Plain(TcpStream),
    /// Closed, or a question that has its answer.
    Nothing,
}

async fn connection<S, I>(builder: &Builder<TokioExecutor>, stream: I, service: S, watcher: Watcher)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let spoke = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&spoke);
    let service = service.map_response(strict::typed);
    let service = service_fn(move |request: Request<Incoming>| {
        heard.store(true, Ordering::Relaxed);
        service
            .clone()
            .call(request.map(|body| Body::new(Lingering::new(body))))
    });
    let serving = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let mut serving = pin!(watcher.watch(serving));
    // The header timeout starts with the first byte of a head; a connection that sends none, or half a preface, is caught here.
    let finished = tokio::time::timeout(limits::REQUEST_HEAD_TIMEOUT, serving.as_mut()).await;
    let result = match finished {
        Ok(result) => result,
        Err(_) if spoke.load(Ordering::Relaxed) => serving.await,
        Err(_) => return,
    };
    if let Err(error) = result {
        tracing::debug!(error = &*error, "a connection ended early");
    }
}
