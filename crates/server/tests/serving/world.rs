//! A running server, people with tokens, and the smallest HTTP client there is.

use audit::By;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use attendee::{Attendee, Offered, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::Db;
use identity::{Identity, NewUser, Scopes, User};
use meeting::Micros;
use outbox::Outbox;
use register::Register;
use serde_json::{Value, json};
use server::{Configuration, Running, Server, clock};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// An offer as Chromium makes it. Nobody is behind it: who joins by it is never in.
pub(crate) const OFFER: &str = include_str!("../../../../tests/fixtures/offer.sdp");

/// What a page offers that checks the network.
pub(crate) const CHANNELS: &str = include_str!("../../../../tests/fixtures/channels.sdp");

pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) identity: Identity,
    db: Db,
    pub(crate) address: SocketAddr,
    pub(crate) data: TempDir,
    /// The clients of those who came in or wait.
    pub(crate) attendees: Mutex<Vec<Attendee>>,
}

/// Somebody who calls.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) token: String,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
    pub(crate) body: Value,
}

pub(crate) fn configuration(data: &TempDir) -> Configuration {
    Configuration {
        listen: ([127, 0, 0, 1], 0).into(),
        media_port: Some(0),
        drain: Duration::from_secs(1),
        ..Configuration::in_folder(data.path())
    }
}

impl World {
    pub(crate) async fn new() -> World {
        World::on(tempfile::tempdir().expect("a temporary folder")).await
    }

    pub(crate) async fn on(data: TempDir) -> World {
        let configuration = configuration(&data);
        World::with(data, configuration).await
    }

    pub(crate) async fn with(data: TempDir, configuration: Configuration) -> World {
        let location = configuration.store.location();
        let running = Server::start(configuration).await.expect("the server starts");
        let db = Db::open(&location).await.expect("a second process could open it too");
        let identity = Identity::open(db.clone()).await.expect("the keys are there");
        World {
            address: running.address(),
            running,
            identity,
            db,
            data,
            attendees: Mutex::default(),
        }
    }

    pub(crate) async fn person(&self, name: &str) -> Person {
        self.person_with(name, Scopes::MEET).await
    }

    pub(crate) async fn person_with(&self, name: &str, scopes: Scopes) -> Person {
        let email = format!("{}@example.org", name.to_lowercase());
        self.person_at(&email, name, scopes).await
    }

    /// Somebody of any organisation.
    pub(crate) async fn person_at(&self, email: &str, name: &str, scopes: Scopes) -> Person {
        let now_us = clock::now_us();
        let new = NewUser {
            email,
            display_name: name,
            administrator: false,
        };
        let user = match self.identity.add_user(new, &By::command_line(now_us)).await {
            Ok(user) => user,
            Err(_) => self
                .identity
                .user_by_email(email)
                .await
                .expect("readable")
                .expect("it was taken"),
        };
        // Later than the account, or the audit log would not know which came first.
        let by = By::command_line(now_us + 1);
        let token = self
            .identity
            .issue_token(&user, scopes, Duration::from_mins(1), &by)
            .await
            .expect("issuable");
        Person { user, token }
    }

    /// A space of somebody's, as it was answered.
    pub(crate) async fn space_of(&self, owner: &Person, config: Value) -> Value {
        self.post(Some(owner), "/v2/spaces", &json!({"config": config}))
            .await
            .ok()
    }

    /// Publishes the records of what is over, as the server does some seconds later.
    pub(crate) async fn publish_call_records(&self) {
        let register = Register::new(self.db.clone());
        let later = Micros(clock::now_us() + 60_000_000);
        while register.publish(later).await.expect("writable") > 0 {}
    }

