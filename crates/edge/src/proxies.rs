//! Whose address a request comes from, where a proxy stands between.
//!
//! Anybody may write anything into a header, so one is read only where the peer is a proxy that the operator trusts, and only from
//! its end: each proxy adds the address that it saw, so what stands farther left than the last stranger is a stranger's word.
//! Proxies write `X-Forwarded-For`, or `Forwarded` (RFC 7239), and most pass on unread whichever they do not write. So where both
//! are there and disagree, one of them is a stranger's, and neither is believed: the request counts as the proxy's own.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word about their clients is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Arc<[Network]>);

/// A network, as `192.0.2.0/24` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    prefix: u32,
}

/// What is no network: not of that form, or an address inside of one, which leaves open what is meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a network in CIDR form")]
pub struct NoNetwork;

impl Network {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && cut(address, self.prefix) == self.first
    }

    /// Whether every address of its kind is in it.
    pub fn is_everything(&self) -> bool {
        self.prefix == 0
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Network, NoNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let bits = if first.is_ipv4() { u32::BITS } else { u128::BITS };
        let prefix = prefix.map_or(Ok(bits), str::parse).map_err(|_| NoNetwork)?;
        let named = prefix <= bits && first.to_canonical() == first && cut(first, prefix) == first;
        named.then_some(Network { first, prefix }).ok_or(NoNetwork)
    }
}

/// The first address of the network of so many bits that an address is in.
fn cut(address: IpAddr, prefix: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4((address.to_bits() & !u32::MAX.checked_shr(prefix).unwrap_or(0)).into()),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
            address.to_bits() & !u128::MAX.checked_shr(prefix).unwrap_or(0),
        )),
    }
}

impl FromIterator<Network> for Proxies {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Proxies {
        Proxies(networks.into_iter().collect())
    }
}

impl Proxies {
    /// Their networks.
    pub fn networks(&self) -> &[Network] {
        &self.0
    }

    /// Whether an address is a proxy's.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The address that a request comes from, as far as it can be believed.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.contain(peer) {
            return peer;
        }
        let forwarded = self.last_stranger(peer, headers, &header::FORWARDED, forwarded);
        let x_forwarded_for = self.last_stranger(peer, headers, &X_FORWARDED_FOR, x_forwarded_for);
        match (forwarded, x_forwarded_for) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => peer,
        }
    }

    /// Walks a header from its end, for as long as it is proxies that speak; `None` if there is no such header. Of what cannot
    /// be read, nobody knows who wrote it: then it is the last proxy's own request.
    fn last_stranger(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: &HeaderName,
        nodes: fn(&str) -> Vec<Option<IpAddr>>,
    ) -> Option<IpAddr> {
        let lines: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
        let mut speaker = (!lines.is_empty()).then_some(peer)?;
        for line in lines.into_iter().rev() {
            for node in nodes(line.to_str().unwrap_or_default()).into_iter().rev() {
                match node {
                    None => return Some(speaker),
                    Some(address) if !self.contain(address) => return Some(address),
                    Some(proxy) => speaker = proxy,
                }
            }
        }
        Some(speaker)
    }
}

/// The addresses of a line of `X-Forwarded-For`.
fn x_forwarded_for(line: &str) -> Vec<Option<IpAddr>> {
    line.split(',').map(|node| address(node.trim())).collect()
}

/// The addresses of a line of `Forwarded`. A quotation mark that a stranger left open takes in what the proxy wrote after it, and
/// the whole of that is no address: so each pair of an element must be well formed, or nothing of it counts.
fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    // An escape would hide where a quotation ends, and no address has one.
    if line.contains('\\') {
        return vec![None];
    }
    let for_whom = |element: &str| {
        let mut client = None;
        for pair in outside_quotes(element, ';') {
            let (name, value) = pair.split_once('=')?;
            let value = unquoted(value.trim())?;
            if name.trim().eq_ignore_ascii_case("for") {
                client = address(value);
            }
        }
        client
    };
    outside_quotes(line, ',').into_iter().map(for_whom).collect()
}

