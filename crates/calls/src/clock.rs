//! The time of day: asked by what conducts calls and writes them down, and by nothing that decides. It is the one that does not step.

/// The time of day in microseconds since the Unix epoch.
pub(crate) fn now_us() -> i64 {
    #[cfg(test)]
    if let Some(now_us) = simulated::now_us() {
        return now_us;
    }
    steady::now_us()
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
