//! Which relay clients are told of, for networks that let them come by no other way (TURN, RFC 8656).
//!
//! By default it is the media plane's own, which leads nowhere else, and the way to it is this server's own TLS. Who can reach the media
//! port by datagrams or a connection reaches media there, and needs no relay; and a browser asks each address of one that it is told of:
//! Firefox was not connected within twenty seconds where such an address did not answer. So without TLS of its own this server has
//! no relay.
//!
//! Credentials end by themselves ([`turn::Secret`]), so whoever may look at a meeting is given new ones each time.

use std::sync::Arc;

use turn::{Credentials, Secret};

use crate::{clock, limits, random};

/// A relay that is somebody else's.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OtherRelay {
    /// Where it is, as browsers take it.
    pub urls: Vec<String>,
    /// What it makes passwords of.
    pub secret: String,
}

impl std::fmt::Debug for OtherRelay {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OtherRelay")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// Whether a text is the address of a relay (RFC 7065), as far as browsers refuse a page that gives them another.
pub(crate) fn is_relay(url: &str) -> bool {
    let rest = url.strip_prefix("turn:").or_else(|| url.strip_prefix("turns:"));
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]?=".contains(&byte);
    rest.is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[') && rest.bytes().all(is_part)
    })
}

/// What a browser is given.
pub(crate) struct IceServer {
    pub(crate) urls: Vec<String>,
    pub(crate) credentials: Credentials,
}

/// Which relay there is.
#[derive(Clone)]
pub(crate) enum Relays {
    Nowhere,
    /// That of this process, at this address, with a secret that was drawn for it. Its credentials end with it, and so do the allocations
    /// made by them.
    Here {
        secret: Secret,
        url: Arc<str>,
    },
    Elsewhere {
        secret: Secret,
        urls: Arc<[String]>,
    },
}

impl Relays {
    /// By what is set, and by where this server itself speaks TLS, if it does.
    pub(crate) fn new(without_relay: bool, other: Option<OtherRelay>, secured: Option<String>) -> Relays {
        match (other, secured) {
            _ if without_relay => Relays::Nowhere,
            (Some(other), _) => Relays::Elsewhere {
                secret: Secret::new(other.secret.as_bytes()),
                urls: other.urls.into(),
            },
            (None, Some(url)) => Relays::Here {
                secret: Secret::new(&random::bytes::<32>()),
                url: url.into(),
            },
            (None, None) => Relays::Nowhere,
        }
    }

    /// The secret of our own.
    pub(crate) fn own_secret(&self) -> Option<&Secret> {
        match self {
            Relays::Here { secret, .. } => Some(secret),
            Relays::Nowhere | Relays::Elsewhere { .. } => None,
        }
    }

    /// What a client is told now, with credentials of its own.
    pub(crate) fn ice_servers(&self) -> Vec<IceServer> {
        let (secret, urls) = match self {
            Relays::Nowhere => return vec![],
            Relays::Here { secret, url } => (secret, vec![url.to_string()]),
            Relays::Elsewhere { secret, urls } => (secret, urls.to_vec()),
        };
        let end_s = clock::now_us() / 1_000_000 + limits::RELAY_CREDENTIALS_S;
        let credentials = secret.credentials(&random::secret(), u64::try_from(end_s).unwrap_or_default());
        vec![IceServer { urls, credentials }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_relay_there_is() {
        let check = |without_relay, other: Option<&str>, secured: Option<&str>, expected: &[&str]| {
            let other = other.map(|url| OtherRelay {
                urls: vec![url.to_owned()],
                secret: "north".to_owned(),
            });
            let relays = Relays::new(without_relay, other, secured.map(str::to_owned));
            let told: Vec<String> = relays
                .ice_servers()
                .into_iter()
                .flat_map(|server| server.urls)
                .collect();
            assert_eq!(told, expected);
            assert_eq!(relays.own_secret().is_some(), secured.is_some_and(|url| told == [url]));
        };
        let (ours, other) = ("turns:meet.example.org:443", "turn:turn.example.org");
        check(false, None, None, &[]);
        check(false, None, Some(ours), &[ours]);
        check(false, Some(other), None, &[other]);
        check(false, Some(other), Some(ours), &[other]);
        check(true, Some(other), Some(ours), &[]);
    }

    #[test]
    fn what_is_the_address_of_a_relay() {
        let check = |url: &str, expected| assert_eq!(is_relay(url), expected, "{url}");
        check("turn:192.0.2.1", true);
        check("turn:[2001:db8::1]:3478?transport=udp", true);
        check("turns:turn.example.org:443?transport=tcp", true);
        check("stun:192.0.2.1", false);
        check("turn:", false);
        check("turn:a b", false);
        check("https://turn.example.org", false);
    }
}
