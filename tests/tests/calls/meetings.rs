//! Telephones in meetings: somebody calls, keys in a PIN and is in the register, with the times that their call has.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use end_to_end::{Answer, binary, join, leave, request};
use serde_json::{Value, json};

use super::{
    speech::{likeness, speech, then_silence},
    telephone::Telephone,
    world::{DOMAIN_BASE, PATIENCE, World},
};

const NUMBER: &str = "+431234567";
pub(super) const CALLER: &str = "sip:+442071838750@gateway.example";
pub(super) const MASKED: &str = "+44 ••• ••50";
const HOST: &str = "meet.sip.example.org";

/// This machine is the trunk, a number of which leads to meetings, as a host of SIP does.
pub(super) const ACCESS: &str = "peers = [\"127.0.0.0/8\"]\ntrunk_networks = [\"127.0.0.0/8\"]\n\
    phone_access = [\"+431234567 AT de\"]\ngateway_sip_access = \"meet.sip.example.org\"\n";

/// The project that calls into meetings belong to.
const PROJECT: &str = "meetings";

pub(super) fn open() -> Result<World> {
    open_by(Command::new(binary()?), tempfile::tempdir()?, "")
}

/// The same by a command that runs the program, with what else is set.
pub(super) fn open_by(command: Command, data: tempfile::TempDir, more: &str) -> Result<World> {
    let world = World::open_by(command, data, &format!("{ACCESS}{more}"))?;
    world
        .server()
        .command(&["project", "add", PROJECT, "owner@example.org", "--role", "viewer"])?;
    Ok(world)
}

