//! Stopping in good order and starting again.

use std::time::Duration;

use serde_json::json;
use server::{Server, StartError};

use crate::world::{World, configuration, text};

#[tokio::test]
async fn a_stop_ends_every_session_as_a_fact_and_its_conference_waits() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let seat = world.join(&space, None, "Ada").await.ok();
    let World { running, data, .. } = world;
    running.drain().await;

    let world = World::on(data).await;
    let record = world
        .get(Some(&owner), &format!("/v2/{}", text(&seat, "conferenceRecord")))
        .await
        .ok();
    let session = world
        .get(Some(&owner), &format!("/v2/{}", text(&seat, "participantSession")))
        .await
        .ok();
    assert!(session["endTime"].is_string(), "{session}");
    assert!(record["endTime"].is_null(), "{record}");
    let found = world.get(Some(&owner), &format!("/v2/{space}")).await.ok();
    assert_eq!(found["activeConference"]["conferenceRecord"], record["name"], "{found}");
}

#[tokio::test]
async fn nobody_enters_while_the_server_stops() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    world.join(&space, None, "Ada").await.ok();
    let World {
        running,
        identity,
        address,
        data,
        attendees,
        ..
    } = world;
    let stopping = tokio::spawn(running.drain());
    // The rest of the test needs a world that is stopping, which only the running half of it would know.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let asked = crate::world::ask(address, "GET", "/readyz", "").await;
    assert_eq!(asked.status, 503, "{}", asked.text);
    let body = json!({"offer": crate::world::OFFER, "displayName": "Bo"}).to_string();
    let refused = crate::world::ask(address, "POST", &format!("/sederunt/v1/{space}:join"), &body).await;
    refused.refused(503, "UNAVAILABLE", "");
    stopping.await.expect("no panic");
    drop((identity, data, attendees));
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    let World { running, .. } = World::new().await;
    let stopped = tokio::time::timeout(Duration::from_millis(800), running.drain()).await;
    assert!(stopped.is_ok(), "it waits for nobody");
}

#[tokio::test]
async fn two_servers_do_not_share_a_folder_or_a_port() {
    let world = World::new().await;
    match Server::start(configuration(&world.data)).await {
        Err(error @ StartError::Folder(_)) => assert!(error.hint().contains("--data")),
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("it started"),
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    let mut taken = configuration(&elsewhere);
    taken.listen = world.address;
    match Server::start(taken).await {
        Err(error @ StartError::Listen { .. }) => {
            assert_eq!(error.to_string(), format!("port {} is in use", world.address.port()));
            assert!(error.hint().contains("--listen"));
        }
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("it started"),
    }
}
