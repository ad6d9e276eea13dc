//! Connections for those whose network lets no datagram through (RFC 6544): they come to us, on the media port or on that of
//! HTTP, and the datagrams in them are what they would be by UDP.
//!
//! The shard reads and writes them in its turns, as it does its socket, and waits for none: a connection that takes no more has
//! what it is sent queued, up to a bound, and beyond that **media gives way and control does not** as long as there is any
//! room: a picture that is late is worth nothing, and a handshake or a text that is lost is a second of somebody's time. What
//! lies in the system's own buffer is late as well, so that is kept small.
//!
//! **A stranger gets one HMAC.** Whoever connects is one until a STUN request of theirs was vouched for. Strangers are few, and of
//! each address fewer; one that sends anything else, or nothing for some seconds, is cut off. Who was vouched for stays as long
//! as a session lives at that address.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError, TryLockError},
    time::Instant,
};

use mio::{
    Events, Interest, Registry, Token,
    net::{TcpListener, TcpStream},
};
use rustls::ServerConnection;
use share::{Client, Pool, Taker};
use slab::Slab;

use crate::{
    core::carriage::Carriage,
    endpoint::{Endpoint, Route},
    limits,
    stream::Stream,
};

/// What is read at once, of somebody who was vouched for.
const READ_BYTES: usize = 64 * 1024;

/// Connections that came to another port, until the shard takes them.
#[derive(Default)]
pub(crate) struct Handed(Mutex<Vec<Connection>>);

/// One of them, with what it is secured by.
type Connection = (std::net::TcpStream, Option<Box<ServerConnection>>);

impl fmt::Debug for Handed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handed").finish_non_exhaustive()
    }
}

impl Handed {
    /// Leaves one here; it is closed if too many are.
    pub(crate) fn push(&self, connection: Connection) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < limits::HANDED_WAITING {
            waiting.push(connection);
        }
    }

    /// All of them. None, if somebody is adding one: they wake the shard after that.
    fn take(&self) -> Vec<Connection> {
        match self.0.try_lock() {
            Ok(mut waiting) => std::mem::take(&mut *waiting),
            Err(TryLockError::Poisoned(waiting)) => std::mem::take(&mut *waiting.into_inner()),
            Err(TryLockError::WouldBlock) => vec![],
        }
    }
}

/// Where the shard's poll keeps what is here: the listener at the first token, and connections behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tokens {
    pub(crate) first: usize,
}

/// All connections.
pub(crate) struct Tcp {
    registry: Registry,
    tokens: Tokens,
    listener: Option<TcpListener>,
    is_called: bool,
    handed: Arc<Handed>,
    open: Slab<Open>,
    by_address: HashMap<SocketAddr, usize>,
    strangers: Pool,
    readable: VecDeque<usize>,
    written: Vec<usize>,
    buffer: Vec<u8>,
    sent: u64,
    unsent: u64,
}

/// One connection.
struct Open {
    stream: Stream,
    from: SocketAddr,
    to: Option<IpAddr>,
    opened: Instant,
    /// Nobody has vouched for it yet.
    is_stranger: bool,
    carriage: Carriage,
    is_readable: bool,
    /// What it has not taken yet, of which the beginning may be gone already.
    waiting: Vec<u8>,
    gone: usize,
    is_written: bool,
}

impl fmt::Debug for Tcp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tcp")
            .field("open", &self.open.len())
            .finish_non_exhaustive()
    }
}

impl Tcp {
    /// Without connections yet; with a port of its own, if there is a listener.
    pub(crate) fn new(
        registry: Registry,
        tokens: Tokens,
        mut listener: Option<TcpListener>,
        handed: Arc<Handed>,
    ) -> io::Result<Tcp> {
        if let Some(listener) = &mut listener {
            registry.register(listener, Token(tokens.first), Interest::READABLE)?;
        }
        Ok(Tcp {
            registry,
            tokens,
            is_called: listener.is_some(),
            listener,
            handed,
            open: Slab::new(),
            by_address: HashMap::new(),
            strangers: Pool::new(limits::STRANGERS),
            readable: VecDeque::new(),
            written: vec![],
            buffer: vec![0; READ_BYTES],
            sent: 0,
            unsent: 0,
        })
    }

    /// Notes for whom there is something to do.
    pub(crate) fn note(&mut self, ready: &Events) {
        for event in ready {
            let Some(index) = event.token().0.checked_sub(self.tokens.first) else {
                continue;
            };
            let Some(key) = index.checked_sub(1) else {
                self.is_called = true;
                continue;
            };
            if event.is_writable() {
                self.touch(key);
            }
            let is_readable = event.is_readable() || event.is_read_closed() || event.is_error();
            if let Some(open) = self.open.get_mut(key).filter(|_| is_readable)
                && !std::mem::replace(&mut open.is_readable, true)
            {
                self.readable.push_back(key);
            }
        }
    }

