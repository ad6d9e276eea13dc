//! Who is heard when sentences are spoken: levels of speech, as a synthesiser says it and a microphone sends it, packet by packet, with noise,
//! coughs and music.
//!
//! Everybody here sends a packet each 20 ms, as browsers do, so all places are taken long before anybody speaks.

use std::process::Command;

use super::{HEARD, SPEECH_STARTS_DB, Sound, Speakers};
use crate::core::Time;

const PACKET_MS: usize = 20;
const SAMPLES_PER_SECOND: usize = 22_050;
/// How loud somebody is before their microphone, below the engine's own loudness.
const QUIETER_DB: i8 = 8;

const SILENCE_DBOV: i8 = -75;

/// What one microphone sends: the level of each packet.
type Levels = Vec<i8>;

/// How a text sounds in a voice of the engine, from a moment on, for so many seconds in all.
fn says(voice: &str, text: &str, from_ms: usize, seconds: usize) -> Levels {
    let spoken = Command::new("espeak-ng")
        .args(["-v", voice, "--stdout", text])
        .output()
        .expect("the engine of speech is installed, see `cargo xtask test --only tools`");
    let (_header, samples) = spoken.stdout.split_at(44);
    let samples: Vec<f32> = samples
        .chunks_exact(2)
        .map(|sample| f32::from(i16::from_le_bytes([sample[0], sample[1]])) / 32_768.0)
        .collect();
    let of_packet = SAMPLES_PER_SECOND * PACKET_MS / 1_000;
    let spoken = samples.chunks(of_packet).map(|packet| {
        let energy: f32 = packet.iter().map(|sample| sample * sample).sum();
        let level = (10.0 * (energy / 441.0).max(1e-12).log10()).round();
        (-127_i8..=0)
            .rev()
            .find(|dbov| f32::from(*dbov) <= level)
            .unwrap_or(-127)
    });
    let mut levels = noise(SILENCE_DBOV, 0, seconds);
    for (level, spoken) in levels.iter_mut().skip(from_ms / PACKET_MS).zip(spoken) {
        *level = spoken.saturating_sub(QUIETER_DB).max(*level);
    }
    levels
}

/// A noise that swings by so much.
fn noise(dbov: i8, swing_db: i8, seconds: usize) -> Levels {
    let swing = [0, 1, -1, 1, 0, -1];
    (0..seconds * 1_000 / PACKET_MS)
        .map(|packet| dbov + swing[packet * 7 % 6] * swing_db)
        .collect()
}

/// Two bursts of noise, a third of a second each.
fn coughs(from_ms: usize, seconds: usize) -> Levels {
    let mut levels = noise(SILENCE_DBOV, 0, seconds);
    for (packet, level) in levels.iter_mut().enumerate() {
        let since_ms = (packet * PACKET_MS).saturating_sub(from_ms) % 600;
        if (from_ms..from_ms + 1_200).contains(&(packet * PACKET_MS)) && since_ms < 300 {
            *level = -8 - i8::try_from(since_ms / 15).unwrap();
        }
    }
    levels
}

/// A tune with a beat, twice in a second.
fn music(dbov: i8, seconds: usize) -> Levels {
    (0..seconds * 1_000 / PACKET_MS)
        .map(|packet| dbov - i8::try_from(packet % 25 / 2).unwrap())
        .collect()
}

/// How somebody was heard by all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heard {
    /// Of their packets with a voice in it, in percent.
    percent: usize,
    /// Packets of their first word that were lost before the first that was heard.
    lost_first: usize,
}

fn hear(people: &[Levels]) -> Vec<Heard> {
    let mut speakers = Speakers::new();
    let mut heard = vec![vec![]; people.len()];
    for packet in 0..people[0].len() {
        let now = Time::from_millis(u64::try_from(packet * PACKET_MS).unwrap());
        for (person, levels) in people.iter().enumerate() {
            let sound = Sound {
                level_dbov: Some(levels[packet]),
                bytes: 80,
            };
            speakers.heard(person, sound, false, now);
            if sound.db() >= SPEECH_STARTS_DB {
                heard[person].push(speakers.heard_by_all().any(|(_, other)| other == person));
            }
        }
    }
    let result = |packets: Vec<bool>| Heard {
        percent: packets.iter().filter(|is_heard| **is_heard).count() * 100 / packets.len().max(1),
        lost_first: packets.iter().take_while(|is_heard| !**is_heard).count(),
    };
    heard.into_iter().map(result).collect()
}

