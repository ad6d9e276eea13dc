//! A server with telephones, somebody's own server that says what to do with calls, and whoever asks about them.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use end_to_end::{Answer, Server, binary, free_port, request};
use serde_json::{Value, json};

pub(super) const PROJECT: &str = "support";
pub(super) const DOMAIN_BASE: &str = "sip.example.org";
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What handlers answer at each path.
pub(super) fn document(path: &str) -> Option<String> {
    let body = match path {
        "/voicemail" => {
            r#"<Say>Please leave a message.</Say><Record MaxDurationSeconds="30" TimeoutSeconds="3" NextUri="thanks?a=b" RecordingReadyUri="ready"/>"#
        }
        "/thanks?a=b" => "<Label Key=\"left\">yes</Label><Say>Thank you.</Say>",
        "/busy" => r#"<Reject Reason="busy" ErrorMessage="all lines are taken"/>"#,
        "/wrong" => "<Sing/>",
        "/recorded" => "<RecordCall RecordingReadyUri=\"ready\"/><Wait DurationSeconds=\"20\"/>",
        _ => return None,
    };
    Some(body.to_owned())
}

/// A handler's request, as it was made.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

/// Somebody's own server, which says what to do with calls.
pub(super) struct Handler {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// It takes nothing that it is told.
    pub(super) is_busy: Arc<AtomicBool>,
    /// What it answers beside what it always does, at each path.
    more: Documents,
}

type Documents = Arc<Mutex<HashMap<String, String>>>;

impl Handler {
    pub(super) fn start() -> Result<Handler> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let asked = Arc::new(Mutex::new(vec![]));
        let more = Documents::default();
        let is_busy = Arc::new(AtomicBool::new(false));
        let (heard, said, busy) = (Arc::clone(&asked), Arc::clone(&more), Arc::clone(&is_busy));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, said, busy) = (Arc::clone(&heard), Arc::clone(&said), Arc::clone(&busy));
                thread::spawn(move || serve(&stream, &heard, &said, &busy).ok());
            }
        });
        Ok(Handler {
            address,
            asked,
            is_busy,
            more,
        })
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers with this document at this path.
    pub(super) fn says(&self, path: &str, document: impl Into<String>) {
        self.more
            .lock()
            .expect("no thread panics")
            .insert(path.to_owned(), document.into());
    }

    /// What it was asked, once that is enough.
    pub(super) fn asked_until(&self, is_enough: impl Fn(&[Asked]) -> bool) -> Result<Vec<Asked>> {
        let begun = Instant::now();
        loop {
            let asked = self.asked.lock().expect("no thread panics").clone();
            if is_enough(&asked) {
                return Ok(asked);
            }
            ensure!(begun.elapsed() < PATIENCE, "it was asked {asked:?} and no more");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

pub(super) fn serve(
    mut stream: &TcpStream,
    heard: &Mutex<Vec<Asked>>,
    said: &Mutex<HashMap<String, String>>,
    is_busy: &AtomicBool,
) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).context("a path")?.to_owned();
    let mut headers = vec![];
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    heard.lock().expect("no thread panics").push(Asked {
        path: path.clone(),
        headers,
        body,
    });
    if path == "/never" {
        thread::sleep(PATIENCE);
        return Ok(());
    }
    let more = said.lock().expect("no thread panics").get(&path).cloned();
    let body = more.or_else(|| document(&path));
    let body = body.map(|body| format!("<?xml version=\"1.0\"?><Response>{body}</Response>"));
    let answer = match (path.as_str(), body) {
        ("/ready", _) if is_busy.load(Ordering::Relaxed) => {
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned()
        }
        ("/ready" | "/state", _) => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        ("/circle", _) => "HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n".to_owned(),
        (_, Some(document)) => format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/xml\r\nSet-Cookie: menu=1\r\nContent-Length: {}\r\n\r\n{document}",
            document.len()
        ),
        (_, None) => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
    };
    stream.write_all(answer.as_bytes())?;
    Ok(())
}

/// A server with telephones, and whoever asks it.
pub(super) struct World {
    pub(super) server: Option<Server>,
    pub(super) data: tempfile::TempDir,
    pub(super) handler: Handler,
    pub(super) sip: SocketAddr,
    pub(super) token: String,
}

/// What the table of telephones says beside where it listens.
pub(super) const PEERS: &str = "peers = [\"127.0.0.0/8\"]\n";

