//! Noise suppression of a telephone, if it is wanted: what lies between words is turned down.
//!
//! It is a downward expander with a time: a frame that does not stand out of the line's noise is made fainter, by up to twelve
//! decibels, and one that does passes as it is. Noise under a word stays, as it is masked by it. What it is not is a network that knows
//! speech; why is decision 0046.

use audio::{FRAME_SAMPLES, Frame};

use crate::levels::linear;

/// What stands out of the noise by so much is left alone, and what does by so little is turned down wholly.
const SPEECH_DB: f32 = 9.0;
const NOISE_DB: f32 = 3.0;
/// By how much.
const DEPTH_DB: f32 = 12.0;
/// How far down it goes in a frame. It comes up at once, or words would lose their beginnings.
const STEP_DB: f32 = 1.5;

/// The state of one.
#[derive(Debug, Default)]
pub(crate) struct Quieting {
    gain_db: f32,
}

impl Quieting {
    /// Turns a frame of this loudness down, if it is noise on a line with this much of it.
    pub(crate) fn frame(&mut self, frame: &Frame, level_dbov: i8, floor_dbov: f32) -> Frame {
        let from = linear(self.gain_db);
        let above = f32::from(level_dbov) - floor_dbov;
        let noise = ((SPEECH_DB - above) / (SPEECH_DB - NOISE_DB)).clamp(0.0, 1.0);
        self.gain_db = (-DEPTH_DB * noise).max(self.gain_db - STEP_DB);
        let to = linear(self.gain_db);
        if (from, to) == (1.0, 1.0) {
            return *frame;
        }
        let step = (to - from) / f32::from(u16::try_from(FRAME_SAMPLES).expect("160"));
        let mut gain = from;
        frame.map(|sample| {
            gain += step;
            #[expect(clippy::cast_possible_truncation, reason = "it gets smaller")]
            let quieted = (f32::from(sample) * gain).round() as i16;
            quieted
        })
    }
}

#[cfg(test)]
mod tests {
    use audio::opus::level_dbov;
    use proptest::prelude::*;

    use super::*;

    fn frame(amplitude: i16) -> Frame {
        std::array::from_fn(|place| if place % 2 == 0 { amplitude } else { -amplitude })
    }

    #[test]
    fn noise_is_turned_down_and_speech_is_not() {
        let mut quieting = Quieting::default();
        let mut hear = |amplitude, frames| {
            let frame = frame(amplitude);
            let heard = (0..frames).map(|_| quieting.frame(&frame, level_dbov(&frame), -50.0));
            let last = heard.last().unwrap();
            i32::from(level_dbov(&last)) - i32::from(level_dbov(&frame))
        };
        assert_eq!(hear(3_000, 20), 0);
        assert_eq!(hear(104, 20), -12);
        assert_eq!(hear(3_000, 2), 0, "it comes up at once");
        assert!((-8..=-4).contains(&hear(207, 20)), "between the two it is between");
    }

    proptest! {
        #[test]
        fn nothing_gets_louder(amplitudes in prop::collection::vec(0..i16::MAX, 1..50), floor in -75.0_f32..-30.0) {
            let mut quieting = Quieting::default();
            for amplitude in amplitudes {
                let frame = frame(amplitude);
                let quieted = quieting.frame(&frame, level_dbov(&frame), floor);
                prop_assert!(frame.iter().zip(quieted).all(|(before, after)| after.unsigned_abs() <= before.unsigned_abs()));
            }
        }
    }
}
