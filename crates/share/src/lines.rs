//! Lines of the log that strangers can cause, which must not fill a disk: some are written, the others counted.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::limits;

/// The lines of one kind.
#[derive(Debug)]
pub struct Lines {
    max: u32,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    /// When the first line of this interval was written.
    since: Option<Instant>,
    lines: u32,
    left_out: u64,
}

impl Lines {
    /// So many in any ten seconds.
    pub const fn new(max: u32) -> Lines {
        Lines {
            max,
            written: Mutex::new(Written {
                since: None,
                lines: 0,
                left_out: 0,
            }),
        }
    }

    /// Whether to write another line, and how many were left out since the last.
    pub fn another(&self, now: Instant) -> Option<u64> {
        // Nothing is left half changed here, so a panic elsewhere does not spoil it.
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |since| now.saturating_duration_since(since) >= limits::REPORT_INTERVAL;
        if written.since.is_none_or(over) {
            written.since = Some(now);
            written.lines = 0;
        }
        if written.lines == self.max {
            written.left_out += 1;
            return None;
        }
        written.lines += 1;
        Some(std::mem::take(&mut written.left_out))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_are_few_and_say_how_many_were_left_out() {
        let (begin, lines) = (Instant::now(), Lines::new(2));
        let check = |second, line| {
            let now = begin + Duration::from_secs(second);
            assert_eq!(lines.another(now), line, "after {second} s");
        };
        check(0, Some(0));
        check(1, Some(0));
        check(2, None);
        check(9, None);
        check(10, Some(2));
        check(11, Some(0));
        check(100, Some(0));
    }
}
