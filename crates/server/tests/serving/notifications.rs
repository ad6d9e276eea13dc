//! Subscriptions and what subscribers are told, with receivers that are good, wrong, slow, or gone.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audit::By;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::Db;
use identity::{AppRole, AppRoles};
use outbox::{Event, Topic};
use serde_json::{Value, json};
use server::{Configuration, Origin, clock};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::daemons::Program;
use crate::world::{Answer, World, configuration, text};

const SUBSCRIPTIONS: &str = "/v1.0/subscriptions";
const RECORD: &str = "5SPS7SlmS2uSW3VKiANMxQ";
const RECORD_IN_GRAPH: &str = "e523d2ed-2966-4b6b-925b-754a88034cc5";

/// What a receiver does with whatever comes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Manner {
    /// It answers as it should.
    Good,
    /// It says something else than it was asked for.
    Wrong,
    /// What it says is no plain text.
    Html,
    /// It answers with this status.
    Status(u16),
    /// It sends whoever comes elsewhere.
    Redirect(String),
    /// It takes everything and never answers.
    Silent,
}

/// Somebody who is told.
struct Receiver {
    address: SocketAddr,
    heard: Arc<Heard>,
    serving: JoinHandle<()>,
}

struct Heard {
    manner: Mutex<Manner>,
    questions: Mutex<Vec<String>>,
    notifications: Mutex<Vec<Value>>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    validation_token: Option<String>,
}

async fn hear(State(heard): State<Arc<Heard>>, Query(asked): Query<Asked>, body: Bytes) -> Response {
    let manner = heard.manner.lock().expect("no panic").clone();
    if let Some(token) = &asked.validation_token {
        heard.questions.lock().expect("no panic").push(token.clone());
    } else {
        let notification = serde_json::from_slice(&body).expect("JSON");
        heard.notifications.lock().expect("no panic").push(notification);
    }
    let token = asked.validation_token.unwrap_or_default();
    match manner {
        Manner::Good => token.into_response(),
        Manner::Wrong => "something else".into_response(),
        Manner::Html => ([(header::CONTENT_TYPE, "text/html")], token).into_response(),
        Manner::Status(status) => (StatusCode::from_u16(status).expect("a status"), token).into_response(),
        Manner::Redirect(to) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)], token).into_response(),
        Manner::Silent => std::future::pending().await,
    }
}

impl Receiver {
    async fn new(manner: Manner) -> Receiver {
        Receiver::at(([127, 0, 0, 1], 0).into(), manner).await
    }

