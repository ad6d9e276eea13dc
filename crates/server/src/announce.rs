//! Which addresses the candidates of an answer name.
//!
//! What is bound and what is announced differ behind a NAT or in a container, so an operator may say it, as often as clients
//! have ways to come (`--public-address HOST[:PORT]`). Without that, a server that listens on one address announces it, and one
//! that listens on all announces what its interfaces have, of both families where it listens on both.
//!
//! A candidate is an address, so a name is looked up here: at start, and then again and again, since whoever gives a name does so
//! where the address changes. Clients that are in keep the way by which they came, and come back by the new one if that is gone.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use media::Media;
use tokio::net::lookup_host;

use crate::limits;

/// `HOST` or `HOST:PORT`, as in `--public-address`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicAddress {
    /// What clients reach.
    pub host: PublicHost,
    /// The UDP port that clients reach, if it is not the one that is bound.
    pub port: Option<u16>,
}

/// The host of a [`PublicAddress`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicHost {
    /// An address.
    Ip(IpAddr),
    /// A name that leads to one.
    Name(String),
}

/// Text that is no [`PublicAddress`].
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither an address nor a name, with or without a port, such as 203.0.113.7 or meet.example.org:3478")]
pub struct NotAnAddress(String);

impl FromStr for PublicAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let parsed = if let Ok(address) = text.parse::<SocketAddr>() {
            Some((PublicHost::Ip(address.ip()), Some(address.port())))
        } else if let Ok(ip) = text.parse::<IpAddr>() {
            Some((PublicHost::Ip(ip), None))
        } else {
            named(text)
        };
        let is_somewhere = |host: &PublicHost| !matches!(host, PublicHost::Ip(ip) if ip.is_unspecified());
        match parsed {
            Some((host, port)) if is_somewhere(&host) && port != Some(0) => Ok(PublicAddress { host, port }),
            _ => Err(NotAnAddress(text.to_owned())),
        }
    }
}

/// A name, with or without a port. What ends in digits is a slip in an address.
fn named(text: &str) -> Option<(PublicHost, Option<u16>)> {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port.parse().ok()?)),
        None => (text, None),
    };
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let last = name.rsplit('.').next()?;
    let is_name = name.split('.').all(is_label) && !last.bytes().all(|byte| byte.is_ascii_digit());
    is_name.then(|| (PublicHost::Name(name.to_owned()), port))
}

/// Where clients reach the media port; without a port, at the one that is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    ip: IpAddr,
    port: Option<u16>,
}

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("the public address `{name}` leads to no address")]
pub struct Unresolved {
    name: String,
    source: io::Error,
}

/// Looks up those that are names.
pub(crate) async fn resolve(public: &[PublicAddress]) -> Result<Vec<Reached>, Unresolved> {
    let mut reached = Vec::new();
    for PublicAddress { host, port } in public {
        let port = *port;
        match host {
            PublicHost::Ip(ip) => reached.push(Reached { ip: *ip, port }),
            PublicHost::Name(name) => {
                let found = lookup_host((&**name, 0)).await;
                let found = found.map_err(|source| Unresolved {
                    name: name.clone(),
                    source,
                })?;
                reached.extend(found.map(|address| Reached { ip: address.ip(), port }));
            }
        }
    }
    Ok(reached)
}

/// Looks names up again, and has the media plane announce what has become of them. Ends at once where there is none.
pub(crate) async fn follow(public: Vec<PublicAddress>, mut announced: Vec<Reached>, media: Media) {
    let is_name = |public: &PublicAddress| matches!(public.host, PublicHost::Name(_));
    if !public.iter().any(is_name) {
        return;
    }
    loop {
        tokio::time::sleep(limits::RESOLVE_INTERVAL).await;
        match resolve(&public).await {
            Ok(reached) if is_same(&reached, &announced) => {}
            Ok(reached) => {
                let addresses = self::announced(media.local_address(), &reached, &[]);
                match media.announce(&addresses) {
                    Ok(()) => tracing::info!(?addresses, "the public address leads elsewhere now"),
                    Err(error) => tracing::warn!(%error, "what the public address leads to cannot be announced"),
                }
                announced = reached;
            }
            Err(error) => tracing::warn!(error = %register::chain(&error), "the last known address is announced"),
        }
    }
}

/// Whether two answers name the same addresses: servers of names change their order with every question.
fn is_same(one: &[Reached], other: &[Reached]) -> bool {
    one.len() == other.len() && one.iter().all(|reached| other.contains(reached))
}

/// The IP address that the media socket binds: that of the listener, unless clients come another way. Where one of them is beyond
/// this machine while the listener stays on loopback (behind a reverse proxy), or of a family that it does not have, the socket is
/// open to all: media is not proxied.
pub(crate) fn media_ip(listen: IpAddr, reached: &[Reached]) -> IpAddr {
    let leaves = listen.is_loopback() && reached.iter().any(|reached| !reached.ip.is_loopback());
    let is_open = leaves || listen.is_unspecified();
    if is_open && (reached.iter().any(|reached| reached.ip.is_ipv6()) || listen == IpAddr::V6(Ipv6Addr::UNSPECIFIED)) {
        return Ipv6Addr::UNSPECIFIED.into();
    }
    if is_open { Ipv4Addr::UNSPECIFIED.into() } else { listen }
}

