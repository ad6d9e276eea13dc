//! SIP by TLS (RFC 3261 §26.2): the server's own certificate, on a port of its own.
//!
//! The stack has a listener for that, and it is not used: it takes certificates as bytes that are good until they end, while ours are
//! renewed where they are kept; and it leaves the choice of an engine of cryptography to the process, which has two. Connections are
//! the stack's from the handshake on.

use std::sync::Arc;

use rsipstack::{
    sip::Transport,
    transaction::endpoint::EndpointInnerRef,
    transport::{SipAddr, SipConnection, tls::TlsConnection},
};
use share::{Client, Permit, Reports, Shared, Taker};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};
use tokio_util::sync::CancellationToken;

use crate::limits;

/// Listens until it is stopped.
pub(super) async fn listen(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    endpoint: EndpointInnerRef,
    stop: CancellationToken,
) {
    let acceptor = TlsAcceptor::from(config);
    let connections = Shared::new("sip_tls_connections", limits::TLS_CONNECTIONS, &Reports::default());
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly no file is free, and the next will not be either.
                tracing::warn!(%error, "a connection by TLS cannot be taken");
                tokio::time::sleep(limits::ACCEPT_AGAIN_AFTER).await;
                continue;
            }
        };
        if let Ok(permit) = connections.take(Taker::Stranger(Client::at(from.ip())), 1) {
            let remote = SipAddr {
                r#type: Some(Transport::Tls),
                addr: from.into(),
            };
            tokio::spawn(secure(stream, remote, acceptor.clone(), endpoint.clone(), stop.child_token(), permit));
        }
    }
}

/// Shakes hands with somebody, and keeps their place while they are there.
async fn secure(
    stream: TcpStream,
    remote: SipAddr,
    acceptor: TlsAcceptor,
    endpoint: EndpointInnerRef,
    closed: CancellationToken,
    permit: Permit,
) {
    let Ok(local) = stream.local_addr() else { return };
    let Ok(Ok(stream)) = timeout(limits::HANDSHAKE_WITHIN, acceptor.accept(stream)).await else {
        tracing::debug!(%remote, "no handshake comes of a connection");
        return;
    };
    let local = SipAddr {
        r#type: Some(Transport::Tls),
        addr: local.into(),
    };
    // The stack cancels it when the connection ends.
    let connection = TlsConnection::from_server_stream(stream, local, remote, Some(closed.clone())).await;
    match connection {
        Ok(connection) => endpoint.transport_layer.add_connection(SipConnection::Tls(connection)),
        Err(error) => {
            tracing::debug!(%error, "a connection by TLS comes to nothing");
            return;
        }
    }
    closed.cancelled().await;
    drop(permit);
}
