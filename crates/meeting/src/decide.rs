//! The decisions: what an input means for a space at a time. These are the rules of time, entry and identity of a meeting,
//! each in one function.

mod control;
mod door;
mod ends;
mod entry;
mod recording;

use crate::{
    Conference, ConferenceEndReason, Fact, Input, LiveSession, LostReason, Micros, ParticipantId, RecordingEndReason,
    Refusal, SecretHash, SessionEndReason, SessionId, Space,
};
use ends::{Ending, await_return, end_for_all, end_sessions, give_up, session_ends, tick};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes true by this input. No facts and no refusal: it was true already, or does not matter any more.
pub fn decide(space: &Space, input: Input, now: Micros) -> Result<Vec<Fact>, Refusal> {
    let time = Time {
        now,
        recorded: space.not_backwards(now),
    };
    match input {
        Input::Join { arrival, fresh } => entry::join(space, arrival, fresh, time),
        Input::Resume { arrival, conference } => match space.conference() {
            Some(active) if *active.id() == conference => entry::resume(space, active, arrival, time),
            _ => Err(Refusal::ConferenceOver),
        },
        Input::Connected { session } => Ok(entry::connected(space, &session, time)),
        Input::Leave { session, secret } => leave(space, &session, secret, time),
        Input::Admit { session, conference } => entry::admit(space, &session, &conference, time),
        Input::Deny { session } => door::deny(space, &session, now),
        Input::Remove { participant } => {
            let active = space.conference().ok_or(Refusal::NoActiveConference)?;
            control::remove(space, active, &participant, time)
        }
        Input::Configure(settings) => Ok(control::configure(space, settings)),
        Input::Moderate { by, settings } => control::moderate(space, &by, settings),
        Input::Promote { user, standing } => Ok(control::promote(space, &user, standing)),
        Input::AnswerRecording {
            session,
            secret,
            agrees,
        } => {
            let active = space.conference().ok_or(Refusal::UnknownSession)?;
            recording::answer(active, &session, secret, agrees, time.recorded)
        }
        Input::StartRecording { .. } | Input::PauseRecording | Input::ResumeRecording | Input::StopRecording { .. } => {
            let active = space.conference().ok_or(Refusal::NoActiveConference)?;
            recording::decide(active, input, time.recorded)
        }
        Input::EndConference => end_conference(space, time),
        Input::Lost {
            session,
            last_sign_of_life,
            reason,
        } => {
            let mut facts = door::lost(space, &session, reason, now);
            facts.extend(within(space, |active| {
                lost(space, active, &session, last_sign_of_life, reason, time)
            }));
            Ok(facts)
        }
        Input::Alive(heard) => Ok(within(space, |active| alive(active, &heard, time))),
        Input::Restart => Ok(within(space, |active| {
            let reasons = (SessionEndReason::Crash, RecordingEndReason::Crash);
            cut_off_all(active, reasons, time, |session| session.last_sign_of_life)
        })),
        Input::Woke => Ok(within(space, |active| {
            await_return(active, active.awaited.keys().cloned().collect(), now)
        })),
        Input::Tick => {
            let mut facts = door::expire(space, now);
            facts.extend(within(space, |active| tick(space, active, now)));
            Ok(facts)
        }
        Input::Shutdown => {
            let mut facts = door::close(space, now);
            facts.extend(within(space, |active| {
                let reasons = (SessionEndReason::Shutdown, RecordingEndReason::Shutdown);
                cut_off_all(active, reasons, time, |_| time.recorded)
            }));
            Ok(facts)
        }
    }
}

/// Ends it for all, also for those who are on the way into it.
fn end_conference(space: &Space, time: Time) -> Result<Vec<Fact>, Refusal> {
    let active = space.conference().ok_or(Refusal::NoActiveConference)?;
    let (session, conference) = (SessionEndReason::ConferenceEnded, ConferenceEndReason::Ended);
    let mut facts = door::turn_back(space, active);
    facts.extend(end_for_all(active, time.recorded, session, conference));
    Ok(facts)
}

/// What follows for the active conference; nothing if there is none.
fn within(space: &Space, facts: impl FnOnce(&Conference) -> Vec<Fact>) -> Vec<Fact> {
    space.conference().map(facts).unwrap_or_default()
}