/// The newest call into a meeting, once it is so.
pub(super) fn newest(world: &World, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
    let begun = Instant::now();
    loop {
        let path = format!("/v1beta1/projects/{PROJECT}/calls?pageSize=1");
        let page = world.server().get(&path, &world.token)?;
        let newest = &page["calls"][0];
        if is_so(newest) {
            return Ok(newest.clone());
        }
        ensure!(begun.elapsed() < PATIENCE, "it does not come to that: {newest}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// A space of the owner's, with the digits that open it.
pub(super) struct Space {
    pub(super) name: String,
    pub(super) pin: String,
    pub(super) uri: String,
    pub(super) owner: String,
}

impl Space {
    pub(super) fn make(world: &World, access_type: &str) -> Result<Space> {
        let owner = world.server().token("owner@example.org")?;
        let reported = "GENERATE_REPORT";
        let body = json!({"config": {"accessType": access_type, "attendanceReportGenerationType": reported}});
        let made = request(
            world.server().address(),
            "POST",
            "/v2/spaces",
            Some(&owner),
            Some(&body),
        )?
        .ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a text");
        let number = &made["phoneAccess"][0];
        assert_eq!(
            (&number["phoneNumber"], &number["regionCode"], &number["languageCode"]),
            (&json!(NUMBER), &json!("AT"), &json!("de")),
            "{made}"
        );
        let (name, pin) = (text(&made["name"])?, text(&number["pin"])?);
        let uri = text(&made["gatewaySipAccess"][0]["uri"])?;
        assert!(
            pin.len() == 10 && uri.starts_with(&format!("sip:{pin}")) && uri.ends_with(HOST),
            "{made}"
        );
        let again = world.server().get(&format!("/v2/{name}"), &owner)?;
        assert_eq!(again["phoneAccess"], made["phoneAccess"], "it keeps its PIN");
        Ok(Space { name, pin, uri, owner })
    }

    /// The participants of its newest conference that telephone, once that is so of them.
    pub(super) fn telephones(&self, world: &World, is_so: impl Fn(&[Value]) -> bool) -> Result<Vec<Value>> {
        self.participants(world, "phoneUser", is_so)
    }

    /// The participants of its newest conference that are of this kind, once that is so of them.
    pub(super) fn participants(
        &self,
        world: &World,
        kind: &str,
        is_so: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>> {
        let begun = Instant::now();
        loop {
            let path = format!(
                "/v2/conferenceRecords?filter=space.name%3D%22{}%22&pageSize=1",
                self.name
            );
            let records = world.server().get(&path, &self.owner)?;
            let mut found = vec![];
            if let Some(record) = records["conferenceRecords"][0]["name"].as_str() {
                let all = world
                    .server()
                    .list(&format!("/v2/{record}/participants"), "participants", &self.owner)?;
                found.extend(all.into_iter().filter(|one| one.get(kind).is_some()));
            }
            if is_so(&found) {
                return Ok(found);
            }
            let call = || newest(world, |_| true);
            ensure!(
                begun.elapsed() < PATIENCE,
                "it does not come to that: {found:?}, {:?}",
                call()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Its owner ends what is held in it for everybody.
    pub(super) fn end(&self, world: &World) -> Result<Answer> {
        let path = format!("/v2/{}:endActiveConference", self.name);
        let address = world.server().address();
        request(address, "POST", &path, Some(&self.owner), Some(&json!({})))
    }

    /// What both contracts say of a telephone that was here: that its session ended when its call did.
    fn ended_with_its_call(&self, world: &World) -> Result<Value> {
        let gone = self.telephones(world, |all| all.iter().any(|one| one.get("latestEndTime").is_some()))?;
        let participant = gone[0]["name"].as_str().context("a name")?;
        assert_eq!(gone[0]["phoneUser"], json!({"displayName": MASKED}));
        let path = format!("/v2/{participant}/participantSessions");
        let sessions = world.server().list(&path, "participantSessions", &self.owner)?;
        let call = newest(world, |call| call.get("endTime").is_some())?;
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        assert_eq!(sessions[0]["endTime"], call["endTime"], "{sessions:?} {call}");
        Ok(call)
    }
}

pub(super) fn quiet() -> Vec<i16> {
    then_silence(&audio::tone::beep(), 120)
}

pub(super) fn at_the_number(world: &World) -> String {
    format!("sip:{NUMBER}@{}", world.sip)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_is_alone_in_a_meeting_by_telephone() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&at_the_number(&world)).await;
    newest(&world, |call| call["state"] == "IN_PROGRESS")?;
    caller.press(&format!("{}#", space.pin)).await;
    space.telephones(&world, |all| all.len() == 1)?;
    caller.hang_up().await;
    let call = space.ended_with_its_call(&world)?;
    assert_eq!(
        (&call["to"], &call["from"], &call["transport"], &call["bridged"]),
        (&json!(NUMBER), &json!("+442071838750"), &json!("PSTN"), &json!(true)),
        "{call}"
    );
    two_segments(&world, &space, &call)
}

/// What Microsoft's contract says of a telephone in a meeting: a session of two segments, of which the first is the call.
fn two_segments(world: &World, space: &Space, call: &Value) -> Result<()> {
    let token = world.server().token_of_application("CallRecords.Read.All")?;
    let begun = Instant::now();
    let record = loop {
        let path = "/v1.0/communications/callRecords?$filter=type%20eq%20'groupCall'";
        let records = world.server().get(path, &token)?;
        if let Some(id) = records["value"][0]["id"].as_str() {
            let path = format!("/v1.0/communications/callRecords/{id}?$expand=sessions($expand=segments)");
            break world.server().get(&path, &token)?;
        }
        ensure!(begun.elapsed() < PATIENCE, "no record is published: {records}");
        thread::sleep(Duration::from_millis(100));
    };
    let session = &record["sessions"][0];
    let segments = session["segments"].as_array().context("segments")?;
    assert_eq!(segments.len(), 2, "{session}");
    let name = call["name"].as_str().context("a name")?;
    assert!(
        name.ends_with(segments[0]["id"].as_str().context("an id")?),
        "{session}"
    );
    assert_eq!(segments[0]["endDateTime"], session["endDateTime"], "{session}");
    assert_eq!(segments[1]["endDateTime"], session["endDateTime"], "{session}");
    assert!(session["caller"]["associatedIdentity"].is_object(), "{session}");
    let number = &segments[0]["caller"]["associatedIdentity"]["id"];
    assert_eq!(number, "+442071838750", "a program with the role is told it: {session}");
    hidden_from_the_owner(world, space, &record)
}

/// Whoever holds the meeting sees of a number what others in it do, wherever a telephone is told of.
fn hidden_from_the_owner(world: &World, space: &Space, record: &Value) -> Result<()> {
    let id = record["id"].as_str().context("an id")?;
    let session = record["sessions"][0]["id"].as_str().context("an id")?;
    let of_record = format!("/v1.0/communications/callRecords/{id}");
    let of_session = format!("{of_record}/sessions/{session}");
    let meeting = space.name.rsplit('/').next().context("a name")?;
    let of_report = format!("/v1.0/me/onlineMeetings/{meeting}/attendanceReports/{id}");
    for path in [
        format!("{of_record}?$expand=sessions($expand=segments),participants_v2&$select=*,participants"),
        format!("{of_record}/sessions?$expand=segments"),
        format!("{of_record}/participants_v2"),
        format!("{of_session}?$expand=segments"),
        format!("{of_session}/segments"),
        format!("{of_report}/attendanceRecords"),
    ] {
        let told = world.server().get(&path, &space.owner)?.to_string();
        assert!(told.contains(MASKED), "{path}: {told}");
        assert!(!told.contains("2071838750"), "{path}: {told}");
        assert!(!told.contains("sip:"), "{path}: {told}");
    }
    let path = "/v1.0/communications/callRecords?$filter=participants_v2/any(p:p/id%20eq%20'%2B442071838750')";
    let found = world.server().get(path, &space.owner)?;
    assert_eq!(found["value"], json!([]), "nor is it found by a guess");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_calls_somebody_in() -> Result<()> {
    let gateway = Telephone::numbered("+442071838750").await;
    let address = gateway.address();
    let host = address.rsplit_once('@').context("an address")?.1;
    let trunk = format!("trunk = \"{host}\"\ntrunk_prefixes = [\"+44\"]\n");
    let world = World::open_with(&format!("{ACCESS}{trunk}"))?;
    world
        .server()
        .command(&["project", "add", PROJECT, "owner@example.org", "--role", "viewer"])?;
    let space = Space::make(&world, "TRUSTED")?;
    let call = |number: &str, project: &str| {
        let body = json!({"project": format!("projects/{project}"), "phoneNumber": number});
        let path = format!("/sederunt/v1/{}:dialOut", space.name);
        request(world.server().address(), "POST", &path, Some(&space.owner), Some(&body))
    };
    // To look at the calls of a project is not to make some.
    assert_eq!(call("+442071838750", PROJECT)?.status, 403);
    assert_eq!(call("442071838750", "support")?.status, 400);
    let made = call("+442071838750", "support")?.ok()?;
    let telephones = space.telephones(&world, |all| all.len() == 1)?;
    assert_eq!(telephones[0]["phoneUser"], json!({"displayName": MASKED}));
    let call = world.server().get(
        &format!("/v1beta1/{}", made["call"].as_str().context("a call")?),
        &world.token,
    )?;
    assert_eq!(
        (&call["state"], &call["from"], &call["direction"]),
        (&json!("IN_PROGRESS"), &json!(NUMBER), &json!("OUTGOING")),
        "{call}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_that_is_called_needs_no_key() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&space.uri).await;
    space.telephones(&world, |all| all.len() == 1)?;
    space.end(&world)?.ok()?;
    caller.closed_because().await;
    let gone = space.telephones(&world, |all| all.iter().all(|one| one.get("latestEndTime").is_some()))?;
    assert_eq!(gone.len(), 1, "{gone:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pins_are_said_to_be_wrong_and_end_the_call() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&at_the_number(&world)).await;
    newest(&world, |call| call["state"] == "IN_PROGRESS")?;
    for wrong in ["1#", "0000000000#", &format!("{}0#", &space.pin[1..])] {
        caller.press(wrong).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    caller.closed_because().await;
    assert_eq!(space.telephones(&world, <[Value]>::is_empty)?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dials_in_walks_in_where_the_organisation_does() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "TRUSTED")?;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&at_the_number(&world)).await;
    newest(&world, |call| call["state"] == "IN_PROGRESS")?;
    caller.press(&format!("{}#", space.pin)).await;
    space.telephones(&world, |all| all.len() == 1).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_waits_where_strangers_do_and_is_nobody_until_they_are_let_in() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "TRUSTED")?;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&space.uri).await;
    newest(&world, |call| call["state"] == "IN_PROGRESS")?;
    // Whoever runs the meeting is there, and sees nobody but themselves.
    let host = join(world.server().address(), &space.name, Some(&space.owner), "")??;
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert_eq!(space.telephones(&world, <[Value]>::is_empty)?, Vec::<Value>::new());
    caller.hang_up().await;
    let call = newest(&world, |call| call.get("endTime").is_some())?;
    assert!(call.get("bridged").is_none(), "it was in no meeting: {call}");
    leave(world.server().address(), &host)??;
    let words = speech("Please wait. Somebody in the meeting has to let you in.")?;
    let heard = caller.heard().await;
    let likeness = likeness(&words, &heard);
    assert!(likeness > 0.8, "it was told that it waits: {likeness}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_call_and_session_ended_together() -> Result<()> {
    let mut world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&format!("sip:{}@{HOST}", &space.uri[4..17])).await;
    space.telephones(&world, |all| all.len() == 1)?;
    // Signs of life are written each five seconds, by calls and by meetings when it suits them.
    tokio::time::sleep(Duration::from_secs(7)).await;
    world.kill_and_start_with(ACCESS)?;
    space.ended_with_its_call(&world).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_that_vanishes_is_gone_from_both() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&space.uri).await;
    space.telephones(&world, |all| all.len() == 1)?;
    // It ends as if its plug were pulled.
    drop(caller);
    space.ended_with_its_call(&world).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_sends_a_call_into_a_meeting() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let id = space.name.trim_start_matches("spaces/");
    world.handler.says(
        "/meeting",
        format!("<Call NextUri=\"after\"><Endpoint>meet:{id}</Endpoint></Call>"),
    );
    world.handler.says("/after", "<Label Key=\"met\">yes</Label>");
    world.domain("demo", "/meeting")?;
    let mut caller = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    caller.dial(&format!("sip:desk@demo.{DOMAIN_BASE}")).await;
    let telephones = space.telephones(&world, |all| all.len() == 1)?;
    space.end(&world)?.ok()?;
    let asked = world
        .handler
        .asked_until(|asked| asked.iter().any(|one| one.path == "/after"))?;
    let after = asked.iter().find(|one| one.path == "/after").context("it was asked")?;
    let told = &after.body["parameters"];
    let session = told["participantSession"].as_str().unwrap_or_default();
    let participant = telephones[0]["name"].as_str().context("a name")?;
    assert!(
        session.starts_with(participant) && told["action"] == "MEETING",
        "{:?}",
        after.body
    );
    Ok(())
}
