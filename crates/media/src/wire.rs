//! What a shard reads datagrams from and writes them to: the network, the door through which another shard reads it, or what a
//! simulated world carries away.

use std::time::Instant;

use mio::Events;

#[cfg(feature = "simulated")]
use crate::sent::Sent;
use crate::{
    behind::Behind,
    core::datagram::is_media,
    endpoint::{Endpoint, Route, Transport},
    event::Path,
    relaying::Relaying,
    socket::Socket,
    tcp::Tcp,
};

/// One of them.
pub(crate) enum Wire {
    Network(Box<Network>),
    /// Of a shard that is not the door.
    Behind(Box<Behind>),
    /// What was sent, and to whom. What arrives is handed in, see `Simulated`.
    #[cfg(feature = "simulated")]
    Simulated(Sent),
}

/// A name by which the network finds a session no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Released {
    Address(Endpoint),
    Ufrag(String),
}

/// The socket, and connections beside it; and a relay, if there is one, that is reached by both.
pub(crate) struct Network {
    socket: Socket,
    tcp: Tcp,
    relaying: Option<Relaying>,
    /// Whose turn it is to be read: neither keeps the other from it.
    is_turn_of_tcp: bool,
}

impl Network {
    fn receive(&mut self, now: Instant, mut take: impl FnMut(Route, &[u8])) -> Option<usize> {
        self.is_turn_of_tcp = !self.is_turn_of_tcp;
        let Network {
            socket, tcp, relaying, ..
        } = self;
        let mut take = |route: Route, datagram: &[u8]| match relaying {
            Some(relaying) => relaying.receive(route, datagram, now, &mut take),
            None => take(route, datagram),
        };
        let count = if self.is_turn_of_tcp {
            tcp.receive(&mut take).or_else(|| socket.receive(take))
        } else {
            socket.receive(&mut take).or_else(|| tcp.receive(take))
        };
        for (back, answer) in relaying.as_mut().map(Relaying::take_answers).unwrap_or_default() {
            if answer.allocated && back.from.transport == Transport::Tcp {
                self.tcp.vouch(back.from.address);
            }
            self.carry(back, &answer.bytes, false);
        }
        count
    }

    fn send(&mut self, back: Route, datagram: &[u8]) {
        let is_media = is_media(datagram);
        if back.from.transport != Transport::Relay {
            return self.carry(back, datagram, is_media);
        }
        let Some(mut relaying) = self.relaying.take() else {
            return;
        };
        if let Some((back, message)) = relaying.wrap(back, datagram) {
            self.carry(back, message, is_media);
        }
        self.relaying = Some(relaying);
    }

    fn carry(&mut self, back: Route, datagram: &[u8], is_media: bool) {
        let Route { from, to } = back;
        match from.transport {
            Transport::Udp => self.socket.send(from.address, to, datagram),
            Transport::Tcp => self.tcp.send(from.address, datagram, is_media),
            Transport::Relay => {}
        }
    }

    fn sweep(&mut self, now: Instant, unix_s: u64, is_somebodys: impl Fn(Endpoint) -> bool) {
        let Network { tcp, relaying, .. } = self;
        if let Some(relaying) = relaying {
            let is_open = |end: Endpoint| end.transport != Transport::Tcp || tcp.has(end.address);
            relaying.sweep(now, unix_s, is_open, &is_somebodys);
        }
        tcp.sweep(now, |way| {
            is_somebodys(way.from) || relaying.as_ref().is_some_and(|relaying| relaying.serves(&way))
        });
    }
}

impl Wire {
    pub(crate) fn network(socket: Socket, tcp: Tcp, relaying: Option<Relaying>) -> Wire {
        Wire::Network(Box::new(Network {
            socket,
            tcp,
            relaying,
            is_turn_of_tcp: false,
        }))
    }

    fn tcp(&mut self) -> Option<&mut Tcp> {
        match self {
            Wire::Network(network) => Some(&mut network.tcp),
            Wire::Behind(_) => None,
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => None,
        }
    }

    /// Notes for which connections there is something to do.
    pub(crate) fn note(&mut self, ready: &Events) {
        if let Some(tcp) = self.tcp() {
            tcp.note(ready);
        }
    }

    /// Lets connections in.
    pub(crate) fn let_in(&mut self, now: Instant) {
        if let Some(tcp) = self.tcp() {
            tcp.let_in(now);
        }
    }

    /// Reads one batch. `None`: there is nothing more.
    pub(crate) fn receive(&mut self, now: Instant, take: impl FnMut(Route, &[u8])) -> Option<usize> {
        match self {
            Wire::Network(network) => network.receive(now, take),
            Wire::Behind(behind) => behind.receive(take),
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => None,
        }
    }

