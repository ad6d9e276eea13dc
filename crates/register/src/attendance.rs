//! Who was in a conference, each with their sessions: what a report of attendance is made of; and of which conferences there are
//! reports: those at whose end the owner of the space wanted one. A report is there for a year, whatever has expired of its conference.

use crate::{
    ConferenceRecord, Page, ParticipantRecord, ParticipantSessionRecord, Query, Register, RegisterError,
    conferences::conference_record,
    limits::{CONFERENCES_PER_PAGE, REPORT_KEPT_US},
    page::{Direction, List},
    participant_sessions::PARTICIPANT_SESSIONS,
    participants::{PARTICIPANTS, participant_record},
};
use db::Value;
use meeting::{ConferenceId, Micros, SpaceId};

pub(crate) const REPORTED: List = List {
    name: "attendance reports",
    select: "
        select c.start_us, c.id, c.space, c.end_us, c.expire_us from conference c
        where c.space = $1 and c.attendance_report = 1 and (c.expire_us > $2 or c.end_us > $3)",
    key: ["c.start_us", "c.id"],
    direction: Direction::Descending,
    fields: &[],
    sizes: CONFERENCES_PER_PAGE,
};

pub(crate) const REPORTED_CONFERENCE: &str = "
    select c.start_us, c.id, c.space, c.end_us, c.expire_us from conference c
    where c.id = $1 and c.attendance_report = 1 and (c.expire_us > $2 or c.end_us > $3)";

/// A participant with their sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendee {
    /// Who.
    pub participant: ParticipantRecord,
    /// Their sessions, the newest first: the newest
    /// [`PARTICIPANT_SESSIONS_PER_PAGE`](crate::limits::PARTICIPANT_SESSIONS_PER_PAGE), of somebody who rejoined more often.
    pub sessions: Vec<ParticipantSessionRecord>,
}

impl Register {
    /// The participants of a conference in pages, as [`Register::list_participants`] has them, with their sessions.
    pub async fn attendance(
        &self,
        conference: &ConferenceId,
        query: &Query<'_>,
    ) -> Result<Page<Attendee>, RegisterError> {
        let page = self.list_participants(conference, query).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for participant in page.items {
            let sessions = self.sessions_of(&participant, query).await?;
            items.push(Attendee { participant, sessions });
        }
        Ok(Page {
            items,
            next_page_token: page.next_page_token,
        })
    }

    /// The conferences of a space that there are reports of, the newest first: they are over.
    pub async fn list_reported(
        &self,
        space: &SpaceId,
        query: &Query<'_>,
    ) -> Result<Page<ConferenceRecord>, RegisterError> {
        let params = reported_at(space.as_str(), query.now);
        REPORTED
            .page(&self.db, &[space.as_str()], params, query, conference_record)
            .await
    }

    /// The conference, if there is a report of it.
    pub async fn reported(&self, id: &ConferenceId, now: Micros) -> Result<ConferenceRecord, RegisterError> {
        let rows = self.db.read(REPORTED_CONFERENCE, reported_at(id.as_str(), now)).await?;
        conference_record(rows.first().ok_or(RegisterError::NotFound)?)
    }

    /// Who was in a conference that there is a report of, in pages. Whoever asks has read that there is one.
    pub async fn list_reported_participants(
        &self,
        conference: &ConferenceRecord,
        query: &Query<'_>,
    ) -> Result<Page<ParticipantRecord>, RegisterError> {
        let id = conference.id.as_str();
        PARTICIPANTS
            .page(&self.db, &[id], vec![id.into()], query, participant_record)
            .await
    }

    /// How many they are, on all pages.
    pub async fn count_reported_participants(&self, conference: &ConferenceRecord) -> Result<i64, RegisterError> {
        PARTICIPANTS
            .count(&self.db, vec![conference.id.as_str().into()], "")
            .await
    }

    async fn sessions_of(
        &self,
        participant: &ParticipantRecord,
        query: &Query<'_>,
    ) -> Result<Vec<ParticipantSessionRecord>, RegisterError> {
        let all = Query {
            page_size: PARTICIPANT_SESSIONS.sizes.max.into(),
            now: query.now,
            ..Query::default()
        };
        let page = self
            .participant_sessions_page(&participant.conference, &participant.id, &all)
            .await?;
        Ok(page.items)
    }
}

/// What is asked for, and when, and what ended when is still reported then.
fn reported_at(id: &str, now: Micros) -> Vec<Value> {
    vec![id.into(), now.0.into(), now.0.saturating_sub(REPORT_KEPT_US).into()]
}
