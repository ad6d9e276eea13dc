//! `sederunt doctor network` at relays: the server's own, where there is none, one that refuses, and coturn.
//!
//! The check of `attendee` looks at the server's own by datagrams and by connections as well: it answers there, and clients are not told.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use attendee::{Check, Found, Relay, Way};
use bytes::Bytes;
use end_to_end::{Server, binary, free_port};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, pem::PemObject as _},
    },
};
use turn::Credentials;

/// A relay starts in some hundredths of a second; a busy machine needs longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is what we want.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server on loopback.
struct World {
    server: Server,
    folder: TempDir,
    scheme: &'static str,
}

/// A certificate for this machine's name, and its key.
fn pair(folder: &Path) -> Result<[PathBuf; 2]> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let [certificate, key] = ["meet.pem", "meet.key"].map(|file| folder.join(file));
    fs::write(&certificate, made.cert.pem())?;
    fs::write(&key, made.signing_key.serialize_pem())?;
    Ok([certificate, key])
}

impl World {
    /// A server with TLS.
    fn secured() -> Result<World> {
        World::start("https", |program, folder| {
            let [certificate, key] = pair(folder)?;
            program.env("SEDERUNT_TLS_CERTIFICATE", certificate);
            program.env("SEDERUNT_TLS_KEY", key);
            Ok(())
        })
    }

    /// One without, and with these settings.
    fn plain(settings: &str) -> Result<World> {
        World::start("http", |program, folder| {
            let file = folder.join("sederunt.toml");
            fs::write(&file, settings)?;
            program.env("SEDERUNT_CONFIG", file);
            Ok(())
        })
    }

    fn start(scheme: &'static str, set: impl FnOnce(&mut Command, &Path) -> Result<()>) -> Result<World> {
        let folder = tempfile::tempdir()?;
        let mut program = Command::new(binary()?);
        set(&mut program, folder.path())?;
        let server = Server::start_at(program, (Ipv4Addr::LOCALHOST, 0).into(), &folder.path().join("data"))?;
        Ok(World { server, folder, scheme })
    }

    /// The certificate of a server with TLS.
    fn certificate(&self) -> PathBuf {
        self.folder.path().join("meet.pem")
    }

    /// Whom its clients trust.
    fn trust(&self) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.certificate())?)?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }

    /// The same, who say when they shake hands that they want the relay and nothing else (RFC 7443).
    fn trust_for_relaying(&self) -> Result<Arc<ClientConfig>> {
        let mut config = ClientConfig::clone(&*self.trust()?);
        config.alpn_protocols = vec![b"stun.turn".to_vec()];
        Ok(Arc::new(config))
    }

    /// What the doctor says, and whether anybody gets through.
    fn doctor(&self, token: Option<&str>, trusted: Option<&Path>) -> Result<(bool, String)> {
        let url = format!("{}://localhost:{}", self.scheme, self.server.address().port());
        let mut command = Command::new(binary()?);
        command.args(["doctor", "network", "--url", &url]);
        // What an operator has among the system's certificates.
        command.envs(trusted.map(|trusted| ("SSL_CERT_FILE", trusted)));
        command.envs(token.map(|token| ("SEDERUNT_TOKEN", token)));
        let output = command.output()?;
        Ok((output.status.success(), String::from_utf8(output.stdout)?))
    }

    /// What a stranger who checks the network is answered by HTTPS.
    async fn ask(&self, offer: &str) -> Result<Value> {
        let stream = tokio::net::TcpStream::connect(self.server.address()).await?;
        let connector = TlsConnector::from(self.trust()?);
        let stream = connector.connect("localhost".try_into()?, stream).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::post("/sederunt/v1/networkChecks")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(json!({"offer": offer}).to_string())))?;
        let answer = sender.send_request(request).await?;
        Ok(serde_json::from_slice(&answer.into_body().collect().await?.to_bytes())?)
    }
}

