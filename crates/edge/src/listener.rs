//! One port for HTTP/1.1 and HTTP/2, in clear text or with TLS: the accept loop.
//!
//! `axum::serve` has no limits, and a listener without limits is stopped by anybody with a loop. So we accept ourselves: whoever
//! gets a place among the [`connections`](crate::connections) is served as a [`connection`](crate::connection). With TLS, the first
//! byte tells who speaks it; the others are sent to the other scheme. What is inside a request is not decided here.
//!
//! Where a network lets nothing through but the port of HTTPS, what is no HTTP has to come there too. Datagrams in a connection (RFC
//! 4571) begin with the length of the first, which is below 2,048; TLS begins with 22 and a request with a letter. So one byte
//! tells them apart, and such a connection goes to whoever takes it, with nothing of it read. Behind a proxy there are none.
//! The same byte tells them apart inside TLS, for networks that let through nothing else: there clients speak to a relay
//! (RFC 8656), whose messages begin with the same small numbers. The connection is handed over with its keys.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum_core::body::Body;
use http::{Request, Response};
use share::{Client, Reports, Shared, Taker};
use tokio::io::AsyncBufReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::ServerConnection;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt};

use crate::bodies::Bodies;
use crate::connection::Terms;
use crate::connections::Peer;
use crate::limits::{self, Limits};
use crate::place::{Place, Places};
use crate::proxies::Proxies;
use crate::strict;
use crate::tls::{self, Tls};

/// What carries datagrams begins with no more than this: the longer half of a length below 2,048.
const DATAGRAMS: u8 = 7;

const _: () = assert!(DATAGRAMS < tls::HANDSHAKE && DATAGRAMS < b'A');

/// Takes connections that carry datagrams, with what secures them if anything does.
pub type TakesDatagrams = Arc<dyn Fn(std::net::TcpStream, Option<Box<ServerConnection>>) + Send + Sync>;

/// How connections are served.
pub struct Setup {
    /// The certificate, unless plain HTTP is served.
    pub secured: Option<Secured>,
    /// The proxies that say whose requests they pass on.
    pub proxies: Proxies,
    /// Who takes connections that carry datagrams, if anybody does.
    pub datagrams: Option<TakesDatagrams>,
    /// What may be taken.
    pub limits: Limits,
    /// Where a limit that is reached is told.
    pub reports: Reports,
}

/// How connections are secured.
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
    let Setup {
        secured,
        proxies,
        datagrams,
        limits,
        reports,
    } = setup;
    let descriptors = reports.limit("descriptors");
    let places = Places::new(limits.clone(), &reports);
    let bodies = Bodies::new(limits.clone(), &reports);
    let reception = Arc::new(Reception {
        terms: Arc::new(Terms::new(bodies, proxies, stop.clone())),
        secured,
        datagrams,
        patience: limits.first_request_timeout,
        stop: stop.clone(),
        handshakes: Shared::new("handshakes", limits::HANDSHAKES, &reports),
        service,
    });
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let peer = reception.peer(address.ip());
                if let Some(place) = places.enter(peer) {
                    connections.spawn(Arc::clone(&reception).receive(stream, address.ip(), peer, place));
                }
            }
            // It died in the queue.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                descriptors.reached(&error);
                places.make_room();
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
    // The port is free for a successor while the last requests finish.
    drop(listener);
    connections.close();
    if tokio::time::timeout(limits::CLOSE_TIMEOUT, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time");
    }
}

/// Who receives connections, and has each served.
struct Reception<S> {
    terms: Arc<Terms>,
    secured: Option<Secured>,
    datagrams: Option<TakesDatagrams>,
    /// How long a connection may take to its first byte.
    patience: Duration,
    stop: CancellationToken,
    handshakes: Shared,
    service: S,
}

/// A connection, after its first byte.
enum Opened {
    Secured(Box<TlsStream<TcpStream>>),
    Plain(TcpStream),
    /// Closed, or a question that has its answer.
    Nothing,
}

