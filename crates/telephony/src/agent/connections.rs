//! Connections that telephones make, by TCP and by TLS.
//!
//! The stack has listeners for both, and they are not used. They take whoever comes, as many as come, and each has its buffers and a
//! file: one stranger could have all that the process has. And the one for TLS has a copy of a certificate, while ours is renewed where
//! it is kept. Connections are the stack's from their begin on, which closes those that say nothing for five minutes.

use std::{io, net::SocketAddr};

use rsipstack::{
    sip::Transport,
    transaction::endpoint::EndpointInnerRef,
    transport::{SipAddr, SipConnection, tcp::TcpConnection, tls::TlsConnection, udp::UdpConnection},
};
use share::{Client, Permit, Shared, Taker};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::limits;

/// UDP and TCP at one address. Where the system chooses the port, it is one that is free for both.
pub(super) async fn bind(listen: SocketAddr, stop: &CancellationToken) -> io::Result<(UdpConnection, TcpListener)> {
    let refused = |error: rsipstack::Error| io::Error::other(error.to_string());
    let mut tries = 0;
    loop {
        let udp = UdpConnection::create_connection(listen, None, Some(stop.child_token()));
        let udp = udp.await.map_err(refused)?;
        let port = udp.get_addr().get_socketaddr().map_err(refused)?.port();
        tries += 1;
        match TcpListener::bind((listen.ip(), port)).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(_) if listen.port() == 0 && tries < limits::BINDS_MAX => {}
            Err(error) => return Err(error),
        }
    }
}

/// What connections begin with.
#[derive(Clone)]
pub(super) enum Begin {
    /// The first message.
    Message,
    /// A handshake.
    Handshake(TlsAcceptor),
}

/// Takes connections until it is stopped, while there are places for them.
pub(super) async fn listen(
    listener: TcpListener,
    begin: Begin,
    places: Shared,
    endpoint: EndpointInnerRef,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly no file is free, and the next moment none will be either.
                tracing::warn!(%error, "a connection of a telephone cannot be taken");
                tokio::time::sleep(limits::ACCEPT_AGAIN_AFTER).await;
                continue;
            }
        };
        if let Ok(permit) = places.take(Taker::Stranger(Client::at(from.ip())), 1) {
            let serving = serve(
                stream,
                from,
                begin.clone(),
                endpoint.clone(),
                stop.child_token(),
                permit,
            );
            tokio::spawn(serving);
        }
    }
}

/// Has a connection served, and keeps its place while it is there.
async fn serve(
    stream: TcpStream,
    from: SocketAddr,
    begin: Begin,
    endpoint: EndpointInnerRef,
    closed: CancellationToken,
    permit: Permit,
) {
    // The stack cancels it when the connection ends.
    match connection(stream, from, begin, closed.clone()).await {
        Ok(connection) => endpoint.transport_layer.add_connection(connection),
        Err(error) => {
            tracing::debug!(%error, %from, "nothing comes of a connection");
            return;
        }
    }
    closed.cancelled().await;
    drop(permit);
}

async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    begin: Begin,
    closed: CancellationToken,
) -> io::Result<SipConnection> {
    let refused = |error: rsipstack::Error| io::Error::other(error.to_string());
    let local = stream.local_addr()?;
    let at = |transport, address: SocketAddr| SipAddr {
        r#type: Some(transport),
        addr: address.into(),
    };
    match begin {
        Begin::Message => {
            let connection = TcpConnection::from_stream(stream, at(Transport::Tcp, local), Some(closed));
            connection.map(SipConnection::Tcp).map_err(refused)
        }
        Begin::Handshake(acceptor) => {
            let stream = timeout(limits::HANDSHAKE_WITHIN, acceptor.accept(stream)).await??;
            let (local, remote) = (at(Transport::Tls, local), at(Transport::Tls, from));
            let connection = TlsConnection::from_server_stream(stream, local, remote, Some(closed)).await;
            connection.map(SipConnection::Tls).map_err(refused)
        }
    }
}
