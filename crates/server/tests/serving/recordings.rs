//! Recordings of meetings: who records, what is told of it, in both contracts, and how its files are fetched and go.

use std::time::Duration;

use serde_json::{Value, json};

use crate::administration::administrator;
use crate::world::{Answer, Person, World, ask, text};
use identity::Scopes;

struct Meeting {
    world: World,
    owner: Person,
    cohost: Person,
    guest: Person,
    space: String,
}

impl Meeting {
    /// A meeting of this configuration, with a co-host who is named and a guest who is in it.
    async fn new(config: Value) -> Meeting {
        let world = World::new().await;
        let [owner, cohost, guest] = [
            world.person("Owner").await,
            world.person("Cohost").await,
            world.person("Guest").await,
        ];
        let space = text(&world.space_of(&owner, config).await, "name");
        let member = json!({"email": cohost.user.email, "role": "COHOST"});
        let path = format!("/v2/{space}/members");
        world.post(Some(&owner), &path, &member).await.ok();
        world.join(&space, Some(&guest), "").await.ok();
        Meeting {
            world,
            owner,
            cohost,
            guest,
            space,
        }
    }

    async fn ask(&self, caller: Option<&Person>, verb: &str) -> Answer {
        let path = format!("/sederunt/v1/{}:{verb}", self.space);
        self.world.post(caller, &path, &json!({})).await
    }

    async fn preview(&self) -> Value {
        let path = format!("/sederunt/v1/{}:preview", self.space);
        self.world.get(None, &path).await.ok()["recorded"].clone()
    }

    /// The recording of this name, once its files are there.
    async fn finished(&self, name: &str) -> Value {
        for _ in 0..200 {
            let recording = self
                .world
                .get(Some(&self.owner), &format!("/sederunt/v1/{name}"))
                .await
                .ok();
            match recording["state"].as_str() {
                Some("FILE_GENERATED") => return recording,
                Some("ENDED") => tokio::time::sleep(Duration::from_millis(50)).await,
                other => panic!("{other:?}: {recording}"),
            }
        }
        panic!("its files are not made")
    }

    /// A file by its link.
    async fn fetch(&self, uri: &str, range: &str) -> Answer {
        let (_, path) = uri.split_once("/sederunt/").expect("a link of ours");
        let headers: &[(&str, &str)] = if range.is_empty() { &[] } else { &[("range", range)] };
        let path = format!("/sederunt/{path}");
        crate::world::send_from([127, 0, 0, 1], self.world.address, "GET", &path, headers, "").await
    }
}

