//! Figures are measured and not invented: a telephone calls over a network that is bad both ways, and what the call record tells of each
//! stream is held against what the network knows that it did to it.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use audio::tone;
use end_to_end::{
    Seed,
    relay::{Conditions, Direction, Relay, Truth},
    request,
};
use serde_json::{Value, json};

use super::{
    telephone::Telephone,
    world::{DOMAIN_BASE, PATIENCE, PEERS, World},
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
    ..Conditions::CLEAN
};
const ANSWERING: Conditions = Conditions {
    loss_ppm: 100_000,
    delay_us: 60_000,
    jitter_us: 20_000,
    ..Conditions::CLEAN
};

/// How a sound is named in records, and how fast its timestamps count.
#[derive(Clone, Copy)]
pub(super) struct Spoken {
    name: &'static str,
    clock_hz: u32,
}

const PCMU: Spoken = Spoken {
    name: "pcmu",
    clock_hz: 8_000,
};
pub(super) const OPUS: Spoken = Spoken {
    name: "opus",
    clock_hz: 48_000,
};

/// The network between telephones and the lines of a server, of which it has so many as there are.
pub(super) struct Network {
    lines: Vec<Line>,
    port: u16,
    spoken: Spoken,
}

/// The network of one line: the way of its sound, and that of its reports.
struct Line {
    sound: Relay,
    reports: Relay,
}

impl Network {
    pub(super) fn open(lines: u16, spoken: Spoken) -> Result<Network> {
        let port = even_ports(lines)?;
        let lines = (0..lines).map(|line| Line::open(port + 2 * line));
        Ok(Network {
            lines: lines.collect::<Result<_>>()?,
            port,
            spoken,
        })
    }

    /// What the server is told of it.
    pub(super) fn settings(&self) -> Result<String> {
        let (first, last) = (self.port, self.port + 2 * u16::try_from(self.lines.len())? - 1);
        Ok(format!(
            "{PEERS}public_address = \"{SEEN}\"\nfirst_port = {first}\nlast_port = {last}\n"
        ))
    }

    /// That on which this stream went this way.
    fn line_of(&self, way: Direction, ssrc: u32) -> Result<&Line> {
        for line in &self.lines {
            if line.sound.stream(way, ssrc, self.spoken.clock_hz)?.packets > 0 {
                return Ok(line);
            }
        }
        bail!("no line has the stream {ssrc}")
    }

    /// Holds what is told of a leg against what it did to it: who called may be the telephone, or this server.
    pub(super) fn check(&self, segment: &Value, telephone_calls: bool) -> Result<()> {
        let media = &segment["media"][0];
        let streams = media["streams"].as_array().context("streams")?;
        // What comes from the telephone goes up to the server.
        let (up, down) = (Direction::Uplink, Direction::Downlink);
        let ways = if telephone_calls { [up, down] } else { [down, up] };
        for (name, way) in ["callerToCallee", "calleeToCaller"].into_iter().zip(ways) {
            let stream = streams.iter().find(|stream| stream["streamDirection"] == name);
            let stream = stream.with_context(|| format!("nothing flows {name}: {media}"))?;
            let ssrc = stream["streamId"].as_str().context("an id")?.parse()?;
            let line = self.line_of(way, ssrc)?;
            let slack_ms = if way == Direction::Uplink { 0.0 } else { BUSY_MS };
            check(stream, &line.sound.stream(way, ssrc, self.spoken.clock_hz)?, slack_ms)?;
            check_last(
                stream,
                "loss",
                told_loss(stream)?,
                &line.losses(way, ssrc, self.spoken.clock_hz)?,
                0.0,
            );
            let round_trip_ms = milliseconds(&stream["averageRoundTripTime"])?;
            check_last(stream, "round trip", round_trip_ms, &line.round_trips_ms(), BUSY_MS);
            assert_eq!(stream["audioCodec"], self.spoken.name, "{stream}");
        }
        Ok(())
    }
}

impl Line {
    fn open(port: u16) -> Result<Line> {
        let lead = |port: u16| -> Result<Relay> {
            let relay = Relay::open_at(SocketAddr::from((SEEN, port)), Seed::new(u64::from(port)))?;
            relay.lead_to((Ipv4Addr::LOCALHOST, port).into());
            relay.set(Direction::Uplink, ANSWERING);
            relay.set(Direction::Downlink, CALLING);
            Ok(relay)
        };
        Ok(Line {
            sound: lead(port)?,
            reports: lead(port + 1)?,
        })
    }

    /// What whoever counts what is lost of a stream knew of it, at last and before: this server all, and a telephone what it had reported.
    #[expect(clippy::cast_precision_loss, reason = "some thousand packets")]
    fn losses(&self, way: Direction, ssrc: u32, clock_hz: u32) -> Result<Vec<f64>> {
        let known = if way == Direction::Uplink {
            vec![self.sound.stream(way, ssrc, clock_hz)]
        } else {
            let reported = self.reports.reported(Direction::Uplink, ssrc);
            let until = |highest: &u16| self.sound.stream_until(way, ssrc, clock_hz, *highest);
            reported.iter().rev().take(2).map(until).collect()
        };
        let loss = |truth: Result<Truth>| truth.map(|truth| truth.lost as f64 / truth.packets as f64);
        known.into_iter().map(loss).collect()
    }

