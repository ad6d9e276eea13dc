//! Who was in a conference, each with their sessions: what a report of attendance is made of.

use crate::{
    Page, ParticipantRecord, ParticipantSessionRecord, Query, Register, RegisterError,
    participant_sessions::PARTICIPANT_SESSIONS,
};
use meeting::ConferenceId;

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
