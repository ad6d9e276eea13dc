//! What is recorded of meetings, between the rooms, which say what should be, and the recorder, which has the bytes.
//!
//! Rooms say what is wanted in a space ([`rooms::Recorder`]), and are told nothing back at that moment: what goes wrong, because a disk
//! is full or a take cannot be begun, comes to them as an input like any other, by the one door. When a recording is over its files are
//! made, as often as it takes, and the register is told. Whatever a server leaves unfinished, the next one finds and finishes: a
//! recording that is over in the register and has no files, and a take that nobody ended.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use db::Db;
use identity::Identity;
use media::{Media, Source};
use meeting::{Input, Micros, RecordingEndReason, RecordingId, SessionId, SpaceId};
use recorder::{BeginError, FinishError, KeptFile, Recorder, Stopped, Why};
use recording::{Store, StoreError};
use register::{Composition, RecordedFile, RecordingState, Register, RegisterError, Removal, chain};
use rooms::{Asks, Rooms, Wanted};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::AbortHandle;

use crate::{clock, limits, random};

/// What is recorded; clones share it.
#[derive(Clone)]
pub(crate) struct Recordings(Arc<Inner>);

struct Inner {
    recorder: Recorder,
    register: Register,
    identity: Identity,
    /// What rooms want now.
    wanted: Mutex<HashMap<SpaceId, Wanted>>,
    /// Recordings that are over for the rooms and may not be for the recorder.
    ending: Mutex<BTreeSet<RecordingId>>,
    news: mpsc::UnboundedSender<News>,
    /// Something was deleted.
    leftover: Notify,
    /// Places for those whose files are made at once.
    makers: Semaphore,
    /// Places for those that are composed at once.
    composers: Semaphore,
    /// What is being composed, or waits for a place.
    composing: Mutex<HashMap<RecordingId, AbortHandle>>,
}

/// What follows from what rooms want: one or two pieces for each change of a recording, and these come one at a time.
#[derive(Debug)]
enum News {
    /// It is over.
    Over(RecordingId),
    /// It could not be begun.
    NotBegun(SpaceId, RecordingId, RecordingEndReason),
}

/// What is to be done beside the rooms.
pub(crate) struct Work {
    news: mpsc::UnboundedReceiver<News>,
    /// What ends by itself.
    stopped: mpsc::UnboundedReceiver<Stopped>,
}

impl rooms::Recorder for Recordings {
    fn fresh_id(&self) -> RecordingId {
        RecordingId::from_random(random::bytes())
    }

    fn asks<'a>(&'a self, space: &'a SpaceId) -> Asks<'a> {
        Box::pin(async move {
            let space = self.0.register.space_by_id(space, clock::steady()).await?;
            Ok(self.0.identity.asks_to_record(&space.owner).await?)
        })
    }

    fn record(&self, space: &SpaceId, wanted: Option<Wanted>) {
        let mut all = lock(&self.0.wanted);
        let before = match &wanted {
            Some(wanted) => all.insert(space.clone(), wanted.clone()),
            None => all.remove(space),
        };
        let same = |other: &Wanted| {
            wanted
                .as_ref()
                .is_some_and(|wanted| wanted.recording == other.recording)
        };
        let before = match before {
            Some(before) if same(&before) => Some(before),
            over => {
                if let Some(over) = over {
                    self.over(over.recording);
                }
                None
            }
        };
        if let Some(wanted) = wanted {
            self.0.follow(space, before.as_ref(), &wanted);
        }
    }
}

impl Inner {
    /// Makes the recorder do what is wanted of a recording.
    fn follow(&self, space: &SpaceId, before: Option<&Wanted>, wanted: &Wanted) {
        let id = wanted.recording.as_str();
        if before.is_none()
            && let Err(error) = self
                .recorder
                .begin(id, wanted.conference.as_str(), names(wanted.only.as_ref()))
        {
            tracing::error!(recording = id, %error, "a meeting cannot be recorded");
            let reason = match error {
                BeginError::DiskFull => RecordingEndReason::DiskFull,
                _ => RecordingEndReason::Failed,
            };
            self.tell(News::NotBegun(space.clone(), wanted.recording.clone(), reason));
            return;
        }
        if before.is_some_and(|before| before.only != wanted.only) {
            self.recorder.keep_only(id, names(wanted.only.as_ref()));
        }
        if wanted.paused != before.is_some_and(|before| before.paused) {
            if wanted.paused {
                self.recorder.pause(id);
            } else {
                self.recorder.resume(id);
            }
        }
    }

