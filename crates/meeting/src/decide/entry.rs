//! How somebody comes in: by walking in, by coming back, or by being admitted after a knock.
//!
//! Whoever asks is answered as things stand, so that nobody connects in vain; what counts is decided when the transport is up,
//! by the same rules.

use super::{
    Time, door,
    ends::{Ending, tick},
};
use crate::{
    Arrival, Conference, ConferenceId, DeviceKind, EntryPoint, EntryPointAccess, Fact, FreshIds, Micros, ParticipantId,
    Person, Refusal, Reservation, ReservationEndReason, Role, SessionEndReason, SessionId, Space, Wish, limits,
    shares::open_to,
};

/// Lets somebody be on the way who may walk in or knock as things stand. They are told now by what names the register will
/// know them.
pub(super) fn join(space: &Space, arrival: Arrival, fresh: FreshIds, time: Time) -> Result<Vec<Fact>, Refusal> {
    check_door(space, &arrival)?;
    check_new(space, &arrival)?;
    let (active, _) = still_active(space, time);
    let known = active.and_then(|active| participant_of(active, &arrival));
    let knocks = !walks_in(space, active, known.as_ref(), &arrival);
    door::check_reservation(space, &arrival, knocks, time.now)?;
    if let Some(active) = active.filter(|_| !knocks) {
        check_room(active, &arrival)?;
    }
    let promised = active.map(Conference::id).or(space.reserved.as_ref());
    let newcomer = newcomer(&arrival, fresh.participant);
    Ok(vec![Fact::Reserved {
        participant: known.unwrap_or_else(|| newcomer.clone()),
        reservation: Reservation {
            arrival,
            conference: promised.unwrap_or(&fresh.conference).clone(),
            wish: Wish::Join {
                participant: newcomer,
                later_conference: fresh.later_conference,
            },
            knocks,
            expire: time.now.plus_us(limits::CONNECT_WITHIN_US),
        },
    }])
}

/// Lets a client be on the way back. The one whose secret it presents goes on until it is there.
pub(super) fn resume(space: &Space, active: &Conference, arrival: Arrival, time: Time) -> Result<Vec<Fact>, Refusal> {
    check_door(space, &arrival)?;
    let (participant, _) = check_return(space, active, &arrival, time)?;
    check_new(space, &arrival)?;
    door::check_reservation(space, &arrival, false, time.now)?;
    Ok(vec![Fact::Reserved {
        participant,
        reservation: Reservation {
            arrival,
            conference: active.id().clone(),
            wish: Wish::Resume,
            knocks: false,
            expire: time.now.plus_us(limits::CONNECT_WITHIN_US),
        },
    }])
}

/// The transport of somebody who is on the way is up: what they asked for is decided as things are now. Nothing follows if they
/// are on the way no longer.
pub(super) fn connected(space: &Space, session: &SessionId, time: Time) -> Vec<Fact> {
    let Some(reservation) = space.reservation(session) else {
        return Vec::new();
    };
    match arrive(space, reservation, time) {
        Ok(arrived) => {
            let over = door::released(reservation, ReservationEndReason::Connected);
            std::iter::once(over).chain(arrived).collect()
        }
        Err(refusal) => vec![door::released(reservation, ReservationEndReason::Refused(refusal))],
    }
}

fn arrive(space: &Space, reservation: &Reservation, time: Time) -> Result<Vec<Fact>, Refusal> {
    let arrival = &reservation.arrival;
    check_door(space, arrival)?;
    let Wish::Join {
        participant,
        later_conference,
    } = &reservation.wish
    else {
        return come_back(space, reservation, time);
    };
    let fresh = door::Fresh {
        conference: later_conference,
        participant,
    };
    let (active, over) = still_active(space, time);
    let known = active.and_then(|active| participant_of(active, arrival));
    if !walks_in(space, active, known.as_ref(), arrival) {
        return door::knock(space, arrival, fresh, active, known, time);
    }
    if let Some(active) = active {
        check_room(active, arrival)?;
    }
    let mut facts = over;
    facts.extend(enter(space, active, arrival, fresh, time)?);
    Ok(facts)
}

/// Lets somebody in who knocks: what follows is what follows when somebody walks in. Two hosts may do so at once: it is true
/// already for the second.
pub(super) fn admit(
    space: &Space,
    session: &SessionId,
    conference: &ConferenceId,
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
    let fresh = door::Fresh {
        conference,
        participant: &knock.participant,
    };
    let (active, over) = still_active(space, time);
    // A host may give anybody the last place.
    if active.is_some_and(|active| is_full(active, limits::LIVE_SESSIONS_MAX)) {
        return Err(Refusal::TooManySessions);
    }
    let mut facts = vec![door::admitted(knock, time.now)];
    facts.extend(over);
    facts.extend(enter(space, active, &knock.arrival, fresh, time)?);
    Ok(facts)
}

/// The active conference. One whose time has run out is over, even if its deadline has not been served yet: then there is
/// none, and the facts that end it.
fn still_active(space: &Space, time: Time) -> (Option<&Conference>, Vec<Fact>) {
    let Some(active) = space.conference() else {
        return (None, Vec::new());
    };
    let facts = tick(space, active, time.now);
    if matches!(facts.last(), Some(Fact::ConferenceEnded { .. })) {
        (None, facts)
    } else {
        (Some(active), Vec::new())
    }
}

/// Whether somebody walks in, and need not knock.
fn walks_in(space: &Space, active: Option<&Conference>, known: Option<&ParticipantId>, arrival: &Arrival) -> bool {
    let has_account = matches!(arrival.person, Person::SignedIn { .. });
    active
        .and_then(|active| active.walks_in(known, has_account))
        .unwrap_or_else(|| space.settings().access_type.lets_in(arrival.standing()))
}

