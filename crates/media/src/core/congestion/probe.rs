//! Whether a way carries more than is sent on it: some packets at once, and how far apart they come.
//!
//! They leave together, without a pacer, so a narrow place spreads them by what it carries. What they show is believed up to what the probe
//! was made for: where they come together, it is not known how much more there is. A probe is as long as [`limits::PROBE_LASTS`] at
//! that rate, and never so few packets that chance decides.

use crate::{
    core::{Time, congestion::departures::Answer},
    limits,
};

/// What shall be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Burst {
    pub(crate) packets: usize,
    /// Of each, with its header.
    pub(crate) bytes: usize,
}

/// One probe.
#[derive(Debug)]
pub(super) struct Probe {
    aim_bps: u64,
    packets: usize,
    sent: Time,
    answered: usize,
    came: usize,
    /// Of all that came but the first.
    bytes: u64,
    span_us: Option<(i64, i64)>,
}

impl Burst {
    /// What it takes to try so much.
    pub(super) fn of(aim_bps: u64) -> Burst {
        let all = aim_bps * u64::try_from(limits::PROBE_LASTS.as_millis()).unwrap_or(u64::MAX) / 8_000;
        let all = usize::try_from(all).unwrap_or(usize::MAX);
        let (least, most) = limits::PROBE_PACKETS;
        let (shortest, longest) = limits::PROBE_PACKET_BYTES;
        let bytes = (all / least).clamp(shortest, longest);
        Burst {
            packets: all.div_ceil(bytes).clamp(least, most),
            bytes,
        }
    }
}

impl Probe {
    /// So many packets have left.
    pub(super) fn new(aim_bps: u64, packets: usize, sent: Time) -> Probe {
        Probe {
            aim_bps,
            packets,
            sent,
            answered: 0,
            came: 0,
            bytes: 0,
            span_us: None,
        }
    }

    /// What has become of one of its packets.
    pub(super) fn take(&mut self, answer: &Answer) {
        self.answered += usize::from(!answer.is_late);
        let Some(arrived_us) = answer.arrived_us else { return };
        self.came += 1;
        self.span_us = Some(match self.span_us {
            None => (arrived_us, arrived_us),
            Some((first_us, last_us)) => {
                self.bytes += u64::from(answer.bytes);
                (first_us.min(arrived_us), last_us.max(arrived_us))
            }
        });
    }

    /// Nothing more will be heard of it.
    pub(super) fn is_over(&self, now: Time) -> bool {
        self.answered >= self.packets || now >= self.sent + limits::PROBE_ANSWERS
    }

    /// What is known to be carried.
    pub(super) fn shown_bps(&self) -> Option<u64> {
        let (first_us, last_us) = self.span_us?;
        let is_enough = 5 * self.came >= 4 * self.packets;
        let span_us = (last_us - first_us).unsigned_abs().max(1);
        is_enough.then(|| self.aim_bps.min(self.bytes * 8 * 1_000_000 / span_us))
    }

    /// It has shown all that it was made for.
    pub(super) fn is_passed(&self) -> bool {
        self.shown_bps() == Some(self.aim_bps)
    }
}
