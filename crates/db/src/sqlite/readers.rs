//! Connections that read, and the view that each keeps from one statement to the next.
//!
//! A statement sees what is there when it begins. For that it takes a lock on SQLite's log and gives it back, by two system calls
//! that all threads of a process make one after the other: with two threads that is more than the statement itself, and two read no
//! more in a second than one. So a connection that finds nothing written since its last statement ([`super::last_write`])
//! keeps its view, which is then what a new one would be.
//!
//! Whoever moves the log into the file waits for all who have an older view. So none is kept while this process writes, nor while
//! anybody wants to cut the log, who then takes the mark away; and none for longer than [`SQLITE_VIEW_TIME`]. That is also how long
//! somebody may go unseen who writes without leaving a mark: another program, or one that died between the two.

use super::{connect, engine_error::translate, never_interrupt, run};
use crate::{Error, LastWrite, Limits, limits::SQLITE_VIEW_TIME};
use rusqlite::Connection;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{runtime::Handle, task::JoinHandle};

/// The connections to one file that read.
pub(super) struct Readers {
    path: PathBuf,
    limits: Limits,
    pool: Mutex<Pool>,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Reader>,
    /// This process writes, and whoever comes back gives up its view.
    writing: bool,
    /// How often all views were ended: whoever comes back with an older one gives it up.
    ended: u64,
    /// What will end them the next time.
    ending: Option<JoinHandle<()>>,
}

/// One connection. It has a view where a transaction is open.
struct Reader {
    connection: Connection,
    /// The last write before its view or, without one, before its last statement.
    last_write: Option<LastWrite>,
    /// How often all views had been ended when it was lent.
    ended: u64,
}

/// No view is kept until this is dropped.
pub(super) struct Writing<'r>(&'r Readers);

impl Readers {
    pub(super) fn new(path: PathBuf, limits: Limits) -> Arc<Readers> {
        Arc::new(Readers {
            path,
            limits,
            pool: Mutex::default(),
        })
    }

    /// Lends a connection that sees this write and all before it, in a view that it may keep.
    pub(super) fn read<T>(
        self: &Arc<Self>,
        last_write: Option<LastWrite>,
        read: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut reader = self.take()?;
        reader.look(last_write)?;
        let answer = read(&mut reader.connection);
        self.give_back(reader);
        answer
    }

    /// Lends one for what may take long, and would keep its view for as long.
    pub(super) fn walk<T>(
        self: &Arc<Self>,
        walk: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut reader = self.take()?;
        reader.look(None)?;
        let answer = walk(&mut reader.connection);
        self.give_back(reader);
        answer
    }

    /// A connection of its own.
    pub(super) fn connect(&self) -> Result<Connection, Error> {
        let connection = connect(&self.path, self.limits)?;
        connection.execute_batch("pragma query_only = on").map_err(translate)?;
        Ok(connection)
    }

    /// This process is about to write.
    pub(super) fn writing(&self) -> Writing<'_> {
        let mut pool = self.lock();
        pool.writing = true;
        pool.end_views();
        Writing(self)
    }

    fn take(&self) -> Result<Reader, Error> {
        let (idle, ended) = {
            let mut pool = self.lock();
            (pool.idle.pop(), pool.ended)
        };
        match idle {
            Some(reader) => Ok(Reader { ended, ..reader }),
            None => Ok(Reader {
                connection: self.connect()?,
                last_write: None,
                ended,
            }),
        }
    }

    fn give_back(self: &Arc<Self>, mut reader: Reader) {
        let mut pool = self.lock();
        if reader.has_view() {
            let keeps_it = !pool.writing && reader.ended == pool.ended && pool.ends_soon(self);
            if !keeps_it && reader.end_view().is_err() {
                return;
            }
        }
        pool.idle.push(reader);
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        // Whoever panics with it leaves out a connection at worst.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    /// Ends the views of those who are idle. One that cannot is not kept: its view would hold the log for ever.
    fn end_views(&mut self) {
        self.ended += 1;
        self.idle.retain_mut(|reader| reader.end_view().is_ok());
    }

    /// Sees to it that views end, even if nobody reads any more; false where nobody can be told the time.
    fn ends_soon(&mut self, readers: &Arc<Readers>) -> bool {
        if self.ending.as_ref().is_some_and(|ending| !ending.is_finished()) {
            return true;
        }
        let Ok(runtime) = Handle::try_current() else {
            return false;
        };
        let readers = Arc::downgrade(readers);
        self.ending = Some(runtime.spawn(async move {
            tokio::time::sleep(SQLITE_VIEW_TIME).await;
            if let Some(readers) = readers.upgrade() {
                let mut pool = readers.lock();
                pool.ending = None;
                pool.end_views();
            }
        }));
        true
    }
}

impl Reader {
    /// Sees everything up to this write at least. A view is begun by the second who finds that nothing was written: where much is,
    /// none would be of use to anybody.
    fn look(&mut self, last_write: Option<LastWrite>) -> Result<(), Error> {
        if last_write.is_none() || self.last_write != last_write {
            self.end_view()?;
        } else if !self.has_view() {
            self.run("begin")?;
        }
        self.last_write = last_write;
        Ok(())
    }

    fn has_view(&self) -> bool {
        !self.connection.is_autocommit()
    }

    fn end_view(&mut self) -> Result<(), Error> {
        if self.has_view() {
            self.run("rollback")?;
        }
        Ok(())
    }

    fn run(&mut self, sql: &'static str) -> Result<(), Error> {
        // The deadline of the last statement may have passed.
        never_interrupt(&mut self.connection)?;
        run(&self.connection, sql)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.lock().writing = false;
    }
}
