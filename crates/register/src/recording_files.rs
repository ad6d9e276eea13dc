//! The files of recordings, and how recordings go: as those of calls do (decision 41).
//!
//! A deletion is one write: the row goes, a **leftover** says that its files may still be there, and a line of the audit log says whose
//! word it was; in between nobody finds the recording, so no row ever speaks of files that are gone. A legal hold is a condition of that
//! write. A recording is kept as long as the record of its conference, and one that is held keeps that record from being deleted.

use crate::{
    Register, RegisterError,
    limits::{RECORDINGS_AT_ONCE, REMOVED_AT_ONCE},
    numbers::Number,
    recordings::RecordingState,
};
use audit::{Action, By};
use db::{Row, Statement};
use meeting::{ConferenceId, Micros, RecordingId, SessionId, names};

/// A file of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFile {
    /// Its name, which no other of the recording has.
    pub name: String,
    /// As HTTP names it.
    pub media_type: String,
    /// Its size.
    pub size_bytes: u64,
    /// What it was when it was made.
    pub sha256: Vec<u8>,
    /// Whose it is; `None`: everybody's.
    pub session: Option<SessionId>,
    /// What was recorded of that session: `microphone`, `camera` or `screen`.
    pub source: Option<String>,
    /// When it begins.
    pub start: Micros,
    /// How long it lasts.
    pub duration_us: i64,
}

/// What is to go of a recording, because the person is forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Of which recording.
    pub recording: RecordingId,
    /// All that was recorded of these.
    pub sessions: Vec<SessionId>,
}

pub(crate) const FILES: &str = "
    select f.name, f.media_type, f.size_bytes, f.sha256, f.session, f.source, f.start_us, f.duration_us
    from meeting_recording_file f where f.recording = $1 order by f.name";

pub(crate) const UNFINISHED: &str =
    "select r.id from meeting_recording r where r.state = 2 order by r.start_us limit $1";

pub(crate) const LEFTOVERS: &str = "
    select l.id from meeting_recording_leftover l where l.due_us <= $1 order by l.due_us limit $2";

pub(crate) const STATE: &str = "select r.state from meeting_recording r where r.id = $1";

/// What is held stays whole, and what is not made yet is not made anew.
pub(crate) const REMOVALS: &str = "
    select m.recording, m.session from meeting_recording_removal m join meeting_recording r on r.id = m.recording
    where r.is_held = 0 and r.state in (3, 4) order by m.recording, m.session limit $1";

/// After which files of a recording may be there that no row names; they are looked for from then on.
fn leftover(id: &RecordingId, due: Micros) -> Statement {
    let sql = "insert into meeting_recording_leftover (id, due_us) values ($1, $2)
        on conflict (id) do update set due_us = excluded.due_us";
    Statement::new(sql, vec![id.as_str().into(), due.0.into()])
}

/// The same of all recordings of a conference whose record goes.
pub(crate) fn leftovers_of(conference: &str, due: Micros) -> [Statement; 2] {
    let sql = "insert into meeting_recording_leftover (id, due_us)
        select r.id, $2 from meeting_recording r where r.conference = $1
        on conflict (id) do update set due_us = excluded.due_us";
    [
        Statement::new(sql, vec![conference.into(), due.0.into()]),
        Statement::new(
            "delete from meeting_recording where conference = $1",
            vec![conference.into()],
        ),
    ]
}

/// What was recorded of a participant is to go.
pub(crate) fn removed(conference: &str, participant: &str) -> Statement {
    let sql = "insert into meeting_recording_removal (recording, session)
        select r.id, s.id from meeting_recording r join participant_session s on s.conference = r.conference
        where r.conference = $1 and s.participant = $2 on conflict (recording, session) do nothing";
    Statement::new(sql, vec![conference.into(), participant.into()])
}

pub(crate) fn inserted(recording: &RecordingId, file: &RecordedFile) -> Statement {
    let sql = "insert into meeting_recording_file
        (recording, name, media_type, size_bytes, sha256, session, source, start_us, duration_us)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let params = vec![
        recording.as_str().into(),
        file.name.as_str().into(),
        file.media_type.as_str().into(),
        i64::try_from(file.size_bytes).unwrap_or(i64::MAX).into(),
        file.sha256.clone().into(),
        file.session.as_ref().map(SessionId::as_str).into(),
        file.source.as_deref().into(),
        file.start.0.into(),
        file.duration_us.into(),
    ];
    Statement::new(sql, params).expect(1)
}

fn file(row: &Row) -> Result<RecordedFile, RegisterError> {
    Ok(RecordedFile {
        name: row.text(0)?.to_owned(),
        media_type: row.text(1)?.to_owned(),
        size_bytes: u64::try_from(row.int(2)?).unwrap_or_default(),
        sha256: row.blob(3)?.to_vec(),
        session: row.opt_text(4)?.map(SessionId::parse).transpose()?,
        source: row.opt_text(5)?.map(str::to_owned),
        start: Micros(row.int(6)?),
        duration_us: row.int(7)?,
    })
}

impl Register {
    /// The files of a recording, by name; none before they are made.
    pub async fn recording_files(&self, recording: &RecordingId) -> Result<Vec<RecordedFile>, RegisterError> {
        let rows = self.db.read(FILES, vec![recording.as_str().into()]).await?;
        rows.iter().map(file).collect()
    }

    /// Recordings that are over, and whose files are not made, the oldest first.
    pub async fn unfinished_recordings(&self) -> Result<Vec<RecordingId>, RegisterError> {
        let rows = self.db.read(UNFINISHED, vec![RECORDINGS_AT_ONCE.into()]).await?;
        rows.iter().map(|row| Ok(RecordingId::parse(row.text(0)?)?)).collect()
    }