#[tokio::test]
async fn hosts_record_and_everybody_who_was_there_reads() {
    let meeting = Meeting::new(json!({"accessType": "OPEN"})).await;
    for caller in [None, Some(&meeting.guest)] {
        for verb in ["startRecording", "stopRecording", "pauseRecording", "resumeRecording"] {
            let answer = meeting.ask(caller, verb).await;
            answer.refused(403, "PERMISSION_DENIED", "HOST_NEEDED");
        }
    }
    let answer = meeting.ask(Some(&meeting.owner), "stopRecording").await;
    answer.refused(400, "FAILED_PRECONDITION", "NOT_RECORDING");
    assert_eq!(meeting.preview().await, Value::Null);

    let started = meeting.ask(Some(&meeting.cohost), "startRecording").await.ok();
    assert_eq!(started["state"], "STARTED");
    assert_eq!(started["starter"], format!("users/{}", meeting.cohost.user.id));
    assert_eq!(meeting.preview().await, "RECORDING");
    let answer = meeting.ask(Some(&meeting.owner), "startRecording").await;
    answer.refused(400, "FAILED_PRECONDITION", "ALREADY_RECORDING");
    let paused = meeting.ask(Some(&meeting.owner), "pauseRecording").await.ok();
    assert_eq!((&paused["name"], &paused["paused"]), (&started["name"], &json!(true)));
    assert_eq!(meeting.preview().await, "PAUSED");
    let resumed = meeting.ask(Some(&meeting.owner), "resumeRecording").await.ok();
    assert_eq!(resumed["paused"], Value::Null);

    let name = text(&started, "name");
    let vendors = format!("/v2/{name}");
    let going_on = meeting.world.get(Some(&meeting.guest), &vendors).await.ok();
    assert_eq!(going_on["state"], "STARTED");
    assert_eq!(
        (&going_on["endTime"], &going_on["driveDestination"]),
        (&Value::Null, &Value::Null)
    );
    let stopped = meeting.ask(Some(&meeting.owner), "stopRecording").await.ok();
    assert_eq!(stopped["endReason"], "STOPPED");

    let whole = meeting.finished(&name).await;
    assert_eq!(whole["pauses"].as_array().map(Vec::len), Some(1), "{whole}");
    assert_eq!(whole["deletable"], true);
    let over = meeting.world.get(Some(&meeting.guest), &vendors).await.ok();
    assert_eq!(over["state"], "FILE_GENERATED");
    let id = name.rsplit('/').next().expect("an id");
    assert_eq!(over["driveDestination"]["file"], id);
    assert_eq!(over["driveDestination"]["exportUri"], whole["playerUri"]);
    assert!(
        text(&whole, "playerUri").ends_with(&format!("/recordings/{id}")),
        "{whole}"
    );

    // Another one, until the end of the conference.
    meeting.ask(Some(&meeting.owner), "startRecording").await.ok();
    meeting.ask(Some(&meeting.owner), "end").await.ok();
    let (conference, _) = name.split_once("/recordings").expect("its conference");
    let list = format!("/v2beta/{conference}/recordings");
    let page = meeting
        .world
        .get(Some(&meeting.guest), &format!("{list}?pageSize=1"))
        .await
        .ok();
    assert_eq!(page["recordings"][0]["name"], name);
    let token = text(&page, "nextPageToken");
    let next = format!("{list}?pageSize=1&pageToken={token}");
    let page = meeting.world.get(Some(&meeting.guest), &next).await.ok();
    assert_eq!(page["recordings"].as_array().map(Vec::len), Some(1));
    let second = text(&page["recordings"][0], "name");
    let record = meeting
        .world
        .get(Some(&meeting.owner), &format!("/v2/{conference}"))
        .await
        .ok();
    let second = meeting.finished(&second).await;
    assert_eq!(second["endTime"], record["endTime"], "it ends with its conference");
    assert_eq!(second["endReason"], "CONFERENCE_ENDED");

    let stranger = meeting.world.person("Eve").await;
    for path in [
        &vendors,
        &list,
        &format!("/sederunt/v1/{name}"),
        &format!("/sederunt/v1/{conference}/recordings"),
    ] {
        assert_eq!(meeting.world.get(Some(&stranger), path).await.status, 403, "{path}");
        assert_eq!(meeting.world.get(None, path).await.status, 401, "{path}");
    }
    let ours = format!("/sederunt/v1/{conference}/recordings");
    let both = meeting.world.get(Some(&meeting.guest), &ours).await.ok();
    assert_eq!(both["recordings"].as_array().map(Vec::len), Some(2), "{both}");
}

#[tokio::test]
async fn it_begins_by_itself_when_a_host_joins_if_the_space_says_so() {
    let artifacts = json!({"recordingConfig": {"autoRecordingGeneration": "ON"}});
    let meeting = Meeting::new(json!({"accessType": "OPEN", "artifactConfig": artifacts})).await;
    assert_eq!(meeting.preview().await, "BY_ITSELF", "the guest may not record");
    meeting.world.join(&meeting.space, Some(&meeting.cohost), "").await.ok();
    assert_eq!(meeting.preview().await, "RECORDING");
    let stopped = meeting.ask(Some(&meeting.owner), "stopRecording").await.ok();
    assert_eq!(stopped["starter"], Value::Null);
    meeting.world.join(&meeting.space, Some(&meeting.owner), "").await.ok();
    assert_eq!(meeting.preview().await, Value::Null, "somebody stopped it");
}

