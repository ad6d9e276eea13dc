//! Which write was the last one, of whatever process: by it, who remembers what was read knows whether that still stands.
//!
//! SQLite keeps a number for this, but asking for it (`pragma data_version`) is a read like any other, with its locks. So every
//! process that writes leaves a mark in a small file beside the database, after each commit and before anybody is told of it;
//! asking is one system call for sixteen bytes. A mark is no count that two processes could make the same: it is a random name
//! of the process and the count of its own writes. A file of its own, because SQLite's locks go by process and file: were one
//! of SQLite's files closed here, SQLite would lose its locks on it.
//!
//! A process that dies between its commit and its mark has told nobody. What others remember may be older than that write for
//! as long as they remember anything, which is why that has a limit of time, too.

use super::folder;
use crate::{Error, LastWrite};
use std::{
    ffi::OsString,
    fs::File,
    hash::{BuildHasher, RandomState},
    os::unix::fs::FileExt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

const MARK_BYTES: usize = 16;

/// No process leaves it: each begins to count at one.
const NO_MARK: u128 = 0;

/// The file of marks.
pub(super) struct Marks {
    file: File,
    process: u64,
    count: AtomicU64,
}

impl Marks {
    /// Opens the file beside a database.
    pub(super) fn open(database: &Path) -> Result<Marks, Error> {
        let mut path = OsString::from(database);
        path.push("-last-write");
        let path = Path::new(&path);
        folder::create_file(path)?;
        let file = File::options()
            .read(true)
            .write(true)
            .open(path)
            .map_err(Error::engine)?;
        let marks = Marks {
            file,
            // The hasher's keys are random, and each is another one's.
            process: RandomState::new().hash_one(database),
            count: AtomicU64::new(0),
        };
        // Migrations are writes, too.
        marks.leave();
        Ok(marks)
    }

    /// Something was written.
    pub(super) fn leave(&self) {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        self.set((u128::from(self.process) << 64) | u128::from(count));
    }

    /// Takes the last mark away: until the next, nobody remembers anything, nor keeps a view of it.
    pub(super) fn take_away(&self) {
        self.set(NO_MARK);
    }

    fn set(&self, mark: u128) {
        if let Err(error) = self.file.write_all_at(&mark.to_le_bytes(), 0) {
            tracing::error!(%error, "what is remembered cannot be taken back, and may be old for some seconds");
        }
    }

    /// The last mark; `None` if there is none, or it cannot be read.
    pub(super) fn read(&self) -> Option<LastWrite> {
        let mut mark = [0; MARK_BYTES];
        let read = self.file.read_exact_at(&mut mark, 0);
        let mark = u128::from_le_bytes(mark);
        (read.is_ok() && mark != NO_MARK).then_some(LastWrite(mark))
    }
}
