//! What meetings in simulated time have in common: the ways of their networks, and how people see each other.

#![allow(dead_code, reason = "each test binary uses its own part of it")]
#![expect(clippy::unwrap_used, reason = "whatever fails here fails the test")]

pub(crate) mod older;
pub(crate) mod people;
pub(crate) mod plane;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use media::{Card, CardKind};

/// Before a narrow place nothing waits for longer.
const QUEUE: Duration = Duration::from_millis(200);
/// Bytes of the headers of UDP and IP.
const HEADER_BYTES: u64 = 28;

/// Which packets of media are lost, by their number.
pub(crate) type Loses = fn(u64) -> bool;

/// One direction of a network: it delays, loses what it is told to lose, and may have a narrow place with a queue before it, as a home
/// router has.
pub(crate) struct Way {
    /// How long a datagram is under way.
    delay: Duration,
    pub(crate) loses: Loses,
    pub(crate) rate_bps: Option<u64>,
    free_at: Option<Instant>,
    parcels: VecDeque<(Instant, Vec<u8>)>,
    /// Packets of media that came to it, and those of them that it lost.
    pub(crate) packets: u64,
    pub(crate) lost: u64,
}

impl Way {
    pub(crate) fn new(delay: Duration) -> Way {
        Way {
            delay,
            loses: |_| false,
            rate_bps: None,
            free_at: None,
            parcels: VecDeque::new(),
            packets: 0,
            lost: 0,
        }
    }

    pub(crate) fn send(&mut self, datagram: Vec<u8>, now: Instant) {
        let is_media = is_media(&datagram);
        self.packets += u64::from(is_media);
        let through = self.through(datagram.len(), now);
        let Some(through) = through.filter(|_| !is_media || !(self.loses)(self.packets)) else {
            self.lost += u64::from(is_media);
            return;
        };
        self.parcels.push_back((through + self.delay, datagram));
    }

    /// When it has passed the narrow place; `None` if too much waits before that.
    fn through(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let Some(rate_bps) = self.rate_bps else {
            return Some(now);
        };
        let starts = self.free_at.map_or(now, |free_at| free_at.max(now));
        let bits = (bytes as u64 + HEADER_BYTES) * 8;
        let through = starts + Duration::from_micros(bits * 1_000_000 / rate_bps);
        let fits = starts <= now + QUEUE;
        if fits {
            self.free_at = Some(through);
        }
        fits.then_some(through)
    }

    pub(crate) fn arrive(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let arrived = self.parcels.iter().take_while(|(at, _)| *at <= now).count();
        self.parcels.drain(..arrived).map(|(_, datagram)| datagram).collect()
    }
}

/// SRTP and not SRTCP.
fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(64..96).contains(&(kind & 0x7f)))
}

/// How the others see somebody of this name.
pub(crate) fn card(name: &str) -> Card {
    let participant_key = format!("participants/{name}");
    Card {
        session_name: format!("{participant_key}/participantSessions/{name}"),
        full_session_name: None,
        participant_key,
        display_name: name.to_owned(),
        kind: CardKind::Anonymous,
        by_program: false,
    }
}
