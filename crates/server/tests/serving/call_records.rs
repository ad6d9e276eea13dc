//! Call records of meetings that were held: they are published by themselves, soon after the end.

use std::time::Duration;

use db::Db;
use filter::Predicate;
use meeting::Micros;
use register::{Order, Published, Query, Register, Whose};
use serde_json::json;
use server::clock;

use crate::world::{World, configuration, text};

/// What is promised, and some time for a machine that does much else.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_meeting_is_published_soon_after_its_end() {
    let world = World::new().await;
    let owner = world.person("Owner").await;
    let space = text(&world.space_of(&owner, json!({"accessType": "OPEN"})).await, "name");
    for name in ["Ada", "Bo"] {
        world.join(&space, None, name).await.ok();
    }
    let db = Db::open(&configuration(&world.data).store.location()).await;
    let register = Register::new(db.expect("a second process could open it too"));
    let everything = || Predicate::And(Vec::new());
    let published = async || {
        let query = Query {
            now: Micros(clock::now_us()),
            ..Query::default()
        };
        let page = register.list_call_records(Whose::Everybody, Order::NewestFirst, everything(), &query);
        page.await.expect("a page").items
    };
    assert_eq!(published().await, [], "it goes on");

    let end = format!("/v2/{space}:endActiveConference");
    world.post(Some(&owner), &end, &json!({})).await.ok();
    let awaited = async {
        loop {
            if let Some(Published::Meeting(record)) = published().await.pop() {
                break record;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let record = tokio::time::timeout(PUBLISHED_WITHIN * 4, awaited).await;
    let record = record.expect("it is published");
    let end = record.end.expect("it is over");
    let modified = record.modified.expect("it is published");
    let within_us = i64::try_from(PUBLISHED_WITHIN.as_micros()).expect("seconds");
    assert!(modified <= end.plus_us(within_us), "{end:?} {modified:?}");
    assert_eq!(record.version, 1);
    assert_eq!(record.organizer, Some(owner.user.id.clone()));
    let sessions = register.count_call_sessions(&record, &everything()).await;
    assert_eq!(sessions.expect("a count"), 2);
}
