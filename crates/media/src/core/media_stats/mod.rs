//! What clients upload on `media-stats`: `{"sections":[{"id":"…","inbound-rtp":{"ssrc":…}}]}` (`contracts/meet.md` §4.4).
//!
//! A section is an entry of what `getStats` gives, under its type. Our client writes names as W3C does. So does Google's C++
//! client, with every value as a string; its TypeScript client writes names in snake case. One reader takes them all: names
//! are brought to one spelling first, and a number may be a string.
//!
//! A table for each type says what is read, and the same tables tell clients what to upload, so nobody is asked for what is not
//! read. What no table names is not looked at: there is no harm in it, and browsers count more from year to year. What one does
//! name must be what it says, or the whole upload is refused, with the place. Our own type is `client`, which is no entry of
//! `getStats` but what a client says of itself.

mod section;

use std::net::IpAddr;

use quality::{
    limits::REPORTED_STREAMS,
    report::{Candidate, Client, Connection, Path, Playout, Protocol, Received, Sent, Upload},
};
use serde_json::Value;

pub use self::section::Malformed;
use self::section::{
    Row, Section,
    Unit::{Energy, Plain, Seconds, Signed},
    sections,
};

const INBOUND_RTP: &[Row<Received>] = &[
    ("packetsReceived", Plain, |it| &mut it.packets),
    ("packetsLost", Signed, |it| &mut it.packets_lost),
    ("packetsDiscarded", Plain, |it| &mut it.packets_discarded),
    ("retransmittedPacketsReceived", Plain, |it| &mut it.packets_resent),
    ("fecPacketsReceived", Plain, |it| &mut it.packets_fec),
    ("jitter", Seconds, |it| &mut it.jitter_us),
    ("jitterBufferDelay", Seconds, |it| &mut it.jitter_buffer_us),
    ("jitterBufferEmittedCount", Plain, |it| &mut it.jitter_buffer_emitted),
    ("totalSamplesReceived", Plain, |it| &mut it.samples),
    ("concealedSamples", Plain, |it| &mut it.samples_concealed),
    ("silentConcealedSamples", Plain, |it| &mut it.samples_concealed_silent),
    ("concealmentEvents", Plain, |it| &mut it.concealments),
    ("totalAudioEnergy", Energy, |it| &mut it.audio_energy_nano),
    ("totalSamplesDuration", Seconds, |it| &mut it.audio_us),
    ("framesReceived", Plain, |it| &mut it.frames),
    ("framesDecoded", Plain, |it| &mut it.frames_decoded),
    ("keyFramesDecoded", Plain, |it| &mut it.keyframes_decoded),
    ("framesDropped", Plain, |it| &mut it.frames_dropped),
    ("totalDecodeTime", Seconds, |it| &mut it.decoding_us),
    ("freezeCount", Plain, |it| &mut it.freezes),
    ("totalFreezesDuration", Seconds, |it| &mut it.frozen_us),
    ("frameWidth", Plain, |it| &mut it.width_pixels),
    ("frameHeight", Plain, |it| &mut it.height_pixels),
];

const OUTBOUND_RTP: &[Row<Sent>] = &[
    ("packetsSent", Plain, |it| &mut it.packets),
    ("retransmittedPacketsSent", Plain, |it| &mut it.packets_resent),
    ("framesEncoded", Plain, |it| &mut it.frames_encoded),
    ("keyFramesEncoded", Plain, |it| &mut it.keyframes_encoded),
    ("totalEncodeTime", Seconds, |it| &mut it.encoding_us),
    ("targetBitrate", Plain, |it| &mut it.target_bps),
];

/// The keys inside of an outbound stream's [`LIMITATIONS`].
const LIMITATION: &[Row<Sent>] = &[
    ("none", Seconds, |it| &mut it.unlimited_us),
    ("cpu", Seconds, |it| &mut it.limited_by_processor_us),
    ("bandwidth", Seconds, |it| &mut it.limited_by_bandwidth_us),
    ("other", Seconds, |it| &mut it.limited_otherwise_us),
];

