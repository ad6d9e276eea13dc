//! When each packet of a line is heard, and what is heard where there is none.
//!
//! A packet's timestamp says when it was said, so between it and the place at which it is heard there is a constant, as long as everything
//! comes in time. What comes a little late is heard all the same and moves the constant: the line is behind by so much from then on, and
//! the next one that is as late is not late any more. What is behind for no reason catches up by leaving out a packet in which nothing
//! is said. So the wait follows the network in both directions, and follows a speaker whose clock is not ours in the same way.
//!
//! Three things can be missing. A **lost** packet leaves a hole in the sequence numbers, and a decoder makes something up for it. A **late**
//! one does so too, for some frames. Of one that was **not sent**, because its speaker rests or another one has the line, the next packet
//! tells: its number goes on and its time does not. Nothing is made up for it.
//!
//! `telephony` has a playout of its own, which places samples; a decoder of Opus needs packets, in order and with their holes.

use std::{collections::BTreeMap, sync::Arc};

use telephony::line::rtp::counted_on;

use crate::limits::{AHEAD_TICKS_MAX, CONCEALED_FRAMES_MAX, FRAME_TICKS, LATE_TICKS_MAX, PACKETS_WAITING, WAIT_TICKS};

/// Over so many packets it is seen how early the latest of them is: two seconds.
const WATCHED_PACKETS: u32 = 100;

/// A place that is ahead by less is now: the shortest that a decoder makes up.
const SHORTEST_TICKS: i64 = 120;

/// If the latest packet is earlier than it need be by so much, one is left out in which nothing is said; and by so much, any.
const BEHIND_TICKS: i64 = FRAME_TICKS + FRAME_TICKS / 2;
const FAR_BEHIND_TICKS: i64 = 8 * FRAME_TICKS;

/// A packet of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) speaker: u32,
    /// Nothing is said in it.
    pub(crate) is_quiet: bool,
    pub(crate) payload: Arc<[u8]>,
}

/// What is heard next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// This packet. Whoever decodes it says how long it was, [`Playout::advance`].
    Decode(Packet),
    /// Something made up, for so many ticks.
    Conceal(i64),
    /// Nothing, for so many ticks.
    Rest(i64),
}

/// The packets of one line on their way to a decoder. Places are ticks since the beginning.
#[derive(Debug)]
pub(crate) struct Playout {
    waiting: BTreeMap<u64, Packet>,
    /// The number that is heard next.
    next: u64,
    /// The place that is heard next.
    head: i64,
    /// What is added to a timestamp, counted on for ever, to make it a place.
    offset: Option<i64>,
    /// The newest timestamp, counted on for ever.
    newest: i64,
    /// Frames that were made up since something was heard last.
    concealed: u32,
    watched: u32,
    earliness_min: i64,
    surplus: Surplus,
}

/// How much later everything is heard than it need be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Surplus {
    None,
    Some,
    Much,
}

impl Playout {
    pub(crate) fn new() -> Playout {
        Playout {
            waiting: BTreeMap::new(),
            next: 0,
            head: 0,
            offset: None,
            newest: 0,
            concealed: CONCEALED_FRAMES_MAX,
            watched: 0,
            earliness_min: i64::MAX,
            surplus: Surplus::None,
        }
    }

    /// Takes a packet that came. One whose time is over, or that came before, is left out.
    pub(crate) fn take(&mut self, packet: Packet) {
        let time = counted_on(packet.timestamp, self.newest);
        let ahead = self.offset.map(|offset| time + offset - self.head);
        let ahead = match ahead.filter(|ahead| ahead.abs() <= AHEAD_TICKS_MAX) {
            Some(ahead) => ahead,
            None => self.begin(&packet),
        };
        if packet.sequence < self.next {
            return;
        }
        self.newest = self.newest.max(counted_on(packet.timestamp, self.newest));
        self.watch(ahead);
        self.waiting.insert(packet.sequence, packet);
        if self.waiting.len() > PACKETS_WAITING {
            self.waiting.pop_first();
        }
    }

    /// What is heard next, if anything was told to be heard so far.
    pub(crate) fn step(&mut self) -> Step {
        while let Some((sequence, ahead)) = self.first() {
            if ahead >= SHORTEST_TICKS {
                let is_lost = sequence > self.next;
                return self.fill(is_lost, ahead);
            }
            let Some(packet) = self.waiting.remove(&sequence) else {
                break;
            };
            self.next = sequence + 1;
            if ahead < -LATE_TICKS_MAX || self.may_leave_out(&packet) {
                continue;
            }
            if ahead < 0 {
                self.offset = self.offset.map(|offset| offset - ahead);
            }
            self.concealed = 0;
            return Step::Decode(packet);
        }
        self.fill(true, FRAME_TICKS)
    }

