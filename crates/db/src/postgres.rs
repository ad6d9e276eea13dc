//! PostgreSQL: bounded pools of connections: one that writes, and two that cannot, of which one is for reads that may be long.
//!
//! The server may restart, fail over, or give up one of two writes that deadlocked. A read can always be run again, and so
//! can a write until its `commit` was sent, because it is data: callers see such an event only if it outlasts
//! [`ATTEMPTS_MAX`]. A connection that saw trouble is not used again, which also forgets its prepared statements.
//!
//! Whether there is TLS, the address says: see [`security`].

mod connector;
mod convert;
mod failure;
mod lease;
mod scrub;
mod security;

pub(crate) use lease::Lease;

use crate::{
    Error, Limits, Row, Statement, Tables, Value,
    limits::{
        ATTEMPTS_MAX, MIGRATION_TIMEOUT, POSTGRES_CONNECTIONS_MAX, POSTGRES_WALK_TIMEOUT, POSTGRES_WALKS_MAX,
        PREPARED_STATEMENTS_MAX,
    },
    migrations::{self, OlderTables},
    statement::check_count,
};
use connector::Connector;
use convert::{Bound, row_from_postgres};
use deadpool_postgres::{ClientWrapper, Hook, HookError, Manager, Object, Pool, Runtime};
use failure::{Failure, given_up, outlasted};
use futures_util::{TryStreamExt, future::join};
use lease::{Claim, Fence};
use std::{pin::pin, time::Duration};
use tokio::time::{sleep, timeout};

/// What connections are called, for whoever lists them, and for commands that find a server of another version.
const PROGRAM: &str = concat!("sederunt ", env!("CARGO_PKG_VERSION"));

/// Held while migrating, by every program of ours. The number is our name in ASCII.
const MIGRATION_LOCK: i64 = 0x5345_4445_5255_4e54;

/// An open PostgreSQL database.
pub(crate) struct Postgres {
    readers: Pool,
    walkers: Pool,
    writers: Pool,
    limits: Limits,
    /// What writes look at where a server makes them.
    fence: Option<Fence>,
}

impl Postgres {
    /// Connects and migrates.
    pub(crate) async fn open(address: &str, limits: Limits, older: OlderTables) -> Result<(Postgres, Tables), Error> {
        let (mut config, security) = security::read(address)?;
        config.application_name(PROGRAM).connect_timeout(limits.write_timeout);
        let tls = security.connector()?;
        let postgres = Postgres {
            readers: pool(
                &config,
                &tls,
                POSTGRES_CONNECTIONS_MAX,
                limits.read_timeout,
                READER_SETTINGS,
            )?,
            walkers: pool(
                &config,
                &tls,
                POSTGRES_WALKS_MAX,
                limits.read_timeout,
                &walker_settings(),
            )?,
            writers: pool(
                &config,
                &tls,
                POSTGRES_CONNECTIONS_MAX,
                limits.write_timeout,
                WRITER_SETTINGS,
            )?,
            limits,
            fence: None,
        };
        let tables = postgres.migrate(older).await.map_err(Failure::into_error)?;
        if security.asks_for_tls() {
            security.report(postgres.is_encrypted().await?);
        }
        Ok((postgres, tables))
    }

    /// The same for the one server that serves the database; waits until there is no other, and tells if there is. Only then
    /// the tables are brought up to date: another server, of an older program, uses them until its end.
    pub(crate) async fn open_alone(
        address: &str,
        limits: Limits,
        taken: impl FnOnce(),
    ) -> Result<(Postgres, Lease), Error> {
        let claim = Claim::wait(address, limits, taken).await?;
        let (postgres, _) = Postgres::open(address, limits, OlderTables::Migrate).await?;
        let (fence, lease) = claim.take().await?;
        let fence = Some(fence);
        Ok((Postgres { fence, ..postgres }, lease))
    }

