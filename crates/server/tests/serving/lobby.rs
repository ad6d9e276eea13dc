//! The door: who walks in, who knocks, and what the register knows of a knock.

use std::time::Duration;

use db::{Db, Statement};
use serde_json::{Value, json};

use crate::world::{OFFER, Person, World, configuration, text};

/// The last part of a name.
fn id(name: &str) -> &str {
    name.rsplit('/').next().expect("a name has a last part")
}

/// The participants of a conference, by name.
async fn participants(world: &World, reader: &Person, seat: &Value) -> Vec<String> {
    let list = format!("/v2/{}/participants", text(seat, "conferenceRecord"));
    let page = world.get(Some(reader), &list).await.ok();
    let participants = page["participants"].as_array().cloned().unwrap_or_default();
    participants
        .iter()
        .map(|participant| text(participant, "name"))
        .collect()
}

async fn host(world: &World, caller: &Person, space: &str, verb: &str, session: &str) -> crate::world::Answer {
    let body = json!({"session": session});
    world
        .post(Some(caller), &format!("/sederunt/v1/{space}:{verb}"), &body)
        .await
}

#[tokio::test]
async fn who_walks_in_and_who_knocks() {
    let world = World::new().await;
    let (owner, colleague, invited) = (
        world.person("Owner").await,
        world.person("Colleague").await,
        world.person("Invited").await,
    );
    for (access, anonymous_waits, colleague_waits) in [
        ("OPEN", false, false),
        ("TRUSTED", true, false),
        ("RESTRICTED", true, true),
    ] {
        let space = text(&world.space_of(&owner, json!({"accessType": access})).await, "name");
        let member = json!({"email": invited.user.email});
        world
            .post(Some(&owner), &format!("/v2/{space}/members"), &member)
            .await
            .ok();
        for (caller, waits) in [
            (None, anonymous_waits),
            (Some(&colleague), colleague_waits),
            (Some(&invited), false),
            (Some(&owner), false),
        ] {
            let who = caller.map_or("nobody", |person| person.user.display_name.as_str());
            let preview = world.get(caller, &format!("/sederunt/v1/{space}:preview")).await.ok();
            let entry = if waits { "KNOCK" } else { "WALK_IN" };
            assert_eq!(preview["entry"], entry, "{who} at {access}");
            let role = if who == "Owner" { "HOST" } else { "CONTRIBUTOR" };
            assert_eq!(preview["role"], role, "{who} at {access}");
            let seat = world.join(&space, caller, "Ada").await.ok();
            assert_eq!(seat["waiting"] == true, waits, "{who} at {access}");
        }
    }
}

#[tokio::test]
async fn the_door_tells_whether_a_host_is_in_and_whether_one_is_in_oneself() {
    let world = World::new().await;
    let (owner, colleague) = (world.person("Owner").await, world.person("Colleague").await);
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    let check = async |hosted: bool, inside: &[(Option<&Person>, bool)]| {
        for (caller, inside) in inside {
            let preview = world.get(*caller, &format!("/sederunt/v1/{space}:preview")).await.ok();
            let seen = (preview["inside"] == true, preview["hosted"] == true);
            assert_eq!(seen, (*inside, hosted), "{preview}");
        }
    };
    let who = |owner_is, colleague_is| {
        [
            (Some(&owner), owner_is),
            (Some(&colleague), colleague_is),
            (None, false),
        ]
    };
    check(false, &who(false, false)).await;
    world.join(&space, Some(&colleague), "").await.ok();
    check(false, &who(false, true)).await;
    let seat = world.join(&space, Some(&owner), "").await.ok();
    check(true, &who(true, true)).await;
    let leave = json!({"participantSession": seat["participantSession"], "resumeSecret": seat["resumeSecret"]});
    let path = format!("/sederunt/v1/{space}:leave");
    world.post(Some(&owner), &path, &leave).await.ok();
    check(false, &who(false, true)).await;
}

#[tokio::test]
async fn whoever_is_admitted_is_in_the_register_from_then_on() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    let host_seat = world.join(&space, Some(&owner), "").await.ok();
    let knock = world.join(&space, None, "Ada").await.ok();
    assert_eq!(knock["waiting"], true);
    assert_eq!(
        knock["conferenceRecord"], host_seat["conferenceRecord"],
        "the names are those that will be"
    );
    let promised = text(&knock, "participantSession");
    for name in [text(&knock, "participant"), promised.clone()] {
        world
            .get(Some(&owner), &format!("/v2/{name}"))
            .await
            .refused(404, "NOT_FOUND", "");
    }
    let before = participants(&world, &owner, &host_seat).await;
    assert_eq!(before, [text(&host_seat, "participant")]);

    for _ in 0..2 {
        // A second host may admit the same person at the same time.
        assert_eq!(
            host(&world, &owner, &space, "admit", id(&promised)).await.ok(),
            json!({})
        );
    }
    let session = world.get(Some(&owner), &format!("/v2/{promised}")).await.ok();
    let host_session = world
        .get(Some(&owner), &format!("/v2/{}", text(&host_seat, "participantSession")))
        .await
        .ok();
    assert!(session["endTime"].is_null(), "{session}");
    assert!(text(&session, "startTime") > text(&host_session, "startTime"));
    assert_eq!(participants(&world, &owner, &host_seat).await.len(), 2);

    // Admitted once, she walks in again until the conference ends.
    let body = json!({"displayName": "Ada", "resumeSecret": knock["resumeSecret"]});
    let again = world.enter(&space, "join", None, body).await.ok();
    assert!(again["waiting"].is_null(), "{again}");
    assert_eq!(again["participant"], knock["participant"]);
}

