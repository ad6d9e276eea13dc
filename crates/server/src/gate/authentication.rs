//! From the headers of a request to a `Principal`, once for gRPC and REST.
//!
//! A bearer token wins over a cookie. No credential at all is nobody in particular, unless the operator said otherwise. A cookie is sent by a browser whoever wrote the page that asks, so a request that changes
//! something and has only a cookie must name our own origin.

use http::header::{self, HeaderMap};
use identity::{AuthenticationError, Credential, Identity, Principal};
use register::chain;

use super::stranger::Stranger;
use crate::browser::{Cookies, OwnPages};
use crate::clock;
use crate::failure::{Answer, Failure};

/// Who calls. No credential at all is nobody in particular; one that does not hold is refused, as Google does.
pub(super) async fn authenticate(
    identity: &Identity,
    cookies: Cookies,
    own_pages: &OwnPages,
    stranger: &Stranger,
    headers: &HeaderMap,
    reads: bool,
) -> Answer<Principal> {
    let credential = credential(cookies, headers)?;
    if matches!(credential, Credential::None) {
        return Ok(stranger.principal(headers));
    }
    let is_cookie = matches!(credential, Credential::Cookie(_));
    if is_cookie && !reads && own_pages.ask(headers).is_err() {
        return Err(Failure::unauthenticated("ORIGIN_NOT_ALLOWED"));
    }
    match identity.authenticate(credential, clock::now_us()).await {
        Ok(principal) => Ok(principal),
        // A developer's browser keeps the cookies of every server that ever ran on the port.
        Err(AuthenticationError::Invalid(_)) if is_cookie && stranger.is_somebody() => Ok(stranger.principal(headers)),
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

fn credential(cookies: Cookies, headers: &HeaderMap) -> Answer<Credential<'_>> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().unwrap_or_default();
        return match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
                Ok(Credential::Bearer(token.trim()))
            }
            _ => Err(Failure::unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED")),
        };
    }
    Ok(cookies
        .session_secret(headers)
        .map_or(Credential::None, Credential::Cookie))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::tests::headers;

    #[test]
    fn credentials() {
        let found = |rows: &[_]| match credential(Cookies { secure: false }, &headers(rows)) {
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
}
