//! The whole server on PostgreSQL: the stores are tested on both engines by themselves, here is what they make together.

use db::Location;
use serde_json::json;

use crate::world::{World, configuration, text};

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
