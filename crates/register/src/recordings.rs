//! Recordings of a conference: one, all in pages, and what its space knows of the last of them.

use crate::{
    Page, Query, Register, RegisterError,
    error::Damage,
    limits::RECORDINGS_PER_PAGE,
    numbers::Number,
    page::{Direction, List},
};
use db::Row;
use meeting::{
    Conference, ConferenceId, Fact, Micros, ParticipantId, Recorded, Recording, RecordingEndReason, RecordingId, UserId,
};
use std::collections::BTreeMap;

/// How far a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingState {
    /// It goes on.
    Started = 1,
    /// It is over, and its files are being made.
    Ended = 2,
    /// Its files are there.
    FilesMade = 3,
    /// There are none.
    Failed = 4,
}

impl RecordingState {
    const ALL: [RecordingState; 4] = [
        RecordingState::Started,
        RecordingState::Ended,
        RecordingState::FilesMade,
        RecordingState::Failed,
    ];
}

impl Number for RecordingState {
    const NOUN: &'static str = "state of a recording";
    const ALL: &'static [RecordingState] = &RecordingState::ALL;

    fn number(self) -> i64 {
        self as i64
    }
}

/// A recording of a conference, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRecord {
    /// Of which conference.
    pub conference: ConferenceId,
    /// Its id.
    pub id: RecordingId,
    /// How far it is.
    pub state: RecordingState,
    /// When it began.
    pub start: Micros,
    /// When it ended; `None` while it goes on.
    pub end: Option<Micros>,
    /// Why it ended.
    pub end_reason: Option<RecordingEndReason>,
    /// Who began it; `None`: it began by itself.
    pub by: Option<UserId>,
    /// It is paused, or was when it ended.
    pub is_paused: bool,
    /// It is under a legal hold, and is not deleted.
    pub is_held: bool,
    /// People were asked whether they agree.
    pub asks: bool,
}

/// What somebody has said to being recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingAnswer {
    /// Who.
    pub participant: ParticipantId,
    /// When.
    pub at: Micros,
    /// They agreed.
    pub agrees: bool,
}

pub(crate) const RECORDING: &str = "
    select r.start_us, r.id, r.conference, r.state, r.end_us, r.end_reason, r.account, r.is_paused, r.is_held, r.asks
    from meeting_recording r join conference c on c.id = r.conference
    where r.id = $2 and r.conference = $1 and (c.end_us is null or c.expire_us > $3)";

pub(crate) const RECORDINGS: List = List {
    name: "recordings",
    select: "
        select r.start_us, r.id, r.conference, r.state, r.end_us, r.end_reason, r.account, r.is_paused, r.is_held, r.asks
        from meeting_recording r
        where r.conference = $1",
    key: ["r.start_us", "r.id"],
    direction: Direction::Ascending,
    fields: &[],
    sizes: RECORDINGS_PER_PAGE,
};

pub(crate) const LAST_RECORDING: &str = "
    select r.id, r.start_us, r.end_us, r.end_reason, r.is_paused, r.latest_us, r.asks from meeting_recording r
    where r.conference = $1 order by r.start_us desc, r.id desc limit 1";

pub(crate) const RECORDINGS_MADE: &str = "select count(*) from meeting_recording r where r.conference = $1";

pub(crate) const PAUSES: &str = "
    select q.begin_us, q.end_us from meeting_recording_pause q where q.recording = $1 order by q.begin_us limit $2";

pub(crate) const ANSWERS: &str = "
    select a.participant, a.at_us, a.agrees from meeting_recording_answer a
    where a.recording = $1 order by a.participant, a.at_us limit $2";

/// What those who are there have answered since they came.
pub(crate) const ANSWERS_THAT_HOLD: &str = "
    select a.participant, a.at_us, a.agrees from meeting_recording_answer a
    where a.recording = $1 and exists (select 1 from participant_session s
        where s.conference = $2 and s.participant = a.participant and s.end_us is null and s.start_us <= a.at_us)
    order by a.participant, a.at_us";

impl Register {
    /// What people have said to being recorded, each in order, and no more than are worth showing.
    pub async fn recording_answers(&self, recording: &RecordingId) -> Result<Vec<RecordingAnswer>, RegisterError> {
        let params = vec![recording.as_str().into(), crate::limits::ANSWERS_SHOWN_MAX.into()];
        let rows = self.db.read(ANSWERS, params).await?;
        rows.iter().map(recording_answer).collect()
    }