#[tokio::test]
async fn a_knock_that_ends_otherwise_is_never_in_the_register() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    let host_seat = world.join(&space, Some(&owner), "").await.ok();
    let denied = world.join(&space, None, "Ada").await.ok();
    let left = world.join(&space, None, "Bo").await.ok();

    let denied_session = text(&denied, "participantSession");
    host(&world, &owner, &space, "deny", id(&denied_session)).await.ok();
    let leave = |secret: &Value| json!({"participantSession": left["participantSession"], "resumeSecret": secret});
    let path = format!("/sederunt/v1/{space}:leave");
    world
        .post(None, &path, &leave(&json!("guess")))
        .await
        .refused(403, "PERMISSION_DENIED", "WRONG_SECRET");
    world.post(None, &path, &leave(&left["resumeSecret"])).await.ok();

    for knock in [&denied, &left] {
        let session = text(knock, "participantSession");
        for verb in ["admit", "deny"] {
            host(&world, &owner, &space, verb, id(&session))
                .await
                .refused(404, "NOT_FOUND", "KNOCK_NOT_FOUND");
        }
        world
            .get(Some(&owner), &format!("/v2/{session}"))
            .await
            .refused(404, "NOT_FOUND", "");
    }
    host(&world, &owner, &space, "admit", "not a session")
        .await
        .refused(404, "NOT_FOUND", "KNOCK_NOT_FOUND");
    let there = participants(&world, &owner, &host_seat).await;
    assert_eq!(there, [text(&host_seat, "participant")]);
}

#[tokio::test]
async fn waiting_starts_no_conference_and_outlasts_one() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    let knock = world.join(&space, None, "Ada").await.ok();
    let seen = world.get(Some(&owner), &format!("/v2/{space}")).await.ok();
    assert!(seen["activeConference"].is_null(), "{seen}");
    let records = world.get(Some(&owner), "/v2/conferenceRecords").await.ok();
    assert_eq!(records, json!({}));

    let seat = world.join(&space, Some(&owner), "").await.ok();
    assert_eq!(
        seat["conferenceRecord"], knock["conferenceRecord"],
        "the next conference is the promised one"
    );
    let end = format!("/sederunt/v1/{space}:end");
    world.post(Some(&owner), &end, &json!({})).await.ok();
    let session = text(&knock, "participantSession");
    host(&world, &owner, &space, "admit", id(&session)).await.ok();
    let seen = world.get(Some(&owner), &format!("/v2/{space}")).await.ok();
    assert!(seen["activeConference"].is_object(), "{seen}");
}

#[tokio::test]
async fn a_stop_ends_the_waiting_and_leaves_nothing_of_it() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    world.join(&space, None, "Ada").await.ok();
    let World { running, data, .. } = world;
    running.drain().await;
    let world = World::on(data).await;
    let records = world.get(Some(&owner), "/v2/conferenceRecords").await.ok();
    assert_eq!(records, json!({}));
}

#[tokio::test]
async fn only_the_app_that_made_a_space_may_be_its_one_entrance() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let config = json!({"accessType": "OPEN", "entryPointAccess": "CREATOR_APP_ONLY"});
    // No app made it: its entrance is our own client.
    let space = text(&world.space_of(&owner, config.clone()).await, "name");
    world.join(&space, None, "Ada").await.ok();

    let theirs = text(&world.space_of(&owner, config).await, "name");
    let id = theirs.strip_prefix("spaces/").expect("a name");
    let made = Statement::new(
        "update space set app = $2 where id = $1",
        vec![id.into(), "an app".into()],
    );
    let location = configuration(&world.data).store.location();
    let db = Db::open(&location).await.expect("a second process could open it too");
    db.write(vec![made.expect(1)]).await.expect("as if an app had made it");
    for caller in [None, Some(&owner)] {
        let preview = world.get(caller, &format!("/sederunt/v1/{theirs}:preview")).await.ok();
        assert_eq!(preview["entry"], "REFUSED");
        let answer = world.join(&theirs, caller, "Ada").await;
        answer.refused(403, "PERMISSION_DENIED", "ENTRY_POINT_NOT_ALLOWED");
    }
}

#[tokio::test]
async fn a_knock_whose_client_is_lost_ends() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({})).await, "name");
    // Nobody is behind this offer, which the media plane reports after fifteen seconds.
    let body = json!({"offer": OFFER, "displayName": "Ada"});
    let join = format!("/sederunt/v1/{space}:join");
    let knock = world.post(None, &join, &body).await.ok();
    tokio::time::sleep(Duration::from_secs(18)).await;
    let session = text(&knock, "participantSession");
    host(&world, &owner, &space, "deny", id(&session))
        .await
        .refused(404, "NOT_FOUND", "KNOCK_NOT_FOUND");
}
