//! SQLite's readers keep their view from one statement to the next, and nobody notices.

use db::{Db, Location, Statement, Value};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// More than any log needs that is moved into the file in time: two rounds of what is moved at once.
const LOG_BYTES_MAX: u64 = 48 * 1024 * 1024;

/// A database with a table, twice: as a server has it, and a command beside it.
async fn opened_twice(folder: &tempfile::TempDir) -> (Db, Db, PathBuf) {
    let file = folder.path().join("views.db");
    let open = async || Db::open(&Location::Sqlite(file.clone())).await.expect("opens");
    let (server, command_line) = (open().await, open().await);
    let table = "create table thing (id bigint not null primary key, content bytea not null)";
    let table = Statement::new(table, Vec::new());
    server.write(vec![table]).await.expect("a new table");
    (server, command_line, file)
}

async fn add(db: &Db, id: i64, bytes: usize) {
    let row = vec![id.into(), vec![1_u8; bytes].into()];
    let insert = Statement::new("insert into thing (id, content) values ($1, $2)", row);
    db.write(vec![insert.expect(1)]).await.expect("written");
}

async fn count(db: &Db) -> i64 {
    let rows = db.read("select count(*) from thing", Vec::new()).await.expect("read");
    rows[0].int(0).expect("a number")
}

/// Reads again and again, so that there is nearly always a view.
async fn read_until(db: &Db, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        for _ in 0..3 {
            count(db).await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_seen_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (server, command_line, _) = opened_twice(&folder).await;
    for written in 1..=60 {
        let writer = if written % 3 == 0 { &command_line } else { &server };
        add(writer, written, 1).await;
        // The first looks, the second begins a view, the third is in it.
        for _ in 0..3 {
            assert_eq!((count(&server).await, count(&command_line).await), (written, written));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_moved_into_the_file_while_somebody_reads() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (server, _, file) = opened_twice(&folder).await;
    let is_over = AtomicBool::new(false);
    let writing = async {
        for written in 1..=400 {
            add(&server, written, 256 * 1024).await;
        }
        is_over.store(true, Ordering::Relaxed);
    };
    tokio::join!(read_until(&server, &is_over), writing);
    let log = file.with_extension("db-wal").metadata().expect("a log");
    assert!(log.len() < LOG_BYTES_MAX, "{}", log.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_cut_beside_a_server_that_reads_all_the_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (server, command_line, file) = opened_twice(&folder).await;
    add(&server, 1, 1).await;
    let is_over = AtomicBool::new(false);
    let scrubbing = async {
        let scrubbed = command_line.scrub().await;
        is_over.store(true, Ordering::Relaxed);
        scrubbed.expect("the log was cut");
    };
    tokio::join!(read_until(&server, &is_over), scrubbing);
    let log = file.with_extension("db-wal").metadata().expect("a log");
    assert_eq!(log.len(), 0);
    assert!(server.last_write().is_some(), "what is read is remembered again");
}

/// An idle server does not hold the log.
#[tokio::test]
async fn a_view_ends_though_nobody_reads_any_more() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (server, _, file) = opened_twice(&folder).await;
    add(&server, 1, 1).await;
    for _ in 0..3 {
        assert_eq!(count(&server).await, 1);
    }
    let other = rusqlite::Connection::open(&file).expect("opens");
    // It waits here, where others can go on.
    other.busy_timeout(Duration::ZERO).expect("an option");
    let cut = || other.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0));
    while cut().expect("the log is sound") != 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A walk keeps none, and a statement that fails leaves the connection as it was.
#[tokio::test]
async fn views_outlive_what_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (server, ..) = opened_twice(&folder).await;
    add(&server, 1, 1).await;
    for statement in [
        "select nothing",
        "delete from thing",
        "begin",
        "commit",
        "rollback",
        "savepoint one",
        "select content from thing",
    ] {
        for _ in 0..3 {
            let _ = server.read(statement, Vec::<Value>::new()).await;
            assert_eq!(count(&server).await, 1, "{statement}");
        }
        let walked = server.walk("select count(*) from thing", Vec::new()).await;
        assert_eq!(walked.expect("walked")[0].int(0).expect("a number"), 1, "{statement}");
    }
    add(&server, 2, 1).await;
    assert_eq!(count(&server).await, 2);
}
