//! `media` of a segment: what flowed between a participant and this server, by kind, with its measured quality.
//!
//! Every figure was measured or is null. `docs/measures.md` says of each how it is taken; here it only gets the name and the unit
//! that Graph has for it.

use quality::{Kind, Stream, Totals, report::Report};
use register::{SessionQuality, Transport};
use serde::Serialize;

use super::devices::{DeviceInfo, caller_device};
use super::networks::{NetworkInfo, Way, callee_network, caller_network};
use super::streams::MediaStream;

/// `microsoft.graph.callRecords.media`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Media {
    label: &'static str,
    caller_network: Option<NetworkInfo>,
    callee_network: Option<NetworkInfo>,
    caller_device: Option<DeviceInfo>,
    callee_device: Option<DeviceInfo>,
    streams: Vec<MediaStream>,
}

impl Media {
    /// The same where the participant was called.
    pub(super) fn turned(self) -> Media {
        Media {
            label: self.label,
            caller_network: self.callee_network,
            callee_network: self.caller_network,
            caller_device: self.callee_device,
            callee_device: self.caller_device,
            streams: self.streams.into_iter().map(MediaStream::turned).collect(),
        }
    }
}

/// `modality`, as far as meetings here have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Modality {
    Audio,
    Video,
    VideoBasedScreenSharing,
}

/// What flowed.
pub(super) fn modalities(media: register::Media) -> Vec<Modality> {
    let kinds = [
        (media.audio, Modality::Audio),
        (media.video, Modality::Video),
        (media.screen, Modality::VideoBasedScreenSharing),
    ];
    kinds
        .into_iter()
        .filter_map(|(flowed, modality)| flowed.then_some(modality))
        .collect()
}

/// The kinds in the order in which they are told, with their labels.
const LABELS: [(Kind, &str); 3] = [
    (Kind::Audio, "main-audio"),
    (Kind::Video, "main-video"),
    (Kind::Screen, "applicationsharing-video"),
];

/// What a session's client has said of its own end; nothing if that is of a version that cannot be read any more.
pub(super) fn report(quality: &SessionQuality) -> Report {
    let report = quality.report.as_deref().map(serde_json::from_str);
    report.and_then(Result::ok).unwrap_or_default()
}

/// One for each kind that flowed, either way; with addresses for those who may know them.
pub(super) fn media(quality: &SessionQuality, report: &Report, shows_addresses: bool) -> Vec<Media> {
    let way = Way {
        transport: quality.path.map(|path| path.transport),
        path: quality.path,
        report,
        shows_addresses,
    };
    flowed(quality, &way)
}

/// The same of a telephone, whose sound goes by UDP (RTP), and of which nobody tells anything else.
pub(super) fn of_telephone(quality: &SessionQuality) -> Vec<Media> {
    let way = Way {
        transport: Some(Transport::Udp),
        path: None,
        report: &Report::default(),
        shows_addresses: false,
    };
    flowed(quality, &way)
}

