//! What a browser's request carries: its cookies, and the page that asks.
//!
//! Where people reach us by HTTPS every cookie has the prefix `__Host-`: browsers take such a cookie only from this very
//! host, by HTTPS and for all of it. Without it a page of a neighbouring name could give a browser a session of its own, and
//! whoever used it would write into somebody else's account. So a cookie with the plain name is none there.
//!
//! What changes something must be asked by a page of ours, and a browser says whose page asks. Ours is one at the address that
//! people open, whatever a proxy writes into `Host`; and one of the host that is asked, since a server is reachable by more names
//! than one. Where neither holds the operator has said too little, more often than somebody has tried something: so the log names
//! both, and so does the answer.

use std::sync::Arc;

use http::header::{self, HeaderMap};
use share::Lines;

use crate::{clock, limits};

/// The name of the session cookie.
pub(crate) const COOKIE: &str = "sederunt_session";

/// What stands before a cookie's name by HTTPS.
pub(crate) const HOST_PREFIX: &str = "__Host-";

/// The cookies of this installation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    /// Whether people reach it by HTTPS.
    pub(crate) secure: bool,
}

impl Cookies {
    /// As they are for whoever comes by this address.
    pub(crate) fn of(public_url: &str) -> Cookies {
        Cookies {
            secure: public_url.starts_with("https://"),
        }
    }

    /// The secret of the session cookie.
    pub(crate) fn session_secret(self, headers: &HeaderMap) -> Option<&str> {
        self.find(headers, COOKIE)
    }

    /// The value of a cookie.
    pub(crate) fn find<'a>(self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let prefix = if self.secure { HOST_PREFIX } else { "" };
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .find_map(|cookie| {
                cookie
                    .trim()
                    .strip_prefix(prefix)?
                    .strip_prefix(name)?
                    .strip_prefix('=')
            })
    }
}

/// What the log hears of pages that are not ours.
static FOREIGN: Lines = Lines::new(limits::TURNED_AWAY_LINES_MAX);

/// Where our own pages are.
#[derive(Clone, Debug)]
pub(crate) struct OwnPages(Arc<str>);

/// What a request said that no page of ours sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Foreign<'a> {
    /// Where the page is that asked.
    pub(crate) origin: &'a str,
    /// Whom it asked, as far as the server was told.
    pub(crate) host: &'a str,
}

impl OwnPages {
    /// At the address that people open.
    pub(crate) fn at(public_url: &str) -> OwnPages {
        OwnPages(public_url.into())
    }

    /// The address that people open.
    pub(crate) fn url(&self) -> &str {
        &self.0
    }

    /// Whether one of them asks, as the browser says. One that does not is said in the log.
    pub(crate) fn ask<'a>(&self, headers: &'a HeaderMap) -> Result<(), Foreign<'a>> {
        let origin = text(headers, header::ORIGIN).unwrap_or_default();
        if is_same_url(origin, &self.0) || is_same_origin(headers) {
            return Ok(());
        }
        let host = text(headers, header::HOST).unwrap_or_default();
        if let Some(left_out) = FOREIGN.another(clock::instant()) {
            tracing::warn!(
                ?origin,
                ?host,
                public_url = &*self.0,
                left_out,
                "a request to change something came from no page of this server; if it was one, give its address with \
                 `--public-url`, or have the proxy pass on `Host`"
            );
        }
        Err(Foreign { origin, host })
    }
}

