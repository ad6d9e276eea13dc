//! What becomes known of limits that are reached: each time a number, and now and then a line.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::Lines;

/// All limits that tell when they are reached. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Reports(Arc<Mutex<Vec<Arc<Limit>>>>);

/// One limit.
#[derive(Debug)]
pub struct Limit {
    name: &'static str,
    reached: AtomicU64,
    lines: Lines,
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
            lines: Lines::new(1),
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
        self.reached.fetch_add(1, Ordering::Relaxed);
        if let Some(left_out) = self.lines.another(Instant::now()) {
            tracing::warn!(limit = self.name, %by, times = left_out + 1, "a limit was reached");
        }
    }
}

/// Nothing is left half changed here, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_is_counted_under_one_name() {
        let reports = Reports::default();
        reports.limit("knocks").reached(&"somebody");
        reports.limit("joins").reached(&"somebody");
        reports.limit("knocks").reached(&"somebody");
        assert_eq!(reports.read(), [("knocks", 2), ("joins", 1)]);
    }
}
