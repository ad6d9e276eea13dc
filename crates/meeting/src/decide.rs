//! The decisions: what an input means for a space at a time. These are the rules of time and identity of a meeting, each
//! in one function; what they share is how sessions end ([`end_sessions`]).

use crate::{
    Arrival, Conference, ConferenceEndReason, Fact, FreshIds, Input, LiveSession, LostReason, Micros, ParticipantId,
    Person, Refusal, SecretHash, SessionEndReason, SessionId, Space, limits,
};
use std::collections::BTreeMap;

/// What becomes true by this input. No facts and no refusal: it was true already, or does not matter any more.
pub fn decide(space: &Space, input: Input, now: Micros) -> Result<Vec<Fact>, Refusal> {
    let time = Time {
        now,
        recorded: space.not_backwards(now),
    };
    match (input, space.conference()) {
        (Input::Join { arrival, fresh }, _) => join(space, arrival, fresh, time),
        (Input::Resume { arrival, conference }, Some(active)) if *active.id() == conference => {
            resume(active, arrival, time)
        }
        (Input::Resume { .. }, _) => Err(Refusal::ConferenceOver),
        (Input::Leave { session, secret }, Some(active)) => leave(active, &session, secret, time),
        (Input::Leave { .. }, None) => Err(Refusal::UnknownSession),
        (Input::EndConference, None) => Err(Refusal::NoActiveConference),
        (Input::EndConference, Some(active)) => Ok(end_for_all(
            active,
            time.recorded,
            SessionEndReason::ConferenceEnded,
            ConferenceEndReason::Ended,
        )),
        (Input::Alive(heard), Some(active)) => Ok(alive(active, &heard, time)),
        (
            Input::Lost {
                session,
                last_sign_of_life,
                reason,
            },
            Some(active),
        ) => Ok(lost(active, &session, last_sign_of_life, reason, time)),
        (Input::Restart, Some(active)) => Ok(restart(active, time)),
        (Input::Tick, Some(active)) => Ok(tick(active, now)),
        (Input::Shutdown, Some(active)) => Ok(end_for_all(
            active,
            time.recorded,
            SessionEndReason::Shutdown,
            ConferenceEndReason::Shutdown,
        )),
        (Input::Alive(_) | Input::Lost { .. } | Input::Restart | Input::Tick | Input::Shutdown, None) => Ok(Vec::new()),
    }
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

/// Starts a session, and the participant and the conference if they are new.
fn join(space: &Space, arrival: Arrival, fresh: FreshIds, time: Time) -> Result<Vec<Fact>, Refusal> {
    // A conference whose time has run out is over, even if its deadline has not been served yet.
    let mut facts = space
        .conference()
        .map_or_else(Vec::new, |active| tick(active, time.now));
    let over = matches!(facts.last(), Some(Fact::ConferenceEnded { .. }));
    let active = space.conference().filter(|_| !over);
    let conference = if let Some(active) = active {
        facts.clear();
        check_room(active, &arrival, active.live.len())?;
        active.id().clone()
    } else {
        facts.push(Fact::ConferenceStarted {
            conference: fresh.conference.clone(),
            start: time.recorded,
        });
        fresh.conference
    };

    let known = active.and_then(|active| participant_of(active, &arrival).map(|known| (active, known)));
    let participant = if let Some((active, known)) = known {
        facts.extend(come_back(active, &known, &arrival.person));
        known
    } else {
        let participant = match &arrival.person {
            Person::SignedIn { user, .. } => ParticipantId::from(user),
            Person::Anonymous { .. } => fresh.participant,
        };
        if active.is_some_and(|active| active.participants.contains_key(&participant)) {
            return Err(Refusal::IdInUse);
        }
        facts.push(Fact::ParticipantJoined {
            conference: conference.clone(),
            participant: participant.clone(),
            person: arrival.person,
            earliest_start: time.recorded,
        });
        participant
    };
    facts.push(Fact::SessionStarted {
        conference,
        participant,
        session: arrival.session,
        secret: arrival.secret,
        start: time.recorded,
        connect_by: time.now.plus_us(limits::CONNECT_WITHIN_US),
    });
    Ok(facts)
}

/// Starts another session of a participant. The one whose secret is presented is the one that the client lost: it ends
/// when it was last heard of, so that nobody sees its owner twice until the media plane misses it.
fn resume(active: &Conference, arrival: Arrival, time: Time) -> Result<Vec<Fact>, Refusal> {
    let over = matches!(tick(active, time.now).last(), Some(Fact::ConferenceEnded { .. }));
    if over {
        return Err(Refusal::ConferenceOver);
    }
    let participant = participant_of(active, &arrival).ok_or(Refusal::NotAParticipant)?;
    let lost = arrival
        .presented
        .and_then(|secret| active.seats.get(&secret))
        .filter(|seat| seat.participant == participant);
    let lost = lost.and_then(|seat| Some((&seat.session, active.live.get(&seat.session)?)));
    check_room(active, &arrival, active.live.len() - usize::from(lost.is_some()))?;
    let mut facts = come_back(active, &participant, &arrival.person);
    facts.push(Fact::SessionStarted {
        conference: active.id().clone(),
        participant: participant.clone(),
        session: arrival.session,
        secret: arrival.secret,
        start: time.recorded,
        connect_by: time.now.plus_us(limits::CONNECT_WITHIN_US),
    });
    facts.extend(lost.map(|(id, session)| {
        let ending = Ending::of(id, session, session.last_sign_of_life, SessionEndReason::Resumed);
        // The new session is live: neither the participant nor the conference ends with this one.
        ending.fact(active, &participant, None)
    }));
    Ok(facts)
}

/// The participant that this person is already: a user by the account, anybody else by the secret they hold. A user's
/// secret does not make somebody else that user.
fn participant_of(active: &Conference, arrival: &Arrival) -> Option<ParticipantId> {
    match &arrival.person {
        Person::SignedIn { user, .. } => {
            Some(ParticipantId::from(user)).filter(|participant| active.participants.contains_key(participant))
        }
        Person::Anonymous { .. } => {
            let seat = active.seats.get(&arrival.presented?)?;
            let person = &active.participants.get(&seat.participant)?.person;
            matches!(person, Person::Anonymous { .. }).then(|| seat.participant.clone())
        }
    }
}

/// What changes about a participant who starts another session.
fn come_back(active: &Conference, participant: &ParticipantId, person: &Person) -> Vec<Fact> {
    let (conference, before) = (active.id(), &active.participants[participant]);
    let returned = (before.live_sessions == 0).then(|| Fact::ParticipantReturned {
        conference: conference.clone(),
        participant: participant.clone(),
    });
    let renamed = (before.person.display_name() != person.display_name()).then(|| Fact::ParticipantRenamed {
        conference: conference.clone(),
        participant: participant.clone(),
        display_name: person.display_name().clone(),
    });
    returned.into_iter().chain(renamed).collect()
}

/// Whether one more session fits beside so many live ones, under its new id and secret.
fn check_room(active: &Conference, arrival: &Arrival, live: usize) -> Result<(), Refusal> {
    if live >= limits::LIVE_SESSIONS_MAX || active.seats.len() >= limits::SESSIONS_MAX {
        return Err(Refusal::TooManySessions);
    }
    if active.live.contains_key(&arrival.session) || active.seats.contains_key(&arrival.secret) {
        return Err(Refusal::IdInUse);
    }
    Ok(())
}

fn alive(active: &Conference, heard: &[(SessionId, Micros)], time: Time) -> Vec<Fact> {
    let mut signs = BTreeMap::new();
    for (id, at) in heard {
        let Some(session) = active.live.get(id) else { continue };
        let sign = time.heard(*at).max(session.start);
        if session.last_sign_of_life.is_none_or(|before| sign > before) {
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

/// Ends a session now. A second leave changes nothing: a page that closes says it twice.
fn leave(active: &Conference, id: &SessionId, secret: SecretHash, time: Time) -> Result<Vec<Fact>, Refusal> {
    let own = active.seats.get(&secret).is_some_and(|seat| seat.session == *id);
    match active.live.get(id) {
        Some(session) if own => {
            let connected = session.last_sign_of_life.map(|_| time.recorded);
            Ok(end_sessions(
                active,
                &[Ending::of(id, session, connected, SessionEndReason::Left)],
                time.now,
            ))
        }
        Some(_) => Err(Refusal::WrongSecret),
        None if own => Ok(Vec::new()),
        None => Err(Refusal::UnknownSession),
    }
}

/// Ends a session when it was last heard of, or attendance would grow with the time that it took to miss it. Nothing
/// happens if it has ended already: a leave and a loss may both arrive.
fn lost(active: &Conference, id: &SessionId, heard: Micros, reason: LostReason, time: Time) -> Vec<Fact> {
    let Some(session) = active.live.get(id) else {
        return Vec::new();
    };
    let reason = match reason {
        LostReason::Left => SessionEndReason::Left,
        LostReason::Closed => SessionEndReason::Closed,
        LostReason::Silent => SessionEndReason::Silent,
        LostReason::NotConnected => SessionEndReason::NotConnected,
    };
    let end = session.last_sign_of_life.map(|before| time.heard(heard).max(before));
    end_sessions(active, &[Ending::of(id, session, end, reason)], time.now)
}

/// Ends what a crash left open when it was last heard of, and keeps the conference open for those who come back.
fn restart(active: &Conference, time: Time) -> Vec<Fact> {
    let endings: Vec<Ending> = active
        .live
        .iter()
        .map(|(id, session)| Ending::of(id, session, session.last_sign_of_life, SessionEndReason::Crash))
        .collect();
    let mut facts = session_ends(active, &endings);
    let until = time.now.plus_us(limits::RETURN_WITHIN_US);
    facts.push(Fact::ReturnAwaited {
        conference: active.id().clone(),
        until,
    });
    facts
}

/// Serves the deadlines that have passed.
fn tick(active: &Conference, now: Micros) -> Vec<Fact> {
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
fn end_for_all(active: &Conference, end: Micros, session: SessionEndReason, reason: ConferenceEndReason) -> Vec<Fact> {
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
struct Ending<'a> {
    session: &'a SessionId,
    end: Micros,
    reason: SessionEndReason,
    failed: bool,
}

impl<'a> Ending<'a> {
    /// A session whose media never connected was nowhere for no time: it has no `end` of its own, but its start.
    fn of(id: &'a SessionId, session: &LiveSession, end: Option<Micros>, reason: SessionEndReason) -> Ending<'a> {
        Ending {
            session: id,
            end: end.unwrap_or(session.start),
            reason,
            failed: end.is_none(),
        }
    }

    fn fact(&self, active: &Conference, participant: &ParticipantId, participant_latest_end: Option<Micros>) -> Fact {
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
fn end_sessions(active: &Conference, endings: &[Ending], now: Micros) -> Vec<Fact> {
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
fn session_ends(active: &Conference, endings: &[Ending]) -> Vec<Fact> {
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
