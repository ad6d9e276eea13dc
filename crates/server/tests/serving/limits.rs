//! What is too much.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{World, text};

#[tokio::test]
async fn an_oversized_request_disturbs_nobody() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(4_000_000));
    let answer = world.send("POST", Some(&owner), "/v2/spaces", &[], &body).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
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
