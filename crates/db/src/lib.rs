//! One SQL text, two engines.
//!
//! The register lives in SQLite by default and in PostgreSQL where many nodes share it. This is the only crate that names
//! either; all others see a [`Db`] with two methods for what is kept, [`Db::read`] and [`Db::write`], and write each
//! statement once; a read that a caller's filter may make long is a [`Db::walk`]. Others are about the database as a whole:
//! [`Db::open_alone`] is for the one server that serves it, [`Db::open_beside`] for commands beside that, [`Db::ping`] asks whether it
//! takes writes, [`Db::check`] whether it is sound, and [`Db::scrub`] makes what was deleted unreadable. One text for two engines works because the statements keep to what both mean alike:
//!
//! | use | not |
//! |---|---|
//! | `bigint`, `text`, `bytea` as column types | `serial`, `boolean`, `timestamptz`, `jsonb`, arrays |
//! | `on conflict … do update … where` | `for update` |
//! | row values `(a, b) < ($1, $2)` for pages | `offset`; the order of text beyond being some total order |
//! | partial and descending indexes, common table expressions, window functions | |
//! | `substr(x, 1, length($1)) = $1` for prefixes | `like` |
//! | the clock as a parameter | `now()` |
//! | `cast(sum(x) as bigint)`, `cast($1 as bigint) is null` | bare `sum(x)`, bare `$1 is null` |
//!
//! **A write is data**, see [`Statement`]. Both engines run one write at a time per row, but only SQLite runs one at a
//! time in all: a rule that spans rows must be guarded by a unique index, or by a first statement that changes the row it
//! hangs on (with `expect(1)`), and not by a `where exists` alone.
//!
//! **A write that returned is on the disk.** SQLite runs with `synchronous=full`, and PostgreSQL with
//! `synchronous_commit` on even where the server's own default is off. A caller that drops the future of a write does not
//! know whether it holds.
//!
//! **Every future is boxed here** (`Answer`). The body of an `async fn` is compiled where it is awaited and not where it is
//! written, so without that each program, and each of some fifty test programs, would compile both engines once more
//! (decision 44).
//!
//! What this crate leaves to others: what the tables mean, ids, times and retries after a conflict.

mod error;
mod limits;
mod migrations;
mod postgres;
mod sqlite;
mod statement;
#[cfg(feature = "testing")]
pub mod testing;
mod value;

pub use error::{Error, Source};
pub use limits::Limits;
pub use statement::Statement;
pub use value::{Row, Value};

use std::{fmt, future::ready, path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;
use migrations::OlderTables;

/// What a method of this crate comes back with, some day.
type Answer<'a, T> = BoxFuture<'a, Result<T, Error>>;

/// Where a database is.
#[derive(Clone, Debug)]
pub enum Location {
    /// A SQLite file, made if it is missing, with its folder. More than one process may open it.
    Sqlite(PathBuf),
    /// A PostgreSQL connection string: `postgres://user@host/database` or `host=… user=… dbname=…`.
    Postgres(String),
}

/// Whose the tables of a database are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// This program's.
    Current,
    /// An older program's, which may be the one that serves them.
    Older {
        /// The newest migration that the database has seen.
        found: i64,
        /// The newest migration that this program has.
        known: i64,
    },
}

/// A write, told apart from every other: see [`Db::last_write`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastWrite(u128);

/// A handle to an open database; clones share it.
#[derive(Clone)]
pub struct Db(Engine);

/// That one process serves a database, for as long as it holds this.
pub struct Lease(Option<postgres::Lease>);

impl Lease {
    /// Comes back when another process has taken the database over: nothing is written any more.
    pub fn lost(&self) -> BoxFuture<'_, ()> {
        match &self.0 {
            Some(lease) => Box::pin(lease.lost()),
            None => Box::pin(std::future::pending()),
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lease").finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
    #[cfg(feature = "testing")]
    Simulated(sqlite::Simulated),
}

impl Db {
    /// Opens the database and brings its tables to this program's newest migration. Processes that open it at once do
    /// that one after the other; a database that is newer than the program is refused.
    pub fn open(location: &Location) -> Answer<'_, Db> {
        Db::open_with(location, Limits::default())
    }

