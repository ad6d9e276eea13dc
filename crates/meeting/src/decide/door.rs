//! The door: how reservations and knocks begin, and the ways in which they end.

use super::Time;
use crate::{
    Arrival, Conference, ConferenceId, Fact, Knock, KnockEndReason, LostReason, Micros, ParticipantId, Person, Refusal,
    Reservation, ReservationEndReason, SecretHash, SessionId, Space, Standing, UserId, limits,
    shares::{Visitor, open_to},
};

/// Whether one more may be on the way in, who would knock as things stand or not.
pub(super) fn check_reservation(space: &Space, arrival: &Arrival, knocks: bool, now: Micros) -> Result<(), Refusal> {
    let visitor = Visitor::of(arrival);
    let own = space
        .reservations
        .iter()
        .filter(|other| Visitor::of(&other.arrival) == visitor);
    let places = open_to(arrival, limits::RESERVATIONS_MAX, limits::RESERVATIONS_KEPT);
    if space.reservations.len() >= places || own.clone().count() >= visitor.reservations_max() {
        let wait_us = limits::RESERVATIONS_WAIT_US;
        return Err(Refusal::TooManyAtOnce { wait_us });
    }
    if !knocks {
        return Ok(());
    }
    check_knock(space, arrival, own.filter(|other| other.knocks).count(), now)
}

/// Whether one more may knock, while so many others of the same visitor are about to. They take no place yet.
fn check_knock(space: &Space, arrival: &Arrival, about_to: usize, now: Micros) -> Result<(), Refusal> {
    if space.knocks.len() >= open_to(arrival, limits::KNOCKS_MAX, limits::KNOCKS_KEPT) {
        return Err(Refusal::LobbyFull);
    }
    let visitor = Visitor::of(arrival);
    let mut waiting = space.knocks.iter().map(|knock| Visitor::of(&knock.arrival));
    if about_to + waiting.by_ref().filter(|other| *other == visitor).count() >= visitor.knocks_max() {
        return Err(Refusal::LobbyFull);
    }
    space.paces.check(&visitor, about_to, now)
}

/// What somebody starts and becomes, where there is nothing yet.
#[derive(Clone, Copy)]
pub(super) struct Fresh<'a> {
    /// A conference, if none is active and none was promised.
    pub(super) conference: &'a ConferenceId,
    /// A participant, if they are none.
    pub(super) participant: &'a ParticipantId,
}

/// Lets somebody wait whose transport is up. They were told by what names the register will know them, should they be
/// admitted: `known`, or the participant that they would become.
pub(super) fn knock(
    space: &Space,
    arrival: &Arrival,
    fresh: Fresh,
    active: Option<&Conference>,
    known: Option<ParticipantId>,
    time: Time,
) -> Result<Vec<Fact>, Refusal> {
    check_knock(space, arrival, 0, time.now)?;
    let promised = active.map(Conference::id).or(space.reserved.as_ref());
    Ok(vec![Fact::Knocked {
        conference: promised.unwrap_or(fresh.conference).clone(),
        participant: known.unwrap_or_else(|| fresh.participant.clone()),
        knock: Knock {
            arrival: arrival.clone(),
            participant: fresh.participant.clone(),
            since: time.now,
            expire: time.now.plus_us(limits::KNOCK_US),
        },
    }])
}

/// Somebody waits no longer, for they are let in.
pub(super) fn admitted(knock: &Knock, now: Micros) -> Fact {
    ended(knock, KnockEndReason::Admitted, now)
}

/// Sends somebody away.
pub(super) fn deny(space: &Space, session: &SessionId, now: Micros) -> Result<Vec<Fact>, Refusal> {
    let knock = space.knock(session).ok_or(Refusal::UnknownKnock)?;
    Ok(vec![ended(knock, KnockEndReason::Denied, now)])
}

/// Somebody who is not in goes away and says so; `None` if nobody is outside with this session.
pub(super) fn leave(
    space: &Space,
    session: &SessionId,
    secret: SecretHash,
    now: Micros,
) -> Option<Result<Vec<Fact>, Refusal>> {
    let own = space.outside().find(|arrival| arrival.session == *session)?.secret == secret;
    Some(if own {
        Ok(gone(space, session, ReservationEndReason::Left, now))
    } else {
        Err(Refusal::WrongSecret)
    })
}

/// The media plane has lost somebody who is not in. Of whom it heard nothing, their transport did not come up.
pub(super) fn lost(space: &Space, session: &SessionId, reason: LostReason, now: Micros) -> Vec<Fact> {
    let reason = match reason {
        LostReason::Silent => ReservationEndReason::Expired,
        LostReason::Unsecured => ReservationEndReason::Unsecured,
        LostReason::Overloaded => ReservationEndReason::Overloaded,
        LostReason::Left | LostReason::Closed => ReservationEndReason::Left,
    };
    gone(space, session, reason, now)
}

fn gone(space: &Space, session: &SessionId, reason: ReservationEndReason, now: Micros) -> Vec<Fact> {
    let knock = space
        .knock(session)
        .map(|knock| ended(knock, KnockEndReason::Left, now));
    let reservation = space.reservation(session);
    let reservation = reservation.map(|reservation| released(reservation, reason));
    knock.into_iter().chain(reservation).collect()
}

/// Ends the reservations that did not connect and the knocks that nobody answered in time.
pub(super) fn expire(space: &Space, now: Micros) -> Vec<Fact> {
    let reservations = space.reservations.iter().filter(|other| other.expire <= now);
    let reservations = reservations.map(|other| released(other, ReservationEndReason::Expired));
    let knocks = space.knocks.iter().filter(|knock| knock.expire <= now);
    reservations
        .chain(knocks.map(|knock| ended(knock, KnockEndReason::Expired, now)))
        .collect()
}

/// Sends those away who are on the way into a conference that is being ended.
pub(super) fn turn_back(space: &Space, active: &Conference) -> Vec<Fact> {
    let bound = space
        .reservations
        .iter()
        .filter(|other| other.conference == *active.id());
    let reason = ReservationEndReason::Refused(Refusal::ConferenceOver);
    bound.map(|reservation| released(reservation, reason)).collect()
}

/// Sends everybody away, because the server stops.
pub(super) fn close(space: &Space, now: Micros) -> Vec<Fact> {
    let reservations = space.reservations.iter();
    let reservations = reservations.map(|other| released(other, ReservationEndReason::Ended));
    let knocks = space.knocks.iter();
    reservations
        .chain(knocks.map(|knock| ended(knock, KnockEndReason::Ended, now)))
        .collect()
}

/// Whoever becomes a member before they are in comes in as one.
pub(super) fn promote<'a>(space: &'a Space, user: &'a UserId, standing: Standing) -> impl Iterator<Item = Fact> + 'a {
    let own = space
        .outside()
        .filter(move |arrival| matches!(&arrival.person, Person::SignedIn { user: outside, .. } if outside == user));
    let changed = own.filter(move |arrival| arrival.standing != standing);
    changed.map(move |arrival| Fact::StandingChanged {
        session: arrival.session.clone(),
        standing,
    })
}

/// A reservation ends.
pub(super) fn released(reservation: &Reservation, reason: ReservationEndReason) -> Fact {
    Fact::ReservationEnded {
        session: reservation.arrival.session.clone(),
        reason,
    }
}

fn ended(knock: &Knock, reason: KnockEndReason, at: Micros) -> Fact {
    Fact::KnockEnded {
        session: knock.arrival.session.clone(),
        at,
        reason,
    }
}