const REMOTE_INBOUND_RTP: &[Row<Sent>] = &[
    ("totalRoundTripTime", Seconds, |it| &mut it.round_trips_us),
    ("roundTripTimeMeasurements", Plain, |it| &mut it.round_trips),
    ("packetsLost", Signed, |it| &mut it.packets_lost),
];

const MEDIA_SOURCE: &[Row<Sent>] = &[
    ("totalAudioEnergy", Energy, |it| &mut it.audio_energy_nano),
    ("totalSamplesDuration", Seconds, |it| &mut it.audio_us),
    ("droppedSamplesEvents", Plain, |it| &mut it.capture_glitches),
];

const MEDIA_PLAYOUT: &[Row<Playout>] = &[
    ("synthesizedSamplesEvents", Plain, |it| &mut it.glitches),
    ("synthesizedSamplesDuration", Seconds, |it| &mut it.glitched_us),
    ("totalSamplesDuration", Seconds, |it| &mut it.played_us),
];

const CANDIDATE_PAIR: &[Row<Path>] = &[
    ("currentRoundTripTime", Seconds, |it| &mut it.round_trip_us),
    ("availableOutgoingBitrate", Plain, |it| &mut it.outgoing_bps),
    ("availableIncomingBitrate", Plain, |it| &mut it.incoming_bps),
];

const SSRC: &str = "ssrc";
const SOURCE: &str = "mediaSourceId";
const LIMITATIONS: &str = "qualityLimitationDurations";
const SELECTED_PAIR: &str = "selectedCandidatePairId";
const LOCAL_CANDIDATE: &str = "localCandidateId";

