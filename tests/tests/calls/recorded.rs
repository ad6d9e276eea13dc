//! A meeting of two browsers' ends and a real telephone that is recorded: what each said is in their own file, all of it in step, and what
//! becomes of it afterwards.
//!
//! What is in step is known by ear: between the beep of a telephone and that of somebody else as much time passes in the files as passed for
//! whoever was there and heard both.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use attendee::{Attendee, Heard};
use audio::{opus::Decoder, tone};
use end_to_end::request;
use mkv_element::{
    FrameData,
    io::blocking_impl::ReadFrom,
    prelude::{Ebml, Segment},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    conversation::{amplitude, enter, spoken},
    meetings::{ACCESS, CALLER, Space, open},
    speech::{likeness, speech},
    telephone::Telephone,
    world::World,
};

/// Samples in a second and in a millisecond.
const RATE: usize = 8_000;
const PER_MS: usize = RATE / 1_000;

/// Files are in step within this.
const STEP_MS: f64 = 40.0;

/// How far into its call the telephone beeps, and when each speaks after their beep.
const TELEPHONE_BEEPS_S: usize = 14;
const SPEAKS_AFTER_S: usize = 3;

/// From this amplitude on a beep is there: a sixth of what it is.
const BEEP: f64 = 1_000.0;

/// Somebody with their beep and their words.
struct Voice {
    name: &'static str,
    hz: u32,
    words: &'static str,
    /// What a way leaves of the loudness of a voice: telephones are evened out, and their noise is taken away.
    likeness: f64,
}

const ADA: Voice = Voice {
    name: "Ada",
    hz: 450,
    words: "Good morning. Before we look at the figures of last month, let me say how glad I am that all of us could come. The first point is the \
            budget, of which a third is spent. The second is the move to the new house, which begins in March.",
    likeness: 0.95,
};
const BEN: Voice = Voice {
    name: "Ben",
    hz: 700,
    words: "No! Wait. I do not agree. Seventeen people asked me, yesterday, why nobody answers them. Who does? I, for one, would rather have \
            less, and have it sooner; whatever it costs. Think about it. Then tell me what you want, and when.",
    likeness: 0.95,
};
const TELEPHONE: Voice = Voice {
    name: "+44 ••• ••50",
    hz: 1_150,
    words: "I am calling from the train, so please excuse the noise, if there is any. Our customers in the north want their goods by Thursday at \
            the latest. If the lorry leaves on Tuesday evening it will be there in time, even when it snows.",
    likeness: 0.85,
};

impl Voice {
    /// What they say: a beep, and after a pause their words.
    fn says(&self) -> Result<Vec<i16>> {
        let beep = tone::sequence(&[(self.hz, 400)]);
        let pause = vec![0; SPEAKS_AFTER_S * RATE - beep.len()];
        Ok([&beep, &pause[..], &speech(self.words)?, &vec![0; 4 * RATE]].concat())
    }

    /// When they beep in this, in milliseconds. Words have all tones, but none for so long.
    fn beeps_at_ms(&self, sound: &[i16]) -> Option<f64> {
        let is_there = |start: usize, length_ms: usize| {
            let piece = sound.get(start..start + length_ms * PER_MS);
            piece.is_some_and(|piece| amplitude(piece, f64::from(self.hz)) > BEEP)
        };
        let mut starts = (0..sound.len()).step_by(PER_MS);
        let start = starts.find(|start| is_there(*start, 20) && is_there(*start, 200))?;
        Some(milliseconds(start / PER_MS))
    }
}

fn milliseconds(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("minutes"))
}