    /// The same for whoever serves nothing and changes the tables all the same: only where nobody serves, and nobody begins to meanwhile.
    pub(crate) async fn open_unserved(address: &str, limits: Limits) -> Result<Postgres, Error> {
        let _claim = Claim::take_if_free(address, limits).await?;
        let (postgres, _) = Postgres::open(address, limits, OlderTables::Migrate).await?;
        Ok(postgres)
    }

    async fn is_encrypted(&self) -> Result<bool, Error> {
        let rows = self
            .read(
                "select count(*) from pg_stat_ssl where pid = pg_backend_pid() and ssl",
                Vec::new(),
            )
            .await?;
        Ok(rows.first().map(|row| row.int(0)).transpose()? == Some(1))
    }

    pub(crate) async fn read(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        self.read_by(&self.readers, sql, &params).await
    }

    pub(crate) async fn walk(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        self.read_by(&self.walkers, sql, &params).await.map_err(given_up)
    }

    async fn read_by(&self, pool: &Pool, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        let mut attempt = 1;
        loop {
            match self.read_once(pool, sql, params).await {
                Err(Failure::Passing(error)) if attempt < ATTEMPTS_MAX => self.recover(attempt, &error).await,
                outcome => return outcome.map_err(Failure::into_error),
            }
            attempt += 1;
        }
    }

    pub(crate) async fn write(&self, statements: Vec<Statement>) -> Result<(), Error> {
        let mut attempt = 1;
        loop {
            match self.write_once(&statements).await {
                Err(Failure::Passing(error)) if attempt < ATTEMPTS_MAX => self.recover(attempt, &error).await,
                outcome => return outcome.map_err(Failure::into_error),
            }
            attempt += 1;
        }
    }

    /// The connection is not used again, because its limits are others.
    pub(crate) async fn scrub(&self) -> Result<(), Error> {
        let rewritten = async {
            let client = Object::take(self.writers.get().await?);
            scrub::rewrite(&client, self.limits.scrub_patience).await
        };
        rewritten.await.map_err(Failure::into_error)
    }

    async fn recover(&self, attempt: u32, error: &Error) {
        tracing::warn!(attempt, error = ?error, "PostgreSQL is tried again");
        // One of the reasons is a plan that another program's migration made stale, and it is so on every connection.
        for pool in [&self.readers, &self.walkers, &self.writers] {
            pool.manager().statement_caches.clear();
        }
        sleep(Duration::from_millis(500.min(5 << attempt))).await;
    }

    async fn read_once(&self, pool: &Pool, sql: &str, params: &[Value]) -> Result<Vec<Row>, Failure> {
        let client = pool.get().await?;
        let work = query(&client, sql, params, self.limits.rows_max);
        let outcome = outlasted(timeout(self.limits.read_timeout, work).await);
        keep_if_sound(client, &outcome);
        outcome
    }

    async fn write_once(&self, statements: &[Statement]) -> Result<(), Failure> {
        let mut client = self.writers.get().await?;
        let outcome = execute_all(&mut client, statements, self.fence.as_ref(), self.limits.write_timeout).await;
        keep_if_sound(client, &outcome);
        outcome
    }

    async fn migrate(&self, older: OlderTables) -> Result<Tables, Failure> {
        let mut client = self.writers.get().await?;
        let transaction = client.transaction().await?;
        let wait_ms = MIGRATION_TIMEOUT.as_millis();
        transaction
            .batch_execute(&format!(
                "set local statement_timeout = {wait_ms}; set local lock_timeout = 0; set local client_min_messages = warning;
                 select pg_advisory_xact_lock({MIGRATION_LOCK}); {}",
                migrations::CREATE_TABLE
            ))
            .await?;
        let newest = transaction.query_one(migrations::NEWEST, &[]).await?.try_get(0)?;
        let (steps, tables) = migrations::pending(newest, older)?;
        for migration in steps {
            transaction.batch_execute(migration.sql).await?;
            transaction
                .execute(migrations::REMEMBER, &[&migration.version, &migration.name])
                .await?;
        }
        transaction.commit().await?;
        Ok(tables)
    }
}

