//! A recording that grows: the thread that listens to a tap and writes files.
//!
//! It is a folder in the spool, with the log and a file for each track. All of it is on the disk each second, so a kill costs no more than
//! two; what a power cut has torn off the end of a file is found when it is finished. The thread looks [`limits::BEAT`] after [`limits::BEAT`]
//! for what has come, and no one ever waits for it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use media::{Tap, TapOver};

use crate::{
    Inner, Stopped, Why, limits, log,
    meeting::{Effect, Meeting, Only},
};

/// What is asked of a recording from outside.
#[derive(Debug, Default)]
pub(crate) struct Control {
    pub(crate) paused: AtomicBool,
    pub(crate) ended: AtomicBool,
    /// The sessions of which something is kept; `None`: of all.
    only: Mutex<Only>,
}

impl Control {
    pub(crate) fn only(&self) -> MutexGuard<'_, Only> {
        // It is replaced as a whole, so a panic elsewhere does not spoil it.
        self.only.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that a recording needs.
pub(crate) struct Take {
    pub(crate) recording: String,
    pub(crate) room: String,
    pub(crate) folder: PathBuf,
    pub(crate) tap: Tap,
    /// Whoever records; a recording ends when nobody does any more.
    pub(crate) recorder: Weak<Inner>,
    pub(crate) control: Arc<Control>,
    /// What the disk must have left.
    pub(crate) reserve_bytes: u64,
}

/// Why it does not go on.
enum Halt {
    Asked,
    Itself(Why),
}

/// The files of a recording.
struct Files {
    folder: PathBuf,
    log: Out,
    tracks: BTreeMap<usize, Out>,
}

/// A file, and what is not in it yet.
struct Out {
    file: File,
    waiting: Vec<u8>,
    is_unsynced: bool,
}

/// Bytes that whoever is no superuser may still write on the disk of a folder.
pub(crate) fn available_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

impl Take {
    /// Makes the folder and the log, before anything is heard: after a crash it is known that there was a recording.
    pub(crate) fn begin(self) -> io::Result<Running> {
        let (start, starts_us) = clocks();
        fs::create_dir(&self.folder)?;
        let (meeting, first) = Meeting::begin(&self.room, self.control.only().clone(), start, starts_us);
        let log = Out::create(&self.folder.join(log::NAME))?;
        let mut files = Files {
            folder: self.folder.clone(),
            log,
            tracks: BTreeMap::new(),
        };
        files.carry_out(first, &self.recorder)?;
        files.sync()?;
        if let Some(spool) = self.folder.parent() {
            File::open(spool)?.sync_all()?;
        }
        Ok(Running {
            take: self,
            meeting,
            files,
        })
    }
}

/// A recording that has begun.
pub(crate) struct Running {
    take: Take,
    meeting: Meeting,
    files: Files,
}

impl Running {
    /// Runs until it is ended, by whoever asks or by itself; answers why, if by itself.
    pub(crate) fn run(mut self) -> Option<Stopped> {
        let halt = self.listen().unwrap_or_else(|error| {
            tracing::error!(recording = self.take.recording, %error, "a recording cannot be written");
            Halt::Itself(Why::Disk)
        });
        let mut effects = vec![];
        self.meeting.end(now(), &mut effects);
        if let Err(error) = self.write(&mut effects).and_then(|()| self.files.sync()) {
            tracing::error!(recording = self.take.recording, %error, "the end of a recording cannot be written");
        }
        match halt {
            Halt::Asked => None,
            Halt::Itself(why) => Some(Stopped {
                recording: self.take.recording,
                why,
            }),
        }
    }

    fn listen(&mut self) -> io::Result<Halt> {
        let mut synced_us = 0;
        let mut effects = vec![];
        loop {
            let is_last = self.take.control.ended.load(Relaxed) || self.take.recorder.strong_count() == 0;
            let over = self.hear(&mut effects)?;
            let now = now();
            self.meeting.beat(now, &mut effects);
            self.write(&mut effects)?;
            let now_us = self.meeting.at_us(now);
            if now_us - synced_us >= limits::SYNC_INTERVAL_US {
                self.files.sync()?;
                synced_us = now_us;
                if available_bytes(&self.take.folder)? < self.take.reserve_bytes {
                    return Ok(Halt::Itself(Why::DiskFull));
                }
            }
            // What had come by the time that it was ended is in it.
            if is_last {
                return Ok(Halt::Asked);
            }
            if over {
                return Ok(Halt::Itself(Why::Interrupted));
            }
            if now_us >= limits::RECORDING_US_MAX {
                return Ok(Halt::Itself(Why::TooLong));
            }
            std::thread::sleep(limits::BEAT);
        }
    }

    /// Takes what has come; true if nothing will any more.
    fn hear(&mut self, effects: &mut Vec<Effect>) -> io::Result<bool> {
        let is_paused = self.take.control.paused.load(Relaxed);
        self.meeting.pause(is_paused, now(), effects);
        let only = self.take.control.only().clone();
        self.meeting.keep_only(only, now(), effects);
        loop {
            for _ in 0..limits::TAKEN_AT_ONCE {
                match self.take.tap.take() {
                    Ok(Some(tapped)) => self.meeting.take(tapped, now(), effects),
                    Ok(None) => return Ok(false),
                    Err(TapOver) => return Ok(true),
                }
            }
            self.meeting.beat(now(), effects);
            self.write(effects)?;
        }
    }

    fn write(&mut self, effects: &mut Vec<Effect>) -> io::Result<()> {
        for effect in effects.drain(..) {
            self.files.carry_out(effect, &self.take.recorder)?;
        }
        Ok(())
    }
}

impl Files {
    fn carry_out(&mut self, effect: Effect, recorder: &Weak<Inner>) -> io::Result<()> {
        match effect {
            Effect::Log(line) => self.log.write(&line.to_bytes())?,
            Effect::Open { file, name, bytes } => {
                // The log knows of a file before it is there.
                self.log.sync()?;
                let mut out = Out::create(&self.folder.join(name))?;
                out.write(&bytes)?;
                self.tracks.insert(file, out);
            }
            Effect::Write { file, bytes } => {
                if let Some(out) = self.tracks.get_mut(&file) {
                    out.write(&bytes)?;
                }
            }
            Effect::Close { file } => {
                if let Some(mut out) = self.tracks.remove(&file) {
                    out.sync()?;
                }
            }
            Effect::AskKeyframe { session, source } => {
                if let Some(recorder) = recorder.upgrade() {
                    recorder.media.ask_keyframe(&session, source);
                }
            }
        }
        Ok(())
    }

    /// All of it is on the disk.
    fn sync(&mut self) -> io::Result<()> {
        for out in self.tracks.values_mut() {
            out.sync()?;
        }
        self.log.sync()?;
        File::open(&self.folder)?.sync_all()
    }
}

impl Out {
    fn create(path: &Path) -> io::Result<Out> {
        Ok(Out {
            file: File::create_new(path)?,
            waiting: vec![],
            is_unsynced: true,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.waiting.extend_from_slice(bytes);
        self.is_unsynced = true;
        if self.waiting.len() >= limits::BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_unsynced) {
            self.flush()?;
            self.file.sync_data()?;
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the shell hands the time to everything inside")]
fn now() -> Instant {
    Instant::now()
}

/// The beginning, by both clocks: the axis begins here, and the time of day is asked for once.
fn clocks() -> (Instant, i64) {
    (now(), steady::now_us())
}
