//! The control plane's end of the media plane: start it, answer offers, admit, remove, read counters.
//!
//! Nothing here blocks on the media thread: commands wait in a bounded [`Queue`], and an entrance that finds it full is
//! `Overloaded`.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use mio::{Poll, Token, Waker};
use tokio::sync::mpsc;

#[cfg(feature = "simulated")]
use crate::shard::Simulated;
use crate::{
    admission::{Card, Overloaded},
    core::{change::Change, offer::OfferError},
    counters::{Counters, Counting},
    event::{DisconnectReason, Event},
    peer::Peer,
    queue::{self, Inbox, Queue},
    reporter::Reporter,
    rights::Rights,
    shard::{Shard, clock},
    socket::Socket,
    wire::Wire,
};

const SOCKET: Token = Token(0);
const COMMAND: Token = Token(1);

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
    candidates: Mutex<Arc<[SocketAddr]>>,
    /// Whether streams are measured.
    measures: bool,
    counting: Arc<Counting>,
    queue: Arc<Mutex<Queue>>,
    waker: Waker,
    thread: Option<JoinHandle<()>>,
}

/// An answered offer: a peer connection that waits to be admitted. Dropping it costs nothing.
pub struct Prepared {
    peer: Box<Peer>,
    answer: String,
}

impl Prepared {
    /// The SDP answer, with every candidate.
    pub fn answer_sdp(&self) -> &str {
        &self.answer
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Prepared").finish_non_exhaustive()
    }
}

impl Media {
    /// Binds the socket and starts the media thread. Events are sent without ever blocking that thread.
    pub fn start(options: &Options, events: mpsc::Sender<Event>) -> io::Result<Media> {
        let mut socket = Socket::bind(options.bind)?;
        let local = socket.local_address();
        let candidates = candidates(&options.announce, local)?;
        let poll = Poll::new()?;
        socket.register(poll.registry(), SOCKET)?;
        let waker = Waker::new(poll.registry(), COMMAND)?;
        let (mut inner, shard) = Inner::new(Wire::Udp(Box::new(socket)), local, candidates, waker, events);
        let thread = std::thread::Builder::new()
            .name("media".into())
            .spawn(move || shard.run(poll))?;
        inner.thread = Some(thread);
        Ok(Media { inner: Arc::new(inner) })
    }

    /// A media plane without a socket and without a thread: whoever holds its other half carries the datagrams and says what
    /// time it is. It announces this address.
    #[cfg(feature = "simulated")]
    pub fn simulated(address: SocketAddr, events: mpsc::Sender<Event>) -> io::Result<(Media, Simulated)> {
        Media::without_socket(address, events, true)
    }

    /// The same without measuring, for whoever wants to know what that costs.
    #[cfg(feature = "simulated")]
    pub fn simulated_without_measuring(
        address: SocketAddr,
        events: mpsc::Sender<Event>,
    ) -> io::Result<(Media, Simulated)> {
        Media::without_socket(address, events, false)
    }

    #[cfg(feature = "simulated")]
    fn without_socket(
        address: SocketAddr,
        events: mpsc::Sender<Event>,
        measures: bool,
    ) -> io::Result<(Media, Simulated)> {
        // Nobody waits in this poll: whoever takes the turns sees what was ordered when the next one comes.
        let waker = Waker::new(Poll::new()?.registry(), COMMAND)?;
        let (mut inner, shard) = Inner::new(Wire::Simulated(vec![]), address, [address].into(), waker, events);
        inner.measures = measures;
        Ok((Media { inner: Arc::new(inner) }, Simulated::new(shard)))
    }

    /// The address that was bound.
    pub fn local_address(&self) -> SocketAddr {
        self.inner.local
    }

    /// Announces other addresses from now on, as [`Options::announce`] does. Who has been answered keeps what they were told.
    pub fn announce(&self, addresses: &[SocketAddr]) -> io::Result<()> {
        let candidates = candidates(addresses, self.inner.local)?;
        *self.inner.lock_candidates() = candidates;
        Ok(())
    }

    /// A reading of the counters.
    pub fn counters(&self) -> Counters {
        self.inner.counting.snapshot()
    }

