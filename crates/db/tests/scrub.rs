//! Scrubbing: deleted bytes leave the files, and nobody else notices.

use db::{
    Db, Limits, Location, Statement, Value,
    testing::{checkpoint, each_engine, new_postgres},
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio_postgres::NoTls;

const SECRET: &str = "a text that must not stay";

#[tokio::test]
async fn readers_and_writers_go_on_meanwhile() {
    each_engine(async |db| {
        db.write(vec![Statement::new(
            "create table thing (id bigint not null primary key, name text not null)",
            Vec::new(),
        )])
        .await
        .expect("a table");
        let writer = tokio::spawn(insert(db.clone(), 0..300));
        let reader = tokio::spawn({
            let db = db.clone();
            async move {
                for _ in 0..300 {
                    count(&db).await;
                }
            }
        });
        for _ in 0..3 {
            db.scrub().await.expect("scrubbed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        writer.await.expect("written");
        reader.await.expect("read");
        db.scrub().await.expect("scrubbed");
        assert_eq!(count(&db).await, 300);
    })
    .await;
}

#[tokio::test]
async fn sqlite_keeps_no_byte_in_its_file_or_its_log() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&Location::Sqlite(folder.path().join("scrub.db")))
        .await
        .expect("a database");
    db.write(vec![Statement::new(
        "create table thing (id bigint not null primary key, name text not null)",
        Vec::new(),
    )])
    .await
    .expect("a table");
    insert(db.clone(), 0..50).await;
    let found = || holding(folder.path());
    assert!(found() > 0);
    db.write(vec![
        Statement::new("delete from thing where id < 40", Vec::new()).expect(40),
    ])
    .await
    .expect("deleted");
    db.write(vec![
        Statement::new("update thing set name = 'nobody'", Vec::new()).expect(10),
    ])
    .await
    .expect("changed");
    assert!(found() > 0, "deleting alone is not enough");
    db.scrub().await.expect("scrubbed");
    assert_eq!(found(), 0);
}

/// PostgreSQL keeps a deleted row for whoever began before: a transaction that reads this database, or one that writes into another.
/// Nor does it rewrite a table that somebody uses.
#[tokio::test]
async fn postgresql_keeps_no_row_for_whoever_began_before() {
    for (elsewhere, work) in [
        (false, "begin isolation level repeatable read; select 1"),
        (false, "begin; lock table thing in access share mode"),
        (true, "begin; create table other (id bigint)"),
    ] {
        let location = new_postgres().await;
        let db = Db::open(&location).await.expect("a database");
        let impatient = Limits {
            scrub_patience: Duration::from_millis(200),
            ..Limits::default()
        };
        let impatient = Db::open_with(&location, impatient).await.expect("the same database");
        let table = "create table thing (id bigint not null primary key, name text not null)";
        db.write(vec![Statement::new(table, Vec::new())])
            .await
            .expect("a table");
        insert(db.clone(), 0..50).await;
        let beside = connect(&if elsewhere {
            new_postgres().await
        } else {
            location.clone()
        })
        .await;
        beside.batch_execute(work).await.expect("begun");
        let delete = Statement::new("delete from thing", Vec::new()).expect(50);
        db.write(vec![delete]).await.expect("deleted");

        let refused = impatient.scrub().await;
        assert!(matches!(refused, Err(db::Error::Seen { .. })), "{work}: {refused:?}");
        let scrub = db.scrub();
        let end = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            beside.batch_execute("commit").await.expect("ended");
        };
        let (scrubbed, ()) = tokio::join!(scrub, end);
        scrubbed.expect("scrubbed");
        checkpoint(&db).await;
        assert_eq!(holding(&data_of(&location, &db).await), 0, "{work}");
    }
}

