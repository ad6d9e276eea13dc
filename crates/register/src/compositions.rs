//! The one video of all of a recording, while it is wanted and not there: a row that outlives a crash, and goes with the file's own.
//!
//! Whoever is asked to make it finds here whether it is still wanted: it was taken back, or the recording was deleted, or somebody in it is
//! to be forgotten, and the row is gone; then what was made is nobody's.

use audit::{Action, By};
use db::Statement;
use meeting::{ConferenceId, RecordingId, names};

use crate::{
    RecordedFile, Register, RegisterError, limits::RECORDINGS_AT_ONCE, numbers::Number, recording_files::inserted,
};

/// How far the one video of all is, as long as it is not a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Composition {
    /// It waits, or is being made.
    Wanted = 1,
    /// It could not be made.
    Failed = 2,
}

impl Number for Composition {
    const NOUN: &'static str = "state of a composition";
    const ALL: &'static [Composition] = &[Composition::Wanted, Composition::Failed];

    fn number(self) -> i64 {
        self as i64
    }
}

pub(crate) const COMPOSITION: &str = "
    select k.state from meeting_recording_composition k where k.recording = $1";

pub(crate) const WANTED: &str = "
    select k.recording from meeting_recording_composition k where k.state = 1 order by k.asked_us limit $1";

/// It is not wanted any more: somebody who is to be forgotten is in it.
pub(crate) fn unwanted(conference: &str, participant: &str) -> Statement {
    let sql = "delete from meeting_recording_composition where recording in
        (select r.id from meeting_recording r join participant_session s on s.conference = r.conference
        where r.conference = $1 and s.participant = $2)";
    Statement::new(sql, vec![conference.into(), participant.into()])
}

impl Register {
    /// Somebody wants it of a recording whose files are made: false if it is wanted already, or is a file, or
    /// somebody has yet to be taken out of the recording.
    pub async fn want_composition(
        &self,
        conference: &ConferenceId,
        recording: &RecordingId,
        file: &str,
        by: &By,
    ) -> Result<bool, RegisterError> {
        let sql = "insert into meeting_recording_composition (recording, state, asked_us)
            select r.id, 1, $2 from meeting_recording r where r.id = $1 and r.conference = $3 and r.state = 3
            and not exists (select 1 from meeting_recording_file f where f.recording = r.id and f.name = $4)
            and not exists (select 1 from meeting_recording_removal m where m.recording = r.id)
            on conflict (recording) do update set state = 1, asked_us = excluded.asked_us
            where meeting_recording_composition.state = 2";
        let params = vec![
            recording.as_str().into(),
            by.now_us.into(),
            conference.as_str().into(),
            file.into(),
        ];
        let line = by.did(Action::RecordingCompose, &names::recording(conference, recording), "");
        self.is_done(vec![Statement::new(sql, params).expect(1), line]).await
    }

    /// It is wanted no longer: false if it was not.
    pub async fn unwant_composition(&self, recording: &RecordingId) -> Result<bool, RegisterError> {
        self.is_done(vec![over(recording)]).await
    }

    /// It is made: false if nobody wants it any more.
    pub async fn composed(&self, recording: &RecordingId, file: &RecordedFile) -> Result<bool, RegisterError> {
        self.is_done(vec![over(recording), inserted(recording, file)]).await
    }

    /// It could not be made.
    pub async fn not_composed(&self, recording: &RecordingId) -> Result<(), RegisterError> {
        let sql = "update meeting_recording_composition set state = 2 where recording = $1";
        let failed = Statement::new(sql, vec![recording.as_str().into()]);
        Ok(self.db.write(vec![failed]).await?)
    }

    /// How far it is, if it is wanted and not there.
    pub async fn composition(&self, recording: &RecordingId) -> Result<Option<Composition>, RegisterError> {
        let rows = self.db.read(COMPOSITION, vec![recording.as_str().into()]).await?;
        rows.first().map(|row| Composition::read(row.int(0)?)).transpose()
    }

    /// Of which recordings it is wanted, whoever asked first first.
    pub async fn wanted_compositions(&self) -> Result<Vec<RecordingId>, RegisterError> {
        let rows = self.db.read(WANTED, vec![RECORDINGS_AT_ONCE.into()]).await?;
        rows.iter().map(|row| Ok(RecordingId::parse(row.text(0)?)?)).collect()
    }

    /// Writes, and says whether what it depends on was so.
    async fn is_done(&self, write: Vec<Statement>) -> Result<bool, RegisterError> {
        match self.db.write(write).await {
            Err(conflict) if conflict.is_conflict() => Ok(false),
            written => Ok(written.map(|()| true)?),
        }
    }
}

fn over(recording: &RecordingId) -> Statement {
    let sql = "delete from meeting_recording_composition where recording = $1 and state = 1";
    Statement::new(sql, vec![recording.as_str().into()]).expect(1)
}
