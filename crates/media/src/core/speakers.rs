//! Who is heard: the loudest few of a room, judged by the level in each packet's header (RFC 6464). Nothing is decoded.
//!
//! Everybody hears the three loudest of the *others*. A speaker never hears himself, so the room keeps one more: three
//! places that everybody hears, each its own line, and a fourth in reserve, which is heard on the line of a speaker by
//! that speaker alone. A place is a line at every listener, so a speaker who stays keeps his line.
//!
//! Speakers must not flap: a switch costs a syllable. So levels are smoothed (quick to rise, slow to fall), a challenger
//! must be clearly louder, and a place that has just changed hands is left alone for a while. A place is not given up for
//! silence: whoever spoke last stays until somebody needs the place, so nobody's first word is cut off in a small room.

use std::collections::BTreeMap;

use crate::core::Time;

/// Places that everybody hears.
pub(crate) const HEARD: usize = crate::limits::AUDIO_LINES;
const PLACES: usize = HEARD + 1;

/// How much louder a challenger must be, in decibels.
const MARGIN_DB: f32 = 6.0;
/// How long a place stays with its speaker at least.
const HOLD: Time = Time::from_millis(500);
/// Louder than this is speech (-50 dBov), quieter than the second is its end: between the two nothing changes.
const SPEECH_STARTS_DB: f32 = 77.0;
const SPEECH_ENDS_DB: f32 = 67.0;
/// Smoothing: a syllable is enough to rise, a pause between words is not enough to fall.
const RISE_S: f32 = 0.05;
const FALL_S: f32 = 0.6;
/// A publisher that sends no level is taken for somebody who speaks quietly.
const UNKNOWN_DB: f32 = 80.0;

/// Where the packets of a microphone go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Everybody else hears it on this line.
    Heard(usize),
    /// Only the speakers hear it, each on the line that is his own voice for the others.
    Reserve,
}

/// The speakers of one room, named by `M`.
#[derive(Debug)]
pub(crate) struct Speakers<M> {
    levels: BTreeMap<M, Level>,
    places: [Option<Held<M>>; PLACES],
    loudest: Option<Held<M>>,
}

#[derive(Debug, Clone, Copy)]
struct Held<M> {
    by: M,
    since: Time,
}

/// Loudness above digital silence, 0 to 127 dB, smoothed.
#[derive(Debug, Clone, Copy)]
struct Level {
    db: f32,
    at: Time,
}

impl Level {
    /// The level as it has faded since its last packet.
    fn now(self, now: Time) -> f32 {
        self.db * (-now.saturating_sub(self.at).as_secs_f32() / FALL_S).exp()
    }

    fn heard(self, db: f32, now: Time) -> Level {
        let time_s = if db > self.db { RISE_S } else { FALL_S };
        let weight = 1.0 - (-now.saturating_sub(self.at).as_secs_f32() / time_s).exp();
        Level {
            db: self.db + (db - self.db) * weight,
            at: now,
        }
    }
}

impl<M: Copy + Ord> Speakers<M> {
    pub(crate) fn new() -> Speakers<M> {
        Speakers {
            levels: BTreeMap::new(),
            places: [None; PLACES],
            loudest: None,
        }
    }

    /// A packet of a microphone: `level_dbov` is 0 for the loudest and -127 for silence. Says where it is heard.
    pub(crate) fn heard(&mut self, member: M, level_dbov: Option<i8>, now: Time) -> Option<Place> {
        let db = level_dbov.map_or(UNKNOWN_DB, |level| 127.0 - f32::from(level.unsigned_abs().min(127)));
        let level = self.levels.entry(member).or_insert(Level { db: 0.0, at: now });
        *level = level.heard(db, now);
        let mut place = self.place_of(member).or_else(|| self.enter(member, now));
        if place.is_some_and(|place| place >= HEARD)
            && let Some(weakest) = self.weakest(HEARD, now)
            && self.may_displace(member, weakest, now)
        {
            self.places.swap(weakest, HEARD);
            self.places[HEARD] = self.places[HEARD].map(|held| Held { since: now, ..held });
            self.places[weakest] = Some(Held { by: member, since: now });
            place = Some(weakest);
        }
        self.judge_loudest(now);
        place.map(|place| {
            if place < HEARD {
                Place::Heard(place)
            } else {
                Place::Reserve
            }
        })
    }

