//! A file that somebody wants played, WAV or MP3, as a clip: at whatever rate, in however many channels.
//!
//! It comes from strangers' servers. What it is, is told by its first bytes, and not by trying each reader on each byte of what may be
//! a web page. Its size, its length and its shape have limits, which are looked at while it is read, since what a head says of a file is
//! not true of every file. A file that ends too early is played as far as it goes, as players do; one with nothing to be played is
//! refused.

mod mpeg;
mod wave;

use crate::{Clip, RATE_HZ, limits, resample::Resample};

/// Why a file cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Larger, or longer, than what is held in memory.
    #[error(
        "it is longer than {} bytes or {} minutes",
        limits::FILE_BYTES_MAX,
        limits::CLIP_SAMPLES_MAX / (60 * RATE_HZ as usize)
    )]
    TooLong,
    /// No file of these kinds, or a broken one.
    #[error("it is neither WAV nor MP3")]
    Malformed,
    /// Nothing is in it.
    #[error("there is no sound in it")]
    Empty,
    /// A coding that is not read, or a shape that no recorder has.
    #[error("its coding, its rate or its number of channels is not supported")]
    Unsupported,
}

/// Reads a file: MP3, or WAV in PCM, floating point or G.711; all of its channels together, at our rate.
pub fn decode(file: &[u8]) -> Result<Clip, DecodeError> {
    if file.len() > limits::FILE_BYTES_MAX {
        return Err(DecodeError::TooLong);
    }
    let mut sound = Sound::default();
    match file.strip_prefix(b"RIFF") {
        Some(rest) => wave::read(rest, &mut sound)?,
        None => mpeg::read(file, &mut sound)?,
    }
    sound.finish()
}

/// A sound that is being read.
#[derive(Default)]
struct Sound {
    /// From the first piece on, which says what the rate is.
    samples: Option<(u32, Resample)>,
}

impl Sound {
    /// Takes the next piece, samples of all channels in turn; afterwards there is but one.
    fn take(&mut self, rate_hz: u32, channels: usize, interleaved: &mut Vec<f32>) -> Result<(), DecodeError> {
        if !limits::RATE_HZ_RANGE.contains(&rate_hz) || !(1..=limits::CHANNELS_MAX).contains(&channels) {
            return Err(DecodeError::Unsupported);
        }
        let (first_rate_hz, samples) = self.samples.get_or_insert_with(|| (rate_hz, Resample::from(rate_hz)));
        if *first_rate_hz != rate_hz {
            return Err(DecodeError::Unsupported);
        }
        mix(interleaved, channels);
        samples.take(interleaved);
        if samples.len() > limits::CLIP_SAMPLES_MAX {
            return Err(DecodeError::TooLong);
        }
        Ok(())
    }

    fn finish(self) -> Result<Clip, DecodeError> {
        let samples = self.samples.map(|(_, samples)| samples.finish()).unwrap_or_default();
        match samples.len() {
            0 => Err(DecodeError::Empty),
            1..=limits::CLIP_SAMPLES_MAX => Ok(samples.into()),
            _ => Err(DecodeError::TooLong),
        }
    }
}

/// Puts the mean of all channels in place of them: their sum would be too loud where they are alike.
#[expect(clippy::cast_precision_loss, reason = "there are eight channels at the most")]
fn mix(interleaved: &mut Vec<f32>, channels: usize) {
    let share = 1.0 / channels as f32;
    let count = interleaved.len() / channels;
    for place in 0..count {
        let sum: f32 = interleaved[place * channels..(place + 1) * channels].iter().sum();
        interleaved[place] = sum * share;
    }
    interleaved.truncate(count);
}
