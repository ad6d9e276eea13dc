//! One line of the lean way: what was written there, what has left, and what is sent once more.
//!
//! What was sent of a picture is kept for [`limits::RESEND_AGE`], and sent again as its own source (RFC 4588) when it is missed. Nobody
//! misses the last packet of a picture before the next picture comes; so where packets are lost it is sent again unasked, a moment later.

use std::{collections::VecDeque, time::Instant};

use str0m::media::Pt;

use super::{
    Negotiated,
    leaving::Leaving,
    packet::{Names, Packet, Place},
    resending::{GivingUp, Resending},
};
use crate::limits;

/// A line.
pub(super) struct Line {
    pub(super) ssrc: u32,
    /// Source and next number of what is sent again.
    resends: Option<(u32, u64)>,
    padding: Option<Pt>,
    names: Names,
    /// The time of the newest packet.
    timestamp: u32,
    /// By their numbers: all that were put here from the first of them to the newest.
    kept: VecDeque<Packet>,
    newest: u64,
    pub(super) unsent: usize,
    pub(super) missing: Vec<u16>,
    pub(super) giving_up: GivingUp,
    /// The last packet of the newest picture, and when it is to be sent again.
    pub(super) end: Option<(u64, Instant)>,
}

impl Line {
    pub(super) fn new(negotiated: Negotiated) -> Line {
        Line {
            ssrc: negotiated.ssrc,
            resends: negotiated.resends.map(|ssrc| (ssrc, 1)),
            padding: negotiated.padding,
            names: negotiated.names,
            timestamp: 0,
            kept: VecDeque::new(),
            newest: 0,
            unsent: 0,
            missing: vec![],
            giving_up: GivingUp::default(),
            end: None,
        }
    }

    pub(super) fn is_end_due(&self, now: Instant) -> bool {
        self.end.is_some_and(|(_, at)| at <= now)
    }

    /// Puts a packet where its number says, which is nearly always last. False: it was there before, or is too late for that to be known,
    /// and no number is sealed twice.
    pub(super) fn push(&mut self, packet: Packet) -> bool {
        if packet.sequence > self.newest {
            (self.newest, self.timestamp) = (packet.sequence, packet.timestamp);
            self.kept.push_back(packet);
        } else {
            match self.kept.binary_search_by_key(&packet.sequence, |other| other.sequence) {
                Ok(_) | Err(0) => return false,
                Err(at) => self.kept.insert(at, packet),
            }
        }
        self.unsent += 1;
        let kept_max = if self.resends.is_some() {
            limits::RESEND_PACKETS
        } else {
            limits::LATE_SOUND_PACKETS
        };
        if self.kept.len() > kept_max {
            let oldest = self.kept.pop_front();
            self.unsent -= usize::from(oldest.is_some_and(|oldest| oldest.sent.is_none()));
        }
        true
    }

    /// Sends what has not left and may, and notes what is to be sent twice where packets are lost; gives how many packets and bytes that were.
    pub(super) fn send(&mut self, loses: bool, leaving: &mut Leaving<'_>) -> (u64, u64) {
        let (mut packets, mut bytes) = (0, 0);
        let mut first = self.kept.len();
        let mut left = self.unsent;
        while left > 0 && first > 0 {
            first -= 1;
            left -= usize::from(self.kept[first].sent.is_none());
        }
        for packet in self.kept.range_mut(first..).filter(|packet| packet.sent.is_none()) {
            if self.resends.is_some() && !leaving.is_free() {
                break;
            }
            packet.sent = Some(leaving.now);
            self.unsent -= 1;
            let is_end = loses && packet.marker && self.resends.is_some();
            self.end = is_end.then(|| (packet.sequence, leaving.now + limits::END_IS_REPEATED_AFTER));
            let place = Place {
                names: &self.names,
                ssrc: self.ssrc,
                sequence: packet.sequence,
                payload_type: packet.types.plain,
            };
            if let Some(more) = leaving.leave(packet, place, None) {
                packets += 1;
                bytes += more;
            }
        }
        self.forget(leaving.now);
        (packets, bytes)
    }

