//! Telephones in a meeting with a browser: real datagrams one way, beats the other, and voices that are told apart by their tones.

#![expect(clippy::unwrap_used, reason = "whatever fails here fails the test")]

mod sound;
mod world;

use std::time::Duration;

use gateway::Told;
use media::{DisconnectReason, Event, LostCause, Rights};
use tokio::time::sleep;

use sound::{decoded, loudest, spoken, voice};
use world::World;

/// The tones of the three.
const ADA_HZ: f64 = 450.0;
const BEN_HZ: f64 = 700.0;
const CLEO_HZ: f64 = 1_150.0;

/// A tone that was said is heard with at least so much, and one that was not with at most so much.
const HEARD: f64 = 700.0;
const NOT_HEARD: f64 = 120.0;

fn check(who: &str, heard: &[i16], expected: [(f64, bool); 3]) {
    for (hz, is_heard) in expected {
        let amplitude = loudest(heard, hz);
        let is_as_expected = if is_heard {
            amplitude > HEARD
        } else {
            amplitude < NOT_HEARD
        };
        assert!(is_as_expected, "{who} hears {hz} Hz at {amplitude:.0}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_hears_the_others_and_nobody_themselves() {
    let mut world = World::new();
    let ada = world.browser("ada").await;
    let ben = world.telephone_inside("ben").await;
    let cleo = world.telephone_inside("cleo").await;
    ada.converse(vec![]).await;
    sleep(Duration::from_millis(500)).await;
    assert!(ada.take_heard().await.is_empty(), "who says nothing sends nothing");

    ada.converse(spoken(&voice(ADA_HZ, 200))).await;
    ben.says(&voice(BEN_HZ, 200));
    cleo.says(&voice(CLEO_HZ, 200));
    sleep(Duration::from_millis(4_500)).await;
    let ada_heard = decoded(&ada.take_heard().await);
    check("Ada", &ada_heard, [(ADA_HZ, false), (BEN_HZ, true), (CLEO_HZ, true)]);
    let ben_heard = ben.take_heard();
    check("Ben", &ben_heard, [(ADA_HZ, true), (BEN_HZ, false), (CLEO_HZ, true)]);
    let cleo_heard = cleo.take_heard();
    check("Cleo", &cleo_heard, [(ADA_HZ, true), (BEN_HZ, true), (CLEO_HZ, false)]);
    let last = &ben_heard[ben_heard.len() - 800..];
    assert!(
        last.iter().any(|sample| *sample != 0) && last.iter().all(|sample| sample.abs() < 60),
        "a silence is not digital"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_heard_at_the_door_or_while_muted() {
    let mut world = World::new();
    let ada = world.browser("ada").await;
    let mut ben = world.telephone("ben").await;
    world.media.keep_waiting("ben").unwrap();
    assert_eq!(ben.told().await, Some(Told::Waiting));
    ada.converse(spoken(&voice(ADA_HZ, 1_000))).await;
    ben.says(&voice(BEN_HZ, 1_000));
    sleep(Duration::from_millis(600)).await;
    check(
        "Ben",
        &ben.take_heard(),
        [(ADA_HZ, false), (BEN_HZ, false), (CLEO_HZ, false)],
    );
    assert!(ada.take_heard().await.is_empty());

    world.let_in("ben");
    assert_eq!(ben.told().await, Some(Told::Joined));
    sleep(Duration::from_millis(1_500)).await;
    check(
        "Ben",
        &ben.take_heard(),
        [(ADA_HZ, true), (BEN_HZ, false), (CLEO_HZ, false)],
    );
    let is_heard = async || loudest(&decoded(&ada.take_heard().await), BEN_HZ) > HEARD;
    assert!(is_heard().await);

    world.media.mute("ben");
    assert_eq!(ben.told().await, Some(Told::Muted));
    sleep(Duration::from_millis(300)).await;
    ada.take_heard().await;
    sleep(Duration::from_millis(500)).await;
    assert!(!is_heard().await && ben.attendance.is_muted());
    assert!(!ben.attendance.mute(false), "he may unmute himself");
    sleep(Duration::from_secs(1)).await;
    assert!(is_heard().await);

    let nothing = r#"{"resources":[{"id":1,"moderation":{"permissions":{"microphone":false}}}]}"#;
    world.media.permit("ben", Rights::NONE);
    world.media.tell("ben", nothing.into());
    assert_eq!(ben.told().await, Some(Told::Muted));
    assert!(ben.attendance.mute(false), "he stays muted");
    sleep(Duration::from_millis(300)).await;
    ada.take_heard().await;
    sleep(Duration::from_millis(500)).await;
    assert!(!is_heard().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_goes_up_and_down() {
    let mut world = World::new();
    let mut ben = world.telephone_inside("ben").await;
    ben.attendance.raise_hand(true);
    assert_eq!(ben.told().await, Some(Told::Hand(true)));
    ben.attendance.raise_hand(false);
    assert_eq!(ben.told().await, Some(Told::Hand(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_put_out_is_told_why() {
    let mut world = World::new();
    for reason in [
        DisconnectReason::Removed,
        DisconnectReason::ConferenceEnded,
        DisconnectReason::ShuttingDown,
    ] {
        let mut ben = world.telephone_inside("ben").await;
        world.remove("ben", reason);
        assert_eq!(ben.told().await, Some(Told::Disconnected(reason)));
        assert_eq!(ben.told().await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_that_goes_is_lost_as_a_browser_is() {
    let lost = |expected: &'static str, cause| move |event: &Event| matches!(event, Event::Lost { session, cause: how, .. } if session == expected && *how == cause);
    let mut world = World::new();
    let ben = world.telephone_inside("ben").await;
    ben.attendance.leave();
    world.until("he left", lost("ben", LostCause::Left)).await;
    let cleo = world.telephone_inside("cleo").await;
    cleo.drop_attendance();
    world.until("dropped", lost("cleo", LostCause::Closed)).await;
    let dan = world.telephone_inside("dan").await;
    dan.stand_still();
    world.until("silent", lost("dan", LostCause::Silent)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_on_the_way_is_made_up() {
    let mut world = World::new();
    let ada = world.browser("ada").await;
    let ben = world.telephone_inside("ben").await;
    ada.lose(33).await;
    ada.converse(spoken(&voice(ADA_HZ, 400))).await;
    sleep(Duration::from_millis(1_500)).await;
    ben.take_heard();
    sleep(Duration::from_secs(5)).await;
    let heard = ben.take_heard();
    // Between syllables the tone is at 0.15 of its height: a hole has nothing.
    let holes = heard
        .chunks_exact(80)
        .filter(|piece| loudest(piece, ADA_HZ) < 60.0)
        .count();
    assert!(holes <= 12, "{holes} of {} pieces of 10 ms are holes", heard.len() / 80);
    check("Ben", &heard, [(ADA_HZ, true), (BEN_HZ, false), (CLEO_HZ, false)]);
}
