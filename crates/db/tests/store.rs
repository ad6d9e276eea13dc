//! What a store may rely on, the same on both engines: every test here runs twice.

use db::{
    Db, Error, Limits, Location, Statement, Value,
    testing::{each_engine, each_location},
};
use std::time::{Duration, Instant};

/// What came of a read or a write, short enough for a table.
fn outcome<T>(result: &Result<T, Error>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(Error::Conflict { statement }) => format!("conflict {statement}"),
        Err(Error::TooManyRows { .. }) => "too many rows".to_owned(),
        Err(Error::Timeout { .. }) => "timeout".to_owned(),
        Err(Error::Column { column, .. }) => format!("column {column}"),
        Err(Error::Statement { .. }) => "wrong statement".to_owned(),
        Err(Error::Engine { code, .. }) => format!("engine {}", if code.is_some() { "with code" } else { "without" }),
        Err(other) => format!("{other:?}"),
    }
}

/// A table of numbered texts with one row, `(1, 'one')`.
async fn make_table(db: &Db) {
    let create = Statement::new("create table thing (id bigint not null primary key, name text)", vec![]);
    db.write(vec![create, insert(1, "one").expect(1)])
        .await
        .expect("a table can be made");
}

fn insert(id: i64, name: &str) -> Statement {
    Statement::new(
        "insert into thing (id, name) values ($1, $2)",
        vec![id.into(), name.into()],
    )
}

fn rename_all(name: &str) -> Statement {
    Statement::new("update thing set name = $1", vec![name.into()])
}

