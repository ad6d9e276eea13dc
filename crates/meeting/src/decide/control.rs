//! What hosts do to a meeting: choose its settings, give people another role, put somebody out.

use super::{
    Time, door,
    ends::{Ending, end_sessions},
};
use crate::{Conference, Fact, ParticipantId, Refusal, Role, SessionEndReason, Settings, Space, Standing, UserId};

/// Changes the settings. Those who are in stay in, with the role that they have; what they may send follows from the new
/// settings at once.
pub(super) fn configure(space: &Space, settings: Settings) -> Vec<Fact> {
    let settings = settings.after(space.settings());
    let changed = settings != *space.settings();
    changed.then_some(Fact::Configured { settings }).into_iter().collect()
}

/// The same, by a co-host: their powers are those of somebody who is there, on whatever device. A room without them is
/// its owner's alone.
pub(super) fn moderate(space: &Space, by: &ParticipantId, settings: Settings) -> Result<Vec<Fact>, Refusal> {
    let active = space.conference().ok_or(Refusal::NoActiveConference)?;
    let is_there = active.live.values().any(|session| session.participant == *by);
    is_there.then(|| configure(space, settings)).ok_or(Refusal::NotInside)
}

/// Gives a user the role that their new standing has. Nobody is made to watch, and nobody who watches is made to speak: that
/// is decided when they come in.
pub(super) fn promote(space: &Space, user: &UserId, standing: Standing) -> Vec<Fact> {
    let participant = ParticipantId::from(user);
    let inside = space.conference().and_then(|active| {
        let before = active.participants.get(&participant)?.role;
        let role = match standing {
            Standing::Owner => Role::Host,
            Standing::CoHost => Role::CoHost,
            Standing::Member | Standing::Trusted | Standing::Stranger if before.is_moderator() => Role::Contributor,
            Standing::Member | Standing::Trusted | Standing::Stranger => before,
        };
        (role != before).then(|| Fact::RoleChanged {
            conference: active.id().clone(),
            participant,
            role,
        })
    });
    inside.into_iter().chain(door::promote(space, user, standing)).collect()
}

/// Puts somebody out with all their devices, also one who is not there now: they knock when they come back.
pub(super) fn remove(
    space: &Space,
    active: &Conference,
    participant: &ParticipantId,
    time: Time,
) -> Result<Vec<Fact>, Refusal> {
    let person = active
        .participants
        .get(participant)
        .ok_or(Refusal::UnknownParticipant)?;
    if person.role == Role::Host {
        return Err(Refusal::HostStays);
    }
    if person.removed {
        return Ok(Vec::new());
    }
    let own = active
        .live
        .iter()
        .filter(|(_, session)| session.participant == *participant);
    let endings: Vec<Ending> = own
        .map(|(id, _)| Ending::of(id, time.recorded, SessionEndReason::Removed))
        .collect();
    let mut facts = vec![Fact::ParticipantRemoved {
        conference: active.id().clone(),
        participant: participant.clone(),
    }];
    if !endings.is_empty() {
        facts.extend(end_sessions(space, active, &endings, time.now));
    }
    Ok(facts)
}
