//! How sessions end, and with the last of them the conference: one way for all who end them.

use crate::{Conference, ConferenceEndReason, Fact, Micros, ParticipantId, SessionEndReason, SessionId, Space};
use std::collections::BTreeMap;

/// Serves the deadlines that have passed: of a conference in which nobody is.
pub(super) fn tick(space: &Space, active: &Conference, now: Micros) -> Vec<Fact> {
    end_sessions(space, active, &[], now)
}

/// Ends the conference for everybody at one time.
pub(super) fn end_for_all(
    active: &Conference,
    end: Micros,
    session: SessionEndReason,
    reason: ConferenceEndReason,
) -> Vec<Fact> {
    let endings: Vec<Ending> = active.live.keys().map(|id| Ending::of(id, end, session)).collect();
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
}

impl<'a> Ending<'a> {
    pub(super) fn of(session: &'a SessionId, end: Micros, reason: SessionEndReason) -> Ending<'a> {
        Ending { session, end, reason }
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
            participant_latest_end,
        }
    }
}

/// Ends live sessions, and the conference with the last of them unless people are awaited back: after a crash, or because
/// their client is on the way.
pub(super) fn end_sessions(space: &Space, active: &Conference, endings: &[Ending], now: Micros) -> Vec<Fact> {
    let mut facts = session_ends(active, endings);
    let awaited = space.awaits_until().is_some_and(|until| now < until);
    if endings.len() < active.live.len() || awaited {
        return facts;
    }
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