fn flowed(quality: &SessionQuality, way: &Way<'_>) -> Vec<Media> {
    let of_kind = |kind| -> Vec<(Stream, &Totals)> {
        let streams = quality.streams.iter().filter(|(stream, _)| stream.kind == kind);
        streams.map(|(stream, totals)| (*stream, totals)).collect()
    };
    let voices = of_kind(Kind::Audio);
    let labelled = LABELS.into_iter().map(|(kind, label)| (label, of_kind(kind)));
    let flowed = labelled.filter(|(_, streams)| !streams.is_empty());
    flowed
        .map(|(label, streams)| Media {
            label,
            caller_network: Some(caller_network(&streams, &voices, way)),
            callee_network: callee_network(way),
            caller_device: caller_device(&streams, way.report),
            callee_device: None,
            streams: streams
                .into_iter()
                .map(|(stream, totals)| MediaStream::new(stream, totals, quality).with(stream, way.report))
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use quality::{Codec, Direction, Figures, Share, Spread, Window};
    use register::Path;
    use serde_json::{Value, json};

    use super::*;

    fn stream(ssrc: u32, direction: Direction, kind: Kind) -> Stream {
        Stream { ssrc, direction, kind }
    }

    fn spread(samples: &[u64]) -> Spread {
        let mut spread = Spread::default();
        for sample in samples {
            spread.take(*sample);
        }
        spread
    }

    fn totals(figures: &Figures) -> Totals {
        let mut totals = Totals::default();
        totals.add(&Window {
            begin_us: 0,
            length_us: 5_000_000,
            first_us: Some(1),
            last_us: Some(4_999_999),
            figures: *figures,
        });
        totals
    }

    /// A voice up, a camera down.
    fn measured() -> SessionQuality {
        let voice = Figures {
            packets: 190,
            expected: 200,
            lost: 10,
            jitter_us: spread(&[6_000, 8_000]),
            round_trip_us: spread(&[64_000, 106_000]),
            speech_db: spread(&[20, 31]),
            spoiled: Share { such: 1, samples: 4 },
            codec: Some(Codec::Opus),
            ..Figures::default()
        };
        let camera = Figures {
            packets: 500,
            timed_frames: 60,
            timed_us: 2_000_000,
            codec: Some(Codec::Vp8),
            ..Figures::default()
        };
        SessionQuality {
            streams: BTreeMap::from([
                (stream(7, Direction::Uplink, Kind::Audio), totals(&voice)),
                (stream(9, Direction::Downlink, Kind::Video), totals(&camera)),
            ]),
            path: Some(Path {
                transport: Transport::Udp,
                theirs: ([203, 0, 113, 9], 27_288).into(),
                ours: ([192, 0, 2, 1], 8_080).into(),
            }),
            report: None,
        }
    }

    fn told(shows_addresses: bool) -> Value {
        let quality = measured();
        serde_json::to_value(media(&quality, &report(&quality), shows_addresses)).expect("plain values")
    }

    #[test]
    fn what_was_measured_has_its_unit_and_the_rest_is_null() {
        let media = told(true);
        let check = |path: &str, expected: Value| assert_eq!(media.pointer(path), Some(&expected), "{path}");
        check("/0/label", json!("main-audio"));
        let voice = "/0/streams/0";
        for (field, expected) in [
            ("streamId", json!("7")),
            ("streamDirection", json!("callerToCallee")),
            ("startDateTime", json!("1970-01-01T00:00:00.000001Z")),
            ("audioCodec", json!("opus")),
            ("videoCodec", Value::Null),
            ("packetUtilization", json!(190)),
            ("averageJitter", json!("PT0.007S")),
            ("maxJitter", json!("PT0.008S")),
            ("averagePacketLossRate", json!(0.05)),
            ("maxPacketLossRate", json!(0.05)),
            ("averageRoundTripTime", json!("PT0.085S")),
            ("maxRoundTripTime", json!("PT0.106S")),
            ("averageBandwidthEstimate", Value::Null),
            ("averageAudioNetworkJitter", json!("PT0.007S")),
            ("postForwardErrorCorrectionPacketLossRate", Value::Null),
            ("isAudioForwardErrorCorrectionUsed", json!(false)),
            ("averageVideoFrameRate", Value::Null),
            ("averageVideoPacketLossRate", Value::Null),
            ("wasMediaBypassed", json!(false)),
        ] {
            check(&format!("{voice}/{field}"), expected);
        }
        check("/0/callerDevice/sentSignalLevel", json!(-26));
        check("/0/callerDevice/sentNoiseLevel", Value::Null);
        check("/0/callerNetwork/sentQualityEventRatio", json!(0.25));
        check("/0/callerNetwork/receivedQualityEventRatio", Value::Null);
        check("/1/label", json!("main-video"));
        check("/1/callerDevice", Value::Null);
        let camera = "/1/streams/0";
        for (field, expected) in [
            ("streamDirection", json!("calleeToCaller")),
            ("audioCodec", Value::Null),
            ("videoCodec", json!("unknownFutureValue")),
            ("videoCodec@sederunt.codec", json!("VP8")),
            ("averageVideoFrameRate", json!(30.0)),
            ("averagePacketLossRate", Value::Null),
            ("isAudioForwardErrorCorrectionUsed", Value::Null),
        ] {
            check(&format!("{camera}/{field}"), expected);
        }
    }

    /// What clients say stands in its own fields, and changes no other.
    #[test]
    fn a_report_fills_what_only_its_own_end_can_know() {
        let mut quality = measured();
        let (voice, picture) = (
            stream(8, Direction::Downlink, Kind::Audio),
            stream(12, Direction::Uplink, Kind::Video),
        );
        quality.streams.insert(voice, totals(&Figures::default()));
        quality.streams.insert(picture, totals(&Figures::default()));
        let without = serde_json::to_value(media(&quality, &Report::default(), true)).expect("plain values");
        let said = json!({
            "client": { "connection": "wifi" },
            "path": { "address": "10.0.0.7" },
            "outgoing_bps": { "sum": 1_500_000, "samples": 3, "max": 900_000 },
            "incoming_bps": { "sum": 800_000, "samples": 1, "max": 800_000 },
            "round_trips": { "sum": 90_000, "samples": 3, "max": 50_000 },
            "narrow": { "such": 1, "samples": 4 },
            "playout": { "glitches": 2, "glitched_us": 1_500_000, "played_us": 60_000_000 },
            "received": {
                "8": { "newest": { "samples": 960_000, "samples_concealed": 48_000 }, "concealed_worst_ppm": 80_000 },
                "9": { "newest": { "packets": 995, "packets_lost": 50, "packets_resent": 45, "frames": 200, "frames_dropped": 50, "freezes": 2, "frozen_us": 700_000 },
                       "freezes_squared_us2": 250_000_000_000_u64 },
                "10": { "newest": { "frames": 1 } },
            },
            "sent": {
                "7": { "capture_glitches": 3, "audio_us": 100_000_000 },
                "12": { "unlimited_us": 6_000_000, "limited_by_processor_us": 2_000_000 },
            },
        });
        quality.report = Some(said.to_string());
        let with = serde_json::to_value(media(&quality, &report(&quality), true)).expect("plain values");
        for (path, expected) in [
            ("/0/callerNetwork/connectionType", json!("wifi")),
            ("/0/callerNetwork/ipAddress", json!("10.0.0.7")),
            ("/1/callerNetwork/ipAddress", json!("10.0.0.7")),
            ("/1/callerNetwork/connectionType", json!("wifi")),
            ("/0/callerNetwork/bandwidthLowEventRatio", json!(0.25)),
            (
                "/0/callerNetwork/bandwidthLowEventRatio@sederunt.source",
                json!("client"),
            ),
            ("/0/streams/0/averageBandwidthEstimate@sederunt.source", json!("client")),
            ("/0/streams/1/averageRoundTripTime@sederunt.source", json!("client")),
            ("/0/streams/1/maxRoundTripTime@sederunt.source", json!("client")),
            ("/0/callerDevice/speakerGlitchRate", json!(10.0)),
            ("/0/callerDevice/deviceGlitchEventRatio", json!(0.025)),
            ("/0/callerDevice/micGlitchRate", json!(9.0)),
            ("/0/callerDevice/cpuInsufficentEventRatio", Value::Null),
            ("/1/callerDevice/cpuInsufficentEventRatio", json!(0.25)),
            ("/1/callerDevice/micGlitchRate", Value::Null),
            ("/0/streams/0/averageRoundTripTime", json!("PT0.085S")),
            ("/0/streams/1/averageRoundTripTime", json!("PT0.03S")),
            ("/0/streams/1/maxRoundTripTime", json!("PT0.05S")),
            ("/0/streams/0/averageBandwidthEstimate", json!(500_000)),
            ("/0/streams/1/averageBandwidthEstimate", json!(800_000)),
            ("/1/streams/1/averageBandwidthEstimate", json!(500_000)),
            ("/1/streams/0/postForwardErrorCorrectionPacketLossRate", json!(0.005)),
            ("/1/streams/1/postForwardErrorCorrectionPacketLossRate", Value::Null),
            ("/0/streams/1/averageRatioOfConcealedSamples", json!(0.05)),
            ("/0/streams/1/maxRatioOfConcealedSamples", json!(0.08)),
            ("/1/streams/1/lowVideoProcessingCapabilityRatio", json!(0.25)),
            ("/1/streams/0/averageVideoFrameLossPercentage", json!(25.0)),
            ("/1/streams/0/averageFreezeDuration", json!("PT0.35S")),
            ("/1/streams/0/rmsFreezeDuration", json!("PT0.353553S")),
        ] {
            assert_eq!(with.pointer(path), Some(&expected), "{path}");
        }
        quality.report = Some("what no version has ever written".into());
        let unread = serde_json::to_value(media(&quality, &report(&quality), true)).expect("plain values");
        assert_eq!(unread, without);
        let told = |media: &Value| {
            let mut stream = media[0]["streams"][0].clone();
            let properties = stream.as_object_mut().expect("an object");
            properties.retain(|name, _| !name.starts_with("averageBandwidthEstimate"));
            stream
        };
        assert_eq!(told(&with), told(&without), "the uplink's figures are the server's");
    }

    /// Where the server has a figure of its own, what a client says of it is not told.
    #[test]
    fn what_is_measured_stands_before_what_is_said() {
        let mut quality = measured();
        let seen = stream(9, Direction::Downlink, Kind::Video);
        let figures = Figures {
            packets: 10,
            estimate_bps: spread(&[2_000_000]),
            narrow: Share { such: 0, samples: 1 },
            ..Figures::default()
        };
        quality.streams.insert(seen, totals(&figures));
        let said =
            json!({ "incoming_bps": { "sum": 7, "samples": 1, "max": 7 }, "narrow": { "such": 1, "samples": 1 } });
        quality.report = Some(said.to_string());
        let media = serde_json::to_value(media(&quality, &report(&quality), true)).expect("plain values");
        assert_eq!(media[1]["streams"][0]["averageBandwidthEstimate"], 2_000_000);
        assert_eq!(media[1]["callerNetwork"]["bandwidthLowEventRatio"], 0.0);
        assert!(!media[1].to_string().contains("@sederunt.source"), "{media}");
    }

    #[test]
    fn a_relay_is_told_of_whosever_it_is() {
        /// The transport and own address, seen address and port, and address and port of the relay.
        #[track_caller]
        fn check(transport: Transport, said: &Value, expected: &Value) {
            let mut quality = measured();
            quality.path = quality.path.map(|path| Path { transport, ..path });
            quality.report = Some(json!({ "path": said }).to_string());
            for (shows_addresses, expected) in [(true, expected.clone()), (false, json!([expected[0]]))] {
                let media = serde_json::to_value(media(&quality, &report(&quality), shows_addresses));
                let network = &media.expect("plain values")[0]["callerNetwork"];
                let fields = [
                    "networkTransportProtocol",
                    "ipAddress",
                    "reflexiveIPAddress",
                    "port",
                    "relayIPAddress",
                    "relayPort",
                ];
                for (place, field) in fields.iter().enumerate() {
                    assert_eq!(
                        &network[field],
                        expected.get(place).unwrap_or(&Value::Null),
                        "{field} of {said}"
                    );
                }
            }
        }
        let (seen, ours) = ("203.0.113.9", "192.0.2.1");
        let direct = |protocol| json!([protocol, "10.0.0.7", seen, 27_288, null, null]);
        let host = json!({ "candidate": "host", "address": "10.0.0.7", "protocol": "udp" });
        check(Transport::Udp, &host, &direct("udp"));
        check(Transport::Tcp, &host, &direct("tcp"));
        // Its address is one at the relay.
        let relayed = |protocol| json!({ "candidate": "relay", "relay_protocol": protocol, "address": "198.51.100.4" });
        let by_ours = |protocol| json!([protocol, null, seen, 27_288, ours, 8_080]);
        check(Transport::RelayedTcp, &relayed("tls"), &by_ours("tcp"));
        check(Transport::RelayedUdp, &relayed("udp"), &by_ours("udp"));
        for (protocol, expected) in [("udp", "udp"), ("tcp", "tcp"), ("tls", "tcp")] {
            let by_another = json!([expected, null, null, null, seen, 27_288]);
            check(Transport::Udp, &relayed(protocol), &by_another);
        }
    }

    #[test]
    fn addresses_are_for_those_who_may_know_them() {
        let check = |shows_addresses: bool, expected: [Value; 3]| {
            let media = told(shows_addresses);
            let fields = ["reflexiveIPAddress", "port", "networkTransportProtocol"];
            assert_eq!(fields.map(|field| media[0]["callerNetwork"][field].clone()), expected);
        };
        check(true, [json!("203.0.113.9"), json!(27_288), json!("udp")]);
        check(false, [Value::Null, Value::Null, json!("udp")]);
        assert_eq!(told(true)[0]["calleeNetwork"]["ipAddress"], json!("192.0.2.1"));
        assert_eq!(told(false)[0]["calleeNetwork"]["ipAddress"], Value::Null);
    }

    #[test]
    fn what_was_passed_on_flowed() {
        let mut quality = measured();
        let camera = stream(11, Direction::Uplink, Kind::Video);
        quality.streams.insert(camera, Totals::default());
        let media = register::Media::of(&quality.streams);
        assert_eq!((media.audio, media.video, media.screen), (true, false, false));
        let loudly = totals(&Figures {
            codec: Some(Codec::Vp9),
            ..Figures::default()
        });
        quality.streams.insert(camera, loudly);
        assert!(register::Media::of(&quality.streams).video);
    }

    /// Both ways: what is told is declared, and what is declared is told.
    #[test]
    fn every_property_is_in_the_metadata() {
        let media = told(true);
        for (name, path) in [
            ("media", "/0"),
            ("mediaStream", "/0/streams/0"),
            ("networkInfo", "/0/callerNetwork"),
            ("deviceInfo", "/0/callerDevice"),
        ] {
            let told = media.pointer(path).and_then(Value::as_object).expect("an object");
            let mut told: Vec<&str> = told.keys().map(String::as_str).collect();
            let mut declared = crate::contracts::graph::metadata::declared("ComplexType", name);
            told.sort_unstable();
            declared.sort_unstable();
            assert_eq!(told, declared, "{name}");
        }
    }

    /// What `docs/measures.md` says of a type, by the names that begin its rows: all that Graph has, and nothing else.
    #[test]
    fn every_figure_of_graph_is_in_measures_md() {
        let measures = include_str!("../../../../../docs/measures.md");
        let section = |name: &str| {
            let (_, section) = measures.split_once(&format!("### `{name}`")).expect("a section");
            section.split("### ").next().unwrap_or_default()
        };
        let named = |name: &str| -> BTreeSet<&str> {
            let rows = section(name).lines().filter(|line| line.starts_with("| `"));
            let first = rows.filter_map(|row| row.split('|').nth(1));
            first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
        };
        let declared = |name: &str| crate::contracts::graph::metadata::declared("ComplexType", name);
        for name in ["mediaStream", "networkInfo", "deviceInfo"] {
            assert_eq!(named(name), declared(name).into_iter().collect(), "{name}");
        }
        let mut endpoint = declared("participantEndpoint");
        // Who somebody is, and what they say of the meeting, are no figures.
        endpoint.retain(|name| !["associatedIdentity", "identity", "feedback", "userAgent"].contains(name));
        endpoint.extend(["userAgent/headerValue", "userAgent/platform"]);
        assert_eq!(named("participantEndpoint"), endpoint.into_iter().collect());
    }
}
