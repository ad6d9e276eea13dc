//! The one place of the server that reads a clock.
//!
//! The cores take `now` as an argument; here it is made. Media counts in [`Instant`]s, because a packet loop must not jump when
//! somebody sets the clock; the register counts in microseconds of the wall clock, because people read it. [`rooms::Clock`]
//! maps the one to the other, and what happens in meetings has the time of a wall clock that does not step ([`Steady`]).
//!
//! An [`Instant`] stands still while the machine sleeps, and the wall does not. So what passes is counted by a clock that goes on then,
//! and an instant from before a sleep is so much longer ago.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use meeting::Micros;
use rooms::Steady;
use rustix::time::{ClockId, clock_gettime};

/// Microseconds since the Unix epoch, now. A clock set before 1970 counts as 1970: `doctor` says so.
pub fn now_us() -> i64 {
    now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

/// The time of the wall, for those who count in nothing else.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// An instant to measure from.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// What the two clocks of the system differ in, if the machine did not sleep, is less.
const SLEEP_MIN_US: i64 = 500_000;

/// The clocks of this machine, for rooms.
pub(crate) struct SystemClock(Mutex<Reading>);

struct Reading {
    steady: Steady,
    /// How long the machine has slept in its life.
    slept_us: i64,
    /// When that was seen to grow, and by how much.
    woke: Option<(Instant, i64)>,
}

impl SystemClock {
    /// The clock on the wall is right now.
    pub(crate) fn new() -> SystemClock {
        SystemClock(Mutex::new(Reading {
            steady: Steady::new(passed_us(), Micros(now_us())),
            slept_us: slept_us(),
            woke: None,
        }))
    }

    fn read<T>(&self, read: impl FnOnce(&mut Reading) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reading {
    fn now(&mut self) -> Micros {
        let (now, step) = self.steady.read(passed_us(), Micros(now_us()));
        if let Some(by_us) = step {
            tracing::warn!(
                by_us,
                "the clock of this machine was set; meetings follow it slowly, or from the next start"
            );
        }
        self.look_for_a_sleep(slept_us());
        now
    }

    fn look_for_a_sleep(&mut self, slept_us: i64) {
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
        self.read(Reading::now)
    }

    fn instant(&self) -> Instant {
        instant()
    }

    fn wall(&self, then: Instant) -> Micros {
        self.read(|reading| {
            let now = reading.now();
            now.plus_us(-reading.age_us(then))
        })
    }
}

/// Counts on while the machine sleeps, and nobody can set it.
fn passed_us() -> i64 {
    #[cfg(target_os = "linux")]
    let clock = ClockId::Boottime;
    // Elsewhere a sleep looks like a wall that was set.
    #[cfg(not(target_os = "linux"))]
    let clock = ClockId::Monotonic;
    read_us(clock)
}

fn slept_us() -> i64 {
    passed_us() - read_us(ClockId::Monotonic)
}

fn read_us(clock: ClockId) -> i64 {
    let read = clock_gettime(clock);
    read.tv_sec * 1_000_000 + read.tv_nsec / 1_000
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
        clock.read(|reading| reading.look_for_a_sleep(reading.slept_us + SLEEP_MIN_US - 1));
        assert!(age_us(before) < HOUR_US, "that is no sleep");
        clock.read(|reading| reading.look_for_a_sleep(reading.slept_us + HOUR_US));
        assert!(age_us(before) >= HOUR_US);
        assert!(age_us(instant()) < HOUR_US, "it is awake");
    }
}
