//! What the register tells those who were there, and what an owner has: devices, roles, one's meetings, one's spaces.

use identity::{Scope, Scopes};
use serde_json::{Value, json};

use crate::world::{OFFER, Person, World, text};

async fn join_with(world: &World, space: &str, caller: Option<&Person>, name: &str, device: &str) -> Value {
    let body = json!({"displayName": name, "device": device});
    world.enter(space, "join", caller, body).await.ok()
}

/// Name, role, and the devices newest first.
fn shown(page: &Value) -> Vec<(String, String, Vec<String>)> {
    let attendees = page["attendees"].as_array().expect("attendees");
    let shown = attendees.iter().map(|attendee| {
        let sessions = attendee["sessions"].as_array().expect("sessions");
        let devices = sessions.iter().map(|session| text(session, "device")).collect();
        (text(attendee, "displayName"), text(attendee, "role"), devices)
    });
    shown.collect()
}

#[tokio::test]
async fn devices_and_roles_are_recorded() {
    let world = World::new().await;
    let (owner, guest) = (world.person("Owner").await, world.person("Guest").await);
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let seat = join_with(&world, &space, Some(&owner), "", "FULL").await;
    join_with(&world, &space, Some(&owner), "", "COMPANION").await;
    join_with(&world, &space, Some(&guest), "", "VIEWER").await;
    join_with(&world, &space, None, "Ada", "KIND_UNSPECIFIED").await;

    let path = format!("/sederunt/v1/{}/attendance", text(&seat, "conferenceRecord"));
    let page = world.get(Some(&owner), &path).await.ok();
    let row = |name: &str, role: &str, devices: &[&str]| {
        let devices = devices.iter().map(ToString::to_string).collect();
        (name.to_owned(), role.to_owned(), devices)
    };
    let expected = [
        row("Ada", "CONTRIBUTOR", &["FULL"]),
        row("Guest", "VIEWER", &["VIEWER"]),
        row("Owner", "HOST", &["COMPANION", "FULL"]),
    ];
    assert_eq!(shown(&page), expected);
    assert_eq!(
        page["attendees"][1]["user"],
        format!("users/{}", guest.user.id.as_str())
    );
    assert!(page["attendees"][0]["user"].is_null(), "Ada was not signed in");

    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let page = world
            .get(Some(&guest), &format!("{path}?pageSize=2&pageToken={token}"))
            .await
            .ok();
        pages.extend(shown(&page));
        match page["nextPageToken"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(pages, expected);
}

#[tokio::test]
async fn a_companion_belongs_to_somebody() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    for (device, http, status, detail) in [
        (json!("COMPANION"), 403, "PERMISSION_DENIED", "SIGN_IN_REQUIRED"),
        (json!(9), 400, "INVALID_ARGUMENT", "device"),
    ] {
        let body = json!({"offer": OFFER, "displayName": "Ada", "device": device});
        let answer = world.post(None, &format!("/sederunt/v1/{space}:join"), &body).await;
        answer.refused(http, status, detail);
    }
}

#[tokio::test]
async fn newcomers_who_only_watch_are_recorded_as_viewers() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let config = json!({
        "accessType": "OPEN", "moderation": "ON", "moderationRestrictions": {"defaultJoinAsViewerType": "ON"},
    });
    let space = text(&world.space_of(&owner, config).await, "name");
    join_with(&world, &space, Some(&owner), "", "FULL").await;
    let seat = join_with(&world, &space, None, "Ada", "FULL").await;
    let path = format!("/sederunt/v1/{}/attendance", text(&seat, "conferenceRecord"));
    let page = world.get(Some(&owner), &path).await.ok();
    assert_eq!(
        shown(&page)[0],
        ("Ada".to_owned(), "VIEWER".to_owned(), vec!["VIEWER".to_owned()])
    );
}

#[tokio::test]
async fn meetings_are_for_those_who_were_there() {
    let world = World::new().await;
    let (owner, guest, stranger) = (
        world.person("Owner").await,
        world.person("Guest").await,
        world.person("Eve").await,
    );
    let space = world.space_of(&owner, json!({"accessType": "OPEN"})).await;
    let name = text(&space, "name");
    let seat = world.join(&name, Some(&guest), "").await.ok();
    world.join(&name, None, "Ada").await.ok();
    for (caller, there) in [(&owner, true), (&guest, true), (&stranger, false)] {
        let page = world.get(Some(caller), "/sederunt/v1/meetings").await.ok();
        let listed = &page["meetings"];
        if there {
            assert_eq!(listed[0]["conferenceRecord"], seat["conferenceRecord"]);
            assert_eq!(listed[0]["meetingCode"], space["meetingCode"]);
            assert_eq!(listed[0]["participantCount"], 2);
            assert!(listed[0]["endTime"].is_null(), "{page}");
        } else {
            assert!(listed.is_null(), "{page}");
        }
        let path = format!("/sederunt/v1/{}/attendance", text(&seat, "conferenceRecord"));
        let answer = world.get(Some(caller), &path).await;
        if there {
            answer.ok();
        } else {
            answer.refused(403, "PERMISSION_DENIED", "");
        }
    }
    for path in ["meetings", "spaces"] {
        world
            .get(None, &format!("/sederunt/v1/{path}"))
            .await
            .refused(401, "UNAUTHENTICATED", "CREDENTIALS_MISSING");
    }
}

