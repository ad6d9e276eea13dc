//! The one place that reads a clock.
//!
//! The cores take `now` as an argument; here it is made. Media counts in [`Instant`]s, because a packet loop must not jump when
//! somebody sets the clock; the register counts in microseconds of the wall clock, because people read it. [`wall_us`] maps
//! the one to the other by the age of the instant, so that an event that waited in a queue keeps its own time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Microseconds since the Unix epoch, now. A clock set before 1970 counts as 1970: [`crate::doctor`] says so.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

/// The wall time of an instant of the recent past.
pub(crate) fn wall_us(instant: Instant) -> i64 {
    now_us() - micros(self::instant().saturating_duration_since(instant))
}

/// An instant to measure from.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_instant_keeps_its_own_time() {
        let then = instant();
        let before = now_us();
        std::thread::sleep(Duration::from_millis(20));
        let mapped = wall_us(then);
        assert!((mapped - before).abs() < 15_000, "mapped {mapped}, was {before}");
    }
}
