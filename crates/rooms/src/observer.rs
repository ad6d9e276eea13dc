//! What rooms report to whoever counts. They keep no counters of their own, because what is shown of them is the server's.

use std::time::Duration;

/// Counts.
pub trait Observer: Send + Sync {
    /// Facts became durable.
    fn written(&self, took: Duration);

    /// Some sessions ended.
    fn sessions_ended(&self, count: u64);

    /// As many conferences and sessions more run now, or fewer.
    fn live_changed(&self, conferences: i64, sessions: i64);

    /// So much of what was measured had to go unwritten: pieces of series, or all of a session.
    fn given_up(&self, count: u64);
}
