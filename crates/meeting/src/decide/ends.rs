//! How sessions end, and with the last of them the conference: one way for all who end them.

use super::recording;
use crate::{
    Conference, ConferenceEndReason, Fact, Micros, ParticipantId, RecordingEndReason, SessionEndReason, SessionId,
    Space, limits,
};
use std::collections::{BTreeMap, BTreeSet};

/// Serves the deadlines that have passed: of a conference in which nobody is, and of those who are awaited.
pub(super) fn tick(space: &Space, active: &Conference, now: Micros) -> Vec<Fact> {
    let over = end_sessions(space, active, &[], now);
    let late = active.awaited.iter().filter(|(_, until)| **until <= now);
    let late: Vec<ParticipantId> = late.map(|(participant, _)| participant.clone()).collect();
    if !over.is_empty() || late.is_empty() {
        return over;
    }
    vec![Fact::ReturnGivenUp {
        conference: active.id().clone(),
        participants: late,
    }]
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
    facts.extend(conference_ends(active, end, reason));
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

/// Ends live sessions, and the conference with the last of them unless people are awaited: because they were cut off, or
/// because their client is on the way back.
pub(super) fn end_sessions(space: &Space, active: &Conference, endings: &[Ending], now: Micros) -> Vec<Fact> {
    let mut facts = session_ends(active, endings);
    let cut_off = endings.iter().filter(|ending| ending.reason.cuts_off());
    let cut_off: BTreeSet<&ParticipantId> = cut_off.map(|ending| &active.live[ending.session].participant).collect();
    if !cut_off.is_empty() {
        facts.extend(await_return(active, cut_off.into_iter().cloned().collect(), now));
        return facts;
    }
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
    facts.extend(conference_ends(active, end, reason));
    facts
}

/// Keeps the conference open for these; nothing, if there is nobody to wait for.
pub(super) fn await_return(active: &Conference, participants: Vec<ParticipantId>, now: Micros) -> Vec<Fact> {
    if participants.is_empty() {
        return Vec::new();
    }
    vec![Fact::ReturnAwaited {
        conference: active.id().clone(),
        participants,
        until: now.plus_us(limits::RETURN_WITHIN_US),
    }]
}

/// Waits no longer for somebody who says that they leave, and ends the conference if nobody is in it and nobody else is awaited.
/// Nothing, if they are not awaited.
pub(super) fn give_up(space: &Space, active: &Conference, who: &ParticipantId, now: Micros) -> Vec<Fact> {
    if !active.awaited.contains_key(who) {
        return Vec::new();
    }
    let others = space.awaits_until_without(Some(who)).is_some_and(|until| now < until);
    if active.live.is_empty() && !others {
        return conference_ends(active, active.latest_end, ConferenceEndReason::Empty);
    }
    vec![Fact::ReturnGivenUp {
        conference: active.id().clone(),
        participants: vec![who.clone()],
    }]
}

/// Ends the conference, and its recording with it.
fn conference_ends(active: &Conference, end: Micros, reason: ConferenceEndReason) -> Vec<Fact> {
    let ended = Fact::ConferenceEnded {
        conference: active.id().clone(),
        end,
        reason,
    };
    let recording = recording::ends(active, end, RecordingEndReason::ConferenceEnded);
    recording.into_iter().chain([ended]).collect()
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
