//! HTTPS on the port of HTTP: where the certificate comes from, and the handshake.
//!
//! Google's gRPC clients insist on TLS, and browsers give a camera to nothing else once the server is on another machine. The
//! certificate is in files that somebody else renews ([`files`]), comes from an ACME authority ([`acme`]), or is made for
//! development ([`development`]). Whoever speaks plain HTTP to the port is sent to the other scheme by the listener, so that a
//! typed address works.

mod acme;
mod configuration;
mod development;
mod files;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use axum_core::body::Body;
use http::header::{self, HeaderValue};
use http::{Request, Response, StatusCode};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::server::{Acceptor, ResolvesServerCert};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

pub use configuration::{AcmeConfiguration, TlsConfiguration};

/// What a TLS connection begins with: the content type of a handshake record (RFC 8446, section 5.1).
pub(crate) const HANDSHAKE: u8 = 0x16;

/// What a client calls messages of a relay who says so when shaking hands (RFC 7443).
pub(crate) const RELAY: &[u8] = b"stun.turn";

/// The way to a certificate, ready for connections.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    /// How the questions of an ACME authority are answered.
    challenge: Option<Arc<ServerConfig>>,
    /// Whether the name is served by HTTPS from now on. A development certificate is for a while, and mostly for `localhost`,
    /// where other programs of the developer speak plain HTTP.
    to_stay: bool,
}

/// What runs beside the listener to keep the certificate fresh.
pub type Keeper = JoinHandle<()>;

/// Why there is no certificate to begin with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of the certificate.
    #[error("the certificate or its key cannot be used: `{path}`")]
    File {
        /// Which.
        path: String,
        /// Why not.
        source: FileProblem,
    },
    /// A development certificate could not be made.
    #[error("a development certificate cannot be made")]
    Development(#[source] rcgen::Error),
    /// The library refuses the configuration.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not PEM, or not of what it should hold.
    #[error("it does not hold what it should, in PEM")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// Certificate and key do not belong together, or are of a kind that is not known.
    #[error(transparent)]
    Pair(#[from] rustls::Error),
    /// An authority of our own whose key is not one.
    #[error(transparent)]
    Key(#[from] rcgen::Error),
}

impl Tls {
    /// Opens the certificate that is configured; `None` if the server is to speak plain HTTP. `data` is where a development
    /// authority and ACME accounts are kept, `host` the name in the public URL, and `now` the
    /// time at which a development certificate begins to hold.
    pub fn open(
        configuration: TlsConfiguration,
        data: &Path,
        host: Option<&str>,
        now: SystemTime,
    ) -> Result<Option<(Tls, Option<Keeper>)>, TlsError> {
        let opened = match configuration {
            TlsConfiguration::Off => return Ok(None),
            TlsConfiguration::Development => {
                let certificate = development::certificate(&folder(data)?, host, now)?;
                let tls = Tls::of(Arc::new(rustls::sign::SingleCertAndKey::from(certificate)))?;
                (Tls { to_stay: false, ..tls }, None)
            }
            TlsConfiguration::Files { certificate, key } => {
                let renewed = files::Renewed::open(certificate, key)?;
                let keeper = tokio::spawn(files::follow(Arc::clone(&renewed)));
                (Tls::of(renewed)?, Some(keeper))
            }
            TlsConfiguration::Acme(acme) => acme::open(acme, &folder(data)?)?,
        };
        Ok(Some(opened))
    }

    fn of(certificates: Arc<dyn ResolvesServerCert>) -> Result<Tls, TlsError> {
        Ok(Tls {
            config: Arc::new(server_config(certificates)?),
            challenge: None,
            to_stay: true,
        })
    }

    /// The same certificate, renewed as it is, for a protocol that has no name to be negotiated, such as SIP.
    pub fn for_another_protocol(&self) -> Arc<ServerConfig> {
        let mut config = ServerConfig::clone(&self.config);
        config.alpn_protocols.clear();
        Arc::new(config)
    }

    /// Whether browsers may be told to speak nothing but HTTPS to this name.
    pub(crate) fn is_to_stay(&self) -> bool {
        self.to_stay
    }

    /// Shakes hands. `None`: an ACME authority asked its question and has its answer.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<Option<TlsStream<TcpStream>>> {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        match &self.challenge {
            Some(challenge) if rustls_acme::is_tls_alpn_challenge(&hello.client_hello()) => {
                let mut asked = hello.into_stream(Arc::clone(challenge)).await?;
                tokio::io::AsyncWriteExt::shutdown(&mut asked).await?;
                Ok(None)
            }
            _ => hello.into_stream(Arc::clone(&self.config)).await.map(Some),
        }
    }
}

/// Where keys and certificates are kept; only its owner gets in.
fn folder(data: &Path) -> Result<PathBuf, TlsError> {
    let folder = data.join("tls");
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|error| TlsError::File {
        path: folder.display().to_string(),
        source: error.into(),
    })?;
    Ok(folder)
}

/// The answer to plain HTTP: the same address under the public URL, with the same method and body.
pub(crate) fn elsewhere(public_url: &str, request: &Request<Body>) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let mut response = Response::new(Body::from("this port speaks HTTPS\n"));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(location) = HeaderValue::from_str(&format!("{public_url}{path}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The one engine of cryptography in this process, named because others could be compiled in by a dependency.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// TLS 1.2 and 1.3, for HTTP/2 and HTTP/1.1.
fn server_config(certificates: Arc<dyn ResolvesServerCert>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), RELAY.to_vec()];
    Ok(config)
}
