//! What may happen to a space, and why it may be refused. Ids and secrets come with the input: the caller makes them from
//! random bytes, and may make them in vain.

use crate::{ConferenceId, DisplayName, Micros, ParticipantId, SecretHash, SessionId, UserId};

/// Who asks to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// A user with an account; its name is shown.
    SignedIn {
        /// The account.
        user: UserId,
        /// The account's name.
        display_name: DisplayName,
    },
    /// Somebody who only gave a name.
    Anonymous {
        /// The name as typed.
        display_name: DisplayName,
    },
}

impl Person {
    /// The name to show.
    pub fn display_name(&self) -> &DisplayName {
        match self {
            Person::SignedIn { display_name, .. } | Person::Anonymous { display_name } => display_name,
        }
    }
}

/// A person at the door, with a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Who it is.
    pub person: Person,
    /// The id that this session will have.
    pub session: SessionId,
    /// The hash of the resume secret that this session will have.
    pub secret: SecretHash,
    /// The hash of the resume secret that the device kept from an earlier session, if it has one.
    pub presented: Option<SecretHash>,
}

/// New ids that a join may need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshIds {
    /// For a conference, if this join starts one.
    pub conference: ConferenceId,
    /// For a participant, if this person is anonymous and new.
    pub participant: ParticipantId,
}

/// What happens to a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Somebody joins, and starts the conference if there is none.
    Join {
        /// Who, and with which session.
        arrival: Arrival,
        /// Ids in case they are needed.
        fresh: FreshIds,
    },
    /// A client comes back by itself after it lost its connection: into the same conference as the same participant, or
    /// not at all. The session whose secret it presents ends.
    Resume {
        /// Who, and with which session.
        arrival: Arrival,
        /// The conference that it was in.
        conference: ConferenceId,
    },
    /// When each of these sessions was last heard of. The first sign of life is what connects a session.
    Alive(Vec<(SessionId, Micros)>),
    /// Somebody leaves and says so.
    Leave {
        /// The session that ends.
        session: SessionId,
        /// Its own resume secret, which only its client knows.
        secret: SecretHash,
    },
    /// The media plane has lost a session.
    Lost {
        /// Which.
        session: SessionId,
        /// When it was last heard of.
        last_sign_of_life: Micros,
        /// How it was lost.
        reason: LostReason,
    },
    /// The conference is ended for everybody.
    EndConference,
    /// The server has started again after a crash, and this space was rebuilt from what is recorded.
    Restart,
    /// Time has passed: see [`Space::next_deadline`](crate::Space::next_deadline).
    Tick,
    /// The server stops in good order: the conference ends for everybody.
    Shutdown,
}

/// How the media plane lost a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostReason {
    /// Its client said that it leaves, over its own connection.
    Left,
    /// Its client closed the connection.
    Closed,
    /// Nothing was heard of it for too long.
    Silent,
    /// It never connected.
    NotConnected,
}

/// Why an input changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody is meeting here.
    #[error("there is no active conference")]
    NoActiveConference,
    /// A client may not come back by itself to a conference that is over.
    #[error("the conference is over")]
    ConferenceOver,
    /// A client may come back by itself only as a participant that was there.
    #[error("neither the user nor the resume secret belongs to a participant of the conference")]
    NotAParticipant,
    /// No such session in the active conference.
    #[error("the session is not known")]
    UnknownSession,
    /// The secret is not the session's own.
    #[error("the resume secret is not that of the session")]
    WrongSecret,
    /// See [`LIVE_SESSIONS_MAX`](crate::limits::LIVE_SESSIONS_MAX) and [`SESSIONS_MAX`](crate::limits::SESSIONS_MAX).
    #[error("the conference is full")]
    TooManySessions,
    /// A new id or secret is in use: the caller's random source repeats itself.
    #[error("an id for the session is in use already; try again")]
    IdInUse,
}
