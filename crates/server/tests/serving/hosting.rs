//! Running a meeting: who may, and what comes of it.

use identity::{Scope, Scopes};
use serde_json::{Value, json};

use crate::world::{Answer, OFFER, Person, World, text};

struct Meeting {
    world: World,
    owner: Person,
    cohost: Person,
    guest: Person,
    space: String,
}

impl Meeting {
    /// An open meeting with a co-host who was named, and a guest who is in it.
    async fn new() -> Meeting {
        let world = World::new().await;
        let (owner, cohost, guest) = (
            world.person("Owner").await,
            world.person("Cohost").await,
            world.person("Guest").await,
        );
        let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
        let member = json!({"email": cohost.user.email, "role": "COHOST"});
        world
            .post(Some(&owner), &format!("/v2/{space}/members"), &member)
            .await
            .ok();
        world.join(&space, Some(&guest), "").await.ok();
        Meeting {
            world,
            owner,
            cohost,
            guest,
            space,
        }
    }

    async fn ask(&self, caller: Option<&Person>, verb: &str, body: &Value) -> Answer {
        let path = format!("/sederunt/v1/{}:{verb}", self.space);
        self.world.post(caller, &path, body).await
    }
}

fn key(seat: &Value) -> String {
    let name = text(seat, "participant");
    format!("participants/{}", name.rsplit('/').next().expect("an id"))
}