#[tokio::test]
async fn links_lead_to_files_and_to_an_archive_of_all_and_go_with_the_recording() {
    let meeting = Meeting::new(json!({"accessType": "OPEN"})).await;
    let started = meeting.ask(Some(&meeting.owner), "startRecording").await.ok();
    meeting.ask(Some(&meeting.owner), "stopRecording").await.ok();
    let name = text(&started, "name");
    let path = format!("/sederunt/v1/{name}");
    let whole = meeting.finished(&name).await;
    let files = whole["files"].as_array().expect("files").clone();
    let file = files
        .iter()
        .find(|file| file["fileName"] == "events.jsonl")
        .expect("the events");
    let uri = text(file, "uri");
    let all = meeting.fetch(&uri, "").await;
    assert_eq!((all.status, all.text.len().to_string()), (200, text(file, "sizeBytes")));
    let part = meeting.fetch(&uri, "bytes=1-1").await;
    assert_eq!((part.status, part.text.as_str()), (206, &all.text[1..2]));
    assert_eq!(meeting.fetch(&uri, "bytes=99999999-").await.status, 416);
    let forged = uri.replace("/meeting-recordings/", "/meeting-recordings/x");
    assert_eq!(meeting.fetch(&forged, "").await.status, 403);
    let archive = meeting.fetch(&text(&whole, "archiveUri"), "").await;
    assert_eq!(archive.status, 200);
    assert!(archive.head.contains("filename=\"recording.zip\""), "{}", archive.head);
    assert!(archive.text.starts_with("PK\u{3}\u{4}"));

    let delete = async |caller: Option<&Person>| meeting.world.send("DELETE", caller, &path, &[], "").await;
    for other in [&meeting.guest, &meeting.cohost] {
        assert_eq!(delete(Some(other)).await.status, 403);
    }
    delete(Some(&meeting.owner)).await.ok();
    assert_eq!(meeting.world.get(Some(&meeting.owner), &path).await.status, 404);
    assert_eq!(meeting.fetch(&uri, "").await.status, 404);
    assert_eq!(delete(Some(&meeting.owner)).await.status, 404);
    assert_eq!(
        ask(meeting.world.address, "POST", "/sederunt/meeting-recordings/x", "")
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn what_goes_on_or_is_held_is_not_deleted() {
    let meeting = Meeting::new(json!({"accessType": "OPEN"})).await;
    let started = meeting.ask(Some(&meeting.owner), "startRecording").await.ok();
    let path = format!("/sederunt/v1/{}", text(&started, "name"));
    let delete = async || meeting.world.send("DELETE", Some(&meeting.owner), &path, &[], "").await;
    delete().await.refused(400, "FAILED_PRECONDITION", "STILL_RECORDING");
    meeting.ask(Some(&meeting.owner), "stopRecording").await.ok();

    let hold = async |caller: &Person, held: bool| {
        let body = json!({"held": held});
        meeting
            .world
            .post(Some(caller), &format!("{path}:setHold"), &body)
            .await
    };
    assert_eq!(hold(&meeting.owner, true).await.status, 403);
    let administrator = administrator(&meeting.world).await;
    hold(&administrator, true).await.ok();
    delete().await.refused(400, "FAILED_PRECONDITION", "RECORDING_HELD");
    hold(&administrator, false).await.ok();
    delete().await.ok();
}

#[tokio::test]
async fn where_people_are_asked_each_says_so_for_themselves() {
    let meeting = Meeting::new(json!({"accessType": "OPEN"})).await;
    let administrator = administrator(&meeting.world).await;
    let policy = "/sederunt/v1/meetingPolicy";
    let asks = json!({"asksToRecord": true});
    let set_policy = async |caller: &Person| {
        let headers = [("content-type", "application/json")];
        meeting
            .world
            .send("PATCH", Some(caller), policy, &headers, &asks.to_string())
            .await
    };
    assert_eq!(set_policy(&meeting.owner).await.status, 403);
    assert_eq!(set_policy(&administrator).await.ok(), asks);
    assert_eq!(meeting.world.get(Some(&administrator), policy).await.ok(), asks);

    let seat = meeting.world.join(&meeting.space, Some(&meeting.cohost), "").await.ok();
    let answer = async |secret: &Value, agrees: bool| {
        let body = json!({"participantSession": seat["participantSession"], "resumeSecret": secret, "agrees": agrees});
        let path = format!("/sederunt/v1/{}:answerRecording", meeting.space);
        meeting.world.post(None, &path, &body).await
    };
    let secret = &seat["resumeSecret"];
    answer(secret, true)
        .await
        .refused(400, "FAILED_PRECONDITION", "NOT_RECORDING");
    let started = meeting.ask(Some(&meeting.owner), "startRecording").await.ok();
    assert_eq!(started["asks"], true);
    let path = format!("/sederunt/v1/{}:preview", meeting.space);
    assert_eq!(meeting.world.get(None, &path).await.ok()["asksToRecord"], true);
    answer(&json!("wrong"), true)
        .await
        .refused(403, "PERMISSION_DENIED", "WRONG_SECRET");
    answer(secret, true).await.ok();
    answer(secret, false).await.ok();
    meeting.ask(Some(&meeting.owner), "stopRecording").await.ok();

    let name = text(&started, "name");
    let whole = meeting.finished(&name).await;
    let said: Vec<(bool, bool)> = whole["answers"]
        .as_array()
        .expect("both")
        .iter()
        .map(|said| {
            let theirs = text(&seat, "participantSession").starts_with(&text(said, "participant"));
            (theirs, said["agrees"] == true)
        })
        .collect();
    assert_eq!(said, [(true, true), (true, false)]);
    let lines = meeting
        .world
        .get(Some(&administrator), "/sederunt/v1/auditEvents")
        .await
        .ok()
        .to_string();
    for action in ["recording.agree", "recording.refuse", "meeting_policy.set"] {
        assert!(lines.contains(action), "{action}");
    }
}

/// The organisation of the owner of a space says what holds in it, and the installation where there is none. It is read when a recording
/// begins, by itself or not, and holds to its end.
#[tokio::test]
async fn each_organisation_asks_or_tells_in_its_own_meetings() {
    let world = World::new().await;
    let root = administrator(&world).await;
    let send = async |method, path: &str, body: Value| {
        let (path, headers) = (format!("/sederunt/v1/{path}"), [("content-type", "application/json")]);
        let body = body.to_string();
        world.send(method, Some(&root), &path, &headers, &body).await.ok();
    };
    let rules = ["domains/one.example", "domains/two.example", "meetingPolicy"];
    let set = async |asks: [bool; 3]| {
        for (rule, asks) in rules.into_iter().zip(asks) {
            send("PATCH", rule, json!({"asksToRecord": asks})).await;
        }
    };
    for domain in ["one.example", "two.example"] {
        send("POST", "domains", json!({"domain": domain})).await;
    }
    let (before, after) = ([true, false, false], [false, true, true]);
    let mut meetings = Vec::new();
    for domain in ["one.example", "two.example", "elsewhere.example"] {
        let owner = world.person_at(&format!("owner@{domain}"), "Owner", Scopes::MEET).await;
        let artifacts = json!({"recordingConfig": {"autoRecordingGeneration": "ON"}});
        let space = world.space_of(&owner, json!({"artifactConfig": artifacts})).await;
        meetings.push((owner, text(&space, "name")));
    }
    let check = async |when: &str, expected: [bool; 3]| {
        for ((_, space), expected) in meetings.iter().zip(expected) {
            let preview = world.get(None, &format!("/sederunt/v1/{space}:preview")).await.ok();
            assert_eq!(preview["asksToRecord"] == true, expected, "{when}: {preview}");
        }
    };
    set(before).await;
    check("nobody is there", before).await;
    for (owner, space) in &meetings {
        world.join(space, Some(owner), "").await.ok();
    }
    set(after).await;
    check("what goes on goes on as it began", before).await;
    for ((owner, space), (before, after)) in meetings.iter().zip(before.into_iter().zip(after)) {
        for (verb, expected) in [("stopRecording", before), ("startRecording", after)] {
            let path = format!("/sederunt/v1/{space}:{verb}");
            let recording = world.post(Some(owner), &path, &json!({})).await.ok();
            assert_eq!(recording["asks"] == true, expected, "{verb}: {recording}");
        }
    }
    check("another one has begun", after).await;
}
