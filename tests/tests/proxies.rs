//! nginx and Caddy in front of the server, as the page for operators shows them: their configurations are read from there.
//!
//! Only the name, the ports and the certificate are others here, since a test has no right to port 443. What a person and a program do
//! through the proxy is done by HTTPS, and `sederunt doctor` goes the same way.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use end_to_end::{Server, Told, accept, binary, free_port, offer};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer},
};

/// A proxy starts in some hundredths of a second; a busy machine needs longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The page that shows the configurations.
const PAGE: &str = include_str!("../../docs/operate/https.md");

/// The name that the page has in its examples, and the one that leads to this machine.
const NAME: (&str, &str) = ("meet.example.org", "localhost");

/// Whose configuration it is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Nginx,
    Caddy,
}

/// What one of the page's examples is.
struct Example {
    kind: Kind,
    text: &'static str,
}

/// A proxy with its server behind it.
struct World {
    _proxy: Running,
    _server: Server,
    folder: tempfile::TempDir,
    url: String,
    port: u16,
    trusted: CertificateDer<'static>,
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is what we want. nginx ends its worker at this signal, and not when it is killed.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let begun = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) {
            if begun.elapsed() > PATIENCE {
                // A request that nobody ends would be waited for.
                let _ = self.0.kill();
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn examples() -> Vec<Example> {
    let blocks = PAGE.split("```").skip(1).step_by(2);
    let blocks = blocks.filter_map(|block| {
        let (language, text) = block.split_once('\n')?;
        let kind = match language {
            "nginx" => Kind::Nginx,
            "caddy" => Kind::Caddy,
            _ => return None,
        };
        Some(Example { kind, text })
    });
    blocks.collect()
}

impl World {
    async fn behind(example: &Example) -> Result<World> {
        let folder = tempfile::tempdir()?;
        let (inside, port) = (free_port()?, free_port()?);
        let url = format!("https://{}:{port}", NAME.1);
        let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed([NAME.1.to_owned()])?;
        let (certificate, key) = (folder.path().join("meet.pem"), folder.path().join("meet.key"));
        fs::write(&certificate, cert.pem())?;
        fs::write(&key, signing_key.serialize_pem())?;

        let mut program = Command::new(binary()?);
        program.env("SEDERUNT_PUBLIC_URL", &url);
        let listen = (Ipv4Addr::LOCALHOST, inside).into();
        let server = Server::start_at(program, listen, &folder.path().join("data"))?;
        let text = example
            .text
            .replace(NAME.0, NAME.1)
            .replace("8080", &inside.to_string());
        let proxy = match example.kind {
            Kind::Nginx => nginx(folder.path(), &text, port),
            Kind::Caddy => caddy(folder.path(), &text, port),
        }?;
        let world = World {
            _proxy: Running(proxy),
            _server: server,
            url,
            port,
            trusted: cert.der().clone(),
            folder,
        };
        let begun = Instant::now();
        while world.ask("GET", "/healthz", &[], &[]).await.is_err() {
            ensure!(begun.elapsed() < PATIENCE, "the proxy does not answer: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(world)
    }

    /// One request by HTTP/2, as browsers and programs make them: the answer's status, headers, body and trailers.
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusted.clone())?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let stream = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector.connect(NAME.1.try_into()?, stream).await?;
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body)))?;
        let answered = async {
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = body.collect().await?;
            Ok(Answer {
                status: head.status,
                trailers: body.trailers().cloned().unwrap_or_default(),
                headers: head.headers,
                body: body.to_bytes(),
            })
        };
        tokio::time::timeout(PATIENCE, answered).await?
    }

    /// The same from a page of ours.
    async fn page_asks(&self, path: &str, cookie: &str, body: &Value) -> Result<Answer> {
        let headers = [
            ("content-type", "application/json"),
            ("origin", &*self.url),
            ("cookie", cookie),
        ];
        self.ask("POST", path, &headers, body.to_string().as_bytes()).await
    }

    fn command(&self, arguments: &[&str]) -> Result<(bool, String)> {
        let mut command = Command::new(binary()?);
        command
            .args(arguments)
            .arg("--data")
            .arg(self.folder.path().join("data"));
        command.env("SEDERUNT_PUBLIC_URL", &self.url);
        // What an operator has among the system's certificates.
        command.env("SSL_CERT_FILE", self.folder.path().join("meet.pem"));
        let output = command.output()?;
        Ok((output.status.success(), String::from_utf8(output.stdout)?))
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    trailers: HeaderMap,
}

