//! From the headers of a call to a `Principal`, once for gRPC and REST.
//!
//! A bearer token wins over a cookie. No credential at all is nobody in particular, unless the operator said otherwise. A cookie is sent by a browser whoever wrote the page that asks, so a call that changes
//! something and has only a cookie must name our own origin.

use http::header::{self, HeaderMap};
use identity::{AuthenticationError, Credential, Identity, Principal};

use super::Stranger;
use crate::clock;
use crate::failure::{Answer, Failure, chain};

/// The name of the session cookie.
pub(crate) const COOKIE: &str = "sederunt_session";

/// Who calls. No credential at all is nobody in particular; one that does not hold is refused, as Google does.
pub(crate) async fn authenticate(
    identity: &Identity,
    stranger: &Stranger,
    headers: &HeaderMap,
    reads: bool,
) -> Answer<Principal> {
    let credential = credential(headers)?;
    if matches!(credential, Credential::None) {
        return Ok(stranger.of(headers));
    }
    let is_cookie = matches!(credential, Credential::Cookie(_));
    if is_cookie && !reads && !is_same_origin(headers) {
        return Err(Failure::unauthenticated("ORIGIN_NOT_ALLOWED"));
    }
    match identity.authenticate(credential, clock::now_us()).await {
        Ok(principal) => Ok(principal),
        // A developer's browser keeps the cookies of every server that ever ran on the port.
        Err(AuthenticationError::Invalid(_)) if is_cookie && stranger.is_somebody() => Ok(stranger.of(headers)),
        Err(error @ AuthenticationError::Invalid(_)) => {
            tracing::debug!(error = %chain(&error), "a credential was refused");
            Err(Failure::unauthenticated("ACCESS_TOKEN_INVALID"))
        }
        Err(error @ AuthenticationError::Store(_)) => {
            tracing::error!(error = %chain(&error), "credentials cannot be checked");
            Err(Failure::unavailable(error.to_string()))
        }
    }
}

fn credential(headers: &HeaderMap) -> Answer<Credential<'_>> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().unwrap_or_default();
        return match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
                Ok(Credential::Bearer(token.trim()))
            }
            _ => Err(Failure::unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED")),
        };
    }
    Ok(session_secret(headers).map_or(Credential::None, Credential::Cookie))
}

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
mod tests {
    use super::*;

    fn headers(rows: &[(&'static str, &'static str)]) -> HeaderMap {
        rows.iter()
            .map(|(name, value)| (name.parse().expect("valid"), value.parse().expect("valid")))
            .collect()
    }

    #[test]
    fn credentials() {
        let found = |rows: &[_]| match credential(&headers(rows)) {
            Ok(Credential::Bearer(token)) => format!("bearer {token}"),
            Ok(Credential::Cookie(secret)) => format!("cookie {secret}"),
            Ok(Credential::None) => "none".to_owned(),
            Err(_) => "refused".to_owned(),
        };
        for (rows, expected) in [
            (&[][..], "none"),
            (&[("authorization", "Bearer a.b.c")], "bearer a.b.c"),
            (&[("authorization", "bearer a.b.c")], "bearer a.b.c"),
            (&[("authorization", "Bearer ")], "refused"),
            (&[("authorization", "Basic YTpi")], "refused"),
            (
                &[("cookie", "theme=dark; sederunt_session=s3cret; x=y")],
                "cookie s3cret",
            ),
            (&[("cookie", "sederunt_session_old=s3cret")], "none"),
            (
                &[("cookie", "sederunt_session=s3cret"), ("authorization", "Bearer t")],
                "bearer t",
            ),
        ] {
            assert_eq!(found(rows), expected, "{rows:?}");
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
