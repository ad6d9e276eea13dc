//! Following what is published: whoever asks again and again for what is newer than the newest that they know is told of everything.

use crate::{
    hall::{Hall, ZERO, at, signed_in},
    telephone_records::{CALL, Row, project, write},
};
use db::{
    Db, Statement,
    testing::{each_engine, each_location},
};
use meeting::Micros;
use register::{Order, Published, Query, Register, Whose};
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::{Duration, Instant},
};

const MEETINGS: i64 = 24;
const CALLS: usize = 24;
const PUBLISHERS: i64 = 4;

/// Meetings and calls that are over, none of which is published yet.
async fn unpublished(db: &Db) {
    let mut hall = Hall::new(db).await;
    for number in 0..MEETINGS {
        let anna = hall.join(signed_in(2), at(number * 2)).await;
        hall.leave(&anna, at(number * 2 + 1)).await;
    }
    project(db).await;
    for number in 0..CALLS {
        let call = Row {
            id: format!("call {number}").leak(),
            ..CALL
        };
        write(db, &call).await;
    }
}

/// A record, and when its version was published.
fn told(published: &Published) -> (String, Micros) {
    let (id, modified) = match published {
        Published::Meeting(record) => (record.conference.as_str(), record.modified),
        Published::Telephone(record) => (record.call.as_str(), record.modified),
    };
    (id.to_owned(), modified.expect("it is published"))
}

/// What is newer, the first first: a page of few.
async fn newer(register: &Register, than: Micros) -> Vec<(String, Micros)> {
    let few = Query {
        page_size: 5,
        now: at(900),
        ..Query::default()
    };
    let (second, micro) = ((than.0 - ZERO) / 1_000_000, (than.0 - ZERO) % 1_000_000);
    let filter = format!(
        "modified_time > 2026-01-01T00:{:02}:{:02}.{micro:06}Z",
        second / 60,
        second % 60
    );
    let predicate = filter::google(&filter).expect("a filter");
    let page = register
        .list_call_records(Whose::Everybody, Order::EarliestChangeFirst, predicate, &few)
        .await;
    page.expect("a page").items.iter().map(told).collect()
}

/// Publishes until nothing is due, by a clock of its own.
async fn publish(register: Register, clock: Micros, working: &AtomicUsize) {
    let mut published = 1;
    while published > 0 {
        published = register.publish(clock).await.expect("published");
    }
    working.fetch_sub(1, SeqCst);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_follows_misses_nothing_that_several_publish() {
    each_location(async |location| {
        let db = Db::open(&location).await.expect("a new database opens");
        unpublished(&db).await;
        let follower = Register::new(db);
        let working: &'static AtomicUsize = Box::leak(Box::new(AtomicUsize::new(0)));
        for number in 0..PUBLISHERS {
            let db = Db::open(&location).await.expect("another server opens it");
            working.fetch_add(1, SeqCst);
            // Their clocks differ.
            tokio::spawn(publish(Register::new(db), at(900 + number * 7 % 5), working));
        }
        let (mut known, mut newest) = (BTreeSet::new(), at(0));
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let is_over = working.load(SeqCst) == 0;
            let found = newer(&follower, newest).await;
            if is_over && found.is_empty() {
                break;
            }
            assert!(Instant::now() < deadline, "still {working:?} at work");
            for (id, modified) in found {
                assert!(modified > newest, "one after the other");
                assert!(known.insert(id), "told twice");
                newest = modified;
            }
        }
        let all = usize::try_from(MEETINGS).expect("few") + CALLS;
        assert_eq!(known.len(), all, "of {all}");
    })
    .await;
}

#[tokio::test]
async fn versions_have_times_of_their_own_whatever_the_clock_does() {
    each_engine(async |db| {
        unpublished(&db).await;
        let register = Register::new(db.clone());
        while register.publish(at(900)).await.expect("published") > 0 {}
        let again = "update call set due_us = 0 where id = 'call 7'";
        db.write(vec![Statement::new(again, vec![]).expect(1)])
            .await
            .expect("due");
        // The clock was set back.
        assert_eq!(register.publish(at(800)).await.expect("published"), 1);
        let query = Query {
            page_size: 1,
            now: at(900),
            ..Query::default()
        };
        let everything = filter::google("").expect("a filter");
        let latest = register
            .list_call_records(Whose::Everybody, Order::LatestChangeFirst, everything, &query)
            .await
            .expect("a page");
        let all = MEETINGS + i64::try_from(CALLS).expect("few");
        assert_eq!(told(&latest.items[0]), ("call 7".to_owned(), at(900).plus_us(all)));
    })
    .await;
}

/// The meetings of a page are read before its calls, and somebody may publish one of each in between.
#[tokio::test]
async fn a_list_by_change_ends_with_what_there_was_when_it_was_asked_for() {
    each_engine(async |db| {
        unpublished(&db).await;
        let register = Register::new(db.clone());
        while register.publish(at(900)).await.expect("published") > 0 {}
        let back = "update publication set latest_us = $1";
        let then = at(900).plus_us(MEETINGS);
        db.write(vec![Statement::new(back, vec![then.0.into()]).expect(1)])
            .await
            .expect("as if it was then");
        let query = Query {
            page_size: 250,
            now: at(900),
            ..Query::default()
        };
        for order in [Order::EarliestChangeFirst, Order::LatestChangeFirst] {
            let everything = filter::google("").expect("a filter");
            let page = register
                .list_call_records(Whose::Everybody, order, everything, &query)
                .await
                .expect("a page");
            let latest = page.items.iter().map(|item| told(item).1).max();
            assert_eq!(latest, Some(then), "{order:?}");
            let calls = page.items.iter().filter(|item| matches!(item, Published::Telephone(_)));
            assert_eq!(calls.count(), 1, "{order:?}");
        }
    })
    .await;
}
