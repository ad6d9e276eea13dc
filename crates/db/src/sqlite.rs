//! SQLite: one thread that writes, and readers that it does not hold up.
//!
//! In WAL mode readers see the last commit while the next one is being made, so reads wait for nobody and run where they are
//! called ([`readers`]), but for walks, which may be long: they run on threads of the runtime's that may block. Writes all pass
//! one queue, because SQLite lets one writer in at a time anyway; the thread behind it spreads the cost of a sync over all the
//! writes that wait ([`writer`]).

mod engine_error;
mod folder;
mod last_write;
mod readers;
mod scrub;
#[cfg(feature = "testing")]
mod simulated;
mod writer;

#[cfg(feature = "testing")]
pub(crate) use simulated::Simulated;
#[cfg(feature = "testing")]
pub use simulated::{Disk, Fate};

use crate::{
    Error, LastWrite, Limits, Row, Statement, Tables, Value,
    limits::{
        INSTRUCTIONS_PER_CLOCK_LOOK, PREPARED_STATEMENTS_MAX, SCRUB_PAUSE, SQLITE_LOG_BYTES_MAX, SQLITE_LOG_PAGES,
        SQLITE_READERS_MAX, SQLITE_WALK_INSTRUCTIONS_MAX, SQLITE_WALKS_MAX,
    },
    migrations::{self, OlderTables},
    statement::check_count,
};
use aside::Aside;
use engine_error::{damaged, given_up, translate};
use readers::Readers;
use rusqlite::{
    Connection, TransactionBehavior,
    config::DbConfig,
    types::{ToSqlOutput, ValueRef},
};
use std::{
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// An open SQLite file.
pub(crate) struct Sqlite {
    limits: Limits,
    writer: writer::Writer,
    marks: Arc<last_write::Marks>,
    readers: Arc<Readers>,
    reading: Semaphore,
    walking: Aside,
}

impl Sqlite {
    /// Opens the file, migrates it and starts its writer.
    pub(crate) fn open(path: &Path, limits: Limits, older: OlderTables) -> Result<(Sqlite, Tables), Error> {
        let folder = folder::of(path);
        folder::create(&folder)?;
        folder::create_file(path)?;
        let mut connection = connect(path, limits)?;
        enter_wal_mode(&connection, limits.write_timeout)?;
        let tables = migrate(&mut connection, older)?;
        // A file is durable only once its folder's entry is, and SQLite syncs that only for its journals.
        folder::sync(&folder)?;
        let marks = Arc::new(last_write::Marks::open(path)?);
        let readers = Readers::new(path.to_owned(), limits);
        let sqlite = Sqlite {
            limits,
            writer: writer::Writer::start(connection, limits, Arc::clone(&marks), Arc::clone(&readers))?,
            marks,
            readers,
            reading: Semaphore::new(SQLITE_READERS_MAX),
            walking: Aside::new("sqlite-walk", SQLITE_WALKS_MAX),
        };
        Ok((sqlite, tables))
    }

    pub(crate) async fn write(&self, statements: Vec<Statement>) -> Result<(), Error> {
        self.writer.write(statements).await
    }

    /// Reads the whole file, on a thread of its own and without a limit of time: nobody waits for it but who asked.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        let connection = self.readers.connect()?;
        let check = move || {
            let found: String = connection
                .query_row("pragma quick_check(1)", [], |row| row.get(0))
                .map_err(translate)?;
            if found == "ok" { Ok(()) } else { Err(damaged(found)) }
        };
        tokio::task::spawn_blocking(check).await.map_err(Error::engine)?
    }

    /// Goes through the file in pieces, and leaves the writer to others between two of them, in this process and beside it.
    pub(crate) async fn scrub(&self) -> Result<(), Error> {
        // Twice, since a tree that grows meanwhile may copy a page as it is to one that was done before.
        for _ in 0..2 {
            let mut next = Some(1);
            while let Some(from) = next {
                let overwrite = move |connection: &mut Connection| scrub::overwrite(connection, from);
                next = self.writer.between(overwrite).await?;
                tokio::time::sleep(SCRUB_PAUSE).await;
            }
        }
        // A reader that began before sees the old state in the log: it is soon gone, as reads have a time limit.
        let deadline = Instant::now() + self.limits.scrub_patience;
        loop {
            // Readers of every process let go of the log, until the next write.
            self.marks.take_away();
            if self.writer.between(|connection| scrub::cut_log(connection)).await? {
                break;
            }
            if Instant::now() >= deadline {
                let reason = "somebody has been reading for too long for the log to be cut";
                return Err(Error::Seen {
                    source: Arc::new(std::io::Error::other(reason)),
                });
            }
            tokio::time::sleep(SCRUB_PAUSE).await;
        }
        self.marks.leave();
        Ok(())
    }

    pub(crate) fn last_write(&self) -> Option<LastWrite> {
        self.marks.read()
    }

    pub(crate) async fn read(
        &self,
        last_write: Option<LastWrite>,
        sql: &str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        let _permit = self.reading.acquire().await.expect("the semaphore is never closed");
        self.readers.read(last_write, |connection| {
            query(connection, sql, &params, self.limits, None)
        })
    }

    pub(crate) async fn walk(self: Arc<Self>, sql: String, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        let sqlite = Arc::clone(&self);
        let walk = move || {
            let instructions_max = Some(SQLITE_WALK_INSTRUCTIONS_MAX);
            let limits = sqlite.limits;
            sqlite
                .readers
                .walk(|connection| query(connection, &sql, &params, limits, instructions_max))
        };
        self.walking.run(walk).await.map_err(Error::engine)?.map_err(given_up)
    }
}

