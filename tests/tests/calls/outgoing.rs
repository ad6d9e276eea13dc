//! Programs and documents call somebody.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use end_to_end::request;
use serde_json::{Value, json};

use super::{
    speech::{bo_and_cy, likeness, patient, then_silence},
    telephone::Telephone,
    world::{Asked, DOMAIN_BASE, PATIENCE, PEERS, PROJECT, World},
};

/// Both channels of a recording: PCM of 16 bits, at 8,000 Hz.
pub(super) fn channels(wav: &[u8]) -> Result<[Vec<i16>; 2]> {
    let data = wav.windows(4).position(|bytes| bytes == b"data").context("a WAV")? + 8;
    ensure!(u16::from_le_bytes([wav[22], wav[23]]) == 2, "two channels");
    let frames = wav[data..].chunks_exact(4);
    let of = |from: usize| {
        let samples = frames
            .clone()
            .map(|frame| i16::from_le_bytes([frame[from], frame[from + 1]]));
        samples.collect()
    };
    Ok([of(0), of(2)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_calls_somebody_and_connects_them_with_another() -> Result<()> {
    let world = World::open()?;
    let voices = bo_and_cy()?;
    let mut bo = Telephone::bo(&patient(&voices[0])).await;
    let cy = Telephone::bo(&then_silence(&voices[1], 60)).await;
    let connected = format!(
        r#"<RecordCall Trigger="bridge"/><Call NextUri="/after" CallerId="desk">{}</Call>"#,
        cy.address()
    );
    world.handler.says("/connect", connected);
    world.handler.says("/after", "<Label Key=\"was\">after</Label>");
    let state_uri = json!(format!("{}/state", world.handler.origin()));
    let created = world
        .call(&bo.address(), "/connect", &[("stateUpdateUri", state_uri)])?
        .ok()?;
    assert_eq!(
        (&created["state"], &created["direction"], &created["createMethod"]),
        (&json!("QUEUED"), &json!("OUTGOING"), &json!("API")),
        "{created}"
    );
    let name = created["name"].as_str().context("a name")?.to_owned();
    let is_child = |call: &Value| call["originatingCall"] == json!(name) && call["bridged"] == json!(true);
    let child = world.newest("calls", "calls", is_child)?;
    assert_eq!(
        (&child["createMethod"], &child["state"]),
        (&json!("PARENT_CALL"), &json!("IN_PROGRESS")),
        "{child}"
    );
    assert_eq!(child["from"], "sip:desk@sip.example.org");
    tokio::time::sleep(Duration::from_secs(13)).await;
    bo.hang_up().await;

    let id = |name: &Value| {
        name.as_str()
            .and_then(|name| name.rsplit('/').next())
            .map(str::to_owned)
    };
    let child_id = id(&child["name"]).context("a name")?;
    let recording = world.newest("recordings", "recordings", |recording| {
        recording["state"].is_string() && recording["state"] != "PENDING"
    })?;
    let [parent, child] =
        [id(&created["name"]).context("a name")?, child_id].map(|id| world.get(&format!("calls/{id}")));
    let (parent, child) = (parent?, child?);
    for call in [&parent, &child] {
        assert_eq!(
            (&call["state"], &call["bridged"]),
            (&json!("COMPLETED"), &json!(true)),
            "{call}"
        );
        for time in ["createTime", "startTime", "answerTime", "endTime", "sipCallId"] {
            ensure!(call[time].is_string(), "{time} of {call}");
        }
    }
    assert!(
        parent.get("labels").is_none(),
        "whoever hung up is not asked what to do: {parent}"
    );

    assert_eq!(
        (&recording["state"], &recording["source"]),
        (&json!("SUCCEEDED"), &json!("CALL_RECORDING")),
        "{recording}"
    );
    let recorded = recording["name"].as_str().context("a name")?;
    ensure!(recorded.starts_with(&name), "it is the parent's: {recorded}");
    let full = world.server().get(&format!("/v1beta1/{recorded}"), &world.token)?;
    let (_, wav) = world.fetch(full["audio"][0]["uri"].as_str().context("a link")?)?;
    let kept = channels(&wav)?;
    for (place, voice) in voices.iter().enumerate() {
        let (own, other) = (likeness(voice, &kept[place]), likeness(voice, &kept[1 - place]));
        assert!(own >= 0.95 && other < 0.5, "channel {place}: {own} and {other}");
    }
    let is_over = |asked: &[Asked]| asked.iter().any(|asked| asked.body["state"] == "COMPLETED");
    let asked = world.handler.asked_until(is_over)?;
    let states = asked.iter().filter_map(|asked| asked.body["state"].as_str());
    // A telephone that answers by itself may ring before, or not.
    let states: Vec<&str> = states.filter(|state| *state != "RINGING").collect();
    assert_eq!(states, ["QUEUED", "STARTING", "IN_PROGRESS", "COMPLETED"]);
    let heard = bo.heard().await;
    let alike = likeness(&voices[1], &heard);
    assert!(alike >= 0.95, "Bo hears Cy: {alike}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_hears_of_each_state_of_its_call_and_of_the_end_after_a_kill() -> Result<()> {
    const UP: [&str; 3] = ["QUEUED", "STARTING", "IN_PROGRESS"];
    let mut world = World::open()?;
    let options = |world: &World| {
        let address = json!(format!("{}/state", world.handler.origin()));
        [("timeoutSeconds", json!(3)), ("stateUpdateUri", address)]
    };
    let told = |asked: &[Asked], name: &Value| -> Vec<String> {
        let of_call = asked
            .iter()
            .filter(|asked| asked.path == "/state" && asked.body["name"] == *name);
        of_call
            .filter_map(|asked| asked.body["state"].as_str().map(str::to_owned))
            .collect()
    };
    // A telephone that answers by itself may ring before, or not; it is told of where that is expected.
    let check = |world: &World, name: &Value, expected: &[&str]| -> Result<()> {
        let rings = expected.contains(&"RINGING");
        let states = |asked: &[Asked]| {
            let mut states = told(asked, name);
            states.retain(|state| rings || state != "RINGING");
            // What was told just before a kill may be told again.
            states.dedup();
            states
        };
        let asked = world
            .handler
            .asked_until(|asked| states(asked).len() >= expected.len())?;
        assert_eq!(states(&asked), expected);
        Ok(())
    };
    let completed = [&UP[..], &["COMPLETED"]].concat();
    let bo = Telephone::bo(&then_silence(&audio::tone::beep(), 60)).await;
    world.handler.says("/short", "<Wait DurationSeconds=\"1\"/>");
    let short = world.call(&bo.address(), "/short", &options(&world))?.ok()?;
    check(&world, &short["name"], &completed)?;
    let silent = Telephone::silent().await;
    let rang = world.call(&silent.address(), "/short", &options(&world))?.ok()?;
    check(
        &world,
        &rang["name"],
        &["QUEUED", "STARTING", "RINGING", "NOT_ANSWERED"],
    )?;

    // Another one is cut off by a kill: it ended at its last sign of life, and that is told too.
    world.handler.says("/long", "<Wait DurationSeconds=\"60\"/>");
    let long = world.call(&bo.address(), "/long", &options(&world))?.ok()?;
    check(&world, &long["name"], &UP)?;
    world.kill_and_start()?;
    check(&world, &long["name"], &completed)?;
    let asked = world.handler.asked_until(|_| true)?;
    for body in asked
        .iter()
        .filter(|asked| asked.path == "/state")
        .map(|asked| &asked.body)
    {
        let is_over = body["state"] == "COMPLETED" || body["state"] == "NOT_ANSWERED";
        assert_eq!(body.get("endTime").is_some(), is_over, "{body}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_nobody_answers() -> Result<()> {
    let world = World::open()?;
    let silent = Telephone::silent().await;
    let check = |name: &str, to: &str, options: &[(&str, Value)], expected: (&str, Option<&str>)| -> Result<Value> {
        let created = world.call(to, "/voicemail", options)?.ok()?;
        let call = world.newest("calls", "calls", |call| {
            call["name"] == created["name"] && call.get("endTime").is_some()
        })?;
        assert_eq!(
            (call["state"].as_str(), call["errorCode"].as_str()),
            (Some(expected.0), expected.1),
            "{name}: {call}"
        );
        Ok(call)
    };
    let rang = check(
        "it rings in vain",
        &silent.address(),
        &[("timeoutSeconds", json!(3))],
        ("NOT_ANSWERED", None),
    )?;
    ensure!(rang["ringTime"].is_string(), "{rang}");
    check(
        "a neighbour",
        "sip:a@10.1.2.3",
        &[],
        ("FAILED", Some("HOST_NOT_ALLOWED")),
    )?;
    check(
        "nobody of ours",
        &format!("sip:a@x.{DOMAIN_BASE}"),
        &[],
        ("FAILED", Some("NOT_REGISTERED")),
    )?;
    for (to, status) in [("+442071838750", 400), ("https://a.example", 400), ("", 400)] {
        let refused = world.call(to, "/voicemail", &[])?;
        assert_eq!(refused.status, status, "{to}");
    }
    let asked = world.handler.asked_until(|_| true)?;
    assert!(
        asked.is_empty(),
        "nobody is asked about calls that nobody answers: {asked:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_called_by_the_trunk_where_that_is_allowed() -> Result<()> {
    let gateway = Telephone::numbered("+442071838750").await;
    let trunk = gateway.address();
    let host = trunk.rsplit_once('@').context("an address")?.1;
    let world = World::open_with(&format!("{PEERS}trunk = \"{host}\"\ntrunk_prefixes = [\"+4420\"]\n"))?;
    world.handler.says("/number", "<Wait DurationSeconds=\"1\"/>");
    let caller = "+442071838751";
    let check = |to: &str, expected: (&str, Option<&str>)| -> Result<()> {
        world.call_as(caller, to, "/number", &[])?.ok()?;
        let call = world.newest("calls", "calls", |call| {
            call["to"] == json!(to) && call.get("endTime").is_some()
        })?;
        let said = (
            call["state"].as_str(),
            call["errorCode"].as_str(),
            call["transport"].as_str(),
        );
        assert_eq!(said, (Some(expected.0), expected.1, Some("PSTN")), "{call}");
        Ok(())
    };
    check("+442071838750", ("COMPLETED", None))?;
    check("+33123456789", ("FAILED", Some("NUMBER_NOT_ALLOWED")))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_is_put_through_and_hangs_up() -> Result<()> {
    let world = World::open()?;
    world.domain("front", "/front")?;
    let silent = Telephone::silent().await;
    let bo = Telephone::bo(&audio::tone::beep()).await;
    let order = format!(
        "<Call Strategy=\"linear\" TimeoutSeconds=\"1\"><Endpoint>{}</Endpoint><Endpoint>{}</Endpoint></Call>",
        silent.address(),
        bo.address()
    );
    world.handler.says("/front", order);
    let mut ada = Telephone::ada(&then_silence(&audio::tone::beep(), 60), "udp", world.sip).await;
    ada.dial(&format!("sip:anybody@front.{DOMAIN_BASE}")).await;
    world.newest("calls", "calls", |call| {
        call["to"] == json!(bo.address()) && call["bridged"] == json!(true)
    })?;
    ada.hang_up().await;
    let begun = std::time::Instant::now();
    loop {
        let calls = world.get("calls")?["calls"].as_array().cloned().unwrap_or_default();
        if calls.iter().all(|call| call.get("endTime").is_some()) {
            let state = |to: &str| {
                calls
                    .iter()
                    .find(|call| call["to"] == to)
                    .map(|call| call["state"].clone())
            };
            assert_eq!(state(&silent.address()), Some(json!("NOT_ANSWERED")));
            assert_eq!(state(&bo.address()), Some(json!("COMPLETED")));
            assert_eq!(calls.len(), 3);
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_secs(20), "they do not end: {calls:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_leads_to_whoever_can_be_reached() -> Result<()> {
    let world = World::open()?;
    world.domain("office", "/voicemail")?;
    let bo = Telephone::bo(&then_silence(&audio::tone::beep(), 60)).await;
    // Nobody listens at the first, by TCP or by datagrams.
    let endpoint = |uri: &str, priority: i32| json!({"uri": uri, "priority": priority, "enabled": true});
    let endpoints = [
        endpoint("sip:127.0.0.1:9;transport=tcp", 0),
        endpoint("sip:127.0.0.1:9", 1),
        endpoint(&bo.address(), 2),
    ];
    let path = format!("/v1beta1/projects/{PROJECT}/sipDomains/office/aliases?aliasId=desk");
    let alias = json!({"displayName": "The desk", "loadBalancerConfig": {"endpoints": endpoints}});
    let made = request(
        world.server().address(),
        "POST",
        &path,
        Some(&world.token),
        Some(&alias),
    )?
    .ok()?;
    assert_eq!(made["loadBalancerConfig"]["endpoints"][2]["weight"], 10, "{made}");
    world.handler.says("/short", "<Wait DurationSeconds=\"1\"/>");
    let to = format!("sip:desk@office.{DOMAIN_BASE}");
    let created = world.call(&to, "/short", &[])?.ok()?;
    let call = world.newest("calls", "calls", |call| {
        call["name"] == created["name"] && call.get("endTime").is_some()
    })?;
    assert_eq!(
        (&call["state"], &call["to"]),
        (&json!("COMPLETED"), &json!(to)),
        "{call}"
    );
    // What was said to those who could not be reached is told as well.
    let bo_port: u64 = bo.address().rsplit_once(':').context("a port")?.1.parse()?;
    let path = format!("/v1beta1/{}/sipInfo", created["name"].as_str().context("a name")?);
    let begun = Instant::now();
    let info = loop {
        let answer = request(world.server().address(), "GET", &path, Some(&world.token), None)?;
        if answer.status == 200 {
            break answer.body;
        }
        ensure!(begun.elapsed() < PATIENCE, "there is no ladder: {}", answer.body);
        thread::sleep(Duration::from_millis(100));
    };
    let messages = info["messages"].as_array().context("messages")?;
    let mut asked: Vec<Option<u64>> = messages
        .iter()
        .filter(|message| message["method"] == "INVITE")
        .map(|message| message["destinationPort"].as_u64())
        .collect();
    asked.dedup();
    assert_eq!(asked.last(), Some(&Some(bo_port)), "{info}");
    assert!(asked.contains(&Some(9)), "the attempt that came to nothing: {asked:?}");
    Ok(())
}
