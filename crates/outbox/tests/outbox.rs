//! The outbox on both engines.

use db::{Db, Statement, testing::each_engine};
use outbox::{
    Event, Kind, Next, Notice, Outbox, Outcome, SubscribeError, Subscription, SubscriptionId, Topic, Tries, forgetting,
    limits,
};

const NOW_US: i64 = 1_767_225_600_000_000;
const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const RECORD: &str = "8d5d4f0e-2f0f-4a6e-9f1d-0a6d1f1f1f1f";
const ADA: &str = "100000000000000000001";

/// The subscription of this number, which hears of all for an hour.
fn subscription(number: u8) -> Subscription {
    Subscription {
        id: SubscriptionId::from_random([number; 16]),
        topic: Topic::CallRecords,
        contract: "graph".to_owned(),
        owner: "serviceAccounts/1".to_owned(),
        account: None,
        first_only: false,
        address: "https://hears.example/changes".to_owned(),
        lifecycle_address: Some("https://hears.example/lifecycle".to_owned()),
        terms: "{}".to_owned(),
        create_us: NOW_US,
        expire_us: NOW_US + HOUR_US,
    }
}

fn event(version: i64) -> Event<'static> {
    Event {
        topic: Topic::CallRecords,
        subject: RECORD,
        version,
        account: Some(ADA),
        now_us: NOW_US,
    }
}

async fn subscribed(db: &Db, subscriptions: &[Subscription]) -> Outbox {
    let outbox = Outbox::new(db.clone());
    for one in subscriptions {
        outbox.subscribe(one).await.expect("there is room");
    }
    outbox
}

