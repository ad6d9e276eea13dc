//! What the control plane says about somebody it lets in, and what it hears when it asks for too much.
//!
//! `media` imports none of the other crates, so everything here is text that it passes on: it never parses a resource
//! name and never decides who a person is.

/// How a participant session is shown to the others on the data channels (`contracts/meet.md` §4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// `participants/{participant}`. Sessions with the same key are devices of one participant.
    pub participant_key: String,
    /// `participants/{participant}/participantSessions/{session}`. A client knows its own entry by it.
    pub session_name: String,
    /// `conferenceRecords/{conference_record}/participants/{participant}/participantSessions/{session}`: told to its own
    /// client when it is in, so that it finds itself in the register. `None`: it is not told.
    pub full_session_name: Option<String>,
    /// The name on the tile.
    pub display_name: String,
    /// Which of the three kinds of participant this is.
    pub kind: CardKind,
    /// A program came as this person: the others are told, beside what the Meet API says.
    pub by_program: bool,
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
    /// As many sessions as `limits::ENTRANCES_WAITING` allows wait for the media thread.
    #[error("too many come at once")]
    Busy,
    /// The media thread has no time left for one more, by `limits::FULL_PERMILLE`.
    #[error("the media thread has no time left")]
    Load,
    /// The media thread has ended.
    #[error("the media plane has stopped")]
    Stopped,
    /// A session of this name is there already: a mistake of the caller.
    #[error("the session is there already")]
    Duplicate,
    /// No session of this name is outside: it was removed, or is in a room.
    #[error("the session is not outside")]
    NotWaiting,
}
