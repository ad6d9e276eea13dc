//! The trunk brings calls to phone numbers.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use audio::decode::decode;
use end_to_end::{Answer, request};
use serde_json::{Value, json};

use super::{
    speech::{likeness, speech, then_silence},
    telephone::Telephone,
    world::{DOMAIN_BASE, PEERS, PROJECT, World},
};

const NUMBER: &str = "+61255501234";
const CALLER: &str = "sip:+442071838750@gateway.example";

/// This machine is the trunk, and brings these numbers.
const TRUNK: &str = "trunk_networks = [\"127.0.0.0/8\"]\nnumbers = [\"+6125550\"]\n";

/// Asks about the numbers of the project.
fn numbering(world: &World, verb: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
    let token = world
        .server()
        .command(&["token", "owner@example.org", "--scope", "numbering"])?;
    request(
        world.server().address(),
        verb,
        &format!("/v1beta1/{path}"),
        Some(&token),
        body,
    )
}

/// A number of the project whose calls these conduct; its name.
fn number(world: &World, number: &str, handlers: &[String], trigger: &str) -> Result<String> {
    let body = json!({
        "phoneNumber": {"phoneNumber": number},
        "incomingCallHandlerUris": handlers,
        "callRecordingTrigger": trigger,
    });
    let path = format!("projects/{PROJECT}/phoneNumberInstances");
    let made = numbering(world, "POST", &path, Some(&body))?.ok()?;
    assert_eq!(
        (&made["lifecycleState"], &made["phoneNumber"]["phoneNumber"]),
        (&json!("ACTIVE"), &json!(number)),
        "{made}"
    );
    made["name"].as_str().map(str::to_owned).context("a name")
}

fn handler(world: &World, path: &str) -> String {
    format!("{}{path}", world.handler.origin())
}