/// When somebody's beep came to the ear of whoever heard these packets, in milliseconds since the first of them.
fn heard_at_ms(voice: &Voice, heard: &[Heard]) -> Result<f64> {
    let first = heard
        .iter()
        .map(|packet| packet.at)
        .min()
        .context("something was heard")?;
    let mut lines: BTreeMap<u32, BTreeMap<u64, &Heard>> = BTreeMap::new();
    for packet in heard {
        lines.entry(packet.line).or_default().insert(packet.sequence, packet);
    }
    let in_lines = lines.into_values().filter_map(|line| {
        let line: Vec<&Heard> = line.into_values().collect();
        let mut decoder = Decoder::new(8_000);
        let mut sound = vec![];
        for packet in &line {
            let mut samples = decoder.decode(&packet.payload).ok()?;
            samples.resize(20 * PER_MS, 0);
            sound.extend(samples);
        }
        let into_ms = voice.beeps_at_ms(&sound)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of packets"
        )]
        let number = (into_ms / 20.0) as usize;
        // A packet that came late was sent in time: the one with the least delay says when. Before it there may have been silence, which
        // takes no time in the stamps of a line.
        let beep = number..line.len().min(number + 15);
        let delays_ms = line[beep].iter().map(|packet| {
            let sent_ms = f64::from(packet.timestamp.wrapping_sub(line[number].timestamp).cast_signed()) / 48.0;
            (packet.at - first).as_secs_f64() * 1_000.0 - sent_ms
        });
        Some(delays_ms.fold(f64::INFINITY, f64::min) + into_ms % 20.0)
    });
    let earliest = in_lines.fold(f64::INFINITY, f64::min);
    ensure!(earliest.is_finite(), "{} was not heard", voice.name);
    Ok(earliest)
}

/// A file of somebody's voice as another reader of Matroska has it, on the axis of the recording.
fn placed(file: &[u8], begins_us: u64) -> Result<Vec<i16>> {
    let mut input = file;
    Ebml::read_from(&mut input)?;
    let segment = Segment::read_from(&mut input)?;
    let (mut decoder, mut sound) = (Decoder::new(8_000), vec![]);
    for cluster in &segment.cluster {
        for frame in cluster.frames() {
            let frame = frame?;
            let FrameData::Single(packet) = frame.data else {
                continue;
            };
            let at = usize::try_from(begins_us / 1_000)? + usize::try_from(frame.timestamp)?;
            let samples = decoder.decode(packet)?;
            sound.resize(sound.len().max(at * PER_MS + samples.len()), 0);
            sound[at * PER_MS..][..samples.len()].copy_from_slice(&samples);
        }
    }
    Ok(sound)
}

/// A recording whose files are made.
pub(super) struct Made {
    /// As our contract tells it.
    told: Value,
    /// What each said, by their name.
    pub(super) tracks: BTreeMap<String, Vec<i16>>,
    pub(super) mix: Vec<i16>,
    /// What happened, line by line.
    pub(super) log: Vec<Value>,
}

impl Space {
    /// Does something with the recording of its conference.
    pub(super) fn recording(&self, world: &World, verb: &str) -> Result<Value> {
        let path = format!("/sederunt/v1/{}:{verb}Recording", self.name);
        let answer = request(
            world.server().address(),
            "POST",
            &path,
            Some(&self.owner),
            Some(&json!({})),
        )?;
        answer.ok()
    }

    /// The recording of this name, once it is so.
    pub(super) fn made(&self, world: &World, name: &str, is_so: impl Fn(&Value) -> bool) -> Result<Made> {
        let begun = Instant::now();
        let told = loop {
            let told = world.server().get(&format!("/sederunt/v1/{name}"), &self.owner)?;
            if told["state"] == "FILE_GENERATED" && is_so(&told) {
                break told;
            }
            ensure!(
                begun.elapsed() < Duration::from_mins(1),
                "it does not come to that: {told}"
            );
            std::thread::sleep(Duration::from_millis(200));
        };
        let files = told["files"].as_array().context("files")?;
        let mut bytes = BTreeMap::new();
        for file in files {
            let (status, body) = world.fetch(file["uri"].as_str().context("a link")?)?;
            assert_eq!(
                (status, file["sizeBytes"].as_str()),
                (200, Some(body.len().to_string().as_str()))
            );
            bytes.insert(file["fileName"].as_str().context("a name")?.to_owned(), body);
        }
        let log = String::from_utf8(bytes["events.jsonl"].clone())?;
        let (mut names, mut tracks) = (BTreeMap::new(), BTreeMap::new());
        let log: Vec<Value> = log.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        for line in &log {
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            match line["event"].as_str() {
                Some("joined") => drop(names.insert(text("session"), text("name"))),
                Some("track") => {
                    let sound = placed(&bytes[&text("file")], line["at_us"].as_u64().context("a time")?)?;
                    let name: &String = names.get(&text("session")).context("somebody")?;
                    ensure!(tracks.insert(name.clone(), sound).is_none(), "one file each: {log:?}");
                }
                _ => {}
            }
        }
        let mix = bytes.get("mix.wav").map(|wav| audio::decode::decode(wav)).transpose()?;
        let mix = mix.unwrap_or_default().to_vec();
        Ok(Made { told, tracks, mix, log })
    }
}

