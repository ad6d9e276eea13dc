//! Names a leg, for signalling and media alike.

use std::sync::atomic::{AtomicU64, Ordering};

/// One call to one telephone, as long as this process knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(u64);

static NEXT: AtomicU64 = AtomicU64::new(1);

impl LegId {
    /// One that no other leg of this process has.
    pub fn next() -> LegId {
        LegId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl std::fmt::Display for LegId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)
    }
}
