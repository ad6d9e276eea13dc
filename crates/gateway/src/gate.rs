//! Whether a telephone's caller speaks.
//!
//! A line is never silent: there is a room behind it, a street or a car. So speech is what stands out of the noise of the last seconds, and is
//! over once it has not for a while. While nobody speaks nothing is sent, which costs the room nothing and takes no place among those who are
//! heard: a caller with the radio on cannot keep a place from somebody who talks.
//!
//! Between beginning and end there is a distance (it takes more to begin than to go on) and a time (it takes two frames to begin, and more
//! than the pause between two sentences to end), so no syllable is cut and nothing flaps.

/// So much louder than the noise is speech, and with so much it goes on.
const BEGINS_DB: f32 = 10.0;
const GOES_ON_DB: f32 = 5.0;
/// Fainter than this is none, whatever the noise.
const FAINTEST_DBOV: f32 = -54.0;
/// Frames to begin, and frames after the last that went on.
const FRAMES_TO_BEGIN: u32 = 2;
const FRAMES_TO_END: u32 = 25;
/// What noise there may be: lower is a line that sends digital silence, and higher is speech without an end.
const FLOOR_DBOV: std::ops::RangeInclusive<f32> = -75.0..=-36.0;
/// Noise that falls is followed in some frames; noise that rises, by a decibel in a second, since speech is no noise.
const FALLS: f32 = 0.3;
const RISES_DB: f32 = 0.02;

/// The state of one.
#[derive(Debug)]
pub(crate) struct Gate {
    floor_dbov: f32,
    is_open: bool,
    /// Frames in a row that would begin it, or since one that it goes on with.
    frames: u32,
}

impl Gate {
    pub(crate) fn new() -> Gate {
        Gate {
            floor_dbov: -60.0,
            is_open: false,
            frames: 0,
        }
    }

    /// How loud the noise is behind what is said.
    pub(crate) fn floor_dbov(&self) -> f32 {
        self.floor_dbov
    }

    /// Hears a frame of this loudness; says whether the caller speaks in it.
    pub(crate) fn hear(&mut self, level_dbov: i8) -> bool {
        let level = f32::from(level_dbov);
        let toward = if level < self.floor_dbov {
            (level - self.floor_dbov) * FALLS
        } else {
            RISES_DB
        };
        self.floor_dbov = (self.floor_dbov + toward).clamp(*FLOOR_DBOV.start(), *FLOOR_DBOV.end());
        let above = if self.is_open { GOES_ON_DB } else { BEGINS_DB };
        let is_speech = level >= (self.floor_dbov + above).max(FAINTEST_DBOV);
        let (changes, most) = if self.is_open {
            (!is_speech, FRAMES_TO_END)
        } else {
            (is_speech, FRAMES_TO_BEGIN)
        };
        self.frames = if changes { self.frames + 1 } else { 0 };
        if self.frames >= most {
            self.is_open = !self.is_open;
            self.frames = 0;
        }
        self.is_open
    }

    /// Nobody is listened to: whoever speaks later begins anew. The noise stays what it is.
    pub(crate) fn shut(&mut self) {
        (self.is_open, self.frames) = (false, 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// In which frames it is open, as stretches of levels: for each how many frames, and how many of them it is open in.
    fn check(stretches: &[(i8, usize, usize)]) {
        let mut gate = Gate::new();
        for (number, (level, frames, expected)) in stretches.iter().enumerate() {
            let open = (0..*frames).filter(|_| gate.hear(*level)).count();
            assert_eq!(open, *expected, "stretch {number}, at {level} dBov");
        }
    }

    #[test]
    fn speech_begins_soon_and_ends_late() {
        check(&[(-70, 100, 0), (-25, 50, 49), (-70, 100, 24)]);
        // The pauses between words end nothing.
        check(&[
            (-70, 100, 0),
            (-25, 10, 9),
            (-70, 15, 15),
            (-25, 10, 10),
            (-70, 100, 24),
        ]);
        // A click is no word.
        check(&[(-70, 100, 0), (-20, 1, 0), (-70, 10, 0)]);
    }

    #[test]
    fn noise_is_no_speech_for_long() {
        let mut gate = Gate::new();
        let open = (0..1_500).filter(|_| gate.hear(-45)).count();
        assert!(open < 700, "a street is heard for {open} frames");
        assert!((0..200).all(|_| !gate.hear(-45)));
        let speech = (0..10).filter(|_| gate.hear(-28)).count();
        assert_eq!(speech, 9, "and whoever speaks in it is heard");
    }

    #[test]
    fn faint_lines_and_digital_silence_are_silent() {
        check(&[(-127, 500, 0), (-58, 100, 0), (-30, 10, 9)]);
    }

    #[test]
    fn a_long_speech_is_heard_to_its_end() {
        let mut gate = Gate::new();
        // Words of 300 ms and breath of 100, for two minutes.
        let open = (0..6_000)
            .filter(|frame| gate.hear(if frame % 20 < 15 { -24 } else { -55 }))
            .count();
        assert!(open >= 5_990, "{open}");
    }

    proptest! {
        /// It never flaps: what is open stays so for some frames.
        #[test]
        fn it_never_flaps(levels in prop::collection::vec(-127..=0_i8, 1..500)) {
            let mut gate = Gate::new();
            let states: Vec<bool> = levels.into_iter().map(|level| gate.hear(level)).collect();
            let stretches = states.chunk_by(|one, other| one == other);
            let inner: Vec<&[bool]> = stretches.collect();
            for stretch in inner.iter().take(inner.len() - 1).skip(1) {
                prop_assert!(!stretch[0] || stretch.len() >= FRAMES_TO_END as usize);
            }
        }
    }
}