/// How alike a voice is to what was heard, in the best of its pieces of four seconds: on a busy machine whoever speaks halts now and then.
fn piecewise(voice: &[i16], heard: &[i16]) -> f64 {
    let pieces = voice.chunks_exact(4 * RATE).enumerate();
    let pieces = pieces.map(|(number, piece)| likeness(piece, heard.get(number * 4 * RATE..).unwrap_or_default()));
    pieces.fold(-1.0, f64::max)
}

/// Each is in their own file and in no other.
fn check_voices(made: &Made) -> Result<()> {
    assert_eq!(made.tracks.len(), 3, "{:?}", made.told);
    for of in [&ADA, &BEN, &TELEPHONE] {
        let track = &made.tracks[of.name];
        let begins = track.len() - 1;
        let at_ms = of
            .beeps_at_ms(track)
            .with_context(|| format!("a beep of {}", of.name))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time")]
        let begins = begins.min((at_ms as usize + 1_000 * (SPEAKS_AFTER_S - 1)) * PER_MS);
        for who in [&ADA, &BEN, &TELEPHONE] {
            let (words, heard) = (speech(who.words)?, &track[begins..]);
            let (likeness, is_right) = if who.name == of.name {
                let likeness = piecewise(&words, heard);
                (likeness, likeness >= who.likeness)
            } else {
                let likeness = likeness(&words, heard);
                (likeness, likeness < 0.5)
            };
            assert!(is_right, "{} in the file of {}: {likeness}", who.name, of.name);
        }
    }
    Ok(())
}

/// What passes between two beeps.
fn between(one: &Voice, other: &Voice, beeps_at_ms: impl Fn(&Voice) -> Result<f64>) -> Result<f64> {
    Ok(beeps_at_ms(other)? - beeps_at_ms(one)?)
}

fn check_step(made: &Made, ears: [(&Voice, &[Heard]); 2]) -> Result<()> {
    for (other, heard) in ears {
        let by_ear = between(other, &TELEPHONE, |voice| heard_at_ms(voice, heard))?;
        let beep = |sound: &[i16], voice: &Voice| voice.beeps_at_ms(sound).context("a beep");
        let in_files = between(other, &TELEPHONE, |voice| beep(&made.tracks[voice.name], voice))?;
        let in_mix = between(other, &TELEPHONE, |voice| beep(&made.mix, voice))?;
        for (what, found) in [("the files", in_files), ("the mix", in_mix)] {
            assert!(
                (found - by_ear).abs() <= STEP_MS,
                "from {} to the telephone: {found} ms in {what}, {by_ear} ms by ear",
                other.name
            );
        }
    }
    for voice in [&ADA, &BEN, &TELEPHONE] {
        let (track, mix) = (
            voice.beeps_at_ms(&made.tracks[voice.name]),
            voice.beeps_at_ms(&made.mix),
        );
        let apart = track.context("a beep")? - mix.context("a beep in the mix")?;
        assert!(
            apart.abs() <= STEP_MS,
            "{} is {apart} ms from where they are in the mix",
            voice.name
        );
    }
    Ok(())
}

