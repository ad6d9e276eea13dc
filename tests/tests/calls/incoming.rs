//! Somebody calls.

use std::{fs::File, process::Command, sync::atomic::Ordering, thread, time::Duration};

use anyhow::{Context, Result};
use audio::decode::decode;
use end_to_end::{binary, request};
use serde_json::{Value, json};

use super::{
    speech::{likeness, speech, then_silence},
    telephone::Telephone,
    world::{Asked, DOMAIN_BASE, PEERS, PROJECT, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_leaves_a_message() -> Result<()> {
    let world = World::open()?;
    world.domain("help", "/voicemail")?;
    let message = speech(
        "My name is Ada, and I would like to be called back tomorrow. My number is five five five, one two three four.",
    )?;
    // She hears the greeting out, speaks, and says nothing more until it hangs up.
    let spoken: Vec<i16> = std::iter::repeat_n(0, 4 * 8_000)
        .chain(then_silence(&message, 30))
        .collect();
    let mut ada = Telephone::ada(&spoken, "udp", world.sip).await;
    ada.dial(&format!("sip:help@help.{DOMAIN_BASE}")).await;
    let call = world.newest("calls", "calls", |call| call["state"] == "COMPLETED")?;
    assert_eq!(call["labels"], json!({"left": "yes"}), "{call}");
    assert_eq!(
        (&call["direction"], &call["transport"], &call["to"]),
        (
            &json!("INCOMING"),
            &json!("SIP"),
            &json!(format!("sip:help@help.{DOMAIN_BASE}"))
        )
    );

    let recording = world.newest("recordings", "recordings", |recording| recording["state"] != "PENDING")?;
    assert_eq!(
        (&recording["state"], &recording["source"], &recording["channelCount"]),
        (&json!("SUCCEEDED"), &json!("RECORD_ACTION"), &json!(1)),
        "{recording}"
    );
    assert!(recording["audio"][0].get("uri").is_none(), "a list has no links");
    let name = recording["name"].as_str().context("a name")?;
    let full = world.server().get(&format!("/v1beta1/{name}"), &world.token)?;
    for (place, mime_type) in ["audio/x-wav", "audio/mpeg"].into_iter().enumerate() {
        let audio = &full["audio"][place];
        assert_eq!(audio["mimeType"], mime_type);
        let uri = audio["uri"].as_str().context("a link")?;
        let (status, file) = world.fetch(uri)?;
        assert_eq!((status, json!(file.len())), (200, audio["sizeBytes"].clone()));
        let kept = decode(&file)?;
        let likeness = likeness(&message, &kept);
        assert!(likeness >= 0.95, "{mime_type}: {likeness}");
        let forged = uri.replace(".wav.", ".mp3.").replace(".mp3.", ".wav.") + "x";
        assert_eq!(world.fetch(&forged)?.0, 403);
    }

    let heard = ada.heard().await;
    let greeting = speech("Please leave a message.")?;
    assert!(likeness(&greeting, &heard) >= 0.9, "she heard the greeting");
    let asked = world
        .handler
        .asked_until(|asked| asked.iter().any(|asked| asked.path == "/ready"))?;
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/voicemail", "/thanks?a=b", "/ready"]);
    assert_eq!(asked[0].body["call"]["state"], "STARTING");
    assert_eq!(asked[1].body["parameters"]["action"], "RECORD");
    assert_eq!(asked[1].body["parameters"]["recording"], json!(name));
    let header = |asked: &Asked, name: &str| {
        asked
            .headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    assert_eq!(header(&asked[1], "cookie").as_deref(), Some("menu=1"));
    assert_eq!(header(&asked[0], "x-enfonica-event").as_deref(), Some("CALL"));
    assert_eq!(header(&asked[0], "x-enfonica-signature").context("signed")?.len(), 44);
    let (told, body) = (&asked[2], &asked[2].body);
    assert_eq!(header(told, "x-enfonica-event").as_deref(), Some("RECORDING_READY"));
    assert_eq!(
        (&body["name"], &body["state"]),
        (&json!(name), &json!("SUCCEEDED")),
        "{body}"
    );
    let link = body["audio"][0]["uri"].as_str().context("a link")?;
    assert_eq!(world.fetch(link)?.0, 200, "whoever is told may fetch it at once");

    let uri = full["audio"][0]["uri"].as_str().context("a link")?;
    let deleted = request(
        world.server().address(),
        "DELETE",
        &format!("/v1beta1/{name}"),
        Some(&world.token),
        None,
    )?
    .ok()?;
    assert_eq!(deleted["name"], json!(name));
    assert_eq!(world.fetch(uri)?.0, 404, "its links are gone with it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_to_nothing() -> Result<()> {
    let world = World::open()?;
    for (domain, path) in [
        ("busy", "/busy"),
        ("gone", "/gone"),
        ("circle", "/circle"),
        ("wrong", "/wrong"),
    ] {
        world.domain(domain, path)?;
    }
    let beep = then_silence(&audio::tone::beep(), 60);
    let mut ada = Telephone::ada(&beep, "udp", world.sip).await;
    for (domain, state, code) in [
        ("busy", "REJECTED", "USER"),
        ("gone", "REJECTED", "HANDLER_ERROR"),
        ("circle", "REJECTED", "HANDLER_ERROR"),
        ("wrong", "COMPLETED", "DOCUMENT_ERROR"),
    ] {
        ada.dial(&format!("sip:anybody@{domain}.{DOMAIN_BASE}")).await;
        let to = format!("sip:anybody@{domain}.{DOMAIN_BASE}");
        let call = world.newest("calls", "calls", |call| {
            call["to"] == to.as_str() && call.get("endTime").is_some()
        })?;
        assert_eq!(
            (&call["state"], &call["errorCode"]),
            (&json!(state), &json!(code)),
            "{domain}: {call}"
        );
    }
    // Whoever calls a domain that is not there is nobody's caller.
    ada.dial(&format!("sip:anybody@nowhere.{DOMAIN_BASE}")).await;
    thread::sleep(Duration::from_secs(1));
    assert_eq!(
        world.get("calls?pageSize=100")?["calls"].as_array().map(Vec::len),
        Some(4)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_skipped_is_in_the_log() -> Result<()> {
    let log = tempfile::NamedTempFile::new()?;
    let mut command = Command::new(binary()?);
    command.stderr(File::create(log.path())?);
    let world = World::open_by(command, tempfile::tempdir()?, PEERS)?;
    world.handler.says("/fax", "<ReceiveFax/><Reject Reason=\"busy\"/>");
    world.domain("fax", "/fax")?;
    let mut ada = Telephone::ada(&then_silence(&audio::tone::beep(), 60), "udp", world.sip).await;
    ada.dial(&format!("sip:anybody@fax.{DOMAIN_BASE}")).await;
    assert!(ada.closed_because().await.contains("Busy"), "the document goes on");
    let said = std::fs::read_to_string(log.path())?;
    assert!(
        said.contains("it is skipped") && said.contains("<ReceiveFax>"),
        "{said}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_a_password_calls() -> Result<()> {
    let world = World::open()?;
    let ask = |verb: &str, path: &str, body: Option<&Value>| {
        let path = format!("/v1beta1/projects/{PROJECT}/sipDomains{path}");
        request(world.server().address(), verb, &path, Some(&world.token), body)
    };
    let domain = json!({
        "callTerminationMode": "PROGRAMMABLE",
        "callTerminationHandlerUris": [format!("{}/busy", world.handler.origin())],
        "allowRegister": true,
    });
    ask("POST", "?sipDomainId=staff", Some(&domain))?.ok()?;
    let weak = ask(
        "POST",
        "/staff/users?userId=ada",
        Some(&json!({"password": "password"})),
    )?;
    assert_eq!(weak.status, 400);
    let password = "Right-Passw0rd";
    let made = ask("POST", "/staff/users?userId=ada", Some(&json!({"password": password})))?.ok()?;
    assert_eq!(made["address"], json!(format!("ada@staff.{DOMAIN_BASE}")));
    assert!(made.get("password").is_none(), "{made}");

    let (name, whom) = (
        format!("staff.{DOMAIN_BASE}"),
        format!("sip:anybody@staff.{DOMAIN_BASE}"),
    );
    let beep = then_silence(&audio::tone::beep(), 60);
    let mut ada = Telephone::user("ada", password, &name, &beep, "udp", world.sip).await;
    ada.writes("200 OK").await;
    ada.dial(&whom).await;
    assert!(ada.closed_because().await.contains("Busy"));
    let call = world.newest("calls", "calls", |call| call.get("endTime").is_some())?;
    assert_eq!(
        (&call["state"], &call["to"]),
        (&json!("REJECTED"), &json!(whom)),
        "{call}"
    );

    let changed = json!({"password": "Other-Passw0rd"});
    ask("PATCH", "/staff/users/ada?updateMask=password", Some(&changed))?.ok()?;
    ada.dial(&whom).await;
    assert!(
        ada.closed_because().await.contains("403"),
        "the old one is of no use any more"
    );
    assert_eq!(world.get("calls")?["calls"].as_array().map(Vec::len), Some(1));
    ask("DELETE", "/staff/users/ada", None)?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_survives_a_kill() -> Result<()> {
    let mut world = World::open()?;
    world.domain("kept", "/recorded")?;
    let voice =
        speech("One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.")?;
    let mut ada = Telephone::ada(&then_silence(&voice, 60), "udp", world.sip).await;
    ada.dial(&format!("sip:me@kept.{DOMAIN_BASE}")).await;
    world.newest("recordings", "recordings", |recording| recording["state"] == "PENDING")?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    world.handler.is_busy.store(true, Ordering::Relaxed);
    world.kill_and_start()?;

    let call = world.newest("calls", "calls", |call| call.get("endTime").is_some())?;
    assert_eq!(call["state"], "COMPLETED", "{call}");
    let recording = world.newest("recordings", "recordings", |recording| recording["state"] != "PENDING")?;
    assert_eq!(
        (&recording["state"], &recording["channelCount"]),
        (&json!("SUCCEEDED"), &json!(2)),
        "{recording}"
    );
    let name = recording["name"].as_str().context("a name")?;
    let full = world.server().get(&format!("/v1beta1/{name}"), &world.token)?;
    let (_, file) = world.fetch(full["audio"][0]["uri"].as_str().context("a link")?)?;
    let kept = decode(&file)?;
    assert!(
        kept.len() > 3 * 8_000,
        "at most two seconds are lost: {} samples",
        kept.len()
    );
    assert!(likeness(&voice[..kept.len().min(voice.len())], &kept) >= 0.9);
    // Whoever is told of it is busy, and the server is killed again before they take it.
    let told = |asked: &[Asked]| asked.iter().filter(|asked| asked.path == "/ready").count();
    let before = told(&world.handler.asked_until(|asked| told(asked) > 0)?);
    world.kill_and_start()?;
    world.handler.is_busy.store(false, Ordering::Relaxed);
    let asked = world.handler.asked_until(|asked| told(asked) > before)?;
    for asked in asked.iter().filter(|asked| asked.path == "/ready") {
        let body = &asked.body;
        assert_eq!((&body["name"], &body["state"]), (&json!(name), &json!("SUCCEEDED")));
    }
    Ok(())
}
