//! The one place of the server that reads a clock.
//!
//! The cores take `now` as an argument; here it is made. Media counts in [`Instant`]s, because a packet loop must not jump when
//! somebody sets the clock; the register counts in microseconds of the wall clock, because people read it. [`rooms::Clock`]
//! maps the one to the other, and what happens in meetings and calls has the time of a wall clock that does not step ([`steady::now_us`]). So has
//! whatever is compared with that; what other machines say a time of, such as tokens, is compared with the wall.
//!
//! An [`Instant`] stands still while the machine sleeps, and the wall does not. So what passes is counted by a clock that goes on then,
//! and an instant from before a sleep is so much longer ago.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use meeting::Micros;

/// Microseconds since the Unix epoch, now. A clock set before 1970 counts as 1970: `doctor` says so.
pub fn now_us() -> i64 {
    now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

/// The time of the wall, for those who count in nothing else.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// The time of what happens in meetings and calls.
pub(crate) fn steady() -> Micros {
    Micros(steady::now_us())
}

/// An instant to measure from.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// What the two clocks of the system differ in, if the machine did not sleep, is less.
const SLEEP_MIN_US: i64 = 500_000;

/// The clocks of this machine, for rooms.
pub(crate) struct SystemClock(Mutex<Sleeps>);

struct Sleeps {
    /// How long the machine has slept in its life.
    slept_us: i64,
    /// When that was seen to grow, and by how much.
    woke: Option<(Instant, i64)>,
}

impl SystemClock {
    /// What was slept until now is not counted.
    pub(crate) fn new() -> SystemClock {
        SystemClock(Mutex::new(Sleeps {
            slept_us: steady::slept_us(),
            woke: None,
        }))
    }

    fn sleeps<T>(&self, read: impl FnOnce(&mut Sleeps) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sleeps {
    fn look(&mut self, slept_us: i64) {
        let by_us = slept_us - self.slept_us;
        if by_us >= SLEEP_MIN_US {
            tracing::warn!(by_us, "the machine slept");
            self.slept_us = slept_us;
            self.woke = Some((instant(), by_us));
        }
    }

    /// How long ago it was, in a time that counts sleep.
    fn age_us(&self, then: Instant) -> i64 {
        let slept = self.woke.filter(|(woke, _)| then < *woke);
        let slept_us = slept.map_or(0, |(_, by_us)| by_us);
        micros(instant().saturating_duration_since(then)).saturating_add(slept_us)
    }
}

impl rooms::Clock for SystemClock {
    fn now(&self) -> Micros {
        self.sleeps(|sleeps| sleeps.look(steady::slept_us()));
        steady()
    }

    fn instant(&self) -> Instant {
        instant()
    }

    fn wall(&self, then: Instant) -> Micros {
        let now = self.now();
        now.plus_us(-self.sleeps(|sleeps| sleeps.age_us(then)))
    }
}

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use rooms::Clock as _;

    use super::*;

    #[test]
    fn what_was_before_a_sleep_was_longer_ago() {
        const HOUR_US: i64 = 3_600_000_000;
        let clock = SystemClock::new();
        let age_us = |then| clock.now().since_us(clock.wall(then));
        let before = instant();
        assert!(age_us(before) < HOUR_US, "nobody slept");
        clock.sleeps(|sleeps| sleeps.look(sleeps.slept_us + SLEEP_MIN_US - 1));
        assert!(age_us(before) < HOUR_US, "that is no sleep");
        clock.sleeps(|sleeps| sleeps.look(sleeps.slept_us + HOUR_US));
        assert!(age_us(before) >= HOUR_US);
        assert!(age_us(instant()) < HOUR_US, "it is awake");
    }
}
