//! A real telephone is asked before it is recorded: by `*3` it agrees, by `*3` it takes that back, and what it said between the two is kept
//! and nothing else. A browser's end that speaks all the time and answers nothing is in no file.

use std::time::Duration;

use anyhow::{Context, Result};
use end_to_end::request;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    conversation::{enter, pieces_with, spoken, voice},
    meetings::{CALLER, MASKED, Space, open},
    places::told,
    recorded::Made,
    speech::{likeness, speech},
    telephone::Telephone,
    world::World,
};

const ADA_HZ: f64 = 450.0;
const TELEPHONE_HZ: f64 = 1_150.0;

/// Samples in a second.
const RATE: usize = 8_000;
/// For how long it does not agree, agrees, and does not any more: what it is told then is said in less.
const ASKED_FOR: Duration = Duration::from_secs(8);
const RECORDED_FOR: Duration = Duration::from_secs(7);
const WITHDRAWN_FOR: Duration = Duration::from_secs(5);
/// What it says is a fifth of a second each; of those in which it agrees, so many are heard at least.
const KEPT_PIECES: usize = 15;
/// A key, an answer and a voice travel for so long.
const ON_THE_WAY: usize = RATE / 2;

/// From now on people are asked.
fn ask_all(world: &World) -> Result<()> {
    let token = world.server().token("administrator@localhost")?;
    let body = json!({"asksToRecord": true});
    let path = "/sederunt/v1/meetingPolicy";
    let answer = request(world.server().address(), "PATCH", path, Some(&token), Some(&body))?;
    answer.ok().map(drop)
}

/// What the register says that people answered, in order.
fn answers(told: &Value) -> Vec<bool> {
    let all = told["answers"].as_array().into_iter().flatten();
    all.map(|answer| answer["agrees"] == true).collect()
}

/// When this is written in the log, in samples since the recording began.
fn at(made: &Made, event: &str) -> Result<usize> {
    let line = made.log.iter().find(|line| line["event"] == event);
    let at_us = line.and_then(|line| line["at_us"].as_u64());
    let at_us = at_us.with_context(|| format!("{event} in {:?}", made.log))?;
    Ok(usize::try_from(at_us / 1_000)? * RATE / 1_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_is_recorded_from_star_3_to_star_3() -> Result<()> {
    let world = open()?;
    ask_all(&world)?;
    let space = Space::make(&world, "OPEN")?;
    let ada = enter(&world, &space, "Ada").await?;
    ada.converse(spoken(&voice(ADA_HZ, 60))?).await;
    let mut telephone = Telephone::gateway(CALLER, &voice(TELEPHONE_HZ, 60), world.sip).await;
    telephone.dial(&space.uri).await;
    let there = space.telephones(&world, |all| all.len() == 1)?;
    let started = space.recording(&world, "start")?;
    let name = started["name"].as_str().context("a name")?;

    sleep(ASKED_FOR).await;
    telephone.press("*3").await;
    let agreed = told(&world, &space, name, |told| answers(told) == [true]).await?;
    assert_eq!(agreed["answers"][0]["participant"], there[0]["name"], "{agreed}");
    sleep(RECORDED_FOR).await;
    telephone.press("*3").await;
    told(&world, &space, name, |told| answers(told) == [true, false]).await?;
    sleep(WITHDRAWN_FOR).await;
    space.recording(&world, "stop")?;

    let heard = telephone.heard().await;
    for words in [
        "This meeting is being recorded. You are not, until you agree. To agree, press star 3.",
        "You are being recorded. Press star 3 to end that.",
        "You are not being recorded any more.",
    ] {
        let speech = speech(words)?;
        let windows = (0..heard.len()).step_by(3 * RATE).map(|begin| &heard[begin..]);
        let likeness = windows.map(|window| likeness(&speech, window)).fold(-1.0, f64::max);
        assert!(likeness > 0.8, "{words}: {likeness}");
    }
    let made = space.made(&world, name, |_| true)?;
    check(&made)
}

fn check(made: &Made) -> Result<()> {
    assert_eq!(made.tracks.keys().collect::<Vec<_>>(), [MASKED], "nobody else agreed");
    let (from, to) = (at(made, "agreed")?, at(made, "withdrawn")?);
    for (what, sound) in [("its file", &made.tracks[MASKED]), ("the mix", &made.mix)] {
        let pieces =
            |from: usize, to: usize| pieces_with(&sound[from.min(sound.len())..to.min(sound.len())], TELEPHONE_HZ);
        assert_eq!(pieces(0, from - ON_THE_WAY), 0, "{what}, before it agreed");
        let kept = pieces(from, to);
        assert!(kept >= KEPT_PIECES, "{what} has {kept} pieces of it");
        assert_eq!(
            pieces(to + ON_THE_WAY, sound.len()),
            0,
            "{what}, after it took that back"
        );
        assert_eq!(pieces_with(sound, ADA_HZ), 0, "{what} has Ada");
    }
    Ok(())
}
