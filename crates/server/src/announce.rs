//! Which addresses the candidates of an answer name.
//!
//! What is bound and what is announced differ behind a NAT or in a container, so an operator may say it, as often as clients
//! have ways to come (`--public-address HOST[:PORT]`). Without that, a server that listens on one address announces it, and one
//! that listens on all announces what its interfaces have, of both families where it listens on both.
//!
//! One that listens on loopback, as by default, is opened by browsers of this machine alone, or through a proxy on it. Neither
//! makes media any good at loopback: Firefox takes no such address for a way, not even on this machine, and media goes through
//! no proxy. So its media socket is open to the machine's addresses, and they are announced beside that of loopback. That
//! lets nobody in: a stranger's datagram costs a look-up and an HMAC, and whoever may join was asked by HTTP, on loopback.
//!
//! A candidate is an address, so a name is looked up here: at start, and then again and again, since whoever gives a name does so
//! where the address changes. Clients that are in keep the way by which they came, and come back by the new one if that is gone.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use media::{Endpoint, Media};
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
                let found = lookup_host((&**name, 0)).await.and_then(|found| {
                    let found: Vec<SocketAddr> = found.collect();
                    // Nothing is no answer: with it the server would announce its interfaces, or no way at all.
                    (!found.is_empty())
                        .then_some(found)
                        .ok_or(io::ErrorKind::NotFound.into())
                });
                let found = found.map_err(|source| Unresolved {
                    name: name.clone(),
                    source,
                })?;
                reached.extend(found.iter().map(|address| Reached { ip: address.ip(), port }));
            }
        }
    }
    Ok(reached)
}

/// Looks names up again, and has the media plane announce what has become of them. Ends at once where there is none.
pub(crate) async fn follow(public: Vec<PublicAddress>, announced: Vec<Reached>, entrances: Entrances, media: Media) {
    let is_name = |public: &PublicAddress| matches!(public.host, PublicHost::Name(_));
    if !public.iter().any(is_name) {
        return;
    }
    let announce = |reached: &[Reached]| {
        // Where something is said, the interfaces do not matter.
        let addresses = self::announced(&entrances, reached, &[]);
        media.announce(&addresses)?;
        tracing::info!(?addresses, "the public address leads elsewhere now");
        Ok(())
    };
    let look = || {
        let public = public.clone();
        async move { resolve(&public).await }
    };
    keep_up(announced, limits::RESOLVE_INTERVAL, look, announce).await;
}

/// Asks again and again, and has announced what is another answer than before, until it can be.
async fn keep_up<L>(
    mut announced: Vec<Reached>,
    interval: Duration,
    look: impl Fn() -> L,
    announce: impl Fn(&[Reached]) -> io::Result<()>,
) where
    L: Future<Output = Result<Vec<Reached>, Unresolved>>,
{
    loop {
        tokio::time::sleep(interval).await;
        match look().await {
            Ok(reached) if is_same(&reached, &announced) => {}
            Ok(reached) => match announce(&reached) {
                Ok(()) => announced = reached,
                Err(error) => tracing::warn!(%error, "what the public address leads to cannot be announced"),
            },
            Err(error) => tracing::warn!(error = %register::chain(&error), "the last known address is announced"),
        }
    }
}

/// Whether two answers name the same addresses: servers of names change their order with every question.
fn is_same(one: &[Reached], other: &[Reached]) -> bool {
    one.len() == other.len() && one.iter().all(|reached| other.contains(reached))
}

/// The IP address that the media socket binds: that of the listener, unless clients come another way. Where one of them is of a
/// family that it does not have, or beyond this machine while the listener stays on loopback, the socket is open to all; and on
/// loopback as well where nothing is said of how clients come.
pub(crate) fn media_ip(listen: IpAddr, reached: &[Reached], interfaces: &[IpAddr]) -> IpAddr {
    let is_beyond = |ip: IpAddr| !ip.is_loopback();
    let leaves = reached.is_empty() || reached.iter().any(|reached| is_beyond(reached.ip));
    let is_open = listen.is_unspecified() || (listen.is_loopback() && leaves);
    if !is_open {
        return listen;
    }
    let is_reached_by_ipv6 = if reached.is_empty() && listen.is_loopback() {
        listen.is_ipv6() || own(interfaces).any(|ip| ip.is_ipv6())
    } else {
        reached.iter().any(|reached| reached.ip.is_ipv6()) || listen.is_ipv6()
    };
    if is_reached_by_ipv6 {
        Ipv6Addr::UNSPECIFIED.into()
    } else {
        Ipv4Addr::UNSPECIFIED.into()
    }
}