async fn content(db: &Db) -> String {
    let rows = db
        .read("select id, name from thing order by id", vec![])
        .await
        .expect("the table can be read");
    let cell = |row: &db::Row| format!("{} {}", row.int(0).expect("a number"), row.text(1).expect("a text"));
    rows.iter().map(cell).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn a_ping_writes() {
    each_engine(async |db| {
        assert_eq!(outcome(&db.ping().await), "ok");
        // What cannot be written shows that it would have been.
        db.write(vec![Statement::new("delete from lease", vec![]).expect(1)])
            .await
            .expect("the row was there");
        assert_eq!(outcome(&db.ping().await), "conflict 0");
    })
    .await;
}

#[tokio::test]
async fn values_come_back_as_they_went() {
    let cases: [[Value; 3]; 6] = [
        [Value::Null, Value::Null, Value::Null],
        [0.into(), "".into(), vec![].into()],
        [i64::MIN.into(), "123".into(), b"123".as_slice().into()],
        [i64::MAX.into(), "Zoë 𝄞 \u{1}".into(), [0, 255, 0].into()],
        [true.into(), "it's $1".into(), [0; 32].into()],
        [None::<i64>.into(), Some("1e3").into(), None::<Vec<u8>>.into()],
    ];
    let cases = &cases;
    each_engine(async |db| {
        db.write(vec![Statement::new(
            "create table kept (i bigint, t text, b bytea)",
            vec![],
        )])
        .await
        .unwrap();
        for case in cases {
            let [i, t, b] = case.clone();
            // The order of appearance is not the order of the numbers.
            let params = vec![i, t, b];
            let sql = "insert into kept (b, t, i) values ($3, $2, $1)";
            db.write(vec![
                Statement::new("delete from kept", vec![]),
                Statement::new(sql, params).expect(1),
            ])
            .await
            .unwrap();
            let rows = db.read("select i, t, b from kept", vec![]).await.unwrap();
            assert_eq!(
                rows.into_iter().map(db::Row::into_values).collect::<Vec<_>>(),
                [case.to_vec()]
            );
        }
    })
    .await;
}

#[tokio::test]
async fn columns_are_read_as_what_they_are() {
    each_engine(async |db| {
        let sql = "select cast($1 as bigint), cast($2 as text), cast($3 as bytea), cast(null as text), 2 > 1";
        let rows = db.read(sql, vec![7.into(), "x".into(), [1].into()]).await.unwrap();
        let row = &rows[0];
        assert_eq!((row.int(0).unwrap(), row.text(1).unwrap()), (7, "x"));
        assert_eq!(
            (
                row.opt_text(3).unwrap(),
                row.opt_int(3).unwrap(),
                row.opt_blob(3).unwrap()
            ),
            (None, None, None)
        );
        assert_eq!(row.int(4).unwrap(), 1);
        for wrong in [
            row.int(1).map(drop),
            row.text(0).map(drop),
            row.text(3).map(drop),
            row.blob(1).map(drop),
            row.int(9).map(drop),
        ] {
            assert!(outcome(&wrong).starts_with("column"), "{wrong:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_write_holds_as_a_whole_or_not_at_all() {
    each_engine(async |db| {
        make_table(&db).await;
        let check = async |statements: Vec<Statement>, expected: &str, after: &str| {
            let note = format!("{statements:?}");
            let result = db.write(statements).await;
            assert_eq!(outcome(&result), expected, "{note}: {result:?}");
            assert_eq!(content(&db).await, after, "{note}");
        };
        let any = |sql: &'static str| Statement::new(sql, vec![]);

        // Expectations.
        check(vec![], "ok", "1 one").await;
        check(vec![rename_all("x"), rename_all("one").expect(1)], "ok", "1 one").await;
        check(vec![rename_all("x"), any("delete from thing where id = 9").expect(1)], "conflict 1", "1 one").await;
        check(vec![rename_all("x").expect(0)], "conflict 0", "1 one").await;
        check(vec![insert(2, "two"), rename_all("x").expect(1)], "conflict 1", "1 one").await;
        // Uniqueness.
        check(vec![insert(2, "two"), insert(1, "other")], "conflict 1", "1 one").await;
        let or_not = "insert into thing (id, name) values (1, 'other') on conflict (id) do nothing";
        check(vec![any(or_not).expect(1)], "conflict 0", "1 one").await;
        let or_update = "insert into thing (id, name) values (1, 'x') on conflict (id) do update set name = excluded.name where thing.id = 9";
        check(vec![any(or_update).expect(1)], "conflict 0", "1 one").await;
        // Mistakes of the programmer: an error, never a panic, and never half a write.
        check(vec![rename_all("x"), any("nonsense")], "engine with code", "1 one").await;
        check(vec![rename_all("x"), any("insert into nowhere (id) values (1)")], "engine with code", "1 one").await;
        check(vec![rename_all("x"), any("insert into thing (id) values (null)")], "engine with code", "1 one").await;
        check(vec![rename_all("x"), any("update thing set name = 'y' returning id")], "wrong statement", "1 one").await;
        check(vec![rename_all("x"), any("select id from thing")], "wrong statement", "1 one").await;
        check(vec![rename_all("x"), any("insert into thing (id) values ($1)")], "wrong statement", "1 one").await;
        check(vec![rename_all("x"), insert(2, "a\0b")], "wrong statement", "1 one").await;
        let one_too_many = Statement::new("delete from thing where id = $1", vec![1.into(), 2.into()]);
        check(vec![rename_all("x"), one_too_many], "wrong statement", "1 one").await;
        // After all that the store works.
        check(vec![insert(2, "two").expect(1)], "ok", "1 one, 2 two").await;
    })
    .await;
}

#[tokio::test]
async fn two_statements_in_one_text_are_refused() {
    each_engine(async |db| {
        make_table(&db).await;
        let two = "delete from thing; delete from thing";
        assert!(db.write(vec![Statement::new(two, vec![])]).await.is_err());
        assert!(
            db.read("select id from thing; select id from thing", vec![])
                .await
                .is_err()
        );
        assert_eq!(content(&db).await, "1 one");
    })
    .await;
}

/// Counts for ever.
const ENDLESS: &str =
    "with recursive n (i) as (select cast(1 as bigint) union all select i + 1 from n) select count(*) from n";

async fn open_with_short_limits(location: &Location) -> Db {
    let timeout = Duration::from_millis(300);
    let limits = Limits {
        rows_max: 3,
        read_timeout: timeout,
        write_timeout: timeout,
        ..Limits::default()
    };
    Db::open_with(location, limits).await.expect("a new database opens")
}

#[tokio::test]
async fn a_read_has_limits() {
    each_location(async |location| {
        let db = open_with_short_limits(&location).await;
        make_table(&db).await;
        let count_to = |last: i64| (COUNT_TO, vec![last.into()]);
        let cases: [(&str, Vec<Value>, &str); 9] = [
            (count_to(3).0, count_to(3).1, "ok"),
            (count_to(4).0, count_to(4).1, "too many rows"),
            (count_to(1_000_000).0, count_to(1_000_000).1, "too many rows"),
            (ENDLESS, vec![], "timeout"),
            ("delete from thing", vec![], "wrong statement"),
            ("select id from thing where id = $1", vec![], "wrong statement"),
            (
                "select id from thing where id = $1",
                vec![1.into(), 1.into()],
                "wrong statement",
            ),
            ("select id / 2.0 from thing", vec![], "column 0"),
            ("select missing from thing", vec![], "engine with code"),
        ];
        for (sql, params, expected) in cases {
            let start = Instant::now();
            let result = db.read(sql, params).await;
            assert_eq!(outcome(&result), expected, "{sql}: {result:?}");
            assert!(
                start.elapsed() < Duration::from_secs(3),
                "{sql} took {:?}",
                start.elapsed()
            );
            assert_eq!(content(&db).await, "1 one", "{sql}");
        }
    })
    .await;
}

const COUNT_TO: &str =
    "with recursive n (i) as (select cast(1 as bigint) union all select i + 1 from n where i < $1) select i from n";

#[tokio::test]
async fn one_bad_write_harms_no_other() {
    each_location(async |location| {
        let db = open_with_short_limits(&location).await;
        make_table(&db).await;
        // All are waiting before the first is begun, so on SQLite they share commits.
        let slow = Statement::new(format!("update thing set name = 'slow' where id < ({ENDLESS})"), vec![]);
        let wrong = Statement::new("nonsense", vec![]);
        let outcomes = <[_; 6]>::from(tokio::join!(
            db.write(vec![insert(2, "two")]),
            db.write(vec![wrong]),
            db.write(vec![insert(3, "three"), insert(1, "again")]),
            db.write(vec![insert(5, "five"), slow]),
            db.write(vec![insert(4, "four")]),
            db.write(vec![rename_all("x").expect(9)]),
        ))
        .map(|result| outcome(&result));
        assert_eq!(
            outcomes,
            ["ok", "engine with code", "conflict 1", "timeout", "ok", "conflict 0"]
        );
        assert_eq!(db.read("select id from thing", vec![]).await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_lose_nothing() {
    each_engine(async |db| {
        make_table(&db).await;
        let writers = (0..64_i64).map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for n in 0..10 {
                    let id = 1_000 * (writer + 1) + n;
                    db.write(vec![insert(id, "new").expect(1)])
                        .await
                        .expect("a row can be inserted");
                    let seen = db.read("select id from thing where id = $1", vec![id.into()]).await;
                    assert_eq!(
                        seen.expect("it can be read").len(),
                        1,
                        "a write is visible once it returned"
                    );
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.expect("the writer did not panic");
        }
        let rows = db.read("select count(*) from thing", vec![]).await.unwrap();
        assert_eq!(rows[0].int(0).unwrap(), 641);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writes_that_block_one_another_all_succeed() {
    each_engine(async |db| {
        make_table(&db).await;
        db.write(vec![insert(2, "two")]).await.unwrap();
        let update = |id: i64| Statement::new("update thing set name = 'x' where id = $1", vec![id.into()]).expect(1);
        // Two orders of locking: PostgreSQL breaks the deadlock by giving up one, which must not reach the caller.
        let writers = (0..16).map(|writer| {
            let db = db.clone();
            let order = if writer % 2 == 0 { [1, 2] } else { [2, 1] };
            tokio::spawn(async move { db.write(order.map(update).to_vec()).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer
                .await
                .expect("the writer did not panic")
                .expect("the write succeeds");
        }
    })
    .await;
}

#[tokio::test]
async fn a_table_may_change_under_prepared_statements() {
    each_location(async |location| {
        let (here, there) = (Db::open(&location).await.unwrap(), Db::open(&location).await.unwrap());
        make_table(&here).await;
        let all = "select * from thing";
        assert_eq!(here.read(all, vec![]).await.unwrap()[0].clone().into_values().len(), 2);
        there
            .write(vec![Statement::new("alter table thing add column more bigint", vec![])])
            .await
            .unwrap();
        assert_eq!(here.read(all, vec![]).await.unwrap()[0].clone().into_values().len(), 3);
    })
    .await;
}

/// A deferred constraint fails at the commit, as a full disk would. Our own tables have none.
#[tokio::test]
async fn what_a_failed_commit_refused_is_not_there() {
    each_engine(async |db| {
        make_table(&db).await;
        let deferred = "create table part (of bigint not null references thing (id) deferrable initially deferred)";
        db.write(vec![Statement::new(deferred, vec![])]).await.unwrap();
        let part = |of: i64| Statement::new("insert into part (of) values ($1)", vec![of.into()]);
        // All are waiting before the first is begun, so on SQLite some share the commit that fails.
        let (first, bad, third, last) = tokio::join!(
            db.write(vec![insert(2, "two"), part(2)]),
            db.write(vec![part(99)]),
            db.write(vec![insert(3, "three"), part(3)]),
            db.write(vec![insert(4, "four"), part(4)]),
        );
        assert_eq!(outcome(&bad), "engine with code", "{bad:?}");
        let acknowledged: Vec<_> = [(2, first), (3, third), (4, last)]
            .into_iter()
            .filter(|(_, it)| it.is_ok())
            .collect();
        let stored = db.read("select of from part order by of", vec![]).await.unwrap();
        let stored: Vec<_> = stored.iter().map(|row| row.int(0).unwrap()).collect();
        assert_eq!(stored, acknowledged.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        db.write(vec![insert(5, "five"), part(5)])
            .await
            .expect("the store works after it");
    })
    .await;
}

/// A walk answers like a read, and is given up where it does not end.
#[tokio::test]
async fn a_walk_goes_only_so_far() {
    each_engine(async |db| {
        let numbers = "with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n where i < cast($1 as bigint))
            select i from n";
        let walk = async |until: i64| {
            let last = format!("select cast(max(i) as bigint) from ({numbers}) as all_of_them");
            let rows = db.walk(&last, vec![until.into()]).await?;
            rows[0].int(0)
        };
        assert_eq!(walk(1_000).await.expect("near"), 1_000);
        let far = walk(1_000_000_000).await;
        assert!(matches!(far, Err(Error::TooFar)), "{far:?}");
        assert_eq!(walk(1_000).await.expect("as before"), 1_000);
    })
    .await;
}