    /// Whoever works may have been stopped; what is left then is found by the next start.
    fn tell(&self, news: News) {
        let _ = self.news.send(news);
    }
}

impl Recordings {
    /// Records what is said in rooms of this media plane, and keeps it in the store; until then it is in the data folder.
    pub(crate) fn open(
        data: &Path,
        store: &Store,
        media: &Media,
        db: &Db,
        identity: &Identity,
    ) -> io::Result<(Recordings, Work)> {
        let spool = data.join("meeting-takes");
        let reserve_bytes = recorder::limits::RESERVE_BYTES;
        let (recorder, stopped) = Recorder::open(&spool, reserve_bytes, store.clone(), media.clone())?;
        let (news_in, news) = mpsc::unbounded_channel();
        let inner = Inner {
            recorder,
            register: Register::new(db.clone()),
            identity: identity.clone(),
            wanted: Mutex::default(),
            ending: Mutex::default(),
            news: news_in,
            leftover: Notify::new(),
            makers: Semaphore::new(limits::RECORDINGS_FINISHED_AT_ONCE),
            composers: Semaphore::new(limits::RECORDINGS_COMPOSED_AT_ONCE),
            composing: Mutex::default(),
        };
        Ok((Recordings(Arc::new(inner)), Work { news, stopped }))
    }

    /// How far the files of a recording are that is over, in per cent.
    pub(crate) fn progress_percent(&self, recording: &RecordingId) -> u8 {
        let thousandths = self.0.recorder.progress(recording.as_str()).unwrap_or(0);
        u8::try_from(thousandths / 10).unwrap_or(100).min(100)
    }

    /// Some bytes of a file of a recording.
    pub(crate) async fn read(
        &self,
        recording: &RecordingId,
        file: &str,
        range: Range<u64>,
    ) -> Result<Bytes, StoreError> {
        self.0.recorder.read(recording.as_str(), file, range).await
    }

    /// Something was deleted, and its files should go soon.
    pub(crate) fn look_for_leftovers(&self) {
        self.0.leftover.notify_one();
    }

    /// Ends what the rooms have ended, so that it is on the disk: for a server that stops.
    pub(crate) async fn close(&self) {
        let ending: Vec<RecordingId> = lock(&self.0.ending).iter().cloned().collect();
        for recording in ending {
            self.0.recorder.end(recording.as_str()).await;
        }
    }

    /// Whether pictures can be composed on this machine.
    pub(crate) fn composes(&self) -> bool {
        self.0.recorder.composes()
    }

    /// How far the one video of all is, in per cent; `None` while it waits.
    pub(crate) fn composed_percent(&self, recording: &RecordingId) -> Option<u8> {
        let thousandths = self.0.recorder.composing(recording.as_str())?;
        Some(u8::try_from(thousandths / 10).unwrap_or(100).min(100))
    }

    /// The one video of all is wanted, and the register knows: it is made beside everything else.
    pub(crate) fn compose(&self, recording: &RecordingId) {
        let mut composing = lock(&self.0.composing);
        let task = tokio::spawn(self.clone().make_composition(recording.clone()));
        if let Some(before) = composing.insert(recording.clone(), task.abort_handle()) {
            before.abort();
        }
    }

    /// It is not wanted any more, and the register knows.
    pub(crate) async fn give_up_composing(&self, recording: &RecordingId) {
        if let Some(task) = lock(&self.0.composing).remove(recording) {
            task.abort();
        }
        self.discard_composed(recording).await;
    }

    async fn make_composition(self, recording: RecordingId) {
        let _place = self.0.composers.acquire().await.expect("it is never closed");
        if let Err(error) = self.composed(&recording).await {
            tracing::error!(%recording, error = %chain(&error), "a composition cannot be written down; the next start makes it again");
        }
        lock(&self.0.composing).remove(&recording);
    }

