//! One server at a time: the lease of a PostgreSQL database, however it is lost.

use db::{Db, Error, Lease, Location, Statement, testing::new_postgres};
use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

/// No step of these tests takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A database with a table to write to, and whoever serves it first.
async fn served() -> (Location, Db, Lease) {
    let location = new_postgres().await;
    let (db, lease) = Db::open_alone(&location, || panic!("nobody else has it"))
        .await
        .expect("a new database opens");
    let table = Statement::new("create table thing (id bigint not null primary key)", vec![]);
    db.write(vec![table]).await.expect("a table can be made");
    (location, db, lease)
}

/// Somebody who waits. When this returns, they know that they do.
async fn second(location: &Location) -> JoinHandle<(Db, Lease)> {
    let (waits, location) = (Arc::new(AtomicBool::new(false)), location.clone());
    let told = Arc::clone(&waits);
    let waiting = tokio::spawn(async move {
        let taken = || assert!(!told.swap(true, SeqCst), "it is told once");
        Db::open_alone(&location, taken).await.expect("its turn comes")
    });
    let known = async {
        while !waits.load(SeqCst) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, known).await.expect("it is told soon");
    waiting
}

async fn insert(db: &Db, id: i64) -> Result<(), Error> {
    let statement = Statement::new("insert into thing (id) values ($1)", vec![id.into()]);
    db.write(vec![statement.expect(1)]).await
}

async fn count(db: &Db) -> i64 {
    let rows = db.read("select count(*) from thing", vec![]).await.expect("readable");
    rows[0].int(0).expect("a number")
}

/// How many connections hold the lock; `and_end` ends them, as a failing network or an operator would.
async fn holders(location: &Location, and_end: bool) -> i64 {
    let ended = if and_end {
        "pg_terminate_backend(holder.pid)"
    } else {
        "true"
    };
    let holders = "select pid from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and granted
        and database = (select oid from pg_database where datname = current_database()) offset 0";
    let sql = format!("select coalesce(sum(case when {ended} then 1 else 0 end), 0) from ({holders}) holder");
    let db = Db::open(location).await.expect("a command may open it too");
    let rows = db.read(&sql, vec![]).await.expect("readable");
    rows[0].int(0).expect("a number")
}

/// The process of PostgreSQL that holds the lock, if any does.
async fn holder(location: &Location) -> Option<i64> {
    let holder =
        "select cast(pid as bigint) from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and granted
        and database = (select oid from pg_database where datname = current_database())";
    let db = Db::open(location).await.expect("a command may open it too");
    let rows = db.read(holder, vec![]).await.expect("readable");
    rows.first().map(|row| row.int(0).expect("a number"))
}

fn signal(process: i64, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status();
    assert!(sent.expect("`kill` starts").success(), "{process} runs");
}

async fn is_held(location: &Location) {
    let held = async {
        while holders(location, false).await == 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, held).await.expect("it is held again soon");
}

#[tokio::test]
async fn who_comes_second_waits_for_the_first_to_end() {
    let (location, first, lease) = served().await;
    insert(&first, 1).await.unwrap();
    let waiting = second(&location).await;
    insert(&first, 2).await.unwrap();
    assert!(!waiting.is_finished());

    drop(lease);
    let (db, _lease) = timeout(PATIENCE, waiting).await.unwrap().unwrap();
    insert(&db, 3).await.unwrap();
    let refused = insert(&first, 4).await;
    assert!(matches!(refused, Err(Error::Superseded)), "{refused:?}");
    assert_eq!(count(&db).await, 3);
    // A command beside a server is no server.
    insert(&Db::open(&location).await.unwrap(), 5).await.unwrap();
}

/// The command of an update that was copied over a running server's program.
#[tokio::test]
async fn no_tables_are_changed_under_a_server() {
    let (location, first, lease) = served().await;
    let refused = Db::open_unserved(&location).await;
    let Err(Error::Served { version: Some(version) }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    insert(&first, 1).await.unwrap();
    drop(lease);
    let opened = async {
        while let Err(Error::Served { .. }) = Db::open_unserved(&location).await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, opened).await.expect("it has ended");
    let again = timeout(PATIENCE, Db::open_alone(&location, || {})).await;
    again.expect("it waits for nobody").expect("the command has let go");
}

/// One that answers too late is given up, and the lock goes with it.
#[tokio::test]
async fn a_connection_that_stood_still_gives_the_lock_to_the_next() {
    let (location, db, lease) = served().await;
    let late = holder(&location).await.expect("it is held");
    signal(late, "STOP");
    sleep(Duration::from_secs(8)).await;
    signal(late, "CONT");
    let moved = async {
        while holder(&location).await.is_none_or(|holder| holder == late) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, moved).await.expect("the lock is on a new connection");
    insert(&db, 1).await.expect("nobody else has served");
    drop(lease);
}

#[tokio::test]
async fn a_lost_connection_ends_nothing_where_nobody_waits() {
    let (location, db, lease) = served().await;
    for id in 1..=2 {
        assert_eq!(holders(&location, true).await, 1);
        insert(&db, id).await.unwrap();
        is_held(&location).await;
        let waiting = second(&location).await;
        waiting.abort();
        let _ = waiting.await;
    }
    assert!(timeout(Duration::ZERO, lease.lost()).await.is_err());
}

#[tokio::test]
async fn who_waits_takes_over_from_a_lost_connection() {
    let (location, first, lease) = served().await;
    let waiting = second(&location).await;
    // Each time the first may be quicker to take its own lock again.
    let ended = async {
        while !waiting.is_finished() {
            holders(&location, true).await;
            sleep(Duration::from_millis(300)).await;
        }
    };
    timeout(PATIENCE, ended).await.unwrap();
    let (db, _lease) = waiting.await.unwrap();
    timeout(PATIENCE, lease.lost())
        .await
        .expect("it is told, without a write");
    assert!(matches!(insert(&first, 1).await, Err(Error::Superseded)));
    insert(&db, 1).await.unwrap();
}

/// What the first acknowledges is there before the second begins, and it writes nothing after that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_under_way_are_before_the_successor_or_refused() {
    let (location, first, lease) = served().await;
    let acknowledged = Arc::new(AtomicI64::new(0));
    let writers: Vec<_> = (0..8_i64)
        .map(|writer| {
            let (db, acknowledged) = (first.clone(), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                for id in 0.. {
                    match insert(&db, writer * 1_000_000 + id).await {
                        Ok(()) => acknowledged.fetch_add(1, SeqCst),
                        Err(refused) => return refused,
                    };
                }
                unreachable!("numbers do not end")
            })
        })
        .collect();
    let waiting = second(&location).await;
    let written = async {
        while acknowledged.load(SeqCst) < 100 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, written).await.expect("they write");
    drop(lease);
    let (db, _lease) = timeout(PATIENCE, waiting).await.unwrap().unwrap();
    let found = count(&db).await;
    for writer in writers {
        let refused = timeout(PATIENCE, writer).await.unwrap().unwrap();
        assert!(matches!(refused, Error::Superseded), "{refused:?}");
    }
    assert_eq!(acknowledged.load(SeqCst), found);
    assert_eq!(count(&db).await, found, "nothing came later");
}