/// The addresses to announce for a media socket bound to `bound`, given the addresses of the interfaces.
pub(crate) fn announced(bound: SocketAddr, reached: &[Reached], interfaces: &[IpAddr]) -> Vec<SocketAddr> {
    if !reached.is_empty() {
        let mut addresses: Vec<SocketAddr> = reached
            .iter()
            .map(|reached| SocketAddr::new(reached.ip, reached.port.unwrap_or(bound.port())))
            .collect();
        addresses.dedup();
        return addresses;
    }
    if !bound.ip().is_unspecified() {
        return vec![bound];
    }
    // The socket of all IPv6 addresses has those of IPv4 too.
    let usable = |ip: &&IpAddr| (ip.is_ipv4() || bound.is_ipv6()) && !is_link_local(**ip);
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

    async fn reached(public: &[&str]) -> Vec<Reached> {
        let public: Vec<PublicAddress> = public.iter().map(|text| text.parse().expect("a valid row")).collect();
        resolve(&public).await.expect("there are such addresses")
    }

    #[tokio::test]
    async fn what_is_announced() {
        let machine = [
            "127.0.0.1",
            "192.168.1.5",
            "169.254.1.1",
            "::1",
            "2001:db8::5",
            "fe80::1",
        ];
        let check = async |bound: &str, public: &[&str], interfaces: &[&str], expected: &[&str]| {
            let ips = interfaces.iter().map(|text| text.parse().expect("a valid row"));
            let interfaces: Vec<IpAddr> = ips.collect();
            let reached = reached(public).await;
            let announced = announced(bound.parse().expect("a valid row"), &reached, &interfaces);
            let announced: Vec<String> = announced.iter().map(ToString::to_string).collect();
            assert_eq!(announced, expected, "{bound} {public:?}");
        };
        check("127.0.0.1:7000", &[], &machine, &["127.0.0.1:7000"]).await;
        check("0.0.0.0:7000", &[], &machine, &["192.168.1.5:7000"]).await;
        check("0.0.0.0:7000", &[], &["127.0.0.1"], &["127.0.0.1:7000"]).await;
        check("[::]:7000", &[], &machine, &["192.168.1.5:7000", "[2001:db8::5]:7000"]).await;
        check(
            "[::]:7000",
            &[],
            &["::1", "127.0.0.1"],
            &["127.0.0.1:7000", "[::1]:7000"],
        )
        .await;
        check("[2001:db8::5]:7000", &[], &machine, &["[2001:db8::5]:7000"]).await;
        check("0.0.0.0:7000", &["203.0.113.7"], &machine, &["203.0.113.7:7000"]).await;
        check(
            "[::]:7000",
            &["203.0.113.7:3478", "2001:db8::7"],
            &machine,
            &["203.0.113.7:3478", "[2001:db8::7]:7000"],
        )
        .await;
    }

    #[tokio::test]
    async fn a_name_is_announced_as_what_it_leads_to() {
        let found = announced(
            "0.0.0.0:7000".parse().expect("valid"),
            &reached(&["localhost:3478"]).await,
            &[],
        );
        assert!(!found.is_empty(), "every machine has that name");
        assert!(
            found
                .iter()
                .all(|address| address.ip().is_loopback() && address.port() == 3478),
            "{found:?}"
        );
        let nowhere = resolve(&["nowhere.invalid".parse().expect("a name")]).await;
        let refused = nowhere.expect_err("RFC 6761 promises it");
        assert!(refused.to_string().contains("`nowhere.invalid`"), "{refused}");
    }

    #[test]
    fn what_is_no_public_address() {
        for text in [
            "",
            "here and there",
            "0.0.0.0",
            "[::]",
            "203.0.113.7:0",
            "203.0.113.7:99999",
            "203.0.113",
            "203.0.113.7.1",
            "meet.example.org:",
            "meet.example.org:0",
            "https://meet.example.org",
            "meet..example.org",
        ] {
            assert!(text.parse::<PublicAddress>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn media_is_bound_where_clients_come() {
        let check = async |listen: &str, public: &[&str], expected: &str| {
            let bound = media_ip(listen.parse().expect("a valid row"), &reached(public).await);
            assert_eq!(bound.to_string(), expected, "{listen} {public:?}");
        };
        check("127.0.0.1", &[], "127.0.0.1").await;
        check("127.0.0.1", &["127.0.0.1"], "127.0.0.1").await;
        check("127.0.0.1", &["203.0.113.7"], "0.0.0.0").await;
        check("127.0.0.1", &["127.0.0.1", "203.0.113.7"], "0.0.0.0").await;
        check("127.0.0.1", &["203.0.113.7", "2001:db8::7"], "::").await;
        check("0.0.0.0", &["203.0.113.7"], "0.0.0.0").await;
        check("0.0.0.0", &["2001:db8::7"], "::").await;
        check("::", &["203.0.113.7"], "::").await;
        check("192.168.1.5", &["203.0.113.7"], "192.168.1.5").await;
    }

    #[test]
    fn an_answer_in_another_order_is_the_same() {
        let of = |ips: &[&str]| -> Vec<Reached> {
            let ips = ips.iter().map(|text| text.parse().expect("a valid row"));
            ips.map(|ip| Reached { ip, port: None }).collect()
        };
        assert!(is_same(
            &of(&["203.0.113.7", "2001:db8::7"]),
            &of(&["2001:db8::7", "203.0.113.7"])
        ));
        assert!(!is_same(&of(&["203.0.113.7"]), &of(&["203.0.113.8"])));
        assert!(!is_same(&of(&["203.0.113.7", "203.0.113.8"]), &of(&["203.0.113.8"])));
    }
}
