//! Which addresses the candidates of an answer name.
//!
//! What is bound and what is announced differ behind a NAT or in a container, so an operator may say it
//! (`--public-address IP[:PORT]`). Without that, a server that listens on one address announces it, and one that listens on
//! all announces what its interfaces have.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// `IP` or `IP:PORT`, as in `--public-address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAddress {
    /// The address that clients reach.
    pub ip: IpAddr,
    /// The UDP port that clients reach, if it is not the one that is bound.
    pub port: Option<u16>,
}

/// Text that is no [`PublicAddress`].
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an IP address with or without a port, such as 203.0.113.7 or 203.0.113.7:3478")]
pub struct NotAnAddress(String);

impl FromStr for PublicAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let parsed = if let Ok(address) = text.parse::<SocketAddr>() {
            PublicAddress {
                ip: address.ip(),
                port: Some(address.port()),
            }
        } else if let Ok(ip) = text.parse::<IpAddr>() {
            PublicAddress { ip, port: None }
        } else {
            return Err(NotAnAddress(text.to_owned()));
        };
        if parsed.ip.is_unspecified() || parsed.port == Some(0) {
            return Err(NotAnAddress(text.to_owned()));
        }
        Ok(parsed)
    }
}

/// The IP address that the media socket binds: that of the listener, unless the announced one is beyond this machine while the
/// listener stays on loopback (behind a reverse proxy). Media is not proxied, so it must then be open to all.
pub(crate) fn media_ip(listen: IpAddr, public: Option<PublicAddress>) -> IpAddr {
    match public {
        Some(public) if listen.is_loopback() && !public.ip.is_loopback() => match public.ip {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        },
        _ => listen,
    }
}

/// The addresses to announce for a media socket bound to `bound`, given the addresses of the interfaces.
pub(crate) fn announced(bound: SocketAddr, public: Option<PublicAddress>, interfaces: &[IpAddr]) -> Vec<SocketAddr> {
    if let Some(public) = public {
        return vec![SocketAddr::new(public.ip, public.port.unwrap_or(bound.port()))];
    }
    if !bound.ip().is_unspecified() {
        return vec![bound];
    }
    let usable = |ip: &&IpAddr| ip.is_ipv4() == bound.is_ipv4() && !is_link_local(**ip);
    let (loopback, mut real): (Vec<IpAddr>, Vec<IpAddr>) =
        interfaces.iter().filter(usable).partition(|ip| ip.is_loopback());
    if real.is_empty() {
        // A machine without a network still holds meetings with itself.
        real = loopback;
    }
    real.sort_unstable();
    real.dedup();
    real.into_iter().map(|ip| SocketAddr::new(ip, bound.port())).collect()
}

/// Link-local addresses need a scope that a candidate cannot carry.
fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

/// The addresses of this machine's interfaces.
pub(crate) fn interfaces() -> io::Result<Vec<IpAddr>> {
    Ok(if_addrs::get_if_addrs()?
        .into_iter()
        .map(|interface| interface.ip())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bound: &str, public: Option<&str>, interfaces: &[&str], expected: &[&str]) {
        let public = public.map(|text| text.parse().expect("a valid row"));
        let interfaces: Vec<IpAddr> = interfaces
            .iter()
            .map(|text| text.parse().expect("a valid row"))
            .collect();
        let announced: Vec<String> = announced(bound.parse().expect("a valid row"), public, &interfaces)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(announced, expected);
    }

    #[test]
    fn what_is_announced() {
        let machine = [
            "127.0.0.1",
            "192.168.1.5",
            "169.254.1.1",
            "::1",
            "2001:db8::5",
            "fe80::1",
        ];
        check("127.0.0.1:7000", None, &machine, &["127.0.0.1:7000"]);
        check("0.0.0.0:7000", None, &machine, &["192.168.1.5:7000"]);
        check("0.0.0.0:7000", None, &["127.0.0.1"], &["127.0.0.1:7000"]);
        check("[::]:7000", None, &machine, &["[2001:db8::5]:7000"]);
        check("0.0.0.0:7000", Some("203.0.113.7"), &machine, &["203.0.113.7:7000"]);
        check(
            "0.0.0.0:7000",
            Some("203.0.113.7:3478"),
            &machine,
            &["203.0.113.7:3478"],
        );
    }

    #[test]
    fn what_is_no_public_address() {
        for text in ["", "localhost", "0.0.0.0", "203.0.113.7:0", "203.0.113.7:99999", "[::]"] {
            assert!(text.parse::<PublicAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn media_leaves_loopback_when_the_announced_address_does() {
        let public = Some("203.0.113.7".parse().expect("valid"));
        assert_eq!(
            media_ip(Ipv4Addr::LOCALHOST.into(), public),
            IpAddr::from(Ipv4Addr::UNSPECIFIED)
        );
        assert_eq!(
            media_ip(Ipv4Addr::LOCALHOST.into(), None),
            IpAddr::from(Ipv4Addr::LOCALHOST)
        );
    }
}
