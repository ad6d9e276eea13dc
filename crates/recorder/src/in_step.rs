//! Three minutes of a meeting whose clocks drift and whose network loses, on one axis in the end.
//!
//! Everybody's packets are made with the time that it truly was in them: a beep in a voice, a number in a picture. So the files say
//! themselves how far they are from the truth.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use audio::opus::{Decoder, Encoder};
use fastrand::Rng;
use media::{Card, CardKind, Codec, SenderReport, Source, Tapped, TappedPacket};
use tempfile::TempDir;

use crate::{
    Reader, Voice, finish, finished,
    log::{self, Line},
    meeting::{Effect, Meeting},
    mix::mix,
};

const MINUTES_US: i64 = 180_000_000;
const FRAME_US: i64 = 20_000;

/// How far anything may be from where it was.
const STEP_US: i64 = 40_000;

/// Everybody beeps in turn, each all ten seconds.
const TURN_US: i64 = 10_000_000;

/// Somebody with a clock of their own.
struct Sender {
    name: &'static str,
    /// How fast the clock is, in millionths.
    drift: i64,
    /// Where in each turn it beeps.
    beeps_us: i64,
    joins_us: i64,
    delay_us: i64,
    jitter_us: i64,
    has_camera: bool,
}

const SENDERS: [Sender; 3] = [
    Sender {
        name: "ada",
        drift: 0,
        beeps_us: 1_000_000,
        joins_us: 0,
        delay_us: 20_000,
        jitter_us: 30_000,
        has_camera: true,
    },
    Sender {
        name: "ben",
        drift: 180,
        beeps_us: 4_000_000,
        joins_us: 0,
        delay_us: 5_000,
        jitter_us: 5_000,
        has_camera: true,
    },
    Sender {
        name: "telephone",
        drift: -180,
        beeps_us: 7_000_000,
        joins_us: 61_000_000,
        delay_us: 10_000,
        jitter_us: 20_000,
        has_camera: false,
    },
];

/// A beep of five packets.
fn beep() -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(48_000, 32_000);
    let tone = |sample: usize| {
        if (sample / 24).is_multiple_of(2) {
            12_000
        } else {
            -12_000
        }
    };
    let frames = (0..5).map(|frame| (0..960).map(|sample| tone(frame * 960 + sample)).collect::<Vec<i16>>());
    frames.map(|frame| encoder.encode(&frame).unwrap()).collect()
}

impl Sender {
    /// What time its clock has.
    fn own_us(&self, true_us: i64) -> i64 {
        true_us + true_us * self.drift / 1_000_000
    }

    /// When its clock had a time.
    fn true_us(&self, own_us: i64) -> i64 {
        own_us - own_us * self.drift / (1_000_000 + self.drift)
    }

    fn packet(&self, source: Source, number: i64, own_us: i64, payload: &[u8], start: Instant) -> TappedPacket {
        let (codec, rate) = if source == Source::Microphone {
            (Codec::Opus, 48)
        } else {
            (Codec::Vp8, 90)
        };
        let ticks = |own_us: i64| u32::try_from((own_us * rate / 1_000 + 4_000_000_000) & 0xffff_ffff).unwrap();
        // All five seconds, as browsers do.
        let reported_us = own_us / 5_000_000 * 5_000_000;
        let is_telephone = self.name == "telephone";
        let report = (reported_us > self.joins_us && !is_telephone).then(|| SenderReport {
            clock_us: 1_600_000_000_000_000 + reported_us,
            timestamp: ticks(reported_us),
        });
        TappedPacket {
            session: self.name.into(),
            source,
            stream: 7,
            codec,
            sequence: 60_000 + u64::try_from(number).unwrap(),
            timestamp: ticks(own_us),
            marker: true,
            starts_keyframe: payload.get(1).is_some_and(|tag| tag & 1 == 0) && codec == Codec::Vp8,
            picture: None,
            payload: payload.into(),
            arrived: start,
            report,
        }
    }

