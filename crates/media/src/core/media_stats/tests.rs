//! Every field, every spelling, every refusal.

use proptest::prelude::*;
use quality::report::Report;
use serde_json::{Map, json};

use super::*;
use crate::limits;

fn refused(uploaded: &Value) -> String {
    read(uploaded.clone()).map_or_else(|malformed| malformed.to_string(), |_| "taken".into())
}

fn section(id: &str, kind: &str, fields: &Value) -> Value {
    json!({ "id": id, kind: fields })
}

fn upload(sections: &[Value]) -> Value {
    json!({ "sections": sections })
}

/// What Chromium says of a microphone, a camera, one who is heard and one who is seen.
fn chromium() -> Value {
    let local =
        json!({"candidateType":"prflx","protocol":"udp","address":"192.0.2.7","port":50123,"networkType":"wifi"});
    upload(&[
        section("T01", "transport", &json!({"selectedCandidatePairId":"CP1"})),
        section(
            "CP0",
            "candidate-pair",
            &json!({"state":"waiting","localCandidateId":"I0"}),
        ),
        section(
            "CP1",
            "candidate-pair",
            &json!({"state":"succeeded","nominated":true,"localCandidateId":"I1","currentRoundTripTime":0.031,"availableOutgoingBitrate":1_200_000.4}),
        ),
        section("I1", "local-candidate", &local),
        section(
            "IT01A11",
            "inbound-rtp",
            &json!({"ssrc":11,"packetsReceived":5000,"packetsLost":-2,"jitter":0.0042,"totalSamplesReceived":480_000,"concealedSamples":9600,"silentConcealedSamples":4800,"totalAudioEnergy":0.25,"totalSamplesDuration":10.0}),
        ),
        section(
            "IT01V12",
            "inbound-rtp",
            &json!({"ssrc":12,"framesReceived":300,"framesDecoded":290,"framesDropped":10,"freezeCount":2,"totalFreezesDuration":0.75,"frameWidth":640}),
        ),
        section(
            "SA5",
            "media-source",
            &json!({"totalAudioEnergy":0.5,"totalSamplesDuration":10}),
        ),
        section(
            "OT01A21",
            "outbound-rtp",
            &json!({"ssrc":21,"mediaSourceId":"SA5","packetsSent":500}),
        ),
        section(
            "OT01V22",
            "outbound-rtp",
            &json!({"ssrc":22,"framesEncoded":280,"qualityLimitationDurations":{"none":7.5,"cpu":2.5,"bandwidth":0,"other":0}}),
        ),
        section(
            "RI22",
            "remote-inbound-rtp",
            &json!({"ssrc":22,"totalRoundTripTime":0.09,"roundTripTimeMeasurements":3,"packetsLost":4}),
        ),
        section(
            "AP",
            "media-playout",
            &json!({"synthesizedSamplesEvents":1,"totalSamplesDuration":10.5}),
        ),
        section(
            "client",
            "client",
            &json!({"userAgent":"Browser/1.0","hardwareConcurrency":8,"connectionType":"ethernet"}),
        ),
    ])
}

#[test]
fn an_upload_of_a_browser_is_read() {
    let Upload {
        client,
        path,
        playout,
        received,
        sent,
    } = read(chromium()).unwrap();
    let said = Client {
        user_agent: Some("Browser/1.0".into()),
        cores: Some(8),
        connection: Some(Connection::Wired),
        ..Client::default()
    };
    assert_eq!(client, Some(said));
    let selected = Path {
        round_trip_us: Some(31_000),
        outgoing_bps: Some(1_200_000),
        candidate: Some(Candidate::PeerReflexive),
        protocol: Some(Protocol::Udp),
        address: Some([192, 0, 2, 7].into()),
        port: Some(50_123),
        connection: Some(Connection::Wifi),
        ..Path::default()
    };
    assert_eq!(path, Some(selected));
    assert_eq!(
        (playout.glitches, playout.glitched_us, playout.played_us),
        (Some(1), None, Some(10_500_000))
    );
    let heard = Received {
        packets: Some(5_000),
        packets_lost: Some(0),
        jitter_us: Some(4_200),
        samples: Some(480_000),
        samples_concealed: Some(9_600),
        samples_concealed_silent: Some(4_800),
        audio_energy_nano: Some(250_000_000),
        audio_us: Some(10_000_000),
        ..Received::default()
    };
    let seen = Received {
        frames: Some(300),
        frames_decoded: Some(290),
        frames_dropped: Some(10),
        freezes: Some(2),
        frozen_us: Some(750_000),
        width_pixels: Some(640),
        ..Received::default()
    };
    assert_eq!(received, [(11, heard), (12, seen)].into());
    let microphone = Sent {
        packets: Some(500),
        audio_energy_nano: Some(500_000_000),
        audio_us: Some(10_000_000),
        ..Sent::default()
    };
    let camera = Sent {
        frames_encoded: Some(280),
        unlimited_us: Some(7_500_000),
        limited_by_processor_us: Some(2_500_000),
        limited_by_bandwidth_us: Some(0),
        limited_otherwise_us: Some(0),
        round_trips_us: Some(90_000),
        round_trips: Some(3),
        packets_lost: Some(4),
        ..Sent::default()
    };
    assert_eq!(sent, [(21, microphone), (22, camera)].into());
}

