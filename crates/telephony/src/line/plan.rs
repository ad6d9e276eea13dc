//! What was agreed on for a leg's sound: where it goes, and how it is bytes.

use std::net::SocketAddr;

use audio::{RATE_HZ, g711::Law, opus};

/// What both sides agreed on for a leg's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where the telephone says that it is.
    pub remote: SocketAddr,
    /// Where it says that its reports come to.
    pub reports: Reports,
    /// How its sound is bytes.
    pub sound: Sound,
    /// How keys are events, if they are.
    pub events: Option<Events>,
    /// Whether it wants to hear anything: one that is on hold may not.
    pub hears: bool,
    /// Whether it says anything.
    pub speaks: bool,
}

/// Where reports of RTCP come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reports {
    /// Beside the sound, at a port of their own: here the one behind that of the sound (RFC 3550 §11).
    At(SocketAddr),
    /// At the port of the sound (RFC 5761).
    Muxed,
}

/// How sound is bytes, and under which payload type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The payload type, as both sides have it.
    pub payload_type: u8,
    /// How.
    pub codec: Codec,
}

/// How samples are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// One for each sample, by a law (RFC 3551 §4.5.14).
    G711(Law),
    /// As RFC 7587 has it.
    Opus,
}

impl Codec {
    /// What its timestamps count, in a second.
    pub fn clock_hz(self) -> u32 {
        match self {
            Codec::G711(_) => RATE_HZ,
            Codec::Opus => opus::CLOCK_HZ,
        }
    }

    /// What its timestamps count, in one sample of a line.
    pub(super) fn ticks_per_sample(self) -> u32 {
        self.clock_hz() / RATE_HZ
    }
}

/// Keys as events (RFC 4733).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events {
    /// Their payload type.
    pub payload_type: u8,
    /// What their lengths are counted in: the sound's own clock, or 8,000 by those who know no other.
    pub clock_hz: u32,
}
