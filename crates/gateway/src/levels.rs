//! Nobody is louder than another by much: speakers are brought to about one loudness before they are summed.
//!
//! A browser near its microphone and a telephone across the room are 30 dB apart, and whoever listens on a telephone has one volume for
//! both. So each speaker has a gain, which follows how loud he is while he speaks. It moves slowly and keeps still in pauses, so a voice keeps
//! its own ups and downs, and noise between words is not drawn up.

use audio::{Frame, opus::level_dbov};

use crate::limits::SPEAKERS_KEPT;

/// Where speech is brought to: what telephone networks are built for (ITU-T P.56 active speech level).
const WANTED_DBOV: f32 = -26.0;
/// Below this nothing is said.
const SPEECH_DBOV: f32 = -50.0;
/// As much is added or taken at most: more would bring up the room with the voice.
const GAIN_DB_MAX: f32 = 12.0;
/// How far a frame of speech moves what is known of a speaker's loudness: a second.
const WEIGHT: f32 = 0.02;
/// And at once how far the gain, in a frame: ten decibels in a second.
const STEP_DB: f32 = 0.2;

/// What is known of those who were heard, the latest first.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    speakers: Vec<Speaker>,
}

#[derive(Debug)]
struct Speaker {
    id: u32,
    level_dbov: Option<f32>,
    gain_db: f32,
}

/// What a frame is multiplied with, from its first sample to its last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gain {
    pub(crate) from: f32,
    pub(crate) to: f32,
}

impl Levels {
    /// Hears a frame of a speaker.
    pub(crate) fn hear(&mut self, speaker: u32, frame: &Frame) -> Gain {
        let place = self.speakers.iter().position(|other| other.id == speaker);
        let known = place.map(|place| self.speakers.remove(place));
        let mut known = known.unwrap_or(Speaker {
            id: speaker,
            level_dbov: None,
            gain_db: 0.0,
        });
        let from = linear(known.gain_db);
        known.hear(f32::from(level_dbov(frame)));
        let to = linear(known.gain_db);
        self.speakers.insert(0, known);
        self.speakers.truncate(SPEAKERS_KEPT);
        Gain { from, to }
    }
}

impl Speaker {
    fn hear(&mut self, level_dbov: f32) {
        if level_dbov < SPEECH_DBOV {
            return;
        }
        let before = self.level_dbov.unwrap_or(level_dbov);
        let level = before + (level_dbov - before) * WEIGHT;
        self.level_dbov = Some(level);
        let wanted = (WANTED_DBOV - level).clamp(-GAIN_DB_MAX, GAIN_DB_MAX);
        self.gain_db += (wanted - self.gain_db).clamp(-STEP_DB, STEP_DB);
    }
}

pub(crate) fn linear(db: f32) -> f32 {
    10_f32.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(amplitude: i16) -> Frame {
        let mut frame = audio::SILENCE;
        for (place, sample) in frame.iter_mut().enumerate() {
            *sample = if place % 2 == 0 { amplitude } else { -amplitude };
        }
        frame
    }

    /// The gain in decibels after so many frames of a loudness.
    fn after(frames: usize, amplitude: i16) -> f32 {
        let mut levels = Levels::default();
        let gains = (0..frames).map(|_| levels.hear(1, &frame(amplitude)).to);
        20.0 * gains.last().unwrap().log10()
    }

    #[test]
    fn the_loud_are_turned_down_and_the_faint_up_slowly_and_not_by_much() {
        let check = |frames, amplitude, expected: f32| {
            let gain = after(frames, amplitude);
            assert!((gain - expected).abs() < 0.6, "{amplitude} after {frames}: {gain} dB");
        };
        check(500, 1_643, 0.0);
        check(10, 16_430, -2.0);
        check(500, 16_430, -12.0);
        check(500, 823, 6.0);
        check(500, 164, 12.0);
        check(500, 20, 0.0);
    }

    #[test]
    fn a_pause_changes_nothing_and_each_has_his_own() {
        let mut levels = Levels::default();
        for _ in 0..200 {
            levels.hear(1, &frame(16_430));
        }
        let loud = levels.hear(1, &audio::SILENCE);
        assert!((loud.from - loud.to).abs() < f32::EPSILON);
        assert!(levels.hear(2, &frame(1_643)).from > 0.99);
        for other in 3..=u32::try_from(SPEAKERS_KEPT).unwrap() {
            levels.hear(other, &frame(1_000));
        }
        assert_eq!(levels.hear(1, &audio::SILENCE), loud, "he is remembered");
        for other in 100..200 {
            levels.hear(other, &frame(1_000));
        }
        assert_eq!(levels.speakers.len(), SPEAKERS_KEPT);
    }

    proptest! {
        #[test]
        fn a_gain_is_always_within_its_bounds(heard in prop::collection::vec((0..20_u32, 0..i16::MAX), 0..200)) {
            let mut levels = Levels::default();
            for (speaker, amplitude) in heard {
                let Gain { from, to } = levels.hear(speaker, &frame(amplitude));
                let most = linear(GAIN_DB_MAX) * 1.001;
                prop_assert!(from <= most && to <= most && from >= 1.0 / most && to >= 1.0 / most);
            }
        }
    }
}
