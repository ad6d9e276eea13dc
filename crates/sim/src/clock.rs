//! The clocks of the world. The steady one is the runtime's, which is paused: it moves when nobody has anything to do. The
//! one on the wall follows it, and may be set by hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use meeting::Micros;

/// 2026-01-01T00:00:00Z: when every world begins.
const ZERO: Micros = Micros(1_767_225_600_000_000);

/// Both clocks. Clones show the same time.
#[derive(Clone)]
pub(crate) struct Clock {
    start: Instant,
    set_by_us: Arc<AtomicI64>,
}

impl Clock {
    /// It begins now.
    pub(crate) fn new() -> Clock {
        Clock {
            start: steady(),
            set_by_us: Arc::default(),
        }
    }

    /// How old the world is.
    pub(crate) fn age(&self) -> Duration {
        steady() - self.start
    }

    /// When the world is so old.
    pub(crate) fn at(&self, age: Duration) -> Instant {
        self.start + age
    }

    /// Somebody sets the clock on the wall forward, or back.
    pub(crate) fn set_by(&self, seconds: i64) {
        self.set_by_us.fetch_add(seconds * 1_000_000, Relaxed);
    }
}

impl rooms::Clock for Clock {
    fn now(&self) -> Micros {
        let age_us = i64::try_from(self.age().as_micros()).expect("no world lasts that long");
        ZERO.plus_us(age_us + self.set_by_us.load(Relaxed))
    }

    fn instant(&self) -> Instant {
        steady()
    }
}

fn steady() -> Instant {
    tokio::time::Instant::now().into_std()
}
