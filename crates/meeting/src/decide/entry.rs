//! How somebody comes in: by walking in, by coming back, or by being admitted after a knock.

use super::{Time, ends::Ending, ends::tick, lobby};
use crate::{
    Arrival, Conference, ConferenceId, DeviceKind, EntryPoint, EntryPointAccess, Fact, FreshIds, ParticipantId, Person,
    Refusal, Role, SessionEndReason, SessionId, Space, limits,
};

/// Starts a session, and the participant and the conference if they are new; or lets somebody knock who may not walk in.
pub(super) fn join(space: &Space, arrival: Arrival, fresh: FreshIds, time: Time) -> Result<Vec<Fact>, Refusal> {
    check_door(space, &arrival)?;
    check_new(space, &arrival)?;
    let (active, over) = still_active(space, time);
    let participant = active.and_then(|active| participant_of(active, &arrival));
    let has_account = matches!(arrival.person, Person::SignedIn { .. });
    let walks_in = active
        .and_then(|active| active.walks_in(participant.as_ref(), has_account))
        .unwrap_or_else(|| space.settings().access_type.lets_in(arrival.standing()));
    if !walks_in {
        let fresh = FreshIds {
            participant: newcomer(&arrival, fresh.participant),
            ..fresh
        };
        return lobby::knock(space, arrival, fresh, active, participant, time);
    }
    let mut facts = over;
    facts.extend(enter(space, active, arrival, fresh, time)?);
    Ok(facts)
}

/// Lets somebody in who knocks: what follows is what follows from a join. Two hosts may do so at once: it is true already
/// for the second.
pub(super) fn admit(
    space: &Space,
    session: &SessionId,
    conference: ConferenceId,
    time: Time,
) -> Result<Vec<Fact>, Refusal> {
    let Some(knock) = space.knock(session) else {
        let inside = space
            .conference()
            .is_some_and(|active| active.live.contains_key(session));
        return if inside {
            Ok(Vec::new())
        } else {
            Err(Refusal::UnknownKnock)
        };
    };
    let fresh = FreshIds {
        conference,
        participant: knock.participant.clone(),
    };
    let (active, over) = still_active(space, time);
    let mut facts = vec![lobby::admitted(knock)];
    facts.extend(over);
    facts.extend(enter(space, active, knock.arrival.clone(), fresh, time)?);
    Ok(facts)
}

/// The active conference. One whose time has run out is over, even if its deadline has not been served yet: then there is
/// none, and the facts that end it.
fn still_active(space: &Space, time: Time) -> (Option<&Conference>, Vec<Fact>) {
    let Some(active) = space.conference() else {
        return (None, Vec::new());
    };
    let facts = tick(active, time.now);
    if matches!(facts.last(), Some(Fact::ConferenceEnded { .. })) {
        (None, facts)
    } else {
        (Some(active), Vec::new())
    }
}

fn enter(
    space: &Space,
    active: Option<&Conference>,
    arrival: Arrival,
    fresh: FreshIds,
    time: Time,
) -> Result<Vec<Fact>, Refusal> {
    let mut facts = Vec::new();
    let conference = if let Some(active) = active {
        check_room(active.live.len())?;
        active.id().clone()
    } else {
        // Those who knock were promised an id for the next conference: it is this one.
        let conference = space.reserved.clone().unwrap_or(fresh.conference);
        facts.push(Fact::ConferenceStarted {
            conference: conference.clone(),
            start: time.recorded,
        });
        conference
    };
    let known = active.and_then(|active| participant_of(active, &arrival).map(|known| (active, known)));
    let participant = if let Some((active, known)) = known {
        facts.extend(come_back(active, &known, &arrival.person));
        known
    } else {
        let participant = newcomer(&arrival, fresh.participant);
        if active.is_some_and(|active| active.participants.contains_key(&participant)) {
            return Err(Refusal::IdInUse);
        }
        facts.push(Fact::ParticipantJoined {
            conference: conference.clone(),
            participant: participant.clone(),
            person: arrival.person.clone(),
            earliest_start: time.recorded,
            role: role_of(space, &arrival),
        });
        participant
    };
    facts.push(session_started(space, conference, participant, arrival, time));
    Ok(facts)
}

