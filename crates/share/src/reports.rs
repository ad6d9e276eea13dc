//! What becomes known of limits that are reached: each time a number, and now and then a line.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::limits;

/// All limits that tell when they are reached. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Reports(Arc<Mutex<Vec<Arc<Limit>>>>);

/// One limit.
#[derive(Debug)]
pub struct Limit {
    name: &'static str,
    reached: AtomicU64,
    told: Mutex<Told>,
}

/// What the log was told of a limit.
#[derive(Debug, Default)]
struct Told {
    at: Option<Instant>,
    reached: u64,
}

impl Told {
    /// How often the limit was reached since the last line, if there is to be another.
    fn line(&mut self, reached: u64, now: Instant) -> Option<u64> {
        if self
            .at
            .is_some_and(|at| now.saturating_duration_since(at) < limits::REPORT_INTERVAL)
        {
            return None;
        }
        let since = reached - self.reached;
        *self = Told { at: Some(now), reached };
        Some(since)
    }
}

impl Reports {
    /// A limit, under the name by which metrics and log call it.
    pub fn limit(&self, name: &'static str) -> Arc<Limit> {
        let mut all = lock(&self.0);
        if let Some(known) = all.iter().find(|limit| limit.name == name) {
            return Arc::clone(known);
        }
        let limit = Arc::new(Limit {
            name,
            reached: AtomicU64::new(0),
            told: Mutex::default(),
        });
        all.push(Arc::clone(&limit));
        limit
    }

    /// Each limit's name, and how often it was reached.
    pub fn read(&self) -> Vec<(&'static str, u64)> {
        let all = lock(&self.0);
        all.iter()
            .map(|limit| (limit.name, limit.reached.load(Ordering::Relaxed)))
            .collect()
    }
}

impl Limit {
    /// It was reached by somebody.
    pub fn reached(&self, by: &dyn fmt::Display) {
        let reached = self.reached.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(times) = lock(&self.told).line(reached, Instant::now()) {
            tracing::warn!(limit = self.name, %by, times, "a limit was reached");
        }
    }
}

/// Nothing is left half changed here, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_are_few_and_say_how_many_were_left_out() {
        let begin = Instant::now();
        let mut told = Told::default();
        let mut check = |second, reached, line| {
            let now = begin + Duration::from_secs(second);
            assert_eq!(told.line(reached, now), line, "after {second} s");
        };
        check(0, 1, Some(1));
        check(1, 2, None);
        check(9, 1_000, None);
        check(10, 1_001, Some(1_000));
        check(100, 1_002, Some(1));
    }

    #[test]
    fn each_time_is_counted_under_one_name() {
        let reports = Reports::default();
        reports.limit("knocks").reached(&"somebody");
        reports.limit("joins").reached(&"somebody");
        reports.limit("knocks").reached(&"somebody");
        assert_eq!(reports.read(), [("knocks", 2), ("joins", 1)]);
    }
}
