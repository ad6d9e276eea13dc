//! From a recording in the spool to the files that are kept.
//!
//! Everything is made in the spool and goes into the store from there; a file is there whole or not at all. Nothing here is lost by
//! doing it again: files are finished in place, the mix is made anew, and what is stored again takes the place of itself. So a caller
//! whose store is away tries again later, for as long as it takes.

use std::{fs, io, path::Path, sync::Arc};

use media::Source;
use recording::{StoreError, described};

use crate::{
    Inner, KeptFile, MixError, Recorder, Voice, finished, limits,
    log::{self, Event, Line, source_of},
    mix::{self, mix},
    take::available_bytes,
};

/// The names of the sound of all.
pub(crate) const WAV: &str = "mix.wav";
pub(crate) const MP3: &str = "mix.mp3";

/// Why a recording is not finished. It is still in the spool.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// It is not there.
    #[error("there is no such recording")]
    NotFound,
    /// It grows.
    #[error("the recording has not ended")]
    Growing,
    /// The disk has not enough left for the sound of all.
    #[error("there is no space left to finish a recording")]
    DiskFull,
    /// The disk.
    #[error("the recording cannot be finished")]
    Disk(#[from] io::Error),
    /// The sound of all.
    #[error(transparent)]
    Mix(#[from] MixError),
    /// Whoever made it is gone.
    #[error("making the files of a recording was given up")]
    GivenUp,
    /// The store. It may be away for a while, and take the files later.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A track as the log knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logged {
    pub(crate) name: String,
    pub(crate) session: String,
    pub(crate) source: Source,
    pub(crate) media_type: String,
    pub(crate) first_us: i64,
}

/// The tracks of a log.
pub(crate) fn tracks(lines: &[Line]) -> Vec<Logged> {
    let track = |line: &Line| match &line.event {
        Event::Track {
            file,
            session,
            source,
            media_type,
        } => Some(Logged {
            name: file.clone(),
            session: session.clone(),
            source: source_of(source)?,
            media_type: media_type.clone(),
            first_us: line.at_us,
        }),
        _ => None,
    };
    lines.iter().filter_map(track).collect()
}

impl Recorder {
    /// Makes the files of a recording that has ended, or that a kill has left, and keeps them. It stays in the spool until it is
    /// [`Recorder::discard`]ed: after its caller has written down what came of it.
    pub async fn finish(&self, recording: &str) -> Result<Vec<KeptFile>, FinishError> {
        let folder = self.inner.folder(recording).ok_or(FinishError::NotFound)?;
        if self.inner.growing().contains_key(recording) {
            return Err(FinishError::Growing);
        }
        if !folder.join(log::NAME).exists() {
            return Err(FinishError::NotFound);
        }
        let files = {
            let _turn = self.inner.finishing.acquire().await.expect("nobody closes it");
            let (inner, id) = (Arc::clone(&self.inner), recording.to_owned());
            let folder = folder.clone();
            let made = tokio::task::spawn_blocking(move || inner.make(&id, &folder)).await;
            self.inner.progress().remove(recording);
            made.map_err(|_| FinishError::GivenUp)??
        };
        for file in &files {
            self.inner.keep(recording, &file.name, &folder.join(&file.name)).await?;
        }
        Ok(files)
    }

    /// A recording is in the spool no more: what came of it was written down, or nobody wants it.
    pub fn discard(&self, recording: &str) -> io::Result<()> {
        let Some(folder) = self.inner.folder(recording) else {
            return Ok(());
        };
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Inner {
    /// Puts a file into the store.
    pub(crate) async fn keep(&self, recording: &str, name: &str, path: &Path) -> Result<(), StoreError> {
        self.store.keep(&stored(recording, name), path).await
    }

    /// Finishes all files and makes the mix. It blocks.
    fn make(&self, recording: &str, folder: &Path) -> Result<Vec<KeptFile>, FinishError> {
        let lines = log::read(&folder.join(log::NAME))?;
        // A kill before the first sync of the log leaves nothing that was told of anybody.
        let starts_us = log::starts_us(&lines).ok_or(FinishError::NotFound)?;
        let mut ends_us = log::ends_us(&lines);
        let (mut files, mut voices) = (vec![], vec![]);
        for track in tracks(&lines) {
            let path = folder.join(&track.name);
            let is_sound = track.source == Source::Microphone;
            // The log knows of a file before it is there.
            let Some(duration_us) = finished_if_there(&path, is_sound)? else {
                continue;
            };
            ends_us = ends_us.max(track.first_us + duration_us);
            if is_sound {
                voices.push(Voice {
                    path: path.clone(),
                    first_us: track.first_us,
                });
            }
            files.push(track.kept(&path, starts_us, duration_us)?);
        }
        files.extend(self.mixed(recording, folder, voices, starts_us, ends_us)?);
        files.push(kept_log(folder, starts_us, ends_us)?);
        Ok(files)
    }

    /// Makes the sound of all, if anybody was heard.
    pub(crate) fn mixed(
        &self,
        recording: &str,
        folder: &Path,
        voices: Vec<Voice>,
        starts_us: i64,
        ends_us: i64,
    ) -> Result<Vec<KeptFile>, FinishError> {
        if voices.is_empty() {
            return Ok(vec![]);
        }
        // The WAV, and the MP3 at a twelfth of it.
        let needed_bytes =
            ends_us.min(limits::RECORDING_US_MAX).unsigned_abs() * u64::from(mix::RATE_HZ) * 2 / 1_000_000;
        if available_bytes(folder)? < self.reserve_bytes.saturating_add(needed_bytes + needed_bytes / 10) {
            return Err(FinishError::DiskFull);
        }
        let [wav, mp3] = [WAV, MP3].map(|name| folder.join(name));
        let progress = |at_us: i64| {
            let thousandths = at_us.saturating_mul(1_000) / ends_us.max(1);
            let thousandths = u32::try_from(thousandths.clamp(0, 1_000)).unwrap_or(0);
            self.progress().insert(recording.to_owned(), thousandths);
        };
        let duration_us = mix(voices, ends_us, &wav, &mp3, &progress)?;
        let kept = |name: &str, path: &Path, media_type: &str| -> io::Result<KeptFile> {
            let (bytes, sha256) = described(path)?;
            Ok(KeptFile {
                name: name.to_owned(),
                media_type: media_type.to_owned(),
                bytes,
                sha256,
                session: None,
                source: None,
                starts_us,
                duration_us,
            })
        };
        Ok(vec![kept(WAV, &wav, "audio/x-wav")?, kept(MP3, &mp3, "audio/mpeg")?])
    }
}

impl Logged {
    fn kept(self, path: &Path, starts_us: i64, duration_us: i64) -> io::Result<KeptFile> {
        let (bytes, sha256) = described(path)?;
        Ok(KeptFile {
            name: self.name,
            media_type: self.media_type,
            bytes,
            sha256,
            session: Some(self.session),
            source: Some(self.source),
            starts_us: starts_us + self.first_us,
            duration_us,
        })
    }
}

/// The log as a file that is kept.
pub(crate) fn kept_log(folder: &Path, starts_us: i64, ends_us: i64) -> io::Result<KeptFile> {
    let (bytes, sha256) = described(&folder.join(log::NAME))?;
    Ok(KeptFile {
        name: log::NAME.to_owned(),
        media_type: "application/jsonl".to_owned(),
        bytes,
        sha256,
        session: None,
        source: None,
        starts_us,
        duration_us: ends_us,
    })
}

/// The name of a file in the store.
pub(crate) fn stored(recording: &str, name: &str) -> String {
    format!("{}{name}", stored_folder(recording))
}

/// What the names of a recording's files begin with in the store.
pub(crate) fn stored_folder(recording: &str) -> String {
    format!("meetings/{recording}/")
}

fn finished_if_there(path: &Path, is_sound: bool) -> io::Result<Option<i64>> {
    match finished::finish(path, is_sound) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        finished => finished,
    }
}
