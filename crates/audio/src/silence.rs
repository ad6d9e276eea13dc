//! What counts as silence, and where it ends.
//!
//! A line that is open is never quite still: both laws of G.711 make some of the smallest samples of nothing, and telephones send a
//! comfort noise. What is measured is the mean of a frame without its sign; speech that somebody understands is well above, the noise
//! of a telephone that is muted well below.

/// The mean of a frame, of 32,768, from which on it counts as sound: 50 dB below the loudest.
pub const SOUND_MIN: u32 = 100;

/// What is left of silence before and behind, when it is cut off, in frames: a word is not cut into.
pub const MARGIN_FRAMES: usize = 5;

/// Whether nothing is heard in these samples: a frame of one channel, or of both in turn.
pub fn is_silent(samples: &[i16]) -> bool {
    let sum: u64 = samples.iter().map(|sample| u64::from(sample.unsigned_abs())).sum();
    sum < u64::from(SOUND_MIN) * samples.len() as u64
}

/// Where sound begins and ends, as frames go by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extent {
    frames: usize,
    heard: Option<(usize, usize)>,
}

impl Extent {
    /// Takes the next frame.
    pub fn take(&mut self, samples: &[i16]) {
        if !is_silent(samples) {
            let first = self.heard.map_or(self.frames, |(first, _)| first);
            self.heard = Some((first, self.frames));
        }
        self.frames += 1;
    }

    /// The frames to keep, if silence is cut off at both ends; none if there is nothing else.
    pub fn trimmed(&self) -> Option<std::ops::Range<usize>> {
        let (first, last) = self.heard?;
        Some(first.saturating_sub(MARGIN_FRAMES)..(last + 1 + MARGIN_FRAMES).min(self.frames))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FRAME_SAMPLES, SILENCE, g711::Law};

    #[test]
    fn silence_goes_and_a_word_stays_whole() {
        let check = |pattern: &str, expected: Option<std::ops::Range<usize>>| {
            let mut extent = Extent::default();
            for frame in pattern.chars() {
                extent.take(&[if frame == '#' { 2_000 } else { 3 }; FRAME_SAMPLES]);
            }
            assert_eq!(extent.trimmed(), expected, "{pattern}");
        };
        check("", None);
        check("..........", None);
        check("#", Some(0..1));
        check("..#..", Some(0..5));
        check("..........#....#..........", Some(5..21));
    }

    #[test]
    fn a_line_on_which_nobody_speaks_is_silent() {
        for law in [Law::Mu, Law::A] {
            let heard = law.encode(&SILENCE).map(|byte| law.decode(byte));
            assert!(is_silent(&heard), "{law:?}");
        }
        assert!(is_silent(&[]) || !is_silent(&[1_000; FRAME_SAMPLES]));
    }
}
