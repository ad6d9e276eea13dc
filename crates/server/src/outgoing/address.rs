//! Where somebody wants to be told, read strictly: what could be read in two ways is refused.
//!
//! An address that one parser reads as a harmless host and another as a neighbour is the oldest way around a check. So the host
//! must be a plain name, or an address in its one usual form, and what has no business in an address is refused rather than left out.

use std::net::{IpAddr, Ipv6Addr};

use http::Uri;

use crate::limits;

use super::public::is_public;

/// A server's front door: what a check is of, and what an operator lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    is_https: bool,
    /// In lower case; an address of IPv6 without its brackets.
    host: String,
    port: u16,
}

/// An address at which somebody may be told something, as far as can be seen without asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) uri: Uri,
    pub(super) origin: Origin,
}

/// Why an address is none that somebody may be told at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("it is longer than {} bytes", limits::RECEIVER_ADDRESS_BYTES_MAX)]
    TooLong,
    #[error("it is not an absolute URL of http or https")]
    Malformed,
    #[error("it has a user name or a password in it")]
    UserInfo,
    #[error("it has a fragment")]
    Fragment,
    #[error("it does not begin with https")]
    Plain,
    #[error("its port is not 443")]
    Port,
    #[error("its host is not on the public internet")]
    Neighbour,
}

impl Origin {
    /// One that an operator lists: a scheme, a host, and a port unless it is the usual one.
    pub fn parse(text: &str) -> Option<Origin> {
        let Address { uri, origin } = Address::parse(text).ok()?;
        (uri.path_and_query().is_none_or(|path| path == "/")).then_some(origin)
    }

