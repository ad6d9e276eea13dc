//! `media` of a segment: what flowed between a participant and this server, by kind, with its measured quality.
//!
//! Every figure was measured or is null. `docs/measures.md` says of each how it is taken; here it only gets the name and the unit
//! that Graph has for it.

use quality::{Kind, Stream, Totals, report::Report};
use register::SessionQuality;
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
    let of_kind = |kind| -> Vec<(Stream, &Totals)> {
        let streams = quality.streams.iter().filter(|(stream, _)| stream.kind == kind);
        streams.map(|(stream, totals)| (*stream, totals)).collect()
    };
    let way = Way {
        path: quality.path,
        report,
        shows_addresses,
    };
    let voices = of_kind(Kind::Audio);
    let labelled = LABELS.into_iter().map(|(kind, label)| (label, of_kind(kind)));
    let flowed = labelled.filter(|(_, streams)| !streams.is_empty());
    flowed
        .map(|(label, streams)| Media {
            label,
            caller_network: Some(caller_network(&streams, &voices, &way)),
            callee_network: callee_network(&way),
            caller_device: caller_device(&streams, report),
            callee_device: None,
            streams: streams
                .into_iter()
                .map(|(stream, totals)| MediaStream::new(stream, totals, quality).with(stream, report))
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use quality::{Codec, Direction, Figures, Share, Spread, Window};
    use register::{Path, Transport};
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
            "playout": { "glitches": 2, "played_us": 60_000_000 },
            "received": {
                "8": { "newest": { "samples": 960_000, "samples_concealed": 48_000 }, "concealed_worst_ppm": 80_000 },
                "9": { "newest": { "frames": 200, "frames_dropped": 50, "freezes": 2, "frozen_us": 700_000 },
                       "freezes_squared_us2": 250_000_000_000_u64 },
                "10": { "newest": { "frames": 1 } },
            },
            "sent": { "12": { "unlimited_us": 6_000_000, "limited_by_processor_us": 2_000_000 } },
        });
        quality.report = Some(said.to_string());
        let with = serde_json::to_value(media(&quality, &report(&quality), true)).expect("plain values");
        for (path, expected) in [
            ("/0/callerNetwork/connectionType", json!("wifi")),
            ("/0/callerNetwork/ipAddress", json!("10.0.0.7")),
            ("/1/callerNetwork/ipAddress", json!("10.0.0.7")),
            ("/1/callerNetwork/connectionType", json!("wifi")),
            ("/0/callerDevice/speakerGlitchRate", json!(10.0)),
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
        let told = |media: &Value| media[0]["streams"][0].clone();
        assert_eq!(told(&with), told(&without), "the uplink's figures are the server's");
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
}