    /// The packet that was to be decoded was so long.
    pub(crate) fn advance(&mut self, ticks: i64) {
        self.head += ticks;
    }

    /// The packet that is first in order, and how far ahead its place is.
    fn first(&self) -> Option<(u64, i64)> {
        let (sequence, packet) = self.waiting.first_key_value()?;
        Some((
            *sequence,
            counted_on(packet.timestamp, self.newest) + self.offset? - self.head,
        ))
    }

    /// Another clock than before: all that waits is of the old one.
    fn begin(&mut self, packet: &Packet) -> i64 {
        let time = i64::from(packet.timestamp);
        self.waiting.clear();
        (self.next, self.newest) = (packet.sequence, time);
        self.offset = Some(self.head + WAIT_TICKS - time);
        (self.watched, self.earliness_min, self.surplus) = (0, i64::MAX, Surplus::None);
        WAIT_TICKS
    }

    fn watch(&mut self, earliness: i64) {
        self.earliness_min = self.earliness_min.min(earliness);
        self.watched += 1;
        if self.watched < WATCHED_PACKETS {
            return;
        }
        self.surplus = match self.earliness_min - WAIT_TICKS {
            much if much >= FAR_BEHIND_TICKS => Surplus::Much,
            some if some >= BEHIND_TICKS => Surplus::Some,
            _ => Surplus::None,
        };
        (self.watched, self.earliness_min) = (0, i64::MAX);
    }

    /// Whether this packet is left out to catch up; one for each time that it was seen to be behind.
    fn may_leave_out(&mut self, packet: &Packet) -> bool {
        let leaves_out = match self.surplus {
            Surplus::None => false,
            Surplus::Some => packet.is_quiet,
            Surplus::Much => true,
        };
        if leaves_out {
            self.surplus = Surplus::None;
            // Those that follow come into its place.
            self.offset = self.offset.map(|offset| offset - FRAME_TICKS);
        }
        leaves_out
    }

