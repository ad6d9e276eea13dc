//! What is done with a recording that is kept: its files are read, it is deleted, or a person is taken out of it.
//!
//! A person's tracks are theirs alone and go. The sound of all has their voice in it, and cannot be had without it but by mixing the others
//! again; so the others' voices are fetched from the store, and the mix takes the place of the old one. First what is left is made and
//! kept, then the tracks go: whoever is interrupted does all of it again.

use std::{fs, io, ops::Range, sync::Arc};

use bytes::Bytes;
use media::Source;
use recording::StoreError;

use crate::{
    COMPOSED, FinishError, Inner, KeptFile, Recorder, Voice,
    finish::{MP3, WAV, kept_log, stored, stored_folder},
    log::{self, Event, Line},
};

/// Why something is not done with a recording that is kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepingError {
    /// Such an id could name another recording.
    #[error("that is no id of a recording")]
    Id,
    /// The spool.
    #[error("the spool of recordings")]
    Disk(#[from] io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sound of the others.
    #[error(transparent)]
    Finish(#[from] FinishError),
}

/// What the names of folders end with in which something is made again. No recording has a dot in its id, so none of them is one.
pub(crate) const AGAIN: &str = ".again";

impl Recorder {
    /// How large a kept file is, if it is there.
    pub async fn size_bytes(&self, recording: &str, name: &str) -> Result<Option<u64>, StoreError> {
        self.inner.store.kept_bytes(&stored(recording, name)).await
    }

    /// Some bytes of a kept file.
    pub async fn read(&self, recording: &str, name: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.inner.store.read_kept(&stored(recording, name), range).await
    }

    /// Nothing is left of a recording: neither in the spool nor in the store.
    pub async fn delete(&self, recording: &str) -> Result<(), KeepingError> {
        self.inner.folder(recording).ok_or(KeepingError::Id)?;
        self.end(recording).await;
        self.discard(recording)?;
        Ok(self.inner.store.delete_kept(&stored_folder(recording)).await?)
    }

    /// Takes sessions out of a kept recording, of which these are the files: their tracks go, and so do their lines of the log, and the sound
    /// of all is mixed again of the others. Answers the files that are left.
    pub async fn remove_person(
        &self,
        recording: &str,
        sessions: &[String],
        files: Vec<KeptFile>,
    ) -> Result<Vec<KeptFile>, KeepingError> {
        self.inner.folder(recording).ok_or(KeepingError::Id)?;
        // Whoever was seen is in the one video of all: it can be had anew.
        let is_theirs = |file: &KeptFile| match &file.session {
            Some(session) => sessions.contains(session),
            None => file.name == COMPOSED,
        };
        let (theirs, others): (Vec<_>, Vec<_>) = files.into_iter().partition(is_theirs);
        if theirs.is_empty() && !sessions.is_empty() && others.iter().all(|file| file.name != log::NAME) {
            return Ok(others);
        }
        let folder = self.inner.spool.join(format!("{recording}{AGAIN}"));
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&folder)?,
        }
        let made = self.made_again(recording, sessions, others, &folder).await;
        fs::remove_dir_all(&folder)?;
        let left = made?;
        for file in theirs {
            self.inner.store.delete_kept(&stored(recording, &file.name)).await?;
        }
        Ok(left)
    }

    async fn made_again(
        &self,
        recording: &str,
        sessions: &[String],
        others: Vec<KeptFile>,
        folder: &std::path::Path,
    ) -> Result<Vec<KeptFile>, KeepingError> {
        let store = &self.inner.store;
        let log_path = folder.join(log::NAME);
        store.fetch(&stored(recording, log::NAME), &log_path).await?;
        let lines: Vec<Line> = log::read(&log_path)?
            .into_iter()
            .filter_map(|line| without(line, sessions))
            .collect();
        fs::write(&log_path, lines.iter().flat_map(Line::to_bytes).collect::<Vec<u8>>())?;
        let starts_us = log::starts_us(&lines).ok_or(FinishError::NotFound)?;
        let mut voices = vec![];
        for file in others.iter().filter(|file| file.source == Some(Source::Microphone)) {
            let path = folder.join(&file.name);
            store.fetch(&stored(recording, &file.name), &path).await?;
            voices.push(Voice {
                path,
                first_us: file.starts_us - starts_us,
            });
        }
        let is_of_all = |file: &KeptFile| [WAV, MP3, log::NAME].contains(&file.name.as_str());
        let (of_all, mut left): (Vec<_>, Vec<_>) = others.into_iter().partition(is_of_all);
        let ends_us = of_all.iter().map(|file| file.duration_us).max().unwrap_or(0);
        let _turn = self.inner.finishing.acquire().await.expect("nobody closes it");
        let mixed = {
            let (inner, recording, folder): (Arc<Inner>, _, _) =
                (Arc::clone(&self.inner), recording.to_owned(), folder.to_owned());
            let mixing =
                tokio::task::spawn_blocking(move || inner.mixed(&recording, &folder, voices, starts_us, ends_us));
            mixing.await.map_err(|_| FinishError::GivenUp)??
        };
        self.inner.progress().remove(recording);
        if mixed.is_empty() {
            for name in [WAV, MP3] {
                store.delete_kept(&stored(recording, name)).await?;
            }
        }
        left.extend(mixed);
        left.push(kept_log(folder, starts_us, ends_us)?);
        for name in left.iter().filter(|file| is_of_all(file)).map(|file| &file.name) {
            self.inner.keep(recording, name, &folder.join(name)).await?;
        }
        Ok(left)
    }
}

/// A line without these sessions; `None` if it is theirs. That nobody of the others spoke the loudest then stays.
fn without(mut line: Line, sessions: &[String]) -> Option<Line> {
    if !sessions.iter().any(|session| line.event.is_of(session)) {
        return Some(line);
    }
    if let Event::Loudest { session } = &mut line.event {
        *session = None;
        return Some(line);
    }
    None
}