    /// Its packets, with the times at which they come. What is lost is lost for good in sound; of pictures most of it comes again.
    fn packets(&self, dice: &mut Rng, start: Instant) -> Vec<(i64, TappedPacket)> {
        let beep = beep();
        let mut packets = vec![];
        let mut put = |source, number, own_us, payload: &[u8], encoding_us: i64| {
            let was_us = self.true_us(own_us);
            let mut came_us = was_us + encoding_us + self.delay_us + dice.i64(0..self.jitter_us);
            if dice.i64(0..100) < 3 {
                if source == Source::Microphone || dice.i64(0..4) == 0 {
                    return;
                }
                came_us += 150_000;
            }
            packets.push((came_us, self.packet(source, number, own_us, payload, start)));
        };
        let first = self.own_us(self.joins_us) / FRAME_US;
        for number in first..self.own_us(MINUTES_US) / FRAME_US {
            let own_us = number * FRAME_US;
            let in_turn_us = (self.true_us(own_us) - self.beeps_us).rem_euclid(TURN_US);
            let silence = [0xf8, 0xff, 0xfe].to_vec();
            let payload = usize::try_from(in_turn_us / FRAME_US)
                .ok()
                .and_then(|frame| beep.get(frame));
            put(Source::Microphone, number, own_us, payload.unwrap_or(&silence), 0);
            // Pictures at 25 a second, with a keyframe a second, compressed for 30 ms.
            if self.has_camera && number % 2 == 0 {
                let is_key = number % 50 == 0;
                let mut payload = vec![0x10, u8::from(!is_key), 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01];
                payload.extend(self.true_us(own_us).to_be_bytes());
                put(Source::Camera, number / 2, own_us, &payload, 30_000);
            }
        }
        packets
    }
}

/// Carries out what a recording wants, on a real disk.
struct Disk {
    folder: PathBuf,
    names: BTreeMap<usize, PathBuf>,
    asked: usize,
}

impl Disk {
    fn append(path: &Path, bytes: &[u8]) {
        use std::io::Write;
        let mut file = File::options().append(true).create(true).open(path).unwrap();
        file.write_all(bytes).unwrap();
    }

    fn carry_out(&mut self, effects: &mut Vec<Effect>) {
        for effect in effects.drain(..) {
            match effect {
                Effect::Log(line) => Disk::append(&self.folder.join(log::NAME), &line.to_bytes()),
                Effect::Open { file, name, bytes } => {
                    let path = self.folder.join(name);
                    Disk::append(&path, &bytes);
                    self.names.insert(file, path);
                }
                Effect::Write { file, bytes } => Disk::append(&self.names[&file], &bytes),
                Effect::Close { file } => drop(self.names.remove(&file)),
                Effect::AskKeyframe { .. } => self.asked += 1,
            }
        }
    }
}

fn joined(name: &str, at: Instant) -> Tapped {
    let card = Card {
        participant_key: format!("participants/{name}"),
        session_name: String::new(),
        full_session_name: None,
        display_name: name.to_owned(),
        kind: CardKind::Anonymous,
        by_program: false,
    };
    Tapped::Joined {
        session: name.into(),
        card: Box::new(card),
        at,
    }
}

#[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
fn now() -> Instant {
    Instant::now()
}

/// Records the three minutes.
fn record(folder: &Path) -> Vec<Line> {
    let start = now();
    let at = |us: i64| start + Duration::from_micros(us.unsigned_abs());
    let mut dice = Rng::with_seed(7);
    let mut packets: Vec<(i64, TappedPacket)> = vec![];
    for sender in &SENDERS {
        packets.extend(sender.packets(&mut dice, start));
    }
    packets.sort_by_key(|(came_us, _)| *came_us);
    let mut packets = packets.into_iter().peekable();
    let mut disk = Disk {
        folder: folder.to_owned(),
        names: BTreeMap::new(),
        asked: 0,
    };
    let (mut meeting, first) = Meeting::begin("room", None, start, 1_700_000_000_000_000);
    let mut effects = vec![first];
    for sender in &SENDERS {
        meeting.take(joined(sender.name, at(sender.joins_us)), start, &mut effects);
    }
    for beat in 0..MINUTES_US / FRAME_US {
        let now_us = beat * FRAME_US;
        while let Some((came_us, mut packet)) = packets.next_if(|(came_us, _)| *came_us <= now_us) {
            packet.arrived = at(came_us);
            meeting.take(Tapped::Packet(Box::new(packet)), at(now_us), &mut effects);
        }
        meeting.beat(at(now_us), &mut effects);
        disk.carry_out(&mut effects);
    }
    meeting.end(at(MINUTES_US), &mut effects);
    disk.carry_out(&mut effects);
    assert!(
        (2..100).contains(&disk.asked),
        "each camera at its beginning, and now and then: {}",
        disk.asked
    );
    log::read(&folder.join(log::NAME)).unwrap()
}

