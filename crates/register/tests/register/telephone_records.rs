//! Telephone calls among the records of meetings: published, listed by the same key, and found by what they have.

use crate::hall::{Hall, at, signed_in, user};
use db::{Db, Statement, Value, testing::each_engine};
use filter::Predicate;
use register::{Order, Published, Query, Register, RegisterError, Whose};

/// A call, of which nobody here knows more than that it is over; one that was made out of another names it.
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) start_s: i64,
    pub(crate) end_s: i64,
    pub(crate) is_answered: bool,
    /// Sound came from it.
    pub(crate) is_heard: bool,
    pub(crate) is_of_network: bool,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) out_of: Option<&'static str>,
}

pub(crate) const CALL: Row = Row {
    id: "",
    start_s: 0,
    end_s: 0,
    is_answered: true,
    is_heard: true,
    is_of_network: false,
    from: "sip:ada@example.org",
    to: "sip:desk@example.org",
    out_of: None,
};

pub(crate) async fn write(db: &Db, row: &Row) {
    let sql =
        "insert into call (id, project, to_address, from_address, is_private, labels, direction, state, create_method,
        transport, create_us, answer_us, end_us, alive_us, originating_call, bridged, due_us, media)
        values ($1, 'one', $2, $3, 0, '{}', $4, 5, 1, $5, $6, $7, $8, $8, $9, 0, $10, $11)";
    let end: Value = at(row.end_s).0.into();
    let answered = row.is_answered.then_some(at(row.start_s).0 + 1);
    let params = vec![
        row.id.into(),
        row.to.into(),
        row.from.into(),
        if row.out_of.is_none() { 2_i64 } else { 1 }.into(),
        if row.is_of_network { 1_i64 } else { 3 }.into(),
        at(row.start_s).0.into(),
        answered.into(),
        end.clone(),
        row.out_of.into(),
        if row.out_of.is_none() { end } else { Value::Null },
        i64::from(row.is_heard).into(),
    ];
    db.write(vec![Statement::new(sql, params)]).await.expect("a call");
}

/// The one in which calls are.
pub(crate) async fn project(db: &Db) {
    let sql = "insert into project (id, name, create_us, signing_key) values ('one', 'one', 1, $1)";
    let project = Statement::new(sql, vec![vec![0_u8; 64].into()]);
    db.write(vec![project]).await.expect("a project");
}

/// A meeting of a hundred seconds, and calls before it, in it and after it; one of them was connected with a number.
async fn world(db: &Db) -> Register {
    project(db).await;
    let mut hall = Hall::new(db).await;
    let anna = hall.join(signed_in(2), at(100)).await;
    hall.leave(&anna, at(200)).await;
    for row in [
        Row {
            id: "a",
            start_s: 50,
            end_s: 300,
            ..CALL
        },
        Row {
            id: "b",
            start_s: 150,
            end_s: 160,
            is_answered: false,
            is_heard: false,
            ..CALL
        },
        Row {
            id: "c",
            start_s: 250,
            end_s: 260,
            is_heard: false,
            is_of_network: true,
            to: "+44123",
            ..CALL
        },
        Row {
            id: "d",
            start_s: 51,
            end_s: 70,
            is_of_network: true,
            to: "+49123",
            out_of: Some("a"),
            ..CALL
        },
    ] {
        write(db, &row).await;
    }
    while hall.register.publish(at(400)).await.expect("published") > 0 {}
    hall.register
}

fn name(published: &Published) -> &str {
    match published {
        Published::Meeting(_) => "meeting",
        Published::Telephone(record) => &record.call,
    }
}

/// All of a list, page by page.
async fn found(register: &Register, whose: Whose<'_>, order: Order, predicate: &Predicate, size: i32) -> Vec<String> {
    let (mut found, mut token) = (vec![], String::new());
    loop {
        let query = Query {
            page_size: size,
            page_token: &token,
            now: at(400),
            ..Query::default()
        };
        let page = register
            .list_call_records(whose, order, predicate.clone(), &query)
            .await;
        let page = page.expect("a page");
        found.extend(page.items.iter().map(|one| name(one).to_owned()));
        match page.next_page_token {
            Some(next) => token = next,
            None => return found,
        }
    }
}