    /// How far a recording is, whatever its conference; `None` if there is none.
    pub async fn recording_state(&self, id: &RecordingId) -> Result<Option<RecordingState>, RegisterError> {
        let rows = self.db.read(STATE, vec![id.as_str().into()]).await?;
        let state = rows.first().map(|row| RecordingState::read(row.int(0)?));
        state.transpose()
    }

    /// The files of a recording are made; or, if there are none, none will be. Files of one that is not there any more are left over.
    pub async fn recording_finished(
        &self,
        id: &RecordingId,
        files: &[RecordedFile],
        now: Micros,
    ) -> Result<(), RegisterError> {
        let state = if files.is_empty() {
            RecordingState::Failed
        } else {
            RecordingState::FilesMade
        };
        let sql = "update meeting_recording set state = $2 where id = $1 and state = 2";
        let made = Statement::new(sql, vec![id.as_str().into(), state.number().into()]).expect(1);
        let files = files.iter().map(|file| inserted(id, file));
        match self.db.write(std::iter::once(made).chain(files).collect()).await {
            Err(gone) if gone.is_conflict() => Ok(self.db.write(vec![leftover(id, now)]).await?),
            written => Ok(written?),
        }
    }

    /// Deletes a recording that is over and not held: false if it is neither. Its files are left over.
    pub async fn delete_recording(
        &self,
        conference: &ConferenceId,
        id: &RecordingId,
        by: &By,
    ) -> Result<bool, RegisterError> {
        let sql = "delete from meeting_recording where id = $1 and conference = $2 and state <> 1 and is_held = 0";
        let delete = Statement::new(sql, vec![id.as_str().into(), conference.as_str().into()]).expect(1);
        let line = by.did(Action::RecordingDelete, &names::recording(conference, id), "");
        let write = vec![delete, leftover(id, Micros(by.now_us)), line];
        match self.db.write(write).await {
            Err(conflict) if conflict.is_conflict() => Ok(false),
            written => Ok(written.map(|()| true)?),
        }
    }

    /// Holds a recording, or does no more. What is so already stays so, without another line.
    pub async fn hold_recording(
        &self,
        conference: &ConferenceId,
        id: &RecordingId,
        is_held: bool,
        by: &By,
    ) -> Result<(), RegisterError> {
        let sql = "update meeting_recording set is_held = $3 where id = $1 and conference = $2 and is_held <> $3";
        let params = vec![id.as_str().into(), conference.as_str().into(), is_held.into()];
        let action = if is_held { Action::HoldSet } else { Action::HoldLift };
        let line = by.did(action, &names::recording(conference, id), "");
        let write = vec![Statement::new(sql, params).expect(1), line];
        match self.db.write(write).await {
            Err(conflict) if conflict.is_conflict() => match self.recording_state(id).await? {
                Some(_) => Ok(()),
                None => Err(RegisterError::NotFound),
            },
            written => Ok(written?),
        }
    }

    /// Somebody fetches a file: a line of the audit log.
    pub async fn recording_downloaded(
        &self,
        conference: &ConferenceId,
        id: &RecordingId,
        file: &str,
        by: &By,
    ) -> Result<(), RegisterError> {
        let line = by.did(Action::RecordingDownload, &names::recording(conference, id), file);
        Ok(self.db.write(vec![line]).await?)
    }

    /// Recordings whose files no row names, some of them.
    pub async fn recording_leftovers(&self, now: Micros) -> Result<Vec<RecordingId>, RegisterError> {
        let params = vec![now.0.into(), RECORDINGS_AT_ONCE.into()];
        let rows = self.db.read(LEFTOVERS, params).await?;
        rows.iter().map(|row| Ok(RecordingId::parse(row.text(0)?)?)).collect()
    }

    /// Nothing is left of a recording.
    pub async fn recording_swept(&self, id: &RecordingId) -> Result<(), RegisterError> {
        let sql = "delete from meeting_recording_leftover where id = $1";
        Ok(self
            .db
            .write(vec![Statement::new(sql, vec![id.as_str().into()])])
            .await?)
    }

    /// Files of a recording could not be removed, and are looked for later.
    pub async fn recording_not_swept(&self, id: &RecordingId, due: Micros) -> Result<(), RegisterError> {
        Ok(self.db.write(vec![leftover(id, due)]).await?)
    }

    /// What is to go of recordings because people are forgotten: some of it.
    pub async fn recording_removals(&self) -> Result<Vec<Removal>, RegisterError> {
        let rows = self.db.read(REMOVALS, vec![REMOVED_AT_ONCE.into()]).await?;
        let mut removals: Vec<Removal> = Vec::new();
        for row in &rows {
            let (recording, session) = (RecordingId::parse(row.text(0)?)?, SessionId::parse(row.text(1)?)?);
            match removals.last_mut() {
                Some(last) if last.recording == recording => last.sessions.push(session),
                _ => removals.push(Removal {
                    recording,
                    sessions: vec![session],
                }),
            }
        }
        Ok(removals)
    }

    /// That is done, and these are the files that the recording has now.
    pub async fn recording_removed(&self, removal: &Removal, files: &[RecordedFile]) -> Result<(), RegisterError> {
        let id = &removal.recording;
        let done = removal.sessions.iter().map(|session| {
            Statement::new(
                "delete from meeting_recording_removal where recording = $1 and session = $2",
                vec![id.as_str().into(), session.as_str().into()],
            )
        });
        let before = Statement::new(
            "delete from meeting_recording_file where recording = $1",
            vec![id.as_str().into()],
        );
        let files = files.iter().map(|file| inserted(id, file));
        Ok(self.db.write(done.chain([before]).chain(files).collect()).await?)
    }
}