impl<S> Reception<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    fn peer(&self, address: IpAddr) -> Peer {
        Peer {
            client: Client::at(address),
            is_proxy: self.terms.proxies.contain(address),
        }
    }

    async fn receive(self: Arc<Self>, stream: TcpStream, address: IpAddr, peer: Peer, place: Arc<Place>) {
        // Small answers must not wait for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot switch off Nagle's algorithm");
        }
        let stream = match &self.datagrams {
            Some(datagrams) if !peer.is_proxy => match self.told_apart(stream, datagrams, &place).await {
                Some(stream) => stream,
                None => return,
            },
            _ => stream,
        };
        let service = self.service.clone();
        let Some(secured) = &self.secured else {
            return self.terms.serve(stream, address, place, service).await;
        };
        let opened = tokio::select! {
            opened = tokio::time::timeout(limits::HANDSHAKE_TIMEOUT, self.opened(stream, &secured.tls, peer)) => opened,
            () = place.gives_way() => return,
        };
        match opened {
            Ok(Ok(Opened::Secured(stream))) => {
                let Some(stream) = self.told_apart_inside(stream, peer, &place).await else {
                    return;
                };
                if secured.tls.is_to_stay() {
                    let service = service.map_response(strict::come_back_secured);
                    self.terms.serve(stream, address, place, service).await;
                } else {
                    self.terms.serve(stream, address, place, service).await;
                }
            }
            Ok(Ok(Opened::Plain(stream))) => {
                let public_url = Arc::clone(&secured.public_url);
                let elsewhere = tower::service_fn(move |request: Request<Body>| {
                    std::future::ready(Ok(tls::elsewhere(&public_url, &request)))
                });
                self.terms.serve(stream, address, place, elsewhere).await;
            }
            Ok(Ok(Opened::Nothing)) | Err(_) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        }
    }

    /// The connection, unless it carries datagrams.
    async fn told_apart(&self, stream: TcpStream, datagrams: &TakesDatagrams, place: &Place) -> Option<TcpStream> {
        let mut first = [0];
        let peeked = tokio::select! {
            peeked = tokio::time::timeout(self.patience, stream.peek(&mut first)) => peeked,
            () = place.gives_way() => return None,
            () = self.stop.cancelled() => return None,
        };
        let has_come = matches!(peeked, Ok(Ok(1..)));
        if !has_come || first[0] > DATAGRAMS {
            return has_come.then_some(stream);
        }
        hand_over(stream, None, datagrams);
        None
    }

    /// The same of a connection that is secured. Whoever has said that they speak HTTP/2 is believed.
    async fn told_apart_inside(
        &self,
        mut stream: Box<TlsStream<TcpStream>>,
        peer: Peer,
        place: &Place,
    ) -> Option<Box<TlsStream<TcpStream>>> {
        let datagrams = self.datagrams.as_ref().filter(|_| !peer.is_proxy);
        let spoken = stream.get_ref().1.alpn_protocol();
        let Some(datagrams) = datagrams.filter(|_| spoken != Some(b"h2")) else {
            return Some(stream);
        };
        let peeked = tokio::select! {
            peeked = tokio::time::timeout(self.patience, stream.fill_buf()) => peeked,
            () = place.gives_way() => return None,
            () = self.stop.cancelled() => return None,
        };
        let Ok(Ok(&[first, ..])) = peeked else { return None };
        if first > DATAGRAMS {
            return Some(stream);
        }
        let (stream, secured) = stream.into_inner();
        hand_over(stream, Some(Box::new(secured)), datagrams);
        None
    }

    /// Shakes hands with whoever wants to, if not too many of theirs do.
    async fn opened(&self, stream: TcpStream, tls: &Tls, peer: Peer) -> io::Result<Opened> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Ok(Opened::Nothing);
        }
        if first[0] != tls::HANDSHAKE {
            return Ok(Opened::Plain(stream));
        }
        let taken = (!peer.is_proxy).then(|| self.handshakes.take(Taker::Stranger(peer.client), 1));
        let Ok(_permit) = taken.transpose() else {
            return Ok(Opened::Nothing);
        };
        let secured = tls.accept(stream).await?;
        Ok(secured.map_or(Opened::Nothing, |stream| Opened::Secured(Box::new(stream))))
    }
}

fn hand_over(stream: TcpStream, secured: Option<Box<ServerConnection>>, datagrams: &TakesDatagrams) {
    match stream.into_std() {
        Ok(stream) => datagrams(stream, secured),
        Err(error) => tracing::debug!(%error, "a connection cannot be handed over"),
    }
}
