//! One server at a time.
//!
//! Two servers on one database would each take the other's sessions for what a crash has left. So whoever serves holds a lock: an
//! advisory one of its session, which PostgreSQL takes back with the connection, however that ends. Who comes second waits.
//!
//! The lock alone does not stop the first. A server that PostgreSQL took for gone, because its connection was cut or it stood still,
//! may be in the middle of a write when its successor begins. So there is an epoch, one number in one row. Taking the lease counts it
//! up, and every write looks whether the epoch is still its server's, under a lock that whoever counts up waits for. What was
//! acknowledged was thus written before the successor read anything, and what comes later is refused.
//!
//! A lost connection ends nothing by itself. The lock is taken again, and if the epoch is the same, nobody has served in between:
//! PostgreSQL may be restarted below a meeting. If it is another, the lease is lost for good, and says so.
//!
//! A machine that is gone without a word is found out by keep-alives, on both ends of this connection. One that stands still and
//! whose system still answers for it keeps the lease: that its meetings stand still too is for whoever watches it to see.

use super::{
    PROGRAM,
    connector::Connector,
    failure::{Failure, translate},
    security,
};
use crate::{
    Error, Limits,
    limits::{LEASE_LOOK_INTERVAL, LEASE_TIMEOUT, LEASE_WAIT_INTERVAL},
};
use std::{future::pending, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_postgres::{Client, Config, SimpleQueryMessage};

/// Held by whoever serves, for as long as it does. The numbers are words in ASCII.
const SERVING_LOCK: i64 = 0x5345_4456_494e_4721;

/// Shared by all writes, each to its end, and held alone by whoever counts up.
const EPOCH_LOCK: i64 = 0x5345_4445_504f_4348;

/// Without these a machine that is gone would hold the lock for two hours; over a Unix socket they mean nothing. Counting up waits for
/// the writes of a predecessor, which have a limit of their own.
const SETTINGS: &str = "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3; \
    set statement_timeout = 0; set lock_timeout = 0";

/// The way to the database, and the lock, which belongs to the connection.
pub(super) struct Claim {
    access: Access,
    client: Client,
}

struct Access {
    config: Config,
    tls: Connector,
}

/// The lease; it is given back when this is dropped.
pub(crate) struct Lease {
    lost: watch::Receiver<bool>,
    keeper: JoinHandle<()>,
}

/// What a write of a server looks at.
#[derive(Clone)]
pub(super) struct Fence {
    epoch: i64,
    lost: Arc<watch::Sender<bool>>,
}

impl Claim {
    /// Waits for the lock. `taken` is called once if somebody else has it.
    pub(super) async fn wait(address: &str, limits: Limits, taken: impl FnOnce()) -> Result<Claim, Error> {
        let access = Access::read(address, limits)?;
        let mut client = access.connect().await?;
        let mut taken = Some(taken);
        loop {
            match try_lock(&client).await {
                Ok(true) => return Ok(Claim { access, client }),
                Ok(false) => taken.take().into_iter().for_each(|taken| taken()),
                Err(error) => {
                    tracing::warn!(error = ?error, "PostgreSQL is asked again whether its database is free");
                    match access.connect().await {
                        Ok(connected) => client = connected,
                        Err(error) => tracing::warn!(error = ?error, "PostgreSQL does not answer"),
                    }
                }
            }
            sleep(LEASE_WAIT_INTERVAL).await;
        }
    }

    /// Takes the lock at once, or says who has it.
    pub(super) async fn take_if_free(address: &str, limits: Limits) -> Result<Claim, Error> {
        let access = Access::read(address, limits)?;
        let client = access.connect().await?;
        if try_lock(&client).await? {
            return Ok(Claim { access, client });
        }
        let name = holder(&client).await?;
        let version = name.and_then(|name| Some(name.strip_prefix("sederunt ")?.to_owned()));
        Err(Error::Served { version })
    }

    /// Counts up, once the tables are there.
    pub(super) async fn take(mut self) -> Result<(Fence, Lease), Error> {
        let epoch = count_up(&mut self.client).await.map_err(translate)?;
        let (lost, losing) = watch::channel(false);
        let fence = Fence {
            epoch,
            lost: Arc::new(lost),
        };
        let keeper = tokio::spawn(keep(self, fence.clone()));
        Ok((fence, Lease { lost: losing, keeper }))
    }
}

impl Access {
    fn read(address: &str, limits: Limits) -> Result<Access, Error> {
        let (mut config, security) = security::read(address)?;
        config
            .application_name(PROGRAM)
            .connect_timeout(limits.write_timeout)
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3);
        let tls = security.connector()?;
        Ok(Access { config, tls })
    }

    async fn connect(&self) -> Result<Client, Error> {
        let connected = async {
            let (client, connection) = self.config.connect(self.tls.clone()).await?;
            // It ends with the client; that it has ended is seen where the client is used.
            tokio::spawn(connection);
            client.batch_execute(SETTINGS).await?;
            Ok(client)
        };
        soon(connected).await
    }
}

