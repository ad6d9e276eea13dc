//! The disk under the register, and what it is told to do with the writes to come.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use db::{
    Db,
    testing::{Disk, Fate},
};
use fastrand::Rng;
use tokio::sync::Notify;

use crate::limits;

/// A disk with a plan.
pub(crate) struct Store {
    disk: Disk,
    plan: Arc<Mutex<Plan>>,
}

struct Plan {
    dice: Rng,
    /// Writes so far.
    writes: usize,
    faults: BTreeMap<usize, Fate>,
    /// Whether a write that the program survived was not done.
    has_failed: bool,
}

impl Plan {
    fn fate(&mut self) -> Fate {
        self.writes += 1;
        let answered_after = Duration::from_millis(self.dice.u64(0..=limits::ANSWER_MS_MAX));
        let fate = self.faults.remove(&self.writes);
        self.has_failed |= matches!(fate, Some(Fate::Refused | Fate::Uncertain { .. }));
        fate.unwrap_or(Fate::Done { answered_after })
    }
}

impl Store {
    /// An empty one.
    pub(crate) fn new(dice: Rng, bell: Arc<Notify>) -> Store {
        let plan = Arc::new(Mutex::new(Plan {
            dice,
            writes: 0,
            faults: BTreeMap::new(),
            has_failed: false,
        }));
        let asked = Arc::clone(&plan);
        Store {
            disk: Disk::new(move || {
                let fate = lock(&asked).fate();
                if matches!(fate, Fate::Crash { .. }) {
                    bell.notify_one();
                }
                fate
            }),
            plan,
        }
    }

    /// What a program that starts finds; see [`Disk::open`].
    pub(crate) fn open(&self) -> Db {
        self.disk.open()
    }

    /// The program dies.
    pub(crate) fn kill(&self) {
        self.disk.kill();
    }

    /// Whether the program has died.
    pub(crate) fn is_orphaned(&self) -> bool {
        self.disk.is_orphaned()
    }

    /// How many writes there were.
    pub(crate) fn writes(&self) -> usize {
        lock(&self.plan).writes
    }

    /// Whether a write failed that the program survived.
    pub(crate) fn has_failed(&self) -> bool {
        lock(&self.plan).has_failed
    }

    /// Something will be wrong with the write of this number, counted from the first.
    pub(crate) fn fail(&self, write: usize, fate: Fate) {
        lock(&self.plan).faults.insert(write, fate);
    }

    /// Something will be wrong with so many writes from now on.
    pub(crate) fn fail_next(&self, count: usize, fate: Fate) {
        let written = self.writes();
        (1..=count).for_each(|further| self.fail(written + further, fate));
    }
}

fn lock(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}