/// The two clocks of a decision.
#[derive(Clone, Copy)]
struct Time {
    /// The caller's, for deadlines.
    now: Micros,
    /// The space's, for facts: `now`, or later if the caller's clock went back.
    recorded: Micros,
}

impl Time {
    /// When somebody was heard of, in the clock of the space: as long ago as it is in the caller's.
    fn heard(self, at: Micros) -> Micros {
        Micros(self.recorded.0.saturating_sub(self.now.since_us(at)))
    }
}

fn alive(active: &Conference, heard: &[(SessionId, Micros)], time: Time) -> Vec<Fact> {
    let mut signs = BTreeMap::new();
    for (id, at) in heard {
        let Some(session) = active.live.get(id) else { continue };
        let sign = time.heard(*at).max(session.start);
        if sign > session.last_sign_of_life {
            signs
                .entry(id)
                .and_modify(|latest: &mut Micros| *latest = sign.max(*latest))
                .or_insert(sign);
        }
    }
    if signs.is_empty() {
        return Vec::new();
    }
    let signs = signs.into_iter().map(|(id, sign)| (id.clone(), sign)).collect();
    vec![Fact::SignsOfLife {
        conference: active.id().clone(),
        signs,
    }]
}

/// Ends a session now. A second leave changes nothing, as a page that closes says it twice; but whoever was cut off and leaves then
/// does not come back.
fn leave(space: &Space, id: &SessionId, secret: SecretHash, time: Time) -> Result<Vec<Fact>, Refusal> {
    if let Some(gone) = door::leave(space, id, secret, time.now) {
        return gone;
    }
    let active = space.conference().ok_or(Refusal::UnknownSession)?;
    let own = active.seats.get(&secret).is_some_and(|seat| seat.session == *id);
    match active.live.get(id) {
        Some(_) if own => {
            let ending = Ending::of(id, time.recorded, SessionEndReason::Left);
            Ok(end_sessions(space, active, &[ending], time.now))
        }
        Some(_) => Err(Refusal::WrongSecret),
        None if own => Ok(give_up(space, active, &active.seats[&secret].participant, time.now)),
        None => Err(Refusal::UnknownSession),
    }
}

/// Ends a session when it was last heard of, or attendance would grow with the time that it took to miss it. Nothing
/// happens if it has ended already: a leave and a loss may both arrive.
fn lost(
    space: &Space,
    active: &Conference,
    id: &SessionId,
    heard: Micros,
    reason: LostReason,
    time: Time,
) -> Vec<Fact> {
    let Some(session) = active.live.get(id) else {
        return Vec::new();
    };
    let reason = match reason {
        LostReason::Left => SessionEndReason::Left,
        LostReason::Closed => SessionEndReason::Closed,
        // Only who is on the way in is lost by the last two; of anybody else it is no more than that they are gone.
        LostReason::Silent | LostReason::Unsecured | LostReason::Overloaded => SessionEndReason::Silent,
    };
    let end = time.heard(heard).max(session.last_sign_of_life);
    end_sessions(space, active, &[Ending::of(id, end, reason)], time.now)
}

/// Ends all sessions at once, because the server went or goes away, and keeps the conference open for their people: also for those
/// who were awaited already, for they could not come while it was away. Its recording ends with the last of them.
fn cut_off_all(
    active: &Conference,
    (reason, recording_reason): (SessionEndReason, RecordingEndReason),
    time: Time,
    end: impl Fn(&LiveSession) -> Micros,
) -> Vec<Fact> {
    let last = active.live.values().map(&end).fold(active.latest_end, Micros::max);
    let live = active.live.iter();
    let endings: Vec<Ending> = live.map(|(id, session)| Ending::of(id, end(session), reason)).collect();
    let present = active.live.values().map(|session| &session.participant);
    let awaited: BTreeSet<&ParticipantId> = present.chain(active.awaited.keys()).collect();
    let mut facts = session_ends(active, &endings);
    facts.extend(recording::ends(active, last, recording_reason));
    facts.extend(await_return(active, awaited.into_iter().cloned().collect(), time.now));
    facts
}
