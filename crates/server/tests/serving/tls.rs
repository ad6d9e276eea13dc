//! HTTPS, as clients meet it: a certificate for development, one from an ACME authority (a small one of ours, since a real one
//! asks for a public name), and what plain HTTP is told.

mod authority;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::{AcmeConfiguration, TlsConfiguration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, rustls};

use crate::world::{World, ask, configuration};
use authority::Authority;

/// How long an order may take on a busy machine.
const ORDER_TIMEOUT: Duration = Duration::from_mins(1);

/// A client that trusts one authority and nobody else.
fn trusting(authority_pem: &[u8], protocol: &str) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority_pem) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the library's own")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// The answer to `GET path` by HTTPS, or why there is none.
async fn get(client: &TlsConnector, address: SocketAddr, host: &'static str, path: &str) -> std::io::Result<String> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(host).expect("a host name");
    let mut stream = client.connect(name, stream).await?;
    let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_development_certificate() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut configuration = configuration(&data);
    configuration.tls = TlsConfiguration::Development;
    let world = World::with(data, configuration).await;
    let port = world.address.port();
    assert_eq!(world.running.public_url(), format!("https://localhost:{port}"));
    let authority = std::fs::read(world.data.path().join("tls/authority.pem")).expect("the authority is there");

    let client = trusting(&authority, "http/1.1");
    let answer = get(&client, world.address, "localhost", "/healthz")
        .await
        .expect("HTTPS");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!answer.contains("strict-transport-security"), "{answer}");

    let grpc = trusting(&authority, "h2");
    let stream = TcpStream::connect(world.address).await.expect("listening");
    let name = ServerName::try_from("127.0.0.1").expect("an address");
    let stream = grpc
        .connect(name, stream)
        .await
        .expect("the address is in the certificate");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));

    let plain = ask(world.address, "GET", "/abc-defg-hij?from=mail", "").await;
    assert_eq!(plain.status, 308);
    let location = format!("location: https://localhost:{port}/abc-defg-hij?from=mail");
    assert!(plain.head.contains(&location), "{}", plain.head);

    // A handshake that is none costs its sender the connection, and nobody else anything.
    let mut stranger = TcpStream::connect(world.address).await.expect("listening");
    stranger
        .write_all(&[0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5])
        .await
        .expect("sent");
    let mut refused = Vec::new();
    let _ = stranger.read_to_end(&mut refused).await;
    let answer = get(&client, world.address, "localhost", "/healthz")
        .await
        .expect("HTTPS");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    world.running.drain().await;
}

/// Browsers are told to come back by HTTPS, whatever the answer is; those who came without are only sent on.
#[track_caller]
fn assert_to_stay(answer: &str) {
    assert!(
        answer.contains("strict-transport-security: max-age=15552000\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_certificate_in_files() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let made = rcgen::generate_simple_self_signed(["meet.example.org".to_owned()]).expect("a plain name");
    let [certificate, key] = ["chain.pem", "key.pem"].map(|file| data.path().join(file));
    std::fs::write(&certificate, made.cert.pem()).expect("writable");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("writable");
    let mut configuration = configuration(&data);
    configuration.tls = TlsConfiguration::Files { certificate, key };
    let world = World::with(data, configuration).await;

    let client = trusting(made.cert.pem().as_bytes(), "http/1.1");
    for (path, status) in [("/healthz", 200), ("/", 200), ("/v2/spaces/x", 401)] {
        let answer = get(&client, world.address, "meet.example.org", path)
            .await
            .expect("HTTPS");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert_to_stay(&answer);
    }
    let plain = ask(world.address, "GET", "/", "").await;
    assert_eq!(plain.status, 308);
    assert!(!plain.head.contains("strict-transport-security"), "{}", plain.head);
    world.running.drain().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_from_an_acme_authority() {
    let authority = Authority::start("meet.example.org").await;
    let data = tempfile::tempdir().expect("a temporary folder");
    let trusted = data.path().join("acme-authority.pem");
    std::fs::write(&trusted, authority.certificate_pem()).expect("writable");
    let mut configuration = configuration(&data);
    configuration.tls = TlsConfiguration::Acme(AcmeConfiguration {
        domains: vec!["meet.example.org".to_owned()],
        contact: Some("admin@example.org".to_owned()),
        directory: Some(authority.directory()),
        authority: Some(trusted),
    });
    let world = World::with(data, configuration).await;
    authority.may_ask(world.address);

    let client = trusting(authority.certificate_pem().as_bytes(), "http/1.1");
    let served = tokio::time::timeout(ORDER_TIMEOUT, async {
        loop {
            if let Ok(answer) = get(&client, world.address, "meet.example.org", "/healthz").await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let answer = served
        .await
        .unwrap_or_else(|_| panic!("no certificate came: {}", authority.story()));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_to_stay(&answer);
    let refused = get(&client, world.address, "meet.example.org", "/v2/spaces/x")
        .await
        .expect("HTTPS");
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    assert_to_stay(&refused);
    let kept = world.data.path().join("tls");
    assert!(kept.join("acme").is_dir(), "the certificate is kept for the next start");
    let mode = kept.metadata().expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "its key is for the owner alone");
    world.running.drain().await;
}
