//! Tones that a line makes itself: of one frequency or two, with pauses.

use std::f64::consts::TAU;

use crate::{Clip, RATE_HZ};

/// A tone as it is given to somebody's ear: not more than a fifth of what a sample can hold, since it is pure and goes on.
const AMPLITUDE: f64 = 6_000.0;

/// How long a key sounds, in milliseconds, where it is a sound.
const DIGIT_MS: u32 = 160;

/// What is heard before a recording begins.
pub fn beep() -> Clip {
    tone(&[1_000.0], 400).into()
}

/// What is heard now and then while a call is recorded: short, and as high as telephones that recorded always had it.
pub fn reminder() -> Clip {
    tone(&[1_400.0], 200).into()
}

/// What is heard while somebody else's telephone rings: a second of tone and four of silence, as in most of Europe (ITU-T E.180).
pub fn ringing() -> Clip {
    let mut ringing = tone(&[425.0], 1_000);
    ringing.resize(5 * ringing.len(), 0);
    ringing.into()
}

/// Tones one after the other, each of a frequency and a length in milliseconds; of no frequency it is a pause.
pub fn sequence(tones: &[(u32, u32)]) -> Clip {
    let samples = tones.iter().flat_map(|(hz, ms)| match hz {
        0 => tone(&[0.0], *ms),
        hz => tone(&[f64::from(*hz)], *ms),
    });
    samples.collect::<Vec<_>>().into()
}

/// A key as it sounds (ITU-T Q.23), if there is such a key.
pub fn digit(digit: char) -> Option<Clip> {
    const ROWS_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
    const COLUMNS_HZ: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
    let place = "123A456B789C*0#D".find(digit.to_ascii_uppercase())?;
    Some(tone(&[ROWS_HZ[place / 4], COLUMNS_HZ[place % 4]], DIGIT_MS).into())
}

#[expect(clippy::cast_possible_truncation, reason = "the amplitude is a fifth of the range")]
fn tone(frequencies_hz: &[f64], length_ms: u32) -> Vec<i16> {
    let part = AMPLITUDE / f64::from(u32::try_from(frequencies_hz.len()).expect("one or two"));
    let sample = |number: u32| {
        let time_s = f64::from(number) / f64::from(RATE_HZ);
        let sum: f64 = frequencies_hz.iter().map(|hz| (TAU * hz * time_s).sin()).sum();
        (part * sum) as i16
    };
    (0..length_ms * (RATE_HZ / 1_000)).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much of a frequency is in a sound, by Goertzel's formula.
    fn power(clip: &[i16], hz: u32) -> f64 {
        let coefficient = 2.0 * (TAU * f64::from(hz) / f64::from(RATE_HZ)).cos();
        let (mut last, mut before) = (0.0, 0.0);
        for &sample in clip {
            (last, before) = (f64::from(sample) + coefficient * last - before, last);
        }
        last * last + before * before - coefficient * last * before
    }

    #[test]
    fn keys_have_their_two_frequencies() {
        let check = |key: char, low_hz: u32, high_hz: u32| {
            let clip = digit(key).expect("a key");
            for hz in [697, 770, 852, 941, 1_209, 1_336, 1_477, 1_633] {
                let is_in = power(&clip, hz) > power(&clip, 500) * 100.0;
                assert_eq!(is_in, hz == low_hz || hz == high_hz, "{key}: {hz} Hz");
            }
        };
        check('1', 697, 1_209);
        check('0', 941, 1_336);
        check('#', 941, 1_477);
        check('d', 941, 1_633);
        assert!(digit('x').is_none());
    }
}
