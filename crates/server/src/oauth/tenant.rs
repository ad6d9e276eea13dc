//! Signing in as Microsoft's clients do: `/{tenant}/…`, where an application with roles gets its token.
//!
//! The libraries are told an authority (this server) and a tenant (this installation), find everything else by the tenant's
//! metadata, and send a secret or what a certificate's key signed. Errors have the shape and the numbers that they and their users
//! know. There is one tenant: another one in the path, and the words that stand for any (`organizations`, `common`), are
//! nobody's, and refused as such.
//!
//! People are asked at the one page for that, whatever the path that led there. That path has to be below the tenant all the same:
//! MSAL takes the name of the tenant out of it.

use axum_core::body::Body;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use identity::{ClientCredentials, Guid, Identity, KeyError, OAuthCode, OAuthError};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{authorize, endpoints, metadata};
use crate::clock;
use crate::web::{Guesses, Pages};

/// What is served below a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Where everything is.
    Configuration,
    /// The keys of ID tokens, which libraries want to know of before they ask for anything.
    Keys,
    /// Sends a person to the page where they agree or refuse.
    Authorize,
    /// Tokens for client credentials.
    Token,
}

/// By what a program may name its request; it is told again with an error.
const REQUEST_ID: &str = "client-request-id";

const TIMESTAMP: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");

/// What is served at a path, whoever's the tenant is.
pub(super) fn endpoint(path: &str) -> Option<Endpoint> {
    match split(path)?.1 {
        "v2.0/.well-known/openid-configuration" => Some(Endpoint::Configuration),
        "discovery/v2.0/keys" => Some(Endpoint::Keys),
        "oauth2/v2.0/authorize" => Some(Endpoint::Authorize),
        "oauth2/v2.0/token" => Some(Endpoint::Token),
        _ => None,
    }
}

/// The tenant of a path, and the rest.
fn split(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix('/')?.split_once('/')
}

impl Endpoint {
    /// Answers a request to it, if it names our tenant.
    pub(super) async fn serve(self, pages: &Pages, request: Request<Body>) -> Response<Body> {
        let identity = pages.identity();
        let (tenant, _) = split(request.uri().path()).expect("the path led here");
        let correlation = correlation(request.headers());
        if let Err(error) = identity.check_tenant(tenant) {
            return refused(&error, &correlation);
        }
        match self {
            Endpoint::Configuration => configuration(identity, &request.into_parts().0),
            Endpoint::Keys => metadata::keys(identity, &request.into_parts().0).await,
            Endpoint::Authorize => authorize::serve(pages, &request.into_parts().0).await,
            Endpoint::Token => token(identity, pages.guesses(), request, &correlation).await,
        }
    }
}

fn configuration(identity: &Identity, request: &Parts) -> Response<Body> {
    let root = format!("{}/{}", identity.public_url(), identity.tenant());
    let body = json!({
        "issuer": identity.tenant_issuer(),
        "token_endpoint": identity.daemon_token_uri(),
        "authorization_endpoint": format!("{root}/oauth2/v2.0/authorize"),
        "jwks_uri": format!("{root}/discovery/v2.0/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
        "tenant_region_scope": null,
    });
    metadata::published(request, Ok::<_, KeyError>(body))
}

async fn token(identity: &Identity, guesses: &Guesses, request: Request<Body>, correlation: &Guid) -> Response<Body> {
    let asked = match endpoints::asked(guesses, request).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    let credentials = ClientCredentials {
        form: &asked.form,
        authorization: asked.authorization.as_deref(),
    };
    match identity.client_credentials(credentials, &asked.by).await {
        Ok(token) => endpoints::answer(StatusCode::OK, &token),
        Err(error) => {
            asked.note_wrong(guesses, &error);
            refused(&error, correlation)
        }
    }
}

/// The name of a request: the program's own, or one of ours.
fn correlation(headers: &HeaderMap) -> Guid {
    let own = headers.get(REQUEST_ID).and_then(|own| own.to_str().ok());
    own.and_then(Guid::parse).unwrap_or_else(Guid::generate)
}

fn refused(error: &OAuthError, correlation: &Guid) -> Response<Body> {
    let now = OffsetDateTime::from_unix_timestamp(clock::now_us() / 1_000_000);
    let now = now.ok().and_then(|now| now.format(TIMESTAMP).ok()).unwrap_or_default();
    endpoints::refuse(error, &told(error, correlation, &now))
}

/// An error in Microsoft's shape. Its libraries show the description to people, who look for what is in it.
fn told(error: &OAuthError, correlation: &Guid, now: &str) -> Value {
    let number = error.number.unwrap_or(match error.code {
        OAuthCode::TemporarilyUnavailable => 90_033,
        OAuthCode::InvalidClient => 7_000_216,
        _ => 9_002_313,
    });
    json!({
        "error": error.code.as_str(),
        "error_description":
            format!("AADSTS{number}: {error} Correlation ID: {correlation} Timestamp: {now}"),
        "error_codes": [number],
        "timestamp": now,
        "trace_id": correlation,
        "correlation_id": correlation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::tests::headers;

    #[test]
    fn what_is_served() {
        for (path, expected) in [
            (
                "/t/v2.0/.well-known/openid-configuration",
                Some(Endpoint::Configuration),
            ),
            ("/t/discovery/v2.0/keys", Some(Endpoint::Keys)),
            ("/common/oauth2/v2.0/token", Some(Endpoint::Token)),
            ("/oauth2/v2.0/token", None),
            ("/t/oauth2/v2.0/token/", None),
            ("/t/oauth2/v2.0/authorize", Some(Endpoint::Authorize)),
            ("/t/oauth2/v2.0/devicecode", None),
            ("/t/u/oauth2/v2.0/token", None),
            ("/", None),
        ] {
            assert_eq!(endpoint(path), expected, "{path}");
        }
    }

    #[test]
    fn a_request_is_named_by_whoever_sends_it() {
        let own = "821809f5-0000-4000-8000-3b5136c0e777";
        assert_eq!(correlation(&headers(&[(REQUEST_ID, own)])).as_str(), own);
        for other in ["", "x", "821809f5"] {
            assert_ne!(correlation(&headers(&[(REQUEST_ID, other)])).as_str(), other);
        }
    }
}