/// The row of a subject.
fn row<'a>(said: &'a str, subject: &str) -> Result<&'a str> {
    let mut rows = said.lines().filter(|line| line.contains(&format!("  {subject}: ")));
    rows.next().with_context(|| format!("no row of {subject} in {said}"))
}

#[test]
fn the_relay_of_a_server_with_tls_leads_to_its_media() -> Result<()> {
    let world = World::secured()?;
    let (leads_there, said) = world.doctor(None, Some(&world.certificate()))?;
    ensure!(leads_there, "{said}");
    let expected = format!(
        "ok       relay by TLS: open, by localhost:{}; ",
        world.server.address().port()
    );
    ensure!(row(&said, "relay by TLS")?.starts_with(&expected), "{said}");
    Ok(())
}

/// It answers at the media port too, and clients are not told of that: whoever reaches it there reaches media. And at the HTTPS port it
/// answers those who ask for it in the handshake, which fails where nobody there knows what that is.
#[tokio::test]
async fn it_is_reached_by_datagrams_by_a_connection_and_by_its_name_as_well() -> Result<()> {
    let world = World::secured()?;
    for protocol in ["udp", "tcp", "stun.turn"] {
        let told = world.ask(Check::new(Way::Udp).offer()).await?;
        let answer = told["answer"].as_str().context("an answer")?;
        let mut candidates = answer.lines().filter_map(|line| line.strip_prefix("a=candidate:"));
        let here = candidates.find(|words| words.contains(" udp ") && words.contains(" 127.0.0.1 "));
        let port = here.and_then(|words| words.split(' ').nth(5)).context("a port")?;
        let said =
            |name: &str| Ok::<_, anyhow::Error>(told["iceServers"][0][name].as_str().context("a word")?.to_owned());
        let credentials = Credentials {
            username: said("username")?,
            password: said("credential")?,
        };
        let (url, trust) = match protocol {
            "stun.turn" => {
                let port = world.server.address().port();
                (format!("turns:localhost:{port}"), world.trust_for_relaying()?)
            }
            _ => (format!("turn:127.0.0.1:{port}?transport={protocol}"), world.trust()?),
        };
        let relay = Relay::new(&url, credentials, trust).context("a relay")?;
        let check = Check::new(Way::Relay(relay));
        let told = world.ask(check.offer()).await?;
        let found = Box::pin(check.run(told["answer"].as_str().context("an answer")?)).await?;
        let came_back = matches!(&found, Found::Open { round_trips, .. } if !round_trips.is_empty());
        ensure!(came_back, "{url}: {found:?}");
    }
    Ok(())
}

#[test]
fn a_server_that_tells_of_none_is_said_to() -> Result<()> {
    let world = World::plain("")?;
    let (leads_there, said) = world.doctor(None, None)?;
    ensure!(leads_there, "{said}");
    ensure!(
        row(&said, "relay")? == "problem  relay: the server tells of none",
        "{said}"
    );
    ensure!(said.contains("hint: a server with TLS of its own is a relay"), "{said}");
    Ok(())
}

/// Debian's coturn, by datagrams, by connections, and by connections inside TLS.
struct Coturn {
    port: u16,
    tls_port: u16,
    certificate: PathBuf,
    _folder: TempDir,
    _process: Running,
}

