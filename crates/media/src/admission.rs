//! What the control plane says about somebody it lets in, and what it hears when it asks for too much.
//!
//! `media` imports none of the other crates, so everything here is text that it passes on: it never parses a resource
//! name and never decides who a person is.

/// Lets one prepared peer connection into a room.
#[derive(Debug, Clone)]
pub struct Admission {
    /// Which sessions hear and see each other: the conference's id. A room exists while it has sessions.
    pub room: String,
    /// The participant session's id, unique for as long as the process runs. Events and `remove` speak of it.
    pub session: String,
    /// How the others are told who this is.
    pub card: Card,
}

/// How a participant session is shown to the others on the data channels (`contracts/meet.md` §4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// `participants/{participant}`. Sessions with the same key are devices of one participant.
    pub participant_key: String,
    /// `participants/{participant}/participantSessions/{session}`. A client knows its own entry by it.
    pub session_name: String,
    /// The name on the tile.
    pub display_name: String,
    /// Which of the three kinds of participant this is.
    pub kind: CardKind,
}

/// The three kinds of participant that the Meet API tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardKind {
    /// Somebody with an account.
    SignedIn {
        /// `users/{user}`.
        user: String,
    },
    /// Somebody who typed a name.
    Anonymous,
    /// A telephone caller.
    Phone,
}

/// The media plane cannot take one more session. The caller ends the session that it had written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Overloaded {
    /// The server holds as many sessions as `limits::SESSIONS` allows.
    #[error("the server holds as many sessions as it can")]
    Sessions,
    /// The room holds as many sessions as `limits::SESSIONS_PER_ROOM` allows.
    #[error("the room holds as many sessions as it can")]
    Room,
    /// The media thread has ended.
    #[error("the media plane has stopped")]
    Stopped,
    /// A session of this name is in a room already: a mistake of the caller.
    #[error("the session is in a room already")]
    Duplicate,
}
