//! The register as it is read: who may, pages, filters, totals, and what is not there.

use identity::{Scope, Scopes};
use serde_json::{Value, json};

use crate::world::{World, text};

/// Settings of a space that anybody may walk into.
fn open() -> Value {
    json!({"accessType": "OPEN"})
}

fn names(page: &Value, field: &str) -> Vec<String> {
    page[field]
        .as_array()
        .map(|items| items.iter().map(|item| text(item, "name")).collect())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_record_is_for_its_owner_and_those_who_were_there() {
    let world = World::new().await;
    let (owner, guest, stranger) = (
        world.person("Owner").await,
        world.person("Guest").await,
        world.person("Eve").await,
    );
    let settings = world.person_with("Owner", Scopes::of(&[Scope::SpaceSettings])).await;
    let space = text(&world.space_of(&owner, open()).await, "name");
    let seat = world.join(&space, Some(&guest), "").await.ok();
    let (record, participant) = (text(&seat, "conferenceRecord"), text(&seat, "participant"));
    for path in [
        format!("/v2/{record}"),
        format!("/v2/{record}/participants"),
        format!("/v2/{participant}"),
        format!("/v2/{participant}/participantSessions"),
        format!("/v2/{}", text(&seat, "participantSession")),
    ] {
        world.get(Some(&owner), &path).await.ok();
        world.get(Some(&guest), &path).await.ok();
        world
            .get(Some(&stranger), &path)
            .await
            .refused(403, "PERMISSION_DENIED", "");
        world
            .get(Some(&settings), &path)
            .await
            .refused(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
        world
            .get(None, &path)
            .await
            .refused(401, "UNAUTHENTICATED", "CREDENTIALS_MISSING");
    }
    for (caller, expected) in [
        (&owner, vec![record.clone()]),
        (&guest, vec![record]),
        (&stranger, vec![]),
    ] {
        let list = world.get(Some(caller), "/v2/conferenceRecords").await.ok();
        assert_eq!(
            names(&list, "conferenceRecords"),
            expected,
            "{}",
            caller.user.display_name
        );
    }
}

#[tokio::test]
async fn what_does_not_exist_looks_like_what_is_secret() {
    let world = World::new().await;
    let (owner, stranger) = (world.person("Owner").await, world.person("Eve").await);
    let space = text(&world.space_of(&owner, open()).await, "name");
    let seat = world.join(&space, None, "Ada").await.ok();
    let secret = world
        .get(Some(&stranger), &format!("/v2/{}", text(&seat, "conferenceRecord")))
        .await;
    for name in [
        format!("conferenceRecords/{}", "A".repeat(22)),
        "conferenceRecords/x".to_owned(),
    ] {
        let missing = world.get(Some(&stranger), &format!("/v2/{name}")).await;
        assert_eq!((missing.status, &missing.body), (secret.status, &secret.body));
    }
    let child = format!(
        "/v2/{}/participants/{}",
        text(&seat, "conferenceRecord"),
        "A".repeat(22)
    );
    world.get(Some(&owner), &child).await.refused(404, "NOT_FOUND", "");
    world
        .get(Some(&owner), &format!("{child}/participantSessions"))
        .await
        .refused(404, "NOT_FOUND", "");
    world
        .get(Some(&owner), &format!("{child}/participantSessions/x"))
        .await
        .refused(404, "NOT_FOUND", "");
}

#[tokio::test]
async fn pages_join_up_and_the_total_is_told_when_asked_for() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, open()).await, "name");
    let mut expected = Vec::new();
    let mut record = String::new();
    for name in ["A", "B", "C", "D", "E"] {
        let seat = world.join(&space, None, name).await.ok();
        record = text(&seat, "conferenceRecord");
        expected.insert(0, text(&seat, "participant"));
    }
    let list = format!("/v2/{record}/participants?pageSize=2");
    let mut page = world.get(Some(&owner), &list).await.ok();
    let mut found = names(&page, "participants");
    while let Some(token) = page["nextPageToken"].as_str() {
        page = world.get(Some(&owner), &format!("{list}&pageToken={token}")).await.ok();
        found.extend(names(&page, "participants"));
    }
    assert_eq!(found, expected);

    for (fields, total) in [
        ("", None),
        ("&fields=*", Some(5)),
        ("&fields=participants/name,totalSize", Some(5)),
    ] {
        let page = world.get(Some(&owner), &format!("{list}{fields}")).await.ok();
        assert_eq!(page["totalSize"].as_i64(), total, "{fields}");
        assert_eq!(names(&page, "participants").len(), 2, "{fields}");
    }
}

#[tokio::test]
async fn bad_lists_name_the_field() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, open()).await, "name");
    let record = text(&world.join(&space, None, "Ada").await.ok(), "conferenceRecord");
    for (query, field) in [
        ("filter=nonsense", "filter"),
        ("filter=latest_end_time%20IS", "filter"),
        ("filter=start_time%20%3E%20%22yesterday%22", "filter"),
        ("pageSize=-1", "page_size"),
        ("pageToken=x", "page_token"),
        ("fields=nonsense", "fields"),
    ] {
        let answer = world
            .get(Some(&owner), &format!("/v2/{record}/participants?{query}"))
            .await;
        answer.refused(400, "INVALID_ARGUMENT", field);
    }
    for filter in ["latest_end_time%20IS%20NULL", "latestEndTime+is+null"] {
        let page = world
            .get(Some(&owner), &format!("/v2/{record}/participants?filter={filter}"))
            .await
            .ok();
        assert_eq!(names(&page, "participants").len(), 1, "{filter}");
    }
}

#[tokio::test]
async fn there_are_no_artifacts_yet() {
    let world = World::new().await;
    let (owner, stranger) = (world.person("Owner").await, world.person("Eve").await);
    let space = text(&world.space_of(&owner, open()).await, "name");
    let record = text(&world.join(&space, None, "Ada").await.ok(), "conferenceRecord");
    for version in ["v2", "v2beta"] {
        for list in ["recordings", "transcripts", "smartNotes"] {
            let path = format!("/{version}/{record}/{list}");
            assert_eq!(world.get(Some(&owner), &path).await.ok(), json!({}), "{path}");
            for (query, field) in [("pageSize=-1", "page_size"), ("pageToken=x", "page_token")] {
                let answer = world.get(Some(&owner), &format!("{path}?{query}")).await;
                answer.refused(400, "INVALID_ARGUMENT", field);
            }
            let one = format!("{path}/x");
            world.get(Some(&owner), &one).await.refused(404, "NOT_FOUND", "");
            for path in [path, one] {
                let answer = world.get(Some(&stranger), &path).await;
                answer.refused(403, "PERMISSION_DENIED", "");
            }
        }
        for entries in ["transcripts/x/entries", "transcripts/x/entries/y"] {
            let path = format!("/{version}/{record}/{entries}");
            world.get(Some(&owner), &path).await.refused(404, "NOT_FOUND", "");
            let answer = world.get(Some(&stranger), &path).await;
            answer.refused(403, "PERMISSION_DENIED", "");
        }
    }
}
