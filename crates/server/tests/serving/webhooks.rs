//! What programs are told of calls and recordings at addresses that these name: receivers that are good, busy, elsewhere, gone, or
//! neighbours of the server.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audit::By;
use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use db::{Db, Statement};
use outbox::{Notice, Outbox, Topic, Tries};
use serde_json::{Value, json};
use server::{Configuration, Origin, clock};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::world::{World, configuration};

const PROJECT: &str = "support";
const CALL: &str = "8d5d4f0e-2f0f-4a6e-9f1d-0a6d1f1f1f1f";
const RECORDING: &str = "1b2c3d4e-2f0f-4a6e-9f1d-0a6d1f1f1f1f";

/// Something that came.
#[derive(Clone, Debug)]
struct Told {
    url: String,
    headers: HeaderMap,
    body: Bytes,
    is_taken: bool,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("text")
    }
}

/// Somebody who is told: at `/states` and `/ready` they answer with a status, and from `/moved/…` they send on.
struct Receiver {
    address: SocketAddr,
    heard: Arc<Heard>,
    serving: JoinHandle<()>,
}

struct Heard {
    origin: String,
    status: Mutex<StatusCode>,
    told: Mutex<Vec<Told>>,
}

async fn hear(State(heard): State<Arc<Heard>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let status = *heard.status.lock().expect("no panic");
    let elsewhere = uri.path().strip_prefix("/moved/").map(str::to_owned);
    heard.told.lock().expect("no panic").push(Told {
        url: format!("{}{uri}", heard.origin),
        headers,
        body,
        is_taken: elsewhere.is_none() && status.is_success(),
    });
    match elsewhere {
        Some(place) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, place)]).into_response(),
        None => status.into_response(),
    }
}

impl Receiver {
    async fn new() -> Receiver {
        Receiver::at(([127, 0, 0, 1], 0).into()).await
    }

