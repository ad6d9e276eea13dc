//! What a leg says, placed on our clock by the timestamps that it gave it.
//!
//! A packet says when its sound was taken. That place, and not the time at which it came, decides where it is heard and written down:
//! what is lost or not sent is a gap of its true length, what comes out of order is put in order, and what comes twice is heard once.
//! Between the sender's clock and ours there is a constant, found with the first packet of a stretch and kept; since two clocks never
//! run alike, it follows by a few samples whenever packets come ever earlier or ever later.

use audio::{Frame, SILENCE};

use super::rtp::counted_on;
use crate::limits::AHEAD_SAMPLES_MAX;

/// How long a packet waits for those before it: the networks that telephones are behind reorder and delay by less.
const WAIT_SAMPLES: i64 = 480;

/// Over so many packets it is seen whether they come earlier or later than before: a second.
const WATCHED_PACKETS: u32 = 50;

/// By how much the constant moves at once: a millisecond, which nobody hears.
pub(super) const STEP_SAMPLES: i64 = 8;

/// So far from where it should be, it moves.
const SLACK_SAMPLES: i64 = 120;

/// What comes later than this too late was held up somewhere, and says nothing of a clock.
const LATE_SAMPLES: i64 = 160;

const RING: usize = 16_384;
const RING_SAMPLES: i64 = 16_384;

/// The sound of one leg.
pub(crate) struct Playout {
    /// What is added to a timestamp, counted on for ever, to make it a place.
    offset: Option<i64>,
    /// The newest timestamp, counted on for ever.
    newest: i64,
    /// What timestamps count in one sample.
    ticks_per_sample: u32,
    ssrc: u32,
    ring: Box<[i16]>,
    /// The place that is heard next.
    next: i64,
    /// In the packets that are watched, how early the latest of them was.
    earliness_min: i64,
    watched: u32,
}

impl Playout {
    pub(crate) fn new() -> Playout {
        Playout {
            offset: None,
            newest: 0,
            ticks_per_sample: 1,
            ssrc: 0,
            ring: vec![0; RING].into(),
            next: 0,
            earliness_min: i64::MAX,
            watched: 0,
        }
    }

    /// Where sound with this timestamp belongs, which counts so many in a sample.
    pub(crate) fn place(&mut self, ssrc: u32, timestamp: u32, ticks_per_sample: u32) -> i64 {
        let ticks = i64::from(ticks_per_sample);
        let mut time = counted_on(timestamp, self.newest);
        let expected = self.offset.map(|offset| time.div_euclid(ticks) + offset);
        let lies_near = |place: i64| (self.next - AHEAD_SAMPLES_MAX..=self.next + AHEAD_SAMPLES_MAX).contains(&place);
        let is_same = (ssrc, ticks_per_sample) == (self.ssrc, self.ticks_per_sample);
        if !is_same || !expected.is_some_and(lies_near) {
            // Another source, a clock that was set, or a stretch after so long a gap that its length is known no better than now.
            time = i64::from(timestamp);
            (self.ssrc, self.ticks_per_sample, self.newest) = (ssrc, ticks_per_sample, time);
            self.offset = Some(self.next + WAIT_SAMPLES - time.div_euclid(ticks));
            (self.watched, self.earliness_min) = (0, i64::MAX);
        }
        self.newest = self.newest.max(time);
        let place = time.div_euclid(ticks) + self.offset.expect("set by the first packet");
        self.watch(place - self.next);
        place
    }

    /// Puts sound there. Whatever cannot be heard any more, or is too far ahead, is left out.
    pub(crate) fn put(&mut self, place: i64, samples: impl ExactSizeIterator<Item = i16>) {
        let length = i64::try_from(samples.len()).expect("a packet is short");
        for (sample, at) in samples.zip(place..place + length) {
            if at >= self.next && at < self.next + AHEAD_SAMPLES_MAX {
                self.ring[slot(at)] = sample;
            }
        }
    }

    /// The place that is heard next.
    pub(crate) fn next(&self) -> i64 {
        self.next
    }

