//! A reservation: somebody who was answered and whose transport is not up yet. It is no session and starts no conference; it
//! is in memory alone and in no list, because whoever sends no packet may never have meant to come.

use crate::{Arrival, ConferenceId, Micros, ParticipantId, Refusal};

/// Somebody who is on the way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Who comes, with what; the session id and its secret are reserved.
    pub arrival: Arrival,
    /// What they ask for.
    pub wish: Wish,
    /// The conference that they were promised: the active one, or the next to start.
    pub conference: ConferenceId,
    /// As things stood when they asked, they would knock.
    pub knocks: bool,
    /// When it is forgotten, in the caller's clock.
    pub expire: Micros,
}

/// What somebody on the way asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To be in the meeting.
    Join {
        /// The participant that they become, unless they are one already.
        participant: ParticipantId,
        /// The conference that they start if the one that they were promised is over and nobody is in another.
        later_conference: ConferenceId,
    },
    /// To be back in the conference that they were in.
    Resume,
}

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationEndReason {
    /// The transport is up: the facts of an entry follow, or a knock.
    Connected,
    /// The transport is up, and as things are now they may not come in.
    Refused(Refusal),
    /// The transport did not come up in time.
    Expired,
    /// It did not, though the client was heard of: no secure connection came about.
    Unsecured,
    /// The media plane had no room for them.
    Overloaded,
    /// They went away.
    Left,
    /// The server stopped in good order.
    Ended,
}
