//! The control plane's end of the media plane: start it, answer offers, admit, remove, read counters.
//!
//! Nothing here blocks on a media thread: commands wait in a bounded [`Queue`], and an entrance that finds it full is
//! `Overloaded`. So is one that comes while its thread has no time left. Which thread a session is on is said by `placing`.

use std::{
    fmt, io,
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mio::{Poll, Token, Waker, net::TcpListener};
use rustls::ServerConnection;
use tokio::sync::mpsc;
use turn::Secret;

use crate::{
    admission::{Card, Overloaded},
    behind::{Behind, Sending},
    connection::Connection,
    core::{Source, change::Change, offer::OfferError},
    counters::{Counters, Counting},
    endpoint::Endpoint,
    event::{DisconnectReason, Event},
    limits,
    mail::Mail,
    orders::Orders,
    peer::{Peer, Watch},
    placing::{Busy, Coming, Placed, Placing, Spreading},
    post::{Post, post},
    queue::Queue,
    relaying::{self, Relaying},
    rights::Rights,
    shard::{Door, Shard, Spread, clock, unix_s},
    socket::Socket,
    tap::{Tap, tap},
    tcp::{Handed, Tcp, Tokens},
    wire::Wire,
    wired::{self, Wired},
};
#[cfg(feature = "simulated")]
use crate::{sent::Sent, shard::Simulated};

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
    /// On how many threads: at least one, and [`limits::MEDIA_THREADS_MAX`] at most. They have one port together.
    pub threads: usize,
    /// When people of one room are carried by several of them.
    pub spreading: Spreading,
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
    placing: Mutex<Placing>,
    /// The shards; the first is the door.
    shards: Vec<Orders>,
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
    /// Binds the socket and starts the media threads. Events are sent without ever blocking them.
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
        let (polls, wakers) = polls(options.threads.clamp(1, limits::MEDIA_THREADS_MAX))?;
        let registry = polls[0].registry();
        socket.register(registry, SOCKET)?;
        let twins: io::Result<Vec<Socket>> = wakers.iter().skip(1).map(|_| socket.twin()).collect();
        let handed = Arc::<Handed>::default();
        let tcp = Tcp::new(registry.try_clone()?, CONNECTIONS, listener, Arc::clone(&handed))?;
        let relaying = options.relay.clone();
        let relaying = relaying.map(|secret| Relaying::new(secret, Arc::clone(&candidates), unix_s()));
        let wire = Wire::network(socket, tcp, relaying);
        let sending = twins?.into_iter().map(|twin| Sending::Network(Box::new(twin)));
        let told = events.clone();
        let (mut inner, shards) = Inner::new(wire, sending, local, candidates, wakers, events);
        inner.handed = handed;
        inner.divides_bandwidth = options.divides_bandwidth;
        inner.lock_placing().spread(options.spreading);
        for ((orders, shard), poll) in inner.shards.iter_mut().zip(shards).zip(polls) {
            orders.start(told.clone(), move || shard.run(poll))?;
        }
        Ok(Media { inner: Arc::new(inner) })
    }

    /// A media plane without a socket and without a thread: whoever holds its other half carries the datagrams and says what
    /// time it is. It announces this address.
    #[cfg(feature = "simulated")]
    pub fn simulated(address: SocketAddr, events: mpsc::Sender<Event>) -> io::Result<(Media, Simulated)> {
        Media::without_socket(address, events, 1, true)
    }

    /// The same with several shards.
    #[cfg(feature = "simulated")]
    pub fn simulated_in_shards(
        address: SocketAddr,
        events: mpsc::Sender<Event>,
        shards: usize,
        spreading: Spreading,
    ) -> io::Result<(Media, Simulated)> {
        let (media, simulated) = Media::without_socket(address, events, shards, true)?;
        media.inner.lock_placing().spread(spreading);
        Ok((media, simulated))
    }

    /// The same without measuring, for whoever wants to know what that costs.
    #[cfg(feature = "simulated")]
    pub fn simulated_without_measuring(
        address: SocketAddr,
        events: mpsc::Sender<Event>,
    ) -> io::Result<(Media, Simulated)> {
        Media::without_socket(address, events, 1, false)
    }

    #[cfg(feature = "simulated")]
    fn without_socket(
        address: SocketAddr,
        events: mpsc::Sender<Event>,
        shards: usize,
        measures: bool,
    ) -> io::Result<(Media, Simulated)> {
        // Nobody waits in these polls: whoever takes the turns sees what was ordered when the next one comes.
        let (_, wakers) = polls(shards)?;
        let sending = (1..shards).map(|_| Sending::Simulated(Sent::default()));
        let candidates = Arc::new(Mutex::new([Endpoint::udp(address)].into()));
        let wire = Wire::Simulated(Sent::default());
        let (mut inner, shards) = Inner::new(wire, sending, address, candidates, wakers, events);
        inner.measures = measures;
        Ok((Media { inner: Arc::new(inner) }, Simulated::new(shards)))
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
        self.inner.door().wake();
    }

    /// What is announced now, best first.
    pub fn announced(&self) -> Arc<[Endpoint]> {
        Arc::clone(&self.inner.lock_candidates())
    }

    /// A reading of the counters.
    pub fn counters(&self) -> Counters {
        Counting::snapshot(self.inner.shards.iter().map(Orders::counting))
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
        self.inner.door().order(|queue| queue.check(connection, hold))?;
        Ok(answer)
    }

    /// A session without a network, for somebody inside this process: one end to be admitted like an answered offer, and the
    /// other for whoever takes part. It is connected as soon as it is admitted.
    pub fn wire(&self) -> (Prepared, Wired) {
        let (peer, wired) = wired::wire(self.inner.measures);
        let prepared = Prepared {
            connection: Connection::Wired(Box::new(peer)),
            answer: String::new(),
        };
        (prepared, wired)
    }

    /// Lets a prepared connection connect, before its client is answered. `session` is the participant session's id, unique
    /// for as long as the process runs; events and orders speak of it. It is outside: its packets go nowhere, and it is told
    /// nothing. Only those who were admitted for the same `group` can be in one room.
    pub fn admit(&self, prepared: Prepared, session: &str, group: &str) -> Result<(), Overloaded> {
        let inner = &self.inner;
        let busy: Vec<Busy> = inner.shards.iter().map(Orders::busy).collect();
        let connection = prepared.connection;
        let ufrag = connection.ufrag().map(str::to_owned);
        let coming = Coming {
            session,
            group,
            by_network: ufrag.is_some(),
        };
        let placed = inner.lock_placing().enter(coming, &busy);
        let Placed { home, carried_by } = placed.inspect_err(|refused| {
            if *refused == Overloaded::Load {
                inner.door().count_refused();
            }
        })?;
        let orders = &inner.shards[home];
        orders.welcome(&connection);
        let elsewhere = (carried_by != home).then_some(carried_by);
        if let Err(refused) = orders.order(|queue| queue.admit(connection, session, elsewhere)) {
            inner.lock_placing().leave(session);
            return Err(refused);
        }
        if let Some(ufrag) = ufrag.filter(|_| carried_by > 0) {
            inner.door().order(|queue| queue.direct(ufrag, carried_by));
        }
        Ok(())
    }

    /// Tells a session that it waits in the lobby, once it is connected.
    pub fn keep_waiting(&self, session: &str) -> Result<(), Overloaded> {
        let orders = self.inner.orders_of(session).ok_or(Overloaded::NotWaiting)?;
        orders.order(|queue| queue.keep_waiting(session))
    }

    /// Lets a session from outside into a room: after that was written down. What its client said of its microphone and
    /// camera meanwhile holds.
    pub fn let_in(&self, session: &str, room: &str, card: Card, rights: Rights) -> Result<(), Overloaded> {
        let orders = self.inner.orders_of(session).ok_or(Overloaded::NotWaiting)?;
        orders.order(|queue| queue.let_in(session, room, card, rights))
    }

    /// Grants and withdraws. What is withdrawn stops at once, and a microphone or camera that is granted again stays muted
    /// until its client says otherwise: nobody is heard because somebody else lifted a lock.
    pub fn permit(&self, session: &str, rights: Rights) {
        self.inner.change(session, Change::permit(rights));
    }

    /// Drops a session's sound, and tells its client on `moderation`, until that says `audioMuted: true`; after that the
    /// client may unmute again. Nothing happens to one that is muted already.
    pub fn mute(&self, session: &str) {
        self.inner.change(session, Change::mute());
    }

    /// Tells a session in a room a text of the control plane on `moderation`. The last one is kept and told again to a
    /// channel that opens later, so each should be the whole state.
    pub fn tell(&self, session: &str, text: Arc<str>) {
        self.inner.change(session, Change::tell(text));
    }

    /// Taps a room of this name, now and whenever it begins again, until the tap is dropped. A room has one tap: an earlier one is over.
    pub fn tap(&self, room: &str) -> Result<Tap, Overloaded> {
        let (tap, ends) = tap(self.inner.shards.len());
        for (orders, end) in self.inner.shards.iter().zip(ends) {
            orders.order(|queue| queue.tap(room, end))?;
        }
        Ok(tap)
    }

    /// Asks a session in a room for a keyframe of its camera or its screen, for whoever records it; at most once in
    /// `limits::KEYFRAME_INTERVAL`, so whoever still needs one asks again.
    pub fn ask_keyframe(&self, session: &str, source: Source) {
        self.inner.change(session, Change::ask_keyframe(source));
    }

    /// Takes a session out of its room or the lobby, tells its client why and the others that it is gone: after its end was written
    /// down. A session that is not there is nobody's mistake.
    pub fn remove(&self, session: &str, reason: DisconnectReason) {
        let shard = self.inner.lock_placing().leave(session);
        if let Some(shard) = shard {
            self.inner.shards[shard].order(|queue| queue.remove(session, reason));
        }
    }
}

