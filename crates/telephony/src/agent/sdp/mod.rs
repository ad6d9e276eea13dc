//! What two telephones agree on for their sound: offers and answers of SDP (RFC 8866, RFC 3264), as far as telephones go.
//!
//! One stream of sound, by Opus or either law of G.711, with keys as events if the other side has them. Of what somebody offers the
//! first is taken that is known here, since that is what they like best; in our own offers Opus comes first. Whatever else is offered
//! is answered by a port of 0, in its place, as the rules of answers ask. A hold is a direction, and is answered by its mirror.
//!
//! Reports come to the port behind that of the sound, or to the same one where the other side offers that (RFC 5761); we offer it to
//! nobody, since gateways that do not know it are many.
//!
//! Where the description itself comes by TLS, its sound may be sealed by keys that it carries (SDES, RFC 4568). Over anything else such
//! a stream is one of those that are not taken: its keys would be as open as the sound.

mod reading;
#[cfg(test)]
mod tests;
mod writing;

use std::net::SocketAddr;

use audio::{RATE_HZ, g711::Law, opus};

use crate::line::{Codec, Events, Key, Keys, Plan, Reports, Secret, Sound, Suite};
use writing::{head, stream, writeln_crlf};

/// What somebody offers, or answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Each stream as its line says it, and whether it is the one that is taken.
    streams: Vec<(String, bool)>,
    plan: Plan,
    sealed: Option<Sealed>,
}

/// By what the sound of a stream is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sealed {
    /// Which of the ways that were offered.
    tag: u32,
    keys: Keys,
}

/// Why there can be no sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// It is something else, or too long.
    #[error("no description of a session")]
    Malformed,
    /// It offers nothing that can be taken.
    #[error("no sound by Opus or G.711 in it, over RTP that can be taken here")]
    Unsupported,
}

const MU: Sound = Sound {
    payload_type: 0,
    codec: Codec::G711(Law::Mu),
};
const A: Sound = Sound {
    payload_type: 8,
    codec: Codec::G711(Law::A),
};
/// As we offer it; others choose their own number.
const OPUS: Sound = Sound {
    payload_type: 96,
    codec: Codec::Opus,
};
/// What we offer for keys. Those of Opus have its clock (RFC 7587 §4.1, RFC 4733 §2.1), but many that speak it know only the other.
const EVENTS: Events = Events {
    payload_type: 101,
    clock_hz: RATE_HZ,
};
/// See [`EVENTS`].
const OPUS_EVENTS: Events = Events {
    payload_type: 102,
    clock_hz: opus::CLOCK_HZ,
};

/// What can be agreed on with a telephone.
#[derive(Clone, Copy)]
pub(crate) struct Means {
    /// By what our sound is sealed, where its description comes by TLS.
    pub(crate) secret: Option<Secret>,
    /// Opus may be spoken.
    pub(crate) opus: bool,
}

/// In the open, everything that is known here.
const ALL: Means = Means {
    secret: None,
    opus: true,
};

/// Which way sound flows, as whoever says it sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Direction {
    speaks: bool,
    hears: bool,
}

impl Direction {
    const BOTH: Direction = Direction {
        speaks: true,
        hears: true,
    };

    /// The same, as the other side sees it.
    fn mirrored(self) -> Direction {
        Direction {
            speaks: self.hears,
            hears: self.speaks,
        }
    }

    fn named(name: &str) -> Option<Direction> {
        let (speaks, hears) = match name {
            "sendrecv" => (true, true),
            "sendonly" => (true, false),
            "recvonly" => (false, true),
            "inactive" => (false, false),
            _ => return None,
        };
        Some(Direction { speaks, hears })
    }

    fn name(self) -> &'static str {
        match (self.speaks, self.hears) {
            (true, true) => "sendrecv",
            (true, false) => "sendonly",
            (false, true) => "recvonly",
            (false, false) => "inactive",
        }
    }
}

impl Description {
    /// Reads one that came in the open.
    pub fn read(body: &[u8]) -> Result<Description, SdpError> {
        Description::read_by(body, ALL)
    }

    /// Reads one of which no more than this can be agreed on.
    pub(crate) fn read_by(body: &[u8], means: Means) -> Result<Description, SdpError> {
        let (session, streams) = reading::read(body)?;
        let taken = streams
            .iter()
            .enumerate()
            .find_map(|(place, stream)| Some((place, stream.agreed(&session, means)?)));
        let (taken, (plan, sealed)) = taken.ok_or(SdpError::Unsupported)?;
        let lines = streams
            .iter()
            .enumerate()
            .map(|(place, stream)| (stream.line.to_owned(), place == taken));
        Ok(Description {
            streams: lines.collect(),
            plan,
            sealed,
        })
    }

    /// What a line does by it.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// By what its sound is sealed, if it is.
    pub(crate) fn keys(&self) -> Option<Keys> {
        self.sealed.map(|sealed| sealed.keys)
    }

    /// The answer of whoever has its sound here. `version` grows with each of one session.
    pub fn answer(&self, local: SocketAddr, version: u64) -> String {
        let mut answer = head(local, version);
        for (line, is_taken) in &self.streams {
            if *is_taken {
                let Plan {
                    reports,
                    sound,
                    events,
                    hears,
                    speaks,
                    ..
                } = self.plan;
                let direction = Direction { speaks, hears }.mirrored();
                let crypto = self.sealed.map(|sealed| (sealed.tag, sealed.keys.ours));
                stream(
                    &mut answer,
                    local.port(),
                    &[sound],
                    events.as_slice(),
                    direction,
                    crypto,
                );
                if reports == Reports::Muxed {
                    writeln_crlf(&mut answer, "a=rtcp-mux");
                }
            } else {
                let mut words = line.split_ascii_whitespace();
                let kind = words.next().unwrap_or("audio");
                let rest: Vec<&str> = words.skip(1).collect();
                writeln_crlf(&mut answer, &format!("m={kind} 0 {}", rest.join(" ")));
            }
        }
        answer
    }
}

/// What we offer to a telephone that we call. By TLS that is sealed sound and nothing else.
pub(crate) fn offer(local: SocketAddr, means: Means) -> String {
    let mut offer = head(local, 1);
    let crypto = means.secret.map(|secret| (1, Key::new(Suite::HmacSha1_80, secret)));
    let (sounds, events): (&[Sound], &[Events]) = if means.opus {
        (&[OPUS, MU, A], &[EVENTS, OPUS_EVENTS])
    } else {
        (&[MU, A], &[EVENTS])
    };
    stream(&mut offer, local.port(), sounds, events, Direction::BOTH, crypto);
    offer
}