#[tokio::test]
async fn calls_stand_among_meetings_whatever_the_size_of_the_page() {
    each_engine(async |db| {
        let register = world(&db).await;
        let everything = Predicate::And(Vec::new());
        for size in 1..=5 {
            let check = async |order, expected: [&str; 4]| {
                let found = found(&register, Whose::Everybody, order, &everything, size).await;
                assert_eq!(found, expected, "{order:?} by {size}");
            };
            check(Order::NewestFirst, ["c", "b", "meeting", "a"]).await;
            check(Order::OldestFirst, ["a", "meeting", "b", "c"]).await;
        }
        let own = found(
            &register,
            Whose::Organizer(&user(1)),
            Order::NewestFirst,
            &everything,
            2,
        )
        .await;
        assert_eq!(own, ["meeting"], "nobody organizes a call");
        let calls = filter::google("kind = 2").expect("a filter");
        let own = found(&register, Whose::Organizer(&user(1)), Order::NewestFirst, &calls, 2).await;
        assert!(own.is_empty(), "{own:?}");
        let count = register.count_call_records(Whose::Everybody, everything, at(400)).await;
        assert_eq!(count.expect("counted"), 4);
    })
    .await;
}

#[tokio::test]
async fn calls_are_found_by_what_they_have() {
    each_engine(async |db| {
        let register = world(&db).await;
        let check = async |filter: &str, expected: &[&str]| {
            let predicate = filter::google(filter).expect("a filter");
            let found = found(&register, Whose::Everybody, Order::OldestFirst, &predicate, 2).await;
            assert_eq!(found, expected, "{filter}");
        };
        check("kind = 1", &["meeting"]).await;
        check("kind = 2", &["a", "b", "c"]).await;
        check("NOT kind = 1", &["a", "b", "c"]).await;
        check("kind != 2", &["meeting"]).await;
        check("media.audio = 1", &["a"]).await;
        check("NOT media.audio = 1", &["meeting", "b", "c"]).await;
        check("media.video = 1", &[]).await;
        check("NOT media.screen = 1", &["a", "meeting", "b", "c"]).await;
        check("version = 1 AND end_time IS NULL", &[]).await;
        check("participants.id = \"+49123\"", &["a"]).await;
        check("participants.id = \"sip:ada@example.org\"", &["a", "b", "c"]).await;
        check("organizer IS NULL", &["a", "b", "c"]).await;
        check("kind = 2 AND organizer > \"0\"", &[]).await;
    })
    .await;
}

#[tokio::test]
async fn a_record_is_read_by_its_call_and_published_again() {
    each_engine(async |db| {
        let register = world(&db).await;
        let record = register.telephone_record("a").await.expect("published");
        assert_eq!((record.start, record.end, record.version), (at(50), Some(at(300)), 1));
        assert!(record.media.audio && !record.media.video);
        let part = register.telephone_record("d").await;
        assert!(matches!(part, Err(RegisterError::NotFound)), "{part:?}");
        let sql = "update call set due_us = $1 where id = 'a'";
        db.write(vec![Statement::new(sql, vec![at(500).0.into()])])
            .await
            .expect("due");
        assert_eq!(register.publish(at(499)).await.expect("published"), 0);
        assert_eq!(register.publish(at(500)).await.expect("published"), 1);
        let again = register.telephone_record("a").await.expect("published");
        assert_eq!((again.version, again.modified), (2, Some(at(500))));
        let sql = "select count(*) from outbox_event where subject = 'a'";
        let told = db.read(sql, vec![]).await.expect("reads");
        assert_eq!(told[0].int(0).expect("a count"), 2, "each version is an event");
        for (filter, expected) in [("start_time < 2100-01-01T00:00:00Z", true), ("end_time IS NULL", false)] {
            let predicate = filter::google(filter).expect("a filter");
            let matches = register.is_session_of_call(&again, &predicate).await;
            assert_eq!(matches.expect("reads"), expected, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn calls_of_the_network_are_listed_by_when_they_began() {
    each_engine(async |db| {
        let register = world(&db).await;
        let check = async |filter: &str, expected: &[&str]| {
            let (mut found, mut token) = (vec![], String::new());
            loop {
                let query = Query {
                    filter,
                    page_size: 1,
                    page_token: &token,
                    ..Query::default()
                };
                let page = register.list_network_calls(&query).await.expect("a page");
                found.extend(page.items);
                match page.next_page_token {
                    Some(next) => token = next,
                    None => break,
                }
            }
            assert_eq!(found, expected, "{filter}");
            let count = register.count_network_calls(filter).await;
            assert_eq!(count.expect("counted"), i64::try_from(expected.len()).expect("few"));
        };
        check("", &["d", "c"]).await;
        check("start_time >= 2020-01-01T00:00:00Z", &["d", "c"]).await;
        check("start_time < 2020-01-01T00:00:00Z", &[]).await;
    })
    .await;
}