/// The participant that somebody becomes who has not been in the conference.
fn newcomer(arrival: &Arrival, fresh: ParticipantId) -> ParticipantId {
    match &arrival.person {
        Person::SignedIn { user, .. } => ParticipantId::from(user),
        Person::Anonymous { .. } => fresh,
    }
}

/// Starts another session of a participant. The one whose secret is presented is the one that the client lost: it ends
/// when it was last heard of, so that nobody sees its owner twice until the media plane misses it.
pub(super) fn resume(space: &Space, active: &Conference, arrival: Arrival, time: Time) -> Result<Vec<Fact>, Refusal> {
    let over = matches!(tick(active, time.now).last(), Some(Fact::ConferenceEnded { .. }));
    if over {
        return Err(Refusal::ConferenceOver);
    }
    check_door(space, &arrival)?;
    let participant = participant_of(active, &arrival).ok_or(Refusal::NotAParticipant)?;
    if active.participants[&participant].removed {
        return Err(Refusal::Removed);
    }
    let lost = arrival
        .presented
        .and_then(|secret| active.seats.get(&secret))
        .filter(|seat| seat.participant == participant);
    let lost = lost.and_then(|seat| Some((&seat.session, active.live.get(&seat.session)?)));
    check_room(active.live.len() - usize::from(lost.is_some()))?;
    check_new(space, &arrival)?;
    let mut facts = come_back(active, &participant, &arrival.person);
    facts.push(session_started(
        space,
        active.id().clone(),
        participant.clone(),
        arrival,
        time,
    ));
    facts.extend(lost.map(|(id, session)| {
        let ending = Ending::of(id, session, session.last_sign_of_life, SessionEndReason::Resumed);
        // The new session is live: neither the participant nor the conference ends with this one.
        ending.fact(active, &participant, None)
    }));
    Ok(facts)
}

fn session_started(
    space: &Space,
    conference: ConferenceId,
    participant: ParticipantId,
    arrival: Arrival,
    time: Time,
) -> Fact {
    let role = role_of(space, &arrival);
    Fact::SessionStarted {
        conference,
        participant,
        session: arrival.session,
        secret: arrival.secret,
        start: time.recorded,
        device: if role == Role::Viewer {
            DeviceKind::Viewer
        } else {
            arrival.device
        },
        role,
        by_program: arrival.by_program,
        connect_by: time.now.plus_us(limits::CONNECT_WITHIN_US),
    }
}

fn role_of(space: &Space, arrival: &Arrival) -> Role {
    Role::on_entry(space.settings(), arrival.standing(), arrival.device)
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

/// What nobody may do, host or stranger.
fn check_door(space: &Space, arrival: &Arrival) -> Result<(), Refusal> {
    let creator_only = space.settings().entry_point_access == EntryPointAccess::CreatorAppOnly;
    if creator_only && arrival.through != EntryPoint::CreatorApp {
        return Err(Refusal::EntryPointNotAllowed);
    }
    if arrival.device == DeviceKind::Companion && matches!(arrival.person, Person::Anonymous { .. }) {
        return Err(Refusal::CompanionNeedsAccount);
    }
    Ok(())
}

/// Whether one more session fits beside so many live ones.
fn check_room(live: usize) -> Result<(), Refusal> {
    if live >= limits::LIVE_SESSIONS_MAX {
        return Err(Refusal::TooManySessions);
    }
    Ok(())
}

/// Whether the id and the secret are new, inside and at the door.
fn check_new(space: &Space, arrival: &Arrival) -> Result<(), Refusal> {
    let inside = space
        .conference()
        .is_some_and(|active| active.live.contains_key(&arrival.session) || active.seats.contains_key(&arrival.secret));
    let mut knocks = space.knocks.iter().map(|knock| &knock.arrival);
    if inside || knocks.any(|other| other.session == arrival.session || other.secret == arrival.secret) {
        return Err(Refusal::IdInUse);
    }
    Ok(())
}
