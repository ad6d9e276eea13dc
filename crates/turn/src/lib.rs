//! TURN (RFC 8656) for those whose network lets no other way through: the relay that a client speaks to, as a pure core.
//!
//! A relay of the usual kind opens a socket for each client and sends from it wherever the client says, so it needs rules for where
//! that may not be: not to neighbours, not to what a cloud keeps at a fixed address. **This one leads to one place, the media
//! plane of its own process**, and opens no socket at all. What a client sends through it comes out as a datagram from an address
//! that only this process knows of, and what media sends to that address goes back to the client. Nobody can be reached by it who
//! could not be reached without it, by construction and not by a list.
//!
//! So much of the protocol is empty here, and left out: a permission names a peer that may speak to the client, and the only peer
//! there is speaks when spoken to, so permissions are granted and not kept; ports are never reserved, and there is no relaying
//! to peers by TCP. What is left is who may ([`Secret`]: credentials that end, made of a secret, with nothing to look up), how many
//! (by [`share`]), and three ways to carry a datagram.
//!
//! No clock, no randomness, no I/O. A client is known by a way, which is the caller's word for where it is and by what it is reached.

mod attributes;
mod client;
mod credentials;
mod framing;
pub mod limits;
mod message;
mod refusal;
mod relay;

pub use client::{Client, Refused, Relayed};
pub use credentials::{Credentials, Secret};
pub use framing::{Framing, TooLong, is_begun};
pub use relay::{Received, Relay, is_relaying};
