//! Where a code may be sent: the rules of redirect URIs.
//!
//! A code goes to exactly the address that the application registered, character by character: every looser rule was
//! the way in for somebody. The one exception is an application on the user's own machine, which listens on whatever
//! port is free: for it, plain http on a loopback address is good with any port and path, as RFC 8252 has it.
//!
//! What may be registered is https, http on a loopback address, or, for an installed application, a scheme of its own
//! that names a domain (`org.example.app:/signed-in`).

use std::borrow::Cow;

use crate::{AppKind, limits};

/// Where an installed application comes back to, with whatever port and path it likes.
pub(crate) const LOOPBACK: &str = "http://localhost";

/// The parts of a URI that the rules are about.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    scheme: &'a str,
    /// Without the port; empty where there is no authority.
    host: &'a str,
}

/// Reads a URI that holds nothing but the characters of RFC 3986, and no fragment; `None` for anything else.
fn parts(uri: &str) -> Option<Parts<'_>> {
    let of_uri = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte);
    if uri.len() > limits::REDIRECT_URI_BYTES_MAX || !uri.bytes().all(of_uri) {
        return None;
    }
    let (scheme, rest) = uri.split_once(':')?;
    let begins_well = scheme.starts_with(|first: char| first.is_ascii_lowercase());
    let of_scheme = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    if !begins_well || !scheme.bytes().all(of_scheme) {
        return None;
    }
    let Some(rest) = rest.strip_prefix("//") else {
        return Some(Parts { scheme, host: "" });
    };
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    // The closing bracket of an IPv6 address comes after its colons.
    let (host, port) = match authority
        .rfind(':')
        .filter(|&colon| colon > authority.rfind(']').unwrap_or(0))
    {
        Some(colon) => (&authority[..colon], Some(&authority[colon + 1..])),
        None => (authority, None),
    };
    // `parse` would take a sign.
    let port_is_good = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|number| number > 0)
    });
    let is_name = |host: &str| {
        !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
    };
    (port_is_good && (is_name(host) || host == "[::1]")).then_some(Parts { scheme, host })
}

impl Parts<'_> {
    fn is_loopback(&self) -> bool {
        self.scheme == "http" && matches!(self.host, "localhost" | "127.0.0.1" | "[::1]")
    }
}

/// Why an application cannot register this address, if it cannot.
pub(crate) fn check_registration(uri: &str, kind: AppKind) -> Result<(), &'static str> {
    let Some(parts) = parts(uri) else {
        return Err("it is not an absolute URL in lower case without a fragment");
    };
    match (parts.scheme, kind) {
        _ if parts.is_loopback() => Ok(()),
        ("https", _) if !parts.host.is_empty() => Ok(()),
        ("http" | "https", _) => Err("it must begin with https, unless it is on this machine"),
        (scheme, AppKind::Installed) if scheme.contains('.') && parts.host.is_empty() => Ok(()),
        (_, AppKind::Installed) => Err("a scheme of its own must name a domain, as in org.example.app:/signed-in"),
        (_, AppKind::Web) => Err("it must begin with https"),
    }
}

/// Whether a code may be sent there.
pub(crate) fn may_receive(uri: &str, kind: AppKind, registered: &[String]) -> bool {
    let loopback = || parts(uri).is_some_and(|parts| parts.is_loopback());
    registered.iter().any(|one| one == uri) || (kind == AppKind::Installed && loopback())
}

