//! The time of day: asked by what conducts calls and writes them down, and by nothing that decides.

use std::time::{SystemTime, UNIX_EPOCH};

/// The time of day in microseconds since the Unix epoch.
pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