/// Starts by a command that runs the program.
fn start_by(
    mut command: Command,
    data: &tempfile::TempDir,
    handler: &Handler,
    sip: SocketAddr,
    more: &str,
) -> Result<Server> {
    let file = data.path().join("sederunt.toml");
    let first = 40_000 + 200 * (sip.port() % 100);
    let ports = if more.contains("first_port") {
        String::new()
    } else {
        format!("first_port = {first}\nlast_port = {}\n", first + 100)
    };
    let text = format!("[telephony]\nlisten = \"{sip}\"\ndomain = \"{DOMAIN_BASE}\"\n{ports}{more}");
    fs::write(&file, text)?;
    command
        .env("SEDERUNT_CONFIG", &file)
        .env("SEDERUNT_NOTIFY_ORIGIN", handler.origin());
    Server::start_with(command, data.path())
}

impl World {
    pub(super) fn open() -> Result<World> {
        World::open_with(PEERS)
    }

    pub(super) fn open_with(more: &str) -> Result<World> {
        World::open_by(Command::new(binary()?), tempfile::tempdir()?, more)
    }

    /// The same, by a command that runs the program.
    pub(super) fn open_by(command: Command, data: tempfile::TempDir, more: &str) -> Result<World> {
        let handler = Handler::start()?;
        let sip = (Ipv4Addr::LOCALHOST, free_port()?).into();
        let server = start_by(command, &data, &handler, sip, more)?;
        server.add_user("owner@example.org")?;
        server.command(&["project", "create", PROJECT])?;
        server.command(&["project", "add", PROJECT, "owner@example.org", "--role", "admin"])?;
        let token = server.command(&["token", "owner@example.org", "--scope", "voice"])?;
        Ok(World {
            server: Some(server),
            data,
            handler,
            sip,
            token,
        })
    }

    /// The server is killed, and another one takes up what it left.
    pub(super) fn kill_and_start(&mut self) -> Result<()> {
        self.kill_and_start_with(PEERS)
    }

    /// The same, with what its table of telephones says.
    pub(super) fn kill_and_start_with(&mut self, more: &str) -> Result<()> {
        self.kill_and_start_by(Command::new(binary()?), more)
    }

    /// The same, by a command that runs the program.
    pub(super) fn kill_and_start_by(&mut self, command: Command, more: &str) -> Result<()> {
        self.server.take().context("it runs")?.kill()?;
        self.server = Some(start_by(command, &self.data, &self.handler, self.sip, more)?);
        Ok(())
    }

    pub(super) fn server(&self) -> &Server {
        self.server.as_ref().expect("a server runs between two lives")
    }

    /// A domain whose calls this path of the handler conducts.
    pub(super) fn domain(&self, id: &str, path: &str) -> Result<()> {
        let body = json!({
            "callTerminationMode": "PROGRAMMABLE",
            "callTerminationHandlerUris": [format!("{}{path}", self.handler.origin())],
            "cidrBlocks": [{"displayName": "here", "cidrBlock": "127.0.0.0/8"}],
        });
        let path = format!("/v1beta1/projects/{PROJECT}/sipDomains?sipDomainId={id}");
        request(self.server().address(), "POST", &path, Some(&self.token), Some(&body))?
            .ok()
            .map(drop)
    }

    pub(super) fn get(&self, path: &str) -> Result<Value> {
        self.server()
            .get(&format!("/v1beta1/projects/{PROJECT}/{path}"), &self.token)
    }

    /// Asks for a call, with what differs from the usual.
    pub(super) fn call(&self, to: &str, handler: &str, options: &[(&str, Value)]) -> Result<Answer> {
        self.call_as("sip:office@example.org", to, handler, options)
    }

    pub(super) fn call_as(&self, from: &str, to: &str, handler: &str, options: &[(&str, Value)]) -> Result<Answer> {
        let mut call = json!({
            "to": to,
            "from": from,
            "options": {"handlerUris": [format!("{}{handler}", self.handler.origin())]},
        });
        for (name, value) in options {
            call["options"][*name] = value.clone();
        }
        let path = format!("/v1beta1/projects/{PROJECT}/calls");
        request(self.server().address(), "POST", &path, Some(&self.token), Some(&call))
    }

    /// The newest of a list, once it is so.
    pub(super) fn newest(&self, list: &str, field: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let page = self.get(&format!("{list}?pageSize=1"))?;
            let newest = &page[field][0];
            if is_so(newest) {
                return Ok(newest.clone());
            }
            ensure!(begun.elapsed() < PATIENCE, "it does not come to that: {newest}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Fetches by a link, which needs nothing else.
    pub(super) fn fetch(&self, uri: &str) -> Result<(u16, Vec<u8>)> {
        let (_, path) = uri
            .split_once("//")
            .and_then(|(_, rest)| rest.split_once('/'))
            .context("an address")?;
        let mut stream = TcpStream::connect(self.server().address())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = vec![];
        stream.read_to_end(&mut answer)?;
        let head = answer
            .windows(4)
            .position(|bytes| bytes == b"\r\n\r\n")
            .context("a head")?;
        let status = std::str::from_utf8(&answer[9..12])?.parse()?;
        Ok((status, answer[head + 4..].to_vec()))
    }
}
