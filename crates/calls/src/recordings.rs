//! What is known of recordings: rows beside the files that `recording` keeps.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard},
};

use db::{Row, Statement, Value};
use outbox::Notice;
use recording::{Audio, Finished, Format};

use audit::{Action, By};

use crate::{
    Calls,
    call::numbered,
    clock::now_us,
    leftover::leftover,
    limits::{CALLS_COUNTED_MAX, LEFT_ALONE, RECORDINGS_OF_CALL_MAX},
    news,
    page::{List, ListError, Listed, Page},
    skipped,
};

numbered! {
    /// How far a recording is.
    RecordingState {
        /// It goes on, or its files are being made.
        Pending = 1,
        /// It is kept.
        Succeeded = 2,
        /// Nothing was heard.
        Empty = 3,
        /// It is not kept.
        Failed = 4,
    }
}

numbered! {
    /// What began a recording.
    Source {
        /// A document asked one side to say something.
        RecordAction = 1,
        /// The whole call is recorded.
        CallRecording = 2,
    }
}

/// Why a recording failed, as the contract numbers it: it took too long.
const TIMEOUT: i64 = 1;
/// Something else.
const INTERNAL_ERROR: i64 = 2;

/// A file of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its form.
    pub format: Format,
    /// Its size.
    pub size_bytes: i64,
    /// What it was when it was made.
    pub sha256: Vec<u8>,
}

/// A recording of a call. Times are microseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// A UUID.
    pub id: String,
    /// Whose it is.
    pub project: String,
    /// Of which call.
    pub call: String,
    /// How far it is.
    pub state: RecordingState,
    /// What began it.
    pub source: Source,
    /// Why it failed: 1 it took too long, 2 something else.
    pub error_code: Option<i64>,
    /// Silence is cut off at both ends.
    pub trims_silence: bool,
    /// One, or two: the parent's and the child's.
    pub channels: u8,
    /// How long what is kept is, in milliseconds.
    pub duration_ms: Option<i64>,
    /// Its files, if it is kept.
    pub files: Vec<File>,
    /// When what is kept begins.
    pub start_us: Option<i64>,
    /// When it was asked for.
    pub create_us: i64,
    /// Who is told of its end.
    pub ready_uri: Option<String>,
    /// It is under a legal hold, and is not deleted.
    pub is_held: bool,
}

/// What came of a take.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'a> {
    /// It is made into files, or nothing was heard.
    Finished(&'a Finished),
    /// Its files were not made in time.
    TookTooLong,
    /// Something went wrong.
    Failed,
}

const COLUMNS: &str =
    "id, project, call, state, source, error_code, trims_silence, channels, duration_ms, wav_bytes, wav_sha256,
    mp3_bytes, mp3_sha256, start_us, create_us, ready_uri, is_held";

fn recording_of(row: &Row) -> Result<Recording, db::Error> {
    let file = |format, bytes, sha256| {
        let (size, sha256) = (row.opt_int(bytes)?, row.opt_blob(sha256)?);
        Ok::<_, db::Error>(size.zip(sha256).map(|(size_bytes, sha256)| File {
            format,
            size_bytes,
            sha256: sha256.to_vec(),
        }))
    };
    let files = [file(Format::Wav, 9, 10)?, file(Format::Mp3, 11, 12)?];
    Ok(Recording {
        id: row.text(0)?.to_owned(),
        project: row.text(1)?.to_owned(),
        call: row.text(2)?.to_owned(),
        state: RecordingState::read(row.int(3)?).unwrap_or(RecordingState::Failed),
        source: Source::read(row.int(4)?).unwrap_or(Source::RecordAction),
        error_code: row.opt_int(5)?,
        trims_silence: row.int(6)? != 0,
        channels: u8::try_from(row.int(7)?).unwrap_or(1),
        duration_ms: row.opt_int(8)?,
        files: files.into_iter().flatten().collect(),
        start_us: row.opt_int(13)?,
        create_us: row.int(14)?,
        ready_uri: row.opt_text(15)?.map(str::to_owned),
        is_held: row.int(16)? != 0,
    })
}

impl Recording {
    /// As the contract and the audit log name it.
    pub(crate) fn name(&self) -> String {
        let Recording { project, call, id, .. } = self;
        format!("projects/{project}/calls/{call}/recordings/{id}")
    }

    /// The statement that makes the row of one that begins.
    pub(crate) fn begun(&self) -> Statement {
        let sql = "insert into recording (id, project, call, state, source, trims_silence, channels, create_us, start_us, ready_uri)
            values ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9)";
        let params: Vec<Value> = vec![
            self.id.as_str().into(),
            self.project.as_str().into(),
            self.call.as_str().into(),
            self.source.number().into(),
            self.trims_silence.into(),
            i64::from(self.channels).into(),
            self.create_us.into(),
            self.start_us.into(),
            self.ready_uri.as_deref().into(),
        ];
        Statement::new(sql, params).expect(1)
    }
}

