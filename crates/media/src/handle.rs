//! The control plane's end of the media plane: start it, answer offers, admit, remove, read counters.
//!
//! Nothing here blocks on the media thread: commands wait in a bounded [`Queue`], and an entrance that finds it full is
//! `Overloaded`. So is one that comes while that thread has no time left.

use std::{
    fmt, io,
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    thread::JoinHandle,
};

use mio::{Poll, Token, Waker, net::TcpListener};
use rustls::ServerConnection;
use tokio::sync::mpsc;
use turn::Secret;

use crate::{
    admission::{Card, Overloaded},
    connection::Connection,
    core::{Source, change::Change, offer::OfferError},
    counters::{Counters, Counting, count},
    endpoint::Endpoint,
    event::{DisconnectReason, Event},
    peer::{Peer, Watch},
    queue::{self, Inbox, Queue},
    relaying::{self, Relaying},
    reporter::Reporter,
    rights::Rights,
    shard::{Shard, clock, unix_s},
    socket::Socket,
    tap::{Tap, tap},
    tcp::{Handed, Tcp, Tokens},
    wire::Wire,
    wired::{self, Announced, Wired},
};
#[cfg(feature = "simulated")]
use crate::{shard::Simulated, wire::Sent};

const SOCKET: Token = Token(0);
const COMMAND: Token = Token(1);
/// What follows is for connections.
const CONNECTIONS: Tokens = Tokens { first: 2 };

/// A port that the system chooses for datagrams may be taken for connections: so often another one is tried.
const TRIES: usize = 16;

/// Where the media plane listens, and what it tells clients to send to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The UDP address to bind. Port 0 takes a free one, see [`Media::local_address`].
    pub bind: SocketAddr,
    /// Whether connections are taken at the same address by TCP. Others may be handed over, see [`Media::take_connection`].
    pub takes_connections: bool,
    /// Whether it is estimated what each client's network carries, and pictures are divided by that.
    pub divides_bandwidth: bool,
    /// What credentials of the relay are made of (TURN, RFC 8656), if there is one. It is reached where media is, and leads there.
    pub relay: Option<Secret>,
    /// What is written into answers, best first; port 0 stands for the bound port. Empty: the bound address, which then must not
    /// be unspecified.
    pub announce: Vec<Endpoint>,
}

/// A running media plane. Clones are handles to the same one; it stops when the last is dropped.
#[derive(Debug, Clone)]
pub struct Media {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    local: SocketAddr,
    candidates: Arc<relaying::Announced>,
    /// Connections that came to another port.
    handed: Arc<Handed>,
    /// Whether streams are measured.
    measures: bool,
    divides_bandwidth: bool,
    counting: Arc<Counting>,
    queue: Arc<Mutex<Queue>>,
    /// The wired sessions that have something for the shard.
    announced: Arc<Announced>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

/// A connection that waits to be admitted: the answer to an offer, or one end of a wire. Dropping it costs nothing.
pub struct Prepared {
    connection: Connection,
    answer: String,
}

impl Prepared {
    /// The SDP answer, with every candidate. Nobody offered a wire anything, and its answer is empty.
    pub fn answer_sdp(&self) -> &str {
        &self.answer
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Prepared").finish_non_exhaustive()
    }
}

/// Why there is no check of the network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The offer is not one of a check.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// The media plane cannot take one more.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
}

impl Media {
    /// Binds the socket and starts the media thread. Events are sent without ever blocking that thread.
    pub fn start(options: &Options, events: mpsc::Sender<Event>) -> io::Result<Media> {
        let (mut socket, listener) = bind(options)?;
        let local = socket.local_address();
        let usual = [
            Some(Endpoint::udp(local)),
            listener.as_ref().map(|_| Endpoint::tcp(local)),
        ];
        let announce = if options.announce.is_empty() {
            usual.into_iter().flatten().collect()
        } else {
            options.announce.clone()
        };
        let candidates = Arc::new(Mutex::new(candidates(&announce, local)?));
        let poll = Poll::new()?;
        socket.register(poll.registry(), SOCKET)?;
        let waker = Waker::new(poll.registry(), COMMAND)?;
        let handed = Arc::<Handed>::default();
        let tcp = Tcp::new(poll.registry().try_clone()?, CONNECTIONS, listener, Arc::clone(&handed))?;
        let relaying = options.relay.clone();
        let relaying = relaying.map(|secret| Relaying::new(secret, Arc::clone(&candidates), unix_s()));
        let wire = Wire::network(socket, tcp, relaying);
        let (mut inner, shard) = Inner::new(wire, local, candidates, waker, events);
        inner.handed = handed;
        inner.divides_bandwidth = options.divides_bandwidth;
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
        let (mut inner, shard) = Inner::new(
            Wire::Simulated(Sent::default()),
            address,
            Arc::new(Mutex::new([Endpoint::udp(address)].into())),
            waker,
            events,
        );
        inner.measures = measures;
        Ok((Media { inner: Arc::new(inner) }, Simulated::new(shard)))
    }

    /// The address that was bound.
    pub fn local_address(&self) -> SocketAddr {
        self.inner.local
    }

    /// Announces something else from now on, as [`Options::announce`] does. Who has been answered keeps what they were told.
    pub fn announce(&self, ends: &[Endpoint]) -> io::Result<()> {
        let candidates = candidates(ends, self.inner.local)?;
        *self.inner.lock_candidates() = candidates;
        Ok(())
    }

    /// Takes a connection that came to another port and begins as one that carries datagrams, or messages of the relay: with a byte
    /// below 8. It comes with what secures it, if anything does. Nothing may have been read of what is in it. If too many wait, it
    /// is closed.
    pub fn take_connection(&self, stream: TcpStream, secured: Option<Box<ServerConnection>>) {
        self.inner.handed.push((stream, secured));
        self.inner.wake();
    }

