//! One end of a way: an address, and what carries datagrams there.
//!
//! The same address and port is another end by UDP than by TCP, so whoever keeps sessions by where they are keeps both.

use std::net::{IpAddr, SocketAddr};

/// What carries datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Each by itself.
    Udp,
    /// A connection, in which each has its length before it (RFC 4571).
    Tcp,
    /// Our own relay: the address is one that it has given its client, and no other's.
    Relay,
}

/// One end of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// What carries datagrams there.
    pub transport: Transport,
    /// Where that is.
    pub address: SocketAddr,
}

impl Endpoint {
    /// An end by UDP.
    pub const fn udp(address: SocketAddr) -> Endpoint {
        Endpoint {
            transport: Transport::Udp,
            address,
        }
    }

    /// An end behind our relay.
    pub(crate) const fn relayed(address: SocketAddr) -> Endpoint {
        Endpoint {
            transport: Transport::Relay,
            address,
        }
    }

    /// An end by TCP.
    pub const fn tcp(address: SocketAddr) -> Endpoint {
        Endpoint {
            transport: Transport::Tcp,
            address,
        }
    }
}

/// By which way a datagram came, and by which its answer goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    /// Where it came from.
    pub(crate) from: Endpoint,
    /// To which of our addresses, where that is known. An answer from another of them is a stranger's to whoever gets it, and
    /// one of the other family cannot be sent at all.
    pub(crate) to: Option<IpAddr>,
}
