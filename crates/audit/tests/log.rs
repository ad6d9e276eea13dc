//! The log on both engines.

use audit::{Action, Actor, By, Log, Query, forgetting, participant};
use db::testing::each_engine;
use meeting::UserId;

const NOW_US: i64 = 1_767_225_600_000_000;
const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;

fn ada() -> Actor {
    Actor::User(UserId::parse("100000000000000000001").expect("21 digits"))
}

fn at(address: &str, now_us: i64) -> By {
    By::remote(ada(), &address, now_us)
}

/// What the lines say that a question finds, in a word each.
async fn found(log: &Log, query: Query) -> Vec<String> {
    let events = log.list(&query).await.expect("reads").events;
    let line = |event: &audit::Event| {
        let client = event.client.as_deref().unwrap_or("-");
        let outcome = if event.refused { "refused" } else { "done" };
        format!("{} {client} {outcome} {} {}", event.action, event.times, event.detail)
            .trim_end()
            .to_owned()
    };
    events.iter().map(line).collect()
}

#[tokio::test]
async fn lines_are_found_by_who_what_whom_and_when() {
    each_engine(async |db| {
        let log = Log::new(db);
        let by = at("203.0.113.7", NOW_US);
        let later = By::command_line(NOW_US + HOUR_US);
        log.write(vec![by.did(Action::KeyCreate, "serviceAccounts/1/keys/2", "")])
            .await
            .expect("writes");
        log.write(vec![later.did(Action::KeyDelete, "serviceAccounts/1/keys/2", "why")])
            .await
            .expect("writes");
        let (made, gone) = ("key.create 203.0.113.7 done 1", "key.delete - done 1 why");
        let actor = |actor: &str| Query {
            actor: actor.to_owned(),
            ..Query::default()
        };
        let action = |action: &str| Query {
            action: action.to_owned(),
            ..Query::default()
        };
        let subject = |subject: &str| Query {
            subject: subject.to_owned(),
            ..Query::default()
        };
        let between = |start_us, end_us| Query {
            start_us: Some(start_us),
            end_us: Some(end_us),
            ..Query::default()
        };
        for (query, expected) in [
            (Query::default(), &[gone, made][..]),
            (actor("users/100000000000000000001"), &[made]),
            (actor("commandLine"), &[gone]),
            (actor("users/1"), &[]),
            (actor("\0"), &[]),
            // What is not there is not found by leaving some of it out.
            (actor("command\0Line"), &[]),
            (action("key.\0create"), &[]),
            (subject("service\0Accounts/1/keys/2"), &[]),
            (action("key."), &[gone, made]),
            (action("key.create"), &[made]),
            (action("KEY"), &[]),
            (subject("serviceAccounts/1/keys/2"), &[gone, made]),
            (subject("serviceAccounts/1"), &[]),
            (between(NOW_US, NOW_US + HOUR_US), &[made]),
            (between(NOW_US + 1, i64::MAX), &[gone]),
        ] {
            assert_eq!(found(&log, query.clone()).await, expected, "{query:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_whatever_is_added() {
    each_engine(async |db| {
        let log = Log::new(db);
        let by = at("203.0.113.7", NOW_US);
        let lines = (0..5).map(|number: i32| by.did(Action::AppCreate, "", &number.to_string()));
        log.write(lines.collect()).await.expect("writes");
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let query = Query {
                size: 2,
                after,
                ..Query::default()
            };
            let page = log.list(&query).await.expect("reads");
            seen.extend(page.events.into_iter().map(|event| event.detail));
            let newer = at("203.0.113.7", NOW_US + 1);
            log.write(vec![newer.did(Action::AppDelete, "", "newer")])
                .await
                .expect("writes");
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        seen.sort();
        assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    })
    .await;
}

#[tokio::test]
async fn strangers_who_guess_fill_nothing() {
    each_engine(async |db| {
        let log = Log::new(db);
        let by = By::remote(Actor::Nobody, &"203.0.113.7", NOW_US);
        for _ in 0..100 {
            log.refused(&by, Action::SignInByPassword, "", "the password is wrong")
                .await
                .expect("writes");
        }
        let line = "sign_in.password 203.0.113.7 refused 1 the password is wrong";
        assert_eq!(found(&log, Query::default()).await, [line; 5]);
        log.write_counts(NOW_US + MINUTE_US - 1).await.expect("writes");
        assert_eq!(found(&log, Query::default()).await.len(), 5);
        log.write_counts(NOW_US + MINUTE_US).await.expect("writes");
        let counted = "sign_in.refused 203.0.113.7 refused 95 more of the minute before";
        assert_eq!(found(&log, Query::default()).await[0], counted);
        log.write_counts(NOW_US + 2 * MINUTE_US).await.expect("writes");
        assert_eq!(found(&log, Query::default()).await.len(), 6);
    })
    .await;
}

#[tokio::test]
async fn what_a_program_does_all_the_time_has_a_line_an_hour() {
    each_engine(async |db| {
        let log = Log::new(db);
        for (after_us, detail, lines) in [
            (0, "scope", 1),
            (HOUR_US - 1, "scope", 1),
            (HOUR_US - 1, "another", 2),
            (HOUR_US, "scope", 3),
        ] {
            let by = at("203.0.113.7", NOW_US + after_us);
            log.at_intervals(&by, Action::TokenIssue, "users/1", detail)
                .await
                .expect("writes");
            assert_eq!(found(&log, Query::default()).await.len(), lines, "{after_us} {detail}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_old_goes_and_what_a_person_did_stays_without_their_address() {
    each_engine(async |db| {
        let log = Log::new(db.clone());
        let line = |now_us, address: &str| at(address, now_us).did(Action::AppCreate, "", "");
        let many = (0..1_001).map(|number| line(NOW_US + number, "203.0.113.7"));
        log.write(many.collect()).await.expect("writes");
        log.write(vec![line(NOW_US + HOUR_US, "203.0.113.8")])
            .await
            .expect("writes");
        for more in [true, true, false] {
            assert_eq!(log.delete_before(NOW_US + HOUR_US).await.expect("deletes"), more);
        }
        assert_eq!(found(&log, Query::default()).await, ["app.create 203.0.113.8 done 1"]);
        let put_out = By::command_line(NOW_US + HOUR_US + 1);
        let line = |id| put_out.did(Action::MeetingRemove, "conferenceRecords/1", &participant(id));
        log.write(vec![line("100000000000000000001")]).await.expect("writes");
        let tried = By::remote(Actor::Nobody, &"203.0.113.9", NOW_US + HOUR_US + 2);
        log.refused(&tried, Action::SignInByPassword, &ada().name(), "the password is wrong")
            .await
            .expect("writes");
        let Actor::User(user) = ada() else { unreachable!() };
        db.write(forgetting(&user).to_vec()).await.expect("writes");
        assert_eq!(
            found(&log, Query::default()).await,
            [
                "sign_in.password - refused 1 the password is wrong",
                "meeting.remove - done 1",
                "app.create - done 1"
            ]
        );
    })
    .await;
}