    async fn at(address: SocketAddr, manner: Manner) -> Receiver {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let heard = Arc::new(Heard {
            manner: Mutex::new(manner),
            questions: Mutex::default(),
            notifications: Mutex::default(),
        });
        let router = Router::new().fallback(hear).with_state(Arc::clone(&heard));
        Receiver {
            address: listener.local_addr().expect("it is bound"),
            heard,
            serving: tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") }),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn origin(&self) -> Origin {
        Origin::parse(&self.url("")).expect("it is one")
    }

    fn is(&self, manner: Manner) {
        *self.heard.manner.lock().expect("no panic") = manner;
    }

    fn questions(&self) -> Vec<String> {
        self.heard.questions.lock().expect("no panic").clone()
    }

    fn told(&self) -> Vec<Value> {
        let told = self.heard.notifications.lock().expect("no panic").clone();
        told.iter().map(|one| one["value"][0].clone()).collect()
    }

    /// What it was told, once it was told so much.
    async fn told_of(&self, count: usize) -> Vec<Value> {
        let until = Instant::now() + Duration::from_secs(10);
        while self.told().len() < count {
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

/// A server that may tell these receivers.
async fn world(receivers: &[&Receiver]) -> World {
    let data = tempfile::tempdir().expect("a temporary folder");
    let configuration = listing(&data, receivers);
    World::with(data, configuration).await
}

fn listing(data: &TempDir, receivers: &[&Receiver]) -> Configuration {
    Configuration {
        notify_origins: receivers.iter().map(|receiver| receiver.origin()).collect(),
        ..configuration(data)
    }
}

/// What a client asks for who subscribes at this address, but for some properties.
fn wanted(url: &str, but: &Value) -> Value {
    let expiration = time::OffsetDateTime::now_utc() + Duration::from_hours(1);
    let expiration = expiration.format(&time::format_description::well_known::Rfc3339);
    let mut wanted = json!({
        "changeType": "created,updated",
        "notificationUrl": url,
        "resource": "communications/callRecords",
        "expirationDateTime": expiration.expect("it can be written"),
        "clientState": "s3cret",
    });
    let properties = but.as_object().expect("an object").clone();
    wanted.as_object_mut().expect("an object").extend(properties);
    wanted
}

/// An application that may be told.
struct Subscriber {
    program: Program,
    bearer: String,
}

const ROLES: AppRoles = AppRoles::of(&[AppRole::CallRecordsReadAll]);

impl Subscriber {
    async fn new(world: &World) -> Subscriber {
        let program = Program::make(world, ROLES).await;
        let bearer = format!("Bearer {}", program.token(world).await);
        Subscriber { program, bearer }
    }

    async fn asks(&self, world: &World, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("authorization", &*self.bearer), ("content-type", "application/json")];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        world.send(method, None, path, &headers, &body).await
    }

    /// What is read at a path.
    async fn reads(&self, world: &World, path: &str) -> Answer {
        self.asks(world, "GET", path, &Value::Null).await
    }

    /// Subscribes at this address.
    async fn subscribes(&self, world: &World, url: &str, but: &Value) -> Answer {
        self.asks(world, "POST", SUBSCRIPTIONS, &wanted(url, but)).await
    }
}

impl World {
    /// It happened to a call record, as the register writes it.
    async fn happens(&self, version: i64) {
        let location = configuration(&self.data).store.location();
        let db = Db::open(&location).await.expect("it opens");
        db.write(vec![event(version).happened()]).await.expect("written");
    }
}

fn event(version: i64) -> Event<'static> {
    Event {
        topic: Topic::CallRecords,
        subject: RECORD,
        version,
        account: None,
        now_us: clock::now_us(),
    }
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str, part: &str) {
    let error = &answer.body["error"];
    assert_eq!(
        (answer.status, error["code"].as_str()),
        (status, Some(code)),
        "{}",
        answer.text
    );
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains(part), "{part} is not in {message}");
}

#[tokio::test]
async fn who_subscribes_is_asked_first_and_told_then() {
    let receiver = Receiver::new(Manner::Good).await;
    let world = world(&[&receiver]).await;
    let program = Subscriber::new(&world).await;
    let lifecycle = json!({"lifecycleNotificationUrl": receiver.url("/lifecycle")});
    let made = program
        .subscribes(&world, &receiver.url("/changes?key=1"), &lifecycle)
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = text(&made.body, "id");
    let public_url = world.running.public_url();
    let location = format!("location: {public_url}/v1.0/subscriptions('{id}')");
    assert!(made.head.contains(&location), "{}", made.head);
    assert_eq!(receiver.questions().len(), 2);
    for question in receiver.questions() {
        assert!(
            question.starts_with("Validation: Testing client application reachability"),
            "{question}"
        );
    }
    world.happens(1).await;
    world.happens(2).await;
    let told = receiver.told_of(2).await;
    let of = |change: &str| {
        told.iter()
            .find(|one| one["changeType"] == change)
            .expect(change)
            .clone()
    };
    let path = format!("communications/callRecords/{RECORD_IN_GRAPH}");
    for change in ["created", "updated"] {
        let one = of(change);
        assert_eq!(
            (&one["subscriptionId"], &one["clientState"]),
            (&json!(id), &json!("s3cret"))
        );
        assert_eq!(one["resource"], path);
        let data = json!({"@odata.type": "#Microsoft.Graph.callrecord", "@odata.id": path, "id": RECORD_IN_GRAPH});
        assert_eq!(one["resourceData"], data);
        assert_eq!(one["subscriptionExpirationDateTime"], made.body["expirationDateTime"]);
    }
    assert_ne!(of("created")["id"], of("updated")["id"]);
    assert_eq!(of("created")["tenantId"], world.identity.tenant().as_str());
}

#[tokio::test]
async fn nobody_is_told_anything_at_an_address_that_did_not_expect_it() {
    let (receiver, good) = (Receiver::new(Manner::Good).await, Receiver::new(Manner::Good).await);
    let world = world(&[&receiver, &good]).await;
    let program = Subscriber::new(&world).await;
    for (manner, part) in [
        (Manner::Wrong, "must be the validation token"),
        (Manner::Html, "must be the validation token"),
        (Manner::Status(202), "Must respond with 200 OK"),
        (Manner::Status(500), "Must respond with 200 OK"),
        (Manner::Redirect(good.url("/")), "Must respond with 200 OK"),
    ] {
        receiver.is(manner);
        let answer = program.subscribes(&world, &receiver.url("/"), &json!({})).await;
        refused(&answer, 400, "ValidationError", part);
        let lifecycle = json!({"lifecycleNotificationUrl": receiver.url("/")});
        let answer = program.subscribes(&world, &good.url("/"), &lifecycle).await;
        refused(&answer, 400, "ValidationError", part);
    }
    let questions = good.questions().len();
    let gone = format!("http://{}/", receiver.gone().await);
    let answer = program.subscribes(&world, &gone, &json!({})).await;
    refused(&answer, 400, "ValidationError", "Must respond with 200 OK");
    assert_eq!(
        good.questions().len(),
        questions,
        "nobody is followed to where they point"
    );
    assert_eq!(program.reads(&world, SUBSCRIPTIONS).await.ok()["value"], json!([]));
}

#[tokio::test]
async fn neighbours_are_not_asked_for_strangers() {
    let neighbour = Receiver::new(Manner::Good).await;
    let world = world(&[]).await;
    let program = Subscriber::new(&world).await;
    let port = neighbour.address.port();
    for (url, part) in [
        (neighbour.url("/"), "does not begin with https"),
        (format!("https://127.0.0.1:{port}/"), "its port is not 443"),
        ("https://127.0.0.1/".to_owned(), "not on the public internet"),
        (
            "https://169.254.169.254/latest/meta-data".to_owned(),
            "not on the public internet",
        ),
        ("https://[::ffff:127.0.0.1]/".to_owned(), "not on the public internet"),
        ("https://2130706433/".to_owned(), "not an absolute URL"),
        (format!("https://hears.example@127.0.0.1:{port}/"), "user name"),
        ("https://hears.example/#fragment".to_owned(), "fragment"),
        ("file:///etc/passwd".to_owned(), "not an absolute URL"),
        // A name that leads here: it is found out when it is looked up, and why is not told.
        ("https://localhost/".to_owned(), "Must respond with 200 OK"),
    ] {
        let answer = program.subscribes(&world, &url, &json!({})).await;
        refused(&answer, 400, "ValidationError", part);
    }
    assert!(neighbour.questions().is_empty());
}

#[tokio::test]
async fn a_receiver_that_never_answers_holds_up_nobody() {
    let (slow, good) = (Receiver::new(Manner::Good).await, Receiver::new(Manner::Good).await);
    let world = world(&[&slow, &good]).await;
    let program = Subscriber::new(&world).await;
    for receiver in [&slow, &slow, &slow, &good] {
        assert_eq!(
            program.subscribes(&world, &receiver.url("/"), &json!({})).await.status,
            201
        );
    }
    slow.is(Manner::Silent);
    for version in 1..=20 {
        world.happens(version).await;
    }
    let all = timeout(Duration::from_secs(8), good.told_of(20)).await;
    assert_eq!(all.expect("the other one is still asked").len(), 20);
    assert_eq!(slow.told().len(), 4, "it is told no more at once");
}

#[tokio::test]
async fn whoever_was_away_is_told_when_they_are_back_and_a_restart_loses_nothing() {
    let receiver = Receiver::new(Manner::Good).await;
    let world = world(&[&receiver]).await;
    let program = Subscriber::new(&world).await;
    let made = program.subscribes(&world, &receiver.url("/"), &json!({})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    receiver.is(Manner::Status(503));
    world.happens(1).await;
    receiver.told_of(1).await;

    let address = receiver.gone().await;
    let World { running, data, .. } = world;
    running.drain().await;
    // What happens while no server runs, and what a server that is killed could not spread any more.
    let db = Db::open(&configuration(&data).store.location())
        .await
        .expect("it opens");
    db.write(vec![event(2).happened()]).await.expect("written");
    let fact = db::Statement::new("update lease set pings = pings + 1", Vec::new()).expect(2);
    let write = vec![event(3).happened(), fact];
    db.write(write).await.expect_err("there is no such fact");
    drop(db);

    let receiver = Receiver::at(address, Manner::Good).await;
    let configuration = listing(&data, &[&receiver]);
    let world = World::with(data, configuration).await;
    let told = receiver.told_of(2).await;
    let mut changes: Vec<&str> = told.iter().filter_map(|one| one["changeType"].as_str()).collect();
    changes.sort_unstable();
    assert_eq!(changes, ["created", "updated"]);
    // Nobody is told of what did not happen, and nobody twice of what they have taken.
    world.happens(4).await;
    assert_eq!(receiver.told_of(3).await.len(), 3);
}

#[tokio::test]
async fn a_subscription_is_its_owners_alone() {
    let receiver = Receiver::new(Manner::Good).await;
    let world = world(&[&receiver]).await;
    let (program, other) = (Subscriber::new(&world).await, Subscriber::new(&world).await);
    let made = program.subscribes(&world, &receiver.url("/"), &json!({})).await;
    let path = format!("{SUBSCRIPTIONS}/{}", text(&made.body, "id"));
    let reauthorize = format!("{path}/reauthorize");
    let later = json!({"expirationDateTime": wanted("", &json!({}))["expirationDateTime"]});
    for answer in [
        other.reads(&world, &path).await,
        other.asks(&world, "PATCH", &path, &later).await,
        other.asks(&world, "POST", &reauthorize, &Value::Null).await,
        other.asks(&world, "DELETE", &path, &Value::Null).await,
        program.reads(&world, &format!("{SUBSCRIPTIONS}/nonsense")).await,
    ] {
        refused(&answer, 404, "ResourceNotFound", "");
    }
    assert_eq!(other.reads(&world, SUBSCRIPTIONS).await.ok()["value"], json!([]));
    let read = program.reads(&world, &path).await.ok();
    assert_eq!(read, made.body);
    let listed = program.reads(&world, SUBSCRIPTIONS).await.ok();
    assert_eq!(listed["value"][0]["id"], read["id"]);
    // People read their own call records, and are told of none.
    let ada = world.person("Ada").await;
    assert_eq!(world.get(Some(&ada), SUBSCRIPTIONS).await.status, 403);
}

#[tokio::test]
async fn a_subscription_is_told_as_it_was_given_and_without_nulls_if_that_is_wished() {
    let receiver = Receiver::new(Manner::Good).await;
    let world = world(&[&receiver]).await;
    let program = Subscriber::new(&world).await;
    let given = json!({
        "latestSupportedTlsVersion": "v1_3",
        "notificationQueryOptions": "$select=id",
        "notificationUrlAppId": "7a0a6b6e-0001-4c6e-8a39-4a4b2f0d2c11",
    });
    let made = program.subscribes(&world, &receiver.url("/"), &given).await;
    assert_eq!(made.status, 201, "{}", made.text);
    for (name, value) in given.as_object().expect("an object") {
        assert_eq!(&made.body[name], value, "{name}");
    }
    let nulls = [
        "lifecycleNotificationUrl",
        "includeResourceData",
        "encryptionCertificate",
    ];
    let path = format!("{SUBSCRIPTIONS}/{}", text(&made.body, "id"));
    let wishes = [("authorization", &*program.bearer), ("prefer", "omit-values=nulls")];
    for path in [&path, SUBSCRIPTIONS] {
        let full = program.reads(&world, path).await.ok();
        let brief = world.send("GET", None, path, &wishes, "").await;
        assert!(
            brief.head.contains("preference-applied: omit-values=nulls"),
            "{}",
            brief.head
        );
        let brief = brief.ok();
        let of = |answer: &Value| answer.pointer("/value/0").unwrap_or(answer).clone();
        for name in nulls {
            assert_eq!(of(&full).get(name), Some(&Value::Null), "{path}: {name}");
            assert_eq!(of(&brief).get(name), None, "{path}: {name}");
        }
        assert_eq!(of(&brief)["id"], made.body["id"]);
    }
    let json = [wishes[0], wishes[1], ("content-type", "application/json")];
    let body = wanted(&receiver.url("/"), &json!({})).to_string();
    let brief = world.send("POST", None, SUBSCRIPTIONS, &json, &body).await;
    assert_eq!((brief.status, brief.body.get(nulls[0])), (201, None), "{}", brief.text);
}

#[tokio::test]
async fn a_subscription_is_renewed_moved_and_ended() {
    let receiver = Receiver::new(Manner::Good).await;
    let world = world(&[&receiver]).await;
    let program = Subscriber::new(&world).await;
    let made = program.subscribes(&world, &receiver.url("/"), &json!({})).await;
    let path = format!("{SUBSCRIPTIONS}/{}", text(&made.body, "id"));
    let changed = async |body: Value| program.asks(&world, "PATCH", &path, &body).await;
    let renewed = changed(json!({"expirationDateTime": wanted("", &json!({}))["expirationDateTime"]}))
        .await
        .ok();
    assert_ne!(renewed["expirationDateTime"], made.body["expirationDateTime"]);
    assert_eq!(receiver.questions().len(), 1, "nobody is asked again who only renews");
    for (body, code, part) in [
        (json!({"clientState": "x"}), "BadRequest", "stays as it was"),
        (
            json!({"expirationDateTime": "9999-01-01T00:00:00Z"}),
            "ExtensionError",
            "4230 minutes",
        ),
        (
            json!({"notificationUrl": "https://10.0.0.1/"}),
            "ValidationError",
            "not on the public internet",
        ),
    ] {
        refused(&changed(body).await, 400, code, part);
    }
    let moved = changed(json!({"notificationUrl": receiver.url("/moved")})).await.ok();
    assert_eq!(moved["notificationUrl"], receiver.url("/moved"));
    assert_eq!(receiver.questions().len(), 2, "where somebody moves, they are asked");
    let reauthorize = format!("{path}/reauthorize");
    let again = program.asks(&world, "POST", &reauthorize, &Value::Null).await;
    assert_eq!((again.status, &*again.text), (200, ""));
    let deleted = program.asks(&world, "DELETE", &path, &Value::Null).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text);
    refused(&program.reads(&world, &path).await, 404, "ResourceNotFound", "");
    world.happens(1).await;
    sleep(Duration::from_millis(700)).await;
    assert_eq!(receiver.told(), Vec::<Value>::new());
}

#[tokio::test]
async fn whoever_is_to_renew_is_told_so_once() {
    let receiver = Receiver::new(Manner::Good).await;
    let world = world(&[&receiver]).await;
    let program = Subscriber::new(&world).await;
    let lifecycle = json!({"lifecycleNotificationUrl": receiver.url("/lifecycle")});
    let made = program.subscribes(&world, &receiver.url("/"), &lifecycle).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let db = Db::open(&configuration(&world.data).store.location())
        .await
        .expect("it opens");
    // Three quarters of an hour have passed.
    let later = db::Statement::new("update outbox_subscription set remind_us = 1", Vec::new()).expect(1);
    db.write(vec![later]).await.expect("written");
    let told = receiver.told_of(1).await;
    assert_eq!(told[0]["lifecycleEvent"], "reauthorizationRequired", "{told:?}");
    assert_eq!(told[0]["subscriptionId"], made.body["id"]);
    let expiration = &made.body["expirationDateTime"];
    assert_eq!(&told[0]["subscriptionExpirationDateTime"], expiration);
    assert_eq!(told[0].get("resourceData"), None);
    // Whoever moves does not renew by it.
    let path = format!("{SUBSCRIPTIONS}/{}", text(&made.body, "id"));
    let moved = json!({"notificationUrl": receiver.url("/moved")});
    program.asks(&world, "PATCH", &path, &moved).await.ok();
    let same = json!({"expirationDateTime": expiration});
    let same = program.asks(&world, "PATCH", &path, &same).await.ok();
    assert_eq!(&same["expirationDateTime"], expiration);
    let rows = db.read("select remind_us from outbox_subscription", vec![]).await;
    assert_eq!(rows.expect("read")[0].opt_int(0).expect("a time"), None);
    world.happens(1).await;
    let told = receiver.told_of(2).await;
    assert_eq!(told[1]["changeType"], "created", "{told:?}");
}

#[tokio::test]
async fn an_application_that_loses_its_role_is_told_so_and_nothing_else() {
    let receiver = Receiver::new(Manner::Good).await;
    let world = world(&[&receiver]).await;
    let program = Subscriber::new(&world).await;
    let lifecycle = json!({"lifecycleNotificationUrl": receiver.url("/lifecycle")});
    let made = program.subscribes(&world, &receiver.url("/"), &lifecycle).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let by = By::command_line(clock::now_us());
    let id = &program.program.daemon.client_id;
    let change = world.identity.set_daemon_roles(id, AppRoles::NONE, &by).await;
    change.expect("it is there");
    refused(&program.reads(&world, SUBSCRIPTIONS).await, 403, "Forbidden", "");
    world.happens(1).await;
    let told = receiver.told_of(1).await;
    assert_eq!(told[0]["lifecycleEvent"], "subscriptionRemoved", "{told:?}");
    assert_eq!(told[0]["subscriptionId"], made.body["id"]);
    let expiration = &made.body["expirationDateTime"];
    assert_eq!(&told[0]["subscriptionExpirationDateTime"], expiration, "as it was");
    // With the role, the subscription does not come back.
    let change = world.identity.set_daemon_roles(id, ROLES, &by).await;
    change.expect("it is there");
    assert_eq!(program.reads(&world, SUBSCRIPTIONS).await.ok()["value"], json!([]));
    world.happens(2).await;
    sleep(Duration::from_millis(700)).await;
    assert_eq!(receiver.told().len(), 1);
}
