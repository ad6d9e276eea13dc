//! All voices of a recording in one sound, a second at a time: as much memory for eight hours as for a minute.
//!
//! Each track is decoded once. Where its sound goes is said by the times in its file, which have the drift of its sender's clock in them;
//! the decoder's samples have not. So sound goes on after the sound before it as long as that is not wrong by more than
//! [`limits::STEP_SAMPLES`], and steps then: a clock that is wrong by 50 millionths makes it step by 20 ms every seven minutes. What was
//! lost is concealed by the decoder for [`limits::CONCEALED_SAMPLES_MAX`], and silent after that.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use audio::{mp3::Mp3, opus::Decoder, wav};

use crate::{
    finished::{Block, Reader},
    limits,
};

/// Samples of the mix in a second.
pub(crate) const RATE_HZ: u32 = 48_000;

const SECOND: i64 = 48_000;

fn signed(count: usize) -> i64 {
    i64::try_from(count).expect("a sound fits into memory")
}

/// A voice that is to be mixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// Its file.
    pub path: PathBuf,
    /// Where on the axis its first frame is, in microseconds.
    pub first_us: i64,
}

/// The mix cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MixError {
    /// The disk.
    #[error("the sound of a recording cannot be mixed")]
    Disk(#[from] io::Error),
    /// LAME.
    #[error(transparent)]
    Mp3(#[from] audio::mp3::Mp3Error),
}

/// Mixes voices into a WAV and an MP3, from the beginning of the axis to this time, or to the last sound if that is later. It takes a
/// while, blocks, and tells how far it has come, in microseconds.
pub fn mix(
    mut voices: Vec<Voice>,
    ends_us: i64,
    wav: &Path,
    mp3: &Path,
    progress: &dyn Fn(i64),
) -> Result<i64, MixError> {
    voices.sort_by_key(|voice| std::cmp::Reverse(voice.first_us));
    let mut out = Out::create(wav, mp3)?;
    let ends = samples(ends_us.min(limits::RECORDING_US_MAX));
    let most = samples(limits::RECORDING_US_MAX) + SECOND;
    let mut playing: Vec<Playing> = vec![];
    let mut at = 0_i64;
    while at < most && (at < ends || !playing.is_empty() || !voices.is_empty()) {
        let until = at + SECOND;
        while let Some(voice) = voices.pop_if(|voice| samples(voice.first_us) < until) {
            playing.push(Playing::open(&voice)?);
        }
        let mut sums = vec![0_i32; RATE_HZ as usize];
        for voice in &mut playing {
            voice.add_to(&mut sums, at)?;
        }
        playing.retain(|voice| !voice.is_over());
        let is_last = until >= ends && playing.is_empty() && voices.is_empty();
        let length = if is_last { (ends - at).clamp(0, SECOND) } else { SECOND };
        out.write(&sums[..usize::try_from(length).unwrap_or(0)])?;
        at = until;
        progress(at * 1_000 / 48);
    }
    out.finish()
}

/// A time in samples.
fn samples(at_us: i64) -> i64 {
    at_us * 48 / 1_000
}

/// A voice that is heard.
struct Playing {
    reader: Reader<File>,
    decoder: Decoder,
    first: i64,
    next: Option<Block>,
    /// Sound that is decoded and not mixed yet.
    sound: VecDeque<i16>,
    /// Where on the axis that sound ends.
    end: i64,
}

impl Playing {
    fn open(voice: &Voice) -> io::Result<Playing> {
        let mut reader = Reader::new(File::open(&voice.path)?);
        let next = reader.read()?;
        let first = samples(voice.first_us);
        Ok(Playing {
            reader,
            decoder: Decoder::new(RATE_HZ),
            first,
            next,
            sound: VecDeque::new(),
            end: first,
        })
    }

    fn is_over(&self) -> bool {
        self.next.is_none() && self.sound.is_empty()
    }

    /// Adds the second that begins here.
    fn add_to(&mut self, sums: &mut [i32], at: i64) -> io::Result<()> {
        let until = at + signed(sums.len());
        while let Some(block) = self
            .next
            .take_if(|block| self.first + samples(block.at_ms * 1_000) < until)
        {
            self.place(&block);
            self.next = self.reader.read()?;
        }
        let begin = self.end - signed(self.sound.len());
        // Sound of a time that is past is of no use; there is none but where a file contradicts itself.
        let late = usize::try_from(at - begin).unwrap_or(0).min(self.sound.len());
        self.sound.drain(..late);
        let offset = usize::try_from(begin - at).unwrap_or(0).min(sums.len());
        let count = self.sound.len().min(sums.len() - offset);
        for (sum, sample) in sums[offset..].iter_mut().zip(self.sound.drain(..count)) {
            *sum += i32::from(sample);
        }
        Ok(())
    }

    /// Puts a packet's sound where it belongs.
    fn place(&mut self, block: &Block) {
        let at = self.first + samples(block.at_ms * 1_000);
        if self.sound.is_empty() && at > self.end + limits::CONCEALED_SAMPLES_MAX {
            // Nothing was heard for a while: no need to write it down.
            self.end = at;
        }
        let missing = at - self.end;
        if missing > limits::STEP_SAMPLES {
            let count = usize::try_from(missing).unwrap_or(0);
            let is_short = missing <= limits::CONCEALED_SAMPLES_MAX;
            let made = if is_short {
                self.decoder.conceal(count)
            } else {
                vec![0; count]
            };
            self.push(&made, 0);
        }
        // Of sound that has broken on its way nothing is heard.
        let Ok(sound) = self.decoder.decode(&block.frame) else {
            return;
        };
        let excess = if missing < -limits::STEP_SAMPLES { -missing } else { 0 };
        self.push(&sound, usize::try_from(excess).unwrap_or(0));
    }

    fn push(&mut self, sound: &[i16], skipped: usize) {
        let sound = &sound[skipped.min(sound.len())..];
        self.sound.extend(sound);
        self.end += signed(sound.len());
    }
}

/// Both files.
struct Out {
    wav: BufWriter<File>,
    mp3: BufWriter<File>,
    lame: Mp3,
    encoded: Vec<u8>,
    samples: u64,
}

impl Out {
    fn create(wav: &Path, mp3: &Path) -> Result<Out, MixError> {
        let mut wav = BufWriter::new(File::create(wav)?);
        wav.write_all(&wav::head_at(RATE_HZ, 1, 0))?;
        Ok(Out {
            wav,
            mp3: BufWriter::new(File::create(mp3)?),
            lame: Mp3::of_meeting()?,
            encoded: vec![],
            samples: 0,
        })
    }

    fn write(&mut self, sums: &[i32]) -> Result<(), MixError> {
        let limited = |sum: &i32| i16::try_from(*sum).unwrap_or(if *sum < 0 { i16::MIN } else { i16::MAX });
        let samples: Vec<i16> = sums.iter().map(limited).collect();
        for sample in &samples {
            self.wav.write_all(&sample.to_le_bytes())?;
        }
        if !samples.is_empty() {
            self.lame.write(&samples, &mut self.encoded)?;
        }
        self.mp3.write_all(&self.encoded)?;
        self.encoded.clear();
        self.samples += samples.len() as u64;
        Ok(())
    }

    /// Writes the heads, and answers how long it is in microseconds.
    fn finish(mut self) -> Result<i64, MixError> {
        let data_bytes = u32::try_from(2 * self.samples).unwrap_or(u32::MAX);
        self.wav.seek(SeekFrom::Start(0))?;
        self.wav.write_all(&wav::head_at(RATE_HZ, 1, data_bytes))?;
        self.wav.flush()?;
        let first = self.lame.finish(&mut self.encoded)?;
        self.mp3.write_all(&self.encoded)?;
        self.mp3.seek(SeekFrom::Start(0))?;
        self.mp3.write_all(&first)?;
        self.mp3.flush()?;
        Ok(i64::try_from(self.samples).unwrap_or(i64::MAX) * 1_000 / 48)
    }
}
