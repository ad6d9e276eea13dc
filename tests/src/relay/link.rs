//! What one direction of a link does to a packet: a pure core, so that a row of a table is a case.
//!
//! Packets leave in the order in which they came, as on nearly every real path: one that is late makes those behind it late. So jitter
//! is a queue that grows and shrinks, and not packets that overtake each other. Those that are to be overtaken are named as such: they are
//! held back besides, as by a radio that sends them once more, and the others do not wait for them.

use super::limits::{OVERTAKEN_US, QUEUE_US_MAX};
use crate::seed::Seed;

const MILLION: u64 = 1_000_000;

/// How bad a direction is; by default not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Of a million packets, so many are lost, each by a throw of its own.
    pub loss_ppm: u64,
    /// Every packet takes this long,
    pub delay_us: u64,
    /// more or less so much, evenly spread.
    pub jitter_us: u64,
    /// How much fits through; without it, everything does.
    pub rate_bps: Option<u64>,
    /// Of a million packets, those behind them overtake so many.
    pub overtaken_ppm: u64,
}

impl Conditions {
    /// Everything passes, at once.
    pub const CLEAN: Self = Self {
        loss_ppm: 0,
        delay_us: 0,
        jitter_us: 0,
        rate_bps: None,
        overtaken_ppm: 0,
    };
    /// Nothing passes.
    pub const CUT: Self = Self {
        loss_ppm: MILLION,
        ..Self::CLEAN
    };
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It leaves the link at this time.
    Departs { at_us: u64 },
    /// A throw of the dice lost it.
    Lost,
    /// It found the queue before the narrow place full.
    Overflowed,
}

/// One direction of a link, and what is on it.
pub(super) struct Link {
    conditions: Conditions,
    dice: Seed,
    /// When the narrow place has let through what waits before it.
    free_at_us: u64,
    /// When the last packet that came leaves.
    last_departs_us: u64,
}

impl Link {
    /// A link that does nothing to packets yet.
    pub(super) fn new(dice: Seed) -> Self {
        Self {
            conditions: Conditions::default(),
            dice,
            free_at_us: 0,
            last_departs_us: 0,
        }
    }

