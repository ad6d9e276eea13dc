//! Figures are measured and not invented: a telephone calls over a network that is bad both ways, and what the call record tells of each
//! stream is held against what the network knows that it did to it.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use audio::tone;
use end_to_end::{
    Seed,
    relay::{Conditions, Direction, Relay, Truth},
    request,
};
use serde_json::{Value, json};

use super::{
    telephone::Telephone,
    world::{PATIENCE, PEERS, World},
};

/// By which address telephones are told that the server is to be reached: that of the network between.
const SEEN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
const CALL_S: u64 = 30;
/// How far a figure may be from the truth, as a part of it, and how late a busy machine makes even a network that is good: those of the
/// same test with browsers.
const TOLERANCE: f64 = 0.15;
const BUSY_MS: f64 = 3.0;

const CALLING: Conditions = Conditions {
    loss_ppm: 50_000,
    delay_us: 40_000,
    jitter_us: 0,
    rate_bps: None,
};
const ANSWERING: Conditions = Conditions {
    loss_ppm: 100_000,
    delay_us: 60_000,
    jitter_us: 20_000,
    rate_bps: None,
};

/// The network between telephones and the one line of a server: the way of its sound, and that of its reports.
struct Network {
    sound: Relay,
    reports: Relay,
    port: u16,
}

impl Network {
    fn open() -> Result<Network> {
        let port = even_port()?;
        let lead = |port: u16, seed: u64| -> Result<Relay> {
            let relay = Relay::open_at(SocketAddr::from((SEEN, port)), Seed::new(seed))?;
            relay.lead_to((Ipv4Addr::LOCALHOST, port).into());
            relay.set(Direction::Uplink, ANSWERING);
            relay.set(Direction::Downlink, CALLING);
            Ok(relay)
        };
        Ok(Network {
            sound: lead(port, 1)?,
            reports: lead(port + 1, 2)?,
            port,
        })
    }

    /// What the server is told of it.
    fn settings(&self) -> String {
        let (first, last) = (self.port, self.port + 1);
        format!("{PEERS}public_address = \"{SEEN}\"\nfirst_port = {first}\nlast_port = {last}\n")
    }

    /// How long a report and its answer take.
    fn round_trip_ms(&self) -> Result<f64> {
        let there = self.reports.way(Direction::Downlink)?;
        let back = self.reports.way(Direction::Uplink)?;
        Ok((there.delay_us_mean + back.delay_us_mean) / 1e3)
    }
}

/// A port that is free with the one behind it.
fn even_port() -> Result<u16> {
    let bind = |port: u16| UdpSocket::bind((Ipv4Addr::LOCALHOST, port));
    loop {
        let port = bind(0)?.local_addr()?.port() & !1;
        if bind(port).is_ok() && bind(port + 1).is_ok() {
            return Ok(port);
        }
    }
}

