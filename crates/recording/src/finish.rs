//! From a take to the files that are kept.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
};

use audio::{FRAME_SAMPLES, RATE_HZ, mp3::Mp3, silence::Extent, wav};
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;

use crate::{Format, Spool, Store, StoreError, TakeError, limits::FINISHED_AT_ONCE_FRAMES};

/// What became of a take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// Nothing was ever heard, and there is no file.
    Empty,
    /// It is kept.
    Kept {
        /// How long it is, in milliseconds.
        duration_ms: i64,
        /// What was cut off before it, in milliseconds.
        begins_after_ms: i64,
        /// Its channels.
        channels: u8,
        /// Its files, in both forms.
        audio: [Audio; 2],
    },
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio {
    /// Its form.
    pub format: Format,
    /// Its size.
    pub size_bytes: u64,
    /// What it was when it was made.
    pub sha256: [u8; 32],
}

/// Why a take is not finished. It is still there.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// It is not there.
    #[error("there is no such take")]
    NotFound,
    /// The spool.
    #[error(transparent)]
    Take(#[from] TakeError),
    /// The disk.
    #[error("the take cannot be read")]
    Disk(#[from] io::Error),
    /// LAME.
    #[error(transparent)]
    Mp3(#[from] audio::mp3::Mp3Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Samples of a frame in a take.
fn frame_samples(channels: u8) -> usize {
    FRAME_SAMPLES * usize::from(channels)
}

/// What there is of frames, from the file's place on; a frame that is not whole is left.
fn next_frames(file: &mut impl Read, channels: u8, count: usize) -> io::Result<Vec<i16>> {
    let frame_bytes = 2 * frame_samples(channels);
    let mut bytes = Vec::with_capacity(count * frame_bytes);
    file.take((count * frame_bytes) as u64).read_to_end(&mut bytes)?;
    bytes.truncate(bytes.len() / frame_bytes * frame_bytes);
    let samples = bytes
        .chunks_exact(2)
        .map(|sample| i16::from_le_bytes([sample[0], sample[1]]));
    Ok(samples.collect())
}

/// Which frames of a take are kept, if any.
fn kept(path: &Path, channels: u8, trims_silence: bool) -> io::Result<Option<Range<usize>>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut extent = Extent::default();
    let mut frames = 0;
    loop {
        let samples = next_frames(&mut file, channels, FINISHED_AT_ONCE_FRAMES)?;
        if samples.is_empty() {
            break;
        }
        for frame in samples.chunks(frame_samples(channels)) {
            extent.take(frame);
            frames += 1;
        }
    }
    let trimmed = extent.trimmed();
    Ok(trimmed.map(|trimmed| if trims_silence { trimmed } else { 0..frames }))
}

/// Both files. It takes a while, and blocks.
fn made(path: &Path, channels: u8, range: &Range<usize>) -> Result<[Vec<u8>; 2], FinishError> {
    let mut file = File::open(path)?;
    let frame_bytes = 2 * frame_samples(channels);
    file.seek(SeekFrom::Start((range.start * frame_bytes) as u64))?;
    let mut file = BufReader::new(file);
    let data_bytes = u32::try_from(range.len() * frame_bytes).unwrap_or(u32::MAX);
    let mut wav = wav::head(u16::from(channels), data_bytes).to_vec();
    let (mut encoder, mut mp3) = (Mp3::new(channels)?, Vec::new());
    let mut left = range.len();
    while left > 0 {
        let samples = next_frames(&mut file, channels, left.min(FINISHED_AT_ONCE_FRAMES))?;
        left -= samples.len() / frame_samples(channels);
        wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        encoder.write(&samples, &mut mp3)?;
    }
    let tag = encoder.finish(&mut mp3)?;
    mp3[..tag.len()].copy_from_slice(&tag);
    Ok([wav, mp3])
}

fn milliseconds(frames: usize) -> i64 {
    let frame_ms = 1_000 * FRAME_SAMPLES / RATE_HZ as usize;
    i64::try_from(frames * frame_ms).expect("a take is some hours long")
}

impl Spool {
    /// Makes files of a take and keeps them. The take stays until its caller has written down what came of it, and so
    /// what was done and not heard of is done again.
    pub async fn finish(&self, store: &Store, id: &str, trims_silence: bool) -> Result<Finished, FinishError> {
        let (path, channels) = self.find(id)?.ok_or(FinishError::NotFound)?;
        let made = tokio::task::spawn_blocking(move || {
            let Some(range) = kept(&path, channels, trims_silence)? else {
                return Ok(None);
            };
            let files = made(&path, channels, &range)?;
            Ok::<_, FinishError>(Some((range, files)))
        });
        let made = made.await.map_err(|error| io::Error::other(error.to_string()))??;
        let Some((range, [wav, mp3])) = made else {
            return Ok(Finished::Empty);
        };
        let mut audio = Vec::with_capacity(2);
        for (format, file) in [(Format::Wav, wav), (Format::Mp3, mp3)] {
            let sha256 = digest(&SHA256, &file).as_ref().try_into().expect("32 bytes");
            audio.push(Audio {
                format,
                size_bytes: file.len() as u64,
                sha256,
            });
            store.put(id, format, Bytes::from(file)).await?;
        }
        Ok(Finished::Kept {
            duration_ms: milliseconds(range.len()),
            begins_after_ms: milliseconds(range.start),
            channels,
            audio: audio.try_into().expect("two forms"),
        })
    }
}
