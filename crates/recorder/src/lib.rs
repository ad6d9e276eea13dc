//! Recordings of meetings: each source of each person in a file of its own, as it was sent, an event log, and the sound of all in one.
//!
//! Nothing is decoded while a meeting goes on: packets become frames, frames go into files ([`webm`]), and what plays is on the disk within two
//! seconds, whenever the server dies. The files have one clock ([`clock`]), so that whoever plays them side by side has the meeting again.
//! When the recording is over it is **finished**: files get their index, voices are mixed into a WAV and an MP3, all is digested and put
//! into the store. What was recorded stays in the spool until its caller has written that down, so that finishing can be done again after a
//! crash, as often as a store is away.
//!
//! Where people are asked, a recording is told the sessions of which it keeps something, and of the others it keeps nothing.
//!
//! What a recording is called, who may make one and what becomes of it is its caller's business; here it has an id and a room of the media
//! plane. Nothing is composed into one picture while a meeting goes on: a page shows the tracks in step. Whoever wants one file has it made
//! afterwards, by `ffmpeg` where that is installed.
//!
//! * `take` is the shell that listens, `meeting` what is decided in it: lanes, files, pauses, lines of the log.
//! * `track`, `order`, `clock` and `pictures/` make frames of packets; `webm`, `ebml` and `finished` make files of frames.
//! * `composition` says what is shown when and where, `composing` has `ffmpeg` make it.
//! * `mix` makes the sound of all, `finish` what is kept, `keeping` what is done with it later.

mod clock;
mod composing;
mod composition;
mod ebml;
mod finish;
mod finished;
#[cfg(test)]
mod in_step;
mod keeping;
pub mod limits;
mod log;
mod meeting;
mod mix;
mod order;
mod pictures;
mod take;
mod track;
mod webm;

use std::{
    collections::{BTreeSet, HashMap},
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    thread::JoinHandle,
};

use media::{Media, Overloaded, Source};
use recording::Store;
use tokio::sync::{Semaphore, mpsc};

pub use composing::{COMPOSED, ComposeError};
pub use finish::FinishError;
pub use finished::{Block, Reader};
pub use keeping::KeepingError;
pub use mix::{MixError, Voice, mix};
pub use pictures::{Picture, assemble};

use take::{Control, Take, available_bytes};

/// Records meetings. Clones are the same one; when the last is dropped, recordings end, and are left in the spool.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

struct Inner {
    spool: PathBuf,
    reserve_bytes: u64,
    store: Store,
    media: Media,
    growing: Mutex<HashMap<String, Growing>>,
    stopped: mpsc::UnboundedSender<Stopped>,
    /// How much of each recording is finished, in thousandths, while it is.
    progress: Mutex<HashMap<String, u32>>,
    /// How much of the one video of all is made, in the same way.
    composing: Mutex<HashMap<String, u32>>,
    finishing: Semaphore,
}

/// A recording that grows.
struct Growing {
    control: Arc<Control>,
    /// `None` while somebody waits for its end.
    thread: Option<JoinHandle<()>>,
}

/// A recording has ended by itself. What was recorded until then is there, and is to be ended and finished as any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Which.
    pub recording: String,
    /// Why.
    pub why: Why,
}

/// Why a recording ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The disk has no more left than the register needs.
    DiskFull,
    /// The disk refuses.
    Disk,
    /// It is as long as one may be.
    TooLong,
    /// The media plane has stopped, or was too fast for it.
    Interrupted,
}

/// Why a recording does not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// Such an id could name another file.
    #[error("that is no id of a recording")]
    Id,
    /// There is one of this id.
    #[error("there is such a recording")]
    Exists,
    /// As many as may be.
    #[error("too many meetings are recorded at once")]
    TooMany,
    /// The disk has no more left than the register needs.
    #[error("there is no space left for a recording")]
    DiskFull,
    /// The disk.
    #[error("the recording cannot be written")]
    Disk(#[from] io::Error),
    /// The media plane.
    #[error(transparent)]
    Media(#[from] Overloaded),
}

/// A file of a finished recording, as it is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// Its name; unique in its recording.
    pub name: String,
    /// As HTTP names it.
    pub media_type: String,
    /// Its size.
    pub bytes: u64,
    /// What it was when it was made.
    pub sha256: [u8; 32],
    /// Whose it is; nobody's are the log and the sound of all.
    pub session: Option<String>,
    /// What it shows.
    pub source: Option<Source>,
    /// When its first frame was, in microseconds since 1970.
    pub starts_us: i64,
    /// How long it is, in microseconds.
    pub duration_us: i64,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Recorder")
            .field("spool", &self.inner.spool)
            .finish_non_exhaustive()
    }
}

/// An id that is the name of a folder, and of nothing else.
fn checked(recording: &str) -> Option<&str> {
    let of_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_good = !recording.is_empty() && recording.len() <= limits::ID_BYTES_MAX && recording.bytes().all(of_id);
    is_good.then_some(recording)
}