/// When a sound begins, in microseconds after the first of these samples.
fn onsets(samples: &[i16]) -> Vec<i64> {
    let mut onsets: Vec<i64> = vec![];
    let mut quiet = 48_000;
    for (place, sample) in (0_i64..).zip(samples) {
        if sample.unsigned_abs() > 4_000 {
            if quiet > 24_000 {
                onsets.push(place * 1_000 / 48);
            }
            quiet = 0;
        } else {
            quiet += 1;
        }
    }
    onsets
}

/// Everything that a file of sound says, with silence where it says nothing.
fn played(path: &Path) -> Vec<i16> {
    let mut reader = Reader::new(File::open(path).unwrap());
    let mut decoder = Decoder::new(48_000);
    let mut samples: Vec<i16> = vec![];
    while let Some(block) = reader.read().unwrap() {
        let at = usize::try_from(block.at_ms * 48).unwrap();
        samples.resize(at, 0);
        samples.extend(decoder.decode(&block.frame).unwrap());
    }
    samples
}

/// Beeps that were heard are where they were said, and next to none is missing.
fn check_beeps(heard_us: &[i64], sender: &Sender) {
    let is_mine = |at_us: &&i64| (**at_us - sender.beeps_us + STEP_US).rem_euclid(TURN_US) <= 2 * STEP_US;
    let count = heard_us.iter().filter(is_mine).count();
    let expected = usize::try_from((MINUTES_US - sender.joins_us) / TURN_US).unwrap();
    assert!(
        count + 1 >= expected,
        "{}: {count} of {expected}: {heard_us:?}",
        sender.name
    );
}

#[test]
fn all_tracks_are_in_step_over_three_minutes_of_drift_and_loss() {
    let folder = TempDir::new().unwrap();
    let lines = record(folder.path());
    let tracks = finish::tracks(&lines);
    assert_eq!(tracks.len(), 5, "each source is one file, whatever was lost");
    let mut voices = vec![];
    for track in &tracks {
        let path = folder.path().join(&track.name);
        let is_sound = track.source == Source::Microphone;
        let duration_us = finished::finish(&path, is_sound).unwrap().unwrap();
        assert!(
            (track.first_us + duration_us).abs_diff(MINUTES_US) < 1_500_000,
            "{track:?}"
        );
        if is_sound {
            let sender = SENDERS.iter().find(|sender| sender.name == track.session).unwrap();
            let heard = onsets(&played(&path)).into_iter().map(|at_us| at_us + track.first_us);
            check_beeps(&heard.collect::<Vec<_>>(), sender);
            voices.push(Voice {
                path,
                first_us: track.first_us,
            });
        } else {
            check_pictures(&path, track.first_us);
        }
    }
    let [wav, mp3] = ["mix.wav", "mix.mp3"].map(|name| folder.path().join(name));
    let duration_us = mix(voices, MINUTES_US, &wav, &mp3, &|_| {}).unwrap();
    assert!(duration_us.abs_diff(MINUTES_US) < 1_000_000);
    let bytes = fs::read(&wav).unwrap();
    let samples: Vec<i16> = bytes[44..]
        .chunks_exact(2)
        .map(|two| i16::from_le_bytes([two[0], two[1]]))
        .collect();
    let heard = onsets(&samples);
    for sender in &SENDERS {
        check_beeps(&heard, sender);
    }
    assert!(heard.len() <= 17 + 18 + 18, "nothing is heard twice: {heard:?}");
    assert!(fs::metadata(&mp3).unwrap().len() > 100_000);
}