/// Starts a session, and the participant and the conference if they are new.
fn enter(
    space: &Space,
    active: Option<&Conference>,
    arrival: &Arrival,
    fresh: door::Fresh,
    time: Time,
) -> Result<Vec<Fact>, Refusal> {
    let mut facts = Vec::new();
    // The times of a conference that is over bind no other.
    let recorded = if active.is_some() {
        time.recorded
    } else {
        time.now.max(Micros::default())
    };
    let time = Time { recorded, ..time };
    let conference = if let Some(active) = active {
        active.id().clone()
    } else {
        // Those outside were promised an id for the next conference: it is this one.
        let conference = space.reserved.as_ref().unwrap_or(fresh.conference).clone();
        facts.push(Fact::ConferenceStarted {
            conference: conference.clone(),
            start: time.recorded,
        });
        conference
    };
    let known = active.and_then(|active| participant_of(active, arrival).map(|known| (active, known)));
    let participant = if let Some((active, known)) = known {
        facts.extend(changes(active, &known, &arrival.person));
        known
    } else {
        let participant = newcomer(arrival, fresh.participant.clone());
        if active.is_some_and(|active| active.participants.contains_key(&participant)) {
            return Err(Refusal::IdInUse);
        }
        facts.push(Fact::ParticipantJoined {
            conference: conference.clone(),
            participant: participant.clone(),
            person: arrival.person.clone(),
            earliest_start: time.recorded,
            role: role_of(space, arrival),
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
        Person::Anonymous { .. } | Person::Phone { .. } => fresh,
    }
}

/// Who comes back, if they may, and the end of the session that their client lost: the one whose secret it presents, if that
/// is live. It ends when it was last heard of, so that nobody sees its owner twice until the media plane misses it.
fn check_return<'a>(
    space: &Space,
    active: &'a Conference,
    arrival: &Arrival,
    time: Time,
) -> Result<(ParticipantId, Option<Ending<'a>>), Refusal> {
    let over = matches!(tick(space, active, time.now).last(), Some(Fact::ConferenceEnded { .. }));
    if over {
        return Err(Refusal::ConferenceOver);
    }
    let participant = participant_of(active, arrival).ok_or(Refusal::NotAParticipant)?;
    if active.participants[&participant].removed {
        return Err(Refusal::Removed);
    }
    let lost = arrival
        .presented
        .and_then(|secret| active.seats.get(&secret))
        .filter(|seat| seat.participant == participant);
    let lost = lost.and_then(|seat| active.live.get_key_value(&seat.session));
    if lost.is_none() {
        // Else the old place becomes the new one.
        check_room(active, arrival)?;
    }
    let lost = lost.map(|(id, session)| Ending::of(id, session.last_sign_of_life, SessionEndReason::Resumed));
    Ok((participant, lost))
}

/// Starts another session of a participant.
fn come_back(space: &Space, reservation: &Reservation, time: Time) -> Result<Vec<Fact>, Refusal> {
    let arrival = &reservation.arrival;
    let active = space
        .conference()
        .filter(|active| *active.id() == reservation.conference);
    let active = active.ok_or(Refusal::ConferenceOver)?;
    let (participant, lost) = check_return(space, active, arrival, time)?;
    let mut facts = changes(active, &participant, &arrival.person);
    facts.push(session_started(
        space,
        active.id().clone(),
        participant.clone(),
        arrival,
        time,
    ));
    // The new session is live: neither the participant nor the conference ends with the old one.
    facts.extend(lost.map(|ending| ending.fact(active, &participant, None)));
    Ok(facts)
}

fn session_started(
    space: &Space,
    conference: ConferenceId,
    participant: ParticipantId,
    arrival: &Arrival,
    time: Time,
) -> Fact {
    let role = role_of(space, arrival);
    Fact::SessionStarted {
        conference,
        participant,
        session: arrival.session.clone(),
        secret: arrival.secret,
        start: time.recorded,
        device: if role == Role::Viewer {
            DeviceKind::Viewer
        } else {
            arrival.device
        },
        role,
        by_program: arrival.by_program,
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
        // Nobody can tell who calls again.
        Person::Phone { .. } => None,
    }
}

/// What changes about a participant who starts another session.
fn changes(active: &Conference, participant: &ParticipantId, person: &Person) -> Vec<Fact> {
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
    if arrival.device == DeviceKind::Companion && arrival.person.user().is_none() {
        return Err(Refusal::CompanionNeedsAccount);
    }
    Ok(())
}

/// Whether somebody has a place beside those who are there.
fn check_room(active: &Conference, arrival: &Arrival) -> Result<(), Refusal> {
    let places = open_to(arrival, limits::LIVE_SESSIONS_MAX, limits::LIVE_SESSIONS_KEPT);
    if is_full(active, places) {
        return Err(Refusal::TooManySessions);
    }
    Ok(())
}

fn is_full(active: &Conference, places: usize) -> bool {
    active.live.len() >= places
}

/// Whether the id and the secret are new, inside and outside.
fn check_new(space: &Space, arrival: &Arrival) -> Result<(), Refusal> {
    let inside = space
        .conference()
        .is_some_and(|active| active.live.contains_key(&arrival.session) || active.seats.contains_key(&arrival.secret));
    let is_same = |other: &Arrival| other.session == arrival.session || other.secret == arrival.secret;
    if inside || space.outside().any(is_same) {
        return Err(Refusal::IdInUse);
    }
    Ok(())
}
