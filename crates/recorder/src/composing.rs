//! The shell around `ffmpeg`: what it reads is fetched, it runs scene after scene, and what it made is kept.
//!
//! It reads what people have sent, so it is given as little as can be: a folder of its own, an empty environment, no input but files that
//! are named, of formats that are named, at a low priority, and a bound for its time and its bytes. Whoever drops the future ends it:
//! the process is killed, and the folder goes. What a crash has left of the folder goes with the next start; the file is in the store
//! whole or not at all.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use media::Source;
use recording::{StoreError, described};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
};

use crate::{
    Inner, KeptFile, Recorder,
    composition::{LIST, Scene, Shown, composed_bytes, joined, list, progress_us, scenes},
    finish::{WAV, stored},
    limits,
    take::available_bytes,
};

/// The name of the one video of all.
pub const COMPOSED: &str = "meeting.mp4";

/// What the names of folders end with in which one is made.
pub(crate) const COMPOSING: &str = ".composing";

/// Why there is no one video of all.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Such an id could name another recording.
    #[error("that is no id of a recording")]
    Id,
    /// The program is not there.
    #[error("ffmpeg is not installed")]
    Missing,
    /// The disk has not enough left.
    #[error("there is no space left to compose a recording")]
    DiskFull,
    /// The disk.
    #[error("the recording cannot be composed")]
    Disk(#[from] io::Error),
    /// The program says no.
    #[error("ffmpeg failed: {0}")]
    Program(String),
    /// It took too long.
    #[error("ffmpeg took too long")]
    Timeout,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A folder that is there for as long as something is made in it, and how far that is.
struct Workshop {
    inner: Arc<Inner>,
    recording: String,
    folder: PathBuf,
}

impl Drop for Workshop {
    fn drop(&mut self) {
        self.inner.composing().remove(&self.recording);
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(recording = self.recording, %error, "what composing has left goes with the next start");
        }
    }
}

/// Where the program is, if it is installed.
fn program() -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("ffmpeg"))
        .find(|path| path.is_file())
}

impl Recorder {
    /// Whether pictures can be composed here: `ffmpeg` is installed.
    pub fn composes(&self) -> bool {
        program().is_some()
    }

    /// Makes one video of all of a kept recording, of which these are the files, and keeps it. Whoever drops this gives it up, and
    /// nothing of it is left, unless it was kept at that moment: [`Recorder::discard_composed`].
    pub async fn compose(&self, recording: &str, files: &[KeptFile]) -> Result<KeptFile, ComposeError> {
        let inner = &self.inner;
        inner.folder(recording).ok_or(ComposeError::Id)?;
        let program = program().ok_or(ComposeError::Missing)?;
        let folder = inner.spool.join(format!("{recording}{COMPOSING}"));
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&folder)?,
        }
        let workshop = Workshop {
            inner: Arc::clone(inner),
            recording: recording.to_owned(),
            folder,
        };
        workshop.told(0);
        let starts_us = starts_us(files);
        let ends_us = files.iter().map(|file| file.starts_us + file.duration_us).max();
        let duration_us = ends_us.unwrap_or(starts_us) - starts_us;
        workshop.has_room(files, duration_us)?;
        let used: Vec<&KeptFile> = files
            .iter()
            .filter(|file| is_picture(file) || file.name == WAV)
            .collect();
        for file in &used {
            let path = workshop.folder.join(&file.name);
            inner.store.fetch(&stored(recording, &file.name), &path).await?;
        }
        let within = limits::COMPOSED_WITHIN + Duration::from_micros(4 * duration_us.unsigned_abs());
        let made = workshop.make(&program, files, starts_us, duration_us);
        tokio::time::timeout(within, made)
            .await
            .map_err(|_| ComposeError::Timeout)??;
        let path = workshop.folder.join(COMPOSED);
        let (bytes, sha256) = {
            let path = path.clone();
            let described = tokio::task::spawn_blocking(move || described(&path)).await;
            described.map_err(io::Error::other)??
        };
        inner.keep(recording, COMPOSED, &path).await?;
        Ok(KeptFile {
            name: COMPOSED.to_owned(),
            media_type: "video/mp4".to_owned(),
            bytes,
            sha256,
            session: None,
            source: None,
            starts_us,
            duration_us,
        })
    }

    /// How much of the one video of all is made, in thousandths, while it is being made.
    pub fn composing(&self, recording: &str) -> Option<u32> {
        self.inner.composing().get(recording).copied()
    }

    /// The one video of all is not kept: nobody wants it, or somebody is in it who is to be forgotten.
    pub async fn discard_composed(&self, recording: &str) -> Result<(), ComposeError> {
        self.inner.folder(recording).ok_or(ComposeError::Id)?;
        Ok(self.inner.store.delete_kept(&stored(recording, COMPOSED)).await?)
    }
}

