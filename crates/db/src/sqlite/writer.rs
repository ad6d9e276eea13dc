//! The one thread that writes: every write that waits goes into the next commit.
//!
//! A commit costs one sync of the disk whatever it holds, so 64 callers that each wait for their own write pay for few
//! syncs between them, and nobody waits for a timer: while the disk works, the next batch gathers. Each write is a
//! savepoint of its own, so that one that fails takes nothing with it; a commit that fails takes all of its writes. A
//! caller is told only after the commit.

use super::{
    bind, engine_error::translate, interrupt_after, last_write::Marks, never_interrupt, readers::Readers, run,
};
use crate::{
    Error, Limits, Statement,
    limits::{WRITES_PER_COMMIT_MAX, WRITES_WAITING_MAX},
};
use rusqlite::Connection;
use std::{sync::Arc, thread};
use tokio::sync::{mpsc, oneshot};

/// The door to the writing thread, which ends when its last door is gone.
pub(super) struct Writer(mpsc::Sender<Work>);

enum Work {
    Write(Waiting),
    /// Runs between two commits, because it is one of its own.
    Between(Between),
}

/// A piece of work on the whole database; it may not be long, since writes wait for it.
type Between = Box<dyn FnOnce(&mut Connection) + Send>;

struct Waiting {
    statements: Vec<Statement>,
    done: oneshot::Sender<Result<(), Error>>,
}

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        limits: Limits,
        marks: Arc<Marks>,
        readers: Arc<Readers>,
    ) -> Result<Writer, Error> {
        let (sender, mut queue) = mpsc::channel(WRITES_WAITING_MAX);
        let work = move || {
            let mut received = Vec::with_capacity(WRITES_PER_COMMIT_MAX);
            let mut batch = Vec::with_capacity(WRITES_PER_COMMIT_MAX);
            while queue.blocking_recv_many(&mut received, WRITES_PER_COMMIT_MAX) > 0 {
                let _writing = readers.writing();
                for work in received.drain(..) {
                    match work {
                        Work::Write(waiting) => batch.push(waiting),
                        Work::Between(work) => {
                            // What was asked for before it comes before it.
                            commit(&mut connection, &mut batch, limits, || marks.leave());
                            work(&mut connection);
                        }
                    }
                }
                commit(&mut connection, &mut batch, limits, || marks.leave());
            }
        };
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(work)
            .map_err(Error::engine)?;
        Ok(Writer(sender))
    }

    pub(super) async fn write(&self, statements: Vec<Statement>) -> Result<(), Error> {
        let (done, outcome) = oneshot::channel();
        self.give(Work::Write(Waiting { statements, done }), outcome).await
    }

    /// Does something with the connection that writes, when no write is under way.
    pub(super) async fn between<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (done, outcome) = oneshot::channel();
        let work = move |connection: &mut Connection| {
            // A caller that no longer waits is no error.
            let _ = done.send(work(connection));
        };
        self.give(Work::Between(Box::new(work)), outcome).await
    }

    async fn give<T>(&self, work: Work, outcome: oneshot::Receiver<Result<T, Error>>) -> Result<T, Error> {
        self.0.send(work).await.map_err(|_| stopped())?;
        outcome.await.map_err(|_| stopped())?
    }
}

/// One write in a commit of its own, on the caller's thread: for a world in which nothing happens beside the caller.
#[cfg(feature = "testing")]
pub(super) fn write_now(connection: &mut Connection, statements: Vec<Statement>, limits: Limits) -> Result<(), Error> {
    let (done, mut outcome) = oneshot::channel();
    commit(connection, &mut vec![Waiting { statements, done }], limits, || ());
    outcome.try_recv().unwrap_or_else(|_| Err(stopped()))
}

fn stopped() -> Error {
    Error::engine(std::io::Error::other("the writing thread has stopped"))
}

/// How an attempt to commit a batch came to nothing.
enum Undone {
    /// SQLite gave up the whole transaction over one write, for instance because its time was up.
    ByOne(usize, Error),
    /// The transaction could not begin or end.
    ForAll(Error),
}

/// Commits the batch and answers every write in it; `committed` is told before any of its callers.
fn commit(connection: &mut Connection, batch: &mut Vec<Waiting>, limits: Limits, committed: impl Fn()) {
    while !batch.is_empty() {
        match attempt(connection, batch, limits) {
            Ok(outcomes) => {
                committed();
                for (waiting, outcome) in batch.drain(..).zip(outcomes) {
                    answer(waiting, outcome);
                }
            }
            // The others did nothing wrong, and a write is data: they are run again without it.
            Err(Undone::ByOne(index, error)) => answer(batch.remove(index), Err(error)),
            Err(Undone::ForAll(error)) => {
                tracing::error!(error = ?error, writes = batch.len(), "a commit failed");
                for waiting in batch.drain(..) {
                    answer(waiting, Err(error.clone()));
                }
            }
        }
    }
}

/// A caller that no longer waits is no error: its write holds all the same.
fn answer(waiting: Waiting, outcome: Result<(), Error>) {
    let _ = waiting.done.send(outcome);
}

fn attempt(connection: &mut Connection, batch: &[Waiting], limits: Limits) -> Result<Vec<Result<(), Error>>, Undone> {
    run(connection, "begin immediate").map_err(Undone::ForAll)?;
    let mut outcomes = Vec::with_capacity(batch.len());
    for (index, waiting) in batch.iter().enumerate() {
        let outcome = apply(connection, &waiting.statements, limits);
        if connection.is_autocommit() {
            let error = outcome.err().unwrap_or_else(stopped);
            return Err(Undone::ByOne(index, error));
        }
        outcomes.push(outcome);
    }
    if let Err(error) = run(connection, "commit") {
        if !connection.is_autocommit() {
            // Nothing more can be done if this fails too: the next `begin` will say so.
            let _ = run(connection, "rollback");
        }
        return Err(Undone::ForAll(error));
    }
    Ok(outcomes)
}

/// Runs one write inside the open transaction: all of its statements, or none.
fn apply(connection: &mut Connection, statements: &[Statement], limits: Limits) -> Result<(), Error> {
    interrupt_after(connection, limits.write_timeout, None)?;
    run(connection, "savepoint one")?;
    let outcome = statements
        .iter()
        .enumerate()
        .try_for_each(|(index, statement)| execute(connection, statement).map_err(|error| error.at(index)));
    never_interrupt(connection)?;
    if outcome.is_err() && !connection.is_autocommit() {
        run(connection, "rollback to one")?;
    }
    if !connection.is_autocommit() {
        run(connection, "release one")?;
    }
    outcome
}

fn execute(connection: &Connection, statement: &Statement) -> Result<(), Error> {
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(translate)?;
    if prepared.column_count() > 0 {
        return Err(Error::wrong("a write answers nothing: no `select`, no `returning`"));
    }
    bind(&mut prepared, &statement.params)?;
    let rows = prepared.raw_execute().map_err(translate)?;
    statement.check_changed(rows as u64)
}
