//! The control plane's end of the media plane: start it, answer offers, admit, remove, read counters.
//!
//! Nothing here blocks on the media thread: commands go through a bounded channel, and a full one is `Overloaded`.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc as commands},
    thread::JoinHandle,
};

use mio::{Poll, Token, Waker};
use tokio::sync::mpsc;

use crate::{
    admission::{Admission, Card, Overloaded, Permissions, Place},
    commands::Command,
    core::offer::OfferError,
    counters::{Counters, Counting},
    event::{DisconnectReason, Event},
    ledger::Ledger,
    peer::Peer,
    reporter::Reporter,
    shard::{Shard, clock},
    socket::Socket,
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
    candidates: Vec<SocketAddr>,
    counting: Arc<Counting>,
    ledger: Mutex<Ledger>,
    /// As many commands wait as the control plane gives while the shard takes one turn.
    commands: commands::Sender<Command>,
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
        let candidates = candidates(options, local)?;
        let poll = Poll::new()?;
        socket.register(poll.registry(), SOCKET)?;
        let waker = Waker::new(poll.registry(), COMMAND)?;
        let counting = Arc::<Counting>::default();
        let (commands, receiver) = commands::channel();
        let shard = Shard::new(
            socket,
            candidates.clone(),
            receiver,
            Reporter::new(events),
            Arc::clone(&counting),
        );
        let thread = std::thread::Builder::new()
            .name("media".into())
            .spawn(move || shard.run(poll))?;
        let inner = Inner {
            local,
            candidates,
            counting,
            ledger: Mutex::default(),
            commands,
            waker,
            thread: Some(thread),
        };
        Ok(Media { inner: Arc::new(inner) })
    }

    /// The address that was bound.
    pub fn local_address(&self) -> SocketAddr {
        self.inner.local
    }

    /// A reading of the counters.
    pub fn counters(&self) -> Counters {
        self.inner.counting.snapshot()
    }

    /// Checks an offer and answers it. This is some milliseconds of work on the calling thread, and touches no room.
    pub fn answer(&self, offer: &str) -> Result<Prepared, OfferError> {
        let (peer, answer) = Peer::answer(offer, &self.inner.candidates, clock())?;
        Ok(Prepared {
            peer: Box::new(peer),
            answer,
        })
    }

    /// Gives a prepared peer connection its place: after the session was written down, before the client is answered.
    pub fn admit(&self, prepared: Prepared, admission: Admission) -> Result<(), Overloaded> {
        let mut ledger = self.inner.ledger();
        match &admission.place {
            Place::Room(room) => ledger.enter(&admission.session, room)?,
            Place::Lobby => ledger.wait(&admission.session)?,
        }
        let session = admission.session.clone();
        let peer = prepared.peer;
        self.inner.command(Command::Admit { peer, admission }).inspect_err(|_| {
            ledger.leave(&session);
        })
    }

    /// Lets a session from the lobby into a room: after that was written down. What its client said of its microphone and
    /// camera while it waited holds.
    pub fn let_in(&self, session: &str, room: &str, card: Card, permissions: Permissions) -> Result<(), Overloaded> {
        let mut ledger = self.inner.ledger();
        ledger.let_in(session, room)?;
        let command = Command::LetIn {
            session: session.to_owned(),
            room: room.to_owned(),
            card,
            permissions,
        };
        // A shard that has stopped keeps no session anywhere.
        self.inner.command(command)
    }

    /// Grants and withdraws. What is withdrawn stops at once, and a microphone or camera that is granted again stays muted
    /// until its client says otherwise: nobody is heard because somebody else lifted a lock.
    pub fn permit(&self, session: &str, permissions: Permissions) {
        self.order(session, |session| Command::Permit { session, permissions });
    }

    /// Drops a session's sound, and tells its client on `moderation`, until that says `audioMuted: true`; after that the
    /// client may unmute again. Nothing happens to one that is muted already.
    pub fn mute(&self, session: &str) {
        self.order(session, |session| Command::Mute { session });
    }

    /// Tells a session in a room a text of the control plane on `moderation`. The last one is kept and told again to a
    /// channel that opens later, so each should be the whole state.
    pub fn tell(&self, session: &str, text: Arc<str>) {
        self.order(session, |session| Command::Tell { session, text });
    }

    /// Takes a session out of its room or the lobby, tells its client why and the others that it is gone: after its end was written
    /// down. A session that is not there is nobody's mistake.
    pub fn remove(&self, session: &str, reason: DisconnectReason) {
        // Under the lock, so that the shard hears of admissions and removals in the order of the ledger.
        let mut ledger = self.inner.ledger();
        if ledger.leave(session) {
            let session = session.to_owned();
            // A shard that has stopped has no sessions left to remove.
            let _ = self.inner.command(Command::Remove { session, reason });
        }
    }

    /// Under the lock as well. A session that is not there is nobody's mistake: it may have left this moment.
    fn order(&self, session: &str, command: impl FnOnce(String) -> Command) {
        let ledger = self.inner.ledger();
        if ledger.holds(session) {
            let _ = self.inner.command(command(session.to_owned()));
        }
    }
}

impl Inner {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Nothing under this lock panics; if it did, the ledger would be no worse than before.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn command(&self, command: Command) -> Result<(), Overloaded> {
        self.commands.send(command).map_err(|_| Overloaded::Stopped)?;
        self.waker.wake().map_err(|_| Overloaded::Stopped)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = self.command(Command::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the media thread panicked");
        }
    }
}

/// What answers announce.
fn candidates(options: &Options, local: SocketAddr) -> io::Result<Vec<SocketAddr>> {
    let mut candidates = options.announce.clone();
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
    Ok(candidates)
}