/// Where clients may come in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entrances {
    /// The address of HTTP.
    pub(crate) listen: SocketAddr,
    /// The address of media.
    pub(crate) media: SocketAddr,
    /// The port at which connections that carry media reach that of HTTP, if they do.
    pub(crate) http_port: Option<u16>,
    /// Whether connections come to the media port.
    pub(crate) is_apart: bool,
}

impl Entrances {
    /// By what is set, with the addresses that are bound.
    pub(crate) fn new(listen: SocketAddr, media: SocketAddr, public_url: &str, is_secured: bool) -> Entrances {
        let url: Option<http::Uri> = public_url.parse().ok();
        // Where the URL and this server do not agree about TLS, somebody is between them who would not pass this on.
        let direct = url.filter(|url| (url.scheme() == Some(&http::uri::Scheme::HTTPS)) == is_secured);
        let usual = if is_secured { 443 } else { 80 };
        Entrances {
            listen,
            media,
            http_port: direct.map(|url| url.port_u16().unwrap_or(usual)),
            is_apart: media.port() == 0 || media.port() != listen.port(),
        }
    }

    /// For datagrams alone.
    pub(crate) fn without_tcp(self) -> Entrances {
        Entrances {
            http_port: None,
            is_apart: false,
            ..self
        }
    }
}

/// What is announced: where datagrams come, and where connections do that carry them. Those come to the media port, and to that
/// of HTTP: a network that lets nothing else through lets that through.
pub(crate) fn announced(entrances: &Entrances, reached: &[Reached], interfaces: &[IpAddr]) -> Vec<Endpoint> {
    let addresses = addresses(entrances, reached, interfaces);
    let mut announced: Vec<Endpoint> = addresses.iter().copied().map(Endpoint::udp).collect();
    if entrances.is_apart {
        announced.extend(addresses.iter().copied().map(Endpoint::tcp));
    }
    let Entrances { listen, http_port, .. } = entrances;
    let is_listened_at = |ip: IpAddr| {
        listen.ip().is_unspecified() || listen.ip() == ip || (!reached.is_empty() && !listen.ip().is_loopback())
    };
    if let Some(port) = http_port {
        let ips = addresses.iter().map(SocketAddr::ip).filter(|ip| is_listened_at(*ip));
        announced.extend(ips.map(|ip| Endpoint::tcp(SocketAddr::new(ip, *port))));
    }
    announced
}

/// The addresses at which datagrams come, given those of the interfaces.
fn addresses(entrances: &Entrances, reached: &[Reached], interfaces: &[IpAddr]) -> Vec<SocketAddr> {
    let bound = entrances.media;
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
    let is_usable = |ip: &IpAddr| ip.is_ipv4() || bound.is_ipv6();
    let mut usable: Vec<IpAddr> = own(interfaces).filter(is_usable).collect();
    usable.sort_unstable();
    usable.dedup();
    let listen = entrances.listen.ip();
    if listen.is_loopback() {
        usable.insert(0, listen);
    } else if usable.is_empty() {
        // A machine without a network still holds meetings with itself.
        usable = interfaces
            .iter()
            .copied()
            .filter(|ip| ip.is_loopback() && is_usable(ip))
            .collect();
        usable.sort_unstable();
    }
    let with_port = |ip| SocketAddr::new(ip, bound.port());
    usable.into_iter().map(with_port).collect()
}