/// Whether two addresses without a path are one: the port of a scheme may be left out.
fn is_same_url(one: &str, other: &str) -> bool {
    fn parts(url: &str) -> Option<(&str, &str)> {
        let (scheme, authority) = url.split_once("://")?;
        let port = if scheme.eq_ignore_ascii_case("https") {
            ":443"
        } else {
            ":80"
        };
        Some((scheme, authority.strip_suffix(port).unwrap_or(authority)))
    }
    let (Some((scheme, authority)), Some(other)) = (parts(one), parts(other)) else {
        return false;
    };
    scheme.eq_ignore_ascii_case(other.0) && authority.eq_ignore_ascii_case(other.1)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a browser says that the page which asks came from the host that it asks. The scheme is left out because a proxy that ends
/// TLS hides it.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    match (text(headers, header::ORIGIN), text(headers, header::HOST)) {
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        _ => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The headers of a row.
    pub(crate) fn headers(rows: &[(&'static str, &'static str)]) -> HeaderMap {
        rows.iter()
            .map(|(name, value)| (name.parse().expect("valid"), value.parse().expect("valid")))
            .collect()
    }

    #[test]
    fn a_cookie_counts_under_the_name_of_its_scheme_alone() {
        let both = [("cookie", "sederunt_session=plain; __Host-sederunt_session=ours; x=y")];
        for (secure, rows, expected) in [
            (false, &both[..], Some("plain")),
            (true, &both, Some("ours")),
            (true, &[("cookie", "sederunt_session=plain")], None),
            (false, &[("cookie", "__Host-sederunt_session=ours")], None),
            (true, &[("cookie", "__Host-sederunt_session_old=ours")], None),
            (true, &[], None),
        ] {
            let headers = headers(rows);
            let found = Cookies { secure }.session_secret(&headers);
            assert_eq!(found, expected, "{secure} {rows:?}");
        }
    }

    #[test]
    fn origins() {
        for (rows, expected) in [
            (
                &[("origin", "http://localhost:8080"), ("host", "localhost:8080")][..],
                true,
            ),
            (
                &[("origin", "https://meet.example.org"), ("host", "meet.example.org")],
                true,
            ),
            (
                &[("origin", "https://evil.example"), ("host", "meet.example.org")],
                false,
            ),
            (
                &[("origin", "http://localhost:9090"), ("host", "localhost:8080")],
                false,
            ),
            (&[("origin", "null"), ("host", "localhost:8080")], false),
            (&[("host", "localhost:8080")], false),
        ] {
            assert_eq!(is_same_origin(&headers(rows)), expected, "{rows:?}");
        }
    }

    #[test]
    fn pages_at_the_address_that_people_open_are_ours_whatever_a_proxy_says() {
        let check = |public_url: &str, rows: &[_], expected: Result<(), (&str, &str)>| {
            let headers = headers(rows);
            let asked = OwnPages::at(public_url).ask(&headers);
            let asked = asked.map_err(|foreign| (foreign.origin, foreign.host));
            assert_eq!(asked, expected, "{public_url} {rows:?}");
        };
        let (url, origin) = ("https://meet.example.org", ("origin", "https://meet.example.org"));
        let proxied = ("host", "127.0.0.1:8080");
        check(url, &[origin, proxied], Ok(()));
        check(url, &[origin], Ok(()));
        check(url, &[origin, ("host", "meet.example.org")], Ok(()));
        check("https://Meet.Example.org:443", &[origin, proxied], Ok(()));
        let other = ("origin", "https://other.example.org");
        check(url, &[other, ("host", "other.example.org")], Ok(()));
        check(
            url,
            &[other, proxied],
            Err(("https://other.example.org", "127.0.0.1:8080")),
        );
        // The same host by another scheme or port is another origin.
        check(
            url,
            &[("origin", "http://meet.example.org"), proxied],
            Err(("http://meet.example.org", proxied.1)),
        );
        let port = ("origin", "https://meet.example.org:8443");
        check(url, &[port, proxied], Err((port.1, proxied.1)));
        check(
            "https://meet.example.org:8443",
            &[port, ("host", "meet.example.org")],
            Ok(()),
        );
        check("http://localhost:8080", &[origin, proxied], Err((origin.1, proxied.1)));
        check(url, &[("origin", "null"), proxied], Err(("null", proxied.1)));
        check(url, &[proxied], Err(("", proxied.1)));
    }
}
