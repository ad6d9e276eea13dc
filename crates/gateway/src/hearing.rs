//! What a telephone hears: the room's lines, decoded, levelled and mixed, a frame in each beat.

use std::collections::VecDeque;

use audio::{FRAME_SAMPLES, Frame, RATE_HZ, SILENCE, opus::Decoder};
use media::{HeardPacket, limits::AUDIO_LINES};

use crate::{
    levels::Levels,
    limits::{FRAME_TICKS, PACKET_BYTES_MAX, SAMPLE_TICKS},
    mix::{Mixer, Sum},
    playout::{Packet, Playout, Step},
};

/// A speaker that says so little of himself is in a pause.
const QUIET_DBOV: i8 = -50;

/// One telephone's way down.
pub(crate) struct Hearing {
    lines: [Line; AUDIO_LINES],
    levels: Levels,
    mixer: Mixer,
}

struct Line {
    playout: Playout,
    decoder: Decoder,
    /// What is decoded and not heard yet: less than a packet.
    ready: VecDeque<i16>,
    /// Whose voice it is, once somebody's was.
    speaker: Option<u32>,
}

impl Hearing {
    pub(crate) fn new() -> Hearing {
        Hearing {
            lines: std::array::from_fn(|_| Line {
                playout: Playout::new(),
                decoder: Decoder::new(RATE_HZ),
                ready: VecDeque::new(),
                speaker: None,
            }),
            levels: Levels::default(),
            mixer: Mixer::new(),
        }
    }

    /// Takes a packet.
    pub(crate) fn take(&mut self, packet: HeardPacket) {
        let Some(line) = self.lines.get_mut(packet.line) else {
            return;
        };
        if packet.payload.len() > PACKET_BYTES_MAX {
            return;
        }
        line.playout.take(Packet {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            speaker: packet.speaker,
            is_quiet: packet.level_dbov.is_some_and(|level| level <= QUIET_DBOV),
            payload: packet.payload,
        });
    }

    /// What is heard in this beat.
    pub(crate) fn frame(&mut self) -> Frame {
        let mut sum = Sum::new();
        for line in &mut self.lines {
            let frame = line.frame();
            if let Some(speaker) = line.speaker
                && frame != SILENCE
            {
                sum.add(&frame, self.levels.hear(speaker, &frame));
            }
        }
        self.mixer.frame(&sum)
    }
}

impl Line {
    fn frame(&mut self) -> Frame {
        while self.ready.len() < FRAME_SAMPLES {
            match self.playout.step() {
                Step::Decode(packet) => self.decode(&packet),
                Step::Conceal(ticks) => self.ready.extend(self.decoder.conceal(samples(ticks))),
                Step::Rest(ticks) => self.ready.extend(std::iter::repeat_n(0, samples(ticks))),
            }
        }
        let mut frame = SILENCE;
        for (sample, ready) in frame.iter_mut().zip(self.ready.drain(..FRAME_SAMPLES)) {
            *sample = ready;
        }
        frame
    }

    /// What a packet says; something made up, if it says nothing that can be understood.
    fn decode(&mut self, packet: &Packet) {
        self.speaker = Some(packet.speaker);
        let decoded = self.decoder.decode(&packet.payload).unwrap_or_else(|error| {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a packet of a meeting is no Opus"
            );
            self.decoder.conceal(samples(FRAME_TICKS))
        });
        let ticks = i64::try_from(decoded.len()).expect("120 ms at most") * SAMPLE_TICKS;
        // One that decodes to nothing takes its time all the same, or a line of nothing else would stand still.
        self.playout.advance(ticks);
        self.ready.extend(decoded);
    }
}

fn samples(ticks: i64) -> usize {
    usize::try_from(ticks / SAMPLE_TICKS).expect("a frame at most")
}
