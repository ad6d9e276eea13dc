//! Voices, and how alike they are.

use std::process::Command;

use anyhow::{Context, Result};
use audio::{Clip, decode::decode};

/// A voice that says this.
pub(super) fn speech(text: &str) -> Result<Clip> {
    let spoken = Command::new("espeak-ng")
        .args(["-v", "en", "--stdout", text])
        .output()
        .context("espeak-ng is installed")?;
    let mut wav = spoken.stdout;
    let data = wav.windows(4).position(|bytes| bytes == b"data").context("a WAV")? + 8;
    let length = u32::try_from(wav.len() - data)?;
    wav[data - 4..data].copy_from_slice(&length.to_le_bytes());
    Ok(decode(&wav)?)
}

/// The voices of Bo and Cy, who are connected with each other.
pub(super) fn bo_and_cy() -> Result<[Clip; 2]> {
    Ok([
        speech("Good morning, this is Bo. I would like to know when the library opens tomorrow, and for how long.")?,
        speech(
            "Seven, eight, nine. You have reached Cy, who cannot tell you, since libraries are closed on holidays.",
        )?,
    ])
}

/// A voice that is not heard before others are connected, as people do who hear that it rings.
pub(super) fn patient(voice: &[i16]) -> Vec<i16> {
    std::iter::repeat_n(0, 4 * 8_000)
        .chain(then_silence(voice, 60))
        .collect()
}

/// How alike a voice is to what was heard: their loudness each 10 ms, at the best lag within six seconds at which most of the voice is
/// there.
pub(super) fn likeness(one: &[i16], other: &[i16]) -> f64 {
    let envelope = |samples: &[i16]| -> Vec<f64> {
        let frames = samples.chunks_exact(80);
        frames
            .map(|frame| frame.iter().map(|sample| f64::from(sample.unsigned_abs())).sum::<f64>() / 80.0)
            .collect()
    };
    let (one, other) = (envelope(one), envelope(other));
    let at_lag = |lag: isize| {
        let pairs = one.iter().enumerate().filter_map(|(place, value)| {
            let place = usize::try_from(isize::try_from(place).ok()? + lag).ok()?;
            Some((*value, *other.get(place)?))
        });
        let pairs: Vec<(f64, f64)> = pairs.collect();
        if 4 * pairs.len() < 3 * one.len() {
            return -1.0;
        }
        let count = f64::from(u32::try_from(pairs.len()).expect("some seconds"));
        let mean = |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(pick).sum::<f64>() / count;
        let (mean_one, mean_other) = (mean(|pair| pair.0), mean(|pair| pair.1));
        let (mut both, mut of_one, mut of_other) = (0.0, 0.0, 0.0);
        for (one, other) in &pairs {
            let (one, other) = (one - mean_one, other - mean_other);
            both += one * other;
            of_one += one * one;
            of_other += other * other;
        }
        both / (of_one * of_other).sqrt().max(1.0)
    };
    (-600..=600).map(at_lag).fold(-1.0, f64::max)
}

/// A voice, after which nothing is said for some seconds.
pub(super) fn then_silence(voice: &[i16], silent_s: usize) -> Vec<i16> {
    let silence = std::iter::repeat_n(0, silent_s * 8_000);
    voice.iter().copied().chain(silence).collect()
}
