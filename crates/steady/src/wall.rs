//! A wall clock that does not step, as a function of what is read.
//!
//! While a process runs, its time is a steady clock and an anchor, and the clock on the wall is followed slowly: what it
//! says beyond that is taken over by a twentieth of the time that passes. What is measured is wrong by no more than that, time
//! never goes back, and a clock that was put right is caught up with in the end, by the next start at the latest. Drift is
//! so small that it is followed at once.

/// The time that passes before one of it is taken over.
const SLOWNESS: i64 = 20;

/// A difference like this is not drift: somebody has set the clock.
const STEP_US: i64 = 1_000_000;

/// What is shown, and when it was last read.
#[derive(Clone, Debug)]
pub struct Steady {
    read_us: i64,
    shown_us: i64,
    follows: bool,
}

impl Steady {
    /// The wall is right now. `steady_us` counts from anywhere, and never steps.
    pub fn new(steady_us: i64, wall_us: i64) -> Steady {
        Steady {
            read_us: steady_us,
            shown_us: wall_us,
            follows: false,
        }
    }

    /// The time, and by how much the clock on the wall was set if that is seen for the first time.
    pub fn read(&mut self, steady_us: i64, wall_us: i64) -> (i64, Option<i64>) {
        let passed_us = steady_us.saturating_sub(self.read_us).max(0);
        let straight_us = self.shown_us.saturating_add(passed_us);
        let off_us = wall_us.saturating_sub(straight_us);
        let most_us = passed_us / SLOWNESS;
        self.shown_us = straight_us.saturating_add(off_us.clamp(-most_us, most_us));
        self.read_us = self.read_us.max(steady_us);
        let is_off = off_us.abs() >= STEP_US;
        let is_new = !std::mem::replace(&mut self.follows, is_off);
        (self.shown_us, (is_off && is_new).then_some(off_us))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    /// Reads once a second from `from` to `to`, with a wall that is so many seconds ahead; the shown second in the end, and the steps
    /// that were seen.
    fn live(steady: &mut Steady, from: i64, to: i64, ahead: i64) -> (f64, Vec<i64>) {
        let mut steps = vec![];
        let mut shown_us = 0;
        for second in from..=to {
            let (now_us, step) = steady.read(second * SECOND, (second + ahead) * SECOND);
            assert!(now_us >= shown_us, "time does not go back");
            shown_us = now_us;
            steps.extend(step.map(|step_us| step_us / SECOND));
        }
        #[expect(clippy::cast_precision_loss, reason = "seconds of a test")]
        let shown = shown_us as f64 / SECOND as f64;
        (shown, steps)
    }

    #[test]
    fn a_clock_that_is_set_is_followed_slowly_and_seen_once() {
        let mut steady = Steady::new(0, 0);
        assert_eq!(live(&mut steady, 0, 100, 0), (100.0, vec![]));
        // Three hours ahead for twelve seconds, and back.
        assert_eq!(live(&mut steady, 101, 112, 10_800), (112.6, vec![10_800]));
        assert_eq!(live(&mut steady, 113, 132, 0), (132.0, vec![]));
        // An hour back, and it stays so: seen once, and followed until it is right.
        assert_eq!(live(&mut steady, 133, 152, -3_600), (151.0, vec![-3_600]));
        let (shown, steps) = live(&mut steady, 153, 80_000, -3_600);
        assert_eq!((shown, steps), (76_400.0, vec![]));
        assert_eq!(
            live(&mut steady, 80_001, 80_002, 0),
            (76_402.1, vec![3_600]),
            "seen anew"
        );
    }

    #[test]
    fn a_steady_clock_that_is_read_late_by_another_thread_moves_nothing_back() {
        let mut steady = Steady::new(0, 0);
        let (later, _) = steady.read(2 * SECOND, 2 * SECOND);
        let (earlier, _) = steady.read(SECOND, SECOND);
        assert_eq!(earlier, later);
    }
}
