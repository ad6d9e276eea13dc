//! Scrubbing: deleted bytes leave the files, and nobody else notices.

use db::{Db, Location, Statement, Value, testing::each_engine};
use std::{fs, time::Duration};

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
    let found = || {
        let files = fs::read_dir(folder.path()).expect("a folder");
        let contents = files.map(|file| fs::read(file.expect("a file").path()).expect("readable"));
        let holding = contents.filter(|content| {
            let mut windows = content.windows(SECRET.len());
            windows.any(|window| window == SECRET.as_bytes())
        });
        holding.count()
    };
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