impl Inner {
    /// The control plane's half and the shards', which no threads have joined yet. The first has this wire, and for each of the
    /// others there is something to send by.
    fn new(
        wire: Wire,
        sending: impl Iterator<Item = Sending>,
        local: SocketAddr,
        candidates: Arc<relaying::Announced>,
        wakers: Vec<Arc<Waker>>,
        events: mpsc::Sender<Event>,
    ) -> (Inner, Vec<Shard>) {
        let count = wakers.len();
        let (mut posts, mut wires) = (vec![], vec![]);
        for (sending, waker) in sending.zip(wakers.iter().skip(1)) {
            let (of_door, of_other) = post(&wakers[0], waker);
            posts.push(of_door);
            wires.push(Wire::Behind(Box::new(Behind::new(sending, of_other))));
        }
        let door = (count > 1).then(|| Door::new(posts));
        let doors = std::iter::once(door).chain(std::iter::repeat_with(|| None));
        let wires = std::iter::once(wire).chain(wires);
        let spreads = mails(&wakers).into_iter().map(Spread::new);
        let halves = wires.zip(doors).zip(spreads).zip(wakers);
        let halves =
            halves.map(move |(((wire, door), spread), waker)| Orders::new(wire, door, spread, waker, events.clone()));
        let (orders, shards) = halves.unzip();
        let inner = Inner {
            local,
            candidates,
            handed: Arc::default(),
            measures: true,
            divides_bandwidth: true,
            placing: Mutex::new(Placing::new(count)),
            shards: orders,
        };
        (inner, shards)
    }

