//! From a take to a WAV and an MP3, by reading it twice and holding little of it.
//!
//! The first time says what was heard, and so which frames are kept; the second makes both files side by side, a second of sound at
//! a time. Four hours take no more memory than a minute. The same take always gives the same bytes.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
};

use audio::{FRAME_SAMPLES, mp3::Mp3, silence::Extent, wav};

use crate::{Format, digest::described, limits::FINISHED_AT_ONCE_FRAMES};

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

/// Why files cannot be made of a take.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The disk.
    #[error("the take cannot be made into files: {0}")]
    Disk(#[from] io::Error),
    /// LAME.
    #[error(transparent)]
    Mp3(#[from] audio::mp3::Mp3Error),
}

/// The files that are made of a take, as long as they are in the spool.
pub(crate) struct Made(pub(crate) [PathBuf; 2]);

impl Made {
    /// Those of this take, whether they are there yet or not.
    pub(crate) fn of(take: &Path) -> Made {
        Made(Format::ALL.map(|format| take.with_extension(format.extension())))
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in &self.0 {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(path = %path.display(), %error, "a file that is not needed any more cannot be removed");
                }
                _ => {}
            }
        }
    }
}

/// What a take was made into.
pub(crate) struct Converted {
    /// The frames of it that are kept.
    pub(crate) kept: Range<usize>,
    /// Both files.
    pub(crate) audio: [Audio; 2],
}

/// Makes both files where they are said to be, over what is there; none if nothing was heard. It takes a while, and blocks.
pub(crate) fn convert(
    take: &Path,
    channels: u8,
    trims_silence: bool,
    files: [&Path; 2],
) -> Result<Option<Converted>, ConvertError> {
    let Some(kept) = kept(take, channels, trims_silence)? else {
        return Ok(None);
    };
    let [wav, mp3] = files;
    write(take, channels, &kept, wav, mp3)?;
    let audio = [audio_of(Format::Wav, wav)?, audio_of(Format::Mp3, mp3)?];
    Ok(Some(Converted { kept, audio }))
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
fn kept(take: &Path, channels: u8, trims_silence: bool) -> io::Result<Option<Range<usize>>> {
    let mut file = File::open(take)?;
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

/// Writes both files from these frames.
fn write(take: &Path, channels: u8, kept: &Range<usize>, wav: &Path, mp3: &Path) -> Result<(), ConvertError> {
    let frame_bytes = 2 * frame_samples(channels);
    let mut take = File::open(take)?;
    take.seek(SeekFrom::Start((kept.start * frame_bytes) as u64))?;
    let data_bytes = u32::try_from(kept.len() * frame_bytes).unwrap_or(u32::MAX);
    let mut wav = BufWriter::new(File::create(wav)?);
    wav.write_all(&wav::head(u16::from(channels), data_bytes))?;
    let (mut lame, mut encoded) = (Mp3::new(channels)?, Vec::new());
    let mut mp3 = BufWriter::new(File::create(mp3)?);
    let mut left = kept.len();
    while left > 0 {
        let samples = next_frames(&mut take, channels, left.min(FINISHED_AT_ONCE_FRAMES))?;
        if samples.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        left -= samples.len() / frame_samples(channels);
        for sample in &samples {
            wav.write_all(&sample.to_le_bytes())?;
        }
        lame.write(&samples, &mut encoded)?;
        mp3.write_all(&encoded)?;
        encoded.clear();
    }
    let first = lame.finish(&mut encoded)?;
    mp3.write_all(&encoded)?;
    mp3.seek(SeekFrom::Start(0))?;
    mp3.write_all(&first)?;
    mp3.flush()?;
    Ok(wav.flush()?)
}

/// A file of this form, as it is now.
fn audio_of(format: Format, path: &Path) -> io::Result<Audio> {
    let (size_bytes, sha256) = described(path)?;
    Ok(Audio {
        format,
        size_bytes,
        sha256,
    })
}
