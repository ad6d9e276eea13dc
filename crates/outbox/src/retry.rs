//! When something is tried again: a pure function of what was tried.
//!
//! The wait doubles with each failure, up to ten minutes, so that a receiver which is down costs little and one which is back
//! hears soon. Between half of it and the whole is left to chance: receivers that failed together, as all behind one proxy do,
//! are not tried together for ever. The last try is when the time is up and not before: who was away for all of it but a
//! minute is still told.

use crate::limits::{RETRY_DOUBLINGS_MAX, RETRY_FIRST_US, RETRY_MAX_US, TRIED_US};

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has taken it.
    Told,
    /// It has not, or it is not known whether it has.
    Failed,
}

/// What has been tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// Since when.
    pub made_us: i64,
    /// How often it has failed.
    pub failures: u32,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing more.
    Done,
    /// It is tried again.
    Again {
        /// When.
        due_us: i64,
    },
    /// It is given up.
    Dropped,
}

impl Tries {
    /// What follows from another try, which ended now. `chance` is random.
    pub fn after(self, outcome: Outcome, now_us: i64, chance: u16) -> Next {
        let end_us = self.made_us.saturating_add(TRIED_US);
        match outcome {
            Outcome::Told => Next::Done,
            Outcome::Failed if now_us >= end_us => Next::Dropped,
            Outcome::Failed => Next::Again {
                due_us: now_us.saturating_add(wait_us(self.failures, chance)).min(end_us),
            },
        }
    }
}

/// How long to wait after so many failures before this one.
fn wait_us(failures: u32, chance: u16) -> i64 {
    let whole_us = (RETRY_FIRST_US << failures.min(RETRY_DOUBLINGS_MAX)).min(RETRY_MAX_US);
    let half_us = whole_us / 2;
    half_us + half_us * i64::from(chance) / i64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_US: i64 = 1_000_000;
    const HOURS_US: i64 = 3_600 * SECOND_US;
    const MADE_US: i64 = 1_767_225_600_000_000;

    #[test]
    fn waits_double_to_ten_minutes_and_the_last_try_is_when_the_time_is_up() {
        let check = |failures, after_us, outcome, chance, expected| {
            let tries = Tries {
                made_us: MADE_US,
                failures,
            };
            let next = tries.after(outcome, MADE_US + after_us, chance);
            assert_eq!(
                next, expected,
                "{failures} failures, {after_us} µs, {outcome:?}, {chance}"
            );
        };
        let again = |after_us| Next::Again {
            due_us: MADE_US + after_us,
        };
        let (none, all) = (0, u16::MAX);
        check(0, 0, Outcome::Told, none, Next::Done);
        check(9, 5 * HOURS_US, Outcome::Told, none, Next::Done);
        for (failures, seconds) in [
            (0, 2),
            (1, 4),
            (2, 8),
            (5, 64),
            (8, 512),
            (9, 600),
            (10, 600),
            (u32::MAX, 600),
        ] {
            check(failures, 0, Outcome::Failed, none, again(seconds * SECOND_US / 2));
            check(failures, 0, Outcome::Failed, all, again(seconds * SECOND_US));
        }
        check(7, 4 * HOURS_US - 1, Outcome::Failed, all, again(4 * HOURS_US));
        check(7, 4 * HOURS_US, Outcome::Failed, all, Next::Dropped);
        check(0, 9 * HOURS_US, Outcome::Failed, all, Next::Dropped);
    }

    #[test]
    fn a_receiver_that_stays_away_is_tried_some_dozens_of_times() {
        for (chance, most) in [(0, 62), (u16::MAX, 38)] {
            let (mut now_us, mut failures) = (MADE_US, 0);
            while let Next::Again { due_us } = (Tries {
                made_us: MADE_US,
                failures,
            })
            .after(Outcome::Failed, now_us, chance)
            {
                assert!(due_us > now_us, "a try at {now_us} is not followed by itself");
                now_us = due_us;
                failures += 1;
            }
            assert_eq!(now_us, MADE_US + 4 * HOURS_US);
            assert!((20..most).contains(&failures), "{failures} tries");
        }
    }
}