/// The record of a call with all that is below it, once there is one.
fn record(world: &World, id: &str, token: &str) -> Result<Value> {
    let path = format!("/v1.0/communications/callRecords/{id}?$expand=sessions($expand=segments),participants_v2");
    let begun = Instant::now();
    loop {
        let answer = request(world.server().address(), "GET", &path, Some(token), None)?;
        if answer.status != 404 {
            return answer.ok();
        }
        ensure!(begun.elapsed() < PATIENCE, "there is no record of {id}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// `PT0.085S` in milliseconds.
fn milliseconds(duration: &Value) -> Result<f64> {
    let text = duration.as_str().with_context(|| format!("no duration: {duration}"))?;
    let seconds = text.strip_prefix("PT").and_then(|text| text.strip_suffix('S'));
    Ok(seconds.context("seconds")?.parse::<f64>()? * 1e3)
}

#[track_caller]
fn near(what: &str, found: f64, truth: f64, slack: f64) {
    let is_near = (found - truth).abs() <= truth * TOLERANCE + slack;
    assert!(is_near, "{what}: {found}, and it was {truth}");
}

#[expect(clippy::cast_precision_loss, reason = "some thousand packets")]
fn check(stream: &Value, truth: &Truth, round_trip_ms: f64, jitter_slack_ms: f64) -> Result<()> {
    let direction = stream["streamDirection"].as_str().context("a direction")?;
    let number = |field: &str| stream[field].as_f64().with_context(|| format!("no {field}: {stream}"));
    let near = |figure: &str, found, truth, slack| near(&format!("{direction}, {figure}"), found, truth, slack);
    near("packets", number("packetUtilization")?, truth.packets as f64, 0.0);
    let loss = truth.lost as f64 / truth.packets as f64;
    near("loss", number("averagePacketLossRate")?, loss, 0.0);
    let jitter_ms = milliseconds(&stream["averageJitter"])?;
    near("jitter", jitter_ms, truth.jitter_us_mean / 1e3, jitter_slack_ms);
    near(
        "round trip",
        milliseconds(&stream["averageRoundTripTime"])?,
        round_trip_ms,
        BUSY_MS,
    );
    assert_eq!(stream["audioCodec"], "pcmu", "{stream}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_record_tells_of_a_call_is_what_the_network_did_to_it() -> Result<()> {
    let network = Network::open()?;
    let world = World::open_with(&network.settings())?;
    let said: Vec<i16> = tone::beep().iter().copied().cycle().take(8_000 * 60).collect();
    let bo = Telephone::bo(&said).await;
    world
        .handler
        .says("/waits", format!("<Wait DurationSeconds=\"{CALL_S}\"/>"));
    let created = world.call(&bo.address(), "/waits", &[])?.ok()?;
    let id = created["name"]
        .as_str()
        .and_then(|name| name.rsplit('/').next())
        .context("a name")?;
    tokio::time::sleep(Duration::from_secs(CALL_S)).await;
    world.newest("calls", "calls", |call| call["state"] == json!("COMPLETED"))?;
    let token = world.server().token_of_application("CallRecords.Read.All")?;
    let record = record(&world, id, &token)?;
    assert_eq!(
        (&record["type"], &record["version"]),
        (&json!("peerToPeer"), &json!(1)),
        "{record}"
    );
    assert_eq!(record["modalities"], json!(["audio"]));
    assert_eq!(
        record["participants_v2"][0]["identity"]["phone"]["id"],
        json!(bo.address())
    );
    let session = &record["sessions"][0];
    assert_eq!(
        (&session["id"], &session["failureInfo"]),
        (&json!(id), &Value::Null),
        "{session}"
    );
    let kind = |end: &str| {
        session[end]["@odata.type"]
            .as_str()
            .and_then(|kind| kind.rsplit('.').next())
    };
    assert_eq!(
        (kind("caller"), kind("callee")),
        (Some("serviceEndpoint"), Some("participantEndpoint"))
    );

    let media = &session["segments"][0]["media"][0];
    let streams = media["streams"].as_array().context("streams")?;
    let of = |direction: &str| {
        let stream = streams.iter().find(|stream| stream["streamDirection"] == direction);
        stream.with_context(|| format!("nothing flows {direction}: {media}"))
    };
    let round_trip_ms = network.round_trip_ms()?;
    // We call, so what comes from the telephone goes up to the server, and to the caller.
    for (name, way, slack_ms) in [
        ("calleeToCaller", Direction::Uplink, 0.0),
        ("callerToCallee", Direction::Downlink, BUSY_MS),
    ] {
        let stream = of(name)?;
        let ssrc = stream["streamId"].as_str().context("an id")?.parse()?;
        check(
            stream,
            &network.sound.stream(way, ssrc, 8_000)?,
            round_trip_ms,
            slack_ms,
        )?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_the_telephone_network_are_rows_of_both_functions() -> Result<()> {
    let number = "+442071838750";
    let gateway = Telephone::numbered(number).await;
    let trunk = gateway.address();
    let host = trunk.rsplit_once('@').context("an address")?.1;
    let world = World::open_with(&format!("{PEERS}trunk = \"{host}\"\ntrunk_prefixes = [\"+4420\"]\n"))?;
    world.handler.says("/number", "<Wait DurationSeconds=\"1\"/>");
    for to in [number, "+33123456789"] {
        world.call_as("+442071838751", to, "/number", &[])?.ok()?;
        world.newest("calls", "calls", |call| {
            call["to"] == json!(to) && call.get("endTime").is_some()
        })?;
    }
    let token = world.server().token_of_application("CallRecord-PstnCalls.Read.All")?;
    let rows = |function: &str| -> Result<Vec<Value>> {
        let path =
            format!("/v1.0/communications/callRecords/{function}(fromDateTime=2020-01-01,toDateTime=2020-01-02)");
        assert_eq!(world.server().get(&path, &token)?["@odata.count"], 0);
        let today = world.get("calls")?["calls"][0]["createTime"]
            .as_str()
            .context("a time")?[..10]
            .to_owned();
        let range = format!("fromDateTime={today},toDateTime={today}T23:59:59.999999Z");
        let mut path = format!("/v1.0/communications/callRecords/{function}({range})?$top=1");
        let mut rows = vec![];
        loop {
            let page = world.server().get(&path, &token)?;
            assert_eq!(page["@odata.count"], 2, "{page}");
            rows.extend(page["value"].as_array().cloned().unwrap_or_default());
            let Some(next) = page["@odata.nextLink"].as_str() else {
                return Ok(rows);
            };
            let (_, below) = next.split_once("/v1.0/").context("an address of ours")?;
            path = format!("/v1.0/{below}");
        }
    };
    let told = |rows: &[Value], fields: [&str; 3]| -> Vec<Value> {
        rows.iter()
            .map(|row| json!(fields.map(|field| row[field].clone())))
            .collect()
    };
    let calls = told(&rows("getPstnCalls")?, ["callType", "callerNumber", "calleeNumber"]);
    let to = |number: &str| json!(["ucap_out", "+442071838751", number]);
    assert_eq!(calls, [to(number), to("+33123456789")]);
    let calls = told(
        &rows("getDirectRoutingCalls")?,
        ["callType", "successfulCall", "finalSipCode"],
    );
    assert_eq!(calls, [json!(["ByotOut", true, 200]), json!(["ByotOut", false, null])]);
    Ok(())
}