/// The addresses by which others reach this machine.
fn own(interfaces: &[IpAddr]) -> impl Iterator<Item = IpAddr> {
    let is_own = |ip: &IpAddr| !ip.is_loopback() && !is_link_local(*ip);
    interfaces.iter().copied().filter(is_own)
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
    use std::cell::RefCell;

    use tokio::sync::Notify;

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
        let ipv4_alone = ["127.0.0.1", "192.168.1.5"];
        let check = async |listen: &str, public: &[&str], interfaces: &[&str], expected: &[&str]| {
            let ips = interfaces.iter().map(|text| text.parse().expect("a valid row"));
            let interfaces: Vec<IpAddr> = ips.collect();
            let (listen, reached) = (listen.parse().expect("a valid row"), reached(public).await);
            let entrances = Entrances {
                listen: SocketAddr::new(listen, 7000),
                media: SocketAddr::new(media_ip(listen, &reached, &interfaces), 7000),
                http_port: None,
                is_apart: false,
            };
            let announced = announced(&entrances, &reached, &interfaces);
            let announced: Vec<String> = announced.iter().map(|end| end.address.to_string()).collect();
            assert_eq!(announced, expected, "{listen} {public:?}");
        };
        let (loopback, ipv4, ipv6) = ("127.0.0.1:7000", "192.168.1.5:7000", "[2001:db8::5]:7000");
        check("127.0.0.1", &[], &machine, &[loopback, ipv4, ipv6]).await;
        check("127.0.0.1", &[], &ipv4_alone, &[loopback, ipv4]).await;
        check("127.0.0.1", &[], &["127.0.0.1", "::1"], &[loopback]).await;
        check("::1", &[], &machine, &["[::1]:7000", ipv4, ipv6]).await;
        check("127.0.0.1", &["127.0.0.1:9"], &machine, &["127.0.0.1:9"]).await;
        check("0.0.0.0", &[], &machine, &[ipv4]).await;
        check("0.0.0.0", &[], &["127.0.0.1"], &[loopback]).await;
        check("::", &[], &machine, &[ipv4, ipv6]).await;
        check("::", &[], &["::1", "127.0.0.1"], &[loopback, "[::1]:7000"]).await;
        check("2001:db8::5", &[], &machine, &[ipv6]).await;
        check("0.0.0.0", &["203.0.113.7"], &machine, &["203.0.113.7:7000"]).await;
        check(
            "::",
            &["203.0.113.7:3478", "2001:db8::7"],
            &machine,
            &["203.0.113.7:3478", "[2001:db8::7]:7000"],
        )
        .await;
    }

    #[tokio::test]
    async fn where_connections_are_announced() {
        let machine = [
            "127.0.0.1".parse().expect("valid"),
            "192.168.1.5".parse().expect("valid"),
        ];
        let check = async |listen: &str, media_port: u16, url: &str, is_secured, public: &[&str], expected: &[&str]| {
            let (listen, reached): (SocketAddr, _) = (listen.parse().expect("a valid row"), reached(public).await);
            let media = SocketAddr::new(media_ip(listen.ip(), &reached, &machine), media_port);
            let entrances = Entrances::new(listen, media, url, is_secured);
            let without = self::announced(&entrances.without_tcp(), &reached, &machine);
            assert!(without.iter().all(|end| end.transport == media::Transport::Udp));
            let announced = announced(&entrances, &reached, &machine);
            let connections = announced.iter().filter(|end| end.transport == media::Transport::Tcp);
            let connections: Vec<String> = connections.map(|end| end.address.to_string()).collect();
            assert_eq!(connections, expected, "{listen} {media_port} {url} {public:?}");
        };
        let (plain, secured) = ("http://localhost:8080", "https://meet.example.org");
        // The port of HTTP, and not beyond loopback if it is not listened to there.
        check("127.0.0.1:8080", 8080, plain, false, &[], &["127.0.0.1:8080"]).await;
        check("0.0.0.0:443", 443, secured, true, &[], &["192.168.1.5:443"]).await;
        // Both, where they are two.
        check(
            "0.0.0.0:443",
            3478,
            secured,
            true,
            &[],
            &["192.168.1.5:3478", "192.168.1.5:443"],
        )
        .await;
        // Behind a router, or in a container, at the port that people open.
        check(
            "0.0.0.0:8443",
            8443,
            secured,
            true,
            &["203.0.113.7"],
            &["203.0.113.7:443"],
        )
        .await;
        check(
            "10.0.0.5:8443",
            8443,
            secured,
            true,
            &["203.0.113.7:9"],
            &["203.0.113.7:443"],
        )
        .await;
        // Behind a proxy it is the proxy that has the port.
        check("127.0.0.1:8080", 8080, secured, false, &["203.0.113.7"], &[]).await;
        check(
            "127.0.0.1:8080",
            3478,
            secured,
            false,
            &["203.0.113.7"],
            &["203.0.113.7:3478"],
        )
        .await;
    }

    #[tokio::test]
    async fn a_name_is_announced_as_what_it_leads_to() {
        let bound: SocketAddr = "0.0.0.0:7000".parse().expect("valid");
        let entrances = Entrances::new(bound, bound, "https://meet.example.org", false);
        let found = announced(&entrances, &reached(&["localhost:3478"]).await, &[]);
        assert!(!found.is_empty(), "every machine has that name");
        assert!(
            found
                .iter()
                .all(|end| end.address.ip().is_loopback() && end.address.port() == 3478),
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
            let interfaces = ["127.0.0.1".parse().expect("a valid row")];
            let bound = media_ip(
                listen.parse().expect("a valid row"),
                &reached(public).await,
                &interfaces,
            );
            assert_eq!(bound.to_string(), expected, "{listen} {public:?}");
        };
        check("127.0.0.1", &[], "0.0.0.0").await;
        check("192.168.1.5", &[], "192.168.1.5").await;
        check("::1", &[], "::").await;
        check("127.0.0.1", &["127.0.0.1"], "127.0.0.1").await;
        check("127.0.0.1", &["203.0.113.7"], "0.0.0.0").await;
        check("127.0.0.1", &["127.0.0.1", "203.0.113.7"], "0.0.0.0").await;
        check("127.0.0.1", &["203.0.113.7", "2001:db8::7"], "::").await;
        check("0.0.0.0", &["203.0.113.7"], "0.0.0.0").await;
        check("0.0.0.0", &["2001:db8::7"], "::").await;
        check("::", &["203.0.113.7"], "::").await;
        check("192.168.1.5", &["203.0.113.7"], "192.168.1.5").await;
    }

    fn of(ips: &[&str]) -> Vec<Reached> {
        let ips = ips.iter().map(|text| text.parse().expect("a valid row"));
        ips.map(|ip| Reached { ip, port: None }).collect()
    }

    #[tokio::test]
    async fn what_a_name_leads_to_is_announced_again_when_it_changes() {
        let lost = || Unresolved {
            name: "meet.example.org".to_owned(),
            source: io::ErrorKind::NotFound.into(),
        };
        let (one, two) = (of(&["203.0.113.7"]), of(&["203.0.113.8", "2001:db8::8"]));
        let turned = two.iter().rev().copied().collect();
        let answers = [
            Ok(one.clone()),
            Err(lost()),
            Ok(two.clone()),
            Ok(turned),
            Ok(one.clone()),
            Ok(one.clone()),
        ];
        let answers = RefCell::new(answers.into_iter());
        let told = RefCell::new(Vec::new());
        let all_asked = Notify::new();
        let look = || {
            let answer = answers.borrow_mut().next();
            let all_asked = &all_asked;
            async move {
                if let Some(answer) = answer {
                    answer
                } else {
                    all_asked.notify_one();
                    std::future::pending().await
                }
            }
        };
        // The last change is announced at the second try.
        let announce = |reached: &[Reached]| {
            told.borrow_mut().push(reached.to_vec());
            if told.borrow().len() == 2 {
                Err(io::ErrorKind::Other.into())
            } else {
                Ok(())
            }
        };
        tokio::select! {
            () = keep_up(one.clone(), Duration::ZERO, look, announce) => panic!("it goes on as long as the server"),
            () = all_asked.notified() => {}
        }
        assert_eq!(told.into_inner(), [two, one.clone(), one]);
    }

    #[test]
    fn an_answer_in_another_order_is_the_same() {
        assert!(is_same(
            &of(&["203.0.113.7", "2001:db8::7"]),
            &of(&["2001:db8::7", "203.0.113.7"])
        ));
        assert!(!is_same(&of(&["203.0.113.7"]), &of(&["203.0.113.8"])));
        assert!(!is_same(&of(&["203.0.113.7", "203.0.113.8"]), &of(&["203.0.113.8"])));
    }
}
