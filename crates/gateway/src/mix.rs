//! The sum of those who speak, kept from clipping; and what is heard when nobody does.
//!
//! Sums are exact, and pass untouched as long as they fit. One that does not fit is turned down as a whole within the frame, and comes
//! back slowly, so that two who speak at once are a little quieter and never distorted: nobody is turned down because another one speaks.
//!
//! A telephone that hears digital silence sounds as if the call were gone. So a frame in which next to nothing is heard gets noise, as faint
//! as a quiet room, and it fades in and out, since noise that is switched is worse than none.

use audio::{FRAME_SAMPLES, Frame, SILENCE, opus::level_dbov};

use crate::levels::Gain;

/// The highest that a sum may be, a decibel below all that there is.
const HIGHEST: f32 = 29_200.0;
/// What lies above, while the gain is on its way down, is bent into what is left.
const HEADROOM: f32 = 32_767.0 - HIGHEST;
/// Samples in which the gain comes down: a millisecond and a half.
const FALL_SAMPLES: usize = 12;
/// How much of what is missing the gain regains in a frame: some 150 ms for most of it.
const RISE: f32 = 0.12;

/// Fainter than this is nothing.
const NOTHING_DBOV: i8 = -66;
/// How loud the noise is at its highest: with this it is at -68 dBov.
const NOISE: f32 = 22.0;
/// How much louder or fainter it gets in a frame, of one.
const NOISE_STEP: f32 = 0.1;

/// What is added up in a frame.
pub(crate) struct Sum([f32; FRAME_SAMPLES]);

impl Sum {
    pub(crate) fn new() -> Sum {
        Sum([0.0; FRAME_SAMPLES])
    }

    /// Adds a speaker.
    pub(crate) fn add(&mut self, frame: &Frame, gain: Gain) {
        let step = (gain.to - gain.from) / per_frame();
        let mut factor = gain.from;
        for (sum, sample) in self.0.iter_mut().zip(frame) {
            factor += step;
            *sum += f32::from(*sample) * factor;
        }
    }
}

/// The last of the way to a telephone's ear.
#[derive(Debug)]
pub(crate) struct Mixer {
    gain: f32,
    noise: Noise,
}

impl Mixer {
    pub(crate) fn new() -> Mixer {
        Mixer {
            gain: 1.0,
            noise: Noise {
                // Any but 0: each telephone hears its own alone.
                state: 0x9e37_79b9,
                loudness: 0.0,
                last: 0.0,
            },
        }
    }

    /// What is heard of a sum.
    pub(crate) fn frame(&mut self, sum: &Sum) -> Frame {
        let mut frame = self.limited(sum);
        self.noise.add(&mut frame);
        frame
    }

    fn limited(&mut self, Sum(sum): &Sum) -> Frame {
        let peak = sum.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let fits = if peak > HIGHEST { HIGHEST / peak } else { 1.0 };
        let (from, to, samples) = if fits < self.gain {
            (self.gain, fits, FALL_SAMPLES)
        } else {
            // What is nearly whole is whole: quiet sums pass untouched again.
            let risen = self.gain + (1.0 - self.gain) * RISE;
            (
                self.gain,
                if risen > 0.999 { 1.0 } else { risen.min(fits) },
                FRAME_SAMPLES,
            )
        };
        self.gain = to;
        let step = (to - from) / f32::from(u16::try_from(samples).expect("within a frame"));
        let mut frame = SILENCE;
        let mut gain = from;
        for (place, (sample, sum)) in frame.iter_mut().zip(sum).enumerate() {
            gain = if place + 1 < samples { gain + step } else { to };
            *sample = bent(sum * gain);
        }
        frame
    }
}

/// A sample that fits: itself, or less if it is higher than the highest.
#[expect(clippy::cast_possible_truncation, reason = "it is bent to what fits")]
fn bent(sample: f32) -> i16 {
    let above = sample.abs() - HIGHEST;
    if above <= 0.0 {
        return sample.round() as i16;
    }
    let height = HIGHEST + HEADROOM * above / (above + HEADROOM);
    height.copysign(sample) as i16
}

/// The noise of a quiet room.
#[derive(Debug)]
struct Noise {
    state: u32,
    /// Between none and all of it.
    loudness: f32,
    last: f32,
}

impl Noise {
    fn add(&mut self, frame: &mut Frame) {
        let is_nothing = level_dbov(frame) <= NOTHING_DBOV;
        let to = (self.loudness + if is_nothing { NOISE_STEP } else { -NOISE_STEP }).clamp(0.0, 1.0);
        let step = (to - self.loudness) / per_frame();
        if to == 0.0 && step == 0.0 {
            return;
        }
        for sample in frame {
            self.loudness += step;
            let noise = self.next() * NOISE * self.loudness;
            #[expect(clippy::cast_possible_truncation, reason = "it is faint")]
            let noise = noise.round() as i16;
            *sample = sample.saturating_add(noise);
        }
        self.loudness = to;
    }