    /// How long reports and their answers took, at last and before.
    #[expect(clippy::cast_precision_loss, reason = "some thousand packets")]
    fn round_trips_ms(&self) -> Vec<f64> {
        let took_us = self.reports.round_trips_us(Direction::Uplink);
        let mean_ms = |took_us: &[u64]| took_us.iter().sum::<u64>() as f64 / took_us.len() as f64 / 1e3;
        let counts = took_us.len().saturating_sub(1).max(1)..=took_us.len();
        counts.rev().map(|count| mean_ms(&took_us[..count])).collect()
    }
}

/// The first of so many pairs of ports that are free, here and in the network.
fn even_ports(lines: u16) -> Result<u16> {
    let bind = |port: u16| UdpSocket::bind((Ipv4Addr::LOCALHOST, port));
    let is_free = |port: u16| bind(port).is_ok() && UdpSocket::bind((SEEN, port)).is_ok();
    loop {
        let first = bind(0)?.local_addr()?.port() & !1;
        if first < u16::MAX - 2 * lines && (first..first + 2 * lines).all(is_free) {
            return Ok(first);
        }
    }
}

/// The record of a call with all that is below it, once there is one.
pub(super) fn record(world: &World, id: &str, token: &str) -> Result<Value> {
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

fn told_loss(stream: &Value) -> Result<f64> {
    let loss = stream["averagePacketLossRate"].as_f64();
    loss.with_context(|| format!("no loss: {stream}"))
}

fn is_near(found: f64, truth: f64, slack: f64) -> bool {
    (found - truth).abs() <= truth * TOLERANCE + slack
}

#[expect(clippy::cast_precision_loss, reason = "some thousand packets")]
#[track_caller]
fn check(stream: &Value, truth: &Truth, jitter_slack_ms: f64) -> Result<()> {
    let packets = stream["packetUtilization"].as_f64().context("packets")?;
    assert!(is_near(packets, truth.packets as f64, 0.0), "{truth:?}: {stream}");
    let jitter_ms = milliseconds(&stream["averageJitter"])?;
    let truth_ms = truth.jitter_us_mean / 1e3;
    assert!(is_near(jitter_ms, truth_ms, jitter_slack_ms), "{truth:?}: {stream}");
    Ok(())
}

/// Holds a figure that reports tell against what was true at the last of them, or at the one before: the last may have come when the call was
/// over.
#[track_caller]
fn check_last(stream: &Value, what: &str, found: f64, truths: &[f64], slack: f64) {
    let is_true = truths.iter().any(|truth| is_near(found, *truth, slack));
    assert!(is_true, "{what}: {found}, and it was {truths:?}: {stream}");
}

/// What telephones say, for longer than any call lasts.
fn said() -> Vec<i16> {
    tone::beep().iter().copied().cycle().take(8_000 * 60).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_record_tells_of_a_call_is_what_the_network_did_to_it() -> Result<()> {
    let network = Network::open(1, PCMU)?;
    let world = World::open_with(&network.settings()?)?;
    let bo = Telephone::bo(&said()).await;
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

    network.check(&session["segments"][0], false)
}

/// The last part of a name.
fn id(name: &Value) -> Result<&str> {
    let id = name.as_str().and_then(|name| name.rsplit('/').next());
    id.with_context(|| format!("no name: {name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_record_tells_of_two_legs_is_what_the_network_did_to_each() -> Result<()> {
    let network = Network::open(2, PCMU)?;
    let world = World::open_with(&network.settings()?)?;
    // What Ada says in her call goes to where the server says that it is.
    let signalling = Relay::open_at(SocketAddr::from((SEEN, world.sip.port())), Seed::new(0))?;
    signalling.lead_to(world.sip);
    let (bo, mut ada) = (
        Telephone::bo(&said()).await,
        Telephone::ada(&said(), "udp", world.sip).await,
    );
    world.handler.says("/desk", format!("<Call>{}</Call>", bo.address()));
    world.domain("desk", "/desk")?;
    ada.dial(&format!("sip:me@desk.{DOMAIN_BASE}")).await;
    let other = world.newest("calls", "calls", |call| {
        call["originatingCall"].is_string() && call["bridged"] == json!(true)
    })?;
    tokio::time::sleep(Duration::from_secs(CALL_S)).await;
    ada.hang_up().await;
    world.newest("calls", "calls", |call| call.get("endTime").is_some())?;
    let (parent, child) = (id(&other["originatingCall"])?, id(&other["name"])?);
    let token = world.server().token_of_application("CallRecords.Read.All")?;
    let record = record(&world, parent, &token)?;
    let session = &record["sessions"][0];
    let who = |end: &str| session[end]["associatedIdentity"]["id"].clone();
    assert_eq!(
        (who("caller"), who("callee")),
        (json!("sip:ada@example.org"), json!(bo.address())),
        "{session}"
    );
    let [came, went] = [0, 1].map(|leg| &session["segments"][leg]);
    assert_eq!((&came["id"], &went["id"]), (&json!(parent), &json!(child)), "{session}");
    network.check(came, true)?;
    network.check(went, false)
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
        // A date at the end is the whole day for the one, and its begin for the other.
        let until = match function {
            "getPstnCalls" => today.clone(),
            _ => format!("{today}T23:59:59.999999Z"),
        };
        let range = format!("fromDateTime={today},toDateTime={until}");
        let mut path = format!("/v1.0/communications/callRecords/{function}({range})?$top=1");
        let mut rows = vec![];
        loop {
            let page = world.server().get(&path, &token)?;
            assert!(page["@odata.count"] == 2 && rows.len() <= 2, "{page} after {rows:?}");
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
        ["successfulCall", "finalSipCode", "finalSipCodePhrase"],
    );
    assert_eq!(calls, [json!([true, 200, "OK"]), json!([false, null, null])]);
    Ok(())
}