/// What clients shall upload: each type of `getStats`, and the keys of it that are read.
pub(crate) fn asked_for() -> [(&'static str, Vec<&'static str>); 8] {
    fn with<T>(others: &[&'static str], rows: &[Row<T>]) -> Vec<&'static str> {
        others
            .iter()
            .copied()
            .chain(rows.iter().map(|(name, ..)| *name))
            .collect()
    }
    let candidate = [
        "candidateType",
        "protocol",
        "relayProtocol",
        "address",
        "port",
        "networkType",
    ];
    [
        ("inbound-rtp", with(&[SSRC], INBOUND_RTP)),
        ("outbound-rtp", with(&[SSRC, SOURCE, LIMITATIONS], OUTBOUND_RTP)),
        ("remote-inbound-rtp", with(&[SSRC], REMOTE_INBOUND_RTP)),
        ("media-source", with(&[], MEDIA_SOURCE)),
        ("media-playout", with(&[], MEDIA_PLAYOUT)),
        ("transport", vec![SELECTED_PAIR]),
        (
            "candidate-pair",
            with(&["state", "nominated", LOCAL_CANDIDATE], CANDIDATE_PAIR),
        ),
        ("local-candidate", candidate.to_vec()),
    ]
}

/// Reads what stands behind `uploadMediaStats`.
pub fn read(uploaded: Value) -> Result<Upload, Malformed> {
    let sections = sections(uploaded)?;
    let mut upload = Upload::default();
    for section in &sections {
        match section.kind.as_str() {
            "inbound-rtp" => {
                let received = upload.received.entry(ssrc(section)?).or_default();
                section.fill(INBOUND_RTP, received)?;
            }
            "outbound-rtp" => {
                let sent = upload.sent.entry(ssrc(section)?).or_default();
                section.fill(OUTBOUND_RTP, sent)?;
                if let Some(limitations) = section.inner(LIMITATIONS)? {
                    limitations.fill(LIMITATION, sent)?;
                }
                if let Some(source) = section.refers_to(&sections, SOURCE, "media-source")? {
                    source.fill(MEDIA_SOURCE, sent)?;
                }
            }
            "remote-inbound-rtp" => {
                let sent = upload.sent.entry(ssrc(section)?).or_default();
                section.fill(REMOTE_INBOUND_RTP, sent)?;
            }
            "media-playout" => section.fill(MEDIA_PLAYOUT, &mut upload.playout)?,
            "client" => upload.client = Some(client(section)?),
            _ => {}
        }
        if upload.received.len().max(upload.sent.len()) > REPORTED_STREAMS {
            return Err(section.malformed("is of one stream too many"));
        }
    }
    upload.path = path(&sections)?;
    Ok(upload)
}

/// The selected path: the pair that the transport names, or the one that says of itself that it is in use.
fn path(sections: &[Section]) -> Result<Option<Path>, Malformed> {
    let transport = sections.iter().find(|section| section.kind == "transport");
    let named = transport.filter(|transport| transport.value(SELECTED_PAIR).is_some());
    let pair = match named {
        Some(transport) => transport.refers_to(sections, SELECTED_PAIR, "candidate-pair")?,
        None => sections.iter().find(|section| is_in_use(section)),
    };
    let Some(pair) = pair else { return Ok(None) };
    let mut path = match pair.refers_to(sections, LOCAL_CANDIDATE, "local-candidate")? {
        Some(candidate) => local_candidate(candidate)?,
        None => Path::default(),
    };
    pair.fill(CANDIDATE_PAIR, &mut path)?;
    Ok(Some(path))
}

fn is_in_use(pair: &Section) -> bool {
    let says = |name, word: &str| match pair.value(name) {
        Some(Value::Bool(is)) => *is && word == "true",
        Some(Value::String(text)) => text == word,
        _ => false,
    };
    pair.kind == "candidate-pair" && says("nominated", "true") && says("state", "succeeded")
}

fn local_candidate(section: &Section) -> Result<Path, Malformed> {
    Ok(Path {
        candidate: section.text("candidateType")?.and_then(candidate),
        protocol: section.text("protocol")?.and_then(protocol),
        relay_protocol: section.text("relayProtocol")?.and_then(protocol),
        // Most browsers hide it behind a name that only their own network can look up.
        address: section
            .text("address")?
            .and_then(|address| address.parse::<IpAddr>().ok()),
        port: section.whole("port")?,
        connection: section.text("networkType")?.map(connection),
        ..Path::default()
    })
}

fn client(section: &Section) -> Result<Client, Malformed> {
    let text = |name| section.text(name).map(|text| text.map(str::to_owned));
    Ok(Client {
        user_agent: text("userAgent")?,
        cores: section.whole("hardwareConcurrency")?,
        connection: section.text("connectionType")?.map(connection),
        capture_device: text("captureDeviceName")?,
        render_device: text("renderDeviceName")?,
    })
}

fn ssrc(section: &Section) -> Result<u32, Malformed> {
    section
        .whole(SSRC)?
        .ok_or_else(|| section.malformed_at(SSRC, "is missing"))
}

/// A kind of candidate; `None` if it is a newer one.
fn candidate(kind: &str) -> Option<Candidate> {
    Some(match kind {
        "host" => Candidate::Host,
        "srflx" => Candidate::ServerReflexive,
        "prflx" => Candidate::PeerReflexive,
        "relay" => Candidate::Relay,
        _ => return None,
    })
}

fn protocol(name: &str) -> Option<Protocol> {
    Some(match name {
        "udp" => Protocol::Udp,
        "tcp" => Protocol::Tcp,
        "tls" => Protocol::Tls,
        _ => return None,
    })
}

/// A network, in the words of the Network Information API and of ICE.
fn connection(kind: &str) -> Connection {
    match kind {
        "ethernet" => Connection::Wired,
        "wifi" => Connection::Wifi,
        "cellular" | "wimax" => Connection::Mobile,
        "vpn" => Connection::Tunnel,
        _ => Connection::Unknown,
    }
}

#[cfg(test)]
mod tests;