/// What has to be answered before the connection is taken for lost.
async fn soon<T>(answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Error> {
    let late = |elapsed| Error::Timeout {
        source: Arc::new(elapsed),
    };
    timeout(LEASE_TIMEOUT, answer).await.map_err(late)?.map_err(translate)
}

async fn try_lock(client: &Client) -> Result<bool, Error> {
    let locked = async {
        let row = client.query_one("select pg_try_advisory_lock($1)", &[&SERVING_LOCK]);
        row.await?.try_get(0)
    };
    soon(locked).await
}

/// What the connection is called that holds the lock; the halves of its number are in two columns.
async fn holder(client: &Client) -> Result<Option<String>, Error> {
    const SQL: &str = "select a.application_name from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and l.granted and (l.classid::bigint << 32) | l.objid::bigint = $1
        and l.database = (select oid from pg_database where datname = current_database())";
    let name = async {
        let row = client.query_opt(SQL, &[&SERVING_LOCK]).await?;
        row.map(|row| row.try_get(0)).transpose().map(Option::flatten)
    };
    soon(name).await
}

async fn epoch(client: &Client) -> Result<i64, Error> {
    soon(async { client.query_one("select epoch from lease", &[]).await?.try_get(0) }).await
}

async fn count_up(client: &mut Client) -> Result<i64, tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    let lock = format!("select pg_advisory_xact_lock({EPOCH_LOCK})");
    transaction.batch_execute(&lock).await?;
    transaction.execute("update lease set epoch = epoch + 1", &[]).await?;
    let epoch = transaction
        .query_one("select epoch from lease", &[])
        .await?
        .try_get(0)?;
    transaction.commit().await?;
    Ok(epoch)
}

/// Watches the connection that holds the lock, and takes it again, until somebody else has the lease.
async fn keep(claim: Claim, fence: Fence) {
    let Claim { access, mut client } = claim;
    loop {
        outlive(&client).await;
        tracing::warn!("the connection that holds the lease of the database is lost; it is made again");
        // One that only answered late would hold the lock against the new one.
        drop(client);
        match taken_again(&access, &fence).await {
            Some(connected) => client = connected,
            None => return fence.lose(),
        }
        tracing::info!("the lease of the database is held as before");
    }
}

/// Comes back when the connection is gone.
async fn outlive(client: &Client) {
    while let Ok(Ok(_)) = timeout(LEASE_TIMEOUT, client.simple_query("select 1")).await {
        sleep(LEASE_LOOK_INTERVAL).await;
    }
}

/// The lock on a new connection; `None` if somebody else has served.
async fn taken_again(access: &Access, fence: &Fence) -> Option<Client> {
    loop {
        if let Ok(client) = access.connect().await {
            match (try_lock(&client).await, epoch(&client).await) {
                (_, Ok(epoch)) if epoch != fence.epoch => return None,
                (Ok(true), Ok(_)) => return Some(client),
                // PostgreSQL has not yet noticed that the old connection is gone, or somebody else is about to count up.
                _ => {}
            }
        }
        sleep(LEASE_WAIT_INTERVAL).await;
    }
}

impl Fence {
    /// Whether a write may be made: asked at its beginning, it holds to its end.
    pub(super) async fn check(&self, transaction: &deadpool_postgres::Transaction<'_>) -> Result<(), Failure> {
        // Two statements: the second one sees what was written while the first waited.
        let ask = format!("select pg_advisory_xact_lock_shared({EPOCH_LOCK}); select epoch from lease");
        let answers = transaction.simple_query(&ask).await?;
        let epoch = answers.iter().rev().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse::<i64>().ok(),
            _ => None,
        });
        if epoch == Some(self.epoch) {
            return Ok(());
        }
        self.lose();
        Err(Error::Superseded.into())
    }

    fn lose(&self) {
        if !self.lost.send_replace(true) {
            tracing::error!("another server has taken the database over; nothing that this one writes holds any more");
        }
    }
}

impl Lease {
    pub(crate) async fn lost(&self) {
        let mut lost = self.lost.clone();
        if lost.wait_for(|lost| *lost).await.is_err() {
            pending::<()>().await;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}
