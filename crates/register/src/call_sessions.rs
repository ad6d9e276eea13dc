//! The sessions of a call record: all of a conference, the oldest first, each with its person.
//!
//! They are the participant sessions of the register, read across the participants instead of one by one; and between them, in
//! the same order, those who were on the way in and did not come, of whom there are few. Whoever asks has read
//! the record before, and shows it: that it is there, and may be seen, is asked once.

use crate::{
    CallRecord, Obstacle, Page, ParticipantKind, Query, Register, RegisterError,
    error::Damage,
    limits::CALL_SESSIONS_PER_PAGE,
    numbers::Number,
    page::{self, Direction, Item, List, Part},
    participants::participant_kind,
};
use db::Row;
use filter::{Field, Kind, Predicate};
use meeting::{DeviceKind, Micros, ParticipantId, Role, SessionEndReason, SessionId, UserId};

/// A session with what is known of its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSession {
    /// Its id.
    pub id: SessionId,
    /// When its transport was up.
    pub start: Micros,
    /// When it ended; `None` while it is live.
    pub end: Option<Micros>,
    /// Whose account it is, if they have one.
    pub kind: ParticipantKind,
    /// The kind of the device.
    pub device: DeviceKind,
    /// A program came as the person.
    pub by_program: bool,
    /// The participant; of somebody who was on the way in and did not come, which is no attendance, what kept them from it: then the
    /// times are when they asked and when they were given up.
    pub attended: Result<Attended, Obstacle>,
}

/// What there is of a session of somebody who came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attended {
    /// Whose session it is.
    pub participant: ParticipantId,
    /// The name under which others saw them last.
    pub display_name: String,
    /// Their role in the conference.
    pub role: Role,
    /// Why it ended; `None` while it is live.
    pub end_reason: Option<SessionEndReason>,
}

/// One text for one of them and for all.
macro_rules! call_sessions {
    () => {
        "select s.start_us, s.id, s.participant, s.end_us, s.end_reason, s.device_kind, s.by_program,
            p.kind, p.account, p.display_name, p.role
        from participant_session s join participant p on p.conference = s.conference and p.id = s.participant
        where s.conference = $1"
    };
}

/// The same of those who did not come in.
macro_rules! setup_failures {
    () => {
        "select f.start_us, f.session, f.end_us, f.account, f.device_kind, f.by_program, f.obstacle
        from setup_failure f
        where f.conference = $1"
    };
}

pub(crate) const CALL_SESSION: &str = concat!(call_sessions!(), " and s.id = $2");

pub(crate) const CALL_SESSIONS: List = List {
    name: "call sessions",
    select: call_sessions!(),
    key: ["s.start_us", "s.id"],
    direction: Direction::Ascending,
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
    sizes: CALL_SESSIONS_PER_PAGE,
};

pub(crate) const SETUP_FAILURE: &str = concat!(setup_failures!(), " and f.session = $2");

/// Few, and so sorted where they are read.
pub(crate) const SETUP_FAILURES: List = List {
    select: setup_failures!(),
    key: ["f.start_us", "f.session"],
    fields: &[
        Field {
            path: "start_time",
            column: "f.start_us",
            kind: Kind::Time,
        },
        Field {
            path: "end_time",
            column: "f.end_us",
            kind: Kind::Time,
        },
    ],
    ..CALL_SESSIONS
};

impl Register {
    /// One session of a record.
    pub async fn call_session(&self, record: &CallRecord, session: &SessionId) -> Result<CallSession, RegisterError> {
        let params = vec![record.conference.as_str().into(), session.as_str().into()];
        if let Some(row) = self.db.read(CALL_SESSION, params.clone()).await?.first() {
            return call_session(row);
        }
        let rows = self.db.read(SETUP_FAILURE, params).await?;
        setup_failure(rows.first().ok_or(RegisterError::NotFound)?)
    }

    /// The sessions of a record that match, the oldest first. Of the query, the filter only binds the page token.
    pub async fn list_call_sessions(
        &self,
        record: &CallRecord,
        predicate: &Predicate,
        query: &Query<'_>,
    ) -> Result<Page<CallSession>, RegisterError> {
        let conference = record.conference.as_str();
        let part = |list, item| Part {
            list,
            params: vec![conference.into()],
            predicate: predicate.clone(),
            item,
        };
        let parts = [
            part(CALL_SESSIONS, call_session as Item<_>),
            part(SETUP_FAILURES, setup_failure),
        ];
        page::merged(&parts, &self.db, &[conference], query).await
    }

    /// How many sessions of a record match, on all pages.
    pub async fn count_call_sessions(&self, record: &CallRecord, predicate: &Predicate) -> Result<i64, RegisterError> {
        let params = vec![record.conference.as_str().into()];
        let sessions = CALL_SESSIONS.count_where(&self.db, params.clone(), predicate).await?;
        let failures = SETUP_FAILURES.count_where(&self.db, params, predicate).await?;
        Ok(sessions + failures)
    }
}

fn call_session(row: &Row) -> Result<CallSession, RegisterError> {
    Ok(CallSession {
        start: Micros(row.int(0)?),
        id: SessionId::parse(row.text(1)?)?,
        end: row.opt_int(3)?.map(Micros),
        device: DeviceKind::read(row.int(5)?)?,
        by_program: row.int(6)? != 0,
        kind: participant_kind(row.int(7)?, row.opt_text(8)?)?,
        attended: Ok(Attended {
            participant: ParticipantId::parse(row.text(2)?)?,
            end_reason: row.opt_text(4)?.map(end_reason).transpose()?,
            display_name: row.text(9)?.to_owned(),
            role: Role::read(row.int(10)?)?,
        }),
    })
}

fn setup_failure(row: &Row) -> Result<CallSession, RegisterError> {
    let account = row.opt_text(3)?.map(UserId::parse).transpose()?;
    Ok(CallSession {
        start: Micros(row.int(0)?),
        id: SessionId::parse(row.text(1)?)?,
        end: Some(Micros(row.int(2)?)),
        kind: account.map_or(ParticipantKind::Anonymous, ParticipantKind::SignedIn),
        device: DeviceKind::read(row.int(4)?)?,
        by_program: row.int(5)? != 0,
        attended: Err(Obstacle::read(row.int(6)?)?),
    })
}

fn end_reason(word: &str) -> Result<SessionEndReason, RegisterError> {
    let known = SessionEndReason::ALL.iter().find(|known| known.as_str() == word);
    known.copied().ok_or_else(|| Damage::unknown("end of a session", &word))
}