/// The same as Google's clients write it: every name in snake case, or every value as a text.
fn respelt(value: &Value, name: &dyn Fn(&str) -> String, leaf: &dyn Fn(&Value) -> Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (name(key), respelt(value, name, leaf)))
            .collect(),
        Value::Array(list) => list.iter().map(|value| respelt(value, name, leaf)).collect(),
        other => leaf(other),
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.replace('-', "_").chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[test]
fn every_spelling_says_the_same() {
    let expected = read(chromium());
    assert!(expected.is_ok());
    let typescript = respelt(&chromium(), &snake, &Value::clone);
    assert_eq!(read(typescript), expected);
    let text = |value: &Value| Value::String(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let native = respelt(&chromium(), &str::to_owned, &text);
    assert_eq!(read(native), expected);
}

#[test]
fn what_is_malformed_is_refused_with_its_place() {
    let check = |uploaded: Value, expected: &str| assert_eq!(refused(&uploaded), expected, "{uploaded}");
    check(json!([]), "sections are missing");
    check(json!({}), "sections are no list");
    check(upload(&[]), "taken");
    check(upload(&[json!(7)]), "sections[0] is no object");
    check(upload(&[json!({ "id": 7 })]), "sections[0] has an id that is no text");
    check(
        upload(&[json!({ "id": "a", "codec": 7 })]),
        "sections[0] has a type that is no object",
    );
    let receives = |fields: Value| upload(&[json!({}), section("", "inbound-rtp", &fields)]);
    check(receives(json!({})), "sections[1].ssrc is missing");
    check(receives(json!({"ssrc":null})), "sections[1].ssrc is missing");
    check(receives(json!({"ssrc":-1})), "sections[1].ssrc is out of its range");
    check(
        receives(json!({"ssrc":4_294_967_296_u64})),
        "sections[1].ssrc is out of its range",
    );
    check(receives(json!({"ssrc":[1]})), "sections[1].ssrc is no number");
    check(
        receives(json!({"ssrc":1,"jitter":"fast"})),
        "sections[1].jitter is no number",
    );
    check(
        receives(json!({"ssrc":1,"jitter":"NaN"})),
        "sections[1].jitter is out of its range",
    );
    check(
        receives(json!({"ssrc":1,"packetsLost":"-inf"})),
        "sections[1].packetsLost is out of its range",
    );
    check(
        receives(json!({"ssrc":1,"jitter":-0.1})),
        "sections[1].jitter is out of its range",
    );
    check(
        receives(json!({"ssrc":1,"jitter":1e10})),
        "sections[1].jitter is out of its range",
    );
    check(receives(json!({"ssrc":1,"jitter":null,"other":{"later":1}})), "taken");
    let twice = json!({"ssrc":1,"packetsLost":1,"packets_lost":1});
    check(receives(twice), "sections[1] has a name twice, in two spellings");
    let one = section("a", "inbound-rtp", &json!({"ssrc":1,"packetsLost":1}));
    check(
        upload(&[one.clone(), one]),
        "sections[1].packetsLost is there in two sections",
    );
    let sends = |fields: Value| upload(&[section("", "outbound-rtp", &fields)]);
    check(
        sends(json!({"ssrc":1,"qualityLimitationDurations":{"cpu":-1}})),
        "sections[0].qualityLimitationDurations.cpu is out of its range",
    );
    check(
        sends(json!({"ssrc":1,"qualityLimitationDurations":3})),
        "sections[0].qualityLimitationDurations is no object",
    );
    check(
        sends(json!({"ssrc":1,"mediaSourceId":3})),
        "sections[0].mediaSourceId is no text",
    );
    let says = |fields: Value| upload(&[section("", "client", &fields)]);
    check(
        says(json!({"userAgent":"a\nb"})),
        "sections[0].userAgent has control characters",
    );
    check(
        says(json!({"captureDeviceName":5})),
        "sections[0].captureDeviceName is no text",
    );
    check(
        says(json!({"hardwareConcurrency":65_536})),
        "sections[0].hardwareConcurrency is out of its range",
    );
    let long = "x".repeat(limits::REPORTED_TEXT_BYTES);
    check(says(json!({ "renderDeviceName": long })), "taken");
    check(
        says(json!({ "renderDeviceName": format!("{long}x") })),
        "sections[0].renderDeviceName is too long",
    );
}

#[test]
fn one_more_than_a_limit_is_refused() {
    let streams = |count: usize, kind: &str| {
        let sections: Vec<Value> = (0..count)
            .map(|ssrc| section("", kind, &json!({ "ssrc": ssrc })))
            .collect();
        refused(&upload(&sections))
    };
    for kind in ["inbound-rtp", "outbound-rtp", "remote-inbound-rtp"] {
        assert_eq!(streams(REPORTED_STREAMS, kind), "taken");
        assert_eq!(
            streams(REPORTED_STREAMS + 1, kind),
            "sections[24] is of one stream too many"
        );
    }
    let unread = |count: usize| refused(&upload(&vec![section("", "codec", &json!({})); count]));
    assert_eq!(unread(limits::UPLOADED_SECTIONS), "taken");
    assert_eq!(unread(limits::UPLOADED_SECTIONS + 1), "sections are too many");
}

#[test]
fn the_selected_pair_is_the_path() {
    let pair = |id: &str, state: &str, nominated: Value, round_trip: f64| {
        section(
            id,
            "candidate-pair",
            &json!({"state":state,"nominated":nominated,"currentRoundTripTime":round_trip}),
        )
    };
    let check = |transport: Value, expected: Option<u64>| {
        let sections = [
            section("T", "transport", &transport),
            pair("A", "succeeded", json!(false), 0.001),
            pair("B", "succeeded", json!("true"), 0.002),
            pair("C", "failed", json!(true), 0.003),
        ];
        let path = read(upload(&sections)).unwrap().path;
        assert_eq!(path.and_then(|path| path.round_trip_us), expected, "{transport}");
    };
    check(json!({"selectedCandidatePairId":"A"}), Some(1_000));
    check(json!({"selectedCandidatePairId":"Z"}), None);
    // Not every browser says so of its transport.
    check(json!({}), Some(2_000));
}

#[test]
fn a_hidden_address_is_none() {
    let check = |address: &str, expected: Option<IpAddr>| {
        let sections = [
            section(
                "B",
                "candidate-pair",
                &json!({"state":"succeeded","nominated":true,"localCandidateId":"L"}),
            ),
            section(
                "L",
                "local-candidate",
                &json!({"address":address,"candidateType":"newer","protocol":"tcp"}),
            ),
        ];
        let path = read(upload(&sections)).unwrap().path.unwrap();
        assert_eq!(
            (path.address, path.candidate, path.protocol),
            (expected, None, Some(Protocol::Tcp))
        );
    };
    check("0123abcd.local", None);
    check("2001:db8::7", Some("2001:db8::7".parse().unwrap()));
    check("", None);
}

/// Whether nothing that was read is beyond the limits.
fn is_within_limits(upload: &Upload) -> bool {
    let streams = [upload.received.len(), upload.sent.len()];
    let received = upload.received.values().map(serde_json::to_value);
    let sent = upload.sent.values().map(serde_json::to_value);
    let read = received.chain(sent).chain([serde_json::to_value(upload.playout)]);
    let figures = read.flat_map(|read| read.unwrap().as_object().unwrap().values().cloned().collect::<Vec<_>>());
    let client = upload.client.clone().unwrap_or_default();
    let texts = [client.user_agent, client.capture_device, client.render_device];
    streams.into_iter().all(|streams| streams <= REPORTED_STREAMS)
        && figures
            .into_iter()
            .all(|figure| figure.as_u64().is_some_and(|figure| figure <= 1 << 53))
        && texts
            .into_iter()
            .flatten()
            .all(|text| text.len() <= limits::REPORTED_TEXT_BYTES)
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[0-9a-zA-Z.\\-\n]{0,9}".prop_map(Value::from),
        (0_u32..4).prop_map(|number| json!({ "cpu": number })),
    ]
}

