//! By which ways datagrams come and go: as we know them, and as the WebRTC stack names them.
//!
//! We know of a way both ends, what carries datagrams there, and whether it leads through our relay. The stack knows one address of the
//! other end, and of ours those that were announced to the client, which behind a translating router are not those that were bound. So a
//! datagram is handed to it as one that came to an announced address; and what it has for an address leaves by the way that [`Path`] says.

use std::{net::SocketAddr, time::Instant};

use str0m::{
    Candidate, Input,
    net::{Protocol, Receive, TcpType, Transmit},
};

use crate::{
    core::path::Path,
    endpoint::{Endpoint, Route, Transport},
    event,
};

/// The ways between a client and us.
pub(super) struct Ways {
    path: Path,
    /// By which way the datagram came that was handed in last, until all that came of it was taken out.
    came_by: Option<Route>,
    /// What was announced to the client. Those who come later may be told something else.
    announced: Box<[Endpoint]>,
}

impl Ways {
    /// Before anything has come.
    pub(super) fn announced(ends: &[Endpoint]) -> Ways {
        Ways {
            path: Path::default(),
            came_by: None,
            announced: ends.into(),
        }
    }

    /// A datagram as the stack takes it; nothing if that cannot be.
    pub(super) fn input<'a>(&self, route: Route, contents: &'a [u8], now: Instant) -> Option<Input<'a>> {
        let protocol = match carrier(route.from.transport) {
            Transport::Udp | Transport::Relay => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        };
        let to = self.ours(route)?;
        let received = Receive::new(protocol, route.from.address, to, contents).ok()?;
        Some(Input::Receive(now, received))
    }

    /// A datagram is handed in.
    pub(super) fn came(&mut self, route: Route, contents: &[u8]) {
        self.path.arrived(route, contents);
        self.came_by = Some(route);
    }

    /// It was authentic: media goes back the way that it came.
    pub(super) fn proved(&mut self) {
        if let Some(route) = self.came_by {
            self.path.proved(route);
        }
    }

    /// All that came of it was taken out.
    pub(super) fn answered(&mut self) {
        self.came_by = None;
    }

    /// By which way a datagram of the stack leaves.
    pub(super) fn back(&self, datagram: &Transmit) -> Route {
        let named = self.named(datagram.proto, datagram.destination);
        self.path.of(&datagram.contents, named, self.came_by)
    }

    /// The way to the client, as far as is known.
    pub(super) fn reached(&self) -> Option<Route> {
        self.path.reached()
    }

    /// The same as the control plane is told of it.
    pub(super) fn told(&self) -> Option<event::Path> {
        let route = self.path.reached()?;
        Some(event::Path {
            transport: route.from.transport,
            theirs: route.from.address,
            ours: self.ours(route)?,
            is_relayed: route.from.transport == Transport::Relay,
        })
    }

    /// Whether the newest authentic datagram came by this way.
    pub(super) fn is_proved(&self, route: Route) -> bool {
        self.path.is_proved(route)
    }

    /// The end that the stack has a datagram for: it does not know of relays.
    fn named(&self, protocol: Protocol, address: SocketAddr) -> Endpoint {
        let relayed = Endpoint::relayed(address);
        let transport = match protocol {
            Protocol::Udp => Transport::Udp,
            // It answers by what it was asked by, and it is asked by these two.
            Protocol::Tcp | Protocol::SslTcp | Protocol::Tls => Transport::Tcp,
        };
        match transport {
            Transport::Udp if self.came_by.is_some_and(|route| route.from == relayed) => relayed,
            transport => Endpoint { transport, address },
        }
    }

    /// The announced address that a datagram came to: the very one, or one of its family, or any.
    fn ours(&self, Route { from, to }: Route) -> Option<SocketAddr> {
        let is_carried = |end: &&Endpoint| end.transport == carrier(from.transport);
        let mut addresses = self.announced.iter().filter(is_carried).map(|end| end.address);
        let exact = addresses.clone().find(|address| Some(address.ip()) == to);
        let is_family = |address: &SocketAddr| address.is_ipv4() == from.address.is_ipv4();
        exact
            .or_else(|| addresses.clone().find(is_family))
            .or_else(|| addresses.next())
    }
}

/// What carries a datagram on the last part of its way: what comes out of the relay comes by no connection.
fn carrier(transport: Transport) -> Transport {
    match transport {
        Transport::Udp | Transport::Relay => Transport::Udp,
        Transport::Tcp => Transport::Tcp,
    }
}

/// An address as it is announced: to a connection it is the client that comes.
pub(super) fn candidate(end: Endpoint) -> Result<Candidate, String> {
    let candidate = match end.transport {
        Transport::Udp | Transport::Relay => Candidate::builder().udp().host(end.address).build(),
        Transport::Tcp => Candidate::builder()
            .tcp()
            .host(end.address)
            .tcptype(TcpType::Passive)
            .build(),
    };
    candidate.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_come_to_what_was_announced() {
        let at = |address: &str| -> SocketAddr { address.parse().unwrap() };
        let announced = [
            Endpoint::udp(at("198.51.100.1:9")),
            Endpoint::udp(at("198.51.100.2:9")),
            Endpoint::tcp(at("198.51.100.3:9")),
            Endpoint::udp(at("[2001:db8::1]:9")),
        ];
        let check = |announced: &[Endpoint], from, to: Option<&str>, expected: Option<&str>| {
            let to = to.map(|address| address.parse().unwrap());
            let ours = Ways::announced(announced).ours(Route { from, to });
            assert_eq!(ours, expected.map(at), "{from:?} {to:?}");
        };
        let (v4, v6) = (at("192.0.2.1:5"), at("[2001:db8::2]:5"));
        let udp = Endpoint::udp(v4);
        check(&announced, udp, Some("198.51.100.2"), Some("198.51.100.2:9"));
        // Behind a translating router, or where it is not known.
        check(&announced, udp, Some("10.0.0.1"), Some("198.51.100.1:9"));
        check(&announced, udp, None, Some("198.51.100.1:9"));
        check(&announced, Endpoint::udp(v6), None, Some("[2001:db8::1]:9"));
        check(&announced[..3], Endpoint::udp(v6), None, Some("198.51.100.1:9"));
        check(
            &announced,
            Endpoint::tcp(v4),
            Some("198.51.100.1"),
            Some("198.51.100.3:9"),
        );
        check(&announced, Endpoint::relayed(v4), None, Some("198.51.100.1:9"));
        check(&announced[2..3], udp, None, None);
    }
}