    /// The next sample, between -1 and 1, and duller than white (xorshift, and the mean of two).
    fn next(&mut self) -> f32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        let [high, low, ..] = self.state.to_be_bytes();
        let white = f32::from(i16::from_be_bytes([high, low])) / 32_768.0;
        let dull = f32::midpoint(white, self.last);
        self.last = white;
        dull
    }
}

fn per_frame() -> f32 {
    f32::from(u16::try_from(FRAME_SAMPLES).expect("160"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNTOUCHED: Gain = Gain { from: 1.0, to: 1.0 };

    fn tone(amplitude: f32, hz: f32, frame: usize) -> Frame {
        std::array::from_fn(|place| {
            let time_s = f32::from(u16::try_from(frame * FRAME_SAMPLES + place).unwrap()) / 8_000.0;
            #[expect(clippy::cast_possible_truncation, reason = "a tone")]
            let sample = ((std::f32::consts::TAU * hz * time_s).sin() * amplitude) as i16;
            sample
        })
    }

    #[test]
    fn what_fits_passes_untouched() {
        let mut mixer = Mixer::new();
        for number in 0..10 {
            let (one, other) = (tone(8_000.0, 300.0, number), tone(9_000.0, 1_100.0, number));
            let mut sum = Sum::new();
            sum.add(&one, UNTOUCHED);
            sum.add(&other, UNTOUCHED);
            let expected: Frame = std::array::from_fn(|place| one[place] + other[place]);
            assert_eq!(mixer.frame(&sum), expected);
        }
    }

    #[test]
    fn three_who_shout_at_once_are_turned_down_and_not_cut() {
        let mut mixer = Mixer::new();
        let mut highest = 0;
        for number in 0..25 {
            let mut sum = Sum::new();
            for hz in [300.0, 500.0, 700.0] {
                sum.add(&tone(30_000.0, hz, number), UNTOUCHED);
            }
            let frame = mixer.frame(&sum);
            if number > 0 {
                highest = highest.max(frame.iter().map(|sample| sample.unsigned_abs()).max().unwrap());
            }
        }
        assert!((20_000..=29_200).contains(&highest), "{highest}");
        let quiet = tone(1_000.0, 300.0, 0);
        let frames = (0..100).map(|_| {
            let mut sum = Sum::new();
            sum.add(&quiet, UNTOUCHED);
            mixer.frame(&sum)
        });
        assert_eq!(frames.last(), Some(quiet), "it comes back whole");
    }

    #[test]
    fn a_silence_is_not_digital_and_speech_has_no_noise() {
        let mut mixer = Mixer::new();
        let frames: Vec<Frame> = (0..50).map(|_| mixer.frame(&Sum::new())).collect();
        let level = level_dbov(&frames[20..].concat());
        assert!((-72..=-64).contains(&level), "{level} dBov");
        assert!(frames[20..].iter().all(|frame| *frame != SILENCE));
        let speech = tone(3_000.0, 400.0, 0);
        let heard = (0..20).map(|_| {
            let mut sum = Sum::new();
            sum.add(&speech, UNTOUCHED);
            mixer.frame(&sum)
        });
        assert_eq!(heard.last(), Some(speech));
    }

    proptest! {
        /// Whatever is summed, nothing turns over: a sample has the sign of its sum, and one that is higher comes out no lower.
        #[test]
        fn nothing_turns_over(samples in prop::collection::vec(any::<i16>(), FRAME_SAMPLES), speakers in 1..4_usize) {
            let frame: Frame = samples.try_into().unwrap();
            let mut mixer = Mixer { gain: 1.0, noise: Noise { state: 1, loudness: 0.0, last: 0.0 } };
            let mut sum = Sum::new();
            for _ in 0..speakers {
                sum.add(&frame, UNTOUCHED);
            }
            let limited = mixer.limited(&sum);
            for (sample, limited) in frame.iter().zip(limited) {
                prop_assert!(i32::from(*sample) * i32::from(limited) >= 0);
            }
        }

        #[test]
        fn what_is_higher_comes_out_no_lower(one in -200_000.0_f32..200_000.0, other in -200_000.0_f32..200_000.0) {
            let (low, high) = if one < other { (one, other) } else { (other, one) };
            prop_assert!(bent(low) <= bent(high));
        }
    }
}
