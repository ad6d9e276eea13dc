//! The clocks of this machine, as this process reads them.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::Steady;

/// The time of day in microseconds since the Unix epoch. It was right when it was first asked for, never goes back, and follows the
/// clock on the wall slowly.
pub fn now_us() -> i64 {
    static CLOCK: OnceLock<Mutex<Steady>> = OnceLock::new();
    let clock = CLOCK.get_or_init(|| Mutex::new(Steady::new(passed_us(), wall_us())));
    let mut clock = clock.lock().unwrap_or_else(PoisonError::into_inner);
    let (now_us, step) = clock.read(passed_us(), wall_us());
    drop(clock);
    if let Some(by_us) = step {
        tracing::warn!(
            by_us,
            "the clock of this machine was set; meetings and calls follow it slowly, or from the next start"
        );
    }
    now_us
}

/// How long the machine has slept in its life. An [`Instant`](std::time::Instant) knows nothing of that, and [`now_us`] does.
pub fn slept_us() -> i64 {
    passed_us() - read_us(ClockId::Monotonic)
}

/// A clock set before 1970 counts as 1970.
fn wall_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
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

fn read_us(clock: ClockId) -> i64 {
    let read = clock_gettime(clock);
    read.tv_sec * 1_000_000 + read.tv_nsec / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_time_of_day_and_goes_on() {
        let (before_us, now_us, later_us) = (wall_us(), now_us(), now_us());
        assert!(now_us.abs_diff(before_us) < 1_000_000, "{now_us} {before_us}");
        assert!(later_us >= now_us);
    }
}