/// The address with these added to its query.
pub(crate) fn with_query(uri: &str, pairs: &[(&str, Cow<'_, str>)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_may_be_registered() {
        let long = format!("https://example.org/{}", "a".repeat(limits::REDIRECT_URI_BYTES_MAX));
        for (uri, web, installed) in [
            ("https://app.example.org/signed-in", true, true),
            ("https://app.example.org", true, true),
            ("https://app.example.org:8443/a?b=c", true, true),
            ("http://localhost:3000/callback", true, true),
            ("http://127.0.0.1/callback", true, true),
            ("http://[::1]:5000/", true, true),
            ("org.example.app:/signed-in", false, true),
            ("app:/signed-in", false, false),
            ("org.example.app://host/signed-in", false, false),
            ("http://app.example.org/", false, false),
            ("http://localhost.example.org/", false, false),
            ("http://127.0.0.1@example.org/", false, false),
            ("http://localhost:80@example.org/", false, false),
            ("http://localhost\\@example.org/", false, false),
            ("https://app.example.org/#there", false, false),
            ("https://*.example.org/", false, false),
            ("https://user@example.org/", false, false),
            ("https://example.org:/", false, false),
            ("https://example.org:0/", false, false),
            ("https://example.org:65536/", false, false),
            ("https://example.org:+80/", false, false),
            ("https://[::2]/", false, false),
            ("https:///path", false, false),
            ("https:/path", false, false),
            ("HTTPS://example.org/", false, false),
            ("https://Example.org/", false, false),
            ("https://bücher.example/", false, false),
            ("https://example.org/a b", false, false),
            ("javascript:alert(1)", false, false),
            ("urn:ietf:wg:oauth:2.0:oob", false, false),
            ("//example.org/", false, false),
            ("", false, false),
            (&long, false, false),
        ] {
            for (kind, expected) in [(AppKind::Web, web), (AppKind::Installed, installed)] {
                assert_eq!(check_registration(uri, kind).is_ok(), expected, "{uri} {kind:?}");
            }
        }
    }

    #[test]
    fn where_a_code_may_go() {
        let registered = ["https://app.example.org/signed-in", "http://localhost:3000/callback"].map(str::to_owned);
        for (uri, web, installed) in [
            ("https://app.example.org/signed-in", true, true),
            ("http://localhost:3000/callback", true, true),
            ("http://localhost:3001/callback", false, true),
            ("http://localhost:3000/", false, true),
            (LOOPBACK, false, true),
            ("http://localhost/?code=x", false, true),
            ("http://127.0.0.1:49152/", false, true),
            ("http://[::1]:49152", false, true),
            ("https://localhost:3001/", false, false),
            ("https://app.example.org/signed-in/", false, false),
            ("https://app.example.org/signed-in?next=x", false, false),
            ("https://app.example.org/signed-in/../out", false, false),
            ("https://app.example.org:443/signed-in", false, false),
            ("https://APP.example.org/signed-in", false, false),
            ("http://localhost:3001@example.org/", false, false),
            ("http://localhost:3001#@example.org/", false, false),
            ("", false, false),
        ] {
            for (kind, expected) in [(AppKind::Web, web), (AppKind::Installed, installed)] {
                assert_eq!(may_receive(uri, kind, &registered), expected, "{uri} {kind:?}");
            }
        }
    }

    #[test]
    fn a_query_is_added() {
        for (uri, expected) in [
            ("https://example.org/", "https://example.org/?code=a%2Fb&state=c+d%26"),
            ("https://example.org/?", "https://example.org/?code=a%2Fb&state=c+d%26"),
            (
                "https://example.org/?x=y",
                "https://example.org/?x=y&code=a%2Fb&state=c+d%26",
            ),
            ("org.example:/in", "org.example:/in?code=a%2Fb&state=c+d%26"),
        ] {
            assert_eq!(
                with_query(uri, &[("code", "a/b".into()), ("state", "c d&".into())]),
                expected
            );
        }
    }

    proptest! {
        /// Whatever else a text holds, a code leaves this machine only for a registered address.
        #[test]
        fn nothing_but_loopback_is_good_unregistered(text in "\\PC{0,40}|https?://[a-z0-9.@:\\[\\]\\\\/?#%-]{0,40}") {
            if may_receive(&text, AppKind::Installed, &[]) {
                let rest = text.strip_prefix("http://").expect("plain http");
                let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let host = rest[..end].trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(':');
                prop_assert!(matches!(&rest[..end], "localhost" | "127.0.0.1" | "[::1]")
                    || matches!(host, "localhost" | "127.0.0.1" | "[::1]"), "{}", text);
            }
            prop_assert!(!may_receive(&text, AppKind::Web, &[]));
        }
    }
}
