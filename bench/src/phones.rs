//! What a telephone in a meeting costs: fifty of them in one room, of whom three speak and all hear those.
//!
//! Nothing here has a socket or waits: the beats of the telephones and the turns of the media plane follow each other on one thread, as
//! fast as they can. So a second of meeting takes as long as it takes of a processor, and what is measured is all that a telephone is:
//! its seat, its packets, three jitter buffers and decoders, levels, mix, and the encoders of those who speak.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use audio::{
    FRAME_SAMPLES, Frame, SILENCE,
    opus::{Decoder, Encoder},
};
use gateway::Attendance;
use media::{Card, CardKind, Event, Media, Rights, Simulated};
use telephony::line::Voice;
use tokio::sync::mpsc;

use crate::report::{Rates, progress};

const BEAT: Duration = Duration::from_millis(20);
const ROUNDS: usize = 3;
/// Telephones of a large meeting, and those who speak: as many as are heard.
const TELEPHONES: usize = 50;
const SPEAKERS: usize = 3;
/// Ten seconds.
const BEATS: usize = 500;
/// Events that nobody reads meanwhile: signs of life and measurements, some in a second.
const EVENTS: usize = 1_000;

pub(crate) fn run() -> Result<()> {
    progress("phones: 50 telephones in a meeting, and a loop that decodes and adds up as much");
    let voices = voices();
    let packets = packets(&voices)?;
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        rounds.push((meeting(&voices)?, floor(&packets)?));
    }
    let rates = Rates {
        name: "phones",
        what: format!(
            "seconds of a telephone for a second of one core; {TELEPHONES} in a room, {SPEAKERS} of them speak"
        ),
        unit: "telephones",
        floor: "three streams decoded and added up, for as many telephones, in a bare loop",
        rounds,
        aim: "0.5 or more of the bare loop",
    };
    rates.print();
    Ok(())
}

/// Three voices: a tone each that comes and goes as syllables do.
fn voices() -> Vec<Vec<Frame>> {
    let voice = |hz: f64| {
        let sample = |place: usize| {
            let time_s = f64::from(u32::try_from(place).expect("ten seconds")) / 8_000.0;
            let syllable = 0.15 + 0.85 * (std::f64::consts::PI * 2.5 * time_s).sin().powi(2);
            #[expect(clippy::cast_possible_truncation, reason = "below the amplitude")]
            let sample = ((std::f64::consts::TAU * hz * time_s).sin() * syllable * 6_000.0) as i16;
            sample
        };
        let frame = |number: usize| std::array::from_fn(|place| sample(number * FRAME_SAMPLES + place));
        (0..BEATS).map(frame).collect()
    };
    [230.0, 410.0, 690.0].map(voice).into()
}

/// The same as they come from a room.
fn packets(voices: &[Vec<Frame>]) -> Result<Vec<Vec<Vec<u8>>>> {
    let encoded = voices.iter().map(|voice| {
        let mut encoder = Encoder::new(8_000, 16_000);
        let packets = voice.iter().map(|frame| encoder.encode(frame));
        packets.collect::<Result<Vec<_>, _>>()
    });
    Ok(encoded.collect::<Result<_, _>>()?)
}

/// Seconds of telephones for a second of the processor, without a meeting.
fn floor(packets: &[Vec<Vec<u8>>]) -> Result<f64> {
    let mut telephones: Vec<Vec<Decoder>> = Vec::new();
    telephones.resize_with(TELEPHONES, || packets.iter().map(|_| Decoder::new(8_000)).collect());
    let start = Instant::now();
    for beat in 0..BEATS {
        for decoders in &mut telephones {
            let mut sum = [0_i32; FRAME_SAMPLES];
            for (decoder, voice) in decoders.iter_mut().zip(packets) {
                for (sum, sample) in sum.iter_mut().zip(decoder.decode(&voice[beat])?) {
                    *sum += i32::from(sample);
                }
            }
            black_box(sum);
        }
    }
    Ok(telephone_seconds() / start.elapsed().as_secs_f64())
}

fn meeting(voices: &[Vec<Frame>]) -> Result<f64> {
    let mut meeting = Meeting::open()?;
    // Until the speakers are on their lines, nothing is decoded.
    meeting.beats(voices, 50);
    let start = Instant::now();
    let loudest = meeting.beats(voices, BEATS);
    let rate = telephone_seconds() / start.elapsed().as_secs_f64();
    ensure!(loudest > 1_000, "they hear each other");
    Ok(rate)
}

struct Meeting {
    simulated: Simulated,
    now: Instant,
    voices: Vec<Arc<dyn Voice>>,
    _attendances: Vec<Attendance>,
    _media: Media,
    _events: mpsc::Receiver<Event>,
}

impl Meeting {
    fn open() -> Result<Meeting> {
        let (told, events) = mpsc::channel(EVENTS);
        let (media, mut simulated) = Media::simulated("127.0.0.1:9".parse()?, told)?;
        let now = Instant::now();
        let mut attendances = vec![];
        for number in 0..TELEPHONES {
            let (prepared, attendance) = Attendance::new(&media);
            let session = number.to_string();
            media.admit(prepared, &session, "r")?;
            media.let_in(&session, "r", card(number), Rights::MEMBER)?;
            attendances.push(attendance);
        }
        simulated.turn(now).context("it goes on")?;
        Ok(Meeting {
            simulated,
            now,
            voices: attendances.iter().map(Attendance::voice).collect(),
            _attendances: attendances,
            _media: media,
            _events: events,
        })
    }

    /// So many beats; how loud the loudest was that the last telephone heard.
    fn beats(&mut self, voices: &[Vec<Frame>], beats: usize) -> u16 {
        let mut loudest = 0;
        for beat in 0..beats {
            for (number, telephone) in self.voices.iter().enumerate() {
                let says = voices.get(number).map_or(&SILENCE, |voice| &voice[beat]);
                let heard = telephone.frame(says);
                if number + 1 == TELEPHONES {
                    let peak = heard.iter().map(|sample| sample.unsigned_abs()).max();
                    loudest = loudest.max(peak.unwrap_or(0));
                }
            }
            self.now += BEAT;
            self.simulated.turn(self.now);
        }
        loudest
    }
}

fn card(number: usize) -> Card {
    let participant_key = format!("participants/{number}");
    Card {
        session_name: format!("{participant_key}/participantSessions/{number}"),
        participant_key,
        full_session_name: None,
        display_name: number.to_string(),
        kind: CardKind::Phone,
        by_program: false,
    }
}

fn telephone_seconds() -> f64 {
    let beats = f64::from(u32::try_from(TELEPHONES * BEATS).expect("small"));
    beats * BEAT.as_secs_f64()
}