    /// Follows the sender's clock: the latest packet of each second should be half of the wait early. Where sound is lost, it follows at
    /// once.
    fn watch(&mut self, earliness: i64) {
        if earliness < -LATE_SAMPLES {
            return;
        }
        self.earliness_min = self.earliness_min.min(earliness);
        self.watched += 1;
        if self.watched < WATCHED_PACKETS {
            return;
        }
        let from_where_it_should_be = self.earliness_min - WAIT_SAMPLES / 2;
        let step = match from_where_it_should_be {
            early if early > SLACK_SAMPLES + WAIT_SAMPLES / 2 => -STEP_SAMPLES,
            late if late < -SLACK_SAMPLES => STEP_SAMPLES.max(-self.earliness_min),
            _ => 0,
        };
        self.offset = self.offset.map(|offset| offset + step);
        (self.watched, self.earliness_min) = (0, i64::MAX);
    }

    /// What is heard now; silence where nothing came.
    pub(crate) fn tick(&mut self) -> Frame {
        let mut frame = SILENCE;
        for sample in &mut frame {
            *sample = std::mem::take(&mut self.ring[slot(self.next)]);
            self.next += 1;
        }
        frame
    }
}

/// Where a place is in the ring.
fn slot(place: i64) -> usize {
    usize::try_from(place.rem_euclid(RING_SAMPLES)).expect("below the length")
}

const _: () = assert!(RING_SAMPLES > AHEAD_SAMPLES_MAX + 2 * LATE_SAMPLES);

#[cfg(test)]
mod tests {
    use super::*;

    /// Sound that came with its timestamp.
    fn take(playout: &mut Playout, ssrc: u32, timestamp: u32, value: i16) {
        let place = playout.place(ssrc, timestamp, 1);
        playout.put(place, std::iter::repeat_n(value, 160));
    }

    /// A network: each packet, 20 ms of a count that goes on, comes so many ms late, or not at all.
    struct World {
        playout: Playout,
        /// Time at which it comes in samples of ours, timestamp, and the value of its samples.
        coming: Vec<(i64, u32, i16)>,
    }

    impl World {
        /// Packets of as many frames, at a rate that is so many millionths off, from this timestamp on.
        fn new(frames: u32, first: u32, ppm: i64, late_ms: impl Fn(u32) -> Option<i64>) -> World {
            let coming = (0..frames).filter_map(|frame| {
                let sent = i64::from(frame) * 160;
                let sent = sent + sent * ppm / 1_000_000;
                let value = i16::try_from(frame % 30_000 + 1).expect("small");
                Some((sent + late_ms(frame)? * 8, first.wrapping_add(frame * 160), value))
            });
            let mut coming: Vec<_> = coming.collect();
            coming.sort_by_key(|(at, ..)| *at);
            World {
                playout: Playout::new(),
                coming,
            }
        }

        /// What was heard, as the value of each run and its length in samples.
        fn heard(mut self, frames: i64) -> Vec<(i16, usize)> {
            let mut runs: Vec<(i16, usize)> = Vec::new();
            let mut coming = self.coming.into_iter().peekable();
            for tick in 0..frames {
                while let Some((_, timestamp, value)) = coming.next_if(|(at, ..)| *at < (tick + 1) * 160) {
                    take(&mut self.playout, 7, timestamp, value);
                }
                for sample in self.playout.tick() {
                    match runs.last_mut() {
                        Some((value, length)) if *value == sample => *length += 1,
                        _ => runs.push((sample, 1)),
                    }
                }
            }
            runs
        }
    }

    /// All values from 1 to `last` are heard, each for a frame, but for those that were lost, which are as long a silence.
    fn check(name: &str, runs: &[(i16, usize)], last: i16, is_gone: impl Fn(i16) -> bool) {
        let begin = runs.iter().position(|(value, _)| *value == 1).expect(name);
        let mut runs = runs[begin..].iter().copied().peekable();
        let mut value = 1;
        while value <= last {
            if is_gone(value) {
                let gap = (value..=last).take_while(|value| is_gone(*value)).count();
                assert_eq!(runs.next(), Some((0, 160 * gap)), "{name}: lost from {value}");
                value += i16::try_from(gap).expect("short");
            } else {
                assert_eq!(runs.next(), Some((value, 160)), "{name}: {value}");
                value += 1;
            }
        }
    }

