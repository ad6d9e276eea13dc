//! Strangers in quantity: what many of them do at once, and that others are answered meanwhile.
//!
//! On loopback, 127.0.0.2 is another client than 127.0.0.1.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;

use axum_core::body::Body;
use bytes::Bytes;
use db::{Db, Location, Statement};
use futures_util::future::join_all;
use futures_util::stream;
use http::Request;
use hyper_util::rt::TokioIo;
use serde_json::json;
use server::Quotas;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::transport::{Channel, Endpoint};
use tower::{ServiceExt, service_fn};

use crate::sign_in::Browser;
use crate::world::{Answer, World, configuration, connect, send_from, text};

/// An HTTP/2 connection of another client, as gRPC has it.
async fn channel(to: SocketAddr) -> Channel {
    let connector = service_fn(move |_| async move { connect([127, 0, 0, 2], to).await.map(TokioIo::new) });
    let endpoint = Endpoint::from_shared(format!("http://{to}")).expect("a URI");
    endpoint.connect_with_connector(connector).await.expect("connected")
}

fn without_a_message() -> Request<tonic::body::Body> {
    let endless = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    Request::post("/sederunt.v1.Meetings/Join")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(tonic::body::Body::new(endless))
        .expect("a request")
}

/// 4,335 requests whose message never comes, where 4,096 may be under way.
#[tokio::test]
async fn who_sends_no_message_takes_no_place() {
    const CONNECTIONS: usize = 17;
    const STREAMS: usize = 255;
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut configuration = configuration(&data);
    configuration.quotas = Quotas::NONE;
    let world = World::with(data, configuration).await;
    let owner = world.person("Owner").await;
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        let channel = channel(world.address).await;
        held.extend((0..STREAMS).map(|_| tokio::spawn(channel.clone().oneshot(without_a_message()))));
    }
    for _ in 0..20 {
        world.get(Some(&owner), "/v2/conferenceRecords").await.ok();
        assert_eq!(world.get(None, "/v2/spaces/x").await.status, 401);
    }
    for one in held {
        one.abort();
    }
}

/// The answer comes while the body is still awaited.
#[tokio::test]
async fn nobodys_body_is_read_before_they_are_known() {
    let world = World::new().await;
    for (path, status) in [
        ("/v2/spaces", "401"),
        ("/v2/spaces?wrong=1", "400"),
        ("/v2/nothing", "404"),
        ("/batch", "401"),
        ("/batch/meet/v2", "401"),
    ] {
        let mut stream = connect([127, 0, 0, 2], world.address).await.expect("connected");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await.expect("written");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"), "{path}");
    }
}

const SESSION: &str = "/sederunt/v1/webSession";
const PASSWORD: &str = "correct horse battery";

/// A world with Ada, who has a password.
async fn with_password() -> World {
    let world = World::new().await;
    let ada = world.person("Ada").await;
    let set = json!({"password": PASSWORD});
    let browser = Browser::signed_in(&world, &ada).await;
    browser.ask(&world, "PUT", "/sederunt/v1/password", &set).await.ok();
    world
}

/// Signs in as Ada from this address, with a cookie.
async fn try_password(from: [u8; 4], to: SocketAddr, password: &str, cookie: &str) -> Answer {
    let origin = format!("http://{to}");
    let headers = [
        ("content-type", "application/json"),
        ("origin", &*origin),
        ("cookie", cookie),
    ];
    let body = json!({"email": "ada@example.org", "password": password}).to_string();
    send_from(from, to, "POST", SESSION, &headers, &body).await
}

async fn guess_for_ever(to: SocketAddr) {
    loop {
        try_password([127, 0, 0, 2], to, "never set one", "").await;
    }
}

