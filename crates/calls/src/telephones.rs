//! Telephones, as far as calls are conducted with them: what is done to a leg. What happens to it is told by events.
//!
//! In a server they are the agent's, behind SIP. The simulated world has its own, which do what a seed says.

use std::{net::SocketAddr, sync::Arc};

use telephony::{
    LegId,
    agent::{self, AgentError, Dial, Message, Refusal},
};

/// Whoever has legs.
pub trait Telephones: Send + Sync + 'static {
    /// Calls somebody. What becomes of it is told.
    fn dial(&self, leg: LegId, dial: &Dial) -> Result<(), AgentError>;
    /// Takes a call.
    fn answer(&self, leg: LegId);
    /// Refuses one.
    fn refuse(&self, leg: LegId, refusal: Refusal);
    /// Ends one, in whatever state it is.
    fn hang_up(&self, leg: LegId);
    /// Whether somebody of ours has a telephone that is registered.
    fn is_registered(&self, address: &str) -> bool;
    /// Where calls come from.
    fn address(&self) -> SocketAddr;
    /// What was said about a call that has ended.
    fn signalling(&self, sip_call_id: &str) -> Vec<Message>;
}

/// Clones are the same.
pub(crate) type Agent = Arc<dyn Telephones>;

impl Telephones for agent::Agent {
    fn dial(&self, leg: LegId, dial: &Dial) -> Result<(), AgentError> {
        self.dial(leg, dial)
    }

    fn answer(&self, leg: LegId) {
        self.answer(leg);
    }

    fn refuse(&self, leg: LegId, refusal: Refusal) {
        self.refuse(leg, refusal);
    }

    fn hang_up(&self, leg: LegId) {
        self.hang_up(leg);
    }

    fn is_registered(&self, address: &str) -> bool {
        self.is_registered(address)
    }

    fn address(&self) -> SocketAddr {
        self.address()
    }

    fn signalling(&self, sip_call_id: &str) -> Vec<Message> {
        self.signalling(sip_call_id)
    }
}