    /// The speaker who is marked as the current loudest, if anybody speaks.
    pub(crate) fn loudest(&self) -> Option<M> {
        self.loudest.map(|held| held.by)
    }

    /// The speakers whom everybody hears, by line.
    pub(crate) fn heard_by_all(&self) -> impl Iterator<Item = (usize, M)> + '_ {
        self.places[..HEARD]
            .iter()
            .enumerate()
            .filter_map(|(line, held)| Some((line, held.as_ref()?.by)))
    }

    /// Takes somebody out: muted or gone. Whoever was in reserve moves up.
    pub(crate) fn remove(&mut self, member: M) {
        self.levels.remove(&member);
        self.loudest.take_if(|held| held.by == member);
        if let Some(place) = self.place_of(member) {
            self.places[place] = None;
            if place < HEARD {
                self.places[place] = self.places[HEARD].take();
            }
        }
    }

    fn place_of(&self, member: M) -> Option<usize> {
        self.places
            .iter()
            .position(|held| held.is_some_and(|held| held.by == member))
    }

    fn enter(&mut self, member: M, now: Time) -> Option<usize> {
        let place = self.places.iter().position(Option::is_none).or_else(|| {
            let weakest = self.weakest(PLACES, now)?;
            self.may_displace(member, weakest, now).then_some(weakest)
        })?;
        self.places[place] = Some(Held { by: member, since: now });
        Some(place)
    }

    /// The quietest of the first `places` places.
    fn weakest(&self, places: usize, now: Time) -> Option<usize> {
        let quieter = |a: &usize, b: &usize| self.level_at(*a, now).total_cmp(&self.level_at(*b, now));
        (0..places).rev().min_by(quieter)
    }

    fn level_at(&self, place: usize, now: Time) -> f32 {
        self.places[place].map_or(-1.0, |held| self.level_of(held.by, now))
    }

    fn level_of(&self, member: M, now: Time) -> f32 {
        self.levels.get(&member).map_or(0.0, |level| level.now(now))
    }

    fn may_displace(&self, member: M, place: usize, now: Time) -> bool {
        let Some(held) = self.places[place] else { return true };
        let level = self.level_of(member, now);
        let rested = now.saturating_sub(held.since) >= HOLD;
        rested && level >= SPEECH_STARTS_DB && level > self.level_of(held.by, now) + MARGIN_DB
    }

    fn judge_loudest(&mut self, now: Time) {
        let mut candidate: Option<(M, f32)> = None;
        for held in self.places.iter().flatten() {
            let level = self.level_of(held.by, now);
            if level >= SPEECH_STARTS_DB && candidate.is_none_or(|(_, best)| level > best) {
                candidate = Some((held.by, level));
            }
        }
        if let Some(held) = self.loudest {
            let level = self.level_of(held.by, now);
            let speaks = level >= SPEECH_ENDS_DB;
            let beaten = candidate.is_some_and(|(_, best)| best > level + MARGIN_DB);
            if speaks && !(beaten && now.saturating_sub(held.since) >= HOLD) {
                return;
            }
        }
        let next = candidate.map(|(by, _)| by);
        if next != self.loudest() {
            self.loudest = next.map(|by| Held { by, since: now });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    /// Plays `levels` (one per member, in dBov) for some time and says who is on which line at the end.
    fn play(speakers: &mut Speakers<usize>, from_ms: u64, to_ms: u64, levels: &[i8]) -> Vec<Option<usize>> {
        for ms in (from_ms..to_ms).step_by(20) {
            for (member, level) in levels.iter().enumerate() {
                speakers.heard(member, Some(*level), at(ms));
            }
        }
        let mut lines = vec![None; HEARD];
        for (line, member) in speakers.heard_by_all() {
            lines[line] = Some(member);
        }
        lines
    }

    #[test]
    fn a_small_room_is_heard_whole() {
        let mut speakers = Speakers::new();
        assert_eq!(
            play(&mut speakers, 0, 100, &[-127, -127, -127]),
            [Some(0), Some(1), Some(2)]
        );
        assert_eq!(speakers.loudest(), None);
        assert_eq!(
            play(&mut speakers, 100, 400, &[-127, -20, -127]),
            [Some(0), Some(1), Some(2)]
        );
        assert_eq!(speakers.loudest(), Some(1));
        play(&mut speakers, 400, 3_000, &[-127, -127, -127]);
        assert_eq!(speakers.loudest(), None, "silence has no loudest");
    }

    #[test]
    fn a_loud_newcomer_gets_a_line_within_a_syllable() {
        let mut speakers = Speakers::new();
        let quiet = [-127, -127, -127, -127, -127, -127];
        play(&mut speakers, 0, 1_000, &quiet);
        let mut loud = quiet;
        loud[5] = -25;
        let lines = play(&mut speakers, 1_000, 1_120, &loud);
        assert!(lines.contains(&Some(5)), "{lines:?}");
        assert_eq!(
            speakers
                .heard(5, Some(-25), at(1_120))
                .map(|place| matches!(place, Place::Heard(_))),
            Some(true)
        );
        assert_eq!(speakers.loudest(), Some(5));
    }

    #[test]
    fn who_leaves_makes_room_for_the_reserve() {
        let mut speakers = Speakers::new();
        play(&mut speakers, 0, 2_000, &[-20, -25, -30, -35]);
        assert_eq!(speakers.heard(3, Some(-35), at(2_000)), Some(Place::Reserve));
        speakers.remove(1);
        assert_eq!(speakers.heard(3, Some(-35), at(2_020)), Some(Place::Heard(1)));
    }

    #[test]
    fn the_four_loudest_have_the_places() {
        let mut speakers = Speakers::new();
        let lines = play(&mut speakers, 0, 5_000, &[-60, -55, -58, -30, -29, -31, -62]);
        let mut heard: Vec<_> = lines.into_iter().flatten().collect();
        heard.sort_unstable();
        assert_eq!(heard, [3, 4, 5]);
    }

    proptest! {
        /// Equals who shout at each other do not flap: nobody is clearly louder, so nothing changes once all are placed.
        #[test]
        fn equals_do_not_flap(noise in proptest::collection::vec(-33_i8..-29, 2_000)) {
            let mut speakers = Speakers::new();
            let settled = play(&mut speakers, 0, 1_000, &[-31; 6]);
            let mut noise = noise.into_iter();
            for ms in (1_000..6_000).step_by(20) {
                for member in 0..6 {
                    speakers.heard(member, Some(noise.next().unwrap_or(-31)), at(ms));
                }
                let heard: Vec<_> = speakers.heard_by_all().map(|(_, member)| Some(member)).collect();
                prop_assert_eq!(&heard, &settled);
            }
        }

        /// Whatever happens, a line changes hands at most once in the holding time, and nobody is on two lines.
        #[test]
        fn a_line_rests_after_a_change(levels in proptest::collection::vec((0..8_usize, -127_i8..=0), 1..3_000)) {
            let mut speakers = Speakers::new();
            let mut changed = [None::<Time>; HEARD];
            let mut before = [None; HEARD];
            for (index, (member, level)) in levels.into_iter().enumerate() {
                let now = at(5 * index as u64);
                speakers.heard(member, Some(level), now);
                let mut lines = [None; HEARD];
                for (line, member) in speakers.heard_by_all() {
                    prop_assert!(!lines.contains(&Some(member)));
                    lines[line] = Some(member);
                }
                for line in 0..HEARD {
                    if before[line].is_some() && before[line] != lines[line] {
                        prop_assert!(changed[line].is_none_or(|at| now >= at + HOLD));
                        changed[line] = Some(now);
                    }
                }
                before = lines;
            }
        }
    }
}
