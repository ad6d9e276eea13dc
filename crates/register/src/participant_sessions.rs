//! Participant sessions: one by its full name, and those of a participant in pages.

use crate::{
    Page, Query, Register, RegisterError,
    conferences::readable_until,
    limits::PARTICIPANT_SESSIONS_PER_PAGE,
    numbers::Number,
    page::{Direction, List},
};
use db::Row;
use filter::{Field, Kind};
use meeting::{ConferenceId, DeviceKind, Micros, ParticipantId, SessionId, UserId};

/// One join of one device, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantSessionRecord {
    /// The conference.
    pub conference: ConferenceId,
    /// Whose session it is.
    pub participant: ParticipantId,
    /// Its id.
    pub id: SessionId,
    /// When its transport was up.
    pub start: Micros,
    /// When it ended; `None` while it is live.
    pub end: Option<Micros>,
    /// The kind of the device.
    pub device: DeviceKind,
    /// A program came as the participant.
    pub by_program: bool,
}

/// One by its full name, which is not read again.
pub(crate) const PARTICIPANT_SESSION: &str = "
    select s.start_us, s.end_us, s.device_kind, s.by_program
    from participant_session s join conference c on c.id = s.conference
    where s.id = $1 and s.conference = $2 and s.participant = $3 and (c.end_us is null or c.expire_us > $4)";

/// The same in a conference of which it is known that it may be read.
pub(crate) const PARTICIPANT_SESSION_OF_READABLE: &str = "
    select s.start_us, s.end_us, s.device_kind, s.by_program
    from participant_session s
    where s.id = $1 and s.conference = $2 and s.participant = $3";

/// The same for a reader: one statement instead of a look at the readers first. Its last two columns say until when they may read.
/// Its parameters are the session, the conference, the participant, the time and the reader's account.
pub const PARTICIPANT_SESSION_FOR_READER: &str = "
    select s.start_us, s.end_us, s.device_kind, s.by_program, c.end_us, c.expire_us
    from participant_session s
    join conference c on c.id = s.conference
    join conference_reader r on r.account = $5 and r.start_us = c.start_us and r.conference = c.id
    where s.id = $1 and s.conference = $2 and s.participant = $3 and (c.end_us is null or c.expire_us > $4)";

pub(crate) const PARTICIPANT_SESSIONS: List = List {
    name: "participant sessions",
    select: "
        select s.start_us, s.id, s.conference, s.participant, s.end_us, s.device_kind, s.by_program
        from participant_session s
        where s.conference = $1 and s.participant = $2",
    key: ["s.start_us", "s.id"],
    direction: Direction::Descending,
    fields: &[
        Field {
            path: "start_time",
            column: "s.start_us",
            kind: Kind::Time,
        },
        Field {
            path: "end_time",
            column: "s.end_us",
            kind: Kind::Time,
        },
    ],
    sizes: PARTICIPANT_SESSIONS_PER_PAGE,
};

impl Register {
    /// The session with this full name: one of another participant or conference is not found.
    pub async fn participant_session(
        &self,
        conference: &ConferenceId,
        participant: &ParticipantId,
        id: &SessionId,
        now: Micros,
    ) -> Result<ParticipantSessionRecord, RegisterError> {
        let params = vec![
            id.as_str().into(),
            conference.as_str().into(),
            participant.as_str().into(),
            now.0.into(),
        ];
        let rows = self.db.read(PARTICIPANT_SESSION, params).await?;
        named(conference, participant, id, &rows)
    }

    /// The session with this full name, if this user may read its conference; not found otherwise, without telling which.
    /// It answers the commonest question in one read, [`Register::may_read`] then tells apart what is not there.
    pub async fn participant_session_for_reader(
        &self,
        conference: &ConferenceId,
        participant: &ParticipantId,
        id: &SessionId,
        reader: &UserId,
        now: Micros,
    ) -> Result<ParticipantSessionRecord, RegisterError> {
        let mut params = vec![
            id.as_str().into(),
            conference.as_str().into(),
            participant.as_str().into(),
        ];
        // Asked before anything is read, or a write in between would be missed.
        let last_write = self.db.last_write();
        if self.readable().holds(last_write, conference, reader, now) {
            let sql = PARTICIPANT_SESSION_OF_READABLE;
            let rows = self.db.read_since(last_write, sql, params).await?;
            return named(conference, participant, id, &rows);
        }
        params.extend([now.0.into(), reader.as_str().into()]);
        let sql = PARTICIPANT_SESSION_FOR_READER;
        let rows = self.db.read_since(last_write, sql, params).await?;
        let until = readable_until(rows.first().ok_or(RegisterError::NotFound)?, 4)?;
        self.readable().keep(last_write, conference, reader, until);
        named(conference, participant, id, &rows)
    }

    /// The sessions of a participant.
    pub async fn list_participant_sessions(
        &self,
        conference: &ConferenceId,
        participant: &ParticipantId,
        query: &Query<'_>,
    ) -> Result<Page<ParticipantSessionRecord>, RegisterError> {
        self.participant(conference, participant, query.now).await?;
        self.participant_sessions_page(conference, participant, query).await
    }

    /// The same of a participant that there is.
    pub(crate) async fn participant_sessions_page(
        &self,
        conference: &ConferenceId,
        participant: &ParticipantId,
        query: &Query<'_>,
    ) -> Result<Page<ParticipantSessionRecord>, RegisterError> {
        let scope = [conference.as_str(), participant.as_str()];
        let params = scope.map(Into::into).to_vec();
        PARTICIPANT_SESSIONS
            .page(&self.db, &scope, params, query, participant_session_record)
            .await
    }
}

/// The session of a full name, if there is a row for it.
fn named(
    conference: &ConferenceId,
    participant: &ParticipantId,
    id: &SessionId,
    rows: &[Row],
) -> Result<ParticipantSessionRecord, RegisterError> {
    let row = rows.first().ok_or(RegisterError::NotFound)?;
    Ok(ParticipantSessionRecord {
        conference: conference.clone(),
        participant: participant.clone(),
        id: id.clone(),
        start: Micros(row.int(0)?),
        end: row.opt_int(1)?.map(Micros),
        device: DeviceKind::read(row.int(2)?)?,
        by_program: row.int(3)? != 0,
    })
}

fn participant_session_record(row: &Row) -> Result<ParticipantSessionRecord, RegisterError> {
    Ok(ParticipantSessionRecord {
        start: Micros(row.int(0)?),
        id: SessionId::parse(row.text(1)?)?,
        conference: ConferenceId::parse(row.text(2)?)?,
        participant: ParticipantId::parse(row.text(3)?)?,
        end: row.opt_int(4)?.map(Micros),
        device: DeviceKind::read(row.int(5)?)?,
        by_program: row.int(6)? != 0,
    })
}