/// A value without its quotation marks, which stand at both ends or nowhere.
fn unquoted(value: &str) -> Option<&str> {
    let inner = value
        .strip_prefix('"')
        .map_or(Some(value), |rest| rest.strip_suffix('"'))?;
    (!inner.contains('"')).then_some(inner)
}

fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    let separates = |sign: char| {
        quoted ^= sign == '"';
        sign == separator && !quoted
    };
    text.split(separates).collect()
}

/// An address as proxies write it: with or without a port, and an IPv6 address with or without brackets.
fn address(node: &str) -> Option<IpAddr> {
    let bracketed = || node.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    node.parse()
        .ok()
        .or_else(|| bracketed().map(IpAddr::V6))
        .or_else(|| Some(node.parse::<SocketAddr>().ok()?.ip()))
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("a valid row")
    }

    fn x(value: &str) -> (&'static str, &str) {
        ("x-forwarded-for", value)
    }

    fn f(value: &str) -> (&'static str, &str) {
        ("forwarded", value)
    }

    fn proxies(networks: &[&str]) -> Proxies {
        networks
            .iter()
            .map(|network| network.parse::<Network>().expect("a valid row"))
            .collect()
    }

    #[test]
    fn networks_and_what_is_in_them() {
        let check = |network: &str, address: &str, expected: Option<bool>| {
            let network = network.parse::<Network>().ok();
            let found = network.map(|network| network.contains(ip(address)));
            assert_eq!(found, expected, "{network:?} {address}");
        };
        check("192.0.2.0/24", "192.0.2.255", Some(true));
        check("192.0.2.0/24", "192.0.3.0", Some(false));
        check("192.0.2.0/24", "::ffff:192.0.2.1", Some(true));
        check("192.0.2.7", "192.0.2.7", Some(true));
        check("192.0.2.7", "192.0.2.8", Some(false));
        check("0.0.0.0/0", "192.0.2.7", Some(true));
        check("0.0.0.0/0", "2001:db8::1", Some(false));
        check("::/0", "2001:db8::1", Some(true));
        check("2001:db8::/32", "2001:db8:ffff::1", Some(true));
        check("2001:db8::/32", "2001:db9::1", Some(false));
        check("::1", "::1", Some(true));
        for wrong in [
            "192.0.2.1/24",
            "192.0.2.0/33",
            "::/129",
            "192.0.2.0/",
            "proxy",
            "",
            "::ffff:192.0.2.0/120",
        ] {
            check(wrong, "192.0.2.1", None);
        }
    }

    /// Behind a proxy at 192.0.2.1, and another on the machine.
    #[test]
    fn the_client_is_the_last_who_is_no_proxy() {
        let proxies = proxies(&["192.0.2.0/30", "127.0.0.1", "2001:db8:a::/48"]);
        let check = |peer: &str, headers: &[(&'static str, &str)], expected: &str| {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, HeaderValue::from_str(value).expect("a valid row"));
            }
            assert_eq!(proxies.client(ip(peer), &map), ip(expected), "{peer} with {headers:?}");
        };
        // A stranger says what they like.
        check("203.0.113.9", &[x("198.51.100.1")], "203.0.113.9");
        check("203.0.113.9", &[f("for=198.51.100.1")], "203.0.113.9");
        check("192.0.2.1", &[], "192.0.2.1");
        for client in ["198.51.100.1", "2001:db8::1"] {
            check("192.0.2.1", &[x(client)], client);
            check("192.0.2.1", &[x(&format!("203.0.113.9,  {client}"))], client);
            check("192.0.2.1", &[x("203.0.113.9"), x(client)], client);
        }
        check(
            "127.0.0.1",
            &[x("203.0.113.9, 198.51.100.1, 192.0.2.2")],
            "198.51.100.1",
        );
        check("2001:db8:a::1", &[x("198.51.100.1:4711")], "198.51.100.1");
        check("192.0.2.1", &[x("[2001:db8::1]:4711")], "2001:db8::1");
        check("192.0.2.1", &[x("::ffff:198.51.100.1")], "198.51.100.1");
        // Somebody beside the proxy, who came through it.
        check("127.0.0.1", &[x("192.0.2.2")], "192.0.2.2");
        // What cannot be read is the word of the proxy that wrote it.
        check("192.0.2.1", &[x("203.0.113.9, unknown")], "192.0.2.1");
        check("192.0.2.1", &[x("203.0.113.9, _hidden, 192.0.2.2")], "192.0.2.2");
        check("192.0.2.1", &[x("")], "192.0.2.1");

        check(
            "192.0.2.1",
            &[f("for=198.51.100.1;proto=https;by=192.0.2.1")],
            "198.51.100.1",
        );
        check("192.0.2.1", &[f("For=\"[2001:db8::1]:4711\"")], "2001:db8::1");
        check(
            "192.0.2.1",
            &[f("for=203.0.113.9, for=198.51.100.1, for=192.0.2.2")],
            "198.51.100.1",
        );
        check("192.0.2.1", &[f("for=203.0.113.9, for=unknown")], "192.0.2.1");
        check("192.0.2.1", &[f("for=203.0.113.9, proto=https")], "192.0.2.1");
        // A quotation mark that a stranger leaves open.
        check(
            "192.0.2.1",
            &[f("for=203.0.113.9, for=\", for=198.51.100.1")],
            "192.0.2.1",
        );
        check(
            "192.0.2.1",
            &[f("for=203.0.113.9;x=\", for=\"[2001:db8::1]:1\"")],
            "192.0.2.1",
        );
        check(
            "192.0.2.1",
            &[f("for=\"203.0.113.9\\\", for=\"[2001:db8::1]:1\"")],
            "192.0.2.1",
        );

        // A proxy writes one of the two, and passes on the other.
        check("192.0.2.1", &[f("for=203.0.113.9"), x("198.51.100.1")], "192.0.2.1");
        check(
            "192.0.2.1",
            &[f("for=198.51.100.1"), x("203.0.113.9, 198.51.100.1")],
            "198.51.100.1",
        );
    }

    proptest! {
        /// Whatever a stranger sends ahead, the proxy behind them says who they are, or nothing is believed.
        #[test]
        fn nobody_is_somebody_else(
            sent in prop::collection::vec((any::<bool>(), "[ -~]{0,40}|[fF]or=[\";, =:.0-9a-f\\[\\]\\\\]{0,30}"), 0..4),
            appends in any::<bool>(),
            new_line in any::<bool>(),
            client in prop_oneof!["198\\.51\\.100\\.[1-9]", "2001:db8::[1-9]"],
        ) {
            let proxies = proxies(&["192.0.2.0/24"]);
            let (name, node) = if appends {
                (X_FORWARDED_FOR, client.clone())
            } else if client.contains(':') {
                (header::FORWARDED, format!("for=\"[{client}]:4711\";proto=https"))
            } else {
                (header::FORWARDED, format!("for={client};proto=https"))
            };
            let (mut headers, mut last) = (HeaderMap::new(), String::new());
            for (same, value) in &sent {
                let other = if name == X_FORWARDED_FOR { header::FORWARDED } else { X_FORWARDED_FOR };
                if *same && !new_line {
                    last = format!("{last}{value}, ");
                } else {
                    headers.append(if *same { &name } else { &other }, HeaderValue::from_str(value).expect("printable"));
                }
            }
            headers.append(&name, HeaderValue::from_str(&format!("{last}{node}")).expect("printable"));
            let (peer, client) = (ip("192.0.2.1"), ip(&client));
            let found = proxies.client(peer, &headers);
            prop_assert!(found == client || proxies.contain(found), "{headers:?} is from {found}");
        }
    }
}
