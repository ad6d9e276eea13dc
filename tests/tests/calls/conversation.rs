//! Two browsers' ends and a real telephone in one meeting, through the whole server: each hears the tones of the other two, and not its own.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use attendee::{Attendee, Heard, Offered, Spoken, State};
use audio::opus::{Decoder, Encoder, level_dbov};
use end_to_end::request;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{
    meetings::{CALLER, Space, open},
    telephone::Telephone,
    world::{PATIENCE, World},
};

/// The tones of the three.
const ADA_HZ: f64 = 450.0;
const BEN_HZ: f64 = 700.0;
const TELEPHONE_HZ: f64 = 1_150.0;

/// A fifth of a second, in which a tone is there or not.
const PIECE_SAMPLES: usize = 1_600;
/// The amplitude from which on it is: a speaker is brought to some thousands.
const AUDIBLE: f64 = 500.0;
/// Of twenty-five pieces in five seconds, those in which one who speaks is there at least, and one who does not at most: prompts are made
/// of many tones.
const HEARD_PIECES: usize = 12;
const STRAY_PIECES: usize = 4;

/// A tone that comes and goes as syllables do.
pub(super) fn voice(hz: f64, length_s: u32) -> Vec<i16> {
    let sample = |place: u32| {
        let time_s = f64::from(place) / 8_000.0;
        let syllable = 0.15 + 0.85 * (std::f64::consts::PI * 2.5 * time_s).sin().powi(2);
        let sample = (std::f64::consts::TAU * hz * time_s).sin() * syllable * 8_000.0;
        #[expect(clippy::cast_possible_truncation, reason = "below the amplitude")]
        let sample = sample as i16;
        sample
    };
    (0..length_s * 8_000).map(sample).collect()
}

/// As a browser sends it.
pub(super) fn spoken(voice: &[i16]) -> Result<Vec<Spoken>> {
    let mut encoder = Encoder::new(48_000, 32_000);
    let packets = voice.chunks_exact(160).map(|frame| {
        let wide: Vec<i16> = frame.iter().flat_map(|sample| [*sample; 6]).collect();
        Ok(Spoken {
            payload: encoder.encode(&wide)?,
            level_dbov: level_dbov(frame),
        })
    });
    packets.collect()
}

/// As a browser hears it, line after line.
fn decoded(heard: &[Heard]) -> Result<Vec<i16>> {
    let mut lines: BTreeMap<u32, BTreeMap<u64, &Heard>> = BTreeMap::new();
    for packet in heard {
        lines.entry(packet.line).or_default().insert(packet.sequence, packet);
    }
    let mut samples = vec![];
    for line in lines.into_values() {
        let mut decoder = Decoder::new(8_000);
        for packet in line.into_values() {
            samples.extend(decoder.decode(&packet.payload)?);
        }
    }
    Ok(samples)
}

/// How loud a tone is in this (Goertzel).
pub(super) fn amplitude(piece: &[i16], hz: f64) -> f64 {
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (place, sample) in (0_u32..).zip(piece) {
        let angle = std::f64::consts::TAU * hz * f64::from(place) / 8_000.0;
        real += f64::from(*sample) * angle.cos();
        imaginary += f64::from(*sample) * angle.sin();
    }
    let length = f64::from(u32::try_from(piece.len()).expect("a fifth of a second"));
    2.0 * f64::hypot(real, imaginary) / length
}

/// In how many pieces of this a tone is there.
pub(super) fn pieces_with(samples: &[i16], hz: f64) -> usize {
    samples
        .chunks_exact(PIECE_SAMPLES)
        .filter(|piece| amplitude(piece, hz) > AUDIBLE)
        .count()
}

fn check(who: &str, heard: &[i16], own: f64) {
    for hz in [ADA_HZ, BEN_HZ, TELEPHONE_HZ] {
        let pieces = pieces_with(heard, hz);
        let is_as_it_should = if hz.total_cmp(&own).is_eq() {
            pieces <= STRAY_PIECES
        } else {
            pieces >= HEARD_PIECES
        };
        assert!(is_as_it_should, "{who} hears {hz} Hz in {pieces} pieces");
    }
}

pub(super) async fn enter(world: &World, space: &Space, name: &str) -> Result<Attendee> {
    let offered = Offered::new(name.as_bytes()[0]).await?;
    let body = json!({"displayName": name, "offer": offered.sdp()});
    let path = format!("/sederunt/v1/{}:join", space.name);
    let joined = request(world.server().address(), "POST", &path, None, Some(&body))?.ok()?;
    let mut attendee = offered.accept(joined["answer"].as_str().context("an answer")?);
    let state = timeout(PATIENCE, attendee.settled()).await?;
    ensure!(state == State::Joined, "{name} is {state:?}");
    Ok(attendee)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_in_a_meeting_hears_the_others() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let (ada, ben) = (enter(&world, &space, "Ada").await?, enter(&world, &space, "Ben").await?);
    // It begins once all that a caller is told is over.
    let says = [vec![0; 8_000 * 15], voice(TELEPHONE_HZ, 40)].concat();
    let mut caller = Telephone::gateway(CALLER, &says, world.sip).await;
    caller.dial(&space.uri).await;
    space.telephones(&world, |all| all.len() == 1)?;
    sleep(Duration::from_secs(13)).await;
    for (browser, hz) in [(&ada, ADA_HZ), (&ben, BEN_HZ)] {
        browser.converse(spoken(&voice(hz, 20))?).await;
    }
    sleep(Duration::from_secs(2)).await;
    for browser in [&ada, &ben] {
        browser.take_heard().await;
    }
    sleep(Duration::from_secs(5)).await;
    check("Ada", &decoded(&ada.take_heard().await)?, ADA_HZ);
    check("Ben", &decoded(&ben.take_heard().await)?, BEN_HZ);
    let heard = caller.heard().await;
    check(
        "the telephone",
        &heard[heard.len().saturating_sub(5 * 8_000)..],
        TELEPHONE_HZ,
    );
    Ok(())
}
