//! How sessions end, and with the last of them the conference: one way for all who end them.

use crate::{Conference, ConferenceEndReason, Fact, LiveSession, Micros, ParticipantId, SessionEndReason, SessionId};
use std::collections::BTreeMap;

/// Serves the deadlines that have passed.
pub(super) fn tick(active: &Conference, now: Micros) -> Vec<Fact> {
    let late = active
        .live
        .iter()
        .filter(|(_, session)| session.last_sign_of_life.is_none() && session.connect_by <= now);
    let endings: Vec<Ending> = late
        .map(|(id, session)| Ending::of(id, session, None, SessionEndReason::NotConnected))
        .collect();
    end_sessions(active, &endings, now)
}

/// Ends the conference for everybody at one time, also for those whose media is not connected yet.
pub(super) fn end_for_all(
    active: &Conference,
    end: Micros,
    session: SessionEndReason,
    reason: ConferenceEndReason,
) -> Vec<Fact> {
    let endings: Vec<Ending> = active
        .live
        .keys()
        .map(|id| Ending {
            session: id,
            end,
            reason: session,
            failed: false,
        })
        .collect();
    let mut facts = session_ends(active, &endings);
    facts.push(Fact::ConferenceEnded {
        conference: active.id().clone(),
        end,
        reason,
    });
    facts
}

/// The end of one session.
pub(super) struct Ending<'a> {
    session: &'a SessionId,
    end: Micros,
    reason: SessionEndReason,
    failed: bool,
}

impl<'a> Ending<'a> {
    /// A session whose media never connected was nowhere for no time: it has no `end` of its own, but its start.
    pub(super) fn of(
        id: &'a SessionId,
        session: &LiveSession,
        end: Option<Micros>,
        reason: SessionEndReason,
    ) -> Ending<'a> {
        Ending {
            session: id,
            end: end.unwrap_or(session.start),
            reason,
            failed: end.is_none(),
        }
    }

    pub(super) fn fact(
        &self,
        active: &Conference,
        participant: &ParticipantId,
        participant_latest_end: Option<Micros>,
    ) -> Fact {
        Fact::SessionEnded {
            conference: active.id().clone(),
            participant: participant.clone(),
            session: self.session.clone(),
            end: self.end,
            reason: self.reason,
            failed: self.failed,
            participant_latest_end,
        }
    }
}

/// Ends live sessions, and the conference with the last of them unless people are awaited back.
pub(super) fn end_sessions(active: &Conference, endings: &[Ending], now: Micros) -> Vec<Fact> {
    let mut facts = session_ends(active, endings);
    let awaited = active.return_until.is_some_and(|until| now < until);
    if endings.len() == active.live.len() && !awaited {
        let reason = if endings.is_empty() {
            ConferenceEndReason::NobodyReturned
        } else {
            ConferenceEndReason::Empty
        };
        let end = endings
            .iter()
            .map(|ending| ending.end)
            .fold(active.latest_end, Micros::max);
        facts.push(Fact::ConferenceEnded {
            conference: active.id().clone(),
            end,
            reason,
        });
    }
    facts
}

/// Ends live sessions, each once. The last one of a participant tells when the participant was last there, which may have
/// been in a session that ended before.
pub(super) fn session_ends(active: &Conference, endings: &[Ending]) -> Vec<Fact> {
    let mut left: BTreeMap<&ParticipantId, (usize, Option<Micros>)> = BTreeMap::new();
    let facts = endings.iter().map(|ending| {
        let participant = &active.live[ending.session].participant;
        let before = &active.participants[participant];
        let (live, latest_end) = left
            .entry(participant)
            .or_insert((before.live_sessions, before.latest_end));
        *live -= 1;
        *latest_end = (*latest_end).max(Some(ending.end));
        ending.fact(active, participant, latest_end.filter(|_| *live == 0))
    });
    facts.collect()
}