    /// The same, with other limits than the usual.
    pub fn open_with(location: &Location, limits: Limits) -> Answer<'_, Db> {
        Box::pin(async move { Ok(open(location, limits, OlderTables::Migrate).await?.0) })
    }

    /// Opens the database as a command beside a server does, which may be of another version: tables that an older program made stay as
    /// they are, and are told of. Where there are none yet, they are made.
    pub fn open_beside(location: &Location) -> Answer<'_, (Db, Tables)> {
        Box::pin(open(location, Limits::default(), OlderTables::Leave))
    }

    /// Opens the database and brings its tables to this program's, as [`Db::open`] does, but only where no server works with them:
    /// [`Error::Served`]. One that is started meanwhile waits.
    ///
    /// On PostgreSQL alone: whoever means a SQLite file holds the folder that it lies in.
    pub fn open_unserved(location: &Location) -> Answer<'_, Db> {
        Box::pin(async move {
            let Location::Postgres(address) = location else {
                return Db::open(location).await;
            };
            let postgres = postgres::Postgres::open_unserved(address, Limits::default()).await?;
            Ok(Db(Engine::Postgres(Arc::new(postgres))))
        })
    }

    /// Opens the database as the one server that serves it. Where another one does, `taken` is called, and this waits until that
    /// has ended, however it does. From then on nothing holds that the other writes.
    ///
    /// On PostgreSQL alone: a SQLite file lies in a folder of this machine, which whoever serves it has locked.
    pub fn open_alone<'a>(location: &'a Location, taken: impl FnOnce() + Send + 'a) -> Answer<'a, (Db, Lease)> {
        Db::open_alone_boxed(location, Box::new(taken))
    }

    fn open_alone_boxed<'a>(location: &'a Location, taken: Box<dyn FnOnce() + Send + 'a>) -> Answer<'a, (Db, Lease)> {
        Box::pin(async move {
            let Location::Postgres(address) = location else {
                return Ok((Db::open(location).await?, Lease(None)));
            };
            let (postgres, lease) = postgres::Postgres::open_alone(address, Limits::default(), taken).await?;
            Ok((Db(Engine::Postgres(Arc::new(postgres))), Lease(Some(lease))))
        })
    }

    /// Runs one query and returns all its rows, within the handle's limits of rows and time.
    ///
    /// On SQLite it runs on the caller's thread: a page from the cache takes some tens of microseconds, less than moving
    /// it elsewhere would.
    pub fn read<'a>(&'a self, sql: &'a str, params: Vec<Value>) -> Answer<'a, Vec<Row>> {
        self.read_since(self.last_write(), sql, params)
    }

    /// The same for whoever has just asked for the [last write](Db::last_write): it is seen with all before it, and need not be
    /// asked for again.
    pub fn read_since<'a>(
        &'a self,
        last_write: Option<LastWrite>,
        sql: &'a str,
        params: Vec<Value>,
    ) -> Answer<'a, Vec<Row>> {
        if let Err(error) = statement::check_params(&params) {
            return Box::pin(ready(Err(error)));
        }
        match &self.0 {
            Engine::Sqlite(sqlite) => Box::pin(sqlite.read(last_write, sql, params)),
            Engine::Postgres(postgres) => Box::pin(postgres.read(sql, params)),
            #[cfg(feature = "testing")]
            Engine::Simulated(simulated) => Box::pin(simulated.read(sql, params)),
        }
    }

    /// Runs a query that may pass many rows for one that it answers, as a list does under a filter that its caller wrote; gives
    /// it up with [`Error::TooFar`] once it has done as much as any honest one needs.
    ///
    /// On SQLite it runs on a thread beside the caller's, a few at a time: whoever is answered by reads of single rows is
    /// not held up.
    pub fn walk<'a>(&'a self, sql: &'a str, params: Vec<Value>) -> Answer<'a, Vec<Row>> {
        if let Err(error) = statement::check_params(&params) {
            return Box::pin(ready(Err(error)));
        }
        match &self.0 {
            Engine::Sqlite(sqlite) => Box::pin(Arc::clone(sqlite).walk(sql.to_owned(), params)),
            Engine::Postgres(postgres) => Box::pin(postgres.walk(sql, params)),
            #[cfg(feature = "testing")]
            Engine::Simulated(simulated) => Box::pin(simulated.read(sql, params)),
        }
    }

    /// The last write that anybody has made, this process or another: asked before something is read, it tells later whether
    /// what was read still stands. `None` where that cannot be told so cheaply: on PostgreSQL, where others write from other
    /// machines. Nothing may be remembered there.
    ///
    /// On SQLite every write that was acknowledged counts from then on.
    pub fn last_write(&self) -> Option<LastWrite> {
        match &self.0 {
            Engine::Sqlite(sqlite) => sqlite.last_write(),
            Engine::Postgres(_) => None,
            #[cfg(feature = "testing")]
            Engine::Simulated(_) => None,
        }
    }

    /// Asks whether the database can be reached and written to now: it counts such questions. A disk that is full still reads, and
    /// SQLite writes nothing where a row stays as it is.
    pub fn ping(&self) -> Answer<'_, ()> {
        let write = Statement::new("update lease set pings = pings + 1", Vec::new()).expect(1);
        self.write(vec![write])
    }

    /// Looks whether the file is sound, which takes as long as reading it. PostgreSQL keeps its files to itself, and checks pages as it
    /// reads them.
    pub fn check(&self) -> Answer<'_, ()> {
        match &self.0 {
            Engine::Sqlite(sqlite) => Box::pin(sqlite.check()),
            Engine::Postgres(_) => Box::pin(ready(Ok(()))),
            #[cfg(feature = "testing")]
            Engine::Simulated(_) => Box::pin(ready(Ok(()))),
        }
    }

    /// Runs all statements, or none: when this comes back with `Ok`, they are on the disk.
    pub fn write(&self, statements: Vec<Statement>) -> Answer<'_, ()> {
        for (index, one) in statements.iter().enumerate() {
            if let Err(error) = statement::check_params(&one.params) {
                return Box::pin(ready(Err(error.at(index))));
            }
        }
        match &self.0 {
            Engine::Sqlite(sqlite) => Box::pin(sqlite.write(statements)),
            Engine::Postgres(postgres) => Box::pin(postgres.write(statements)),
            #[cfg(feature = "testing")]
            Engine::Simulated(simulated) => Box::pin(simulated.write(statements)),
        }
    }

    /// Makes deleted data unreadable in the database's files: both engines only mark it as free and write over it some
    /// day. It takes as long as the database is large. On SQLite that is in small pieces, between which others write. PostgreSQL
    /// writes each table anew, and holds up whoever needs it meanwhile.
    ///
    /// Whoever began before, and may still read what was deleted, is waited for: [`Error::Seen`] if they do not end.
    ///
    /// PostgreSQL keeps its own log of changes until it recycles it, and archives or standbys keep theirs; file systems and
    /// disks may keep old blocks. That is beyond this crate.
    pub fn scrub(&self) -> Answer<'_, ()> {
        match &self.0 {
            Engine::Sqlite(sqlite) => Box::pin(sqlite.scrub()),
            Engine::Postgres(postgres) => Box::pin(postgres.scrub()),
            #[cfg(feature = "testing")]
            Engine::Simulated(simulated) => Box::pin(simulated.scrub()),
        }
    }
}

async fn open(location: &Location, limits: Limits, older: OlderTables) -> Result<(Db, Tables), Error> {
    Ok(match location {
        Location::Sqlite(path) => {
            let (sqlite, tables) = sqlite::Sqlite::open(path, limits, older)?;
            (Db(Engine::Sqlite(Arc::new(sqlite))), tables)
        }
        Location::Postgres(address) => {
            let (postgres, tables) = postgres::Postgres::open(address, limits, older).await?;
            (Db(Engine::Postgres(Arc::new(postgres))), tables)
        }
    })
}

impl fmt::Debug for Db {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.0 {
            Engine::Sqlite(_) => "Db(SQLite)",
            Engine::Postgres(_) => "Db(PostgreSQL)",
            #[cfg(feature = "testing")]
            Engine::Simulated(_) => "Db(simulated)",
        })
    }
}
