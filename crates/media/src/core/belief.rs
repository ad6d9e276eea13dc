//! What is believed of the way to a viewer: what is estimated, as far as something speaks for it.
//!
//! An estimator judges by when packets arrive. A computer that is busy reads them late, which looks to it as a queue that grows; and
//! what it says next is a part of what arrived in that moment. Where little is sent, that is next to nothing, and the pictures of a
//! viewer were gone for half a minute on a network that carries hundreds of them.
//!
//! A network that is too narrow does two things that a busy computer does not: it loses packets, because a queue before a narrow place is full at
//! some time, or the queue stands, and no packet is as fast as packets were. So a fall is believed when packets are lost, or when
//! all answers have been late for some seconds; else the estimator is told to begin anew from what was believed before. What it
//! says is late is late there too, but for a moment: a busy computer is at times as fast as ever.
//!
//! Until something speaks for it that the way is narrow, nothing is held back, whatever is estimated: a picture that is shown without need of
//! a narrow network is taken away within a second or two, and one that is missing on a good one looks broken.

use std::time::Duration;

use crate::limits;

/// What was found out in a second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// What the estimator says, in bits per second.
    pub(crate) estimate_bps: u64,
    /// What share of the packets was lost, if any was told of.
    pub(crate) lost: Option<f32>,
    /// How long the last packet and its answer took.
    pub(crate) round_trip: Option<Duration>,
}

/// What to do after a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conclusion {
    /// What pictures are divided by; `None` if nothing is to be held back.
    pub(crate) carries_bps: Option<u64>,
    /// The estimator shall begin anew from here.
    pub(crate) begins_anew_bps: Option<u64>,
}

/// What is believed so far.
#[derive(Debug, Default)]
pub(crate) struct Belief {
    /// The estimate, but for falls that nothing spoke for.
    known_bps: Option<u64>,
    /// The way was once too narrow for what was sent.
    is_limited: bool,
    /// The shortest round trip of this span of readings, and of the one before.
    shortest: [Option<Duration>; 2],
    /// Readings in this span.
    readings: u32,
    /// So many of the last readings were late.
    late: u32,
    /// So many readings ago the estimate was last higher than before, or began anew.
    stands_still: u32,
}

impl Belief {
    /// The estimate, but for falls that nothing spoke for; `None` if there was none.
    pub(crate) fn known_bps(&self) -> Option<u64> {
        self.known_bps
    }

    /// What is made of a reading, while so many bits per second are wanted.
    pub(crate) fn take(&mut self, reading: &Reading, wanted_bps: u64) -> Conclusion {
        let is_too_narrow = self.is_too_narrow(reading);
        self.is_limited |= is_too_narrow;
        let Reading { estimate_bps, .. } = *reading;
        let known_bps = self.known_bps.filter(|_| !is_too_narrow).unwrap_or(estimate_bps);
        let is_higher = self.known_bps.is_none_or(|before_bps| estimate_bps > before_bps);
        self.known_bps = Some(known_bps.max(estimate_bps));
        let should_be_bps = if self.is_limited {
            known_bps.min(wanted_bps)
        } else {
            wanted_bps
        };
        let is_unfounded = !is_too_narrow && estimate_bps < should_be_bps;
        self.stands_still = if is_higher || estimate_bps >= wanted_bps {
            0
        } else {
            self.stands_still + 1
        };
        // What was seen of losses and delays keeps it from probing, and that may long be over. At first it has a second to find out by itself.
        let begins_anew = is_unfounded && self.stands_still > 0 || self.stands_still == limits::ESTIMATE_STANDS_STILL;
        if begins_anew {
            self.stands_still = 0;
        }
        Conclusion {
            carries_bps: self.known_bps.filter(|_| self.is_limited),
            begins_anew_bps: begins_anew.then_some(should_be_bps),
        }
    }

    /// Whether something speaks for it, beside what is estimated.
    fn is_too_narrow(&mut self, reading: &Reading) -> bool {
        // Where nothing was told of what was sent in that second, it is of another one, and whoever stood still has all answers at once.
        if let Some(round_trip) = reading.round_trip.filter(|_| reading.lost.is_some()) {
            let shortest = self.shortest.iter().flatten().min().copied().unwrap_or(round_trip);
            let is_late = round_trip > shortest + limits::QUEUE_STANDS;
            self.late = if is_late { self.late + 1 } else { 0 };
            let [now, _] = &mut self.shortest;
            *now = Some(now.map_or(round_trip, |shortest| shortest.min(round_trip)));
        }
        self.readings += 1;
        if self.readings == limits::SHORTEST_READINGS {
            let [now, _] = self.shortest;
            (self.shortest, self.readings) = ([None, now], 0);
        }
        let loses = reading.lost.is_some_and(|lost| lost >= limits::LOSS_OF_A_FULL_QUEUE);
        loses || self.late >= limits::QUEUE_STANDS_READINGS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings of `estimate lost% round_trip_ms`, while a megabit is wanted; of each, what is carried, in kbit/s, and `!` where the
    /// estimator begins anew from.
    #[track_caller]
    fn check(readings: &[(u64, f32, u64)], expected: &[&str]) {
        let mut belief = Belief::default();
        let said = readings.iter().map(|(kbps, lost_percent, round_trip_ms)| {
            let reading = Reading {
                estimate_bps: kbps * 1_000,
                lost: Some(lost_percent / 100.0),
                round_trip: Some(Duration::from_millis(*round_trip_ms)),
            };
            let conclusion = belief.take(&reading, 1_000_000);
            let carries = conclusion
                .carries_bps
                .map_or("-".into(), |bps| (bps / 1_000).to_string());
            let anew = conclusion.begins_anew_bps.map(|bps| format!(" !{}", bps / 1_000));
            carries + &anew.unwrap_or_default()
        });
        assert_eq!(said.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_fall_that_nothing_speaks_for_is_not_believed() {
        // A busy computer: late once, and fast again.
        check(
            &[(5_000, 0.0, 20), (60, 0.0, 400), (60, 0.0, 30), (5_000, 0.0, 20)],
            &["-", "- !1000", "- !1000", "-"],
        );
        // An estimator that does not come up by itself is helped.
        check(
            &[(500, 0.0, 20), (500, 0.0, 20), (1_200, 0.0, 20)],
            &["-", "- !1000", "-"],
        );
    }

    #[test]
    fn losses_and_queues_that_stand_are_believed() {
        check(
            &[(5_000, 0.0, 20), (400, 9.0, 200), (420, 0.0, 30)],
            &["-", "400", "420"],
        );
        check(
            &[(5_000, 0.0, 20), (400, 0.0, 320), (390, 0.0, 330), (380, 0.0, 340)],
            &["-", "- !1000", "- !1000", "380"],
        );
        // After that, a fall without a reason leads back to what is known.
        check(
            &[(5_000, 0.0, 20), (400, 9.0, 20), (100, 0.0, 20), (300, 0.0, 20)],
            &["-", "400", "400 !400", "400 !400"],
        );
    }

    #[test]
    fn an_estimate_that_stands_still_begins_anew() {
        let mut readings = vec![(5_000, 0.0, 20), (400, 9.0, 20)];
        readings.extend([(400, 0.0, 20); 7]);
        let expected = ["-", "400", "400", "400", "400", "400", "400 !400", "400", "400"];
        check(&readings, &expected);
    }
}