    /// The address that the host is, if it is no name.
    fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        match self.ip() {
            Some(IpAddr::V6(host)) => write!(formatter, "{scheme}://[{host}]:{}", self.port),
            _ => write!(formatter, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl Address {
    /// Reads an address.
    pub(super) fn parse(text: &str) -> Result<Address, Unfit> {
        if text.len() > limits::RECEIVER_ADDRESS_BYTES_MAX {
            return Err(Unfit::TooLong);
        }
        if text.contains('#') {
            return Err(Unfit::Fragment);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(Unfit::Malformed);
        }
        let uri: Uri = text.parse().map_err(|_| Unfit::Malformed)?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(Unfit::Malformed),
        };
        let authority = uri.authority().ok_or(Unfit::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(Unfit::UserInfo);
        }
        let host = host_of(authority.host()).ok_or(Unfit::Malformed)?;
        let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
            None => [80, 443][usize::from(is_https)],
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or(Unfit::Malformed)?,
        };
        let origin = Origin { is_https, host, port };
        Ok(Address { uri, origin })
    }

    /// Whether anybody may be told there: on the public internet, by TLS, and where such servers are. What else listens on a
    /// public address of this very network may rely on a firewall that this server is behind.
    pub(super) fn check(&self) -> Result<(), Unfit> {
        let Origin { is_https, port, .. } = self.origin;
        match self.origin.ip() {
            _ if !is_https => Err(Unfit::Plain),
            _ if port != 443 => Err(Unfit::Port),
            Some(ip) if !is_public(ip) => Err(Unfit::Neighbour),
            _ => Ok(()),
        }
    }
}

/// The host, in the one form in which it is compared. A name that ends in a number is none: there are resolvers that read
/// `0x7f.1` and `2130706433` as this machine.
fn host_of(host: &str) -> Option<String> {
    if let Some(inside) = host.strip_prefix('[') {
        let address: Ipv6Addr = inside.strip_suffix(']')?.parse().ok()?;
        return Some(address.to_string());
    }
    let host = host.to_ascii_lowercase();
    let name = host.strip_suffix('.').unwrap_or(&host);
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let ends_in_number = name
        .rsplit('.')
        .next()?
        .starts_with(|first: char| first.is_ascii_digit());
    let is_name = !name.is_empty() && name.bytes().all(of_name) && !name.contains("..") && !ends_in_number;
    (is_name || host.parse::<std::net::Ipv4Addr>().is_ok()).then_some(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let check = |text: &str, expected: Result<&str, Unfit>| {
            let address = Address::parse(text).and_then(|address| address.check().map(|()| address));
            let found = address.map(|address| address.origin.to_string());
            assert_eq!(found.as_deref().map_err(|unfit| *unfit), expected, "{text}");
        };
        for (text, origin) in [
            ("https://hears.example/", "https://hears.example:443"),
            ("https://hears.example", "https://hears.example:443"),
            ("https://HEARS.example:443/a?b=c&d=%20", "https://hears.example:443"),
            ("https://1.1.1.1/a", "https://1.1.1.1:443"),
            (
                "https://[2606:4700:4700:0::1111]/a",
                "https://[2606:4700:4700::1111]:443",
            ),
            ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example:443"),
        ] {
            check(text, Ok(origin));
        }
        let long = format!(
            "https://hears.example/{}",
            "a".repeat(limits::RECEIVER_ADDRESS_BYTES_MAX)
        );
        for (text, unfit) in [
            (long.as_str(), Unfit::TooLong),
            ("", Unfit::Malformed),
            ("hears.example/a", Unfit::Malformed),
            ("/a", Unfit::Malformed),
            ("//hears.example/a", Unfit::Malformed),
            ("ftp://hears.example/", Unfit::Malformed),
            ("file:///etc/passwd", Unfit::Malformed),
            ("https:///a", Unfit::Malformed),
            ("https://hears.example:0/", Unfit::Malformed),
            ("https://hears.example:65536/", Unfit::Malformed),
            ("https://hears.example:/", Unfit::Malformed),
            ("https://hears..example/", Unfit::Malformed),
            ("https://hears.example\\@127.0.0.1/", Unfit::Malformed),
            ("https://hears.example /", Unfit::Malformed),
            ("https://b\u{fc}cher.example/", Unfit::Malformed),
            ("https://hears.example/\r\nHost: other", Unfit::Malformed),
            ("https://%31%32%37.0.0.1/", Unfit::Malformed),
            ("https://2130706433/", Unfit::Malformed),
            ("https://0x7f.1/", Unfit::Malformed),
            ("https://0x7f000001/", Unfit::Malformed),
            ("https://0177.0.0.1/", Unfit::Malformed),
            ("https://127.1/", Unfit::Malformed),
            ("https://127.0.0.1./", Unfit::Malformed),
            ("https://[::1%25eth0]/", Unfit::Malformed),
            ("https://ada@hears.example/", Unfit::UserInfo),
            ("https://ada:secret@hears.example/", Unfit::UserInfo),
            ("https://hears.example@127.0.0.1/", Unfit::UserInfo),
            ("https://hears.example/#a", Unfit::Fragment),
            ("http://hears.example/", Unfit::Plain),
            ("https://hears.example:22/", Unfit::Port),
            ("https://127.0.0.1/", Unfit::Neighbour),
            ("https://169.254.169.254/latest/meta-data", Unfit::Neighbour),
            ("https://[::1]/", Unfit::Neighbour),
            ("https://[::ffff:10.0.0.1]/", Unfit::Neighbour),
        ] {
            check(text, Err(unfit));
        }
    }

    #[test]
    fn an_operator_lists_front_doors() {
        for (text, expected) in [
            ("http://127.0.0.1:9000", Some("http://127.0.0.1:9000")),
            ("http://localhost", Some("http://localhost:80")),
            ("https://Hears.internal:8443/", Some("https://hears.internal:8443")),
            ("https://hears.internal/path", None),
            ("hears.internal", None),
            ("*", None),
        ] {
            let origin = Origin::parse(text).map(|origin| origin.to_string());
            assert_eq!(origin.as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_let_through_is_plain(text in "https?://[a-z0-9.:@/#\\[\\]%-]{0,24}|.{0,32}") {
            if let Ok(address) = Address::parse(&text).and_then(|address| address.check().map(|()| address)) {
                let authority = text.strip_prefix("https://").and_then(|rest| rest.split(['/', '?']).next());
                prop_assert!(authority.is_some_and(|authority| !authority.contains('@')), "{}", text);
                prop_assert!(!text.contains(['#', '\\', ' ']), "{}", text);
                prop_assert_eq!(address.origin.port, 443);
                prop_assert_eq!(address.uri.host().map(str::is_empty), Some(false));
                prop_assert!(address.origin.ip().is_none_or(is_public), "{}", text);
            }
        }
    }
}
