//! Whom a space holds, and whom it must be told of again.
//!
//! It holds those who are there. Whoever has left is in the register and there alone: a conference may be open for a year and
//! people come and go in it all the time, and its last day needs no more memory than its first. But the rules ask who has
//! been here: a guest comes back with the secret of a session that has ended, a user is the participant that they were, a host
//! puts out somebody who has just left. So the caller asks, before an input is decided, of whom it speaks who is not held
//! ([`Space::absentee`]), reads that one from the register, and tells the space ([`Space::recall`]); when the input is dealt
//! with, the space forgets them again ([`Space::forget_absent`]).
//!
//! An input speaks of one person at most, so this costs one read by key, and none for those who are there or come for the
//! first time without an account. The rules know nothing of it: to them, a space holds everybody who matters.

use crate::{
    Arrival, Conference, Input, Micros, Participant, ParticipantId, Person, Role, SecretHash, SessionId, Space, UserId,
    conference::Seat,
};

/// Somebody who is not in the active conference, and may have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absentee {
    /// The participant with this id.
    Participant(ParticipantId),
    /// Whoever holds the secret of a session that has ended.
    Holder(SecretHash),
}

/// A participant of the active conference as the register knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// Their id in it.
    pub participant: ParticipantId,
    /// Who it is, under the latest name.
    pub person: Person,
    /// The most powerful role that they had, or the one that it was changed to since.
    pub role: Role,
    /// A host put them out, and nobody has admitted them since.
    pub removed: bool,
    /// The latest end of their sessions that have ended.
    pub latest_end: Option<Micros>,
    /// The ended session that was asked for, with its secret.
    pub seat: Option<(SecretHash, SessionId)>,
}

impl Space {
    /// Of whom an input speaks who may have been in the active conference and is not held.
    pub fn absentee(&self, input: &Input) -> Option<Absentee> {
        let active = self.conference()?;
        let meant = match input {
            Input::Join { arrival, .. } | Input::Resume { arrival, .. } => claimed(arrival)?,
            Input::Connected { session } => claimed(&self.reservation(session)?.arrival)?,
            Input::Admit { session, .. } => claimed(&self.knock(session)?.arrival)?,
            Input::Leave { session, secret } if !active.live.contains_key(session) => Absentee::Holder(*secret),
            Input::Remove { participant } => Absentee::Participant(participant.clone()),
            Input::Promote { user, .. } => Absentee::from(user),
            // These speak of sessions that are there, or of nobody.
            Input::Leave { .. }
            | Input::Alive(_)
            | Input::Deny { .. }
            | Input::Configure(_)
            | Input::Moderate { .. }
            | Input::Lost { .. }
            | Input::StartRecording { .. }
            | Input::AnswerRecording { .. }
            | Input::PauseRecording
            | Input::ResumeRecording
            | Input::StopRecording { .. }
            | Input::EndConference
            | Input::Restart
            | Input::Woke
            | Input::Tick
            | Input::Shutdown => return None,
        };
        active.lacks(&meant).then_some(meant)
    }

    /// Puts somebody back of whom the next input speaks, as they were when they left. Nothing changes about somebody who is
    /// there: it is only known then what their secret stands for.
    pub fn recall(&mut self, recalled: Recalled) {
        if let Some(active) = &mut self.conference {
            active.recall(recalled);
        }
    }

    /// Forgets those who are not there.
    pub fn forget_absent(&mut self) {
        if let Some(active) = &mut self.conference {
            active
                .participants
                .retain(|_, participant| participant.live_sessions > 0);
            active.seats.retain(|_, seat| active.live.contains_key(&seat.session));
        }
    }
}

impl Conference {
    /// Whether somebody is not held, and so must be recalled before anything can be said of them.
    pub fn lacks(&self, absentee: &Absentee) -> bool {
        match absentee {
            Absentee::Participant(id) => !self.participants.contains_key(id),
            Absentee::Holder(secret) => !self.seats.contains_key(secret),
        }
    }

    fn recall(&mut self, recalled: Recalled) {
        let Recalled {
            participant,
            person,
            role,
            removed,
            latest_end,
            seat,
        } = recalled;
        if let Some((secret, session)) = seat {
            let participant = participant.clone();
            self.seats.insert(secret, Seat { participant, session });
        }
        self.participants.entry(participant).or_insert(Participant {
            person,
            live_sessions: 0,
            role,
            removed,
            latest_end,
        });
    }
}

impl From<&UserId> for Absentee {
    fn from(user: &UserId) -> Absentee {
        Absentee::Participant(ParticipantId::from(user))
    }
}

/// Who somebody at the door may have been: a user by the account, anybody else by the secret that they hold.
fn claimed(arrival: &Arrival) -> Option<Absentee> {
    match &arrival.person {
        Person::SignedIn { user, .. } => Some(Absentee::from(user)),
        Person::Anonymous { .. } => arrival.presented.map(Absentee::Holder),
        Person::Phone { .. } => None,
    }
}