    /// What those who are in an open conference have said to its recording, as facts.
    pub(crate) async fn answers_again(&self, conference: &Conference) -> Result<Vec<Fact>, RegisterError> {
        let Some(recording) = conference.recording().now().filter(|recording| recording.asks) else {
            return Ok(Vec::new());
        };
        let params = vec![recording.id.as_str().into(), conference.id().as_str().into()];
        let rows = self.db.read(ANSWERS_THAT_HOLD, params).await?;
        let answered = |row| {
            let RecordingAnswer {
                participant,
                at,
                agrees,
            } = recording_answer(row)?;
            Ok(Fact::RecordingAnswered {
                conference: conference.id().clone(),
                recording: recording.id.clone(),
                participant,
                agrees,
                at,
            })
        };
        rows.iter().map(answered).collect()
    }

    /// The recording with this id of this conference.
    pub async fn recording(
        &self,
        conference: &ConferenceId,
        id: &RecordingId,
        now: Micros,
    ) -> Result<RecordingRecord, RegisterError> {
        let params = vec![conference.as_str().into(), id.as_str().into(), now.0.into()];
        let rows = self.db.read(RECORDING, params).await?;
        recording_record(rows.first().ok_or(RegisterError::NotFound)?)
    }

    /// The recordings of a conference, the first first.
    pub async fn list_recordings(
        &self,
        conference: &ConferenceId,
        query: &Query<'_>,
    ) -> Result<Page<RecordingRecord>, RegisterError> {
        self.conference(conference, query.now).await?;
        let params = vec![conference.as_str().into()];
        RECORDINGS
            .page(&self.db, &[conference.as_str()], params, query, recording_record)
            .await
    }

    /// When a recording was paused, from when to when; the first first, and no more than are worth showing.
    pub async fn pauses(&self, recording: &RecordingId) -> Result<Vec<(Micros, Option<Micros>)>, RegisterError> {
        let params = vec![recording.as_str().into(), crate::limits::PAUSES_SHOWN_MAX.into()];
        let rows = self.db.read(PAUSES, params).await?;
        let pauses = rows
            .iter()
            .map(|row| Ok((Micros(row.int(0)?), row.opt_int(1)?.map(Micros))));
        pauses.collect()
    }

    /// An open conference, with what it knows of its recordings.
    pub(crate) async fn recorded(&self, conference: Conference) -> Result<Conference, RegisterError> {
        let id = || vec![conference.id().as_str().into()];
        let rows = self.db.read(LAST_RECORDING, id()).await?;
        let Some(row) = rows.first() else {
            return Ok(conference);
        };
        let rows = self.db.read(RECORDINGS_MADE, id()).await?;
        let made = rows.first().ok_or(RegisterError::NotFound)?.int(0)?;
        let made = usize::try_from(made).expect("a count is not negative");
        Ok(conference.with_recordings(made, last_recording(row)?))
    }
}

fn recording_answer(row: &Row) -> Result<RecordingAnswer, RegisterError> {
    Ok(RecordingAnswer {
        participant: ParticipantId::parse(row.text(0)?)?,
        at: Micros(row.int(1)?),
        agrees: row.int(2)? != 0,
    })
}

/// The state of the last recording of a conference that is open.
fn last_recording(row: &Row) -> Result<Recorded, RegisterError> {
    let paused = row.int(4)? != 0;
    Ok(match row.opt_int(2)? {
        None => Recorded::Now(Recording {
            id: RecordingId::parse(row.text(0)?)?,
            start: Micros(row.int(1)?),
            paused,
            latest: Micros(row.int(5)?),
            asks: row.int(6)? != 0,
            // They follow as facts, when it is known who is there.
            answers: BTreeMap::new(),
        }),
        Some(end) => Recorded::Before {
            reason: end_reason(row.text(3)?)?,
            paused,
            end: Micros(end),
        },
    })
}

fn end_reason(word: &str) -> Result<RecordingEndReason, RegisterError> {
    let known = RecordingEndReason::ALL.iter().find(|known| known.as_str() == word);
    known
        .copied()
        .ok_or_else(|| Damage::unknown("end of a recording", &word))
}

pub(crate) fn recording_record(row: &Row) -> Result<RecordingRecord, RegisterError> {
    Ok(RecordingRecord {
        start: Micros(row.int(0)?),
        id: RecordingId::parse(row.text(1)?)?,
        conference: ConferenceId::parse(row.text(2)?)?,
        state: RecordingState::read(row.int(3)?)?,
        end: row.opt_int(4)?.map(Micros),
        end_reason: row.opt_text(5)?.map(end_reason).transpose()?,
        by: row.opt_text(6)?.map(UserId::parse).transpose()?,
        is_paused: row.int(7)? != 0,
        is_held: row.int(8)? != 0,
        asks: row.int(9)? != 0,
    })
}
