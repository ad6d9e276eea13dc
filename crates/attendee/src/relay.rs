//! A relay that a server tells of (TURN): where it is, by what it is reached (RFC 7065), and what is shown there.

use std::{fmt, net::Ipv6Addr, sync::Arc};

use tokio_rustls::rustls::ClientConfig;
use turn::Credentials;

/// Where relays are that name no port: without TLS, and with it.
const PORTS: [u16; 2] = [3478, 5349];

/// What carries datagrams to a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Each by itself.
    Udp,
    /// A connection.
    Tcp,
    /// A connection that nobody looks into.
    Tls,
}

/// A relay.
#[derive(Clone)]
pub struct Relay {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// By what it is reached.
    pub carrier: Carrier,
    pub(crate) credentials: Credentials,
    pub(crate) trust: Arc<ClientConfig>,
}

impl Relay {
    /// The relay at this address, as browsers take it; none if they would not. `trust`: whose certificates count.
    pub fn new(url: &str, credentials: Credentials, trust: Arc<ClientConfig>) -> Option<Relay> {
        let (scheme, rest) = url.split_once(':')?;
        let (place, query) = match rest.split_once('?') {
            Some((place, query)) => (place, Some(query.strip_prefix("transport=")?)),
            None => (rest, None),
        };
        let carrier = match (scheme, query) {
            ("turn", None | Some("udp")) => Carrier::Udp,
            ("turn", Some("tcp")) => Carrier::Tcp,
            ("turns", None | Some("tcp")) => Carrier::Tls,
            _ => return None,
        };
        let (host, port) = place_of(place)?;
        credentials.can_be_shown().then(|| Relay {
            host: host.to_owned(),
            port: port.unwrap_or(PORTS[usize::from(carrier == Carrier::Tls)]),
            carrier,
            credentials,
            trust,
        })
    }
}

/// A host and its port. An address of IPv6 is in brackets.
fn place_of(place: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(inside) => {
            let (host, rest) = inside.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, rest)
        }
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(port) => Some(port_of(port)?),
        None if port.is_empty() => None,
        None => return None,
    };
    (!host.is_empty()).then_some((host, port))
}

/// A number that is nothing but digits, and at which something can be.
fn port_of(digits: &str) -> Option<u16> {
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|port| are_digits && *port != 0)
}

impl fmt::Display for Relay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            return write!(formatter, "[{}]:{}", self.host, self.port);
        }
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Relay({self} by {:?})", self.carrier)
    }
}
