//! An ACME authority (RFC 8555) for one name: as much as an honest client asks for. It asks the question of TLS-ALPN-01
//! (RFC 8737) for real; that requests are signed rightly is not its business.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::{TlsAcceptor, TlsConnector, rustls};

const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

/// A running authority.
pub(super) struct Authority(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    domain: &'static str,
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Where the server is that asks for a certificate.
    server: watch::Sender<Option<SocketAddr>>,
    order: Mutex<Order>,
}

#[derive(Default)]
struct Order {
    thumbprint: String,
    proved: bool,
    certificate: Option<String>,
    /// What happened, for whoever reads a failed test.
    story: String,
}

impl Authority {
    pub(super) async fn start(domain: &'static str) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");

        let key = KeyPair::generate().expect("a key");
        let own = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let own = own.signed_by(&key, &issuer).expect("signed");
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the library's own")
            .with_no_client_auth()
            .with_single_cert(
                vec![own.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .expect("a pair");
        let inner = Arc::new(Inner {
            address,
            domain,
            issuer,
            server: watch::Sender::new(None),
            order: Mutex::default(),
        });
        tokio::spawn(serve(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            router(Arc::clone(&inner)),
        ));
        Authority(inner)
    }

    pub(super) fn directory(&self) -> String {
        self.0.url("directory")
    }

    pub(super) fn certificate_pem(&self) -> String {
        self.0.issuer.pem()
    }

    /// Says where the question may be asked.
    pub(super) fn may_ask(&self, server: SocketAddr) {
        self.0.server.send_replace(Some(server));
    }

    pub(super) fn story(&self) -> String {
        self.0.order.lock().expect("no panic").story.clone()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, router: Router) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, router) = (tls.clone(), router.clone());
        tokio::spawn(async move {
            let stream = tls.accept(stream).await.expect("the client trusts us");
            let service = TowerToHyperService::new(router);
            let _ = Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/directory", get(directory))
        .route("/nonce", get(nonce))
        .route("/{step}", post(step))
        .with_state(inner)
}

async fn directory(State(inner): State<Arc<Inner>>) -> Response {
    let body = json!({
        "newNonce": inner.url("nonce"),
        "newAccount": inner.url("account"),
        "newOrder": inner.url("order"),
    });
    json_answer(&body, None)
}

async fn nonce() -> Response {
    (StatusCode::OK, [("replay-nonce", "once")]).into_response()
}

/// Every step is a signed POST: RFC 8555, section 6.2.
async fn step(State(inner): State<Arc<Inner>>, Path(step): Path<String>, body: String) -> Response {
    let message: Value = serde_json::from_str(&body).expect("a JWS");
    let part = |name: &str| {
        let text = message[name].as_str().expect("a part of a JWS");
        let bytes = BASE64.decode(text).expect("base64url");
        serde_json::from_slice::<Value>(&bytes).unwrap_or_default()
    };
    let _ = write!(inner.order.lock().expect("no panic").story, "{step}; ");
    match step.as_str() {
        "account" => {
            inner.order.lock().expect("no panic").thumbprint = thumbprint(&part("protected")["jwk"]);
            json_answer(&json!({"status": "valid"}), Some(inner.url("account")))
        }
        "challenge" => {
            tokio::spawn(ask(Arc::clone(&inner)));
            json_answer(&json!({"status": "processing"}), None)
        }
        "finalize" => {
            let payload = part("payload");
            let request = BASE64
                .decode(payload["csr"].as_str().expect("a request"))
                .expect("base64url");
            let request = CertificateSigningRequestParams::from_der(&request.into()).expect("a request");
            let signed = request.signed_by(&inner.issuer).expect("signed");
            inner.order.lock().expect("no panic").certificate = Some(signed.pem() + &inner.issuer.pem());
            json_answer(&inner.order_object(), Some(inner.url("order")))
        }
        "order" => json_answer(&inner.order_object(), Some(inner.url("order"))),
        "authorization" => json_answer(&inner.authorization(), None),
        "certificate" => {
            let certificate = inner.order.lock().expect("no panic").certificate.clone();
            certificate.expect("finalized before").into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn json_answer(body: &Value, location: Option<String>) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert("replay-nonce", "again".parse().expect("plain"));
    if let Some(location) = location {
        headers.insert(header::LOCATION, location.parse().expect("a URL"));
    }
    (headers, body.to_string()).into_response()
}

/// The thumbprint of an elliptic-curve key: RFC 7638, section 3.2.
fn thumbprint(key: &Value) -> String {
    let field = |name: &str| key[name].as_str().expect("a field of the key").to_owned();
    let canonical = format!(
        r#"{{"crv":"{}","kty":"{}","x":"{}","y":"{}"}}"#,
        field("crv"),
        field("kty"),
        field("x"),
        field("y")
    );
    BASE64.encode(Sha256::digest(canonical))
}

impl Inner {
    fn url(&self, step: &str) -> String {
        format!("https://localhost:{}/{step}", self.address.port())
    }

    fn order_object(&self) -> Value {
        let order = self.order.lock().expect("no panic");
        let mut object = json!({
            "status": "pending",
            "identifiers": [{"type": "dns", "value": self.domain}],
            "authorizations": [self.url("authorization")],
            "finalize": self.url("finalize"),
        });
        if order.certificate.is_some() {
            object["status"] = "valid".into();
            object["certificate"] = self.url("certificate").into();
        } else if order.proved {
            object["status"] = "ready".into();
        }
        object
    }

    fn authorization(&self) -> Value {
        let status = if self.order.lock().expect("no panic").proved {
            "valid"
        } else {
            "pending"
        };
        json!({
            "status": status,
            "identifier": {"type": "dns", "value": self.domain},
            "challenges": [{"type": "tls-alpn-01", "url": self.url("challenge"), "token": TOKEN, "status": status}],
        })
    }
}

/// Asks the server whether it knows the token: RFC 8737, section 3.
async fn ask(inner: Arc<Inner>) {
    let mut known = inner.server.subscribe();
    let server = *known.wait_for(Option::is_some).await.expect("the authority lives");
    let stream = TcpStream::connect(server.expect("waited for"))
        .await
        .expect("listening");
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the library's own")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    let name = ServerName::try_from(inner.domain).expect("a host name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let stream = stream.expect("the server answers the challenge");
    let certificate = &stream.get_ref().1.peer_certificates().expect("one")[0];
    let mut order = inner.order.lock().expect("no panic");
    let expected = Sha256::digest(format!("{TOKEN}.{}", order.thumbprint));
    order.proved = certificate
        .windows(expected.len())
        .any(|window| window == expected.as_slice());
    let proved = order.proved;
    let _ = write!(order.story, "asked, proved: {proved}; ");
}

/// The certificate of a challenge signs itself.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
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
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
