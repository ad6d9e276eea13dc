//! Participants of a conference: one, all in pages, and how many.

use crate::{
    Page, Query, Register, RegisterError,
    error::Damage,
    limits::PARTICIPANTS_PER_PAGE,
    numbers::Number,
    page::{Direction, List},
};
use db::Row;
use filter::{Field, Kind};
use meeting::{ConferenceId, Micros, ParticipantId, Role, UserId};

/// A person in one conference, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantRecord {
    /// The conference.
    pub conference: ConferenceId,
    /// Its id in the conference.
    pub id: ParticipantId,
    /// What is known of the person.
    pub kind: ParticipantKind,
    /// The name under which others saw them last.
    pub display_name: String,
    /// The start of the first session.
    pub earliest_start: Micros,
    /// The last end of a session; `None` while any is live.
    pub latest_end: Option<Micros>,
    /// The most powerful role that they had, or the one that it was changed to since.
    pub role: Role,
    /// A host put them out, and nobody has admitted them since.
    pub removed: bool,
}

/// What is known of a participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParticipantKind {
    /// A user with an account.
    SignedIn(UserId),
    /// Somebody who only gave a name.
    Anonymous,
    /// Somebody who telephoned: their name is their number, partly masked.
    Phone,
}

/// The kinds of participants, as rows have them.
pub(crate) const KIND_SIGNED_IN: i64 = 1;
pub(crate) const KIND_ANONYMOUS: i64 = 2;
pub(crate) const KIND_PHONE: i64 = 3;

pub(crate) const PARTICIPANT: &str = "
    select p.earliest_start_us, p.id, p.conference, p.kind, p.account, p.display_name, p.latest_end_us,
        p.role, p.removed
    from participant p join conference c on c.id = p.conference
    where p.conference = $1 and p.id = $2 and (c.end_us is null or c.expire_us > $3)";

pub(crate) const PARTICIPANTS: List = List {
    name: "participants",
    select: "
        select p.earliest_start_us, p.id, p.conference, p.kind, p.account, p.display_name, p.latest_end_us,
        p.role, p.removed
        from participant p
        where p.conference = $1",
    key: ["p.earliest_start_us", "p.id"],
    direction: Direction::Descending,
    fields: &[
        Field {
            path: "earliest_start_time",
            column: "p.earliest_start_us",
            kind: Kind::Time,
        },
        Field {
            path: "latest_end_time",
            column: "p.latest_end_us",
            kind: Kind::Time,
        },
    ],
    sizes: PARTICIPANTS_PER_PAGE,
};

impl Register {
    /// The participant with this id in this conference.
    pub async fn participant(
        &self,
        conference: &ConferenceId,
        id: &ParticipantId,
        now: Micros,
    ) -> Result<ParticipantRecord, RegisterError> {
        let params = vec![conference.as_str().into(), id.as_str().into(), now.0.into()];
        let rows = self.db.read(PARTICIPANT, params).await?;
        participant_record(rows.first().ok_or(RegisterError::NotFound)?)
    }

    /// The participants of a conference.
    pub async fn list_participants(
        &self,
        conference: &ConferenceId,
        query: &Query<'_>,
    ) -> Result<Page<ParticipantRecord>, RegisterError> {
        self.conference(conference, query.now).await?;
        let params = vec![conference.as_str().into()];
        PARTICIPANTS
            .page(&self.db, &[conference.as_str()], params, query, participant_record)
            .await
    }

    /// How many participants match a filter, on all pages. It visits each of them, so it is for callers who ask for it.
    pub async fn count_participants(
        &self,
        conference: &ConferenceId,
        filter: &str,
        now: Micros,
    ) -> Result<i64, RegisterError> {
        self.conference(conference, now).await?;
        PARTICIPANTS
            .count(&self.db, vec![conference.as_str().into()], filter)
            .await
    }
}

pub(crate) fn participant_record(row: &Row) -> Result<ParticipantRecord, RegisterError> {
    Ok(ParticipantRecord {
        earliest_start: Micros(row.int(0)?),
        id: ParticipantId::parse(row.text(1)?)?,
        conference: ConferenceId::parse(row.text(2)?)?,
        kind: participant_kind(row.int(3)?, row.opt_text(4)?)?,
        display_name: row.text(5)?.to_owned(),
        latest_end: row.opt_int(6)?.map(Micros),
        role: Role::read(row.int(7)?)?,
        removed: row.int(8)? != 0,
    })
}

pub(crate) fn participant_kind(kind: i64, account: Option<&str>) -> Result<ParticipantKind, RegisterError> {
    match (kind, account) {
        (KIND_SIGNED_IN, Some(account)) => Ok(ParticipantKind::SignedIn(UserId::parse(account)?)),
        (KIND_ANONYMOUS, None) => Ok(ParticipantKind::Anonymous),
        (KIND_PHONE, None) => Ok(ParticipantKind::Phone),
        _ => Err(Damage::unknown("kind of participant", &kind)),
    }
}