    async fn composed(&self, recording: &RecordingId) -> Result<(), RegisterError> {
        let register = &self.0.register;
        if register.composition(recording).await? != Some(Composition::Wanted) {
            return Ok(());
        }
        let files = register.recording_files(recording).await?;
        let files: Vec<KeptFile> = files.into_iter().filter_map(kept).collect();
        match self.0.recorder.compose(recording.as_str(), &files).await {
            Ok(file) => {
                for file in recorded(vec![file]) {
                    if !register.composed(recording, &file).await? {
                        self.discard_composed(recording).await;
                    }
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(%recording, %error, "a recording could not be composed");
                register.not_composed(recording).await
            }
        }
    }

    /// Removes a file that no row names. If that fails, the file goes with its recording.
    async fn discard_composed(&self, recording: &RecordingId) {
        if let Err(error) = self.0.recorder.discard_composed(recording.as_str()).await {
            tracing::warn!(%recording, %error, "a composition that nobody wants stays until its recording goes");
        }
    }

    fn over(&self, recording: RecordingId) {
        lock(&self.0.ending).insert(recording.clone());
        self.0.tell(News::Over(recording));
    }

    /// The space in which this is recorded.
    fn space_of(&self, recording: &RecordingId) -> Option<SpaceId> {
        let all = lock(&self.0.wanted);
        let mut found = all.iter().filter(|(_, wanted)| wanted.recording == *recording);
        found.next().map(|(space, _)| space.clone())
    }

    /// Ends a recording and makes its files, however often that has to be tried.
    async fn finish(self, recording: RecordingId) {
        self.0.recorder.end(recording.as_str()).await;
        lock(&self.0.ending).remove(&recording);
        let _place = self.0.makers.acquire().await.expect("it is never closed");
        let mut pause = limits::RECORDING_PAUSE_MIN;
        loop {
            match self.0.recorder.finish(recording.as_str()).await {
                Ok(files) => return self.finished(&recording, files).await,
                // It never began, or is gone.
                Err(FinishError::NotFound) => return self.finished(&recording, vec![]).await,
                Err(error) => {
                    tracing::warn!(%recording, %error, "the files of a recording could not be made; it is tried again");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(limits::RECORDING_PAUSE_MAX);
        }
    }

    async fn finished(&self, recording: &RecordingId, files: Vec<KeptFile>) {
        let files = recorded(files);
        let mut pause = limits::RECORDING_PAUSE_MIN;
        loop {
            let now = clock::steady();
            match self.0.register.recording_finished(recording, &files, now).await {
                Ok(()) => break,
                Err(error) => {
                    tracing::warn!(%recording, error = %chain(&error), "a recording could not be written down; it is tried again");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(limits::RECORDING_PAUSE_MAX);
        }
        if let Err(error) = self.0.recorder.discard(recording.as_str()) {
            tracing::warn!(%recording, %error, "a recording that is kept stays in the spool until the next start");
        }
    }

    /// Removes what was deleted, and what was recorded of those who are forgotten.
    async fn tidy(&self) -> Result<(), RegisterError> {
        let register = &self.0.register;
        for removal in register.recording_removals().await? {
            self.remove(&removal).await?;
        }
        let now = clock::steady();
        for recording in register.recording_leftovers(now).await? {
            // Files may be made of it once more before its row is written.
            let is_gone =
                !matches!(register.recording_state(&recording).await?, Some(state) if state != RecordingState::Failed);
            match if is_gone {
                self.0.recorder.delete(recording.as_str()).await
            } else {
                Ok(())
            } {
                Ok(()) => register.recording_swept(&recording).await?,
                Err(error) => {
                    tracing::warn!(%recording, %error, "files of a deleted recording cannot be removed now; it is tried again");
                    let due = now.plus_us(clock::micros(limits::RECORDINGS_INTERVAL));
                    register.recording_not_swept(&recording, due).await?;
                }
            }
        }
        Ok(())
    }

    async fn remove(&self, removal: &Removal) -> Result<(), RegisterError> {
        let recording = &removal.recording;
        let sessions: Vec<String> = removal.sessions.iter().map(SessionId::to_string).collect();
        let files = self.0.register.recording_files(recording).await?;
        let files = files.into_iter().filter_map(kept).collect();
        match self
            .0
            .recorder
            .remove_person(recording.as_str(), &sessions, files)
            .await
        {
            Ok(files) => self.0.register.recording_removed(removal, &recorded(files)).await,
            Err(error) => {
                tracing::warn!(%recording, %error, "somebody who is forgotten cannot be removed from a recording now; it is tried again");
                Ok(())
            }
        }
    }
}

/// Sessions as the recorder has them.
fn names(sessions: Option<&BTreeSet<SessionId>>) -> Option<BTreeSet<String>> {
    Some(sessions?.iter().map(SessionId::to_string).collect())
}

/// The files as the register has them.
fn recorded(files: Vec<KeptFile>) -> Vec<RecordedFile> {
    let recorded = files.into_iter().map(|file| RecordedFile {
        name: file.name,
        media_type: file.media_type,
        size_bytes: file.bytes,
        sha256: file.sha256.to_vec(),
        session: file.session.and_then(|session| SessionId::parse(&session).ok()),
        source: file.source.map(|source| source_name(source).to_owned()),
        start: Micros(file.starts_us),
        duration_us: file.duration_us,
    });
    recorded.collect()
}

/// The same as the recorder has it.
fn kept(file: RecordedFile) -> Option<KeptFile> {
    Some(KeptFile {
        name: file.name,
        media_type: file.media_type,
        bytes: file.size_bytes,
        sha256: file.sha256.try_into().ok()?,
        session: file.session.map(|session| session.to_string()),
        source: SOURCES
            .into_iter()
            .find(|source| file.source.as_deref() == Some(source_name(*source))),
        starts_us: file.start.0,
        duration_us: file.duration_us,
    })
}

const SOURCES: [Source; 3] = [Source::Microphone, Source::Camera, Source::Screen];

/// As rows have it.
fn source_name(source: Source) -> &'static str {
    match source {
        Source::Microphone => "microphone",
        Source::Camera => "camera",
        Source::Screen => "screen",
    }
}

/// Does what follows from what rooms want, and from what the recorder finds, for ever. What an earlier server left comes first.
pub(crate) async fn work(recordings: Recordings, rooms: Rooms, work: Work) {
    let Work { mut news, mut stopped } = work;
    take_up(&recordings).await;
    loop {
        tokio::select! {
            news = news.recv() => match news {
                None => return,
                Some(News::Over(recording)) => drop(tokio::spawn(recordings.clone().finish(recording))),
                Some(News::NotBegun(space, recording, reason)) => {
                    drop(tokio::spawn(stop(rooms.clone(), space, recording, reason)));
                }
            },
            Some(Stopped { recording, why }) = stopped.recv() => {
                let Ok(recording) = RecordingId::parse(&recording) else { continue };
                let reason = match why {
                    Why::DiskFull => RecordingEndReason::DiskFull,
                    Why::TooLong => RecordingEndReason::TooLong,
                    Why::Disk | Why::Interrupted => RecordingEndReason::Failed,
                };
                if let Some(space) = recordings.space_of(&recording) {
                    drop(tokio::spawn(stop(rooms.clone(), space, recording, reason)));
                }
            }
        }
    }
}

/// Finishes what a server before this one left.
async fn take_up(recordings: &Recordings) {
    let mut left: BTreeSet<RecordingId> = BTreeSet::new();
    match recordings.0.recorder.leftovers() {
        Ok(takes) => left.extend(takes.iter().filter_map(|take| RecordingId::parse(take).ok())),
        Err(error) => tracing::error!(%error, "takes of recordings that are not finished cannot be looked for"),
    }
    match recordings.0.register.unfinished_recordings().await {
        Ok(unfinished) => left.extend(unfinished),
        Err(error) => tracing::error!(error = %chain(&error), "recordings that are not finished cannot be looked for"),
    }
    match recordings.0.register.wanted_compositions().await {
        Ok(wanted) => wanted.iter().for_each(|recording| recordings.compose(recording)),
        Err(error) => {
            tracing::error!(error = %chain(&error), "recordings that are to be composed cannot be looked for");
        }
    }
    let ending: BTreeSet<RecordingId> = lock(&recordings.0.ending).clone();
    let going_on: BTreeSet<RecordingId> = lock(&recordings.0.wanted)
        .values()
        .map(|wanted| wanted.recording.clone())
        .collect();
    for recording in left {
        if !ending.contains(&recording) && !going_on.contains(&recording) {
            tokio::spawn(recordings.clone().finish(recording));
        }
    }
}

/// Ends a recording by the one door, as often as it takes.
async fn stop(rooms: Rooms, space: SpaceId, recording: RecordingId, reason: RecordingEndReason) {
    let mut pause = limits::RECORDING_PAUSE_MIN;
    loop {
        let stop = Input::StopRecording {
            recording: Some(recording.clone()),
            reason,
        };
        match rooms.input(space.clone(), stop).await {
            Err(rooms::InputError::Register(_) | rooms::InputError::Panicked(_)) => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(limits::RECORDING_PAUSE_MAX);
            }
            Ok(()) | Err(_) => return,
        }
    }
}

/// Removes files that nothing names, and what was recorded of those who are forgotten, for ever.
pub(crate) async fn keep_tidy(recordings: Recordings) {
    loop {
        if let Err(error) = recordings.tidy().await {
            tracing::warn!(error = %chain(&error), "files of deleted recordings could not be removed; it is tried again");
        }
        let wait = tokio::time::timeout(limits::RECORDINGS_INTERVAL, recordings.0.leftover.notified());
        let _ = wait.await;
    }
}

/// Neither map is ever left half changed, so a panic beside one does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
