//! What a browser's request carries: its cookies, and the page that asks.

use http::header::{self, HeaderMap};

/// The name of the session cookie.
pub(crate) const COOKIE: &str = "sederunt_session";

/// The secret of the session cookie.
pub(crate) fn session_secret(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, COOKIE)
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
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
