//! Telephones that speak Opus: they are answered by it, and heard as well as those that do not.

use std::time::Duration;

use anyhow::{Context, Result};
use audio::decode::decode;
use serde_json::{Value, json};

use super::{
    outgoing::channels,
    quality::{Network, OPUS, record},
    speech::{bo_and_cy, likeness, patient, speech, then_silence},
    telephone::Telephone,
    world::{DOMAIN_BASE, World},
};

/// The last part of a name.
fn id(name: &Value) -> Result<String> {
    let id = name.as_str().and_then(|name| name.rsplit('/').next());
    id.map(str::to_owned).with_context(|| format!("no name: {name}"))
}

/// The WAV of the newest recording, once it is there.
fn recorded(world: &World) -> Result<Vec<u8>> {
    let recording = world.newest("recordings", "recordings", |recording| {
        recording["state"].is_string() && recording["state"] != "PENDING"
    })?;
    assert_eq!(recording["state"], "SUCCEEDED", "{recording}");
    let name = recording["name"].as_str().context("a name")?;
    let full = world.server().get(&format!("/v1beta1/{name}"), &world.token)?;
    let uri = full["audio"][0]["uri"]
        .as_str()
        .with_context(|| format!("no link: {full}"))?;
    Ok(world.fetch(uri)?.1)
}

/// By which codecs sound flowed each way on the legs of a call, as its record tells.
fn codecs(world: &World, call: &str) -> Result<Vec<String>> {
    let token = world.server().token_of_application("CallRecords.Read.All")?;
    let record = record(world, call, &token)?;
    let sessions = record["sessions"].as_array().context("sessions")?;
    let segments = sessions
        .iter()
        .filter_map(|session| session["segments"].as_array())
        .flatten();
    let streams = segments
        .filter_map(|leg| leg["media"][0]["streams"].as_array())
        .flatten();
    let mut codecs: Vec<String> = streams.map(|stream| stream["audioCodec"].to_string()).collect();
    codecs.sort();
    Ok(codecs)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_by_opus_is_heard() -> Result<()> {
    let world = World::open()?;
    world.domain("help", "/recorded")?;
    let voice =
        speech("Good morning, this is Ada. I would like to know when the library opens tomorrow, and for how long.")?;
    let mut ada = Telephone::ada_with_opus(&then_silence(&voice, 30), world.sip).await;
    ada.dial(&format!("sip:help@help.{DOMAIN_BASE}")).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    ada.hang_up().await;
    let call = world.newest("calls", "calls", |call| call["state"] == "COMPLETED")?;
    let alike = likeness(&voice, &decode(&recorded(&world)?)?);
    assert!(alike >= 0.95, "{alike}");
    assert_eq!(codecs(&world, &id(&call["name"])?)?, [r#""opus""#, r#""opus""#]);
    Ok(())
}

/// One packet in ten is lost on the way up, and is told again by the one behind it; the others come up to 20 ms late.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_speaks_opus_over_a_bad_network_is_understood_and_measured() -> Result<()> {
    let network = Network::open(1, OPUS)?;
    let world = World::open_with(&network.settings()?)?;
    let [voice, _] = bo_and_cy()?;
    let bo = Telephone::bo_with_opus(&then_silence(&voice, 60)).await;
    let created = world.call(&bo.address(), "/recorded", &[])?.ok()?;
    tokio::time::sleep(Duration::from_secs(20)).await;
    world.newest("calls", "calls", |call| call["state"] == "COMPLETED")?;
    let alike = likeness(&voice, &decode(&recorded(&world)?)?);
    assert!(alike >= 0.9, "{alike}");
    let token = world.server().token_of_application("CallRecords.Read.All")?;
    let record = record(&world, &id(&created["name"])?, &token)?;
    network.check(&record["sessions"][0]["segments"][0], false)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_called_by_opus_hears_those_that_speak_none() -> Result<()> {
    let world = World::open()?;
    let voices = bo_and_cy()?;
    let mut bo = Telephone::bo_with_opus(&patient(&voices[0])).await;
    let cy = Telephone::bo(&then_silence(&voices[1], 60)).await;
    let connects = format!(
        r#"<RecordCall Trigger="bridge"/><Call CallerId="desk">{}</Call>"#,
        cy.address()
    );
    world.handler.says("/connect", connects);
    let created = world.call(&bo.address(), "/connect", &[])?.ok()?;
    let name = created["name"].clone();
    world.newest("calls", "calls", |call| {
        call["originatingCall"] == name && call["bridged"] == json!(true)
    })?;
    tokio::time::sleep(Duration::from_secs(13)).await;
    bo.hang_up().await;
    let heard = channels(&recorded(&world)?)?;
    for (one, channel) in heard.iter().enumerate() {
        let [own, other] = [&voices[one], &voices[1 - one]].map(|voice| likeness(voice, channel));
        assert!(
            own >= 0.95 && other < 0.5,
            "channel {one}: {own}, and {other} of the other"
        );
    }
    for (who, telephone, voice) in [("Bo", bo, &voices[1]), ("Cy", cy, &voices[0])] {
        let alike = likeness(voice, &telephone.heard().await);
        assert!(alike >= 0.9, "{who} hears the other: {alike}");
    }
    assert_eq!(
        codecs(&world, &id(&name)?)?,
        [r#""opus""#, r#""opus""#, r#""pcmu""#, r#""pcmu""#]
    );
    Ok(())
}