fn connect(path: &Path, limits: Limits) -> Result<Connection, Error> {
    let connection = Connection::open(path).map_err(translate)?;
    connection.busy_timeout(limits.write_timeout).map_err(translate)?;
    configure(&connection)?;
    Ok(connection)
}

/// What every connection has, whatever it leads to.
fn configure(connection: &Connection) -> Result<(), Error> {
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS_MAX);
    // Otherwise a statement near a partial index is planned again whenever its parameters change, because the new values
    // might allow another plan; and a plan that does not depend on values is one that a test can look at.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(translate)?;
    connection
        .execute_batch(&format!(
            "pragma synchronous = full; pragma foreign_keys = on; pragma secure_delete = on;
            pragma wal_autocheckpoint = {SQLITE_LOG_PAGES}; pragma journal_size_limit = {SQLITE_LOG_BYTES_MAX};"
        ))
        .map_err(translate)
}

/// Changing the journal mode does not wait for other processes as a transaction would, so the waiting is done here.
fn enter_wal_mode(connection: &Connection, timeout: Duration) -> Result<(), Error> {
    let deadline = Instant::now() + timeout;
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(Error::wrong(format!(
                    "the file system refuses WAL mode and offers `{mode}`"
                )));
            }
            Err(error) => match translate(error) {
                Error::Timeout { .. } if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
                error => return Err(error),
            },
        }
    }
}

fn migrate(connection: &mut Connection, older: OlderTables) -> Result<Tables, Error> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(translate)?;
    transaction.execute_batch(migrations::CREATE_TABLE).map_err(translate)?;
    let newest = transaction
        .query_row(migrations::NEWEST, [], |row| row.get(0))
        .map_err(translate)?;
    let (steps, tables) = migrations::pending(newest, older)?;
    for migration in steps {
        transaction.execute_batch(migration.sql).map_err(translate)?;
        transaction
            .execute(migrations::REMEMBER, (migration.version, migration.name))
            .map_err(translate)?;
    }
    transaction.commit().map_err(translate)?;
    Ok(tables)
}

fn query(
    connection: &mut Connection,
    sql: &str,
    params: &[Value],
    limits: Limits,
    instructions_max: Option<u32>,
) -> Result<Vec<Row>, Error> {
    interrupt_after(connection, limits.read_timeout, instructions_max)?;
    let mut statement = connection.prepare_cached(sql).map_err(translate)?;
    // The engine says of an explained statement what it says of the statement.
    if !statement.readonly() && statement.is_explain() == 0 {
        return Err(Error::wrong("a read must not change anything"));
    }
    bind(&mut statement, params)?;
    let mut cursor = statement.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = cursor.next().map_err(translate)? {
        if rows.len() == limits.rows_max {
            return Err(Error::TooManyRows { limit: limits.rows_max });
        }
        rows.push(row_from_sqlite(row)?);
    }
    Ok(rows)
}

/// Interrupts whatever the connection does after this time, counted from now, or after so many instructions.
fn interrupt_after(connection: &mut Connection, timeout: Duration, instructions_max: Option<u32>) -> Result<(), Error> {
    let deadline = Instant::now() + timeout;
    let mut left = instructions_max;
    let is_over = move || {
        left = left.map(|left| left.saturating_sub(INSTRUCTIONS_PER_CLOCK_LOOK.unsigned_abs()));
        left == Some(0) || Instant::now() >= deadline
    };
    connection
        .progress_handler(INSTRUCTIONS_PER_CLOCK_LOOK, Some(is_over))
        .map_err(translate)
}

fn run(connection: &Connection, sql: &'static str) -> Result<(), Error> {
    connection
        .prepare_cached(sql)
        .and_then(|mut prepared| prepared.execute([]).map(drop))
        .map_err(translate)
}

/// Lifts the deadline: one that has passed would interrupt the `begin` or `commit` of the next transaction.
fn never_interrupt(connection: &mut Connection) -> Result<(), Error> {
    connection.progress_handler(0, None::<fn() -> bool>).map_err(translate)
}

/// Binds by name: SQLite gives `$n` its number by first appearance, so `$2` may be its first parameter.
fn bind(statement: &mut rusqlite::Statement<'_>, params: &[Value]) -> Result<(), Error> {
    check_count(statement.parameter_count(), params.len())?;
    for index in 1..=statement.parameter_count() {
        let number = statement
            .parameter_name(index)
            .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let value = number.and_then(|number| params.get(number.checked_sub(1)?));
        let value = value.ok_or_else(|| Error::wrong("parameters are written $1 to $n, without gaps"))?;
        statement
            .raw_bind_parameter(index, to_sqlite(value))
            .map_err(translate)?;
    }
    Ok(())
}

fn to_sqlite(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Int(value) => ValueRef::Integer(*value),
        Value::Text(value) => ValueRef::Text(value.as_bytes()),
        Value::Blob(value) => ValueRef::Blob(value),
    })
}

fn row_from_sqlite(row: &rusqlite::Row<'_>) -> Result<Row, Error> {
    // Counted here and not when the statement was prepared: a migration may have changed the table since.
    let columns = row.as_ref().column_count();
    // Not collected, since a collection of what may fail grows step by step.
    let mut values = Vec::with_capacity(columns);
    for column in 0..columns {
        values.push(from_sqlite(row.get_ref(column).map_err(translate)?, column)?);
    }
    Ok(Row(values))
}

fn from_sqlite(value: ValueRef<'_>, column: usize) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Int(value),
        ValueRef::Text(value) => match std::str::from_utf8(value) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => {
                return Err(Error::Column {
                    column,
                    wanted: "UTF-8 text",
                });
            }
        },
        ValueRef::Blob(value) => Value::Blob(value.to_vec()),
        ValueRef::Real(_) => {
            return Err(Error::Column {
                column,
                wanted: "integer, text or blob: cast it",
            });
        }
    })
}