impl Coturn {
    fn start(more: &[&str]) -> Result<Coturn> {
        let folder = tempfile::tempdir()?;
        let [certificate, key] = pair(folder.path())?;
        let (port, tls_port) = (free_port()?, free_port()?);
        let process = Command::new("turnserver")
            .args([
                "--listening-ip=127.0.0.1",
                "--relay-ip=127.0.0.1",
                "--realm=example.org",
            ])
            .args([
                format!("--listening-port={port}"),
                format!("--tls-listening-port={tls_port}"),
            ])
            .args([
                "--use-auth-secret",
                "--static-auth-secret=north",
                "-n",
                "--no-cli",
                "--no-dtls",
            ])
            .arg(format!("--pidfile={}", folder.path().join("pid").display()))
            .arg(format!("--cert={}", certificate.display()))
            .arg(format!("--pkey={}", key.display()))
            .arg("--log-file=stdout")
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("coturn did not start")?;
        let coturn = Coturn {
            port,
            tls_port,
            certificate,
            _folder: folder,
            _process: Running(process),
        };
        let begun = Instant::now();
        for port in [port, tls_port] {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
                ensure!(begun.elapsed() < PATIENCE, "coturn does not answer");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(coturn)
    }
}

/// What the doctor says of a server that tells of a relay by all its ways, to somebody with an account.
fn doctor_beside(coturn: &Coturn, secret: &str) -> Result<String> {
    let Coturn { port, tls_port, .. } = coturn;
    let urls = [
        format!("turn:127.0.0.1:{port}?transport=udp"),
        format!("turn:127.0.0.1:{port}?transport=tcp"),
        format!("turns:localhost:{tls_port}"),
    ];
    let world = World::plain(&format!("[turn]\nurls = {urls:?}\nsecret = {secret:?}\n"))?;
    world.server.add_user("ada@example.org")?;
    let token = world.server.token("ada@example.org")?;
    let (leads_there, said) = world.doctor(Some(&token), Some(&coturn.certificate))?;
    ensure!(leads_there, "{said}");
    Ok(said)
}

#[test]
fn coturn_leads_there_by_each_of_its_ways() -> Result<()> {
    let coturn = Coturn::start(&["--allow-loopback-peers"])?;
    let said = doctor_beside(&coturn, "north")?;
    for (subject, by) in [
        ("relay by UDP", format!("127.0.0.1:{}", coturn.port)),
        ("relay by TCP", format!("127.0.0.1:{}", coturn.port)),
        ("relay by TLS", format!("localhost:{}", coturn.tls_port)),
    ] {
        let expected = format!("ok       {subject}: open, by {by}; ");
        ensure!(row(&said, subject)?.starts_with(&expected), "{said}");
    }
    Ok(())
}

#[test]
fn a_relay_with_another_secret_refuses() -> Result<()> {
    let coturn = Coturn::start(&["--allow-loopback-peers"])?;
    let said = doctor_beside(&coturn, "south")?;
    for subject in ["relay by UDP", "relay by TCP", "relay by TLS"] {
        let row = row(&said, subject)?;
        ensure!(row.starts_with("problem") && row.contains("it refuses: 401 "), "{said}");
    }
    ensure!(said.contains("hint: check that the relay has the `secret`"), "{said}");
    Ok(())
}

#[test]
fn a_relay_that_may_not_reach_the_media_port_refuses() -> Result<()> {
    let coturn = Coturn::start(&["--denied-peer-ip=0.0.0.0-255.255.255.255"])?;
    let said = doctor_beside(&coturn, "north")?;
    ensure!(row(&said, "relay by UDP")?.contains("it refuses: 403 "), "{said}");
    Ok(())
}

#[test]
fn a_relay_that_is_not_there_does_not_answer() -> Result<()> {
    let port = free_port()?;
    let world = World::plain(&format!(
        "[turn]\nurls = [\"turn:127.0.0.1:{port}?transport=tcp\"]\nsecret = \"north\"\n"
    ))?;
    world.server.add_user("ada@example.org")?;
    let token = world.server.token("ada@example.org")?;
    let (leads_there, said) = world.doctor(Some(&token), None)?;
    let expected = format!("problem  relay by TCP: no way by 127.0.0.1:{port}: it is not reached: ");
    ensure!(
        leads_there && row(&said, "relay by TCP")?.starts_with(&expected),
        "{said}"
    );
    // A stranger is not told of it, and told how to be.
    let (_, said) = world.doctor(None, None)?;
    ensure!(
        said.contains("the server tells of none") && said.contains("`SEDERUNT_TOKEN`"),
        "{said}"
    );
    let (leads_there, said) = world.doctor(Some("none"), None)?;
    ensure!(!leads_there && said.contains("hint: check the token"), "{said}");
    Ok(())
}