/// A type that is asked for, with some of its keys and anything behind them.
fn any_section() -> impl Strategy<Value = Value> {
    let types = asked_for()
        .into_iter()
        .chain([("client", vec!["userAgent", "hardwareConcurrency", "captureDeviceName"])]);
    let types: Vec<(&str, Vec<&str>)> = types.collect();
    let fields = prop::collection::vec((any::<prop::sample::Index>(), any_value()), 0..5);
    (prop::sample::select(types), 0_u32..3, fields, any::<bool>()).prop_map(|((kind, keys), ssrc, fields, is_snake)| {
        let mut written = Map::from_iter([("ssrc".to_owned(), ssrc.into())]);
        for (index, value) in fields {
            let key = keys[index.index(keys.len())];
            written.insert(if is_snake { snake(key) } else { key.to_owned() }, value);
        }
        section(&ssrc.to_string(), kind, &Value::Object(written))
    })
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_taken_is_within_limits(sections in prop::collection::vec(any_section(), 0..6), stray in any_value()) {
        let _ = read(stray.clone());
        let _ = read(upload(&[stray]));
        match read(upload(&sections)) {
            Ok(upload) => {
                prop_assert!(is_within_limits(&upload));
                Report::default().take(upload);
            }
            Err(malformed) => prop_assert!(malformed.to_string().starts_with("sections[")),
        }
    }
}

#[test]
fn what_clients_are_asked_for_is_in_measures_md() {
    let measures = include_str!("../../../../../docs/measures.md");
    let reported = measures.split("## What the browser reports").nth(1).expect("a chapter");
    let reported = reported.split("## ").next().expect("it has an end");
    for (kind, keys) in asked_for() {
        // What joins one entry to another, and says that a pair is in use, is no figure.
        let figures = keys
            .into_iter()
            .filter(|key| !["ssrc", "state", "nominated"].contains(key));
        for name in figures.chain([kind]) {
            assert!(reported.contains(name), "{name} of {kind}");
        }
    }
}
