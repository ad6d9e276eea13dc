//! Making datagrams of packets: their numbers across all lines, the seal, and who has to wait.
//!
//! Where the network is estimated, each packet has a number across all lines as well, as long as pictures are shown, and now and then
//! some packets of padding leave to find out whether more is carried (`core::congestion`). A way that is known to be narrow gets
//! pictures one after the other, by what it carries; any other gets them in bursts, which cost less. Sound never waits.

use std::time::Instant;

use super::packet::{Packet, Place};
use crate::{
    core::{
        Time,
        belief::{Conclusion, Reading},
        congestion::{Burst, Congestion},
        reporting::arrivals,
    },
    limits,
    peer::srtp::Sealer,
};

/// What a seal adds.
const TAG_BYTES: usize = 16;
/// Of the first byte of a header: padding follows.
const PADDED: u8 = 0x20;

/// What is found out of the way.
pub(crate) struct Estimating {
    congestion: Congestion,
    /// Where its time begins.
    began: Instant,
    /// What would be sent if there were no limit; nothing if no picture is shown.
    wanted_bps: Option<u64>,
    /// What a narrow way carries.
    narrow_bps: Option<u64>,
    /// When what comes next may leave.
    free_at: Instant,
    /// When what has left has passed the narrow place.
    passed_at: Instant,
}

/// What it takes to make a datagram.
pub(super) struct Leaving<'a> {
    pub(super) sealer: &'a Sealer,
    pub(super) scratch: &'a mut Vec<u8>,
    /// Nothing if packets have no numbers.
    pub(super) estimating: Option<&'a mut Estimating>,
    pub(super) now: Instant,
    pub(super) transmit: &'a mut dyn FnMut(&[u8]),
}

impl Estimating {
    /// Before anything is known or wanted.
    pub(super) fn new(now: Instant) -> Estimating {
        Estimating {
            congestion: Congestion::new(limits::ESTIMATE_BEGINS_BPS, Time::ZERO),
            began: now,
            wanted_bps: None,
            narrow_bps: None,
            free_at: now,
            passed_at: now,
        }
    }

    /// What would be sent if there were no limit. A client that is shown something again begins from what was known.
    pub(crate) fn want(&mut self, wanted_bps: Option<u64>, known_bps: Option<u64>, now: Instant) {
        let before = std::mem::replace(&mut self.wanted_bps, wanted_bps);
        if before.is_none() && wanted_bps.is_some() {
            self.begin(known_bps.unwrap_or(limits::ESTIMATE_BEGINS_BPS), now);
        }
    }

    /// Whether pictures are shown.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted_bps.is_some()
    }

    /// The client has told something.
    pub(super) fn told(&mut self, compound: &[u8], now: Instant) {
        let time = self.time(now);
        arrivals(compound).for_each(|arrivals| self.congestion.told(arrivals, time));
    }

    /// What is estimated; a second is over.
    pub(crate) fn reading(&mut self, now: Instant) -> Reading {
        let time = self.time(now);
        self.congestion.reading(time)
    }

    /// What is made of that: what the way carries if it is narrow, and from where to begin anew.
    pub(crate) fn believe(&mut self, conclusion: &Conclusion, now: Instant) {
        self.narrow_bps = conclusion.carries_bps;
        if let Some(bps) = conclusion.begins_anew_bps {
            self.begin(bps, now);
        }
    }

    /// What the way carries, if it is narrow.
    pub(super) fn narrow_bps(&self) -> Option<u64> {
        self.narrow_bps
    }

    /// When a picture that waits for its turn may leave.
    pub(super) fn free_at(&self) -> Instant {
        self.free_at
    }

    fn time(&self, now: Instant) -> Time {
        now.saturating_duration_since(self.began)
    }

    fn begin(&mut self, bps: u64, now: Instant) {
        let time = self.time(now);
        self.congestion.begin(bps, time);
    }

    /// A packet leaves, and takes its time to pass a narrow place.
    fn left(&mut self, bytes: usize, is_probe: bool, now: Instant) {
        let time = self.time(now);
        self.congestion.leave(bytes, is_probe, time);
        if let Some(narrow_bps) = self.narrow_bps {
            let (times, of) = limits::PACING_RATIO;
            let takes_us = bytes as u64 * 8_000_000 / narrow_bps.max(limits::ESTIMATE_LEAST_BPS);
            self.free_at = self.free_at.max(now) + Time::from_micros(takes_us * of / times);
            self.passed_at = self.passed_at.max(now) + Time::from_micros(takes_us);
        }
    }
}

impl Leaving<'_> {
    /// Whether a picture may leave, or has to wait for those before it.
    pub(super) fn is_free(&self) -> bool {
        self.estimating.as_ref().is_none_or(|estimating| {
            estimating.narrow_bps.is_none() || estimating.free_at <= self.now + limits::PACING_GRAIN
        })
    }

    /// When a narrow way has room for what nobody has asked for: whatever has left has passed it. Now, if it is not narrow.
    pub(super) fn has_room_at(&self) -> Instant {
        let narrow = self
            .estimating
            .as_ref()
            .filter(|estimating| estimating.narrow_bps.is_some());
        narrow.map_or(self.now, |estimating| estimating.passed_at.max(self.now))
    }

    fn number(&self) -> Option<u16> {
        self.estimating.as_ref().map(|estimating| estimating.congestion.next())
    }

    /// Makes a packet leave; gives its payload's bytes.
    pub(super) fn leave(&mut self, packet: &Packet, place: Place<'_>, original: Option<u64>) -> Option<u64> {
        let header_bytes = packet.write_header(self.scratch, place, self.number());
        if let Some(original) = original {
            self.scratch.extend_from_slice(&original.to_be_bytes()[6..]);
        }
        packet.write_payload(self.scratch);
        let has_left = self.sealer.seal(self.scratch, header_bytes, place.ssrc, place.sequence);
        has_left.then(|| {
            (self.transmit)(self.scratch);
            if let Some(estimating) = self.estimating.as_mut().filter(|_| place.names.number.is_some()) {
                estimating.left(self.scratch.len(), false, self.now);
            }
            packet.payload.len() as u64
        })
    }

    /// What is to leave to find out whether more is carried, which then must.
    pub(super) fn begin_probe(&mut self) -> Option<Burst> {
        let estimating = self.estimating.as_mut()?;
        let (wanted_bps, time) = (estimating.wanted_bps?, estimating.time(self.now));
        estimating.congestion.begin_probe(wanted_bps, time)
    }

    /// Makes a packet of padding leave, which has so many bytes in all.
    pub(super) fn leave_padding(&mut self, packet: &Packet, place: Place<'_>, bytes: usize) {
        let header_bytes = packet.write_header(self.scratch, place, self.number());
        self.scratch[0] |= PADDED;
        let padding = bytes
            .saturating_sub(header_bytes + TAG_BYTES)
            .clamp(1, usize::from(u8::MAX));
        self.scratch.resize(header_bytes + padding - 1, 0);
        self.scratch.push(u8::try_from(padding).expect("clamped"));
        if self.sealer.seal(self.scratch, header_bytes, place.ssrc, place.sequence) {
            (self.transmit)(self.scratch);
            if let Some(estimating) = &mut self.estimating {
                estimating.left(self.scratch.len(), true, self.now);
            }
        }
    }
}
