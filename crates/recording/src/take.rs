//! A take, and the spool that takes are in.
//!
//! Whoever hears frames must not wait for a disk, so each take has a thread that does. Frames wait for it in a queue that has an
//! end; one that did not fit would be a gap that moves all that follows, so the take has failed from then on.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use audio::Frame;
use tokio::sync::Semaphore;

use crate::{
    Store, StoreError,
    convert::Made,
    limits,
    pause::{Flow, Pause},
};

/// Why a take is none.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The disk.
    #[error("the take cannot be written")]
    Disk(#[from] io::Error),
    /// It stood still for too long.
    #[error("the disk did not keep up")]
    Overrun,
    /// Such an id could name another file.
    #[error("that is no id of a recording")]
    Id,
}

/// Why something is left of a recording.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The spool.
    #[error(transparent)]
    Take(#[from] TakeError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where takes are until they are finished.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
    /// Turns of those that are made into files, and of those that are stored.
    pub(crate) converting: Arc<Semaphore>,
    pub(crate) storing: Arc<Semaphore>,
}

/// Which channels a take has; its name says so, since it has no head.
fn extension(channels: u8) -> &'static str {
    if channels == 2 { "2" } else { "1" }
}

fn checked(id: &str) -> Result<&str, TakeError> {
    let of_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let good = !id.is_empty() && id.len() <= limits::ID_BYTES_MAX && id.bytes().all(of_id);
    good.then_some(id).ok_or(TakeError::Id)
}

impl Spool {
    /// The takes of this folder, which is made if it is not there.
    pub fn open(folder: &Path) -> io::Result<Spool> {
        fs::create_dir_all(folder)?;
        Ok(Spool {
            folder: folder.to_owned(),
            converting: Arc::new(Semaphore::new(limits::CONVERTED_AT_ONCE_MAX)),
            storing: Arc::new(Semaphore::new(limits::STORED_AT_ONCE_MAX)),
        })
    }

    /// Begins one, with one channel or two.
    pub fn begin(&self, id: &str, channels: u8) -> Result<Take, TakeError> {
        let path = self.folder.join(checked(id)?).with_extension(extension(channels));
        let file = File::create_new(&path)?;
        // So that after a crash it is known that there was one.
        File::open(&self.folder)?.sync_all()?;
        let (frames, waiting) = sync_channel(limits::WAITING_FRAMES_MAX);
        let state = Arc::new(State::default());
        let writer = std::thread::Builder::new()
            .name("take".to_owned())
            .spawn(move || write(&file, &waiting))?;
        Ok(Take {
            frames,
            state,
            writer,
            channels,
        })
    }

    /// The ids of the takes that are there: after a start, those that a crash has left.
    pub fn ids(&self) -> io::Result<Vec<String>> {
        let files = fs::read_dir(&self.folder)?.map(|file| {
            let path = file?.path();
            // Files that were being made of one are no takes.
            let is_take = path
                .extension()
                .is_some_and(|extension| extension == "1" || extension == "2");
            let stem = path.file_stem().filter(|_| is_take);
            Ok(stem.map(|stem| stem.to_string_lossy().into_owned()))
        });
        let ids: io::Result<Vec<Option<String>>> = files.collect();
        Ok(ids?.into_iter().flatten().collect())
    }

    /// A take's file and its channels.
    pub(crate) fn find(&self, id: &str) -> Result<Option<(PathBuf, u8)>, TakeError> {
        let path = self.folder.join(checked(id)?);
        let known = [1, 2].map(|channels| (path.with_extension(extension(channels)), channels));
        Ok(known.into_iter().find(|(path, _)| path.exists()))
    }

    /// It is not needed any more, or never was.
    pub fn remove(&self, id: &str) -> Result<(), TakeError> {
        if let Some((path, _)) = self.find(id)? {
            drop(Made::of(&path));
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// Nothing is left of a recording: neither a take nor a file.
    pub async fn erase(&self, store: &Store, id: &str) -> Result<(), EraseError> {
        self.remove(id)?;
        Ok(store.delete(id).await?)
    }
}

fn write(mut file: &File, waiting: &Receiver<Vec<u8>>) -> io::Result<()> {
    let mut unsynced = 0;
    let mut written = 0;
    while let Ok(frame) = waiting.recv() {
        if written >= limits::TAKE_FRAMES_MAX {
            continue;
        }
        file.write_all(&frame)?;
        written += 1;
        unsynced += 1;
        if unsynced >= limits::SYNCED_EVERY_FRAMES {
            file.sync_data()?;
            unsynced = 0;
        }
    }
    file.sync_all()
}

/// What whoever hears for a take, and whoever has it, know of it.
#[derive(Debug, Default)]
struct State {
    overrun: AtomicBool,
    flow: Flow,
}

/// A take that grows.
#[derive(Debug)]
pub struct Take {
    frames: SyncSender<Vec<u8>>,
    state: Arc<State>,
    writer: JoinHandle<io::Result<()>>,
    channels: u8,
}

/// What a take is given frames by; it does not wait.
#[derive(Clone, Debug)]
pub struct Microphone {
    frames: SyncSender<Vec<u8>>,
    state: Arc<State>,
    channels: u8,
}

impl Take {
    /// Where its frames go in.
    pub fn microphone(&self) -> Microphone {
        Microphone {
            frames: self.frames.clone(),
            state: Arc::clone(&self.state),
            channels: self.channels,
        }
    }

    /// It is paused from the next frame on, or goes on.
    pub fn pause(&self, pause: Option<Pause>) {
        self.state.flow.set(pause);
    }

    /// Waits until all of it is on the disk, once its microphones are gone. It blocks.
    pub fn end(self) -> Result<(), TakeError> {
        drop(self.frames);
        let written = self.writer.join().map_err(|_| TakeError::Overrun)?;
        if self.state.overrun.load(Ordering::Relaxed) {
            return Err(TakeError::Overrun);
        }
        Ok(written?)
    }
}

impl Microphone {
    /// The next frame of both channels; a take of one has the first. What comes in a pause is kept as the pause has it.
    pub fn hear(&self, first: &Frame, second: &Frame) {
        let Some([first, second]) = self.state.flow.kept([first, second]) else {
            return;
        };
        let samples = first.iter().zip(second);
        let bytes: Vec<u8> = if self.channels == 2 {
            samples
                .flat_map(|(first, second)| [first.to_le_bytes(), second.to_le_bytes()])
                .flatten()
                .collect()
        } else {
            first.iter().flat_map(|sample| sample.to_le_bytes()).collect()
        };
        if self.frames.try_send(bytes).is_err() && !self.state.overrun.swap(true, Ordering::Relaxed) {
            tracing::error!("a disk does not keep up with a recording, which has failed");
        }
    }
}