    /// Fills a frame, or less if a packet comes before its end.
    fn fill(&mut self, is_missing: bool, ahead: i64) -> Step {
        let ticks = ahead.min(FRAME_TICKS) / SHORTEST_TICKS * SHORTEST_TICKS;
        self.head += ticks;
        if is_missing && self.concealed < CONCEALED_FRAMES_MAX {
            self.concealed += 1;
            Step::Conceal(ticks)
        } else {
            self.concealed = CONCEALED_FRAMES_MAX;
            Step::Rest(ticks)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A packet that comes at a beat.
    struct Coming {
        beat: i64,
        packet: Packet,
    }

    /// Packets of 20 ms, each so many ms late by the time that it was said, or not at all.
    fn network(packets: u32, first: u32, ppm: i64, late_ms: impl Fn(u32) -> Option<i64>) -> Vec<Coming> {
        let coming = (0..packets).filter_map(|number| {
            let said = i64::from(number) * FRAME_TICKS;
            let said = said + said * ppm / 1_000_000;
            Some(Coming {
                beat: (said + late_ms(number)? * 48) / FRAME_TICKS,
                packet: Packet {
                    sequence: 100 + u64::from(number),
                    timestamp: first.wrapping_add(number * 960),
                    speaker: 1,
                    is_quiet: number % 10 == 0,
                    payload: Arc::from([0_u8; 3]),
                },
            })
        });
        coming.collect()
    }

    /// What a line does in so many beats: `d` for a packet, `c` for a frame that is made up, `r` for one that is not.
    #[derive(Default)]
    struct Played {
        steps: String,
        /// The packets, and the beats in which they were heard.
        packets: Vec<(u64, i64)>,
    }

    fn play(coming: &[Coming], beats: i64) -> Played {
        let mut playout = Playout::new();
        let mut played = Played::default();
        let mut made = 0;
        for beat in 0..beats {
            for Coming { packet, .. } in coming.iter().filter(|coming| coming.beat == beat) {
                playout.take(packet.clone());
            }
            while made < (beat + 1) * FRAME_TICKS {
                let (step, ticks) = match playout.step() {
                    Step::Decode(packet) => {
                        playout.advance(FRAME_TICKS);
                        played.packets.push((packet.sequence - 100, beat));
                        ('d', FRAME_TICKS)
                    }
                    Step::Conceal(ticks) => ('c', ticks),
                    Step::Rest(ticks) => ('r', ticks),
                };
                played.steps.push(step);
                made += ticks;
            }
        }
        played
    }

    fn count(steps: &str, step: char) -> usize {
        steps.chars().filter(|other| *other == step).count()
    }

    #[test]
    fn a_good_network_is_heard_as_it_was_said() {
        let played = play(&network(200, 0, 0, |_| Some(5)), 202);
        assert_eq!(played.steps, "rr".to_owned() + &"d".repeat(200));
        let turning = play(&network(200, u32::MAX - 50_000, 0, |_| Some(5)), 202);
        assert_eq!(turning.steps, played.steps, "timestamps turn over");
    }

    #[test]
    fn what_is_lost_is_made_up_and_what_was_not_sent_is_not() {
        let lossy = play(&network(300, 7, 0, |number| (number % 30 != 17).then_some(5)), 302);
        assert_eq!(count(&lossy.steps, 'c'), 10);
        assert_eq!(count(&lossy.steps, 'd'), 290);
        assert_eq!(count(&lossy.steps, 'r'), 2, "but for the beginning");

        // A speaker that rests for half a second: numbers go on, and time does not stand still.
        let mut rested = network(100, 7, 0, |_| Some(5));
        for (number, coming) in rested.iter_mut().enumerate().skip(50) {
            coming.packet.timestamp += 25 * 960;
            coming.beat += 25;
            assert_eq!(coming.packet.sequence, 100 + number as u64);
        }
        let played = play(&rested, 127);
        assert_eq!(
            count(&played.steps, 'c'),
            CONCEALED_FRAMES_MAX as usize,
            "nobody knows yet"
        );
        assert_eq!(count(&played.steps, 'r'), 2 + 20);
        assert_eq!(played.packets.last(), Some(&(99, 126)), "in their places");
    }

    #[test]
    fn jitter_is_waited_for_and_forgotten() {
        // 60 ms now and then in the first seconds.
        let late = |number: u32| Some(if number < 300 && number % 25 == 24 { 65 } else { 5 });
        let played = play(&network(3_000, 7, 0, late), 3_010);
        let late_at_first = count(&played.steps[..320], 'c');
        assert!((1..=3).contains(&late_at_first), "{late_at_first}: it learns");
        let delay = |of: u64| {
            played
                .packets
                .iter()
                .find(|(number, _)| *number == of)
                .map(|(number, beat)| beat - i64::try_from(*number).unwrap())
        };
        assert!(delay(250).unwrap() >= 3, "it waits for the late ones");
        let last = delay(2_999).or(delay(2_998)).unwrap();
        assert!(last <= 3, "and catches up: {last}");
        assert!(played.packets.len() >= 2_990, "{} of 3,000", played.packets.len());
    }

    #[test]
    fn another_clock_is_followed() {
        for ppm in [-200, 200] {
            let played = play(&network(30_000, 7, ppm, |_| Some(5)), 30_020);
            let left_out = 30_000 - played.packets.len();
            let (last, beat) = *played.packets.last().unwrap();
            let truth = i64::try_from(last).unwrap() * (1_000_000 + ppm) / 1_000_000;
            assert!(left_out <= 7, "{ppm} ppm: {left_out} left out");
            let made_up = count(&played.steps, 'c');
            assert!(
                made_up <= 6 + CONCEALED_FRAMES_MAX as usize,
                "{ppm} ppm: {made_up} made up"
            );
            assert!((1..=4).contains(&(beat - truth)), "{ppm} ppm: {beat} {truth}");
        }
    }

    #[test]
    fn after_a_network_that_stood_still_nobody_is_behind_for_long() {
        let stood = |number: u32| {
            Some(if (100..130).contains(&number) {
                i64::from(130 - number) * 20
            } else {
                5
            })
        };
        let played = play(&network(400, 7, 0, stood), 410);
        let (last, beat) = *played.packets.last().unwrap();
        assert!(beat - i64::try_from(last).unwrap() <= 8, "{last} at {beat}");
        assert!(played.packets.len() >= 370, "{}", played.packets.len());
    }

    #[test]
    fn another_source_begins_anew() {
        let mut coming = network(50, 7, 0, |_| Some(5));
        for coming in &mut coming[25..] {
            coming.packet.timestamp = coming.packet.timestamp.wrapping_add(900_000_000);
        }
        let played = play(&coming, 60);
        assert!(played.packets.iter().filter(|(number, _)| *number >= 25).count() == 25);
    }

    proptest! {
        /// Whatever comes, each beat is filled, every packet is heard once at most, in order, and little waits.
        #[test]
        fn nothing_breaks_it(coming in prop::collection::vec((0..200_i64, 0..120_u64, any::<u32>(), any::<bool>(), any::<bool>()), 0..300)) {
            let packets: Vec<Coming> = coming.into_iter().map(|(beat, sequence, timestamp, is_wild, is_quiet)| Coming {
                beat,
                packet: Packet {
                    sequence: 100 + sequence,
                    timestamp: if is_wild { timestamp } else { u32::try_from(sequence).unwrap() * 960 },
                    speaker: 1,
                    is_quiet,
                    payload: Arc::from([0_u8; 1]),
                },
            }).collect();
            let played = play(&packets, 200);
            prop_assert!(played.steps.len() >= 200);
        }
    }
}