/// Each picture is where it was seen, and none is shown after one that was lost until the next that needs no other.
fn check_pictures(path: &Path, first_us: i64) {
    let mut reader = Reader::new(File::open(path).unwrap());
    let (mut count, mut last_us) = (0, None);
    while let Some(block) = reader.read().unwrap() {
        let was_us = i64::from_be_bytes(block.frame[10..18].try_into().unwrap());
        let at_us = first_us + block.at_ms * 1_000;
        // The first seconds are those in which a clock is learnt.
        let allowed_us = if was_us < 10_000_000 { 2 * STEP_US } else { STEP_US };
        assert!((at_us - was_us).abs() <= allowed_us, "{at_us} for {was_us}");
        let follows = last_us.is_some_and(|last_us: i64| (was_us - last_us - 2 * FRAME_US).abs() < 1_000);
        assert!(
            block.is_key || follows,
            "a picture without the one before it at {was_us}"
        );
        last_us = Some(was_us);
        count += 1;
    }
    assert!(count > 3_500, "most pictures are there: {count}");
}

#[test]
fn a_pause_is_a_hole_and_the_axis_goes_on() {
    let folder = TempDir::new().unwrap();
    let start = now();
    let at = |us: i64| start + Duration::from_micros(us.unsigned_abs());
    let sender = &SENDERS[1];
    let mut disk = Disk {
        folder: folder.path().to_owned(),
        names: BTreeMap::new(),
        asked: 0,
    };
    let (mut meeting, first) = Meeting::begin("room", None, start, 0);
    let mut effects = vec![first];
    let loud = &beep()[2];
    for beat in 0..500_i64 {
        let now_us = beat * FRAME_US;
        meeting.pause((2_000_000..6_000_000).contains(&now_us), at(now_us), &mut effects);
        let mut packet = sender.packet(Source::Microphone, beat, now_us, loud, start);
        packet.arrived = at(now_us);
        meeting.take(Tapped::Packet(Box::new(packet)), at(now_us), &mut effects);
        meeting.beat(at(now_us), &mut effects);
    }
    meeting.end(at(10_000_000), &mut effects);
    disk.carry_out(&mut effects);
    let lines = log::read(&folder.path().join(log::NAME)).unwrap();
    let events: Vec<i64> = lines
        .iter()
        .filter(|line| matches!(line.event, log::Event::Paused | log::Event::Resumed))
        .map(|line| line.at_us)
        .collect();
    assert_eq!(events, [2_000_000, 6_000_000]);
    let tracks = finish::tracks(&lines);
    assert_eq!(tracks.len(), 1, "it is one file");
    let path = folder.path().join(&tracks[0].name);
    assert_eq!(finished::finish(&path, true).unwrap(), Some(10_000_000));
    let mut reader = Reader::new(File::open(&path).unwrap());
    let mut kept: BTreeMap<i64, bool> = BTreeMap::new();
    while let Some(block) = reader.read().unwrap() {
        kept.insert(
            block.at_ms * 1_000,
            Arc::<[u8]>::from(block.frame) == Arc::from(loud.as_slice()),
        );
    }
    let is_loud = |from_us: i64, to_us: i64| kept.range(from_us..to_us).map(|(_, loud)| *loud).collect::<Vec<_>>();
    assert!(is_loud(0, 2_000_000).iter().all(|loud| *loud));
    assert!(is_loud(2_000_000, 5_999_000).iter().all(|loud| !loud), "it is silent");
    assert!(is_loud(6_000_000, 10_000_000).iter().all(|loud| *loud));
    assert_eq!(kept.len(), 500, "a player's sound goes on");
}

#[test]
fn a_picture_that_cannot_be_shown_is_asked_for_until_it_can() {
    let start = now();
    let at = |us: i64| start + Duration::from_micros(us.unsigned_abs());
    let sender = &SENDERS[1];
    let (mut meeting, _) = Meeting::begin("room", None, start, 0);
    let mut check = |beats: std::ops::Range<i64>, key_at: Option<i64>, asked: usize, opened: usize| {
        let mut effects = vec![];
        for beat in beats {
            let is_key = key_at == Some(beat);
            let payload = [0x10, u8::from(!is_key), 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01];
            let mut packet = sender.packet(Source::Camera, beat, beat * FRAME_US, &payload, start);
            packet.arrived = at(beat * FRAME_US);
            meeting.take(Tapped::Packet(Box::new(packet)), at(beat * FRAME_US), &mut effects);
            meeting.beat(at(beat * FRAME_US), &mut effects);
        }
        let count = |is: fn(&Effect) -> bool| effects.iter().filter(|effect| is(effect)).count();
        let asks = count(|effect| matches!(effect, Effect::AskKeyframe { .. }));
        let opens = count(|effect| matches!(effect, Effect::Open { .. }));
        assert_eq!((asks, opens), (asked, opened));
    };
    check(0..150, None, 3, 0);
    check(150..400, Some(160), 1, 1);
    // And every ten seconds, so that it can be searched.
    check(400..900, None, 1, 0);
}

