//! Room for what somebody makes of a body. A few compressed bytes become many: whoever inflates them has those counted as if they
//! had come over the network, against the same budget and for as long.

use std::sync::Arc;

use crate::bodies::{Account, Refusal};

/// The room that a request still has for its body; every request has it among its extensions.
#[derive(Clone)]
pub struct Room(Arc<Account>);

/// There is none left. The request is answered by that, whatever its service says.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NoRoom(#[from] Refusal);

impl Room {
    pub(crate) fn of(account: &Arc<Account>) -> Room {
        Room(Arc::clone(account))
    }

    /// Takes room for so many bytes more, until the request is answered.
    pub fn take(&self, bytes: usize) -> Result<(), NoRoom> {
        Ok(self.0.hold(bytes as u64)?)
    }

    /// The body is a conversation: from now on it comes at whatever pace, for as long as its reader likes. What comes is not counted any
    /// more, since it is not kept: its reader takes it message by message, and has limits of their own for what they make of it.
    pub fn last(&self) {
        self.0.last();
    }
}