    /// Where it is kept who is told of what.
    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::new(self.db.clone())
    }

    pub(crate) async fn get(&self, caller: Option<&Person>, path: &str) -> Answer {
        self.send("GET", caller, path, &[], "").await
    }

    pub(crate) async fn post(&self, caller: Option<&Person>, path: &str, body: &Value) -> Answer {
        self.send(
            "POST",
            caller,
            path,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
        .await
    }

    /// Joins under a name, or as a user.
    pub(crate) async fn join(&self, space: &str, caller: Option<&Person>, name: &str) -> Answer {
        let body = json!({"displayName": name});
        self.enter(space, "join", caller, body).await
    }

    /// Joins or comes back, with what is said beside the offer. When this returns, whoever is let in is in, or waits.
    pub(crate) async fn enter(&self, space: &str, verb: &str, caller: Option<&Person>, mut body: Value) -> Answer {
        let client = client().await;
        body["offer"] = client.sdp().into();
        let answer = self.post(caller, &format!("/sederunt/v1/{space}:{verb}"), &body).await;
        if answer.status == 200 {
            self.connect(client, &answer.body).await;
        }
        answer
    }

    /// Connects whoever was promised something, and waits until they have been told that it holds.
    pub(crate) async fn connect(&self, client: Offered, promised: &Value) {
        let mut attendee = client.accept(&text(promised, "answer"));
        let told = attendee.settled().await;
        let waits = promised["waiting"] == true;
        let promise = if waits { State::Waiting } else { State::Joined };
        assert_eq!(told, promise, "{promised}");
        self.attendees.lock().expect("no test panics with it").push(attendee);
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        caller: Option<&Person>,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let authorization = caller.map(|person| format!("Bearer {}", person.token));
        let authorization = authorization.as_deref().map(|value| ("authorization", value));
        let headers: Vec<_> = authorization.into_iter().chain(headers.iter().copied()).collect();
        send_from([127, 0, 0, 1], self.address, method, path, &headers, body).await
    }
}

/// A client that makes an offer.
pub(crate) async fn client() -> Offered {
    Offered::new(b'a').await.expect("a free port")
}

/// A request of the client at this address of loopback: each is another one.
pub(crate) async fn send_from(
    from: [u8; 4],
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let headers: String = headers.collect();
    let head = head(to, method, path, &headers, body);
    let stream = connect(from, to).await.expect("connected");
    exchange(stream, &head, body).await.expect("an answer")
}

/// A connection from this address.
pub(crate) async fn connect(from: [u8; 4], to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}

/// A request without a caller, for when the world is taken apart.
pub(crate) async fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    send_from([127, 0, 0, 1], address, method, path, &[], body).await
}

fn head(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    // A test may ask by another name.
    let host = if headers.lines().any(|line| line.starts_with("host: ")) {
        String::new()
    } else {
        format!("host: {address}\r\n")
    };
    format!("{method} {path} HTTP/1.1\r\n{host}connection: close\r\n{headers}content-length: {length}\r\n\r\n")
}

async fn exchange(mut stream: TcpStream, head: &str, body: &str) -> io::Result<Answer> {
    stream.write_all(head.as_bytes()).await?;
    // A body that is refused is not read to its end.
    let _ = stream.write_all(body.as_bytes()).await;
    let mut received = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut received)).await;
    read.map_err(|_| io::ErrorKind::TimedOut)??;
    let received = String::from_utf8_lossy(&received);
    let (head, text) = received.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or(io::ErrorKind::InvalidData)?;
    let body = serde_json::from_str(text).unwrap_or_default();
    Ok(Answer {
        status,
        head: head.to_owned(),
        text: text.to_owned(),
        body,
    })
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.body
    }

    /// The cookie that was set, as a browser sends it back.
    #[track_caller]
    pub(crate) fn cookie(&self) -> String {
        let set = self
            .head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "))
            .expect("a cookie");
        assert!(set.contains("; HttpOnly; SameSite=Lax"), "{set}");
        set.split(';').next().expect("its first part").to_owned()
    }

    /// Checks an error: its status, and the reason or the field that it names.
    #[track_caller]
    pub(crate) fn refused(&self, http: u16, status: &str, detail: &str) {
        let error = &self.body["error"];
        assert_eq!(
            (self.status, error["status"].as_str()),
            (http, Some(status)),
            "{}",
            self.text
        );
        assert!(
            error["details"].to_string().contains(detail),
            "{detail} is not in {}",
            self.text
        );
    }
}

/// An id of ours as Graph writes it: 16 bytes with hyphens.
pub(crate) fn guid(id: &str) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(id).expect("a UUID in base64url");
    let number = u128::from_be_bytes(bytes.try_into().expect("16 bytes"));
    let digits = format!("{number:032x}");
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|group| &digits[group])
        .join("-")
}

/// A text of a JSON object.
#[track_caller]
pub(crate) fn text(value: &Value, field: &str) -> String {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field} in {value}"))
        .to_owned()
}
