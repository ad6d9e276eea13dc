//! When this process was away itself: paused, or on a machine that slept.
//!
//! Somebody looks at the clock several times a second, so whoever looks first after a gap knows. Every room is told before anything
//! else happens in it, because the first that happens may be the deadline of those who could not come meanwhile.

use std::sync::{Mutex, PoisonError};

use meeting::Micros;

use crate::limits::AWAY_AFTER_US;

/// How often this process was away.
#[derive(Debug, Default)]
pub(crate) struct Absences(Mutex<Looked>);

#[derive(Debug, Default)]
struct Looked {
    last: Option<Micros>,
    absences: u64,
}

impl Absences {
    /// Looks at the clock; how often we have been away so far.
    pub(crate) fn look(&self, now: Micros) -> u64 {
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let away_us = looked.last.map_or(0, |last| now.since_us(last));
        if away_us >= AWAY_AFTER_US {
            looked.absences += 1;
            tracing::warn!(
                away_us,
                "the server was away itself; whoever is awaited has their whole time again"
            );
        }
        looked.last = Some(now);
        looked.absences
    }
}