/// The three in a meeting that is recorded; the telephone is told so, and none has said anything yet.
async fn recorded(world: &World, space: &Space) -> Result<(String, Attendee, Attendee, Telephone)> {
    let (ada, ben) = (
        enter(world, space, ADA.name).await?,
        enter(world, space, BEN.name).await?,
    );
    let silence = vec![0; TELEPHONE_BEEPS_S * RATE];
    let says = [silence, TELEPHONE.says()?, vec![0; 30 * RATE]].concat();
    let mut telephone = Telephone::gateway(CALLER, &says, world.sip).await;
    telephone.dial(&space.uri).await;
    space.telephones(world, |all| all.len() == 1)?;
    sleep(Duration::from_secs(2)).await;
    let started = space.recording(world, "start")?;
    let name = started["name"].as_str().context("a name")?.to_owned();
    sleep(Duration::from_secs(6)).await;
    Ok((name, ada, ben, telephone))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_in_a_file_of_their_own_and_all_are_in_step() -> Result<()> {
    let world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let (name, ada, ben, telephone) = recorded(&world, &space).await?;
    let ada_says = spoken(&[vec![0; RATE], ADA.says()?].concat())?;
    let ben_says = spoken(&[vec![0; 2 * RATE], BEN.says()?].concat())?;
    // Each listens from here on.
    ada.converse(ada_says).await;
    ben.converse(ben_says).await;
    sleep(Duration::from_secs(28)).await;
    space.recording(&world, "stop")?;
    let (by_ada, by_ben) = (ada.take_heard().await, ben.take_heard().await);
    let heard = telephone.heard().await;
    ada.close().await;
    ben.close().await;

    let announced = speech("This meeting is being recorded.")?;
    let windows = (0..4).filter_map(|number| heard.get(number * 5 * RATE..));
    let likeness = windows.map(|window| likeness(&announced, window)).fold(-1.0, f64::max);
    assert!(likeness > 0.8, "the telephone was told: {likeness}");
    let made = space.made(&world, &name, |_| true)?;
    check_voices(&made)?;
    check_step(&made, [(&BEN, &by_ada), (&ADA, &by_ben)])?;
    listed(&world, &space, &name)?;
    forgotten(&world, &space, &name, &made)
}

/// Google's contract has it, with the page that plays it.
fn listed(world: &World, space: &Space, name: &str) -> Result<()> {
    let record = name.split("/recordings/").next().context("a conference")?;
    let listed = world
        .server()
        .list(&format!("/v2/{record}/recordings"), "recordings", &space.owner)?;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(
        (&listed[0]["name"], &listed[0]["state"]),
        (&json!(name), &json!("FILE_GENERATED"))
    );
    assert!(listed[0]["driveDestination"]["exportUri"].is_string(), "{listed:?}");
    Ok(())
}

/// Ben is forgotten: his file goes, and the others are mixed without him.
fn forgotten(world: &World, space: &Space, name: &str, before: &Made) -> Result<()> {
    let record = name.split("/recordings/").next().context("a conference")?;
    let participants = world
        .server()
        .list(&format!("/v2/{record}/participants"), "participants", &space.owner)?;
    let is_ben = |one: &&Value| one["anonymousUser"]["displayName"] == BEN.name;
    // Nobody is forgotten in the middle of a meeting. It may be over by itself already.
    space.end(world)?;
    let ben = participants.iter().find(is_ben).context("Ben was there")?;
    world
        .server()
        .command(&["person", "delete", ben["name"].as_str().context("a name")?])?;
    let files = before.told["files"].as_array().context("files")?.len();
    let after = space.made(world, name, |told| {
        told["files"].as_array().is_some_and(|left| left.len() == files - 1)
    })?;
    assert_eq!(after.tracks.keys().collect::<Vec<_>>(), [TELEPHONE.name, ADA.name]);
    let beeps_at_ms = |voice: &Voice, made: &Made| voice.beeps_at_ms(&made.mix).unwrap_or(f64::INFINITY);
    // Words of the others may have his tone later.
    assert!(
        beeps_at_ms(&BEN, &after) > beeps_at_ms(&BEN, before) + 1_000.0,
        "he is in no mix"
    );
    for voice in [&ADA, &TELEPHONE] {
        let moved_ms = beeps_at_ms(voice, &after) - beeps_at_ms(voice, before);
        assert!(moved_ms.abs() <= STEP_MS, "{} moved by {moved_ms} ms", voice.name);
        assert_eq!(after.tracks[voice.name], before.tracks[voice.name], "{}", voice.name);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_leaves_what_was_said_until_then() -> Result<()> {
    let mut world = open()?;
    let space = Space::make(&world, "OPEN")?;
    let (name, ada, ben, _telephone) = recorded(&world, &space).await?;
    ada.converse(spoken(&ADA.says()?)?).await;
    ben.converse(spoken(&BEN.says()?)?).await;
    sleep(Duration::from_secs(14)).await;
    world.kill_and_start_with(ACCESS)?;
    let made = space.made(&world, &name, |_| true)?;
    assert_eq!(made.told["endReason"], "SERVER_STOPPED", "{:?}", made.told);
    assert_eq!(made.tracks.len(), 3, "{:?}", made.told);
    for voice in [&ADA, &BEN, &TELEPHONE] {
        let track = &made.tracks[voice.name];
        assert!(voice.beeps_at_ms(track).is_some(), "{}", voice.name);
        assert!(track.len() > 16 * RATE, "{} has {} samples", voice.name, track.len());
        assert!(voice.beeps_at_ms(&made.mix).is_some(), "{} in the mix", voice.name);
    }
    Ok(())
}