/// The statement for one that did not come to files.
fn failed(id: &str, error_code: i64) -> Statement {
    let sql = "update recording set state = 4, error_code = $2, start_us = null where id = $1 and state = 1";
    Statement::new(sql, vec![id.into(), error_code.into()])
}

/// The statement for one whose files are made, or that has none. What is kept of it begins then.
fn finished(id: &str, finished: &Finished, start_us: i64) -> Statement {
    let Finished::Kept { duration_ms, audio, .. } = finished else {
        let sql = "update recording set state = 3, start_us = null where id = $1 and state = 1";
        return Statement::new(sql, vec![id.into()]);
    };
    let [wav, mp3] = audio;
    let size = |audio: &Audio| i64::try_from(audio.size_bytes).unwrap_or(i64::MAX);
    let sql = "update recording set state = 2, duration_ms = $2, wav_bytes = $3, wav_sha256 = $4, mp3_bytes = $5, mp3_sha256 = $6,
        start_us = $7 where id = $1 and state = 1";
    let params: Vec<Value> = vec![
        id.into(),
        (*duration_ms).into(),
        size(wav).into(),
        wav.sha256.to_vec().into(),
        size(mp3).into(),
        mp3.sha256.to_vec().into(),
        start_us.into(),
    ];
    Statement::new(sql, params)
}

impl Calls {
    /// A recording of a project's call, if there is one.
    pub async fn recording(&self, project: &str, call: &str, id: &str) -> Result<Option<Recording>, db::Error> {
        let sql = format!("select {COLUMNS} from recording where id = $1 and call = $2 and project = $3");
        let params = [id, call, project].map(Value::key);
        let rows = self.db.read(&sql, params.into()).await?;
        rows.first().map(recording_of).transpose()
    }

    /// The recording whose file a link is of: wherever it is.
    pub async fn recording_of_link(&self, id: &str) -> Result<Option<Recording>, db::Error> {
        let sql = format!("select {COLUMNS} from recording where id = $1 and state = 2");
        let rows = self.db.read(&sql, vec![Value::key(id)]).await?;
        rows.first().map(recording_of).transpose()
    }

    /// The recording that a notice tells of, if it is still there.
    pub async fn recording_told_by(&self, notice: &Notice) -> Result<Option<Recording>, db::Error> {
        let sql = format!("select {COLUMNS} from recording where id = $1 and project = $2 and state <> 1");
        let params = vec![notice.subject.as_str().into(), notice.sender.as_str().into()];
        let rows = self.db.read(&sql, params).await?;
        rows.first().map(recording_of).transpose()
    }

    /// Recordings of a project, or of one of its calls, the newest first.
    pub async fn list_recordings(
        &self,
        project: &str,
        call: Option<&str>,
        list: List<'_>,
    ) -> Result<Page<Recording>, ListError> {
        let parent = format!("{project}/{}", call.unwrap_or("-"));
        let texts = std::iter::once(project).chain(call);
        let listed = Listed {
            table: "recording",
            columns: COLUMNS,
            parent: &parent,
            condition: if call.is_some() {
                "project = $4 and call = $5"
            } else {
                "project = $4"
            },
            params: texts.map(Value::key).collect(),
            read: recording_of,
            place: |recording| (recording.create_us, &recording.id),
        };
        self.page_of(list, listed).await
    }

    /// How many recordings calls of a project have, whatever became of them; those that have none are left out. Beyond
    /// [`CALLS_COUNTED_MAX`] calls are not looked at.
    pub async fn count_recordings(&self, project: &str, calls: &[&str]) -> Result<Vec<(String, i64)>, db::Error> {
        let calls = &calls[..calls.len().min(CALLS_COUNTED_MAX)];
        if calls.is_empty() {
            return Ok(vec![]);
        }
        let places: Vec<String> = (2..2 + calls.len()).map(|place| format!("${place}")).collect();
        let sql = format!(
            "select call, count(*) from recording where project = $1 and call in ({}) group by call order by call",
            places.join(", ")
        );
        let texts = std::iter::once(&project).chain(calls);
        let params = texts.map(|text| Value::key(text)).collect();
        let rows = self.db.read(&sql, params).await?;
        rows.iter()
            .map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
            .collect()
    }

    /// Somebody fetches a file by a link: a line of the audit log.
    pub async fn downloads(&self, recording: &Recording, format: Format, by: &By) -> Result<(), db::Error> {
        let line = by.did(Action::RecordingDownload, &recording.name(), format.extension());
        self.db.write(vec![line]).await
    }

