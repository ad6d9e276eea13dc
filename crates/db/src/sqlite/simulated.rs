//! SQLite as the simulated world has it: the same statements, the same commit, and faults where the world wants them.
//!
//! The database is in memory, and belongs to a [`Disk`] and not to the program that has it open: a program that "dies" leaves
//! the disk behind, and the next one finds what was committed and nothing else. That a commit survives a loss of power is
//! shown elsewhere, on real disks; here it is a commit, whole or not at all.
//!
//! Everything runs on the caller's thread. The writing thread of the real engine would be a second clock: a world in which
//! time moves when nobody has anything to do cannot see that a thread is busy.

use super::{OlderTables, configure, migrate, query, scrub, writer};
use crate::{Db, Engine, Error, Limits, Row, Statement, Value};
use rusqlite::Connection;
use std::{
    future::pending,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What becomes of one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is stored, or refused for a reason of its own, and its caller hears of it after this time.
    Done {
        /// How long the answer takes.
        answered_after: Duration,
    },
    /// It is not stored, and its caller is told so.
    Refused,
    /// Its caller is told that nobody knows.
    Uncertain {
        /// Whether it is stored.
        stored: bool,
    },
    /// The program dies at it: nobody is told anything any more.
    Crash {
        /// Whether it is stored.
        stored: bool,
    },
}

/// A disk that outlives the programs which use it. Clones are the same disk.
#[derive(Clone)]
pub struct Disk(Arc<Mutex<Contents>>);

struct Contents {
    connection: Connection,
    fate: Box<dyn FnMut() -> Fate + Send>,
    /// The program that has the disk, counted from the first; `None` after it died.
    program: Option<u64>,
    programs: u64,
}

impl Disk {
    /// An empty database with all its tables. `fate` is asked at every write.
    pub fn new(fate: impl FnMut() -> Fate + Send + 'static) -> Disk {
        let mut connection = Connection::open_in_memory().expect("memory can be had");
        configure(&connection).expect("the pragmas are SQLite's");
        migrate(&mut connection, OlderTables::Migrate).expect("every migration runs on an empty database");
        Disk(Arc::new(Mutex::new(Contents {
            connection,
            fate: Box::new(fate),
            program: None,
            programs: 0,
        })))
    }

    /// Gives the disk to a new program. One that still had it is dead from now on: whatever it reads or writes never returns.
    pub fn open(&self) -> Db {
        let mut contents = self.lock();
        contents.programs += 1;
        contents.program = Some(contents.programs);
        Db(Engine::Simulated(Simulated {
            disk: self.clone(),
            program: contents.programs,
        }))
    }

    /// The program that has the disk dies, now.
    pub fn kill(&self) {
        self.lock().program = None;
    }

    /// Whether the program that had the disk has died.
    pub fn is_orphaned(&self) -> bool {
        self.lock().program.is_none()
    }

    /// Nothing panics under this lock that would leave a transaction open.
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One program's way to a disk.
#[derive(Clone)]
pub(crate) struct Simulated {
    disk: Disk,
    program: u64,
}

impl Simulated {
    pub(crate) async fn read(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        self.on_disk(|contents| query(&mut contents.connection, sql, &params, Limits::default(), None))
            .await
    }

    pub(crate) async fn write(&self, statements: Vec<Statement>) -> Result<(), Error> {
        let (fate, outcome) = self
            .on_disk(|contents| {
                let fate = (contents.fate)();
                let stored = match fate {
                    Fate::Done { .. } => true,
                    Fate::Refused => false,
                    Fate::Uncertain { stored } => stored,
                    Fate::Crash { stored } => {
                        contents.program = None;
                        stored
                    }
                };
                let write = || writer::write_now(&mut contents.connection, statements, Limits::default());
                (fate, if stored { write() } else { Ok(()) })
            })
            .await;
        let source = Arc::new(io::Error::other("a fault of the simulated world"));
        match fate {
            Fate::Done { answered_after } => {
                if !answered_after.is_zero() {
                    tokio::time::sleep(answered_after).await;
                }
                outcome
            }
            Fate::Refused => Err(Error::Timeout { source }),
            // What the statements themselves make impossible is known, whatever the network does.
            Fate::Uncertain { .. } => outcome.and(Err(Error::Uncertain { source })),
            Fate::Crash { .. } => pending().await,
        }
    }

    pub(crate) async fn scrub(&self) -> Result<(), Error> {
        self.on_disk(|contents| {
            let mut next = Some(1);
            while let Some(from) = next {
                next = scrub::overwrite(&mut contents.connection, from)?;
            }
            Ok(())
        })
        .await
    }

    /// Does something for a program that lives; a dead one waits for ever.
    async fn on_disk<T>(&self, work: impl FnOnce(&mut Contents) -> T) -> T {
        let done = {
            let mut contents = self.disk.lock();
            (contents.program == Some(self.program)).then(|| work(&mut contents))
        };
        match done {
            Some(done) => done,
            None => pending().await,
        }
    }
}