    async fn at(address: SocketAddr) -> Receiver {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let heard = Arc::new(Heard {
            origin: format!("http://{address}"),
            status: Mutex::new(StatusCode::NO_CONTENT),
            told: Mutex::default(),
        });
        let router = Router::new().fallback(hear).with_state(Arc::clone(&heard));
        Receiver {
            address,
            heard,
            serving: tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") }),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.heard.origin)
    }

    fn answers(&self, status: StatusCode) {
        *self.heard.status.lock().expect("no panic") = status;
    }

    fn told(&self) -> Vec<Told> {
        self.heard.told.lock().expect("no panic").clone()
    }

    /// What it has heard, once that is so.
    async fn told_until(&self, is_enough: impl Fn(&[Told]) -> bool) -> Vec<Told> {
        let until = Instant::now() + Duration::from_secs(20);
        while !is_enough(&self.told()) {
            assert!(Instant::now() < until, "it was told {:?}", self.told());
            sleep(Duration::from_millis(20)).await;
        }
        self.told()
    }

    /// Whoever listens there goes away.
    async fn gone(self) -> SocketAddr {
        self.serving.abort();
        let _ = self.serving.await;
        self.address
    }
}

/// A server that may tell this receiver, with a project.
async fn world(receiver: &Receiver) -> World {
    let data = tempfile::tempdir().expect("a temporary folder");
    let configuration = listing(&data, receiver);
    let world = World::with(data, configuration).await;
    let by = By::command_line(clock::now_us());
    let project = world.identity.create_project(PROJECT, "Support", &by).await;
    project.expect("new");
    world
}

fn listing(data: &TempDir, receiver: &Receiver) -> Configuration {
    Configuration {
        notify_origins: vec![Origin::parse(&receiver.url("")).expect("it is one")],
        ..configuration(data)
    }
}

/// A state of the call, as `calls` writes it down.
fn state(number: i64, address: &str) -> Notice {
    let answered = number > 3;
    let call = json!({
        "id": CALL, "project": PROJECT, "to": "sip:help@demo.sip.example.org", "is_private": true, "labels": {"a": "b"},
        "direction": 1, "state": number, "create_method": 3, "create_us": 1_767_225_600_000_000_i64,
        "answer_us": answered.then_some(1_767_225_601_500_000_i64), "state_update_uri": address,
    });
    Notice {
        text: call.to_string(),
        ..notice(Topic::CallStates, CALL, number, address)
    }
}

fn notice(topic: Topic, subject: &str, version: i64, address: &str) -> Notice {
    Notice {
        topic,
        subject: subject.to_owned(),
        version,
        sender: PROJECT.to_owned(),
        address: address.to_owned(),
        text: String::new(),
        tries: Tries {
            made_us: clock::now_us(),
            failures: 0,
        },
    }
}

async fn database(data: &TempDir) -> Db {
    let location = configuration(data).store.location();
    Db::open(&location).await.expect("it opens")
}

async fn happens(world: &World, notices: &[Notice]) {
    let write = notices.iter().map(Notice::posted).collect();
    database(&world.data).await.write(write).await.expect("written");
}

fn taken(told: &[Told]) -> Vec<Value> {
    let taken = told.iter().filter(|told| told.is_taken);
    taken.map(|told| told.json()["state"].clone()).collect()
}

async fn assert_signed(world: &World, told: &Told, event: &str) {
    assert_eq!(told.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(told.header("x-enfonica-event"), event);
    let key = world.identity.project_signing_key(PROJECT).await.expect("a key");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key.0);
    let said = [told.url.as_bytes(), event.as_bytes(), &told.body].concat();
    let signature = BASE64_STANDARD
        .decode(told.header("x-enfonica-signature"))
        .expect("base64");
    hmac::verify(&key, &said, &signature).expect("it is by the project's key, of this address and body");
}

#[tokio::test]
async fn each_state_of_a_call_is_told_in_its_order_and_as_it_was() {
    let receiver = Receiver::new().await;
    let world = world(&receiver).await;
    let address = receiver.url("/states?call=1");
    receiver.answers(StatusCode::SERVICE_UNAVAILABLE);
    happens(&world, &[2, 3, 4, 5].map(|number| state(number, &address))).await;
    // It is busy at first, and nothing overtakes what it did not take.
    let told = receiver.told_until(|told| told.len() == 2).await;
    assert!(told.iter().all(|told| told.json()["state"] == "STARTING"), "{told:?}");
    receiver.answers(StatusCode::ACCEPTED);
    let told = receiver.told_until(|told| taken(told).len() == 4).await;
    assert_eq!(taken(&told), ["STARTING", "RINGING", "IN_PROGRESS", "COMPLETED"]);
    for told in &told {
        assert_eq!(told.url, address);
        assert_signed(&world, told, "CALL_STATE_UPDATE").await;
    }
    let expected = json!({
        "name": format!("projects/{PROJECT}/calls/{CALL}"),
        "to": "sip:help@demo.sip.example.org",
        "isPrivate": true,
        "labels": {"a": "b"},
        "transport": "SIP",
        "direction": "OUTGOING",
        "state": "IN_PROGRESS",
        "createMethod": "API",
        "createTime": "2026-01-01T00:00:00Z",
        "answerTime": "2026-01-01T00:00:01.500Z",
    });
    assert_eq!(told[told.len() - 2].json(), expected);
    sleep(Duration::from_millis(700)).await;
    assert_eq!(receiver.told().len(), told.len(), "nobody is told what they have taken");
}

#[tokio::test]
async fn whoever_is_away_is_told_when_they_are_back_and_a_restart_loses_nothing() {
    let receiver = Receiver::new().await;
    let world = world(&receiver).await;
    let address = receiver.url("/states");
    let listener = receiver.gone().await;
    happens(&world, &[state(2, &address)]).await;
    sleep(Duration::from_millis(700)).await;
    let World { running, data, .. } = world;
    running.drain().await;
    // What happens while nobody tells it.
    let write = vec![state(4, &address).posted()];
    database(&data).await.write(write).await.expect("written");

    let receiver = Receiver::at(listener).await;
    let configuration = listing(&data, &receiver);
    let world = World::with(data, configuration).await;
    let told = receiver.told_until(|told| taken(told).len() == 2).await;
    assert_eq!(taken(&told), ["STARTING", "IN_PROGRESS"]);
    for told in &told {
        assert_signed(&world, told, "CALL_STATE_UPDATE").await;
    }
}

#[tokio::test]
async fn who_sends_us_on_is_followed_with_a_signature_for_the_new_address() {
    let receiver = Receiver::new().await;
    let world = world(&receiver).await;
    happens(&world, &[state(2, &receiver.url("/moved//states"))]).await;
    let told = receiver.told_until(|told| taken(told).len() == 1).await;
    let urls: Vec<&str> = told.iter().map(|told| told.url.as_str()).collect();
    assert_eq!(urls.len(), 2, "{urls:?}");
    assert_eq!(told[1].json(), told[0].json());
    for told in &told {
        assert_signed(&world, told, "CALL_STATE_UPDATE").await;
    }
}

#[tokio::test]
async fn neighbours_are_not_told_anything() {
    let (receiver, neighbour) = (Receiver::new().await, Receiver::new().await);
    let world = world(&receiver).await;
    let sent_on = receiver.url(&format!("/moved/{}", neighbour.url("/states")));
    let notices = [
        notice(Topic::CallStates, "direct", 2, &neighbour.url("/states")),
        notice(Topic::CallStates, "hidden", 2, "https://localhost/states"),
        notice(Topic::CallStates, "sent-on", 2, &sent_on),
    ];
    let notices = notices.map(|notice| Notice {
        text: state(2, &notice.address).text,
        ..notice
    });
    happens(&world, &notices).await;
    // Each has been tried, and failed.
    let outbox = world.outbox();
    let until = Instant::now() + Duration::from_secs(20);
    for notice in &notices {
        let host = notice.address.split('/').nth(2).expect("a host");
        let scheme = notice.address.split(':').next().expect("a scheme");
        let failures = async || {
            let due = outbox
                .notices_due(&format!("{scheme}://{host}"), 9, i64::MAX)
                .await
                .expect("reads");
            due[0].tries.failures
        };
        while failures().await == 0 {
            assert!(Instant::now() < until, "{notice:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(!receiver.told().is_empty(), "it was asked, and sent us on");
    assert!(neighbour.told().is_empty(), "{:?}", neighbour.told());
}

#[tokio::test]
async fn a_recording_that_is_over_is_told_with_links_and_one_that_was_deleted_is_not() {
    let receiver = Receiver::new().await;
    let world = world(&receiver).await;
    let address = receiver.url("/ready");
    let call = Statement::new(
        "insert into call (id, project, to_address, is_private, labels, direction, state, create_method, transport,
            create_us, alive_us) values ($1, $2, 'sip:a@b', 0, '{}', 2, 5, 1, 3, 1, 1)",
        vec![CALL.into(), PROJECT.into()],
    );
    let recording = Statement::new(
        "insert into recording (id, project, call, state, source, trims_silence, channels, duration_ms, wav_bytes, wav_sha256,
            mp3_bytes, mp3_sha256, start_us, create_us, ready_uri)
            values ($1, $2, $3, 2, 1, 0, 1, 3500, 56044, $4, 14112, $4, 1767225601000000, 1767225600000000, $5)",
        vec![
            RECORDING.into(),
            PROJECT.into(),
            CALL.into(),
            vec![0_u8; 32].into(),
            address.as_str().into(),
        ],
    );
    let deleted = notice(Topic::Recordings, "gone", 1, &address).posted();
    let over = notice(Topic::Recordings, RECORDING, 1, &address).posted();
    let db = database(&world.data).await;
    db.write(vec![call, recording, deleted, over]).await.expect("written");
    let told = receiver.told_until(|told| !told.is_empty()).await;
    assert_signed(&world, &told[0], "RECORDING_READY").await;
    let body = told[0].json();
    let name = format!("projects/{PROJECT}/calls/{CALL}/recordings/{RECORDING}");
    assert_eq!(
        (&body["name"], &body["state"]),
        (&json!(name), &json!("SUCCEEDED")),
        "{body}"
    );
    assert_eq!(body["duration"], "3.500s");
    for (place, mime_type) in ["audio/x-wav", "audio/mpeg"].into_iter().enumerate() {
        let audio = &body["audio"][place];
        assert_eq!(audio["mimeType"], mime_type);
        let link = audio["uri"].as_str().expect("a link");
        assert!(link.starts_with(world.running.public_url()), "{link}");
    }
    let outbox = Outbox::new(db);
    let until = Instant::now() + Duration::from_secs(20);
    while outbox.backlog().await.expect("reads").deliveries > 0 {
        assert!(Instant::now() < until, "both are settled");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(receiver.told().len(), 1);
}