/// As a command beside a running server scrubs: the server writes on, and waits for no more than a piece of the work.
#[tokio::test]
async fn writes_of_another_process_go_on_while_a_large_file_is_scrubbed() {
    const ROWS: i64 = 30_000;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let location = Location::Sqlite(folder.path().join("large.db"));
    let db = Db::open(&location).await.expect("a database");
    let table = "create table thing (id bigint not null primary key, name text not null)";
    let index = "create index thing_by_name on thing (name, id)";
    db.write(vec![Statement::new(table, vec![]), Statement::new(index, vec![])])
        .await
        .expect("a table");
    // In no order, so that pages split, and rows move and leave copies behind.
    let rows = "insert into thing (id, name)
        with recursive n(i) as (select 0 union all select i + 1 from n where i < $1 - 1)
        select (i * 7919) % $1, case when i % 20 = 0 then $2 else 'somebody else' end || (i * 104729) % 99991 from n";
    db.write(vec![Statement::new(rows, vec![ROWS.into(), SECRET.into()])])
        .await
        .expect("rows");
    let thin_out = "delete from thing where id % 3 = 1 and substr(name, 1, length($1)) != $1";
    db.write(vec![Statement::new(thin_out, vec![SECRET.into()])])
        .await
        .expect("deleted");
    let forget = "delete from thing where substr(name, 1, length($1)) = $1";
    db.write(vec![Statement::new(forget, vec![SECRET.into()])])
        .await
        .expect("deleted");
    let left = count(&db).await;

    let server = Db::open(&location).await.expect("opened a second time");
    let scrubbing = tokio::spawn({
        let db = db.clone();
        async move { db.scrub().await }
    });
    let (mut written, mut slowest) = (0, Duration::ZERO);
    while !scrubbing.is_finished() {
        let began = std::time::Instant::now();
        let row = vec![Value::Int(ROWS + written), "a newcomer".into()];
        let insert = Statement::new("insert into thing (id, name) values ($1, $2)", row);
        server.write(vec![insert.expect(1)]).await.expect("joins go on");
        slowest = slowest.max(began.elapsed());
        written += 1;
    }
    scrubbing.await.expect("no panic").expect("scrubbed");
    assert!(
        slowest < Duration::from_secs(2) && written > 1,
        "{written} writes, the slowest in {slowest:?}"
    );
    let bytes = fs::read(folder.path().join("large.db")).expect("readable");
    assert!(bytes.len() > 1 << 20, "{}", bytes.len());
    let traces = bytes
        .windows(SECRET.len())
        .filter(|window| *window == SECRET.as_bytes());
    assert_eq!(traces.count(), 0);
    db.check().await.expect("it is as sound as before");
    assert_eq!(count(&db).await, left + written);
}

async fn insert(db: Db, ids: std::ops::Range<i64>) {
    for id in ids {
        let insert = Statement::new(
            "insert into thing (id, name) values ($1, $2)",
            vec![Value::Int(id), SECRET.into()],
        );
        db.write(vec![insert.expect(1)]).await.expect("written");
    }
}

async fn count(db: &Db) -> i64 {
    let rows = db
        .read("select count(*) from thing", Vec::new())
        .await
        .expect("a count");
    rows[0].int(0).expect("a number")
}

/// How many files below a folder hold the secret.
fn holding(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let counts = paths.map(|path| {
        if path.is_dir() {
            return holding(&path);
        }
        // A file that is gone by now holds nothing.
        let content = fs::read(path).unwrap_or_default();
        usize::from(content.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
    });
    counts.sum()
}

/// Where a PostgreSQL of the tests keeps the tables of this database.
async fn data_of(location: &Location, db: &Db) -> PathBuf {
    let number = "select cast(oid as bigint) from pg_database where datname = current_database()";
    let number = db.read(number, Vec::new()).await.expect("a row")[0]
        .int(0)
        .expect("a number");
    let folder = address(location).strip_prefix("host=").expect("a folder first");
    Path::new(folder.split(' ').next().expect("a folder")).join(format!("data/base/{number}"))
}

fn address(location: &Location) -> &str {
    match location {
        Location::Postgres(address) => address,
        Location::Sqlite(path) => panic!("{} is no PostgreSQL", path.display()),
    }
}

async fn connect(location: &Location) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(address(location), NoTls)
        .await
        .expect("connected");
    tokio::spawn(connection);
    client
}
