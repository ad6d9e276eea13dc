//! The way that the packets of a session take.

use std::net::SocketAddr;

/// The way that a session's packets take, as this server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// What carries them.
    pub transport: Transport,
    /// Where they come from.
    pub theirs: SocketAddr,
    /// Where they go to.
    pub ours: SocketAddr,
}

/// What carries media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    Udp = 1,
    /// A connection.
    Tcp = 2,
    /// Datagrams to a relay of ours.
    RelayedUdp = 3,
    /// A connection to a relay of ours, with TLS or without.
    RelayedTcp = 4,
}

impl Transport {
    pub(crate) const ALL: [Transport; 4] = [
        Transport::Udp,
        Transport::Tcp,
        Transport::RelayedUdp,
        Transport::RelayedTcp,
    ];

    /// Whether a relay carries it on.
    pub fn is_relayed(self) -> bool {
        matches!(self, Transport::RelayedUdp | Transport::RelayedTcp)
    }
}
