//! The end of a wired session that its holder has: what it is told, what it asks, what it hears and what it says.

use std::{fmt, sync::Arc};

use tokio::sync::mpsc;

use super::{
    HeardPacket, SaidPacket,
    exchange::{Exchange, push_newest},
};
use crate::{core::channels::Channel, limits};

/// The holder's end of a session without a network: what it is told and what it asks. Its sound goes another way,
/// [`Wired::sound`]. Dropping it ends the session as a closed tab does.
pub struct Wired {
    pub(super) exchange: Arc<Exchange>,
    pub(super) texts: mpsc::Receiver<(Channel, String)>,
}

/// What a wired session hears and says. Clones are handles to the same sound.
#[derive(Clone)]
pub struct Sound {
    exchange: Arc<Exchange>,
}

impl Wired {
    /// The next text of a data channel; `None` once the media plane has let go of the session.
    pub async fn text(&mut self) -> Option<(Channel, String)> {
        self.texts.recv().await
    }

    /// Asks for something on a data channel, as a browser does. False if too much is asked at once: then it is not asked.
    pub fn ask(&self, channel: Channel, request: String) -> bool {
        let mut waiting = self.exchange.lock();
        if waiting.requests.len() >= limits::WIRED_REQUESTS_WAITING {
            return false;
        }
        waiting.requests.push_back((channel, request));
        self.exchange.announce(waiting);
        true
    }

    /// Its sound.
    pub fn sound(&self) -> Sound {
        let exchange = Arc::clone(&self.exchange);
        Sound { exchange }
    }
}

impl Drop for Wired {
    fn drop(&mut self) {
        let mut waiting = self.exchange.lock();
        waiting.is_closed = true;
        self.exchange.announce(waiting);
    }
}

impl fmt::Debug for Wired {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Wired").finish_non_exhaustive()
    }
}

impl Sound {
    /// Takes what came since the last beat, in the order in which it came, and shows that the holder is there.
    pub fn beat(&self, heard: &mut Vec<HeardPacket>) {
        self.exchange.beat();
        heard.extend(self.exchange.lock().heard.drain(..));
    }

    /// Says something. If the media thread has taken nothing for a second, what is oldest is lost.
    pub fn say(&self, packet: SaidPacket) {
        let mut waiting = self.exchange.lock();
        push_newest(&mut waiting.said, packet, limits::WIRED_SAID_WAITING);
        self.exchange.announce(waiting);
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sound").finish_non_exhaustive()
    }
}
