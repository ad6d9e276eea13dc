//! What is known of a story from outside its server, while it is played and when it is over.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

/// Of one story.
pub(super) struct Account {
    seed: u64,
    /// When writes failed that the server survived.
    pub(super) failed_us: Arc<Mutex<Vec<i64>>>,
    /// Calls that somebody was told of.
    pub(super) acknowledged: BTreeSet<String>,
    /// When calls were over, by what SIP calls them.
    pub(super) ends_us: BTreeMap<String, i64>,
    /// When the server died.
    pub(super) deaths_us: Vec<i64>,
    pub(super) tally: Tally,
}

/// What there was in a story, so that somebody sees that something was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) calls: usize,
    pub(super) bridged: usize,
    /// Recordings that succeeded, and all of them.
    pub(super) succeeded: usize,
    pub(super) recordings: usize,
    /// Calls that a death ended.
    pub(super) cut_off: usize,
    pub(super) deaths: usize,
    /// Stories in which a write failed that the server survived.
    pub(super) failures: usize,
}

impl Account {
    /// Nothing has happened yet.
    pub(super) fn of(seed: u64) -> Account {
        Account {
            seed,
            failed_us: Arc::default(),
            acknowledged: BTreeSet::new(),
            ends_us: BTreeMap::new(),
            deaths_us: vec![],
            tally: Tally::default(),
        }
    }

    /// Whether a write failed that the server survived.
    pub(super) fn has_failed(&self) -> bool {
        self.failed_between(i64::MIN, i64::MAX) > 0
    }

    /// How many writes failed then that the server survived.
    pub(super) fn failed_between(&self, from_us: i64, to_us: i64) -> i64 {
        let failed_us = self.failed_us.lock().expect("whoever holds it does not panic");
        let then = failed_us.iter().filter(|at_us| (from_us..=to_us).contains(*at_us));
        i64::try_from(then.count()).expect("some hundred")
    }

    /// What a panic says.
    pub(super) fn name(&self) -> String {
        format!("seed {}", self.seed)
    }
}