    /// Lets in who has come.
    pub(crate) fn let_in(&mut self, now: Instant) {
        for (stream, secured) in self.handed.take() {
            let added = stream.peer_addr().and_then(|from| {
                stream.set_nonblocking(true)?;
                let io = TcpStream::from_std(stream);
                self.add(Stream { io, secured }, from, now)
            });
            if let Err(error) = added {
                tracing::debug!(%error, "a connection that was handed over is gone");
            }
        }
        for _ in 0..limits::ACCEPTED_PER_TURN {
            let Some(listener) = self.listener.as_ref().filter(|_| self.is_called) else {
                return;
            };
            let accepted = listener.accept();
            match accepted.and_then(|(io, from)| self.add(Stream { io, secured: None }, from, now)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.is_called = false,
                Err(error) => {
                    // It died in the queue, or there is no descriptor left: the others are let in later.
                    tracing::debug!(%error, "could not accept a connection");
                    return;
                }
            }
        }
    }

    fn add(&mut self, mut stream: Stream, from: SocketAddr, now: Instant) -> io::Result<()> {
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        let taker = Taker::Stranger(Client::at(from.ip()));
        let has_room = self.open.len() < limits::CONNECTIONS;
        if !has_room || self.by_address.contains_key(&from) || self.strangers.take(&taker, 1).is_err() {
            return Ok(());
        }
        let key = self.open.vacant_key();
        let io = &mut stream.io;
        let registered = io.set_nodelay(true).and_then(|()| {
            socket2::SockRef::from(&*io).set_send_buffer_size(limits::CONNECTION_BUFFER_BYTES)?;
            let token = Token(self.tokens.first + 1 + key);
            self.registry
                .register(io, token, Interest::READABLE | Interest::WRITABLE)
        });
        if let Err(error) = registered {
            self.strangers.give_back(&taker, 1);
            return Err(error);
        }
        let to = stream.io.local_addr().ok().map(|to| to.ip().to_canonical());
        self.open.insert(Open {
            stream,
            from,
            to,
            opened: now,
            is_stranger: true,
            carriage: Carriage::default(),
            // What it sent before it was registered makes no event everywhere.
            is_readable: true,
            waiting: vec![],
            gone: 0,
            is_written: false,
        });
        self.by_address.insert(from, key);
        self.readable.push_back(key);
        Ok(())
    }

    /// Reads once, of one connection. `None`: there is nothing more.
    pub(crate) fn receive(&mut self, mut take: impl FnMut(Route, &[u8])) -> Option<usize> {
        let key = self.readable.pop_front()?;
        let Some(open) = self.open.get_mut(key) else {
            return Some(0);
        };
        let most = if open.is_stranger {
            limits::DATAGRAM_BYTES
        } else {
            READ_BYTES
        };
        let read = match open.stream.read(&mut self.buffer[..most]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                open.is_readable = false;
                return Some(0);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Some(&[][..]),
            Err(_) | Ok(0) => None,
            Ok(length) => Some(&self.buffer[..length]),
        };
        let route = open.route();
        let mut count = 0;
        let taken = read.map(|read| {
            open.carriage.take(read, |datagram| {
                count += 1;
                take(route, datagram);
            })
        });
        if let Some(Ok(())) = taken {
            // Until it says that there is no more: it will not say so again when there is.
            self.readable.push_back(key);
        } else {
            self.close(key);
        }
        Some(count)
    }

    /// Whether it is open.
    pub(crate) fn has(&self, address: SocketAddr) -> bool {
        self.by_address.contains_key(&address)
    }

    /// Somebody lives there.
    pub(crate) fn vouch(&mut self, address: SocketAddr) {
        if let Some(open) = self.by_address.get(&address).and_then(|key| self.open.get_mut(*key))
            && std::mem::replace(&mut open.is_stranger, false)
        {
            self.strangers.give_back(&Taker::Stranger(Client::at(address.ip())), 1);
        }
    }

    /// What came from there was nobody's.
    pub(crate) fn refuse(&mut self, address: SocketAddr) {
        if let Some(key) = self.by_address.get(&address).copied()
            && self.open.get(key).is_some_and(|open| open.is_stranger)
        {
            self.close(key);
        }
    }

    /// Queues a datagram, if there is room: more of it for one that is not media.
    pub(crate) fn send(&mut self, to: SocketAddr, datagram: &[u8], is_media: bool) {
        let key = self.by_address.get(&to).copied();
        let Some((key, open)) = key.and_then(|key| Some((key, self.open.get_mut(key)?))) else {
            self.unsent += 1;
            return;
        };
        let most = if is_media {
            limits::CONNECTION_MEDIA_BYTES
        } else {
            limits::CONNECTION_WAITING_BYTES
        };
        if open.waiting.len() - open.gone + datagram.len() > most {
            self.unsent += 1;
            return;
        }
        open.carriage.write(datagram, &mut open.waiting);
        self.sent += 1;
        self.touch(key);
    }

