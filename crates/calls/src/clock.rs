//! The time of day: asked by what conducts calls and writes them down, and by nothing that decides.

use std::time::{SystemTime, UNIX_EPOCH};

/// The time of day in microseconds since the Unix epoch.
pub(crate) fn now_us() -> i64 {
    #[cfg(test)]
    if let Some(now_us) = simulated::now_us() {
        return now_us;
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The time of day in a simulated world, which is all on one thread: it goes with the time of its runtime.
#[cfg(test)]
pub(crate) mod simulated {
    use std::cell::Cell;

    use tokio::time::Instant;

    thread_local! {
        static BEGAN: Cell<Option<(i64, Instant)>> = const { Cell::new(None) };
    }

    /// It is so late now, on this thread.
    pub(crate) fn begin(now_us: i64) {
        BEGAN.set(Some((now_us, Instant::now())));
    }

    pub(super) fn now_us() -> Option<i64> {
        let (then_us, began) = BEGAN.get()?;
        Some(then_us + i64::try_from(began.elapsed().as_micros()).expect("no world lasts that long"))
    }
}
