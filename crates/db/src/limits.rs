//! Every limit of this crate, each with its reason. [`Limits`] holds those that a caller may set.

use std::time::Duration;

/// What one database handle allows. [`Limits::default`] is for production; tests set short ones.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// More rows than this in one answer are refused. Pages are far smaller, so only a forgotten bound meets it, and it
    /// then fails instead of filling the memory.
    pub rows_max: usize,
    /// A read that takes longer is interrupted. A page takes well under a millisecond; only a missing index needs longer.
    pub read_timeout: Duration,
    /// A write that takes longer is interrupted, and so is waiting for another process to finish its own.
    pub write_timeout: Duration,
    /// How long a scrub waits for others who can still see what was deleted: transactions of this server's database engine that began
    /// before. Those of ours have the limits above; a standby of PostgreSQL reports every ten seconds what it reads.
    pub scrub_patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            rows_max: 100_000,
            read_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(5),
            scrub_patience: Duration::from_mins(1),
        }
    }
}

/// Writes that share one commit. Larger commits gain nothing, because the disk's sync is already spread thin, and make
/// the first writer wait for the last.
pub(crate) const WRITES_PER_COMMIT_MAX: usize = 512;

/// Writes that may wait for the writer; further callers wait at the door, holding nothing.
pub(crate) const WRITES_WAITING_MAX: usize = 1024;

/// Reading connections to one SQLite file. A read never leaves its thread, so more than there are threads are useless.
pub(crate) const SQLITE_READERS_MAX: usize = 16;

/// How long a connection that is idle may keep its view of a SQLite file. What needs the log to be free of readers tries again as
/// often.
pub(crate) const SQLITE_VIEW_TIME: Duration = Duration::from_millis(20);

/// Walks on one SQLite file at the same time; the others wait. As many as leave a core to everybody else where there are few.
pub(crate) const SQLITE_WALKS_MAX: usize = 2;

/// Instructions of SQLite's own machine after which a walk is given up: about a tenth of a second. A walk over the 100,000 records
/// that somebody may read, with a filter of one term that matches none, takes a third of them; one over 8,000 with
/// sixty-four terms as much.
pub(crate) const SQLITE_WALK_INSTRUCTIONS_MAX: u32 = 8_000_000;

/// How long a walk may take on PostgreSQL, which counts no instructions, and is reached over a network.
pub(crate) const POSTGRES_WALK_TIMEOUT: Duration = Duration::from_secs(1);

/// Walks on one PostgreSQL at the same time.
pub(crate) const POSTGRES_WALKS_MAX: usize = 4;

/// Connections to PostgreSQL for writing, and as many again for reading: the server's default is 100 in all.
pub(crate) const POSTGRES_CONNECTIONS_MAX: usize = 16;

/// Prepared statements kept per connection. Filters make new texts without end, so the cache must not keep all.
pub(crate) const PREPARED_STATEMENTS_MAX: usize = 256;

/// Times that a write is tried again after PostgreSQL gave it up for a deadlock or a serialisation failure.
pub(crate) const ATTEMPTS_MAX: u32 = 10;

/// SQLite asks whether the time is up after so many of its instructions: some tens of microseconds.
pub(crate) const INSTRUCTIONS_PER_CLOCK_LOOK: i32 = 1_000;

/// Pages in SQLite's write-ahead log after which a commit also moves them into the database. At SQLite's own 1,000, sixty-four
/// clients that join had that done at every other commit, and a quarter fewer joins; at many more, the one commit that
/// does it makes its callers wait noticeably.
pub(crate) const SQLITE_LOG_PAGES: u32 = 4_096;

/// Bytes that SQLite's write-ahead log may keep on disk after a checkpoint.
pub(crate) const SQLITE_LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Pages of a SQLite file that are written over at once when deleted data is to be gone: a mebibyte, some hundredths of a second
/// with the sync, for which other writes wait.
pub(crate) const SCRUB_PAGES_PER_STEP: u32 = 256;

/// How long others have the file to themselves between two steps. A process that waits for another one's write looks again after
/// at most a tenth of a second, and sooner at first.
pub(crate) const SCRUB_PAUSE: Duration = Duration::from_millis(20);

/// The longest that such a pause becomes where somebody else is waited for who may take their time.
pub(crate) const SCRUB_PAUSE_MAX: Duration = Duration::from_secs(1);

/// How long a scrub stands before a table of PostgreSQL that somebody uses, with all others behind it. A second is what PostgreSQL's
/// own vacuum is given before the table is taken from it.
pub(crate) const SCRUB_LOCK_TIMEOUT: Duration = Duration::from_millis(1_500);

/// How often whoever waits for another server to end looks whether it has: meetings wait as long.
pub(crate) const LEASE_WAIT_INTERVAL: Duration = Duration::from_millis(250);

/// How often the connection that holds the lease is tried. Nothing depends on it but how soon a loss is known: writes look for
/// themselves.
pub(crate) const LEASE_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How long that connection may take to answer before another one is made.
pub(crate) const LEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a migration may wait for another process that is migrating, and how long one step of it may take.
pub(crate) const MIGRATION_TIMEOUT: Duration = Duration::from_mins(10);
