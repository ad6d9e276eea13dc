//! What a shard reads datagrams from and writes them to: its socket, or what a simulated world carries away.

use std::net::{IpAddr, SocketAddr};

use crate::socket::{Route, Socket};

/// Either of them.
pub(crate) enum Wire {
    Udp(Box<Socket>),
    /// What was sent, and to whom. What arrives is handed in, see `Simulated`.
    #[cfg(feature = "simulated")]
    Simulated(Vec<(SocketAddr, Vec<u8>)>),
}

impl Wire {
    /// Reads one batch. `None`: there is nothing more.
    pub(crate) fn receive(&mut self, take: impl FnMut(Route, &[u8])) -> Option<usize> {
        match self {
            Wire::Udp(socket) => socket.receive(take),
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => None,
        }
    }

    /// Queues a datagram, from one of our addresses if we have several.
    pub(crate) fn send(&mut self, to: SocketAddr, from: Option<IpAddr>, datagram: &[u8]) {
        match self {
            Wire::Udp(socket) => socket.send(to, from, datagram),
            #[cfg(feature = "simulated")]
            Wire::Simulated(sent) => sent.push((to, datagram.to_vec())),
        }
    }

    /// Sends what is queued.
    pub(crate) fn flush(&mut self) {
        match self {
            Wire::Udp(socket) => socket.flush(),
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => {}
        }
    }

    /// How many datagrams were sent, and how many could not be, since the last call.
    pub(crate) fn take_counts(&mut self) -> (u64, u64) {
        match self {
            Wire::Udp(socket) => socket.take_counts(),
            #[cfg(feature = "simulated")]
            Wire::Simulated(_) => (0, 0),
        }
    }
}
