//! What recordings of meetings cost: what a track takes of a processor, what the media plane has to do more for one, and how fast all voices
//! become one sound.
//!
//! Meetings are of real sockets and in real time, twenty at once. What is measured is the processor time of the threads that are ours, by
//! their names, as the kernel counts it: those of recordings, which listen, write and sync, and that of the media plane. Attendees have
//! no camera, so what pictures cost more is measured beside it: putting them together from their packets, and writing them, which is
//! most of what there is to do.

use std::{
    fs,
    hint::black_box,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use attendee::{Attendee, Offered, State};
use audio::opus::Encoder;
use media::{Card, CardKind, Codec, Event, Media, Options, Rights, Spreading};
use recorder::{Recorder, Voice, assemble, mix};
use recording::{Place, Store};
use tokio::sync::mpsc;

use crate::{
    calls::used,
    folder_on_disk,
    report::{Rates, progress},
};

const MEETINGS: usize = 20;
const PEOPLE: usize = 4;
const ROUNDS: usize = 5;
const TURN: Duration = Duration::from_secs(10);

/// The first byte of a packet of Opus, 20 ms.
const VOICE: u8 = 0xf8;

pub(crate) async fn run() -> Result<()> {
    meetings().await?;
    pictures()?;
    mixing()
}

async fn meetings() -> Result<()> {
    progress("recordings: 20 meetings of four, recorded and not");
    let folder = folder_on_disk()?;
    let mut house = House::open(folder.path()).await?;
    let (mut tracks, mut planes) = (vec![], vec![]);
    for round in 0..ROUNDS {
        let bare = house.turn().await?;
        for meeting in 0..MEETINGS {
            house
                .recorder
                .begin(&format!("{round}-{meeting}"), &format!("room {meeting}"), None)?;
        }
        let recorded = house.turn().await?;
        for meeting in 0..MEETINGS {
            let recording = format!("{round}-{meeting}");
            house.recorder.end(&recording).await;
            ensure!(
                bytes_in(&folder.path().join("spool").join(&recording)) > 10_000,
                "it was recorded"
            );
            house.recorder.discard(&recording)?;
        }
        let lasted = TURN.as_secs_f64() * f64::from(u32::try_from(MEETINGS * PEOPLE)?);
        tracks.push((lasted / recorded.recording.as_secs_f64(), 50.0));
        let all = recorded.recording + recorded.media;
        planes.push((lasted / all.as_secs_f64(), lasted / bare.media.as_secs_f64()));
    }
    for attendee in house.attendees {
        attendee.close().await;
    }
    let tracks = Rates {
        name: "recordings: tracks",
        what: format!("seconds of a voice's track for a second of processor; {MEETINGS} meetings of {PEOPLE}"),
        unit: "tracks",
        floor: "2 % of a core for each",
        rounds: tracks,
        aim: "1 or more",
    };
    tracks.print();
    let planes = Rates {
        name: "recordings: meetings",
        what: "seconds of an attendee for a second of processor, of the media plane and of recordings".to_owned(),
        unit: "attendees",
        floor: "the same meetings, not recorded",
        rounds: planes,
        aim: "0.8 or more",
    };
    planes.print();
    Ok(())
}

/// What threads have used in a turn.
struct Used {
    media: Duration,
    recording: Duration,
}

/// A media plane with all its meetings.
struct House {
    recorder: Recorder,
    attendees: Vec<Attendee>,
    events: mpsc::Receiver<Event>,
    /// It lives as long as its meetings do.
    media: Media,
}

impl House {
    async fn open(folder: &Path) -> Result<House> {
        let (sender, events) = mpsc::channel(10_000);
        let options = Options {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            takes_connections: false,
            relay: None,
            threads: 1,
            spreading: Spreading::default(),
            divides_bandwidth: false,
            announce: vec![],
        };
        let media = Media::start(&options, sender)?;
        let store = Store::open(&Place::Folder(folder.join("kept")))?;
        let (recorder, _stopped) = Recorder::open(&folder.join("spool"), 0, store, media.clone())?;
        let mut house = House {
            recorder,
            attendees: vec![],
            events,
            media,
        };
        for number in 0..MEETINGS * PEOPLE {
            let attendee = house.attend(number).await?;
            house.attendees.push(attendee);
        }
        Ok(house)
    }

    async fn attend(&mut self, number: usize) -> Result<Attendee> {
        let offered = Offered::new(VOICE).await?;
        let prepared = self.media.answer(offered.sdp())?;
        let answer = prepared.answer_sdp().to_owned();
        let session = number.to_string();
        let room = format!("room {}", number / PEOPLE);
        self.media.admit(prepared, &session, &room)?;
        let mut attendee = offered.accept(&answer);
        let connected = Event::Connected {
            session: session.clone(),
        };
        while let Some(event) = self.events.recv().await
            && event != connected
        {}
        let card = Card {
            participant_key: format!("participants/{number}"),
            session_name: format!("participants/{number}/participantSessions/{number}"),
            full_session_name: None,
            display_name: session.clone(),
            kind: CardKind::Anonymous,
            by_program: false,
        };
        self.media.let_in(&session, &room, card, Rights::MEMBER)?;
        ensure!(
            attendee.until(|state| *state == State::Joined).await == State::Joined,
            "it is in"
        );
        attendee.speak(true).await;
        Ok(attendee)
    }

    async fn turn(&mut self) -> Result<Used> {
        while self.events.try_recv().is_ok() {}
        let (media, recording) = (used(&["media"])?, used(&["recording"])?);
        tokio::time::sleep(TURN).await;
        Ok(Used {
            media: used(&["media"])?.saturating_sub(media),
            recording: used(&["recording"])?.saturating_sub(recording),
        })
    }
}

fn bytes_in(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| file.metadata().ok())
        .map(|meta| meta.len())
        .sum()
}

