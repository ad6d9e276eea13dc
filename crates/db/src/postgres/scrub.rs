//! Taking what was deleted out of PostgreSQL's files: all tables are rewritten, without the rows that nobody can see any more.
//!
//! Who can see a row is decided by the oldest transaction that is still open, and not in this database alone: a transaction that
//! writes into another database of the same server counts too, and so does a standby that reports what it reads. Such a rewriting
//! copies the deleted rows, and says nothing of it. So those who began before are waited for first. It is looked afterwards at what
//! each table was rewritten by, because not everybody can be asked: a connection that is just being made has no name yet.

use super::failure::Failure;
use crate::{
    Error,
    limits::{SCRUB_LOCK_TIMEOUT, SCRUB_PAUSE, SCRUB_PAUSE_MAX},
};
use std::{io, sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_postgres::{Client, error::SqlState};

/// Held by whoever rewrites, to the end of its connection: its transactions are as long as a table is large, and two would wait for each
/// other's. The number is a word in ASCII.
const SCRUB_LOCK: i64 = 0x5345_4453_4352_5542;
const TRY_LOCK: &str = "select pg_try_advisory_lock($1)";

/// Work takes as long as tables are large. A machine that is gone would hold the lock for two hours without keep-alives.
const SETTINGS: &str = "set statement_timeout = 0; set lock_timeout = 0; \
    set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3";

/// The number of a new transaction: what was deleted before was deleted by smaller ones.
const NOW: &str = "select cast(cast(pg_current_xact_id() as text) as bigint)";

/// The oldest transaction, of any database, that writes.
const OLDEST: &str = "select cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint)";

/// What may hold rows that were deleted before a transaction, if anything: tables that were last rewritten for somebody who began
/// before it. After a `vacuum full`, `relfrozenxid` is the transaction since which deleted rows were copied. Of the engine's own tables,
/// which have small numbers, those of the statistics hold samples of the data. A user who may not rewrite them is not the database's
/// owner.
const UNFINISHED: &str = "
    select string_agg(cast(cast(c.oid as regclass) as text), ', ') from pg_class c join pg_database d on d.datname = current_database()
    where c.relkind in ('r', 'm') and c.relpersistence <> 't'
    and (c.oid >= 16384 or c.relname in ('pg_statistic', 'pg_statistic_ext_data'))
    and age(c.relfrozenxid) > age(cast(cast($1 & 4294967295 as text) as xid))
    and (pg_has_role(c.relowner, 'usage') or pg_has_role(d.datdba, 'usage'))";

/// Rewrites all tables, until none holds what was deleted before. The statistics are taken anew first, and are rewritten with the
/// rest.
///
/// The connection must not be used for anything else: its limits are others now.
///
/// # Errors
///
/// [`Error::Seen`] if others have been able to see what was deleted for longer than this patience.
pub(super) async fn rewrite(client: &Client, patience: Duration) -> Result<(), Failure> {
    client.batch_execute(SETTINGS).await?;
    while !client.query_one(TRY_LOCK, &[&SCRUB_LOCK]).await?.try_get(0)? {
        sleep(SCRUB_PAUSE_MAX).await;
    }
    client.batch_execute("analyze").await?;
    let lock_ms = SCRUB_LOCK_TIMEOUT.as_millis();
    client.batch_execute(&format!("set lock_timeout = {lock_ms}")).await?;
    let now: i64 = client.query_one(NOW, &[]).await?.try_get(0)?;
    let mut patience = Patience {
        left: patience,
        pause: SCRUB_PAUSE,
    };
    while client.query_one(OLDEST, &[]).await?.try_get::<_, i64>(0)? < now {
        patience.wait("began to write and has not ended").await?;
    }
    let mut waiting = unfinished(client, now).await?;
    while let Some(tables) = waiting {
        let rewritten = client.batch_execute(&format!("vacuum full {tables}")).await;
        rewritten.or_else(unless_locked)?;
        waiting = unfinished(client, now).await?;
        if let Some(tables) = &waiting {
            let what = format!("still sees what was deleted from {tables}");
            patience.wait(&what).await?;
        }
    }
    Ok(())
}

/// Whoever uses a table is waited for by pauses, in which others can use it too.
fn unless_locked(error: tokio_postgres::Error) -> Result<(), tokio_postgres::Error> {
    match error.code() {
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => Ok(()),
        _ => Err(error),
    }
}

async fn unfinished(client: &Client, now: i64) -> Result<Option<String>, Failure> {
    Ok(client.query_one(UNFINISHED, &[&now]).await?.try_get(0)?)
}

/// For how long others are waited for, with longer and longer pauses. Work between them does not count.
struct Patience {
    left: Duration,
    pause: Duration,
}

impl Patience {
    /// Pauses, or fails when no patience is left.
    async fn wait(&mut self, what_somebody_does: &str) -> Result<(), Failure> {
        if self.left.is_zero() {
            let reason = format!("somebody who uses this PostgreSQL {what_somebody_does}");
            return Err(Failure::Final(Error::Seen {
                source: Arc::new(io::Error::other(reason)),
            }));
        }
        let pause = self.pause.min(self.left);
        sleep(pause).await;
        self.left -= pause;
        self.pause = SCRUB_PAUSE_MAX.min(self.pause * 2);
        Ok(())
    }
}
