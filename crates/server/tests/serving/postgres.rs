//! The whole server on PostgreSQL: the stores are tested on both engines by themselves, here is what they make together.

use std::time::Duration;

use db::Location;
use serde_json::json;

use crate::world::{World, ask, configuration, connect, text};

#[tokio::test]
async fn a_meeting_is_kept_in_postgres() {
    let Location::Postgres(url) = db::testing::new_postgres().await else {
        panic!("a PostgreSQL was asked for");
    };
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut on_postgres = configuration(&data);
    on_postgres.store.database = Some(url.clone());
    let world = World::with(data, on_postgres).await;
    assert!(
        !world.data.path().join("sederunt.db").exists(),
        "nothing is kept beside it"
    );

    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let ada = world.join(&space, None, "Ada").await.ok();
    let owners = world.join(&space, Some(&owner), "").await.ok();
    assert_eq!(ada["conferenceRecord"], owners["conferenceRecord"]);
    let World { running, data, .. } = world;
    running.drain().await;

    let mut on_postgres = configuration(&data);
    on_postgres.store.database = Some(url);
    let world = World::with(data, on_postgres).await;
    let list = format!(
        "/v2/{}/participants?fields=*&filter=latest_end_time%20IS%20NOT%20NULL",
        text(&ada, "conferenceRecord")
    );
    let page = world.get(Some(&owner), &list).await.ok();
    assert_eq!(page["totalSize"], 2, "{page}");
    let people = page["participants"].as_array().expect("a list");
    assert_eq!(
        people[0]["signedinUser"]["displayName"], "Owner",
        "newest first: {page}"
    );
}

/// The new server of an update: it is there, takes nobody, and once the old one has ended it goes on with the same record.
#[tokio::test]
async fn a_second_server_waits_for_the_first() {
    let Location::Postgres(url) = db::testing::new_postgres().await else {
        panic!("a PostgreSQL was asked for");
    };
    let on_postgres = |data: &tempfile::TempDir| {
        let mut on_postgres = configuration(data);
        on_postgres.store.database = Some(url.clone());
        on_postgres
    };
    let data = tempfile::tempdir().expect("a temporary folder");
    let first = on_postgres(&data);
    let first = World::with(data, first).await;
    let owner = first.person("Owner").await;
    let space = text(&first.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let ada = first.join(&space, None, "Ada").await.ok();

    let data = tempfile::tempdir().expect("another folder");
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = port.local_addr().expect("bound");
    drop(port);
    let mut second = on_postgres(&data);
    second.listen = address;
    second.media_port = Some(0);
    let starting = tokio::spawn(World::with(data, second));
    let waits = async {
        while connect([127, 0, 0, 1], address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        loop {
            let ready = ask(address, "GET", "/readyz", "").await;
            if ready.text == "waiting for another server to end\n" {
                return ready;
            }
        }
    };
    let ready = tokio::time::timeout(Duration::from_secs(20), waits)
        .await
        .expect("it says so");
    assert_eq!(ready.status, 503);
    assert_eq!(ask(address, "GET", "/healthz", "").await.status, 200);
    let refused = ask(address, "POST", &format!("/sederunt/v1/{space}:join"), "{}").await;
    assert!(
        refused.status == 503 && refused.head.contains("retry-after: 5"),
        "{}",
        refused.head
    );
    let record = format!("/v2/{}", text(&ada, "conferenceRecord"));
    let live = first.get(Some(&owner), &record).await.ok();
    assert!(live["endTime"].is_null(), "nobody ended it: {live}");

    first.running.drain().await;
    let started = tokio::time::timeout(Duration::from_secs(20), starting).await;
    let second = started.expect("it takes over").expect("no panic");
    assert_eq!(ask(address, "GET", "/readyz", "").await.status, 200);
    let open = second.get(Some(&owner), &record).await.ok();
    assert!(open["endTime"].is_null(), "it waits for who was cut off: {open}");
    let body = json!({
        "displayName": "Ada", "conferenceRecord": ada["conferenceRecord"], "resumeSecret": ada["resumeSecret"],
    });
    let back = second.enter(&space, "resume", None, body).await.ok();
    assert_eq!(
        (&back["conferenceRecord"], &back["participant"]),
        (&ada["conferenceRecord"], &ada["participant"])
    );
    let sessions = format!("/v2/{}/participantSessions", text(&ada, "participant"));
    let sessions = second.get(Some(&owner), &sessions).await.ok();
    assert_eq!(
        sessions["participantSessions"].as_array().map(Vec::len),
        Some(2),
        "{sessions}"
    );
}
