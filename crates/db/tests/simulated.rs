//! The disk of the simulated world: what is read after a fault is what was stored, and a dead program does nothing.

use db::{
    Db, Error, Statement,
    testing::{Disk, Fate},
};
use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

const DONE: Fate = Fate::Done {
    answered_after: Duration::ZERO,
};

/// What a future that waits for nobody comes to; `None` if it would wait.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn insert(id: i64) -> Vec<Statement> {
    vec![Statement::new("insert into thing (id) values ($1)", vec![id.into()])]
}

fn count(db: &Db) -> Option<i64> {
    let rows = now(db.read("select count(*) from thing", vec![]))?;
    Some(rows.expect("the table is there")[0].int(0).expect("a count"))
}

#[test]
fn each_fate_stores_and_answers_as_it_says() {
    let check = |fate: Fate, answer: &str, stored: i64| {
        let mut fates = [DONE, fate].into_iter();
        let disk = Disk::new(move || fates.next().unwrap_or(DONE));
        let db = disk.open();
        let create = Statement::new("create table thing (id bigint not null primary key)", vec![]);
        now(db.write(vec![create])).expect("at once").expect("a table");
        let answered = match now(db.write(insert(1))) {
            None => "never",
            Some(Ok(())) => "done",
            Some(Err(Error::Timeout { .. })) => "not stored",
            Some(Err(Error::Uncertain { .. })) => "nobody knows",
            Some(Err(_)) => "something else",
        };
        assert_eq!(answered, answer, "{fate:?}");
        let dies = matches!(fate, Fate::Crash { .. });
        assert_eq!(disk.is_orphaned(), dies, "{fate:?}");
        assert_eq!(
            count(&db),
            (!dies).then_some(stored),
            "{fate:?}: a dead program reads nothing"
        );
        let next = disk.open();
        assert_eq!(
            count(&next),
            Some(stored),
            "{fate:?}: the next one finds what was stored"
        );
        assert!(now(db.write(insert(2))).is_none(), "{fate:?}: the one before is dead");
        now(next.write(insert(2)))
            .expect("at once")
            .expect("nothing of it was stored");
    };
    check(DONE, "done", 1);
    check(Fate::Refused, "not stored", 0);
    check(Fate::Uncertain { stored: true }, "nobody knows", 1);
    check(Fate::Uncertain { stored: false }, "nobody knows", 0);
    check(Fate::Crash { stored: true }, "never", 1);
    check(Fate::Crash { stored: false }, "never", 0);
}