#[tokio::test]
async fn who_guesses_shuts_nobody_else_out() {
    let world = with_password().await;
    let address = world.address;
    let guessing: Vec<_> = (0..80).map(|_| tokio::spawn(guess_for_ever(address))).collect();
    for _ in 0..4 {
        try_password([127, 0, 0, 1], address, PASSWORD, "").await.ok();
        let person = world.person("Ada").await;
        // By a link, which is asserted where it is opened.
        Browser::signed_in(&world, &person).await;
    }
    for one in guessing {
        one.abort();
    }
    let answer = try_password([127, 0, 0, 2], address, PASSWORD, "").await;
    answer.refused(429, "RESOURCE_EXHAUSTED", "");
    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
}

/// Guesses of three clients use up what an address may be guessed at by unknown browsers; its owner's own is known.
#[tokio::test]
async fn a_browser_that_is_known_is_not_locked_out() {
    let world = with_password().await;
    let known = try_password([127, 0, 0, 1], world.address, PASSWORD, "").await;
    let known = known
        .head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: sederunt_known="));
    let known = known
        .and_then(|cookie| cookie.split(';').next())
        .expect("a browser that is known");
    let known = format!("sederunt_known={known}");
    for client in 2..=4 {
        for number in 0..10 {
            let answer = try_password([127, 0, 0, client], world.address, "never set one", "").await;
            assert_eq!(answer.status, 401, "{number} {}", answer.text);
        }
    }
    let try_from = async |client, cookie: &str| {
        let answer = try_password([127, 0, 0, client], world.address, PASSWORD, cookie).await;
        answer.status
    };
    assert_eq!(try_from(5, "").await, 429);
    assert_eq!(try_from(5, "sederunt_known=x.y").await, 429);
    assert_eq!(try_from(1, &known).await, 200);
    assert_eq!(try_from(2, &known).await, 200);
}

#[tokio::test]
async fn a_client_that_asks_for_tokens_in_vain_is_made_to_wait() {
    let world = World::new().await;
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let form = "grant_type=refresh_token&client_id=x&client_secret=y&refresh_token=z";
    let ask = async |client| send_from([127, 0, 0, client], world.address, "POST", "/oauth2/token", &kind, form).await;
    let mut refused = 0;
    let answer = loop {
        let answer = ask(2).await;
        if answer.status == 429 {
            break answer;
        }
        refused += 1;
        assert!(refused <= 400, "{}", answer.text);
    };
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    assert_eq!(ask(1).await.status, 401);
}

/// Six lists with the longest filter that there is, over 8,000 records none of which it matches.
#[tokio::test]
async fn a_long_filter_holds_up_nobody_else() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = world.space_of(&owner, json!({})).await;
    let id = text(&space, "name").replace("spaces/", "");
    let location = Location::Sqlite(world.data.path().join("sederunt.db"));
    let db = Db::open(&location).await.expect("a second process could open it too");
    let numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 8000)";
    let conferences = format!(
        "insert into conference (id, space, start_us, end_us, expire_us)
         {numbers} select 'conference' || i, $1, i, i, 9223372036854775807 from n"
    );
    let readers = format!(
        "insert into conference_reader (account, space, start_us, conference)
         {numbers} select $1, $2, i, 'conference' || i from n"
    );
    let reader = owner.user.id.as_str();
    db.write(vec![
        Statement::new(conferences, vec![id.as_str().into()]),
        Statement::new(readers, vec![reader.into(), id.as_str().into()]),
    ])
    .await
    .expect("written");

    let mut terms = vec!["start_time%3C2026-01-01T00:00:00Z"; 62];
    terms.push("end_time%3C1970-01-01T00:00:00.000001Z");
    let path = format!("/v2/conferenceRecords?filter={}", terms.join("%20AND%20"));
    let mut lists = pin!(join_all((0..6).map(|_| world.get(Some(&owner), &path))));
    let mut answered = 0;
    let lists = loop {
        tokio::select! {
            biased;
            lists = &mut lists => break lists,
            health = world.get(None, "/healthz") => {
                assert_eq!(health.status, 200);
                answered += 1;
            }
        }
    };
    for list in lists {
        assert_eq!(list.ok(), json!({}));
    }
    assert!(answered >= 10, "others were answered {answered} times meanwhile");
}
