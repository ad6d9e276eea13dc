//! What a telephone says, as its room takes it: packets of Opus while the caller speaks, and none while not.
//!
//! Timestamps are those of one clock that runs through silences and mutes, so whoever listens or records knows how long each was. What came
//! just before it was sure that somebody speaks is sent with the first word, in its own time: a receiver waits that long for any packet,
//! and no word loses its beginning.

use std::collections::VecDeque;

use audio::{
    Frame, RATE_HZ,
    opus::{Encoder, level_dbov},
};
use media::SaidPacket;

use crate::{
    gate::Gate,
    limits::{FRAMES_BEFORE_SPEECH, OPUS_BITS_PER_SECOND},
    quieting::Quieting,
};

/// Ticks of Opus' clock in a frame.
const FRAME_TICKS: u32 = 960;

/// One telephone's way up.
pub(crate) struct Speaking {
    encoder: Encoder,
    gate: Gate,
    quieting: Option<Quieting>,
    timestamp: u32,
    is_open: bool,
    /// The latest frames that were not sent.
    before: VecDeque<Heard>,
}

struct Heard {
    timestamp: u32,
    level_dbov: i8,
    frame: Frame,
}

impl Speaking {
    pub(crate) fn new() -> Speaking {
        Speaking {
            encoder: Encoder::new(RATE_HZ, OPUS_BITS_PER_SECOND),
            gate: Gate::new(),
            quieting: Some(Quieting::default()),
            timestamp: 0,
            is_open: false,
            before: VecDeque::with_capacity(FRAMES_BEFORE_SPEECH),
        }
    }

    /// Turns noise down between words from now on, or does not.
    pub(crate) fn suppress_noise(&mut self, suppresses: bool) {
        self.quieting = suppresses.then(Quieting::default);
    }

    /// Takes the frame of a beat, and says what is sent.
    pub(crate) fn frame(&mut self, frame: &Frame, is_muted: bool, mut say: impl FnMut(SaidPacket)) {
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(FRAME_TICKS);
        if is_muted {
            self.gate.shut();
            self.before.clear();
            self.is_open = false;
            return;
        }
        let heard = self.hear(frame, timestamp);
        let speaks = self.gate.hear(level_dbov(frame));
        let begins = speaks && !std::mem::replace(&mut self.is_open, speaks);
        if !speaks {
            if self.before.len() == FRAMES_BEFORE_SPEECH {
                self.before.pop_front();
            }
            self.before.push_back(heard);
            return;
        }
        let mut marker = begins;
        for heard in std::mem::take(&mut self.before).into_iter().chain([heard]) {
            if let Some(packet) = self.packet(&heard, marker) {
                marker = false;
                say(packet);
            }
        }
    }

    fn hear(&mut self, frame: &Frame, timestamp: u32) -> Heard {
        let quieting = self.quieting.as_mut();
        let quieted = quieting.map(|quieting| quieting.frame(frame, level_dbov(frame), self.gate.floor_dbov()));
        let frame = quieted.unwrap_or(*frame);
        Heard {
            timestamp,
            level_dbov: level_dbov(&frame),
            frame,
        }
    }

    fn packet(&mut self, heard: &Heard, marker: bool) -> Option<SaidPacket> {
        match self.encoder.encode(&heard.frame) {
            Ok(payload) => Some(SaidPacket {
                timestamp: heard.timestamp,
                marker,
                level_dbov: heard.level_dbov,
                voice: true,
                payload: payload.into(),
            }),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a frame of a telephone is not heard"
                );
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(amplitude: i16) -> Frame {
        std::array::from_fn(|place| if place % 16 < 8 { amplitude } else { -amplitude })
    }

    /// Says frames of one loudness; what was sent.
    fn say(speaking: &mut Speaking, amplitude: i16, frames: usize, is_muted: bool) -> Vec<SaidPacket> {
        let mut sent = vec![];
        for _ in 0..frames {
            speaking.frame(&frame(amplitude), is_muted, |packet| sent.push(packet));
        }
        sent
    }

    #[test]
    fn a_silent_caller_sends_nothing_and_a_word_has_its_beginning() {
        let mut speaking = Speaking::new();
        assert!(say(&mut speaking, 10, 500, false).is_empty());
        let sent = say(&mut speaking, 3_000, 50, false);
        assert_eq!(sent.len(), 50 + FRAMES_BEFORE_SPEECH - 1, "and what came before");
        let markers: Vec<bool> = sent.iter().map(|packet| packet.marker).collect();
        assert!(markers[0] && !markers[1..].contains(&true));
        assert!(
            sent.windows(2)
                .all(|pair| pair[1].timestamp == pair[0].timestamp + FRAME_TICKS)
        );
        assert_eq!(sent.last().unwrap().timestamp, 549 * FRAME_TICKS);
        assert!(sent.last().unwrap().level_dbov > -25 && sent.last().unwrap().payload.len() >= 10);
    }

    #[test]
    fn who_is_muted_sends_nothing_and_his_clock_runs_on() {
        let mut speaking = Speaking::new();
        say(&mut speaking, 10, 50, false);
        assert!(!say(&mut speaking, 3_000, 50, false).is_empty());
        assert!(say(&mut speaking, 3_000, 50, true).is_empty());
        let sent = say(&mut speaking, 3_000, 50, false);
        assert_eq!(
            sent[0].timestamp,
            150 * FRAME_TICKS,
            "nothing of what he said meanwhile"
        );
        assert!(sent[0].marker);
    }

    #[test]
    fn noise_between_words_is_turned_down_if_that_is_wanted() {
        let last = |suppresses| {
            let mut speaking = Speaking::new();
            speaking.suppress_noise(suppresses);
            say(&mut speaking, 50, 200, false);
            say(&mut speaking, 3_000, 20, false);
            say(&mut speaking, 50, 20, false).last().unwrap().level_dbov
        };
        assert_eq!(last(false) - last(true), 12);
    }
}
