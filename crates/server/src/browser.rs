//! What a browser's request carries: its cookies, and the page that asks.
//!
//! Where people reach us by HTTPS every cookie has the prefix `__Host-`: browsers take such a cookie only from this very
//! host, by HTTPS and for all of it. Without it a page of a neighbouring name could give a browser a session of its own, and
//! whoever used it would write into somebody else's account. So a cookie with the plain name is none there.

use http::header::{self, HeaderMap};

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

/// Whether a browser says that the page which asks came from the host that it asks.
///
/// Compared with `Host`, not with the public URL: a browser sets both headers, and a server is reachable by more names than one.
/// The scheme is left out because a proxy that ends TLS hides it.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
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
}