#[tokio::test]
async fn spaces_are_their_owners() {
    let world = World::new().await;
    let (owner, guest) = (world.person("Owner").await, world.person("Guest").await);
    let first = world.space_of(&owner, json!({"accessType": "OPEN"})).await;
    let second = world.space_of(&owner, json!({})).await;
    world.join(&text(&first, "name"), None, "Ada").await.ok();

    let page = world.get(Some(&owner), "/sederunt/v1/spaces?pageSize=1").await.ok();
    assert_eq!(page["spaces"][0]["space"], second["name"]);
    assert_eq!(page["spaces"][0]["accessType"], "TRUSTED");
    let next = format!(
        "/sederunt/v1/spaces?pageSize=1&pageToken={}",
        text(&page, "nextPageToken")
    );
    let page = world.get(Some(&owner), &next).await.ok();
    let own = &page["spaces"][0];
    assert_eq!(own["space"], first["name"]);
    assert_eq!(own["meetingCode"], first["meetingCode"]);
    assert_eq!(own["meetingUri"], first["meetingUri"]);
    assert_eq!(own["active"], true);
    assert!(
        own["createTime"].is_string() && own["lastUsedTime"].is_string(),
        "{own}"
    );
    assert!(page["nextPageToken"].is_null(), "{page}");
    assert_eq!(world.get(Some(&guest), "/sederunt/v1/spaces").await.ok(), json!({}));
}

#[tokio::test]
async fn a_space_keeps_its_records_as_long_as_its_owner_says() {
    let world = World::new().await;
    let (owner, guest) = (world.person("Owner").await, world.person("Guest").await);
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let record = text(&world.join(&space, Some(&owner), "").await.ok(), "conferenceRecord");
    let path = format!("/sederunt/v1/{space}/retention");
    let expires = async || {
        let record = world.get(Some(&owner), &format!("/v2/{record}")).await.ok();
        record["expireTime"].is_string()
    };
    let retention = world.get(Some(&owner), &path).await.ok();
    assert_eq!(retention, json!({"space": space, "policy": "INSTALLATION", "days": 30}));
    let headers = [("content-type", "application/json")];
    let change = async |caller, body: Value| world.send("PATCH", caller, &path, &headers, &body.to_string()).await;
    for (body, policy, days) in [
        (json!({"policy": "NEVER"}), "NEVER", json!(null)),
        (json!({"policy": "DAYS", "days": 7}), "DAYS", json!(7)),
        (json!({"policy": "INSTALLATION"}), "INSTALLATION", json!(30)),
    ] {
        let answer = change(Some(&owner), body).await.ok();
        assert_eq!((&answer["policy"], &answer["days"]), (&json!(policy), &days));
        assert_eq!(world.get(Some(&owner), &path).await.ok(), answer);
        assert_eq!(expires().await, policy != "NEVER");
    }
    for (body, field) in [
        (json!({"policy": "DAYS"}), "days"),
        (json!({"policy": "DAYS", "days": 36_501}), "days"),
        (json!({"policy": "DAYS", "days": -1}), "days"),
        (json!({}), "policy"),
        (json!({"policy": 9}), "policy"),
    ] {
        change(Some(&owner), body).await.refused(400, "INVALID_ARGUMENT", field);
    }
    change(Some(&guest), json!({"policy": "NEVER"}))
        .await
        .refused(403, "PERMISSION_DENIED", "");
    world
        .get(Some(&guest), &path)
        .await
        .refused(403, "PERMISSION_DENIED", "");
}

#[tokio::test]
async fn a_program_is_told_from_the_person_as_whom_it_came() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let program = world.person_with("Owner", Scopes::of(&[Scope::Participate])).await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let seat = join_with(&world, &space, Some(&owner), "", "FULL").await;
    let programs = join_with(&world, &space, Some(&program), "", "FULL").await;
    join_with(&world, &space, None, "Ada", "FULL").await;

    let path = format!("/sederunt/v1/{}/attendance", text(&seat, "conferenceRecord"));
    let page = world.get(Some(&owner), &path).await.ok();
    let told: Vec<(&str, Vec<bool>)> = page["attendees"]
        .as_array()
        .expect("attendees")
        .iter()
        .map(|attendee| {
            let sessions = attendee["sessions"].as_array().expect("sessions").iter();
            let by_program = sessions.map(|session| session["byProgram"].as_bool().unwrap_or(false));
            (attendee["displayName"].as_str().expect("a name"), by_program.collect())
        })
        .collect();
    assert_eq!(told, [("Ada", vec![false]), ("Owner", vec![true, false])]);

    // The vendor's contract has no word for it, and its message none more.
    let session = world
        .get(Some(&owner), &format!("/v2/{}", text(&programs, "participantSession")))
        .await
        .ok();
    let fields: Vec<_> = session.as_object().expect("a message").keys().collect();
    assert_eq!(fields, ["name", "startTime"]);
}
