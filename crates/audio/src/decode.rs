//! A file that somebody wants played, WAV or MP3, as a clip.
//!
//! It comes from strangers' servers, so its size, its length and its shape have limits, and what a decoder stumbles over is an error
//! and no panic.

use std::{io::Cursor, panic};

use rubato::{Fft, FixedSync, Resampler};
use symphonia::core::{
    codecs::audio::AudioDecoderOptions,
    errors::Error,
    formats::{FormatOptions, TrackType, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::MetadataOptions,
};

use crate::{Clip, RATE_HZ, limits};

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
    /// A shape that no recorder has.
    #[error("its rate or its number of channels is not supported")]
    Unsupported,
}

/// Samples as they are in the file, one channel of them.
struct Decoded {
    samples: Vec<f32>,
    rate_hz: u32,
}

/// Reads a file: all of its channels together, at our rate.
pub fn decode(file: &[u8]) -> Result<Clip, DecodeError> {
    if file.len() > limits::FILE_BYTES_MAX {
        return Err(DecodeError::TooLong);
    }
    // A decoder that overflows on what a stranger wrote has understood nothing of it.
    let Decoded { samples, rate_hz } = panic::catch_unwind(|| read(file)).map_err(|_| DecodeError::Malformed)??;
    if samples.is_empty() {
        return Err(DecodeError::Empty);
    }
    let samples = if rate_hz == RATE_HZ {
        samples
    } else {
        resampled(&samples, rate_hz)?
    };
    Ok(samples.into_iter().map(sample).collect())
}

