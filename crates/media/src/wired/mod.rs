//! A session without a network: somebody who takes part from inside this process, as a telephone does through its gateway.
//!
//! It has no ICE, no DTLS and no SRTP, since there is nobody between its two ends. Everything else is what a browser has: a
//! seat, a lobby, rights, a place among the speakers, three lines of sound, and the texts of the data channels. So no room
//! and no control plane knows that it is different.
//!
//! **Neither end waits for the other.** What goes between them lies in [`Exchange`], which each holds for as long as it takes
//! to move some packets; the media thread only tries to, and what it could not hand over stays at its end for a
//! millisecond. What is late is worth nothing, so of sound that nobody takes the oldest gives way. Texts do not give way: one
//! that finds no room waits in the seat's outbox, and a holder that does not read is lost exactly as a client is.
//!
//! **Signs of life** are the holder's beats ([`Sound::beat`]), one in 20 ms. They wake nobody: the shard looks for one when
//! it sweeps. Only what is said does, once however much it is, by a word in [`Announced`].
//! A holder that is dropped has closed the tab.

mod exchange;
mod holder;
mod peer;
#[cfg(test)]
mod tests;

pub(crate) use exchange::Announced;
pub use holder::{Sound, Wired};
pub(crate) use peer::WiredPeer;

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::limits;
use exchange::Exchange;

/// A packet of Opus that the session hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardPacket {
    /// Which of the lines of sound, from 0.
    pub line: usize,
    /// Counts the packets of the line; one that is missing was lost on the way from its speaker.
    pub sequence: u64,
    /// When it was said, by the line's clock of 48,000 a second.
    pub timestamp: u32,
    /// Whose voice it is: the same number as long as the same one speaks.
    pub speaker: u32,
    /// 0 for the loudest and -127 for silence, as its speaker says of itself.
    pub level_dbov: Option<i8>,
    /// Opus.
    pub payload: Arc<[u8]>,
}

/// A packet of Opus that the session says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidPacket {
    /// When it was said, by a clock of 48,000 a second.
    pub timestamp: u32,
    /// It is the first after a silence.
    pub marker: bool,
    /// 0 for the loudest and -127 for silence.
    pub level_dbov: i8,
    /// It is speech.
    pub voice: bool,
    /// Opus.
    pub payload: Arc<[u8]>,
}

/// Makes the two ends of a session.
pub(crate) fn wire(is_measured: bool) -> (WiredPeer, Wired) {
    let exchange = Arc::new(Exchange::new());
    let (told, texts) = mpsc::channel(limits::WIRED_TEXTS_WAITING);
    let peer = WiredPeer::new(Arc::clone(&exchange), told, is_measured);
    (peer, Wired { exchange, texts })
}
