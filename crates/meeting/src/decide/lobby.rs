//! The door: how a knock begins, and the ways in which it ends.

use super::Time;
use crate::{
    Arrival, Conference, Fact, FreshIds, Knock, KnockEndReason, Micros, ParticipantId, Person, Refusal, SecretHash,
    SessionId, Space, Standing, UserId, limits,
};

/// Lets somebody wait. They are told now by what names the register will know them, should they be admitted: `known`, or the
/// participant that they would become.
pub(super) fn knock(
    space: &Space,
    arrival: Arrival,
    fresh: FreshIds,
    active: Option<&Conference>,
    known: Option<ParticipantId>,
    time: Time,
) -> Result<Vec<Fact>, Refusal> {
    if space.knocks.len() >= limits::KNOCKS_MAX {
        return Err(Refusal::LobbyFull);
    }
    let promised = active.map(Conference::id).or(space.reserved.as_ref());
    let conference = promised.unwrap_or(&fresh.conference).clone();
    let reserved = fresh.participant;
    let participant = known.unwrap_or_else(|| reserved.clone());
    let expire = time.now.plus_us(limits::KNOCK_US);
    Ok(vec![Fact::Knocked {
        knock: Knock {
            arrival,
            participant: reserved,
            expire,
        },
        conference,
        participant,
    }])
}

/// Somebody waits no longer, for they are let in.
pub(super) fn admitted(knock: &Knock) -> Fact {
    ended(knock, KnockEndReason::Admitted)
}

/// Sends somebody away.
pub(super) fn deny(space: &Space, session: &SessionId) -> Result<Vec<Fact>, Refusal> {
    let knock = space.knock(session).ok_or(Refusal::UnknownKnock)?;
    Ok(vec![ended(knock, KnockEndReason::Denied)])
}

/// Somebody who waits goes away and says so.
pub(super) fn leave(knock: &Knock, secret: SecretHash) -> Result<Vec<Fact>, Refusal> {
    if knock.arrival.secret == secret {
        Ok(vec![ended(knock, KnockEndReason::Left)])
    } else {
        Err(Refusal::WrongSecret)
    }
}

/// Nobody is heard any more of somebody who waits.
pub(super) fn lost(knock: &Knock) -> Vec<Fact> {
    vec![ended(knock, KnockEndReason::Left)]
}

/// Ends the knocks that nobody answered in time.
pub(super) fn expire(space: &Space, now: Micros) -> Vec<Fact> {
    let late = space.knocks.iter().filter(|knock| knock.expire <= now);
    late.map(|knock| ended(knock, KnockEndReason::Expired)).collect()
}

/// Ends all knocks, because the server stops.
pub(super) fn close(space: &Space) -> Vec<Fact> {
    let all = space.knocks.iter();
    all.map(|knock| ended(knock, KnockEndReason::Ended)).collect()
}

/// Whoever becomes a member while they wait is admitted as one.
pub(super) fn promote<'a>(space: &'a Space, user: &'a UserId, standing: Standing) -> impl Iterator<Item = Fact> + 'a {
    let own = space.knocks.iter().filter(
        move |knock| matches!(&knock.arrival.person, Person::SignedIn { user: waiting, .. } if waiting == user),
    );
    let changed = own.filter(move |knock| knock.arrival.standing != standing);
    changed.map(move |knock| Fact::KnockChanged {
        session: knock.arrival.session.clone(),
        standing,
    })
}

fn ended(knock: &Knock, reason: KnockEndReason) -> Fact {
    Fact::KnockEnded {
        session: knock.arrival.session.clone(),
        reason,
    }
}
