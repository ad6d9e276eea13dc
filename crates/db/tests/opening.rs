//! Opening: migrations, many processes, and databases that are not what they should be.

use db::{
    Db, Error, Limits, Location, Statement, Tables,
    testing::{each_location, make_older_tables, new_postgres},
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};
use tempfile::TempDir;

fn insert_code(code: String) -> Statement {
    Statement::new(
        "insert into web_session (secret_sha256, account, create_us, expire_us) values ($1, 'a', 0, 0)",
        vec![code.into_bytes().into()],
    )
    .expect(1)
}

/// An account for the sessions of these tests to belong to.
fn insert_account() -> Statement {
    let sql = "insert into account (id, email, display_name, administrator, create_us) values ('a', 'a@example.org', 'A', 0, 0)";
    Statement::new(sql, vec![]).expect(1)
}

async fn count(db: &Db, table: &str) -> i64 {
    let rows = db
        .read(&format!("select count(*) from {table}"), vec![])
        .await
        .expect("the table can be read");
    rows[0].int(0).expect("a count")
}

#[tokio::test]
async fn opening_again_changes_nothing() {
    each_location(async |location| {
        let db = Db::open(&location).await.unwrap();
        let migrations = count(&db, "migration").await;
        db.write(vec![insert_account()]).await.unwrap();
        drop(db);
        let db = Db::open(&location).await.unwrap();
        assert_eq!(
            (count(&db, "migration").await, count(&db, "account").await),
            (migrations, 1)
        );
    })
    .await;
}

#[tokio::test]
async fn a_new_database_is_for_its_owner_alone() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("new");
    let _db = Db::open(&Location::Sqlite(folder.join("sederunt.db"))).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in [
        "sederunt.db",
        "sederunt.db-wal",
        "sederunt.db-shm",
        "sederunt.db-last-write",
    ] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_open_a_new_database_at_once() {
    each_location(async |location| {
        let opening = (0..8).map(|_| {
            let location = location.clone();
            tokio::spawn(async move { Db::open(&location).await })
        });
        for opened in opening.collect::<Vec<_>>() {
            let db = opened.await.expect("no panic").expect("it opens");
            assert_eq!(count(&db, "account").await, 0);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_handles_write_to_one_database() {
    each_location(async |location| {
        let handles = [Db::open(&location).await.unwrap(), Db::open(&location).await.unwrap()];
        handles[0].write(vec![insert_account()]).await.unwrap();
        let writers = (0..64).map(|writer| {
            let db = handles[writer % 2].clone();
            tokio::spawn(async move { db.write(vec![insert_code(format!("{writer}"))]).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.expect("no panic").expect("the write succeeds");
        }
        assert_eq!(
            (
                count(&handles[0], "web_session").await,
                count(&handles[1], "web_session").await
            ),
            (64, 64)
        );
    })
    .await;
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    each_location(async |location| {
        let db = Db::open(&location).await.unwrap();
        db.write(vec![Statement::new(
            "insert into migration (version, name) values (9999, 'of the future')",
            vec![],
        )])
        .await
        .unwrap();
        let refused = Db::open(&location).await;
        assert!(matches!(refused, Err(Error::Newer { found: 9999, .. })), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_command_leaves_the_tables_of_an_older_program_alone() {
    each_location(async |location| {
        make_older_tables(&location).await;
        let (db, tables) = Db::open_beside(&location).await.unwrap();
        let Tables::Older { found, known } = tables else {
            panic!("they are older");
        };
        assert_eq!((found + 1, count(&db, "migration").await), (known, found));
        let db = Db::open_unserved(&location).await.unwrap();
        assert_eq!(
            count(&db, "migration").await,
            known,
            "nobody serves, so they are changed"
        );
        let (_db, tables) = Db::open_beside(&location).await.unwrap();
        assert_eq!(tables, Tables::Current);
    })
    .await;
}

#[tokio::test]
async fn a_command_makes_tables_where_there_are_none() {
    each_location(async |location| {
        let (db, tables) = Db::open_beside(&location).await.unwrap();
        assert_eq!((tables, count(&db, "account").await), (Tables::Current, 0));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_opened_is_an_error() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text");
    fs::write(
        &text,
        "This is a text of more than one hundred bytes, and no database at all. ".repeat(20),
    )
    .unwrap();
    let locations = [
        Location::Sqlite(text.clone()),
        Location::Sqlite(text.join("below-a-file")),
        Location::Sqlite(folder.path().to_owned()),
        Location::Postgres("not an address".to_owned()),
        Location::Postgres(format!("host={} user=nobody", folder.path().display())),
    ];
    for location in locations {
        let refused = Db::open(&location).await;
        assert!(
            matches!(refused, Err(Error::Engine { .. } | Error::Damaged { .. })),
            "{location:?}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn missing_folders_are_made() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a/b/sederunt.db");
    Db::open(&Location::Sqlite(file.clone())).await.unwrap();
    assert!(file.is_file());
}

/// Takes SQLite's write lock as another process would.
fn lock(file: &Path) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(file).expect("the file can be opened");
    other.execute_batch("begin immediate").expect("the lock is free");
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_waits_for_another_process_but_not_for_ever() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("sederunt.db");
    let limits = Limits {
        write_timeout: Duration::from_millis(500),
        ..Limits::default()
    };
    let db = Db::open_with(&Location::Sqlite(file.clone()), limits).await.unwrap();

    let other = lock(&file);
    let late = db.write(vec![insert_account()]).await;
    assert!(matches!(late, Err(Error::Timeout { .. })), "{late:?}");
    assert_eq!(count(&db, "account").await, 0, "reads need no lock");
    drop(other);

    let other = lock(&file);
    let waiting = tokio::spawn({
        let db = db.clone();
        async move { db.write(vec![insert_account()]).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(other);
    waiting
        .await
        .expect("no panic")
        .expect("the write waited and succeeded");
}

#[tokio::test]
async fn a_restarted_server_is_found_again() {
    let db = Db::open(&new_postgres().await).await.unwrap();
    db.write(vec![insert_account()]).await.unwrap();
    for round in 0..3 {
        // Ends every connection but the one that asks, as a restart does.
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()";
        db.read(end, vec![]).await.expect("backends can be ended");
        db.write(vec![insert_code(format!("{round}"))])
            .await
            .expect("a write succeeds");
        assert_eq!(count(&db, "web_session").await, round + 1);
    }
}

#[tokio::test]
async fn a_server_that_would_not_sync_is_told_to() {
    let location = new_postgres().await;
    let db = Db::open(&location).await.unwrap();
    let off =
        "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$";
    db.write(vec![Statement::new(off, vec![])]).await.unwrap();
    drop(db);
    let db = Db::open(&location).await.unwrap();
    let note = "insert into migration (version, name) values (0, current_setting('synchronous_commit'))";
    db.write(vec![Statement::new(note, vec![]).expect(1)]).await.unwrap();
    let rows = db
        .read(
            "select name, current_setting('synchronous_commit') from migration where version = 0",
            vec![],
        )
        .await
        .unwrap();
    assert_eq!(
        (rows[0].text(0).unwrap(), rows[0].text(1).unwrap()),
        ("on", "off"),
        "the writer, and the server's default"
    );
}
