//! Joining, coming back and leaving.

use identity::{Scope, Scopes};
use serde_json::json;

use crate::world::{OFFER, World, text};

#[tokio::test]
async fn a_join_is_in_the_register_when_it_is_answered() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = world.space_of(&owner, json!({"accessType": "OPEN"})).await;
    let seat = world.join(&text(&space, "name"), None, "Ada").await.ok();
    let session = world
        .get(Some(&owner), &format!("/v2/{}", text(&seat, "participantSession")))
        .await
        .ok();
    assert!(session["endTime"].is_null(), "{session}");
    let participant = world
        .get(Some(&owner), &format!("/v2/{}", text(&seat, "participant")))
        .await
        .ok();
    assert_eq!(participant["anonymousUser"]["displayName"], "Ada");
    let answer = text(&seat, "answer");
    assert!(
        answer.contains("a=candidate") && answer.contains("a=end-of-candidates"),
        "{answer}"
    );
    assert_eq!(text(&seat, "space"), text(&space, "name"));
}

#[tokio::test]
async fn who_may_not_enter_is_told_why() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let open = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let files_only = world.person_with("Files", Scopes::of(&[Scope::DriveReadonly])).await;
    for (space, caller, body, http, status, detail) in [
        (
            &*open,
            None,
            json!({"offer": OFFER}),
            400,
            "INVALID_ARGUMENT",
            "NAME_REQUIRED",
        ),
        (
            &open,
            None,
            json!({"offer": OFFER, "displayName": "x".repeat(101)}),
            400,
            "INVALID_ARGUMENT",
            "NAME_TOO_LONG",
        ),
        (
            &open,
            None,
            json!({"offer": OFFER, "displayName": "a\u{202e}b"}),
            400,
            "INVALID_ARGUMENT",
            "NAME_NOT_ALLOWED",
        ),
        (
            &open,
            None,
            json!({"offer": OFFER, "displayName": "\u{3164}"}),
            400,
            "INVALID_ARGUMENT",
            "NAME_REQUIRED",
        ),
        (
            &open,
            None,
            json!({"offer": OFFER, "displayName": format!("Ada{}", "\u{336}".repeat(97))}),
            400,
            "INVALID_ARGUMENT",
            "NAME_NOT_ALLOWED",
        ),
        (
            &open,
            None,
            json!({"offer": "hello", "displayName": "Ada"}),
            400,
            "FAILED_PRECONDITION",
            "INVALID_OFFER",
        ),
        (
            &open,
            None,
            json!({"offer": OFFER, "displayName": "Ada", "resumeSecret": "x".repeat(200)}),
            400,
            "INVALID_ARGUMENT",
            "resume_secret",
        ),
        (
            &open,
            Some(&files_only),
            json!({"offer": OFFER}),
            403,
            "PERMISSION_DENIED",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        ),
        (
            "spaces/abc-defg-hij",
            None,
            json!({"offer": OFFER, "displayName": "Ada"}),
            404,
            "NOT_FOUND",
            "MEETING_NOT_FOUND",
        ),
    ] {
        world
            .post(caller, &format!("/sederunt/v1/{space}:join"), &body)
            .await
            .refused(http, status, detail);
    }
    let list = world.get(Some(&owner), "/v2/conferenceRecords").await.ok();
    assert_eq!(list, json!({}), "nobody entered");
}

#[tokio::test]
async fn a_token_for_some_things_only_enters_if_taking_part_is_one_of_them() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let keeper = world.join(&space, None, "Keeper").await.ok();
    let path = |verb: &str| format!("/sederunt/v1/{space}:{verb}");
    let join = json!({"offer": OFFER});
    let resume = json!({"offer": OFFER, "conferenceRecord": keeper["conferenceRecord"], "resumeSecret": "x"});
    let all_but_one = Scopes::MEET.iter().skip(1).collect();
    let narrow = Scopes::MEET.iter().map(|scope| Scopes::of(&[scope]));
    for scopes in narrow.chain([all_but_one]) {
        let caller = world.person_with("Owner", scopes).await;
        for (verb, body) in [("join", &join), ("resume", &resume)] {
            let answer = world.post(Some(&caller), &path(verb), body).await;
            answer.refused(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
        }
        let seen = world.get(Some(&caller), &path("preview")).await.ok();
        let seen = (&seen["entry"], &seen["participantCount"]);
        assert_eq!(seen, (&json!("REFUSED"), &json!(1)), "{scopes:?}");
    }
    for scopes in [Scopes::of(&[Scope::Participate]), Scopes::MEET] {
        let caller = world.person_with("Owner", scopes).await;
        world.join(&space, Some(&caller), "").await.ok();
        let seen = world.get(Some(&caller), &path("preview")).await.ok();
        let seen = (&seen["entry"], &seen["participantCount"]);
        assert_eq!(seen, (&json!("WALK_IN"), &json!(2)), "{scopes:?}");
    }
}