    /// Checks an offer and answers it. This is some milliseconds of work on the calling thread, and touches no room.
    pub fn answer(&self, offer: &str) -> Result<Prepared, OfferError> {
        let candidates = Arc::clone(&self.inner.lock_candidates());
        let (peer, answer) = Peer::answer(offer, &candidates, self.inner.measures, clock())?;
        Ok(Prepared {
            peer: Box::new(peer),
            answer,
        })
    }

    /// Lets a prepared peer connection connect, before its client is answered. `session` is the participant session's id, unique
    /// for as long as the process runs; events and orders speak of it. It is outside: its packets go nowhere, and it is told
    /// nothing.
    pub fn admit(&self, prepared: Prepared, session: &str) -> Result<(), Overloaded> {
        let peer = prepared.peer;
        self.inner.order(|queue| queue.admit(peer, session))
    }

    /// Tells a session that it waits in the lobby, once it is connected.
    pub fn keep_waiting(&self, session: &str) -> Result<(), Overloaded> {
        self.inner.order(|queue| queue.keep_waiting(session))
    }

    /// Lets a session from outside into a room: after that was written down. What its client said of its microphone and
    /// camera meanwhile holds.
    pub fn let_in(&self, session: &str, room: &str, card: Card, rights: Rights) -> Result<(), Overloaded> {
        self.inner.order(|queue| queue.let_in(session, room, card, rights))
    }

    /// Grants and withdraws. What is withdrawn stops at once, and a microphone or camera that is granted again stays muted
    /// until its client says otherwise: nobody is heard because somebody else lifted a lock.
    pub fn permit(&self, session: &str, rights: Rights) {
        self.inner.order(|queue| queue.change(session, Change::permit(rights)));
    }

    /// Drops a session's sound, and tells its client on `moderation`, until that says `audioMuted: true`; after that the
    /// client may unmute again. Nothing happens to one that is muted already.
    pub fn mute(&self, session: &str) {
        self.inner.order(|queue| queue.change(session, Change::mute()));
    }

    /// Tells a session in a room a text of the control plane on `moderation`. The last one is kept and told again to a
    /// channel that opens later, so each should be the whole state.
    pub fn tell(&self, session: &str, text: Arc<str>) {
        self.inner.order(|queue| queue.change(session, Change::tell(text)));
    }

    /// Takes a session out of its room or the lobby, tells its client why and the others that it is gone: after its end was written
    /// down. A session that is not there is nobody's mistake.
    pub fn remove(&self, session: &str, reason: DisconnectReason) {
        self.inner.order(|queue| queue.remove(session, reason));
    }
}

impl Inner {
    /// The two ends, which no thread has joined yet.
    fn new(
        wire: Wire,
        local: SocketAddr,
        candidates: Arc<[SocketAddr]>,
        waker: Waker,
        events: mpsc::Sender<Event>,
    ) -> (Inner, Shard) {
        let counting = Arc::<Counting>::default();
        let queue = Arc::<Mutex<Queue>>::default();
        let shard = Shard::new(
            wire,
            Inbox(Arc::clone(&queue)),
            Reporter::new(events),
            Arc::clone(&counting),
        );
        let inner = Inner {
            local,
            candidates: Mutex::new(candidates),
            measures: true,
            counting,
            queue,
            waker,
            thread: None,
        };
        (inner, shard)
    }

    /// One is written in a single step, so a panic elsewhere does not spoil it.
    fn lock_candidates(&self) -> MutexGuard<'_, Arc<[SocketAddr]>> {
        self.candidates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an order, and wakes the shard once the lock is free again, as [`Inbox::take`] wants it.
    fn order<T>(&self, give: impl FnOnce(&mut Queue) -> T) -> T {
        let given = give(&mut queue::lock(&self.queue));
        if let Err(error) = self.waker.wake() {
            tracing::warn!(%error, "the media thread hears of an order only in its next turn");
        }
        given
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.order(Queue::stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the media thread panicked");
        }
    }
}

/// What answers announce.
fn candidates(announce: &[SocketAddr], local: SocketAddr) -> io::Result<Arc<[SocketAddr]>> {
    let mut candidates = announce.to_vec();
    if candidates.is_empty() {
        candidates.push(local);
    }
    for candidate in &mut candidates {
        if candidate.port() == 0 {
            candidate.set_port(local.port());
        }
        if candidate.ip().is_unspecified() || candidate.ip().is_multicast() {
            let message = format!(
                "`{}` cannot be announced: clients need an address that they can send to",
                candidate.ip()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    Ok(candidates.into())
}
