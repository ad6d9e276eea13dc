//! What a stream is: one SSRC of one session, in one direction.
//!
//! A line on which a session receives keeps its SSRC for life, whatever is switched onto it, so it is one stream with one
//! history. A participant's microphone, camera and screen are streams of their own; one that is started again under another SSRC is a new one.

use serde::{Deserialize, Serialize};

/// Which way media flows, as seen by the participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the participant to the server, which receives it and so knows it best.
    Uplink,
    /// From the server to the participant, whose receiver reports say how it arrives.
    Downlink,
}

/// What is in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A voice.
    Audio,
    /// A camera; on the downlink every line of pictures, since cameras and screens take turns on it.
    Video,
    /// A shared screen.
    Screen,
}

/// The codecs of what is forwarded, and of telephones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// RFC 6716.
    Opus,
    /// G.711 by the law of America and Japan, as telephones have it (RFC 3551 §4.5.14).
    Pcmu,
    /// G.711 by the law of everywhere else.
    Pcma,
    /// RFC 6386.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// AV1 over RTP, of the Alliance for Open Media.
    Av1,
}

impl Codec {
    /// What its timestamps are counted in.
    pub fn clock_rate_hz(self) -> u32 {
        match self {
            Codec::Opus => 48_000,
            Codec::Pcmu | Codec::Pcma => 8_000,
            Codec::Vp8 | Codec::Vp9 | Codec::H264 | Codec::Av1 => 90_000,
        }
    }
}

/// The key of a stream within its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stream {
    /// The synchronisation source, as it is on the wire.
    pub ssrc: u32,
    /// Which way it flows.
    pub direction: Direction,
    /// What is in it.
    pub kind: Kind,
}