#[tokio::test]
async fn only_hosts_run_a_meeting() {
    let meeting = Meeting::new().await;
    let stranger = meeting.world.person("Eve").await;
    // What reads, changes or receives the owner's meetings runs none.
    let mut narrow = Vec::new();
    for scope in Scopes::MEET.iter() {
        narrow.push(meeting.world.person_with("Owner", Scopes::of(&[scope])).await);
    }
    let participate = Scopes::of(&[Scope::Participate]);
    let participating = meeting.world.person_with("Owner", participate).await;
    let session = "A".repeat(22);
    for (verb, body) in [
        ("admit", json!({"session": session})),
        ("deny", json!({"session": session})),
        ("mute", json!({})),
        ("remove", json!({"participant": "participants/x"})),
        ("moderate", json!({"moderation": true})),
        ("end", json!({})),
    ] {
        for caller in [None, Some(&meeting.guest), Some(&stranger)] {
            let answer = meeting.ask(caller, verb, &body).await;
            answer.refused(403, "PERMISSION_DENIED", "HOST_NEEDED");
        }
        for caller in &narrow {
            let answer = meeting.ask(Some(caller), verb, &body).await;
            answer.refused(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
        }
        for caller in [&meeting.owner, &meeting.cohost, &participating] {
            let answer = meeting.ask(Some(caller), verb, &body).await;
            assert!(!answer.text.contains("HOST_NEEDED"), "{verb}: {}", answer.text);
        }
        let nowhere = format!("/sederunt/v1/spaces/AAAAAAAAAAAA:{verb}");
        let answer = meeting.world.post(Some(&meeting.owner), &nowhere, &body).await;
        answer.refused(404, "NOT_FOUND", "MEETING_NOT_FOUND");
    }
}

#[tokio::test]
async fn whoever_is_put_out_must_knock_to_come_back() {
    let meeting = Meeting::new().await;
    let ada = meeting.world.join(&meeting.space, None, "Ada").await.ok();
    let body = json!({"participant": key(&ada)});
    meeting.ask(Some(&meeting.cohost), "remove", &body).await.ok();
    let session = format!("/v2/{}", text(&ada, "participantSession"));
    let ended = meeting.world.get(Some(&meeting.owner), &session).await.ok();
    assert!(ended["endTime"].is_string(), "{ended}");

    let resume = json!({
        "offer": OFFER, "displayName": "Ada",
        "conferenceRecord": ada["conferenceRecord"], "resumeSecret": ada["resumeSecret"],
    });
    let answer = meeting.ask(None, "resume", &resume).await;
    answer.refused(403, "PERMISSION_DENIED", "REMOVED");
    let join = json!({"displayName": "Ada", "resumeSecret": ada["resumeSecret"]});
    let knock = meeting.world.enter(&meeting.space, "join", None, join).await.ok();
    assert_eq!(knock["waiting"], true, "although the meeting is open");
    assert_eq!(knock["participant"], ada["participant"]);

    let attendance = format!("/sederunt/v1/{}/attendance", text(&ada, "conferenceRecord"));
    let removed = async || {
        let page = meeting.world.get(Some(&meeting.owner), &attendance).await.ok();
        let attendees = page["attendees"].as_array().expect("attendees").clone();
        let ada = attendees.into_iter().find(|attendee| attendee["displayName"] == "Ada");
        ada.expect("she was there")["removed"] == true
    };
    assert!(removed().await);
    let session = text(&knock, "participantSession");
    let admit = json!({"session": session.rsplit('/').next()});
    meeting.ask(Some(&meeting.cohost), "admit", &admit).await.ok();
    assert!(!removed().await, "she has been admitted since");
}

#[tokio::test]
async fn a_guest_who_was_put_out_sees_that_they_must_knock() {
    let meeting = Meeting::new().await;
    let participant = format!("participants/{}", meeting.guest.user.id.as_str());
    let preview = format!("/sederunt/v1/{}:preview", meeting.space);
    for (entry, puts_out) in [("WALK_IN", true), ("KNOCK", false)] {
        let seen = meeting.world.get(Some(&meeting.guest), &preview).await.ok();
        assert_eq!(seen["entry"], entry);
        if puts_out {
            // Somebody stays, so that the conference does.
            meeting.world.join(&meeting.space, None, "Keeper").await.ok();
            let body = json!({"participant": participant});
            meeting.ask(Some(&meeting.owner), "remove", &body).await.ok();
        }
    }
}

#[tokio::test]
async fn once_a_guest_was_put_out_guests_knock() {
    let meeting = Meeting::new().await;
    let other = meeting.world.person("Other").await;
    let (space, preview) = (&meeting.space, format!("/sederunt/v1/{}:preview", meeting.space));
    let ada = meeting.world.join(space, None, "Ada").await.ok();
    let body = json!({"participant": key(&ada)});
    meeting.ask(Some(&meeting.owner), "remove", &body).await.ok();
    for (caller, entry) in [
        (None, "KNOCK"),
        (Some(&other), "WALK_IN"),
        (Some(&meeting.guest), "WALK_IN"),
    ] {
        let seen = meeting.world.get(caller, &preview).await.ok();
        assert_eq!(seen["entry"], entry);
        let seat = meeting.world.join(space, caller, "Ada").await.ok();
        assert_eq!(seat["waiting"] == true, entry == "KNOCK", "{seat}");
    }

    meeting.ask(Some(&meeting.owner), "end", &json!({})).await.ok();
    let seen = meeting.world.get(None, &preview).await.ok();
    assert_eq!(seen["entry"], "WALK_IN", "the next conference starts afresh");
    let seat = meeting.world.join(space, None, "Ada").await.ok();
    assert_eq!(seat["waiting"], Value::Null);
}

#[tokio::test]
async fn who_is_not_there_cannot_be_acted_upon() {
    let meeting = Meeting::new().await;
    let seat = meeting.world.join(&meeting.space, Some(&meeting.owner), "").await.ok();
    let absent = json!({"participant": format!("participants/{}", "A".repeat(22))});
    for verb in ["mute", "remove"] {
        let answer = meeting.ask(Some(&meeting.owner), verb, &absent).await;
        answer.refused(404, "NOT_FOUND", "NOT_PRESENT");
        let answer = meeting
            .ask(Some(&meeting.owner), verb, &json!({"participant": "Ada"}))
            .await;
        answer.refused(400, "INVALID_ARGUMENT", "participant");
    }
    let host = json!({"participant": key(&seat)});
    let answer = meeting.ask(Some(&meeting.cohost), "remove", &host).await;
    answer.refused(400, "FAILED_PRECONDITION", "HOST_STAYS");
    for body in [json!({}), host] {
        meeting.ask(Some(&meeting.cohost), "mute", &body).await.ok();
    }
    for (http, status, reason) in [(200, None, ""), (400, Some("FAILED_PRECONDITION"), "CONFERENCE_OVER")] {
        let answer = meeting.ask(Some(&meeting.cohost), "end", &json!({})).await;
        match status {
            Some(status) => answer.refused(http, status, reason),
            None => assert_eq!(answer.ok(), json!({})),
        }
    }
}

#[tokio::test]
async fn locks_are_settings_of_the_space() {
    let meeting = Meeting::new().await;
    let locked = json!({
        "moderation": true, "chatRestriction": "HOSTS_ONLY",
        "reactionRestriction": "NO_RESTRICTION", "presentRestriction": "NO_RESTRICTION",
    });
    let body = json!({"moderation": true, "chatRestriction": "HOSTS_ONLY"});
    let space = format!("/v2/{}", meeting.space);
    let before = meeting.world.get(Some(&meeting.owner), &space).await.ok();
    let from_outside = meeting.ask(Some(&meeting.cohost), "moderate", &body).await;
    from_outside.refused(403, "PERMISSION_DENIED", "NOT_INSIDE");
    assert_eq!(meeting.world.get(Some(&meeting.owner), &space).await.ok(), before);

    meeting.world.join(&meeting.space, Some(&meeting.cohost), "").await.ok();
    assert_eq!(meeting.ask(Some(&meeting.cohost), "moderate", &body).await.ok(), locked);
    assert_eq!(
        meeting.ask(Some(&meeting.cohost), "moderate", &json!({})).await.ok(),
        locked,
        "what is not given stays"
    );
    let seen = meeting.world.get(Some(&meeting.owner), &space).await.ok();
    assert_eq!(seen["config"]["moderation"], "ON");
    assert_eq!(
        seen["config"]["moderationRestrictions"]["chatRestriction"],
        "HOSTS_ONLY"
    );

    let off = meeting
        .ask(Some(&meeting.owner), "moderate", &json!({"moderation": false}))
        .await
        .ok();
    let open = json!({
        "chatRestriction": "NO_RESTRICTION", "reactionRestriction": "NO_RESTRICTION", "presentRestriction": "NO_RESTRICTION",
    });
    assert_eq!(off, open, "they end with it");
    let answer = meeting
        .ask(Some(&meeting.owner), "moderate", &json!({"presentRestriction": 7}))
        .await;
    answer.refused(400, "INVALID_ARGUMENT", "present_restriction");

    meeting.ask(Some(&meeting.owner), "end", &json!({})).await.ok();
    let afterwards = meeting.ask(Some(&meeting.cohost), "moderate", &body).await;
    afterwards.refused(400, "FAILED_PRECONDITION", "CONFERENCE_OVER");
    meeting.ask(Some(&meeting.owner), "moderate", &body).await.ok();
}

#[tokio::test]
async fn whoever_is_made_a_cohost_runs_the_meeting_at_once() {
    let meeting = Meeting::new().await;
    let preview = format!("/sederunt/v1/{}:preview", meeting.space);
    let role = async || meeting.world.get(Some(&meeting.guest), &preview).await.ok()["role"].clone();
    assert_eq!(role().await, "CONTRIBUTOR");
    let member = json!({"email": meeting.guest.user.email, "role": "COHOST"});
    let members = format!("/v2/{}/members", meeting.space);
    meeting.world.post(Some(&meeting.owner), &members, &member).await.ok();
    assert_eq!(role().await, "COHOST");
    let page = meeting
        .world
        .get(Some(&meeting.owner), "/sederunt/v1/meetings")
        .await
        .ok();
    let record = text(&page["meetings"][0], "conferenceRecord");
    let attendance = format!("/sederunt/v1/{record}/attendance");
    let page = meeting.world.get(Some(&meeting.owner), &attendance).await.ok();
    assert_eq!(
        page["attendees"][0]["role"], "COHOST",
        "they are in the meeting already"
    );
    meeting.ask(Some(&meeting.guest), "mute", &json!({})).await.ok();
}