    /// For what comes from now on.
    pub(super) fn set(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Decides about a packet that has come now.
    ///
    /// Two dice are thrown for each, so that what is lost does not depend on how late things are; and a third, only where some are overtaken.
    pub(super) fn fate(&mut self, bytes: usize, now_us: u64) -> Fate {
        let Conditions {
            loss_ppm,
            delay_us,
            jitter_us,
            overtaken_ppm,
            ..
        } = self.conditions;
        let (bad_luck, swing_us) = (self.dice.below(MILLION), self.dice.below(2 * jitter_us + 1));
        let is_overtaken = overtaken_ppm > 0 && self.dice.below(MILLION) < overtaken_ppm;
        if bad_luck < loss_ppm {
            return Fate::Lost;
        }
        let Some(through_us) = self.pass_narrow_place(bytes, now_us) else {
            return Fate::Overflowed;
        };
        let late_us = (delay_us + swing_us).saturating_sub(jitter_us);
        let at_us = (through_us + late_us).max(self.last_departs_us);
        self.last_departs_us = at_us;
        if is_overtaken {
            return Fate::Departs {
                at_us: at_us + OVERTAKEN_US,
            };
        }
        Fate::Departs { at_us }
    }

    /// When it has passed; `None` if too much waits before it.
    fn pass_narrow_place(&mut self, bytes: usize, now_us: u64) -> Option<u64> {
        let Some(rate_bps) = self.conditions.rate_bps else {
            return Some(now_us);
        };
        let starts_us = self.free_at_us.max(now_us);
        if starts_us - now_us > QUEUE_US_MAX {
            return None;
        }
        self.free_at_us = starts_us + bytes as u64 * 8 * MILLION / rate_bps.max(1);
        Some(self.free_at_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fates of packets of 1,000 bytes that come at these times.
    #[track_caller]
    fn check(conditions: Conditions, came_us: &[u64], expected: &[Fate]) {
        let mut link = Link::new(Seed::new(1));
        link.set(conditions);
        let fates: Vec<Fate> = came_us.iter().map(|&now_us| link.fate(1_000, now_us)).collect();
        assert_eq!(fates, expected, "{conditions:?}");
    }

    fn departs(at_us: u64) -> Fate {
        Fate::Departs { at_us }
    }

    #[test]
    fn a_link_delays_loses_and_is_narrow() {
        check(Conditions::CLEAN, &[5, 7], &[departs(5), departs(7)]);
        check(Conditions::CUT, &[5, 7], &[Fate::Lost, Fate::Lost]);
        let slow = Conditions {
            delay_us: 80_000,
            ..Conditions::CLEAN
        };
        check(slow, &[0, 20_000], &[departs(80_000), departs(100_000)]);
        // 8,000 bits at 80,000 bits a second are 100 ms; the fourth finds more before it than may wait.
        let narrow = Conditions {
            rate_bps: Some(80_000),
            ..Conditions::CLEAN
        };
        check(
            narrow,
            &[0, 0, 0, 0, 0],
            &[
                departs(100_000),
                departs(200_000),
                departs(300_000),
                Fate::Overflowed,
                Fate::Overflowed,
            ],
        );
        check(narrow, &[0, 150_000], &[departs(100_000), departs(250_000)]);
    }

    #[test]
    fn nothing_overtakes_when_a_link_becomes_better() {
        let mut link = Link::new(Seed::new(1));
        link.set(Conditions {
            delay_us: 50_000,
            ..Conditions::CLEAN
        });
        assert_eq!(link.fate(1_000, 0), departs(50_000));
        link.set(Conditions::CLEAN);
        assert_eq!(link.fate(1_000, 10_000), departs(50_000));
        assert_eq!(link.fate(1_000, 60_000), departs(60_000));
    }

    #[test]
    fn only_what_is_to_be_overtaken_is() {
        const PACKETS: u64 = 100_000;
        let mut link = Link::new(Seed::new(5));
        link.set(Conditions {
            overtaken_ppm: 50_000,
            ..Conditions::CLEAN
        });
        let held = (0..PACKETS).filter(|number| match link.fate(1_000, number * 1_000) {
            Fate::Departs { at_us } if at_us == number * 1_000 => false,
            fate => {
                assert_eq!(fate, departs(number * 1_000 + OVERTAKEN_US));
                true
            }
        });
        let held = held.count();
        assert!((4_700..5_300).contains(&held), "{held}");
    }

    #[test]
    fn over_many_packets_a_link_is_as_bad_as_it_was_told_to_be() {
        const PACKETS: u64 = 100_000;
        const APART_US: u64 = 100_000;
        let bad = Conditions {
            loss_ppm: 50_000,
            delay_us: 80_000,
            jitter_us: 30_000,
            ..Conditions::CLEAN
        };
        let fates = |seed: u64| {
            let mut link = Link::new(Seed::new(seed));
            link.set(bad);
            (0..PACKETS)
                .map(|number| link.fate(1_000, number * APART_US))
                .collect::<Vec<_>>()
        };
        let delays_us: Vec<u64> = fates(7)
            .iter()
            .zip(0..)
            .filter_map(|(fate, number): (_, u64)| match fate {
                Fate::Departs { at_us } => Some(at_us - number * APART_US),
                Fate::Lost | Fate::Overflowed => None,
            })
            .collect();
        let lost = PACKETS - delays_us.len() as u64;
        assert!((4_700..5_300).contains(&lost), "{lost}");
        assert!(delays_us.iter().all(|delay_us| (50_000..=110_000).contains(delay_us)));
        let mean_us = delays_us.iter().sum::<u64>() / delays_us.len() as u64;
        assert!((79_500..80_500).contains(&mean_us), "{mean_us}");
        assert_eq!(fates(7), fates(7), "a seed is a run");
        assert_ne!(fates(7), fates(8));
    }
}
