//! What has left, by transport-wide numbers, until the client has said whether it came.
//!
//! One numbering for all lines of a session. Numbers are kept whole and named by their lower half; a client tells of the newest
//! [`limits::UNANSWERED_PACKETS`], or of none that we know. What it called lost may still come for a while, and then is no loss. What came, and
//! what nothing more is heard of, is forgotten: most viewers need a handful of places, and not thousands.

use std::collections::VecDeque;

use crate::{
    core::{Time, arrivals::Arrivals},
    limits,
};

/// Packets that have left, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Departures {
    /// The number of the oldest.
    first: u64,
    packets: VecDeque<Departure>,
}

#[derive(Debug, Clone, Copy)]
struct Departure {
    sent_us: u64,
    bytes: u16,
    is_probe: bool,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Unknown,
    Lost,
    Arrived,
}

/// What has become of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) number: u64,
    pub(super) sent: Time,
    pub(super) bytes: u16,
    pub(super) is_probe: bool,
    /// Nothing if it was lost.
    pub(super) arrived_us: Option<i64>,
    /// It was called lost before.
    pub(super) is_late: bool,
}

impl Departures {
    /// The number that the next packet has.
    pub(super) fn next(&self) -> u64 {
        self.first + self.packets.len() as u64
    }

    /// The next packet leaves.
    pub(super) fn leave(&mut self, bytes: usize, is_probe: bool, now: Time) {
        if self.packets.len() == limits::UNANSWERED_PACKETS {
            self.packets.pop_front();
            self.first += 1;
        }
        self.forget();
        self.packets.push_back(Departure {
            sent_us: u64::try_from(now.as_micros()).unwrap_or(u64::MAX),
            bytes: u16::try_from(bytes).unwrap_or(u16::MAX),
            is_probe,
            fate: Fate::Unknown,
        });
    }

    /// Hands on what is new in a message.
    pub(super) fn answer(&mut self, arrivals: Arrivals<'_>, mut each: impl FnMut(Answer)) {
        let next = self.next();
        let [.., high, low] = next.to_be_bytes();
        let next_half = u16::from_be_bytes([high, low]);
        for arrival in arrivals {
            // None has left that would be the next one or later.
            let behind = match next_half.wrapping_sub(arrival.number) {
                0 => 1 << 16,
                behind => u64::from(behind),
            };
            let place = next
                .checked_sub(behind)
                .and_then(|number| number.checked_sub(self.first));
            let Some((place, packet)) = place.and_then(|place| {
                let index = usize::try_from(place).ok()?;
                Some((place, self.packets.get_mut(index)?))
            }) else {
                continue;
            };
            let fate = match arrival.arrived_us {
                Some(_) => Fate::Arrived,
                None => Fate::Lost,
            };
            if packet.fate == fate || packet.fate == Fate::Arrived {
                continue;
            }
            let is_late = packet.fate == Fate::Lost;
            packet.fate = fate;
            each(Answer {
                number: self.first + place,
                sent: Time::from_micros(packet.sent_us),
                bytes: packet.bytes,
                is_probe: packet.is_probe,
                arrived_us: arrival.arrived_us,
                is_late,
            });
        }
        self.forget();
    }

    /// Forgets the oldest, as far as nothing is to be heard of them that would change anything.
    fn forget(&mut self) {
        let newest_us = self.packets.back().map_or(0, |newest| newest.sent_us);
        let is_over = |packet: &Departure| {
            let age = Time::from_micros(newest_us.saturating_sub(packet.sent_us));
            match packet.fate {
                Fate::Arrived => true,
                Fate::Lost => age >= limits::LOST_FOR_GOOD,
                Fate::Unknown => age >= limits::UNANSWERED_FOR,
            }
        };
        while self.packets.front().is_some_and(is_over) {
            self.packets.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of one chunk: of so many from a number, and which of them came.
    fn message(first: u16, count: u16, came: &[u16]) -> Vec<u8> {
        let bits = came.iter().fold(0, |bits, place| bits | 1 << (13 - place));
        let head = [first, count, 0, 0, 0x8000 | bits];
        let mut bytes: Vec<u8> = head.iter().flat_map(|half| half.to_be_bytes()).collect();
        bytes.extend(came.iter().map(|_| 4));
        bytes
    }

    /// After so many have left: numbers, and whether they came, in thousandths, are lost or came late.
    #[track_caller]
    fn check(left: usize, messages: &[&[u8]], expected: &[&str]) {
        let mut departures = Departures::default();
        for _ in 0..left {
            departures.leave(100, false, Time::ZERO);
        }
        let mut told = vec![];
        for message in messages {
            departures.answer(Arrivals::parse(message).unwrap(), |answer| {
                let fate = match (answer.arrived_us, answer.is_late) {
                    (Some(_), false) => "came",
                    (Some(_), true) => "late",
                    (None, _) => "lost",
                };
                told.push(format!("{} {fate}", answer.number));
            });
        }
        assert_eq!(told, expected);
    }

    #[test]
    fn each_is_told_of_once_and_again_if_it_came_after_all() {
        check(3, &[&message(0, 3, &[0, 2])], &["0 came", "1 lost", "2 came"]);
        let late: [&[u8]; 3] = [&message(0, 2, &[0]), &message(0, 2, &[0]), &message(1, 2, &[0, 1])];
        check(3, &late, &["0 came", "1 lost", "1 late", "2 came"]);
        check(
            3,
            &[&message(1, 2, &[0, 1]), &message(1, 1, &[])],
            &["1 came", "2 came"],
        );
    }

    #[test]
    fn what_is_over_is_forgotten() {
        // One that is lost and one that nothing is told of, and so long after that another leaves: how many are kept.
        let check = |after: Time, expected| {
            let mut departures = Departures::default();
            for _ in 0..4 {
                departures.leave(100, false, Time::ZERO);
            }
            departures.answer(Arrivals::parse(&message(0, 3, &[1])).unwrap(), |_| {});
            departures.leave(100, false, after);
            departures.answer(Arrivals::parse(&message(4, 1, &[])).unwrap(), |_| {});
            assert_eq!(
                (departures.packets.len(), departures.next()),
                (expected, 5),
                "{after:?}"
            );
        };
        check(Time::ZERO, 5);
        check(limits::LOST_FOR_GOOD, 2);
        check(limits::UNANSWERED_FOR, 1);
    }

    #[test]
    fn what_has_not_left_or_is_forgotten_is_nobodys() {
        check(2, &[&message(2, 2, &[0, 1]), &message(65_535, 1, &[0])], &[]);
        check(0, &[&message(0, 1, &[0])], &[]);
        let whole = 65_536 + 2;
        check(whole, &[&message(0, 3, &[0, 1, 2])], &["65536 came", "65537 came"]);
        let oldest = u16::try_from(whole - limits::UNANSWERED_PACKETS).unwrap();
        let expected = format!("{oldest} came");
        check(whole, &[&message(oldest - 1, 2, &[0, 1])], &[&expected]);
    }
}