    #[test]
    fn everything_is_heard_in_its_place() {
        let none = |_| false;
        let well = World::new(200, 0, 0, |_| Some(20)).heard(240);
        check("a good network", &well, 200, none);
        let turning = World::new(200, u32::MAX - 3_000, 0, |_| Some(5)).heard(240);
        check("timestamps that turn over", &turning, 200, none);
        let jitter = World::new(400, 9, 0, |frame| Some(i64::from(frame * 7 % 31))).heard(440);
        check("30 ms of jitter, out of order", &jitter, 400, none);
        let lossy = World::new(400, 9, 0, |frame| (frame % 20 != 7).then_some(10)).heard(440);
        check("5 % loss", &lossy, 400, |value| value % 20 == 8);
        let gap = World::new(400, 9, 0, |frame| (!(100..140).contains(&frame)).then_some(10)).heard(440);
        check("a gap of 0.8 s", &gap, 400, |value| (101..=140).contains(&value));
        let late = World::new(200, 0, 0, |frame| Some(if frame == 50 { 300 } else { 5 })).heard(240);
        check("a packet that is too late", &late, 200, |value| value == 51);
    }

    #[test]
    fn a_long_gap_is_as_long_as_it_was() {
        let runs = World::new(700, 9, 0, |frame| (!(100..600).contains(&frame)).then_some(10)).heard(760);
        let gap = runs
            .iter()
            .skip_while(|(value, _)| *value != 100)
            .nth(1)
            .expect("a gap");
        assert!(gap.0 == 0 && gap.1.abs_diff(500 * 160) <= 160, "{gap:?}");
        let rest: Vec<i16> = runs
            .iter()
            .map(|(value, _)| *value)
            .filter(|value| *value > 600)
            .collect();
        assert_eq!(rest, (601..=700).collect::<Vec<i16>>());
    }

    #[test]
    fn another_clock_is_followed() {
        for ppm in [-200, 200] {
            let frames = 5 * 60 * 50;
            let runs =
                World::new(frames, 9, ppm, |frame| Some(i64::from(frame * 7 % 31))).heard(i64::from(frames) + 40);
            let heard: Vec<i16> = runs
                .iter()
                .map(|(value, _)| *value)
                .filter(|value| *value != 0)
                .collect();
            let distinct = heard.len();
            assert!(
                distinct + 3 >= frames as usize,
                "{ppm} ppm: {distinct} of {frames} frames were heard"
            );
            let whole = runs
                .iter()
                .filter(|(value, length)| *value != 0 && *length < 160 - 8)
                .count();
            assert!(whole <= 3, "{ppm} ppm: {whole} frames were cut");
            // Where the last frame is heard is where it was sent by our clock, and the wait.
            let total: usize = runs.iter().map(|(_, length)| length).sum();
            let end = total
                - runs
                    .last()
                    .filter(|(value, _)| *value == 0)
                    .map_or(0, |(_, length)| *length);
            let sent = i64::from(frames) * 160;
            let truth = sent + sent * ppm / 1_000_000 + WAIT_SAMPLES;
            let off = i64::try_from(end).expect("short") - truth;
            assert!(off.abs() <= 480, "{ppm} ppm: {off} samples off");
        }
    }

    #[test]
    fn another_source_begins_anew() {
        let mut playout = Playout::new();
        take(&mut playout, 1, 4_000, 5);
        take(&mut playout, 2, 900_000, 6);
        let heard: Vec<i16> = (0..5)
            .flat_map(|_| playout.tick())
            .filter(|sample| *sample != 0)
            .collect();
        assert_eq!(heard, [6; 160]);
    }

    #[test]
    fn another_count_is_the_same_time() {
        // At 48 kHz timestamps turn over six times as soon, and not between two samples.
        let mut playout = Playout::new();
        let first = u32::MAX - 2_000;
        let begin = playout.place(7, first, 6);
        for frame in 0..2_000_u32 {
            let place = playout.place(7, first.wrapping_add(frame * 960), 6);
            assert_eq!(place - begin, i64::from(frame) * 160, "{frame}");
            playout.tick();
        }
        // The same source, with a codec that counts otherwise, begins anew.
        assert_eq!(playout.place(7, 160, 1), playout.next() + WAIT_SAMPLES);
    }
}