    /// Sends once more what is missed, as far as it is there and may be, and the end of a picture; gives how many packets and bytes that were,
    /// and whether a keyframe is needed now, because something will not come.
    pub(super) fn resend(&mut self, resending: &mut Resending, leaving: &mut Leaving<'_>) -> (u64, u64, bool) {
        let (mut packets, mut sent_bytes, mut is_broken) = (0, 0, false);
        let mut count = |bytes: Option<u64>| {
            packets += u64::from(bytes.is_some());
            sent_bytes += bytes.unwrap_or(0);
        };
        let mut missing = std::mem::take(&mut self.missing);
        for sequence in missing.drain(..) {
            // They are asked for by the lower half of their numbers, and none is newer than the newest.
            let [.., high, low] = self.newest.to_be_bytes();
            let behind = u64::from(u16::from_be_bytes([high, low]).wrapping_sub(sequence));
            let sequence = self.newest.saturating_sub(behind);
            if self.giving_up.is_over(sequence) {
                continue;
            }
            let mut comes = self.kept.front().is_none_or(|oldest| sequence >= oldest.sequence);
            count(self.repeat(sequence, leaving, |bytes| {
                comes = resending.take(bytes);
                comes
            }));
            if !comes {
                is_broken |= self.giving_up.give_up(leaving.now);
            }
        }
        self.missing = missing;
        if let Some((sequence, _)) = self.end.take_if(|(_, at)| *at <= leaving.now) {
            let at = leaving.has_room_at();
            if at > leaving.now {
                self.end = Some((sequence, at));
            } else {
                count(self.repeat(sequence, leaving, |_| true));
            }
        }
        (packets, sent_bytes, is_broken)
    }

    /// Sends a packet once more, if it is there and so many bytes may be; gives how many that were.
    fn repeat(&mut self, sequence: u64, leaving: &mut Leaving<'_>, may: impl FnOnce(u64) -> bool) -> Option<u64> {
        let (ssrc, next) = self.resends.as_mut()?;
        let at = self
            .kept
            .binary_search_by_key(&sequence, |packet| packet.sequence)
            .ok()?;
        // What waits for its turn comes by itself.
        let packet = Some(&self.kept[at]).filter(|packet| packet.sent.is_some())?;
        let payload_type = packet.types.resent?;
        if !may(packet.payload.len() as u64) {
            return None;
        }
        let place = Place {
            names: &self.names,
            ssrc: *ssrc,
            sequence: *next,
            payload_type,
        };
        *next += 1;
        leaving.leave(packet, place, Some(sequence))
    }

    /// Sends what finds out whether more is carried, if that is due and this line can: padding of the source of what is sent again, which
    /// nobody plays. True if it did.
    pub(super) fn probe(&mut self, leaving: &mut Leaving<'_>) -> bool {
        let Some(((ssrc, next), payload_type)) = self.resends.as_mut().zip(self.padding) else {
            return false;
        };
        let begun = self.names.number.and_then(|_| leaving.begin_probe());
        let Some(burst) = begun else { return false };
        let padding = Packet::empty(self.timestamp, payload_type);
        for _ in 0..burst.packets {
            let place = Place {
                names: &self.names,
                ssrc: *ssrc,
                sequence: *next,
                payload_type,
            };
            leaving.leave_padding(&padding, place, burst.bytes);
            *next += 1;
        }
        true
    }

    pub(super) fn forget(&mut self, now: Instant) {
        let is_old = |packet: &Packet| {
            let sent = packet.sent;
            sent.is_some_and(|sent| now.saturating_duration_since(sent) >= limits::RESEND_AGE)
        };
        while self.kept.front().is_some_and(is_old) {
            self.kept.pop_front();
        }
    }
}