    /// One is written in a single step, so a panic elsewhere does not spoil it.
    fn lock_candidates(&self) -> MutexGuard<'_, Arc<[Endpoint]>> {
        self.candidates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing under this lock panics.
    fn lock_placing(&self) -> MutexGuard<'_, Placing> {
        self.placing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shard that reads for all.
    fn door(&self) -> &Orders {
        &self.shards[0]
    }

    /// The shard of a session.
    fn orders_of(&self, session: &str) -> Option<&Orders> {
        let shard = self.lock_placing().home_of(session)?;
        self.shards.get(shard)
    }

    /// Changes something for a session. One that is not there is nobody's mistake.
    fn change(&self, session: &str, change: Change) {
        if let Some(orders) = self.orders_of(session) {
            orders.order(|queue: &mut Queue| queue.change(session, change));
        }
    }
}

impl Drop for Inner {
    /// The door is the last, because the others say goodbye through it.
    fn drop(&mut self) {
        self.shards.iter_mut().rev().for_each(Orders::stop);
    }
}

/// What each shard waits by, and what wakes it.
fn polls(count: usize) -> io::Result<(Vec<Poll>, Vec<Arc<Waker>>)> {
    let (mut polls, mut wakers) = (vec![], vec![]);
    for _ in 0..count {
        let poll = Poll::new()?;
        wakers.push(Arc::new(Waker::new(poll.registry(), COMMAND)?));
        polls.push(poll);
    }
    Ok((polls, wakers))
}

/// The ways between all shards, by the numbers of both.
fn mails(wakers: &[Arc<Waker>]) -> Vec<Vec<Option<Post<Mail>>>> {
    let mut mails: Vec<Vec<_>> = wakers.iter().map(|_| wakers.iter().map(|_| None).collect()).collect();
    for (second, waker) in wakers.iter().enumerate() {
        for first in 0..second {
            let (of_first, of_second) = post(&wakers[first], waker);
            mails[first][second] = Some(of_first);
            mails[second][first] = Some(of_second);
        }
    }
    mails
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
