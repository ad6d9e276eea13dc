//! How much a session may send: a bucket that fills steadily and holds a burst.

use crate::{core::Time, limits::Pace};

/// One bucket.
#[derive(Debug)]
pub(crate) struct Rate {
    pace: Pace,
    tokens: u32,
    filled: Time,
}

impl Rate {
    pub(crate) fn new(pace: Pace, now: Time) -> Rate {
        Rate {
            pace,
            tokens: pace.burst,
            filled: now,
        }
    }

    /// Takes one message's worth; false if there is none.
    pub(crate) fn take(&mut self, now: Time) -> bool {
        let elapsed_ms = now.saturating_sub(self.filled).as_millis();
        let earned = u32::try_from(elapsed_ms * u128::from(self.pace.per_second) / 1000).unwrap_or(u32::MAX);
        if earned > 0 {
            self.tokens = self.tokens.saturating_add(earned).min(self.pace.burst);
            self.filled = now;
        }
        if self.tokens == 0 {
            return false;
        }
        self.tokens -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    #[test]
    fn a_burst_and_then_the_steady_rate() {
        for pace in [
            limits::MESSAGES,
            limits::CHAT,
            limits::REACTIONS,
            limits::ROOM_REACTIONS,
        ] {
            let mut rate = Rate::new(pace, Time::ZERO);
            let burst = (0..1000).filter(|_| rate.take(Time::ZERO)).count();
            assert_eq!(burst, pace.burst as usize, "one more than the burst is refused");
            let steady = (0..10_000).filter(|ms| rate.take(Time::from_millis(*ms))).count();
            let expected = 10 * pace.per_second as usize;
            assert!(steady <= expected && steady + 10 > expected, "{steady}");
        }
    }
}
