//! Calls that go out by TLS.
//!
//! The stack would make its own configuration, and leaves the choice of an engine of cryptography to the process, which has two: it does
//! not survive that. It lets somebody else connect instead ([`Connector`]). Any certificate is believed, as the contract has it for
//! `transport=tls`: telephone systems sign their own. So this keeps out whoever listens, and not whoever takes the other side's place.

use std::{
    net::SocketAddr,
    sync::{Arc, Once},
};

use async_trait::async_trait;
use rsipstack::platform::tls::{self, TlsClientConfig};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    net::TcpStream,
    sync::Mutex,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};

use crate::limits;

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
