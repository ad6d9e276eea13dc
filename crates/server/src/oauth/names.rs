//! By whose name a program came: ours, or one of Google's.
//!
//! A program that nobody may change finds this server under Google's names, by a hosts entry and a certificate. It expects Google
//! to be the issuer of its ID tokens, and Google's addresses in the metadata. Everybody else is told the public URL. The host in a
//! request is whatever its sender likes; it changes nothing but what the sender itself is told.

use http::HeaderMap;
use http::header;

/// The domains whose hosts are Google's.
const GOOGLES: [&str; 2] = ["google.com", "googleapis.com"];

/// As Google names itself in ID tokens.
const GOOGLES_ISSUER: &str = "https://accounts.google.com";

/// Whether a request names one of Google's hosts.
pub(super) fn is_googles(headers: &HeaderMap) -> bool {
    let host = host(headers).to_ascii_lowercase();
    GOOGLES.iter().any(|domain| {
        let below = host.strip_suffix(domain);
        below.is_some_and(|below| below.ends_with('.'))
    })
}

/// In whose name ID tokens are issued to whoever sends this.
pub(super) fn issuer<'a>(headers: &HeaderMap, public_url: &'a str) -> &'a str {
    if is_googles(headers) {
        GOOGLES_ISSUER
    } else {
        public_url
    }
}

/// Whether a request came by the host of the public URL.
pub(super) fn is_public(headers: &HeaderMap, public_url: &str) -> bool {
    let public = public_url
        .split_once("://")
        .map_or(public_url, |(_, authority)| authority);
    header_of(headers).eq_ignore_ascii_case(public)
}

fn host(headers: &HeaderMap) -> &str {
    header_of(headers).split(':').next().unwrap_or_default()
}

fn header_of(headers: &HeaderMap) -> &str {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::tests::headers;

    #[test]
    fn who_is_named() {
        const OWN: &str = "https://meet.example.org";
        for (host, expected, public) in [
            ("meet.example.org", OWN, true),
            ("accounts.google.com", GOOGLES_ISSUER, false),
            ("oauth2.googleapis.com", GOOGLES_ISSUER, false),
            ("OAuth2.GoogleAPIs.com:443", GOOGLES_ISSUER, false),
            ("google.com", OWN, false),
            ("notgoogle.com", OWN, false),
            ("google.com.example.org", OWN, false),
            ("[::1]:8080", OWN, false),
            ("", OWN, false),
        ] {
            let headers = headers(&[("host", host)]);
            assert_eq!(issuer(&headers, OWN), expected, "{host}");
            assert_eq!(is_public(&headers, OWN), public, "{host}");
        }
        assert_eq!(issuer(&HeaderMap::new(), OWN), OWN);
    }
}
