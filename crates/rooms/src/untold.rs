//! Whose snapshot is older than what happened in a space, and when they are told.
//!
//! A snapshot is whole, so of those that follow each other fast only the newest is worth making. Strangers can knock as fast
//! as they like, and every knock and every end of one makes another queue for every host: so whom it concerns is noted, and
//! their snapshots are made when it is time. The first change is told at once, as a host waits for it.

use std::collections::BTreeSet;

use meeting::{Micros, SessionId};

use crate::limits::SNAPSHOT_EVERY_US;

/// Those who are to be told what they are, or who is at the door.
#[derive(Debug, Default)]
pub(crate) struct Untold {
    sessions: BTreeSet<SessionId>,
    told: Option<Micros>,
}

impl Untold {
    /// The snapshot of a session is not the newest any more.
    pub(crate) fn add(&mut self, session: &SessionId) {
        self.sessions.insert(session.clone());
    }

    /// Its snapshot is the newest again.
    pub(crate) fn remove(&mut self, session: &SessionId) {
        self.sessions.remove(session);
    }

    /// Those who are told now: all of them, if it is time.
    pub(crate) fn take(&mut self, now: Micros) -> BTreeSet<SessionId> {
        let is_time = self.told.is_none_or(|told| {
            // A clock that was set back keeps nobody waiting.
            now < told || now.since_us(told) >= SNAPSHOT_EVERY_US
        });
        if !is_time || self.sessions.is_empty() {
            return BTreeSet::new();
        }
        self.told = Some(now);
        std::mem::take(&mut self.sessions)
    }

    /// When they are told, if there are any.
    pub(crate) fn due(&self) -> Option<Micros> {
        let at = self.told.map_or(Micros(0), |told| told.plus_us(SNAPSHOT_EVERY_US));
        (!self.sessions.is_empty()).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Micros = Micros(1_767_225_600_000_000);

    /// What happens at these milliseconds after the start, and how many are told then.
    fn check(steps: &[(i64, &[u8], usize)]) -> Untold {
        let mut untold = Untold::default();
        for (at_ms, stirred, told) in steps {
            for number in *stirred {
                untold.add(&SessionId::from_random([*number; 16]));
            }
            let now = START.plus_us(at_ms * 1_000);
            assert_eq!(untold.take(now).len(), *told, "at {at_ms} ms");
        }
        untold
    }

    #[test]
    fn the_first_is_told_at_once_and_the_others_together() {
        let untold = check(&[
            (0, &[1], 1),
            (1, &[1], 0),
            (2, &[1, 2], 0),
            (249, &[], 0),
            (250, &[], 2),
        ]);
        assert_eq!(untold.due(), None, "nobody is left");
        let untold = check(&[(0, &[1], 1), (1_000, &[1], 1), (1_100, &[1], 0)]);
        assert_eq!(untold.due(), Some(START.plus_us(1_250_000)));
    }

    #[test]
    fn whoever_knocks_a_thousand_times_a_second_is_told_of_four_times() {
        let mut untold = Untold::default();
        let host = SessionId::from_random([1; 16]);
        let told = (0..1_000).filter(|ms| {
            untold.add(&host);
            !untold.take(START.plus_us(ms * 1_000)).is_empty()
        });
        assert_eq!(told.count(), 4);
    }

    #[test]
    fn a_clock_that_is_set_keeps_nobody_waiting() {
        check(&[(0, &[1], 1), (-3_600_000, &[1], 1), (-3_599_999, &[1], 0)]);
    }

    #[test]
    fn who_was_told_otherwise_is_not_told_again() {
        let mut untold = check(&[(0, &[1], 1), (1, &[1, 2], 0)]);
        untold.remove(&SessionId::from_random([1; 16]));
        assert_eq!(untold.take(START.plus_us(300_000)).len(), 1);
    }
}
