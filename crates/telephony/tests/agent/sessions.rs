//! Calls that are refreshed or not, by peers that keep to the letter: what is agreed on, what is asked and what ends.

use telephony::{
    LegId,
    agent::{By, Cause, Dial, Place, Shown, session::Sessions},
};

use super::{DOMAIN, LOCAL, OneDomain, PATIENCE, World, sipp::Sipp};

/// Shorter than anybody has them, so that nobody waits.
const SHORT: Sessions = Sessions {
    interval_s: 4,
    min_s: 2,
};

/// Somebody calls, is answered, and it ends so.
async fn check(scenario: &str, expected: Cause) {
    let mut world = World::with(OneDomain::default(), SHORT).await;
    let peer = Sipp::calling(scenario, LOCAL, world.agent.address(), DOMAIN);
    let leg = world.incoming().await;
    world.agent.answer(leg);
    world.answered(leg).await;
    world.ended(leg, expected).await;
    peer.plays_out().await;
    world.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_refreshed_by_us() {
    check("is_refreshed", Cause::HungUp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_other_side_does_not_refresh_is_ended() {
    check("never_refreshes", Cause::TimedOut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_which_the_other_side_knows_nothing_any_more_is_ended() {
    check("is_gone", Cause::TimedOut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_meets_ours_is_to_be_made_again() {
    check("offers_at_once", Cause::HungUp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_of_ours_that_met_another_is_made_again() {
    check("is_asked_again", Cause::HungUp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_held_and_goes_on() {
    check("holds", Cause::HungUp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_to_refresh_too_often_is_told_how_often_they_may() {
    let world = World::with(OneDomain::default(), SHORT).await;
    let peer = Sipp::calling("asks_too_often", LOCAL, world.agent.address(), DOMAIN);
    peer.plays_out().await;
    world.close();
}

/// We call somebody who wants such an interval.
async fn calls(scenario: &str, interval: &str) -> (World, LegId, Sipp) {
    let world = World::with(OneDomain::default(), SHORT).await;
    let peer = Sipp::called(scenario, interval);
    let leg = LegId::next();
    let to = peer.address();
    let address = to.rsplit_once('@').expect("an address").1.parse().expect("a socket");
    let dial = Dial {
        at: Some(Place { address, by: By::Udp }),
        to,
        caller: "help".to_owned(),
        domain: DOMAIN.to_owned(),
        shown: Shown::ToAll,
        sip_call_id: format!("{interval}@{DOMAIN}"),
        credential: None,
        g711_only: false,
        timeout: PATIENCE,
    };
    world.agent.dial(leg, &dial).expect("an address");
    (world, leg, peer)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_to_refresh_more_seldom_is_asked_again() {
    let (mut world, leg, peer) = calls("wants_longer", "3600").await;
    world.is_answered_after_ringing().await;
    world.agent.hang_up(leg);
    world.ended(leg, Cause::WeHungUp).await;
    peer.plays_out().await;
    world.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_content_with_nothing_is_not_asked_for_ever() {
    // Ours is longer already, theirs is longer than anybody waits, or they say none.
    for interval in ["2", "100000", "soon"] {
        let (mut world, leg, peer) = calls("wants_too_long", interval).await;
        world.ended(leg, Cause::Status(422)).await;
        peer.plays_out().await;
        world.close();
    }
}