    /// What is announced now, best first.
    pub fn announced(&self) -> Arc<[Endpoint]> {
        Arc::clone(&self.inner.lock_candidates())
    }

    /// A reading of the counters.
    pub fn counters(&self) -> Counters {
        self.inner.counting.snapshot()
    }

    /// Checks an offer and answers it. This is some milliseconds of work on the calling thread, and touches no room.
    pub fn answer(&self, offer: &str) -> Result<Prepared, OfferError> {
        let candidates = self.announced();
        let watch = Watch {
            is_measured: self.inner.measures,
            is_estimated: self.inner.divides_bandwidth,
        };
        let (peer, answer) = Peer::answer(offer, &candidates, watch, clock())?;
        Ok(Prepared {
            connection: Connection::WebRtc(Box::new(peer)),
            answer,
        })
    }

    /// Lets somebody check the network: answers an offer of one data channel, on which what is sent comes back, for
    /// [`CHECK_TIME`](crate::limits::CHECK_TIME). It is no session, and no event tells of it. `hold` is dropped when it is over. As much work as
    /// [`Media::answer`].
    pub fn check(&self, offer: &str, hold: Box<dyn Send>) -> Result<String, CheckError> {
        let candidates = Arc::clone(&self.inner.lock_candidates());
        let (peer, answer) = Peer::answer_check(offer, &candidates, clock())?;
        let connection = Connection::WebRtc(Box::new(peer));
        self.inner.order(|queue| queue.check(connection, hold))?;
        Ok(answer)
    }

    /// A session without a network, for somebody inside this process: one end to be admitted like an answered offer, and the
    /// other for whoever takes part. It is connected as soon as it is admitted.
    pub fn wire(&self) -> (Prepared, Wired) {
        let inner = &self.inner;
        let (peer, wired) = wired::wire(Arc::clone(&inner.announced), Arc::clone(&inner.waker), inner.measures);
        let prepared = Prepared {
            connection: Connection::Wired(Box::new(peer)),
            answer: String::new(),
        };
        (prepared, wired)
    }

    /// Lets a prepared connection connect, before its client is answered. `session` is the participant session's id, unique
    /// for as long as the process runs; events and orders speak of it. It is outside: its packets go nowhere, and it is told
    /// nothing.
    pub fn admit(&self, prepared: Prepared, session: &str) -> Result<(), Overloaded> {
        let connection = prepared.connection;
        if self.inner.counting.full.load(Relaxed) > 0 {
            count(&self.inner.counting.sessions_refused);
            return Err(Overloaded::Load);
        }
        self.inner.order(|queue| queue.admit(connection, session))
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

    /// Taps a room of this name, now and whenever it begins again, until the tap is dropped. A room has one tap: an earlier one is over.
    pub fn tap(&self, room: &str) -> Result<Tap, Overloaded> {
        let (tap, end) = tap();
        self.inner.order(|queue| queue.tap(room, end))?;
        Ok(tap)
    }

    /// Asks a session in a room for a keyframe of its camera or its screen, for whoever records it; at most once in
    /// `limits::KEYFRAME_INTERVAL`, so whoever still needs one asks again.
    pub fn ask_keyframe(&self, session: &str, source: Source) {
        self.inner
            .order(|queue| queue.change(session, Change::ask_keyframe(source)));
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
        candidates: Arc<relaying::Announced>,
        waker: Waker,
        events: mpsc::Sender<Event>,
    ) -> (Inner, Shard) {
        let counting = Arc::<Counting>::default();
        let queue = Arc::<Mutex<Queue>>::default();
        let announced = Arc::<Announced>::default();
        let shard = Shard::new(
            wire,
            Inbox(Arc::clone(&queue)),
            Arc::clone(&announced),
            Reporter::new(events),
            Arc::clone(&counting),
        );
        let inner = Inner {
            local,
            candidates,
            handed: Arc::default(),
            measures: true,
            divides_bandwidth: true,
            counting,
            queue,
            announced,
            waker: Arc::new(waker),
            thread: None,
        };
        (inner, shard)
    }

    /// One is written in a single step, so a panic elsewhere does not spoil it.
    fn lock_candidates(&self) -> MutexGuard<'_, Arc<[Endpoint]>> {
        self.candidates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an order, and wakes the shard once the lock is free again, as [`Inbox::take`] wants it.
    fn order<T>(&self, give: impl FnOnce(&mut Queue) -> T) -> T {
        let given = give(&mut queue::lock(&self.queue));
        self.wake();
        given
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::warn!(%error, "the media thread hears of an order only in its next turn");
        }
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

/// The socket, and the listener beside it if there is to be one.
fn bind(options: &Options) -> io::Result<(Socket, Option<TcpListener>)> {
    for _ in 0..TRIES {
        let socket = Socket::bind(options.bind)?;
        if !options.takes_connections {
            return Ok((socket, None));
        }
        match TcpListener::bind(socket.local_address()) {
            Ok(listener) => return Ok((socket, Some(listener))),
            Err(error) if options.bind.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

/// What answers announce.
fn candidates(announce: &[Endpoint], local: SocketAddr) -> io::Result<Arc<[Endpoint]>> {
    let mut candidates = announce.to_vec();
    for Endpoint { address, .. } in &mut candidates {
        if address.port() == 0 {
            address.set_port(local.port());
        }
        if address.ip().is_unspecified() || address.ip().is_multicast() {
            let message = format!(
                "`{}` cannot be announced: clients need an address that they can send to",
                address.ip()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    Ok(candidates.into())
}
