//! The clocks of the world. The steady one is the runtime's, which is paused: it moves when nobody has anything to do. The
//! one on the wall follows it, and may be set by hand; a process reads it as the program does, so that it does not step.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use meeting::Micros;
use steady::Steady;

/// 2026-01-01T00:00:00Z: when every world begins.
const ZERO: Micros = Micros(1_767_225_600_000_000);

/// Both clocks, as one process reads them. Clones show the same time.
#[derive(Clone)]
pub(crate) struct Clock {
    start: Instant,
    set_by_us: Arc<AtomicI64>,
    slept_us: Arc<AtomicI64>,
    steady: Arc<Mutex<Steady>>,
}

impl Clock {
    /// It begins now.
    pub(crate) fn new() -> Clock {
        Clock {
            start: steady(),
            set_by_us: Arc::default(),
            slept_us: Arc::default(),
            steady: Arc::new(Mutex::new(Steady::new(0, ZERO.0))),
        }
    }

    /// The same clocks, as a process reads them that starts now.
    pub(crate) fn started(&self) -> Clock {
        let steady = Steady::new(self.age_us(), self.wall().0);
        Clock {
            steady: Arc::new(Mutex::new(steady)),
            ..self.clone()
        }
    }

    fn age_us(&self) -> i64 {
        let awake_us = i64::try_from(self.age().as_micros()).expect("no world lasts that long");
        awake_us + self.slept_us.load(Relaxed)
    }

    fn wall(&self) -> Micros {
        ZERO.plus_us(self.age_us() + self.set_by_us.load(Relaxed))
    }

    /// How old the world is.
    pub(crate) fn age(&self) -> Duration {
        steady() - self.start
    }

    /// When the world is so old.
    pub(crate) fn at(&self, age: Duration) -> Instant {
        self.start + age
    }

    /// Everything sleeps for so long: it passes, and the time in which media counts stands still.
    pub(crate) fn sleep(&self, seconds: i64) {
        self.slept_us.fetch_add(seconds * 1_000_000, Relaxed);
    }

    /// Somebody sets the clock on the wall forward, or back.
    pub(crate) fn set_by(&self, seconds: i64) {
        self.set_by_us.fetch_add(seconds * 1_000_000, Relaxed);
    }
}

impl rooms::Clock for Clock {
    fn now(&self) -> Micros {
        let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
        Micros(steady.read(self.age_us(), self.wall().0).0)
    }

    fn instant(&self) -> Instant {
        steady()
    }
}

fn steady() -> Instant {
    tokio::time::Instant::now().into_std()
}
