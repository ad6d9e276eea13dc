//! MP3 by LAME, for files that are read from their begin: with the tag that tells players how much silence the format has put at both
//! ends, so that they play as long as was recorded.

use std::num::NonZeroU32;

use mp3lame_encoder::{Bitrate, Builder, DualPcm, Encoder, FlushGap, Mode, MonoPcm, Quality};

use crate::RATE_HZ;

/// Makes one file.
pub struct Mp3 {
    encoder: Encoder,
    channels: usize,
}

/// LAME refused.
#[derive(Debug, thiserror::Error)]
#[error("MP3 cannot be made: {0}")]
pub struct Mp3Error(String);

fn refused(error: impl std::fmt::Display) -> Mp3Error {
    Mp3Error(error.to_string())
}

impl Mp3 {
    /// A file with one channel or two. Speech of a telephone needs no more than 32 kbit/s for each.
    pub fn new(channels: u8) -> Result<Mp3, Mp3Error> {
        let bitrate = if channels == 2 {
            Bitrate::Kbps64
        } else {
            Bitrate::Kbps32
        };
        Mp3::with(channels, RATE_HZ, bitrate)
    }

    /// A file with one channel at 48,000 samples a second: what is said in a meeting, with all that browsers send of it.
    pub fn of_meeting() -> Result<Mp3, Mp3Error> {
        const MEETING_RATE_HZ: u32 = 48_000;
        Mp3::with(1, MEETING_RATE_HZ, Bitrate::Kbps64)
    }

    fn with(channels: u8, rate_hz: u32, bitrate: Bitrate) -> Result<Mp3, Mp3Error> {
        let none = || Mp3Error("no memory".to_owned());
        let mode = if channels == 2 { Mode::Stereo } else { Mode::Mono };
        let encoder = Builder::new()
            .ok_or_else(none)?
            .with_num_channels(channels)
            .and_then(|builder| builder.with_sample_rate(rate_hz))
            .and_then(|builder| builder.with_output_sample_rate(NonZeroU32::new(rate_hz)))
            .and_then(|builder| builder.with_brate(bitrate))
            .and_then(|builder| builder.with_mode(mode))
            .and_then(|builder| builder.with_quality(Quality::Good))
            .and_then(|builder| builder.with_to_write_vbr_tag(true))
            .and_then(Builder::build)
            .map_err(refused)?;
        Ok(Mp3 {
            encoder,
            channels: usize::from(channels),
        })
    }

    /// Takes samples, one of each channel in turn, and adds bytes of the file to `out`.
    pub fn write(&mut self, samples: &[i16], out: &mut Vec<u8>) -> Result<(), Mp3Error> {
        out.reserve(mp3lame_encoder::max_required_buffer_size(samples.len() / self.channels));
        if self.channels == 1 {
            self.encoder.encode_to_vec(MonoPcm(samples), out).map_err(refused)?;
        } else {
            let channel = |first: usize| samples.iter().skip(first).step_by(2).copied().collect::<Vec<i16>>();
            let (left, right) = (channel(0), channel(1));
            let pcm = DualPcm {
                left: &left[..right.len()],
                right: &right,
            };
            self.encoder.encode_to_vec(pcm, out).map_err(refused)?;
        }
        Ok(())
    }

    /// Adds the last bytes of the file to `out`, and answers those that take the place of its first ones.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<Vec<u8>, Mp3Error> {
        out.reserve(mp3lame_encoder::max_required_buffer_size(0));
        self.encoder.flush_to_vec::<FlushGap>(out).map_err(refused)?;
        let mut tag = Vec::with_capacity(self.encoder.lame_tag_size());
        self.encoder
            .lame_tag_encode_to_vec(&mut tag)
            .ok_or_else(|| Mp3Error("no tag".to_owned()))?;
        Ok(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode::decode, tone};

    /// Samples of a frame at this rate (ISO/IEC 13818-3: layer III at half the rates or less).
    const MP3_FRAME_SAMPLES: usize = 576;

    #[test]
    fn it_plays_as_long_as_was_recorded() {
        let check = |channels: u8, frames: usize| {
            let beep = tone::beep();
            let samples: Vec<i16> = beep
                .iter()
                .copied()
                .cycle()
                .take(frames * usize::from(channels))
                .collect();
            let mut mp3 = Mp3::new(channels).expect("LAME is built in");
            let mut file = Vec::new();
            for part in samples.chunks(1_000) {
                mp3.write(part, &mut file).expect("samples");
            }
            let tag = mp3.finish(&mut file).expect("the end");
            file[..tag.len()].copy_from_slice(&tag);
            let played = decode(&file).expect("an MP3").len();
            assert!(
                played.abs_diff(frames) <= MP3_FRAME_SAMPLES,
                "{channels} channels, {frames}: {played}"
            );
        };
        for frames in [8_000, 12_345, 80_000] {
            check(1, frames);
            check(2, frames);
        }
    }
}