/// What a crash has left of somebody's removal, and of one video of all: it is done again, from what is kept.
fn remove_unfinished(spool: &Path) -> io::Result<()> {
    for entry in fs::read_dir(spool)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if [keeping::AGAIN, composing::COMPOSING]
            .iter()
            .any(|end| name.ends_with(end))
        {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

impl Recorder {
    /// Records into this folder, which is made if it is not there, and keeps what is finished in the store. What ends by itself is told.
    /// `reserve_bytes` are left on the disk: [`limits::RESERVE_BYTES`].
    pub fn open(
        spool: &Path,
        reserve_bytes: u64,
        store: Store,
        media: Media,
    ) -> io::Result<(Recorder, mpsc::UnboundedReceiver<Stopped>)> {
        fs::create_dir_all(spool)?;
        remove_unfinished(spool)?;
        // Each recording ends by itself once at the most, so what waits has a bound.
        let (stopped, told) = mpsc::unbounded_channel();
        let inner = Inner {
            spool: spool.to_owned(),
            reserve_bytes,
            store,
            media,
            growing: Mutex::default(),
            stopped,
            progress: Mutex::default(),
            composing: Mutex::default(),
            finishing: Semaphore::new(limits::FINISHED_AT_ONCE_MAX),
        };
        let inner = Arc::new(inner);
        Ok((Recorder { inner }, told))
    }

    /// Begins to record a room of the media plane, by the name that sessions are let in by. It goes on while people come and go, and when
    /// the room is empty, until it is ended. `only` are the sessions of which something is kept; `None`: of all.
    pub fn begin(&self, recording: &str, room: &str, only: Option<BTreeSet<String>>) -> Result<(), BeginError> {
        let inner = &self.inner;
        let folder = inner.folder(recording).ok_or(BeginError::Id)?;
        let mut growing = inner.growing();
        if growing.contains_key(recording) || folder.exists() {
            return Err(BeginError::Exists);
        }
        if growing.len() >= limits::RECORDINGS_AT_ONCE_MAX {
            return Err(BeginError::TooMany);
        }
        if available_bytes(&inner.spool)? < inner.reserve_bytes {
            return Err(BeginError::DiskFull);
        }
        let control = Arc::<Control>::default();
        *control.only() = only.map(Arc::new);
        let take = Take {
            recording: recording.to_owned(),
            room: room.to_owned(),
            folder,
            tap: inner.media.tap(room)?,
            recorder: Arc::downgrade(inner),
            control: Arc::clone(&control),
            reserve_bytes: inner.reserve_bytes,
        };
        let running = take.begin()?;
        let stopped = inner.stopped.clone();
        let thread = std::thread::Builder::new()
            .name("recording".to_owned())
            .spawn(move || {
                if let Some(by_itself) = running.run() {
                    // Nobody listens any more when the server stops.
                    let _ = stopped.send(by_itself);
                }
            })?;
        let thread = Some(thread);
        growing.insert(recording.to_owned(), Growing { control, thread });
        Ok(())
    }

    /// Keeps nothing of what comes from now on. The time of a pause is a hole: the axis goes on. One that is not there is nobody's mistake.
    pub fn pause(&self, recording: &str) {
        self.inner.set_paused(recording, true);
    }

    /// Keeps all again.
    pub fn resume(&self, recording: &str) {
        self.inner.set_paused(recording, false);
    }

    /// Keeps from now on only what these sessions send, or what all send. One that is not there is nobody's mistake.
    pub fn keep_only(&self, recording: &str, only: Option<BTreeSet<String>>) {
        if let Some(growing) = self.inner.growing().get(recording) {
            *growing.control.only() = only.map(Arc::new);
        }
    }

    /// Ends a recording, and waits until all that had come is on the disk.
    pub async fn end(&self, recording: &str) {
        let thread = self.inner.growing().get_mut(recording).and_then(|growing| {
            growing.control.ended.store(true, Relaxed);
            growing.thread.take()
        });
        let Some(thread) = thread else { return };
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        // Until then nobody may finish it.
        self.inner.growing().remove(recording);
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!(
                recording,
                "the thread of a recording panicked; what it has written is there"
            );
        }
    }

    /// The recordings that are in the spool and do not grow: after a start, those that a crash has left; and those that are not finished,
    /// or whose caller has not discarded them.
    pub fn leftovers(&self) -> io::Result<Vec<String>> {
        let growing = self.inner.growing();
        let mut leftovers = vec![];
        for entry in fs::read_dir(&self.inner.spool)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() && checked(&name).is_some() && !growing.contains_key(&name) {
                leftovers.push(name);
            }
        }
        Ok(leftovers)
    }

    /// How much of a recording is finished, in thousandths, while it is being finished.
    pub fn progress(&self, recording: &str) -> Option<u32> {
        self.inner.progress().get(recording).copied()
    }
}

impl Inner {
    fn growing(&self) -> MutexGuard<'_, HashMap<String, Growing>> {
        // It is changed in single steps, so a panic elsewhere does not spoil it.
        self.growing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn composing(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.composing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a recording is while it is not kept.
    fn folder(&self, recording: &str) -> Option<PathBuf> {
        Some(self.spool.join(checked(recording)?))
    }

    fn set_paused(&self, recording: &str, is_paused: bool) {
        if let Some(growing) = self.growing().get(recording) {
            growing.control.paused.store(is_paused, Relaxed);
        }
    }
}
