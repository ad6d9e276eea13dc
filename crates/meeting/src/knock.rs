//! A knock: somebody at the door who may not walk in. It is no session and starts no conference, and nothing of it is
//! recorded: a crash forgets it, and its client knocks again.

use crate::{Arrival, Micros, ParticipantId};

/// Somebody who waits to be admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// Who waits, with what; the session id and its secret are reserved.
    pub arrival: Arrival,
    /// The participant that they become, unless they are one already.
    pub participant: ParticipantId,
    /// Since when they wait, in the caller's clock.
    pub since: Micros,
    /// When they have waited for too long, in the same clock.
    pub expire: Micros,
}

/// How a knock ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnockEndReason {
    /// A host let them in; their session starts with the same facts.
    Admitted,
    /// A host sent them away.
    Denied,
    /// Nobody answered in time.
    Expired,
    /// They went away.
    Left,
    /// The server stopped in good order.
    Ended,
}
