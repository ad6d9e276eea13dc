//! How much of its time the media thread works: what says whether the server is full before anybody hears it.
//!
//! Seats are counted elsewhere, and say little: five hundred who listen are less work than thirty who all see each other. So the thread takes
//! the time between two waits, window by window. A burst fills one window and harms nobody. Whoever is busy through
//! two of them, one after the other, is behind with every packet, and a further session would be served at the expense of all who are there.
//! They are not touched; who comes is told to come later.

use std::time::{Duration, Instant};

use crate::limits;

/// What one thread has done since it looked last.
#[derive(Debug)]
pub(super) struct Load {
    began: Instant,
    worked: Duration,
    /// Of the last window.
    was_busy: bool,
    is_full: bool,
}

/// A window is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Thousandths of the time that it worked.
    pub(super) busy_permille: u64,
    /// Nobody more can be served.
    pub(super) is_full: bool,
}

impl Load {
    pub(super) fn new(now: Instant) -> Load {
        Load {
            began: now,
            worked: Duration::ZERO,
            was_busy: false,
            is_full: false,
        }
    }

    /// It worked from one time to another, and will wait now; what that says, if a window is over.
    pub(super) fn worked(&mut self, from: Instant, to: Instant) -> Option<Window> {
        self.worked += to.saturating_duration_since(from);
        let passed = to.saturating_duration_since(self.began);
        if passed < limits::LOAD_WINDOW {
            return None;
        }
        let permille = self.worked.as_micros() * 1_000 / passed.as_micros().max(1);
        let busy_permille = u64::try_from(permille).unwrap_or(u64::MAX);
        let is_busy = busy_permille >= limits::FULL_PERMILLE;
        let was_full = std::mem::replace(&mut self.is_full, is_busy && self.was_busy);
        if self.is_full && !was_full {
            tracing::warn!(
                busy_permille,
                "the media thread has no time left: nobody more is let in"
            );
        } else if was_full && !self.is_full {
            tracing::info!(busy_permille, "the media thread has time again");
        }
        (self.began, self.worked, self.was_busy) = (to, Duration::ZERO, is_busy);
        Some(Window {
            busy_permille,
            is_full: self.is_full,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_full_that_is_busy_for_two_windows() {
        let begin = crate::shard::clock();
        // What it works of each window, in thousandths, and whether it is full at the end of it.
        let check = |windows: &[(u32, bool)]| {
            let (mut load, mut now) = (Load::new(begin), begin);
            for (busy, is_full) in windows {
                let waits = limits::LOAD_WINDOW * (1_000 - busy) / 1_000;
                let from = now + waits;
                now += limits::LOAD_WINDOW;
                let expected = Window {
                    busy_permille: (*busy).into(),
                    is_full: *is_full,
                };
                assert_eq!(load.worked(from, now), Some(expected), "{windows:?}");
            }
            assert_eq!(load.worked(now, now + limits::LOAD_WINDOW / 2), None);
        };
        check(&[(0, false), (500, false), (940, false)]);
        check(&[(1_000, false), (300, false), (1_000, false)]);
        check(&[(960, false), (1_000, true), (1_000, true), (800, false), (1_000, false)]);
    }
}