/// Pictures of a camera at 1.5 Mbit/s and 30 in a second: five packets each.
fn pictures() -> Result<()> {
    const PICTURES: u32 = 3_000;
    const PER_SECOND: f64 = 30.0;
    progress("recordings: pictures put together and written");
    let folder = folder_on_disk()?;
    let packet = |number: u8| {
        let mut packet = vec![if number == 0 { 0x10 } else { 0x00 }, 0x01];
        packet.resize(1_250, number);
        packet
    };
    let packets: Vec<Vec<u8>> = (0..5).map(packet).collect();
    let payloads: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        let mut file = fs::File::create(folder.path().join("pictures"))?;
        let start = Instant::now();
        for _ in 0..PICTURES {
            let picture = assemble(Codec::Vp8, &payloads);
            let picture = black_box(picture).ok_or_else(|| anyhow::anyhow!("it is one"))?;
            file.write_all(&picture.bytes)?;
        }
        let seconds = f64::from(PICTURES) / PER_SECOND;
        rounds.push((seconds / start.elapsed().as_secs_f64(), 50.0));
    }
    let rates = Rates {
        name: "recordings: pictures",
        what: "seconds of a camera's track for a second of one core, in its pictures alone".to_owned(),
        unit: "tracks",
        floor: "2 % of a core for each",
        rounds,
        aim: "1 or more",
    };
    rates.print();
    Ok(())
}

/// Five voices of ten minutes, as WAV and MP3.
fn mixing() -> Result<()> {
    const LENGTH_US: i64 = 10 * 60 * 1_000_000;
    progress("recordings: ten minutes of five voices in one sound");
    let folder = folder_on_disk()?;
    let path = folder.path().join("voice.webm");
    fs::write(&path, voice(LENGTH_US)?)?;
    let voices: Vec<Voice> = (0..5)
        .map(|_| Voice {
            path: path.clone(),
            first_us: 0,
        })
        .collect();
    let [wav, mp3]: [PathBuf; 2] = ["mix.wav", "mix.mp3"].map(|name| folder.path().join(name));
    let mut rounds = vec![];
    for _ in 0..3 {
        let start = Instant::now();
        let mixed_us = mix(voices.clone(), LENGTH_US, &wav, &mp3, &|_| {})?;
        ensure!(mixed_us == LENGTH_US, "all of it");
        rounds.push((600.0 / start.elapsed().as_secs_f64(), 1.0));
    }
    let rates = Rates {
        name: "recordings: mixing",
        what: "seconds of a meeting of five for a second of one core, as WAV and MP3".to_owned(),
        unit: "s",
        floor: "real time",
        rounds,
        aim: "20 or more: as many meetings may end at once as go on",
    };
    rates.print();
    Ok(())
}

/// A file of a track with a tone in it: one cluster for each second, as players and our own reader take it.
fn voice(length_us: i64) -> Result<Vec<u8>> {
    let mut encoder = Encoder::new(48_000, 32_000);
    let tone = |sample: usize| if (sample / 60).is_multiple_of(2) { 6_000 } else { -6_000 };
    let frame: Vec<i16> = (0..960).map(tone).collect();
    let mut file = vec![0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    for number in 0..length_us / 20_000 {
        let in_cluster = u16::try_from(number % 50 * 20)?;
        if in_cluster == 0 {
            file.extend([
                0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe7, 0x88,
            ]);
            file.extend((number * 20).to_be_bytes());
        }
        let packet = encoder.encode(&frame)?;
        file.extend([0xa3, 0x01]);
        file.extend(&(packet.len() as u64 + 4).to_be_bytes()[1..]);
        file.push(0x81);
        file.extend(in_cluster.to_be_bytes());
        file.push(0x80);
        file.extend(packet);
    }
    Ok(file)
}