#[tokio::test]
async fn who_holds_the_secret_is_the_same_participant() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(
        &world.space_of(&owner, json!({"accessType": "OPEN"})).await,
        "meetingCode",
    );
    let space = format!("spaces/{}", space.to_uppercase());
    let keeper = world.join(&space, None, "Keeper").await.ok();
    let ada = world.join(&space, None, "Ada").await.ok();
    let leave = json!({"participantSession": ada["participantSession"], "resumeSecret": ada["resumeSecret"]});
    for _ in 0..2 {
        assert_eq!(
            world
                .post(None, &format!("/sederunt/v1/{space}:leave"), &leave)
                .await
                .ok(),
            json!({})
        );
    }
    let left = world
        .get(Some(&owner), &format!("/v2/{}", text(&ada, "participant")))
        .await
        .ok();
    assert!(left["latestEndTime"].is_string(), "{left}");

    let body = json!({"displayName": "Ada L.", "resumeSecret": ada["resumeSecret"]});
    let again = world.enter(&space, "join", None, body).await.ok();
    assert_eq!(again["participant"], ada["participant"]);
    assert_ne!(again["participantSession"], ada["participantSession"]);
    let back = world
        .get(Some(&owner), &format!("/v2/{}", text(&ada, "participant")))
        .await
        .ok();
    assert_eq!(back["anonymousUser"]["displayName"], "Ada L.");
    assert!(back["latestEndTime"].is_null(), "{back}");
    assert_eq!(keeper["conferenceRecord"], again["conferenceRecord"]);
}

#[tokio::test]
async fn a_seat_is_its_holders_alone() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let ada = world.join(&space, None, "Ada").await.ok();
    let session = &ada["participantSession"];
    let other = text(&ada, "participantSession")
        .rsplit_once('/')
        .expect("a name")
        .0
        .to_owned()
        + "/"
        + &"A".repeat(22);
    for (body, http, status, detail) in [
        (
            json!({"participantSession": session, "resumeSecret": "A"}),
            403,
            "PERMISSION_DENIED",
            "WRONG_SECRET",
        ),
        (
            json!({"participantSession": session}),
            403,
            "PERMISSION_DENIED",
            "WRONG_SECRET",
        ),
        (
            json!({"participantSession": other, "resumeSecret": "A"}),
            404,
            "NOT_FOUND",
            "SESSION_NOT_FOUND",
        ),
        (
            json!({"participantSession": "x"}),
            400,
            "INVALID_ARGUMENT",
            "participant_session",
        ),
    ] {
        world
            .post(None, &format!("/sederunt/v1/{space}:leave"), &body)
            .await
            .refused(http, status, detail);
    }
    let body = json!({"participantSession": other, "resumeSecret": "A"});
    let nowhere = world.post(None, "/sederunt/v1/spaces/AAAAAAAAAAAA:leave", &body).await;
    nowhere.refused(404, "NOT_FOUND", "MEETING_NOT_FOUND");
    let resume = json!({
        "offer": OFFER, "displayName": "Eve", "conferenceRecord": ada["conferenceRecord"], "resumeSecret": "guess",
    });
    let answer = world.post(None, &format!("/sederunt/v1/{space}:resume"), &resume).await;
    answer.refused(403, "PERMISSION_DENIED", "NOT_A_PARTICIPANT");
}

#[tokio::test]
async fn a_client_comes_back_to_its_conference_or_not_at_all() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let ada = world.join(&space, None, "Ada").await.ok();
    let resume = json!({
        "displayName": "Ada", "conferenceRecord": ada["conferenceRecord"], "resumeSecret": ada["resumeSecret"],
    });
    let back = world.enter(&space, "resume", None, resume).await.ok();
    assert_eq!(back["participant"], ada["participant"]);
    let lost = world
        .get(Some(&owner), &format!("/v2/{}", text(&ada, "participantSession")))
        .await
        .ok();
    assert!(
        text(&lost, "endTime") >= text(&lost, "startTime"),
        "the session that was lost ended when it was last heard of"
    );

    world
        .post(Some(&owner), &format!("/v2/{space}:endActiveConference"), &json!({}))
        .await
        .ok();
    let resume = json!({
        "offer": OFFER, "displayName": "Ada",
        "conferenceRecord": back["conferenceRecord"], "resumeSecret": back["resumeSecret"],
    });
    let answer = world.post(None, &format!("/sederunt/v1/{space}:resume"), &resume).await;
    answer.refused(400, "FAILED_PRECONDITION", "CONFERENCE_OVER");
}

#[tokio::test]
async fn a_user_is_one_participant_on_all_devices() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    let first = world.join(&space, Some(&owner), "not my name").await.ok();
    let second = world.join(&space, Some(&owner), "").await.ok();
    assert_eq!(first["participant"], second["participant"]);
    assert!(text(&first, "participant").ends_with(owner.user.id.as_str()));
    let participant = world
        .get(Some(&owner), &format!("/v2/{}", text(&first, "participant")))
        .await
        .ok();
    assert_eq!(participant["signedinUser"]["displayName"], "Owner");
    let preview = world.get(None, &format!("/sederunt/v1/{space}:preview")).await.ok();
    assert_eq!(
        (&preview["active"], &preview["participantCount"]),
        (&json!(true), &json!(1))
    );
}

#[tokio::test]
async fn anybody_may_look_through_the_door() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = world.space_of(&owner, json!({"accessType": "OPEN"})).await;
    let preview = world
        .get(
            None,
            &format!("/sederunt/v1/spaces/{}:preview", text(&space, "meetingCode")),
        )
        .await
        .ok();
    assert_eq!(preview["space"], space["name"]);
    assert_eq!(preview["meetingUri"], space["meetingUri"]);
    assert!(preview["active"].is_null(), "false is left out: {preview}");
    world
        .get(None, "/sederunt/v1/spaces/abc-defg-hij:preview")
        .await
        .refused(404, "NOT_FOUND", "MEETING_NOT_FOUND");
}