    /// All recordings of a call, the newest first.
    pub(crate) async fn recordings_of(&self, call: &str) -> Result<Vec<Recording>, db::Error> {
        let sql = format!("select {COLUMNS} from recording where call = $1 order by create_us desc, id desc limit $2");
        let most = i64::try_from(RECORDINGS_OF_CALL_MAX).expect("a thousand");
        let rows = self.db.read(&sql, vec![call.into(), most.into()]).await?;
        rows.iter().map(recording_of).collect()
    }

    /// The oldest recordings of a project that are over, made before then, and not held.
    pub(crate) async fn recordings_made_before(
        &self,
        project: &str,
        before_us: i64,
        most: usize,
    ) -> Result<Vec<Recording>, db::Error> {
        let sql = format!(
            "select {COLUMNS} from recording where project = $1 and create_us < $2 and state <> 1 and is_held = 0
            order by create_us, id limit $3"
        );
        let most = i64::try_from(most).expect("a hundred");
        let params = vec![project.into(), before_us.into(), most.into()];
        let rows = self.db.read(&sql, params).await?;
        rows.iter().map(recording_of).collect()
    }

    /// Writes what came of a take, with the notice of it for whoever wants to hear, and says whether that was waited for. What is over
    /// stays as it is.
    pub(crate) async fn recording_finished(&self, id: &str, outcome: Outcome<'_>) -> Result<bool, db::Error> {
        let now_us = now_us();
        let later_us = now_us + i64::try_from(LEFT_ALONE.as_micros()).expect("a minute");
        let sql = "select project, ready_uri, start_us from recording where id = $1 and state = 1";
        let rows = self.db.read(sql, vec![id.into()]).await?;
        let Some(pending) = rows.first() else {
            // Files of it would be nobody's.
            self.db.write(vec![leftover(id, later_us)]).await?;
            return Ok(false);
        };
        let mut write = match outcome {
            Outcome::Finished(outcome) => {
                let start_us = self.kept_from(id, pending.opt_int(2)?.unwrap_or(now_us), outcome);
                vec![finished(id, outcome, start_us.await?).expect(1)]
            }
            Outcome::TookTooLong => vec![failed(id, TIMEOUT).expect(1), leftover(id, later_us)],
            Outcome::Failed => vec![failed(id, INTERNAL_ERROR).expect(1), leftover(id, later_us)],
        };
        if let Some(address) = pending.opt_text(1)? {
            write.push(news::over(id, pending.text(0)?, address, now_us).posted());
        }
        match self.db.write(write).await {
            Err(db::Error::Conflict { statement: 0 }) => Ok(false),
            written => written.map(|()| true),
        }
    }

    /// When what is kept of a take begins that began then.
    async fn kept_from(&self, id: &str, start_us: i64, outcome: &Finished) -> Result<i64, db::Error> {
        let Finished::Kept { begins_after_ms, .. } = outcome else {
            return Ok(start_us);
        };
        let left_out = self.skipped(id).await?;
        Ok(skipped::kept_from(start_us, 1_000 * begins_after_ms, &left_out))
    }

    /// Recordings that have no end: whether silence is cut off them.
    pub(crate) async fn pending_recordings(&self) -> Result<Vec<(String, bool)>, db::Error> {
        let sql = "select id, trims_silence from recording where state = 1 order by create_us limit 10000";
        let rows = self.db.read(sql, vec![]).await?;
        rows.iter()
            .map(|row| Ok((row.text(0)?.to_owned(), row.int(1)? != 0)))
            .collect()
    }

    /// Recordings of calls that ended so long ago are given up, unless somebody here has them in hand, who gives them up themselves:
    /// whoever makes files of a take must not find that nobody waits for them any more.
    pub(crate) async fn give_up_recordings(&self, ended_before_us: i64) -> Result<(), db::Error> {
        let sql =
            "select r.id from recording r join call c on c.id = r.call where r.state = 1 and c.end_us < $1 limit 1000";
        let rows = self.db.read(sql, vec![ended_before_us.into()]).await?;
        for row in &rows {
            let id = row.text(0)?;
            if !self.hands.have(id) {
                self.recording_finished(id, Outcome::TookTooLong).await?;
            }
        }
        Ok(())
    }
}

/// The recordings that somebody in this process makes; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hands(Arc<Mutex<HashSet<String>>>);

/// A recording that is in somebody's hands, until this is gone.
#[derive(Debug)]
pub(crate) struct InHand {
    hands: Hands,
    id: String,
}

impl Hands {
    fn ids(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().expect("whoever holds it does not panic")
    }

    /// Somebody has it from now on.
    pub(crate) fn take(&self, id: &str) -> InHand {
        self.ids().insert(id.to_owned());
        InHand {
            hands: self.clone(),
            id: id.to_owned(),
        }
    }

    fn have(&self, id: &str) -> bool {
        self.ids().contains(id)
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.hands.ids().remove(&self.id);
    }
}
