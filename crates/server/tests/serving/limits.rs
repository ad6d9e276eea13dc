//! What is too much.

use std::time::Duration;

use serde_json::json;
use server::Quotas;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{World, configuration, text};

#[tokio::test]
async fn an_oversized_request_disturbs_nobody() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(4_000_000));
    let answer = world.send("POST", Some(&owner), "/v2/spaces", &[], &body).await;
    answer.refused(413, "RESOURCE_EXHAUSTED", "");
    let path = format!("/v2/conferenceRecords?pageToken={}", "x".repeat(20_000));
    let answer = world.get(Some(&owner), &path).await;
    answer.refused(400, "INVALID_ARGUMENT", "page_token");
    world.get(Some(&owner), "/v2/conferenceRecords").await.ok();
}

#[tokio::test]
async fn noise_is_no_request() {
    let world = World::new().await;
    for noise in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnoise",
        b"GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(world.address).await.expect("connected");
        stream.write_all(noise).await.expect("written");
        stream.shutdown().await.expect("half closed");
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "the connection of {noise:?} stays open");
    }
    assert_eq!(world.get(None, "/healthz").await.status, 200);
}

/// Whoever says how long they wait is answered by then, whatever it is that we wait for: here the body.
#[tokio::test]
async fn a_caller_may_wait_less_than_we_would() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let mut stream = TcpStream::connect(world.address).await.expect("connected");
    let head = format!(
        "POST /v2/spaces HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
         x-server-timeout: 0.02\r\ncontent-length: 2\r\n\r\n",
        owner.token
    );
    stream.write_all(head.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    let whole = async {
        while !answer.windows(2).any(|two| two == b"}}") {
            assert_ne!(stream.read_buf(&mut answer).await.expect("read"), 0, "it ends");
        }
    };
    let read = tokio::time::timeout(Duration::from_secs(10), whole).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(read.is_ok(), "{answer}");
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
    assert!(answer.contains("\"DEADLINE_EXCEEDED\""), "{answer}");
}

/// A client that hangs up in the middle of a join leaves no half of it: memory and register agree.
#[tokio::test]
async fn who_hangs_up_leaves_nothing_half_done() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let body = json!({"offer": crate::world::OFFER, "displayName": "Ada"}).to_string();
    for pause_us in (0..4_000).step_by(250) {
        let mut stream = TcpStream::connect(world.address).await.expect("connected");
        let head = format!(
            "POST /sederunt/v1/{space}:join HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("written");
        stream.write_all(body.as_bytes()).await.expect("written");
        tokio::time::sleep(Duration::from_micros(pause_us)).await;
        drop(stream);
    }
    // Whatever happened to them, the next one is let in, and all end together.
    let seat = world.join(&space, None, "Bo").await.ok();
    world
        .post(Some(&owner), &format!("/v2/{space}:endActiveConference"), &json!({}))
        .await
        .ok();
    let list = format!(
        "/v2/{}/participants?filter=latest_end_time%20IS%20NULL",
        text(&seat, "conferenceRecord")
    );
    assert_eq!(world.get(Some(&owner), &list).await.ok(), json!({}));
}

#[tokio::test]
async fn quotas_are_each_persons_own() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut configuration = configuration(&data);
    configuration.quotas = Quotas::GOOGLE;
    let world = World::with(data, configuration).await;
    let (ada, bo) = (world.person("Ada").await, world.person("Bo").await);
    for _ in 0..10 {
        world.space_of(&ada, json!({})).await;
    }
    let answer = world.post(Some(&ada), "/v2/spaces", &json!({})).await;
    answer.refused(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED");
    assert_eq!(answer.body["error"]["message"], "Too many requests");
    assert!(answer.head.contains("retry-after: 6\r\n"), "{}", answer.head);
    world.get(Some(&ada), "/v2/conferenceRecords").await.ok();
    world.space_of(&bo, json!({})).await;
}

#[tokio::test]
async fn a_batch_goes_through_the_same_door() {
    let world = World::new().await;
    let (owner, guest) = (world.person("Owner").await, world.person("Guest").await);
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    let body = format!(
        "--b\r\ncontent-type: application/http\r\ncontent-id: <1>\r\n\r\nGET /v2/{space} HTTP/1.1\r\n\r\n\
         --b\r\ncontent-type: application/http\r\ncontent-id: <2>\r\n\r\nGET /v2/{space} HTTP/1.1\r\n\
         authorization: Bearer {}\r\n\r\n--b\r\ncontent-type: application/http\r\ncontent-id: <3>\r\n\r\n\
         POST /batch HTTP/1.1\r\n\r\n--b--",
        guest.token
    );
    let kind = [("content-type", "multipart/mixed; boundary=b")];
    let answer = world.send("POST", Some(&owner), "/batch", &kind, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let parts: Vec<&str> = answer.text.split("--batch_sederunt").collect();
    assert_eq!(parts.len(), 5, "{}", answer.text);
    assert!(
        parts[1].contains("<response-1>") && parts[1].contains("accessType"),
        "{}",
        parts[1]
    );
    assert!(
        parts[2].contains("200 OK") && !parts[2].contains("accessType"),
        "{}",
        parts[2]
    );
    assert!(parts[3].contains("404 Not Found"), "a batch in a batch: {}", parts[3]);
    let answer = world.send("POST", Some(&owner), "/batch", &[], "").await;
    assert_eq!(answer.status, 400, "{}", answer.text);
}