#[test]
fn of_whoever_has_not_agreed_nothing_is_kept() {
    let folder = TempDir::new().unwrap();
    let start = now();
    let at = |us: i64| start + Duration::from_micros(us.unsigned_abs());
    let [asked, agreed] = [&SENDERS[0], &SENDERS[1]];
    let those = |names: &[&str]| Some(Arc::new(names.iter().map(|name| (*name).to_owned()).collect()));
    let mut disk = Disk {
        folder: folder.path().to_owned(),
        names: BTreeMap::new(),
        asked: 0,
    };
    let (mut meeting, first) = Meeting::begin("room", those(&[]), start, 0);
    let mut effects = vec![first];
    let loud = &beep()[2];
    let (nobody, one, both) = (those(&[]), those(&[agreed.name]), those(&[agreed.name, asked.name]));
    for beat in 0..400_i64 {
        let now_us = beat * FRAME_US;
        let only = match now_us {
            2_000_000..6_000_000 => &one,
            6_000_000..7_000_000 => &both,
            _ => &nobody,
        };
        meeting.keep_only(only.clone(), at(now_us), &mut effects);
        for sender in [asked, agreed] {
            let mut packet = sender.packet(Source::Microphone, beat, now_us, loud, start);
            packet.arrived = at(now_us);
            meeting.take(Tapped::Packet(Box::new(packet)), at(now_us), &mut effects);
            let loudest = Tapped::Loudest {
                session: Some(Arc::from(sender.name)),
                at: at(now_us),
            };
            meeting.take(loudest, at(now_us), &mut effects);
        }
        meeting.beat(at(now_us), &mut effects);
    }
    meeting.end(at(8_000_000), &mut effects);
    disk.carry_out(&mut effects);
    let lines = log::read(&folder.path().join(log::NAME)).unwrap();
    let said: Vec<(i64, &log::Event)> = lines
        .iter()
        .filter(|line| matches!(line.event, log::Event::Agreed { .. } | log::Event::Withdrawn { .. }))
        .map(|line| (line.at_us, &line.event))
        .collect();
    let of = |session: &str| session.to_owned();
    let (first, second) = (of(agreed.name), of(asked.name));
    let (earlier, later) = if first < second {
        (&first, &second)
    } else {
        (&second, &first)
    };
    let withdrawn = |session: &String| log::Event::Withdrawn {
        session: session.clone(),
    };
    assert_eq!(
        said,
        [
            (2_000_000, &log::Event::Agreed { session: first.clone() }),
            (
                6_000_000,
                &log::Event::Agreed {
                    session: second.clone()
                }
            ),
            (7_000_000, &withdrawn(earlier)),
            (7_000_000, &withdrawn(later)),
        ]
    );
    let kept: Vec<(String, i64, Option<i64>)> = finish::tracks(&lines)
        .into_iter()
        .map(|track| {
            let duration_us = finished::finish(&folder.path().join(&track.name), true).unwrap();
            (track.session, track.first_us, duration_us)
        })
        .collect();
    assert_eq!(
        kept,
        [
            (first.clone(), 2_000_000, Some(5_000_000)),
            (second.clone(), 6_000_000, Some(1_000_000)),
        ]
    );
    let heard = |session: &str, from_us: i64, to_us: i64| {
        let of_time = lines.iter().filter(|line| (from_us..to_us).contains(&line.at_us));
        of_time
            .clone()
            .any(|line| matches!(&line.event, log::Event::Loudest { session: Some(of) } if of == session))
    };
    assert!(heard(&first, 2_000_000, 6_000_000) && heard(&second, 6_000_000, 7_000_000));
    assert!(!heard(&second, 0, 6_000_000), "not even that somebody speaks");
}