impl Workshop {
    fn told(&self, thousandths: u32) {
        self.inner.composing().insert(self.recording.clone(), thousandths);
    }

    /// Whether the disk holds what is read, the scenes and what is made of them.
    fn has_room(&self, files: &[KeptFile], duration_us: i64) -> Result<(), ComposeError> {
        let read: u64 = files.iter().map(|file| file.bytes).sum();
        let needed_bytes = read.saturating_add(2 * composed_bytes(duration_us));
        if available_bytes(&self.folder)? < self.inner.reserve_bytes.saturating_add(needed_bytes) {
            return Err(ComposeError::DiskFull);
        }
        Ok(())
    }

    async fn make(
        &self,
        program: &Path,
        files: &[KeptFile],
        origin_us: i64,
        duration_us: i64,
    ) -> Result<(), ComposeError> {
        let shown: Vec<Shown> = files
            .iter()
            .filter(|file| is_picture(file))
            .filter_map(|file| {
                let start_us = file.starts_us - origin_us;
                Some(Shown {
                    name: file.name.clone(),
                    source: file.source?,
                    start_us,
                    end_us: start_us + file.duration_us,
                })
            })
            .collect();
        let all = scenes(&shown, duration_us);
        // Putting them together is quick.
        let whole_us = all.iter().map(Scene::duration_us).sum::<i64>() * 11 / 10;
        let mut done_us = 0;
        let mut made = vec![];
        for (number, scene) in all.iter().enumerate() {
            let file = format!("scene-{number:04}.mp4");
            self.run(program, &scene.arguments(&shown, &file), (done_us, whole_us))
                .await?;
            done_us += scene.duration_us();
            made.push(file);
        }
        fs::write(self.folder.join(LIST), list(&made))?;
        let sound = files
            .iter()
            .find(|file| file.name == WAV)
            .map(|file| file.name.as_str());
        self.run(
            program,
            &joined(sound, duration_us, COMPOSED),
            (done_us, done_us.max(1)),
        )
        .await
    }

    /// Runs the program once, and tells how far all is.
    async fn run(
        &self,
        program: &Path,
        arguments: &[String],
        (done_us, whole_us): (i64, i64),
    ) -> Result<(), ComposeError> {
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        give_way(child.id());
        let output = child.stdout.take().expect("it was asked for");
        let errors = child.stderr.take().expect("it was asked for");
        let listen = async {
            let mut lines = BufReader::new(output).lines();
            while let Some(line) = lines.next_line().await? {
                let Some(at_us) = progress_us(&line) else { continue };
                let thousandths = (done_us + at_us).saturating_mul(1_000) / whole_us.max(1);
                self.told(u32::try_from(thousandths.clamp(0, 999)).unwrap_or(0));
            }
            Ok::<(), io::Error>(())
        };
        let complaint = async {
            let (mut text, mut rest) = (vec![], vec![]);
            let mut errors = errors;
            (&mut errors)
                .take(limits::COMPLAINT_BYTES_MAX)
                .read_to_end(&mut text)
                .await?;
            // What is not read would stop it.
            while errors.read_buf(&mut rest).await? > 0 {
                rest.clear();
            }
            Ok::<String, io::Error>(String::from_utf8_lossy(&text).trim().to_owned())
        };
        let (listened, complaint) = tokio::join!(listen, complaint);
        listened?;
        let complaint = complaint?;
        if child.wait().await?.success() {
            return Ok(());
        }
        Err(ComposeError::Program(complaint))
    }
}

/// Where the axis begins: with the sound of all and the log, or else with the first track.
fn starts_us(files: &[KeptFile]) -> i64 {
    let of_all = files.iter().filter(|file| file.session.is_none());
    let first = of_all.map(|file| file.starts_us).min();
    first
        .or_else(|| files.iter().map(|file| file.starts_us).min())
        .unwrap_or(0)
}

fn is_picture(file: &KeptFile) -> bool {
    matches!(file.source, Some(Source::Camera | Source::Screen))
}

/// Meetings that go on come first: beside one process that is busy it gets a tenth. At the lowest priority it would get a seventieth, and
/// would stand still on a machine that has much to do.
fn give_way(process: Option<u32>) {
    let process = process.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
    let lower = process.map(|process| rustix::process::setpriority_process(Some(process), limits::COMPOSED_NICENESS));
    if !matches!(lower, Some(Ok(()))) {
        tracing::warn!("ffmpeg runs at the priority of the server");
    }
}