fn read(file: &[u8]) -> Result<Decoded, DecodeError> {
    let malformed = |_: Error| DecodeError::Malformed;
    let source = MediaSourceStream::new(
        Box::new(Cursor::new(file.to_vec())),
        MediaSourceStreamOptions::default(),
    );
    let mut format = symphonia::default::get_probe()
        .probe(
            &Hint::new(),
            source,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(malformed)?;
    let track = format.default_track(TrackType::Audio).ok_or(DecodeError::Malformed)?;
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(
            parameters.ok_or(DecodeError::Malformed)?,
            &AudioDecoderOptions::default(),
        )
        .map_err(malformed)?;
    let track = track.id;
    let mut sound = Decoded {
        samples: Vec::new(),
        rate_hz: RATE_HZ,
    };
    let mut interleaved: Vec<f32> = Vec::new();
    // What is cut off at its end is played as far as it goes.
    while let Ok(Some(packet)) = format.next_packet() {
        if packet.track_id != track {
            continue;
        }
        let buffer = match decoder.decode(&packet) {
            Ok(buffer) => buffer,
            Err(Error::DecodeError(_)) => continue,
            Err(_) => break,
        };
        let channels = buffer.num_planes();
        sound.rate_hz = buffer.spec().rate();
        if channels == 0 || channels > limits::CHANNELS_MAX || !limits::RATE_HZ_RANGE.contains(&sound.rate_hz) {
            return Err(DecodeError::Unsupported);
        }
        buffer.copy_to_vec_interleaved(&mut interleaved);
        sound.samples.extend(interleaved.chunks_exact(channels).map(mixed));
        let length = sound.samples.len() as u64 * u64::from(RATE_HZ) / u64::from(sound.rate_hz);
        if length > limits::CLIP_SAMPLES_MAX as u64 {
            return Err(DecodeError::TooLong);
        }
    }
    Ok(sound)
}

/// One sample of all channels.
fn mixed(channels: &[f32]) -> f32 {
    let count = u16::try_from(channels.len()).expect("so few channels");
    channels.iter().sum::<f32>() / f32::from(count)
}

fn resampled(samples: &[f32], rate_hz: u32) -> Result<Vec<f32>, DecodeError> {
    let [from, to] = [rate_hz, RATE_HZ].map(|rate| rate as usize);
    let unsupported = |_| DecodeError::Unsupported;
    let mut resampler = Fft::<f32>::new(from, to, 1_024, 1, FixedSync::Both).map_err(unsupported)?;
    let length = samples.len();
    let input = rubato::audioadapter_buffers::direct::InterleavedSlice::new(samples, 1, length)
        .map_err(|_| DecodeError::Malformed)?;
    let output = resampler
        .process_all(&input, length, None)
        .map_err(|_| DecodeError::Malformed)?;
    Ok(output.take_data())
}

#[expect(clippy::cast_possible_truncation, reason = "it is clamped to the range")]
fn sample(value: f32) -> i16 {
    (value * 32_768.0).clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{tone, wav};

    /// A tone as another recorder writes it: at this rate, on so many channels, with so many bits.
    fn recorded(rate_hz: u32, channels: u16, bits: u16) -> Vec<u8> {
        let block_bytes = channels * bits / 8;
        let samples = (0..rate_hz / 4).flat_map(|number| {
            let time_s = f64::from(number) / f64::from(rate_hz);
            let value = (8_000.0 * (std::f64::consts::TAU * 440.0 * time_s).sin()).round();
            #[expect(clippy::cast_possible_truncation, reason = "a quarter of the range")]
            let value = value as i32;
            let bytes = match bits {
                8 => vec![u8::try_from(value / 256 + 128).expect("a byte")],
                _ => (value << (bits - 16)).to_le_bytes()[..usize::from(bits / 8)].to_vec(),
            };
            bytes.repeat(usize::from(channels))
        });
        let samples: Vec<u8> = samples.collect();
        let length = u32::try_from(samples.len()).expect("short");
        let mut file = wav::head(channels, length).to_vec();
        file[24..28].copy_from_slice(&rate_hz.to_le_bytes());
        file[28..32].copy_from_slice(&(rate_hz * u32::from(block_bytes)).to_le_bytes());
        file[32..34].copy_from_slice(&block_bytes.to_le_bytes());
        file[34..36].copy_from_slice(&bits.to_le_bytes());
        file.extend(samples);
        file
    }

    #[test]
    fn whatever_recorders_write_is_heard_as_long() {
        let check = |rate_hz, channels, bits| {
            let clip = decode(&recorded(rate_hz, channels, bits)).expect("a file");
            assert!(clip.len().abs_diff(2_000) <= 8, "{rate_hz} Hz: {} samples", clip.len());
            let crossings = clip.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
            assert!(
                crossings.abs_diff(220) <= 6,
                "{rate_hz} Hz, {channels}, {bits}: {crossings} crossings of 440 Hz"
            );
        };
        for (rate_hz, channels, bits) in [
            (8_000, 1, 16),
            (8_000, 1, 8),
            (8_000, 2, 16),
            (16_000, 1, 16),
            (44_100, 2, 16),
            (48_000, 2, 24),
            (11_025, 1, 16),
        ] {
            check(rate_hz, channels, bits);
        }
        let beep = tone::beep();
        assert_eq!(decode(&wav::file(&beep)).as_deref(), Ok(&*beep), "ours is as it was");
    }

    #[test]
    fn what_cannot_be_played() {
        let check = |file: &[u8], expected| assert_eq!(decode(file), Err(expected), "{} bytes", file.len());
        check(b"", DecodeError::Malformed);
        check(b"<html>not found</html>", DecodeError::Malformed);
        check(&wav::file(&[]), DecodeError::Empty);
        check(&vec![0; limits::FILE_BYTES_MAX + 1], DecodeError::TooLong);
        check(&recorded(8_000, 9, 16), DecodeError::Unsupported);
        let mut long = wav::head(1, 2 * 4_900_000).to_vec();
        long.resize(2 * 4_900_000, 1);
        check(&long, DecodeError::TooLong);
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(
            at in 0_usize..200, bytes in prop::collection::vec(any::<u8>(), 0..40), mp3 in any::<bool>(), cut in 0_usize..4_000,
        ) {
            let mut file = recorded(8_000, 1, 16);
            if mp3 {
                file = [0xff, 0xf3, 0x18, 0xc4].repeat(300);
            }
            for (place, byte) in bytes.into_iter().enumerate() {
                file[at + place] = byte;
            }
            file.truncate(cut.max(1));
            let _ = decode(&file);
        }
    }
}