/// As a gateway writes it that knows our address and no name of ours.
fn at(number: &str, sip: SocketAddr) -> String {
    format!("sip:{number}@{sip}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_called_and_its_calls_are_recorded() -> Result<()> {
    let world = World::open_with(TRUNK)?;
    let (greeting, question) = (
        speech("Welcome to the library. We are open from nine to five.")?,
        speech("Good morning, this is Ada. I would like to know whether you are open on Sunday, and for how long.")?,
    );
    world.handler.says(
        "/library",
        "<Say>Welcome to the library. We are open from nine to five.</Say><Wait DurationSeconds=\"12\"/>",
    );
    number(&world, NUMBER, &[handler(&world, "/library")], "ANSWER")?;
    // She hears the greeting out before she speaks.
    let spoken: Vec<i16> = std::iter::repeat_n(0, 5 * 8_000)
        .chain(then_silence(&question, 60))
        .collect();
    let mut gateway = Telephone::gateway(CALLER, &spoken, world.sip).await;
    gateway.dial(&at(NUMBER, world.sip)).await;
    let call = world.newest("calls", "calls", |call| call["state"] == "COMPLETED")?;
    assert_eq!(
        (&call["direction"], &call["transport"], &call["to"], &call["from"]),
        (
            &json!("INCOMING"),
            &json!("PSTN"),
            &json!(NUMBER),
            &json!("+442071838750")
        ),
        "{call}"
    );
    assert!(call.get("sipCallId").is_none(), "{call}");
    let asked = world.handler.asked_until(|asked| !asked.is_empty())?;
    assert_eq!(
        (asked[0].path.as_str(), &asked[0].body["call"]["to"]),
        ("/library", &json!(NUMBER))
    );

    let recording = world.newest("recordings", "recordings", |recording| {
        recording["state"].is_string() && recording["state"] != "PENDING"
    })?;
    assert_eq!(
        (&recording["state"], &recording["source"], &recording["channelCount"]),
        (&json!("SUCCEEDED"), &json!("CALL_RECORDING"), &json!(2)),
        "{recording}"
    );
    let name = recording["name"].as_str().context("a name")?;
    let full = world.server().get(&format!("/v1beta1/{name}"), &world.token)?;
    let (_, wav) = world.fetch(full["audio"][0]["uri"].as_str().context("a link")?)?;
    assert!(likeness(&question, &decode(&wav)?) >= 0.9, "what she said is kept");
    assert!(
        likeness(&greeting, &gateway.heard().await) >= 0.9,
        "she heard the greeting"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_reached_and_who_is_not() -> Result<()> {
    let world = World::open_with(TRUNK)?;
    let name = number(&world, NUMBER, &[handler(&world, "/busy")], "DISABLED")?;
    let calls = || -> Result<Vec<Value>> {
        let calls = world.get("calls?pageSize=100")?;
        Ok(calls["calls"].as_array().cloned().unwrap_or_default())
    };
    let beep = then_silence(&audio::tone::beep(), 60);
    let mut gateway = Telephone::gateway(CALLER, &beep, world.sip).await;
    // As gateways write numbers, and where they think that it is.
    for whom in [
        at(NUMBER, world.sip),
        at("61255501234", world.sip),
        format!("sip:0061255501234@{DOMAIN_BASE}"),
    ] {
        gateway.dial(&whom).await;
        assert!(gateway.closed_because().await.contains("Busy"), "{whom}");
        let call = world.newest("calls", "calls", |call| call.get("endTime").is_some())?;
        assert_eq!(
            (&call["state"], &call["to"]),
            (&json!("REJECTED"), &json!(NUMBER)),
            "{whom}: {call}"
        );
        assert!(
            call.get("isPrivate").is_none() && call["from"] == "+442071838750",
            "{call}"
        );
    }
    assert_eq!(calls()?.len(), 3);

    let mut withheld = Telephone::gateway("sip:anonymous@anonymous.invalid", &beep, world.sip).await;
    withheld.dial(&at(NUMBER, world.sip)).await;
    assert!(withheld.closed_because().await.contains("Busy"));
    let call = &calls()?[0];
    assert_eq!(
        (&call["isPrivate"], &call["transport"], call.get("from")),
        (&json!(true), &json!("PSTN"), None),
        "{call}"
    );

    for nobody in ["+61255509999", "200", "anybody"] {
        gateway.dial(&at(nobody, world.sip)).await;
        assert!(gateway.closed_because().await.contains("404"), "{nobody}");
    }
    let deleted = numbering(&world, "DELETE", &name, None)?.ok()?;
    assert_eq!(deleted["lifecycleState"], "DELETED", "{deleted}");
    gateway.dial(&at(NUMBER, world.sip)).await;
    assert!(gateway.closed_because().await.contains("404"), "it is deleted");
    assert_eq!(calls()?.len(), 4, "calls to nobody are nobody's");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_leads_to_a_telephone() -> Result<()> {
    let world = World::open_with(&format!("{PEERS}{TRUNK}"))?;
    let bo = Telephone::bo(&then_silence(&audio::tone::beep(), 60)).await;
    // Nobody listens at the first.
    let handlers = ["sip:127.0.0.1:9;transport=tcp".to_owned(), bo.address()];
    number(&world, NUMBER, &handlers, "BRIDGE")?;
    let voice =
        speech("Good morning, this is Ada, who would like to speak to somebody who knows about books, please.")?;
    let mut gateway = Telephone::gateway(CALLER, &then_silence(&voice, 60), world.sip).await;
    gateway.dial(&at(NUMBER, world.sip)).await;
    let child = world.newest("calls", "calls", |call| {
        call["to"] == json!(bo.address()) && call["bridged"] == json!(true)
    })?;
    assert_eq!(
        (&child["direction"], &child["transport"], &child["from"]),
        (
            &json!("OUTGOING"),
            &json!("SIP"),
            &json!(format!("sip:+442071838750@{DOMAIN_BASE}"))
        ),
        "{child}"
    );
    world.newest("recordings", "recordings", |recording| recording["state"] == "PENDING")?;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    gateway.hang_up().await;
    let recording = world.newest("recordings", "recordings", |recording| {
        recording["state"] == "SUCCEEDED"
    })?;
    let parent = child["originatingCall"].as_str().context("a parent")?;
    let name = recording["name"].as_str().context("a name")?;
    assert!(
        name.starts_with(parent),
        "the recording is that of the call to the number: {name}"
    );
    let parent = world.server().get(&format!("/v1beta1/{parent}"), &world.token)?;
    assert_eq!(
        (&parent["to"], &parent["transport"]),
        (&json!(NUMBER), &json!("PSTN")),
        "{parent}"
    );
    // Whoever could not be reached is not forgotten.
    let calls = world.get("calls?pageSize=100")?;
    let states: Vec<&Value> = calls["calls"]
        .as_array()
        .context("calls")?
        .iter()
        .map(|call| &call["to"])
        .collect();
    assert_eq!(states.len(), 3, "{calls}");
    assert_eq!(*states[1], json!(format!("sip:{NUMBER}@127.0.0.1:9;transport=tcp")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_the_trunk_is_not_heard() -> Result<()> {
    let world = World::open_with("trunk_networks = [\"192.0.2.0/28\"]\nnumbers = [\"+6125550\"]\n")?;
    number(&world, NUMBER, &[handler(&world, "/busy")], "DISABLED")?;
    world.domain("busy", "/busy")?;
    let beep = then_silence(&audio::tone::beep(), 60);
    let mut stranger = Telephone::gateway(CALLER, &beep, world.sip).await;
    stranger.dial(&at(NUMBER, world.sip)).await;
    stranger.hang_up().await;
    stranger.closed_because().await;
    // What came before is answered before: of the two calls there is the second.
    let to = format!("sip:anybody@busy.{DOMAIN_BASE}");
    stranger.dial(&to).await;
    assert!(stranger.closed_because().await.contains("Busy"));
    let calls = world.get("calls")?;
    let calls = calls["calls"].as_array().context("calls")?;
    assert_eq!((calls.len(), &calls[0]["to"]), (1, &json!(to)), "{calls:?}");
    Ok(())
}
