//! Checks of the network: anybody may have one, and it is in no meeting and no record.

use attendee::{Check, Found, Way};
use serde_json::json;

use crate::world::{CHANNELS, OFFER, World, text};

const CHECKS: &str = "/sederunt/v1/networkChecks";

#[tokio::test]
async fn whoever_checks_is_answered_by_both_ways_and_is_nowhere() {
    let world = World::new().await;
    for way in [Way::Udp, Way::Tcp] {
        let check = Check::new(way.clone());
        let answered = world.post(None, CHECKS, &json!({"offer": check.offer()})).await.ok();
        let found = Box::pin(check.run(&text(&answered, "answer"))).await;
        let found = found.expect("it can be read");
        let Found::Open { sent, round_trips, .. } = found else {
            panic!("{way:?}: {found:?}");
        };
        assert!(!round_trips.is_empty() && round_trips.len() <= sent, "{way:?}");
    }
    let owner = world.person("Owner").await;
    assert_eq!(world.get(Some(&owner), "/v2/conferenceRecords").await.ok(), json!({}));
}

#[tokio::test]
async fn a_check_is_no_way_into_a_meeting_and_strangers_leave_some_to_others() {
    let world = World::new().await;
    let refused = world.post(None, CHECKS, &json!({"offer": OFFER})).await;
    refused.refused(400, "FAILED_PRECONDITION", "INVALID_OFFER");
    let offer = json!({"offer": CHANNELS});
    // As many as one client has.
    for _ in 0..64 {
        world.post(None, CHECKS, &offer).await.ok();
    }
    let refused = world.post(None, CHECKS, &offer).await;
    refused.refused(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED");
    let owner = world.person("Owner").await;
    world.post(Some(&owner), CHECKS, &offer).await.ok();
}
