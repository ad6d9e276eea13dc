//! What was said by SIP about a call can be read when it is over.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use end_to_end::request;
use serde_json::{Value, json};

use super::{
    speech::then_silence,
    telephone::Telephone,
    world::{DOMAIN_BASE, PATIENCE, PROJECT, World},
};

/// The messages of a call: who says what, in the order in which it was said.
fn ladder(info: &Value, ours: &str) -> Vec<String> {
    let messages = info["messages"].as_array().into_iter().flatten();
    let said = messages.map(|message| {
        let source = format!(
            "{}:{}",
            message["sourceIp"].as_str().unwrap_or_default(),
            message["sourcePort"]
        );
        let who = if source == ours { "we" } else { "they" };
        format!("{who}: {}", message["method"].as_str().unwrap_or_default())
    });
    said.collect()
}

fn path_of(call: &Value) -> Result<String> {
    let name = call["name"].as_str().context("a name")?;
    Ok(format!("/v1beta1/{name}/sipInfo"))
}

/// What is kept of a call that is over, once it is there.
async fn kept(world: &World, call: &Value) -> Result<Value> {
    let path = path_of(call)?;
    let begun = Instant::now();
    loop {
        let answer = request(world.server().address(), "GET", &path, Some(&world.token), None)?;
        if answer.status == 200 {
            return Ok(answer.body);
        }
        assert_eq!(answer.body["error"]["status"], "FAILED_PRECONDITION", "it is not lost");
        ensure!(begun.elapsed() < PATIENCE, "it does not come: {}", answer.body);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_called_so_does_not_learn_by_whom() -> Result<()> {
    let world = World::open()?;
    let silent = Telephone::silent().await;
    let call = json!({
        "to": silent.address(), "from": "sip:office@example.org", "isPrivate": true,
        "options": {"handlerUris": [format!("{}/recorded", world.handler.origin())], "timeoutSeconds": 1},
    });
    let path = format!("/v1beta1/projects/{PROJECT}/calls");
    let made = request(world.server().address(), "POST", &path, Some(&world.token), Some(&call))?.ok()?;
    let over = world.newest("calls", "calls", |call| call["state"] == "NOT_ANSWERED")?;
    assert_eq!(
        (&over["name"], &over["isPrivate"]),
        (&made["name"], &json!(true)),
        "{over}"
    );
    assert_eq!(over["from"], "sip:office@example.org", "whoever makes it knows as whom");
    let invitation = kept(&world, &made).await?["messages"][0]["data"].to_string();
    for said in ["anonymous@anonymous.invalid", "Privacy: id"] {
        ensure!(invitation.contains(said), "{said} in {invitation}");
    }
    for unsaid in ["office", DOMAIN_BASE] {
        ensure!(!invitation.contains(unsaid), "{unsaid} in {invitation}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_about_a_call_is_there_when_it_is_over() -> Result<()> {
    let world = World::open()?;
    world.domain("demo", "/recorded")?;
    let ours = world.sip.to_string();
    let silence = then_silence(&audio::tone::beep(), 60);
    let mut ada = Telephone::ada(&silence, "udp", world.sip).await;
    ada.dial(&format!("sip:anybody@demo.{DOMAIN_BASE}")).await;
    let call = world.newest("calls", "calls", |call| call["state"] == "IN_PROGRESS")?;
    let early = request(
        world.server().address(),
        "GET",
        &path_of(&call)?,
        Some(&world.token),
        None,
    )?;
    assert_eq!(early.body["error"]["status"], "FAILED_PRECONDITION");
    ada.hang_up().await;
    world.newest("calls", "calls", |call| call["state"] == "COMPLETED")?;
    let info = kept(&world, &call).await?;
    let said = ladder(&info, &ours);
    let expected = [
        "they: INVITE",
        "we: 100",
        "we: 200",
        "they: ACK",
        "they: BYE",
        "we: 200",
    ];
    assert_eq!(said, expected, "{info}");
    assert_eq!(info["sipCallId"], call["sipCallId"]);
    assert_eq!(info["messages"][1]["requestLine"], "100 Trying");
    let pcap = info["pcap"].as_str().context("a capture")?;
    ensure!(pcap.starts_with("1MOyoQIABAA"), "it is a file of pcap: {pcap}");

    // A call of ours that nobody takes, and one that goes nowhere.
    let silent = Telephone::silent().await;
    let rang = world
        .call(&silent.address(), "/recorded", &[("timeoutSeconds", json!(2))])?
        .ok()?;
    world.newest("calls", "calls", |call| call["state"] == "NOT_ANSWERED")?;
    let info = kept(&world, &rang).await?;
    let said = ladder(&info, &ours);
    ensure!(said.starts_with(&["we: INVITE".to_owned()]), "{said:?}");
    for expected in ["they: 180", "we: CANCEL", "they: 487", "we: ACK"] {
        ensure!(said.iter().any(|said| said == expected), "{expected} in {said:?}");
    }
    let nowhere = world.call(&format!("sip:a@x.{DOMAIN_BASE}"), "/recorded", &[])?.ok()?;
    world.newest("calls", "calls", |call| {
        call["name"] == nowhere["name"] && call["state"] == "FAILED"
    })?;
    let none = request(
        world.server().address(),
        "GET",
        &path_of(&nowhere)?,
        Some(&world.token),
        None,
    )?;
    assert_eq!(none.status, 404, "{PROJECT} has a call that was never made");
    Ok(())
}