impl Answer {
    fn json(&self) -> Result<Value> {
        ensure!(
            self.status == 200,
            "{}: {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        );
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// What gRPC says at the end, or at once where there is nothing to end.
    fn grpc_status(&self) -> Option<&str> {
        let status = self
            .trailers
            .get("grpc-status")
            .or_else(|| self.headers.get("grpc-status"));
        status.and_then(|status| status.to_str().ok())
    }
}

#[tokio::test]
async fn people_and_programs_come_through_the_shortest_configurations() -> Result<()> {
    let examples = examples();
    ensure!(examples.len() == 4, "the page has {} examples", examples.len());
    for example in &examples {
        let world = World::behind(example).await?;
        let case = || format!("{:?}: {}", example.kind, example.text);
        let space = person(&world).await.with_context(case)?;
        let speaks_grpc = example.text.contains("grpc") || example.text.contains("h2c");
        program(&world, &space, speaks_grpc).await.with_context(case)?;
        let (_, said) = world.command(&["doctor", "--listen", "127.0.0.1:0"])?;
        let expected = format!(
            "ok       public URL: {} leads to this server, and pages there may sign in",
            world.url
        );
        ensure!(said.contains(&expected), "{}: {said}", case());
    }
    Ok(())
}

/// Signs in by a link, makes a space, and is let into a meeting.
async fn person(world: &World) -> Result<String> {
    let (_, link) = world.command(&["user", "add", "ada@example.org", "--name", "Ada"])?;
    let (address, secret) = link.trim().split_once("/sign-in#").context("a link")?;
    ensure!(address == world.url, "{link}");
    let page = world.ask("GET", "/sign-in", &[("accept", "text/html")], &[]).await?;
    ensure!(page.status == 200, "{}", page.status);
    let signed_in = world
        .page_asks("/sederunt/v1/webSession", "", &json!({"secret": secret}))
        .await?;
    ensure!(signed_in.json()?["user"]["displayName"] == "Ada");
    let cookie = signed_in.headers.get("set-cookie").context("a cookie")?.to_str()?;
    ensure!(cookie.starts_with("__Host-"), "{cookie}");
    let cookie = cookie.split(';').next().context("its first part")?.to_owned();
    let made = world.page_asks("/v2/spaces", &cookie, &json!({})).await?.json()?;
    let space = made["name"].as_str().context("a name")?.to_owned();
    let (client, offer) = offer()?;
    let (join, asked) = (format!("/sederunt/v1/{space}:join"), json!({"offer": offer}));
    let joined = world.page_asks(&join, &cookie, &asked).await?.json()?;
    let answer = joined["answer"].as_str().with_context(|| joined.to_string())?;
    // Media goes past the proxy, to the address that the answer names.
    ensure!(accept(client, answer)? == Told::Joined, "{answer}");
    Ok(space)
}

/// Reads the space by REST, and by gRPC where that is passed on.
async fn program(world: &World, space: &str, speaks_grpc: bool) -> Result<()> {
    let (_, token) = world.command(&["token", "ada@example.org"])?;
    let bearer = format!("Bearer {}", token.trim());
    let read = world
        .ask("GET", &format!("/v2/{space}"), &[("authorization", &bearer)], &[])
        .await?;
    ensure!(read.json()?["name"] == space);
    if !speaks_grpc {
        return Ok(());
    }
    // `GetSpaceRequest { name }`, and before it its length.
    let length = u8::try_from(space.len())?;
    let message = [&[0x0a, length], space.as_bytes()].concat();
    let framed = [&[0, 0, 0, 0, length + 2], &message[..]].concat();
    let headers = [
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("authorization", &*bearer),
    ];
    let path = "/google.apps.meet.v2.SpacesService/GetSpace";
    let answer = world.ask("POST", path, &headers, &framed).await?;
    ensure!(
        answer.grpc_status() == Some("0"),
        "{:?} {:?}",
        answer.headers,
        answer.trailers
    );
    let found = answer
        .body
        .windows(space.len())
        .any(|window| window == space.as_bytes());
    ensure!(found, "the answer names the space");
    Ok(())
}

/// The server of the page within what nginx needs to run in a folder, as whoever runs the tests.
fn nginx(folder: &Path, server: &str, port: u16) -> Result<Child> {
    let server = server
        .replace("443", &port.to_string())
        .replace("/etc/ssl/", &format!("{}/", folder.display()));
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
        .concat();
    let configuration = format!(
        "daemon off;\npid {0}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{server}}}\n",
        folder.display()
    );
    let path = folder.join("nginx.conf");
    fs::write(&path, configuration)?;
    // Started by root, its workers are another account's, which a temporary folder is closed to.
    let account = "user root;";
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let global = if is_root { account } else { "" };
    spawn(
        &program_in_system("nginx"),
        &["-c", &path.display().to_string(), "-g", global],
        folder,
    )
}

/// The site of the page with a port and a certificate of its own: Caddy would ask an authority for one.
fn caddy(folder: &Path, site: &str, port: u16) -> Result<Child> {
    let name = NAME.1;
    let tls = format!("{name}:{port} {{\n    tls {0}/meet.pem {0}/meet.key", folder.display());
    let site = site.replace(&format!("{name} {{"), &tls);
    let configuration = format!("{{\n    admin off\n    auto_https disable_redirects\n}}\n{site}");
    let path = folder.join("Caddyfile");
    fs::write(&path, configuration)?;
    let path = path.display().to_string();
    spawn(
        &program_in_system("caddy"),
        &["run", "--adapter", "caddyfile", "--config", &path],
        folder,
    )
}

/// Debian has nginx where only administrators look.
fn program_in_system(name: &str) -> PathBuf {
    let elsewhere = Path::new("/usr/sbin").join(name);
    if elsewhere.is_file() { elsewhere } else { name.into() }
}

fn spawn(program: &Path, arguments: &[&str], home: &Path) -> Result<Child> {
    let log = fs::File::create(home.join("log"))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    command
        .spawn()
        .with_context(|| format!("`{}` cannot be run: `cargo xtask test` installs it", program.display()))
}
