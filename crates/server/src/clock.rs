//! The one place of the server that reads a clock.
//!
//! The cores take `now` as an argument; here it is made. Media counts in [`Instant`]s, because a packet loop must not jump when
//! somebody sets the clock; the register counts in microseconds of the wall clock, because people read it. [`rooms::Clock`]
//! maps the one to the other.

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

/// An instant to measure from.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// The clocks of this machine, for rooms.
pub(crate) struct SystemClock;

impl rooms::Clock for SystemClock {
    fn now(&self) -> Micros {
        Micros(now_us())
    }

    fn instant(&self) -> Instant {
        instant()
    }
}

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