    fn relaying(&mut self) -> Option<&mut Relaying> {
        match self {
            Wire::Network(network) => network.relaying.as_mut(),
            Wire::Behind(_) => None,
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => None,
        }
    }

    /// Whether something can come from there: a connection may have been cut off.
    pub(crate) fn has(&mut self, end: Endpoint) -> bool {
        if let Wire::Behind(_) = self {
            // What came from there was posted by whoever knows.
            return true;
        }
        match end.transport {
            Transport::Udp => true,
            Transport::Tcp => self.tcp().is_some_and(|tcp| tcp.has(end.address)),
            Transport::Relay => self.relaying().is_some_and(|relaying| relaying.has(end.address)),
        }
    }

    /// Where a client of the relay is, by the address that it was given.
    pub(crate) fn client_of(&mut self, end: Endpoint) -> Option<Endpoint> {
        let relayed = (end.transport == Transport::Relay).then_some(end.address)?;
        self.relaying()?.client(relayed)
    }

    /// Somebody lives there.
    pub(crate) fn vouch(&mut self, end: Endpoint) {
        if let Wire::Behind(behind) = self {
            return behind.claim(end);
        }
        if end.transport == Transport::Tcp
            && let Some(tcp) = self.tcp()
        {
            tcp.vouch(end.address);
        }
    }

    /// A way as others than this process see it: as far as the relay, if it is one of ours. Nothing, if that is gone.
    pub(crate) fn seen(&self, path: Path) -> Option<Path> {
        match self {
            Wire::Network(network) if path.is_relayed => network.relaying.as_ref()?.seen(path),
            Wire::Behind(behind) if path.is_relayed => behind.seen(path),
            _ => Some(path),
        }
    }

    /// What came from there was nobody's.
    pub(crate) fn refuse(&mut self, end: Endpoint) {
        if end.transport != Transport::Tcp {
            return;
        }
        if let Wire::Behind(behind) = self {
            behind.refuse(end);
        } else if let Some(tcp) = self.tcp() {
            tcp.refuse(end.address);
        }
    }

    /// A session behind the door has these names no more.
    pub(crate) fn release(&mut self, released: impl Iterator<Item = Released>) {
        if let Wire::Behind(behind) = self {
            for name in released {
                match name {
                    Released::Address(end) => behind.release(end),
                    Released::Ufrag(ufrag) => behind.forget(&ufrag),
                }
            }
        }
    }

    /// Whether the door was there since this was asked last; `None` for the door itself.
    pub(crate) fn take_sign_of_door(&mut self) -> Option<bool> {
        match self {
            Wire::Behind(behind) => Some(behind.take_sign_of_door()),
            Wire::Network(_) => None,
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => None,
        }
    }

    /// Whether another shard reads for this one.
    pub(crate) fn is_behind(&self) -> bool {
        matches!(self, Wire::Behind(_))
    }

    /// Queues a datagram that goes back a way.
    pub(crate) fn send(&mut self, back: Route, datagram: &[u8]) {
        match self {
            Wire::Network(network) => network.send(back, datagram),
            Wire::Behind(behind) => behind.send(back, datagram),
            #[cfg(feature = "simulated")]
            Wire::Simulated(sent) => sent.push(back.from.address, datagram),
        }
    }

    /// Sends what is queued.
    pub(crate) fn flush(&mut self) {
        match self {
            Wire::Network(network) => {
                network.socket.flush();
                network.tcp.flush();
            }
            Wire::Behind(behind) => behind.flush(),
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => {}
        }
    }

    /// Cuts off connections that are nobody's, and ends what the relay has for nobody. It goes by the calendar as well, in seconds of
    /// Unix time.
    pub(crate) fn sweep(&mut self, now: Instant, unix_s: u64, is_somebodys: impl Fn(Endpoint) -> bool) {
        match self {
            Wire::Network(network) => network.sweep(now, unix_s, is_somebodys),
            Wire::Behind(_) => {}
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => {}
        }
    }

    /// How many clients the relay has.
    pub(crate) fn relayed(&mut self) -> usize {
        self.relaying().map_or(0, |relaying| relaying.count())
    }

    /// How many connections there are.
    pub(crate) fn connections(&mut self) -> usize {
        self.tcp().map_or(0, |tcp| tcp.count())
    }

    /// How many datagrams were sent, and how many could not be, since the last call.
    pub(crate) fn take_counts(&mut self) -> (u64, u64) {
        match self {
            Wire::Network(network) => {
                let ((sent, unsent), (more_sent, more_unsent)) =
                    (network.socket.take_counts(), network.tcp.take_counts());
                (sent + more_sent, unsent + more_unsent)
            }
            Wire::Behind(behind) => behind.take_counts(),
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => (0, 0),
        }
    }
}