    fn touch(&mut self, key: usize) {
        if let Some(open) = self.open.get_mut(key)
            && !std::mem::replace(&mut open.is_written, true)
        {
            self.written.push(key);
        }
    }

    /// Sends what is queued, as far as the connections take it.
    pub(crate) fn flush(&mut self) {
        for key in std::mem::take(&mut self.written) {
            let Some(open) = self.open.get_mut(key) else { continue };
            open.is_written = false;
            if let Err(error) = open.flush() {
                tracing::debug!(%error, "a connection ended");
                self.close(key);
            }
        }
    }

    /// Cuts off who has been a stranger for too long, and those in which nobody lives any more.
    pub(crate) fn sweep(&mut self, now: Instant, is_somebodys: impl Fn(Route) -> bool) {
        let is_over = |open: &Open| {
            if open.is_stranger {
                now.saturating_duration_since(open.opened) >= limits::STRANGER_TIMEOUT
            } else {
                !is_somebodys(open.route())
            }
        };
        let over: Vec<usize> = self
            .open
            .iter()
            .filter(|(_, open)| is_over(open))
            .map(|(key, _)| key)
            .collect();
        for key in over {
            self.close(key);
        }
    }

    fn close(&mut self, key: usize) {
        let Some(mut open) = self.open.try_remove(key) else {
            return;
        };
        self.by_address.remove(&open.from);
        if open.is_stranger {
            self.strangers
                .give_back(&Taker::Stranger(Client::at(open.from.ip())), 1);
        }
        if let Err(error) = self.registry.deregister(&mut open.stream.io) {
            tracing::debug!(%error, "a connection was not registered");
        }
    }

    /// How many datagrams were sent, and how many could not be, since the last call.
    pub(crate) fn take_counts(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.sent), std::mem::take(&mut self.unsent))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.open.len()
    }
}

impl Open {
    fn route(&self) -> Route {
        Route {
            from: Endpoint::tcp(self.from),
            to: self.to,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.gone < self.waiting.len() {
            match self.stream.write(&self.waiting[self.gone..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => self.gone += length,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.waiting.drain(..self.gone);
                    self.gone = 0;
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        self.waiting.clear();
        self.waiting.shrink_to(limits::CONNECTION_RESTING_BYTES);
        self.gone = 0;
        match self.stream.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            flushed => flushed,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use mio::Poll;

    use super::*;
    use crate::core::framing::Framing;

    const MEDIA: [u8; 1_150] = [0x80; 1_150];
    const TEXT: [u8; 100] = [22; 100];

    #[test]
    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    fn who_takes_nothing_loses_pictures_before_texts() {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let poll = Poll::new().unwrap();
        let registry = poll.registry().try_clone().unwrap();
        let mut tcp = Tcp::new(registry, Tokens { first: 0 }, Some(listener), Arc::default()).unwrap();
        let from = client.local_addr().unwrap();
        while !tcp.has(from) {
            tcp.let_in(Instant::now());
        }
        tcp.vouch(from);
        let mut sent = 0;
        // The two systems hold some megabytes, and then what is queued here fills up.
        while tcp.unsent == 0 {
            tcp.send(from, &MEDIA, true);
            sent += MEDIA.len();
            tcp.flush();
        }
        sent -= MEDIA.len();
        let open = tcp.open.iter().next().unwrap().1;
        assert!(open.waiting.len() - open.gone <= limits::CONNECTION_MEDIA_BYTES + 2);
        tcp.send(from, &TEXT, false);
        assert_eq!(tcp.take_counts().1, 1, "there is room for a text");
        for _ in 0..limits::CONNECTION_WAITING_BYTES / TEXT.len() {
            tcp.send(from, &TEXT, false);
        }
        assert!(tcp.take_counts().1 > 0, "and not for any number of them");

        // Whatever is left out, what comes is whole.
        let (mut framing, mut media, mut texts) = (Framing::default(), 0, 0);
        let mut buffer = vec![0; READ_BYTES];
        while media < sent || texts == 0 {
            tcp.touch(0);
            tcp.flush();
            let length = client.read(&mut buffer).unwrap();
            framing
                .take(&buffer[..length], |datagram| match datagram.len() {
                    1_150 => media += datagram.len(),
                    length => texts += usize::from(length == TEXT.len()),
                })
                .unwrap();
        }
        assert_eq!(media, sent);
    }
}