/// It happened, and it is known who is to be told.
async fn spread(db: &Db, events: &[Event<'_>]) {
    db.write(events.iter().map(Event::happened).collect())
        .await
        .expect("writes");
    let outbox = Outbox::new(db.clone());
    while outbox.spread(NOW_US).await.expect("spreads") > 0 {}
}

/// What a subscription is due to be told then, in a word each.
async fn due(outbox: &Outbox, one: &Subscription, now_us: i64) -> Vec<String> {
    let due = outbox.due(&one.id, 100, now_us).await.expect("reads");
    let mut words: Vec<String> = due
        .iter()
        .map(|delivery| match delivery.kind {
            Kind::Version => format!("version {}", delivery.version),
            kind => format!("{kind:?}"),
        })
        .collect();
    words.sort();
    words
}

#[tokio::test]
async fn there_is_an_event_if_and_only_if_its_fact_is_there() {
    each_engine(async |db| {
        let one = subscription(1);
        let outbox = subscribed(&db, std::slice::from_ref(&one)).await;
        let fact = |rows| Statement::new("update lease set pings = pings + 1", Vec::new()).expect(rows);
        for (write, holds) in [
            (vec![event(1).happened(), fact(2)], false),
            (vec![event(1).happened(), fact(1)], true),
            (vec![fact(1), event(1).happened(), event(1).happened()], false),
            (vec![fact(1), event(2).happened()], true),
        ] {
            let before = due(&outbox, &one, NOW_US).await.len();
            assert_eq!(db.write(write).await.is_ok(), holds);
            assert_eq!(outbox.spread(NOW_US).await.expect("spreads"), usize::from(holds));
            assert_eq!(due(&outbox, &one, NOW_US).await.len(), before + usize::from(holds));
        }
        assert_eq!(due(&outbox, &one, NOW_US).await, ["version 1", "version 2"]);
    })
    .await;
}

#[tokio::test]
async fn who_hears_of_what() {
    each_engine(async |db| {
        let with = |number, change: fn(&mut Subscription)| {
            let mut one = subscription(number);
            change(&mut one);
            one
        };
        let rows: [(Subscription, &[&str]); 8] = [
            (subscription(1), &["version 1", "version 2", "version 3"]),
            (with(2, |one| one.first_only = true), &["version 1"]),
            (
                with(3, |one| one.account = Some(ADA.to_owned())),
                &["version 1", "version 2", "version 3"],
            ),
            (
                with(4, |one| one.account = Some("100000000000000000002".to_owned())),
                &[],
            ),
            (with(5, |one| one.create_us = NOW_US + 1), &[]),
            (with(6, |one| one.expire_us = NOW_US), &[]),
            (
                with(7, |one| one.expire_us = NOW_US + 1),
                &["version 1", "version 2", "version 3"],
            ),
            (
                with(8, |one| one.owner = "users/1".to_owned()),
                &["version 1", "version 2", "version 3"],
            ),
        ];
        let subscriptions: Vec<Subscription> = rows.iter().map(|(one, _)| one.clone()).collect();
        let outbox = subscribed(&db, &subscriptions).await;
        spread(&db, &[event(1), event(2), event(3)]).await;
        for (one, expected) in &rows {
            assert_eq!(due(&outbox, one, NOW_US).await, *expected, "{one:?}");
        }
        // Whoever asks later, and who hears of one thing, hears of that from then on.
        let later = Event {
            now_us: NOW_US + 1,
            account: None,
            ..event(4)
        };
        spread(&db, &[later]).await;
        assert_eq!(due(&outbox, &rows[2].0, NOW_US).await.len(), 3);
        assert_eq!(due(&outbox, &rows[4].0, NOW_US).await, ["version 4"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_owed_is_settled_once() {
    each_engine(async |db| {
        let (one, other) = (subscription(1), subscription(2));
        let silent = Subscription {
            lifecycle_address: None,
            ..subscription(3)
        };
        let outbox = subscribed(&db, &[one.clone(), other.clone(), silent.clone()]).await;
        spread(&db, &[event(1)]).await;
        let later_us = NOW_US + HOUR_US / 2;
        for (next, subscription, then, later) in [
            (Next::Again { due_us: later_us }, &one, vec![], vec!["version 1"]),
            (Next::Done, &one, vec![], vec![]),
            (Next::Dropped, &other, vec!["Missed"], vec!["Missed"]),
            (Next::Dropped, &silent, vec![], vec![]),
        ] {
            // A server that starts again knows what this one knows.
            let outbox = Outbox::new(db.clone());
            let deliveries = outbox.due(&subscription.id, 1, later_us).await.expect("reads");
            outbox.settle(&deliveries[0], next, NOW_US).await.expect("writes");
            assert_eq!(due(&outbox, subscription, later_us - 1).await, then, "{next:?}");
            assert_eq!(due(&outbox, subscription, later_us).await, later, "{next:?}");
        }
        // A loss is told once, however much was lost, and that this is lost too is told to nobody.
        spread(&db, &[event(2), event(3)]).await;
        for left in [2, 1, 0] {
            let deliveries = outbox.due(&other.id, 10, NOW_US).await.expect("reads");
            let delivery = deliveries.iter().find(|one| one.kind == Kind::Version || left == 0);
            outbox
                .settle(delivery.expect("something is due"), Next::Dropped, NOW_US)
                .await
                .expect("writes");
            assert_eq!(due(&outbox, &other, NOW_US).await.len(), left);
        }
    })
    .await;
}

#[tokio::test]
async fn tries_are_counted_from_when_it_was_known_who_is_told() {
    each_engine(async |db| {
        let outbox = subscribed(&db, &[subscription(1)]).await;
        spread(&db, &[event(1)]).await;
        for failures in 0..3 {
            let due = outbox.due(&subscription(1).id, 1, NOW_US).await.expect("reads");
            assert_eq!((due[0].tries.failures, due[0].tries.made_us), (failures, NOW_US));
            let again = Next::Again { due_us: NOW_US };
            outbox.settle(&due[0], again, NOW_US).await.expect("writes");
        }
    })
    .await;
}

#[tokio::test]
async fn who_has_much_waiting_hides_nobody() {
    each_engine(async |db| {
        let (busy, other) = (subscription(1), subscription(2));
        let outbox = subscribed(&db, std::slice::from_ref(&busy)).await;
        let events: Vec<Event<'_>> = (1..=250).map(event).collect();
        spread(&db, &events).await;
        outbox.subscribe(&other).await.expect("there is room");
        spread(&db, &[event(251)]).await;
        let awaiting = outbox.awaiting(NOW_US).await.expect("reads");
        assert_eq!(awaiting.len(), 2, "{awaiting:?}");
        assert_eq!(outbox.due(&busy.id, 4, NOW_US).await.expect("reads").len(), 4);
        assert_eq!(due(&outbox, &other, NOW_US).await, ["version 251"]);
        let backlog = outbox.backlog().await.expect("reads");
        assert_eq!((backlog.deliveries, backlog.oldest_us), (252, Some(NOW_US)));
    })
    .await;
}

#[tokio::test]
async fn a_subscription_is_read_changed_and_ended_by_its_contract_while_it_lasts() {
    each_engine(async |db| {
        let one = subscription(1);
        let outbox = subscribed(&db, &[one.clone(), subscription(2)]).await;
        let read = async |contract, now_us| outbox.subscription(contract, &one.id, now_us).await.expect("reads");
        assert_eq!(read("graph", NOW_US).await.as_ref(), Some(&one));
        assert_eq!(read("another", NOW_US).await, None);
        assert_eq!(read("graph", one.expire_us).await, None);
        let all = outbox
            .subscriptions_of("graph", &one.owner, NOW_US)
            .await
            .expect("reads");
        assert_eq!(all, [one.clone(), subscription(2)]);
        assert!(
            outbox
                .subscriptions_of("graph", "users/1", NOW_US)
                .await
                .expect("reads")
                .is_empty()
        );

        let longer = Subscription {
            address: "https://hears.example/elsewhere".to_owned(),
            expire_us: NOW_US + 3 * HOUR_US,
            ..one.clone()
        };
        assert!(
            !outbox.renew(&longer, one.expire_us).await.expect("writes"),
            "it was gone by then"
        );
        assert!(outbox.renew(&longer, NOW_US).await.expect("writes"));
        assert_eq!(read("graph", NOW_US + 2 * HOUR_US).await, Some(longer.clone()));

        spread(&db, &[event(1)]).await;
        assert!(outbox.unsubscribe(&one.id, NOW_US).await.expect("writes"));
        assert!(!outbox.unsubscribe(&one.id, NOW_US).await.expect("writes"));
        assert_eq!(read("graph", NOW_US).await, None);
        assert!(due(&outbox, &one, NOW_US).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn owners_are_reminded_once_with_a_quarter_of_the_time_left() {
    each_engine(async |db| {
        let (one, silent) = (
            subscription(1),
            Subscription {
                lifecycle_address: None,
                ..subscription(2)
            },
        );
        let outbox = subscribed(&db, &[one.clone(), silent.clone()]).await;
        let reminded = async |now_us: i64| {
            outbox.remind(now_us).await.expect("writes");
            let due = outbox.due(&one.id, 10, now_us).await.expect("reads");
            due.first().cloned()
        };
        assert_eq!(reminded(NOW_US + 45 * MINUTE_US - 1).await, None);
        let owed = reminded(NOW_US + 45 * MINUTE_US).await.expect("it is time");
        assert_eq!(owed.kind, Kind::ExpiresSoon);
        outbox.settle(&owed, Next::Done, NOW_US).await.expect("writes");
        assert_eq!(reminded(NOW_US + 59 * MINUTE_US).await, None);
        assert!(due(&outbox, &silent, NOW_US + 59 * MINUTE_US).await.is_empty());
        // Whoever renews is reminded again, and of nothing before.
        let renewed = Subscription {
            expire_us: NOW_US + 100 * MINUTE_US,
            ..one.clone()
        };
        assert!(outbox.renew(&renewed, NOW_US + 20 * MINUTE_US).await.expect("writes"));
        assert_eq!(reminded(NOW_US + 80 * MINUTE_US - 1).await, None);
        let owed = reminded(NOW_US + 80 * MINUTE_US).await.expect("it is time");
        // Whoever moves and does not renew is still owed it, and once.
        let moved = Subscription {
            address: "https://hears.example/moved".to_owned(),
            ..renewed.clone()
        };
        assert!(outbox.renew(&moved, NOW_US + 81 * MINUTE_US).await.expect("writes"));
        assert_eq!(reminded(NOW_US + 81 * MINUTE_US).await.as_ref(), Some(&owed));
        outbox.settle(&owed, Next::Done, NOW_US).await.expect("writes");
        assert!(outbox.renew(&moved, NOW_US + 82 * MINUTE_US).await.expect("writes"));
        assert_eq!(reminded(NOW_US + 99 * MINUTE_US).await, None);
        let longer = Subscription {
            expire_us: NOW_US + 200 * MINUTE_US,
            ..moved
        };
        assert!(outbox.renew(&longer, NOW_US + 99 * MINUTE_US).await.expect("writes"));
        assert!(reminded(NOW_US + 199 * MINUTE_US).await.is_some());
        let longest = Subscription {
            expire_us: NOW_US + 300 * MINUTE_US,
            ..longer
        };
        assert!(outbox.renew(&longest, NOW_US + 199 * MINUTE_US).await.expect("writes"));
        assert_eq!(reminded(NOW_US + 200 * MINUTE_US).await, None);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_hear_any_more_is_told_so_and_nothing_else() {
    each_engine(async |db| {
        let (one, silent) = (
            subscription(1),
            Subscription {
                lifecycle_address: None,
                ..subscription(2)
            },
        );
        let outbox = subscribed(&db, &[one.clone(), silent.clone()]).await;
        spread(&db, &[event(1)]).await;
        for subscription in [&one, &silent] {
            assert!(outbox.remove(&subscription.id, NOW_US).await.expect("writes"));
            assert!(!outbox.remove(&subscription.id, NOW_US).await.expect("writes"));
            assert_eq!(
                outbox
                    .subscription("graph", &subscription.id, NOW_US)
                    .await
                    .expect("reads"),
                None
            );
        }
        spread(&db, &[event(2)]).await;
        assert_eq!(due(&outbox, &one, NOW_US).await, ["Removed"]);
        assert!(due(&outbox, &silent, NOW_US).await.is_empty());
        // Until when it would have lasted is told as it was, and also to whoever is reached only later than that.
        let late_us = one.expire_us + HOUR_US;
        for now_us in [NOW_US, late_us] {
            let awaiting = outbox.awaiting(now_us).await.expect("reads");
            assert_eq!(awaiting, std::slice::from_ref(&one));
        }
        let kept = async |now_us| {
            outbox.delete_expired(now_us).await.expect("writes");
            let rows = db.read("select count(*) from outbox_subscription", vec![]).await;
            rows.expect("reads")[0].int(0).expect("a number")
        };
        assert_eq!(kept(late_us).await, 1);
        let owed = outbox.due(&one.id, 1, late_us).await.expect("reads").remove(0);
        outbox.settle(&owed, Next::Done, late_us).await.expect("writes");
        assert_eq!(kept(late_us).await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_has_expired_goes() {
    each_engine(async |db| {
        let (short, long) = (
            subscription(1),
            Subscription {
                expire_us: NOW_US + 70 * HOUR_US,
                ..subscription(2)
            },
        );
        let outbox = subscribed(&db, &[short.clone(), long.clone()]).await;
        spread(&db, &[event(1), event(2)]).await;
        let waiting = async |now_us| {
            outbox.delete_expired(now_us).await.expect("writes");
            outbox.backlog().await.expect("reads").deliveries
        };
        assert_eq!(waiting(short.expire_us - 1).await, 4);
        assert_eq!(waiting(short.expire_us).await, 2);
        assert_eq!(waiting(NOW_US + 24 * HOUR_US).await, 2);
        // Who was not told for a day is told that, and no more.
        assert_eq!(waiting(NOW_US + 24 * HOUR_US + 1).await, 1);
        assert_eq!(due(&outbox, &long, NOW_US + 25 * HOUR_US).await, ["Missed"]);
    })
    .await;
}

#[tokio::test]
async fn there_are_only_so_many_subscriptions() {
    each_engine(async |db| {
        let outbox = Outbox::new(db);
        let max = u8::try_from(limits::SUBSCRIPTIONS_PER_OWNER_MAX).expect("a small number");
        for number in 0..max {
            outbox.subscribe(&subscription(number)).await.expect("there is room");
        }
        let refused = outbox.subscribe(&subscription(max)).await;
        assert!(matches!(refused, Err(SubscribeError::TooMany)), "{refused:?}");
        // Another one's are not theirs, and what has expired does not count.
        for more in [
            Subscription {
                owner: "users/1".to_owned(),
                ..subscription(max)
            },
            Subscription {
                create_us: NOW_US + HOUR_US,
                ..subscription(max + 1)
            },
        ] {
            outbox.subscribe(&more).await.expect("there is room");
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_forgotten_is_in_no_row() {
    each_engine(async |db| {
        let own = Subscription {
            owner: format!("users/{ADA}"),
            account: Some(ADA.to_owned()),
            ..subscription(1)
        };
        let outbox = subscribed(&db, &[own.clone(), subscription(2)]).await;
        db.write(vec![event(1).happened()]).await.expect("writes");
        db.write(forgetting(ADA).to_vec()).await.expect("writes");
        for (table, column) in [("outbox_event", "account"), ("outbox_subscription", "account")] {
            let sql = format!("select 1 from {table} where {column} is not null limit 1");
            assert!(db.read(&sql, Vec::new()).await.expect("reads").is_empty(), "{table}");
        }
        assert_eq!(outbox.spread(NOW_US).await.expect("spreads"), 1);
        assert_eq!(due(&outbox, &subscription(2), NOW_US).await, ["version 1"]);
        assert!(due(&outbox, &own, NOW_US).await.is_empty());
    })
    .await;
}

#[test]
fn ids_are_uuids() {
    let id = SubscriptionId::from_random([0xff; 16]);
    assert_eq!(id.as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    for (text, is_one) in [
        ("ffffffff-ffff-4fff-bfff-ffffffffffff", true),
        ("FFFFFFFF-ffff-4fff-bfff-ffffffffffff", true),
        ("", false),
        ("ffffffff-ffff-4fff-bfff-fffffffffff", false),
        ("ffffffffffff-4fff-bfff-ffffffffffff-", false),
        ("ffffffff-ffff-4fff-bfff-fffffffffffg", false),
        ("ffffffff-ffff-4fff-bfff-ffffffffff\u{e9}", false),
    ] {
        assert_eq!(SubscriptionId::parse(text), is_one.then(|| id.clone()), "{text}");
    }
}

const STATES: [i64; 3] = [2, 4, 5];

/// A step of this call, which is told at this server.
fn notice(call: &str, version: i64, server: &str) -> Notice {
    Notice {
        topic: Topic::CallStates,
        subject: call.to_owned(),
        version,
        sender: "support".to_owned(),
        address: format!("{server}/states?call={call}"),
        text: format!("{call} is {version}"),
        tries: Tries {
            made_us: NOW_US,
            failures: 0,
        },
    }
}

/// The notices that a server is due to be told then: each call with its step.
async fn noticed(outbox: &Outbox, server: &str, now_us: i64) -> Vec<(String, i64)> {
    let due = outbox.notices_due(server, 100, now_us).await.expect("reads");
    let mut due: Vec<(String, i64)> = due.into_iter().map(|notice| (notice.subject, notice.version)).collect();
    due.sort();
    due
}

#[tokio::test]
async fn there_is_a_notice_if_and_only_if_its_fact_is_there() {
    each_engine(async |db| {
        let outbox = Outbox::new(db.clone());
        let one = notice("a", 2, "https://app.example");
        let fact = |rows| Statement::new("update lease set pings = pings + 1", Vec::new()).expect(rows);
        for (write, holds) in [
            (vec![one.posted(), fact(2)], false),
            (vec![one.posted(), one.posted(), fact(1)], false),
            (vec![one.posted(), fact(1)], true),
            (vec![fact(1), one.posted()], false),
        ] {
            assert_eq!(db.write(write).await.is_ok(), holds);
        }
        assert_eq!(outbox.receivers_awaiting(NOW_US - 1).await.expect("reads"), [""; 0]);
        let receivers = outbox.receivers_awaiting(NOW_US).await.expect("reads");
        assert_eq!(receivers, ["https://app.example"]);
        let due = outbox.notices_due("https://app.example", 9, NOW_US).await;
        assert_eq!(due.expect("reads"), [one]);
        let backlog = outbox.backlog().await.expect("reads");
        assert_eq!((backlog.deliveries, backlog.oldest_us), (1, Some(NOW_US)));
    })
    .await;
}

#[tokio::test]
async fn notices_of_one_call_wait_for_each_other_while_that_is_quick() {
    each_engine(async |db| {
        let (outbox, server) = (Outbox::new(db.clone()), "https://app.example");
        let calls = ["a", "b"].into_iter();
        let posted = calls.flat_map(|call| STATES.map(|state| notice(call, state, server).posted()));
        db.write(posted.collect()).await.expect("writes");
        let step = |call: &str, version| (call.to_owned(), version);
        assert_eq!(noticed(&outbox, server, NOW_US).await, [step("a", 2), step("b", 2)]);

        // One is told, and the next is due; the other fails, and what follows waits for it as long as seconds pass between its tries.
        outbox
            .settle_notice(&notice("b", 2, server), Next::Done)
            .await
            .expect("writes");
        let mut failing = notice("a", 2, server);
        let mut now_us = NOW_US;
        for failures in 1..=5 {
            let next = failing.after(Outcome::Failed, now_us);
            let Next::Again { due_us } = next else {
                panic!("{next:?}")
            };
            outbox.settle_notice(&failing, next).await.expect("writes");
            failing.tries.failures = failures;
            let waits = failures < 5;
            let expected = if waits {
                vec![step("b", 4)]
            } else {
                vec![step("a", 4), step("b", 4)]
            };
            assert_eq!(noticed(&outbox, server, now_us).await, expected, "{failures} failures");
            if waits {
                let due = noticed(&outbox, server, due_us).await;
                assert_eq!(due, [step("a", 2), step("b", 4)], "{failures} failures");
            }
            now_us = due_us;
        }
        // It is still tried, beside those after it.
        let due = noticed(&outbox, server, now_us).await;
        assert_eq!(due, [step("a", 2), step("a", 4), step("b", 4)]);
        failing.tries.failures = 8;
        outbox
            .settle_notice(&failing, failing.after(Outcome::Failed, now_us))
            .await
            .expect("writes");
        assert_eq!(
            noticed(&outbox, server, now_us).await,
            [step("a", 4), step("b", 4)],
            "it is given up"
        );
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_gone_stands_in_nobodys_way() {
    each_engine(async |db| {
        let outbox = Outbox::new(db.clone());
        let gone = (0..50).map(|call| notice(&format!("gone-{call}"), 2, "https://gone.example").posted());
        db.write(gone.collect()).await.expect("writes");
        let other = notice("a", 2, "https://app.example:8443");
        db.write(vec![other.posted()]).await.expect("writes");
        let mut receivers = outbox.receivers_awaiting(NOW_US).await.expect("reads");
        receivers.sort();
        assert_eq!(receivers, ["https://app.example:8443", "https://gone.example"]);
        assert_eq!(
            outbox
                .notices_due("https://gone.example", 4, NOW_US)
                .await
                .expect("reads")
                .len(),
            4
        );
        assert_eq!(
            outbox
                .notices_due("https://app.example:8443", 4, NOW_US)
                .await
                .expect("reads"),
            [other]
        );

        // What waits longer than anything may is forgotten.
        outbox.delete_expired(NOW_US + 24 * HOUR_US).await.expect("writes");
        assert_eq!(outbox.backlog().await.expect("reads").deliveries, 51);
        outbox.delete_expired(NOW_US + 24 * HOUR_US + 1).await.expect("writes");
        assert_eq!(outbox.backlog().await.expect("reads").deliveries, 0);
    })
    .await;
}