/// A read that changes something is a mistake, and this finds it.
const READER_SETTINGS: &str = "set default_transaction_read_only = on";

/// The same, and a shorter patience.
fn walker_settings() -> String {
    let limit_ms = POSTGRES_WALK_TIMEOUT.as_millis();
    format!("{READER_SETTINGS}; set statement_timeout = {limit_ms}")
}

/// A server whose default is to acknowledge before the disk has the data would break our promise; one that waits for
/// standbys too keeps doing so. A transaction whose client vanished may not hold its locks.
const WRITER_SETTINGS: &str = "
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
    set idle_in_transaction_session_timeout = 10000";

fn pool(
    config: &tokio_postgres::Config,
    tls: &Connector,
    connections_max: usize,
    limit: Duration,
    settings: &str,
) -> Result<Pool, Error> {
    let limit_ms = limit.as_millis();
    let settings = format!("set statement_timeout = {limit_ms}; set lock_timeout = {limit_ms}; {settings}");
    Pool::builder(Manager::new(config.clone(), tls.clone()))
        .max_size(connections_max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(limit))
        .create_timeout(Some(limit))
        .post_create(Hook::async_fn(move |client: &mut ClientWrapper, _| {
            let settings = settings.clone();
            Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
        }))
        .build()
        .map_err(Error::engine)
}

/// Returns the connection to its pool, or closes it if what happened on it was not one of our own refusals.
fn keep_if_sound<T>(client: Object, outcome: &Result<T, Failure>) {
    let sound = match outcome {
        Ok(_) => true,
        Err(Failure::Passing(_)) => false,
        Err(Failure::Final(error)) => {
            matches!(
                error,
                Error::Conflict { .. } | Error::Statement { .. } | Error::Column { .. }
            )
        }
    };
    if !sound {
        drop(Object::take(client));
    } else if client.statement_cache.size() > PREPARED_STATEMENTS_MAX {
        client.statement_cache.clear();
    }
}

async fn query(client: &ClientWrapper, sql: &str, params: &[Value], rows_max: usize) -> Result<Vec<Row>, Failure> {
    let prepared = client.prepare_cached(sql).await?;
    check_count(prepared.params().len(), params.len())?;
    let mut stream = pin!(client.query_raw(&prepared, params.iter().map(Bound)).await?);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        if rows.len() == rows_max {
            return Err(Error::TooManyRows { limit: rows_max }.into());
        }
        rows.push(row_from_postgres(&row)?);
    }
    Ok(rows)
}

async fn execute_all(
    client: &mut ClientWrapper,
    statements: &[Statement],
    fence: Option<&Fence>,
    limit: Duration,
) -> Result<(), Failure> {
    let transaction = client.transaction().await?;
    let fenced = async {
        match fence {
            Some(fence) => fence.check(&transaction).await,
            None => Ok(()),
        }
    };
    let executed = async {
        for (index, statement) in statements.iter().enumerate() {
            execute(&transaction, statement)
                .await
                .map_err(|failure| failure.at(index))?;
        }
        Ok(())
    };
    // The statements follow the question without waiting for its answer, which is needed before the commit. Both are apart, or every
    // future that writes would be as large as they are.
    let work = async {
        let (fenced, executed) = Box::pin(join(fenced, executed)).await;
        fenced.and(executed)
    };
    outlasted(timeout(limit, work).await)?;
    match timeout(limit, transaction.commit()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure::of_commit(error)),
        Err(elapsed) => Err(Failure::uncertain(elapsed)),
    }
}

async fn execute(transaction: &deadpool_postgres::Transaction<'_>, statement: &Statement) -> Result<(), Failure> {
    let prepared = transaction.prepare_cached(&statement.sql).await?;
    if !prepared.columns().is_empty() {
        return Err(Error::wrong("a write answers nothing: no `select`, no `returning`").into());
    }
    check_count(prepared.params().len(), statement.params.len())?;
    let rows = transaction
        .execute_raw(&prepared, statement.params.iter().map(Bound))
        .await?;
    Ok(statement.check_changed(rows)?)
}
