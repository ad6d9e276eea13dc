//! Runs a store test on both engines, and lends the simulated world a disk that fails on demand ([`Disk`]).
//!
//! A statement that one engine takes and the other refuses, or reads differently, is the price of one SQL text; so every
//! test of a store is a closure over [`Db`] and runs twice.

mod server;

pub use crate::sqlite::{Disk, Fate};
pub use server::Secured;

use crate::{
    Db, Engine, Error, Location, Statement,
    migrations::{CREATE_TABLE, MIGRATIONS, Migration},
};
use std::{iter, thread};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// Runs the test with an empty, migrated database on SQLite, and with another on PostgreSQL.
pub async fn each_engine<F>(test: F)
where
    F: AsyncFn(Db),
{
    each_location(async |location| {
        let db = Db::open(&location).await.expect("a new database opens");
        test(db).await;
    })
    .await;
}

/// Runs the test with the place of a database that does not exist yet, or is empty: for tests that open it themselves.
pub async fn each_location<F>(test: F)
where
    F: AsyncFn(Location),
{
    let folder = TempDir::new().expect("a temporary folder can be made");
    let engine = EngineName("SQLite");
    test(Location::Sqlite(folder.path().join("sederunt.db"))).await;
    drop(engine);

    let engine = EngineName("PostgreSQL");
    test(new_postgres().await).await;
    drop(engine);
}

/// An empty database on a PostgreSQL that belongs to this process and ends with it.
pub async fn new_postgres() -> Location {
    Location::Postgres(server::new_database().await)
}

/// Makes the tables in an empty database as the program before this one did: without the newest migration.
pub async fn make_older_tables(location: &Location) {
    let (_newest, older) = MIGRATIONS.split_last().expect("there are migrations");
    let remember = |step: &Migration| {
        let Migration { version, name, .. } = step;
        format!("insert into migration (version, name) values ({version}, '{name}')")
    };
    let texts = older.iter().flat_map(|step| [step.sql.to_owned(), remember(step)]);
    let sql = iter::once(CREATE_TABLE.to_owned())
        .chain(texts)
        .collect::<Vec<_>>()
        .join(";\n");
    match location {
        Location::Sqlite(file) => {
            let connection = rusqlite::Connection::open(file).expect("a new file");
            connection.execute_batch(&sql).expect("every step runs");
        }
        Location::Postgres(address) => {
            let (client, connection) = tokio_postgres::connect(address, NoTls).await.expect("it runs");
            tokio::spawn(connection);
            client.batch_execute(&sql).await.expect("every step runs");
        }
    }
}

/// The name of an empty database on a PostgreSQL that speaks TLS, on this port of 127.0.0.1, to its user `postgres`.
pub async fn new_secured_postgres(secured: Secured<'_>) -> Location {
    Location::Postgres(server::new_secured_database(secured).await)
}

/// The steps in which SQLite would carry out a statement, as its `explain query plan` names them. The database must be of that engine.
pub async fn plan(db: &Db, statement: &Statement) -> Vec<String> {
    let sql = format!("explain query plan {}", statement.sql);
    let steps = db.read(&sql, statement.params.clone()).await.expect("a plan");
    steps
        .iter()
        .map(|step| step.text(3).expect("the step").to_owned())
        .collect()
}

/// Has PostgreSQL write its pages, some of which it would write some day: from here on the files are what it holds. SQLite has nothing of
/// the kind.
///
/// It syncs what every test of this server wrote, which a busy disk does not do within the time of a write; it goes on by itself, so
/// whoever asks again waits for the rest.
pub async fn checkpoint(db: &Db) {
    const ATTEMPTS_MAX: usize = 24;
    if !matches!(db.0, Engine::Postgres(_)) {
        return;
    }
    for _ in 0..ATTEMPTS_MAX {
        match db.write(vec![Statement::new("checkpoint", Vec::new())]).await {
            Ok(()) => return,
            Err(Error::Timeout { .. } | Error::Uncertain { .. }) => {}
            Err(error) => panic!("no checkpoint: {error}"),
        }
    }
    panic!("no checkpoint in {ATTEMPTS_MAX} attempts");
}

/// Says on which engine a test failed.
struct EngineName(&'static str);

impl Drop for EngineName {
    fn drop(&mut self) {
        if thread::panicking() {
            #[expect(
                clippy::print_stderr,
                reason = "the output of a failed test is where its reader looks"
            )]
            {
                eprintln!("this happened on {}", self.0);
            }
        }
    }
}
