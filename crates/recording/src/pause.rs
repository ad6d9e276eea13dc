//! What a pause does to a take: nothing of it is kept, or its time is.
//!
//! Whoever hears frames asks for each of them, on a thread that must not wait, so what is so is one number that is set from elsewhere. A
//! frame goes in for both channels or for none; so they stay as long as each other, whatever is set when.

use std::sync::atomic::{AtomicU8, Ordering};

use audio::{Frame, SILENCE};

/// What becomes of the time of a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// It is left out: what follows comes at once after what was before.
    Skip,
    /// It is there, and silent.
    Silence,
}

const GOES_ON: u8 = 0;
const SKIPS: u8 = 1;
const IS_SILENT: u8 = 2;

/// Whether what is heard is kept.
#[derive(Debug, Default)]
pub(crate) struct Flow(AtomicU8);

impl Flow {
    /// From the next frame on.
    pub(crate) fn set(&self, pause: Option<Pause>) {
        let number = match pause {
            None => GOES_ON,
            Some(Pause::Skip) => SKIPS,
            Some(Pause::Silence) => IS_SILENT,
        };
        self.0.store(number, Ordering::Relaxed);
    }

    /// What is kept of a frame of both channels, if any of it is.
    pub(crate) fn kept<'f>(&self, heard: [&'f Frame; 2]) -> Option<[&'f Frame; 2]> {
        match self.0.load(Ordering::Relaxed) {
            SKIPS => None,
            IS_SILENT => Some([&SILENCE, &SILENCE]),
            _ => Some(heard),
        }
    }
}

#[cfg(test)]
mod tests {
    use audio::FRAME_SAMPLES;
    use proptest::prelude::*;

    use super::*;

    fn pauses() -> impl Strategy<Value = Vec<(Option<Pause>, usize)>> {
        let pause = prop_oneof![Just(None), Just(Some(Pause::Skip)), Just(Some(Pause::Silence))];
        prop::collection::vec((pause, 0_usize..40), 0..12)
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_said_without_the_time_that_was_skipped(stretches in pauses()) {
            let flow = Flow::default();
            let (mut kept, mut expected, mut number) = (vec![], vec![], 0_i16);
            for (pause, frames) in stretches {
                flow.set(pause);
                for _ in 0..frames {
                    number += 1;
                    let (first, second) = ([number; FRAME_SAMPLES], [-number; FRAME_SAMPLES]);
                    kept.extend(flow.kept([&first, &second]).map(|[first, second]| (first[0], second[0])));
                    expected.extend(match pause {
                        None => Some((number, -number)),
                        Some(Pause::Silence) => Some((0, 0)),
                        Some(Pause::Skip) => None,
                    });
                }
            }
            prop_assert_eq!(kept, expected);
        }
    }
}
