//! SIP by TLS (RFC 3261 §26.2): the server's own certificate, on a port of its own.
//!
//! The stack has a listener for that, and it is not used: it takes certificates as bytes that are good until they end, while ours are
//! renewed where they are kept; and it leaves the choice of an engine of cryptography to the process, which has two. Connections are
//! the stack's from the handshake on.
//!
//! For calls that go out by TLS the stack would make its own configuration as well, and does not survive it where there are two engines.
//! It lets somebody else connect instead ([`Connector`]). Any certificate is believed there, as the contract has it for `transport=tls`:
//! telephone systems sign their own. So this keeps out whoever listens, and not whoever takes the other side's place.

use std::{
    net::SocketAddr,
    sync::{Arc, Once},
};

use async_trait::async_trait;
use rsipstack::{
    platform::tls::{self, TlsClientConfig},
    sip::Transport,
    transaction::endpoint::EndpointInnerRef,
    transport::{SipAddr, SipConnection, tls::TlsConnection},
};
use share::{Client, Permit, Reports, Shared, Taker};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    net::{TcpListener, TcpStream},
    sync::Mutex,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};
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
            tokio::spawn(secure(
                stream,
                remote,
                acceptor.clone(),
                endpoint.clone(),
                stop.child_token(),
                permit,
            ));
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

/// Has the stack connect by TLS as is done here. It has one way for all of a process.
pub(super) fn connect_for_stack() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tls::set_client_connector(Arc::new(Connector)));
}

/// Connects to telephone systems.
struct Connector;

fn refused(error: impl std::fmt::Display) -> rsipstack::Error {
    rsipstack::Error::Error(error.to_string())
}

#[async_trait]
impl tls::TlsConnector for Connector {
    async fn connect(&self, config: &TlsClientConfig, to: SocketAddr) -> rsipstack::Result<Box<dyn tls::TlsStream>> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(AnyCertificate(Arc::clone(&provider)));
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        let name = ServerName::try_from(config.server_name.clone()).map_err(refused)?;
        let connected = timeout(limits::HANDSHAKE_WITHIN, async {
            let stream = TcpStream::connect(to).await?;
            let local = stream.local_addr()?;
            let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await?;
            std::io::Result::Ok((local, split(stream)))
        });
        let (local, (reads, writes)) = connected.await.map_err(refused)?.map_err(refused)?;
        Ok(Box::new(Outgoing {
            local,
            reads: Mutex::new(reads),
            writes: Mutex::new(writes),
        }))
    }
}

/// A connection that we made.
struct Outgoing {
    local: SocketAddr,
    reads: Mutex<ReadHalf<TlsStream<TcpStream>>>,
    writes: Mutex<WriteHalf<TlsStream<TcpStream>>>,
}

#[async_trait]
impl tls::TlsStream for Outgoing {
    async fn recv(&self) -> rsipstack::Result<Vec<u8>> {
        let mut chunk = vec![0; limits::TLS_CHUNK_BYTES_MAX];
        let length = self.reads.lock().await.read(&mut chunk).await.map_err(refused)?;
        chunk.truncate(length);
        Ok(chunk)
    }

    async fn send_all(&self, data: Vec<u8>) -> rsipstack::Result<()> {
        let mut writes = self.writes.lock().await;
        writes.write_all(&data).await.map_err(refused)?;
        writes.flush().await.map_err(refused)
    }

    async fn shutdown(&self) -> rsipstack::Result<()> {
        self.writes.lock().await.shutdown().await.map_err(refused)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.local)
    }
}

/// Believes any certificate whose key the other side has.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