const GREETING: &str = "Good morning. Shall we begin with the accounts?";
const QUESTION: &str = "So, what happened in the second quarter, and why?";
const ANSWER: &str = "She sells sea shells. First we lost the large order, then we found three small ones, and now we are where we were.";

/// People of whom nobody speaks.
fn audience(dbov: i8, swing_db: i8, seconds: usize) -> Vec<Levels> {
    vec![noise(dbov, swing_db, seconds); HEARD + 5]
}

/// With so many others, how these are heard.
fn check(name: &str, others: Vec<Levels>, speaking: &[Levels], expected: &[Heard]) {
    let heard = hear(&[others, speaking.to_vec()].concat());
    let of_speaking = &heard[heard.len() - speaking.len()..];
    let is_enough =
        |(heard, least): (&Heard, &Heard)| heard.percent >= least.percent && heard.lost_first <= least.lost_first;
    assert!(
        of_speaking.iter().zip(expected).all(is_enough),
        "{name}: {of_speaking:?}"
    );
}

const WHOLE: Heard = Heard {
    percent: 100,
    lost_first: 0,
};

#[test]
fn no_first_syllable_is_lost() {
    let one = [says("en", GREETING, 2_000, 20)];
    let in_turn = [
        says("en", GREETING, 2_000, 20),
        says("en+f3", QUESTION, 6_000, 20),
        says("en+m3", ANSWER, 10_000, 20),
    ];
    check("in silence", audience(SILENCE_DBOV, 0, 20), &one, &[WHOLE]);
    check(
        "one after the other",
        audience(SILENCE_DBOV, 0, 20),
        &in_turn,
        &[WHOLE; 3],
    );
    check("in quiet rooms", audience(-62, 2, 20), &in_turn, &[WHOLE; 3]);
    // The first packets are no louder than the fans.
    let all_but_the_first = Heard {
        percent: 98,
        lost_first: 2,
    };
    check("among fans", audience(-46, 2, 20), &in_turn, &[all_but_the_first; 3]);
    check(
        "softly",
        audience(SILENCE_DBOV, 0, 20),
        &[says("en+whisper", GREETING, 2_000, 20)],
        &[WHOLE],
    );
}

#[test]
fn two_who_talk_at_once_are_heard_whole_whatever_others_do() {
    let two = [says("en", ANSWER, 2_000, 20), says("en+f3", ANSWER, 2_500, 20)];
    let with = |other: Levels| [audience(SILENCE_DBOV, 0, 20), vec![other]].concat();
    check("alone", audience(SILENCE_DBOV, 0, 20), &two, &[WHOLE; 2]);
    check("somebody coughs", with(coughs(4_000, 20)), &two, &[WHOLE; 2]);
    check(
        "somebody coughs again and again",
        [
            with(coughs(3_000, 20)),
            with(coughs(5_000, 20)),
            with(coughs(7_000, 20)),
        ]
        .concat(),
        &two,
        &[WHOLE; 2],
    );
    check("somebody plays music", with(music(-20, 20)), &two, &[WHOLE; 2]);
    check("somebody has a loud fan", with(noise(-30, 2, 20)), &two, &[WHOLE; 2]);
}

#[test]
fn there_are_three_lines_and_a_fourth_voice_gets_one_in_time() {
    let check = |name: &str, others: Vec<Levels>, percent: usize, lost_first: usize| {
        let expected = Heard { percent, lost_first };
        check(name, others, &[says("en", ANSWER, 4_000, 20)], &[expected]);
    };
    let talk = ["en", "en+f3", "en+m3"].map(|voice| says(voice, ANSWER, 1_000, 20));
    check("over three who talk: when one of them pauses", talk.to_vec(), 60, 80);
    let bands = [-20, -22, -24].map(|dbov| music(dbov, 20));
    check(
        "over three bands, which never pause: in its turn",
        bands.to_vec(),
        12,
        120,
    );
    let coughing = [3_000, 3_200, 3_400].map(|from_ms| coughs(from_ms, 20));
    check("over three who cough", coughing.to_vec(), 97, 8);
}
