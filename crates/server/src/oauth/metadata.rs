//! What libraries of OpenID Connect find out by themselves: where everything is, and the keys that sign ID tokens.

use axum_core::body::Body;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};
use identity::{Identity, KeyError, Scope};
use register::chain;
use serde::Serialize;
use serde_json::{Value, json};

use super::names::{is_googles, issuer};
use crate::clock;
use crate::web::json;

/// An hour: keys are published for weeks before they sign and after.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// Serves `/.well-known/openid-configuration`.
pub(super) fn configuration(identity: &Identity, request: &Parts) -> Response<Body> {
    let body = described(&request.headers, identity.public_url());
    published(request, Ok::<_, KeyError>(body))
}

/// Serves the keys as a JSON Web Key Set.
pub(super) async fn keys(identity: &Identity, request: &Parts) -> Response<Body> {
    published(request, identity.openid_key_set(clock::now_us()).await)
}

/// Serves the keys as certificates.
pub(super) async fn certificates(identity: &Identity, request: &Parts) -> Response<Body> {
    published(request, identity.openid_certificates(clock::now_us()).await)
}

pub(super) fn published(request: &Parts, found: Result<impl Serialize, KeyError>) -> Response<Body> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return json::only("GET, HEAD");
    }
    match found {
        Ok(found) => {
            let mut response = json::answer(StatusCode::OK, &json!(found));
            response.headers_mut().insert(header::CACHE_CONTROL, KEPT);
            response
        }
        Err(error) => {
            tracing::error!(error = %chain(&error), "the keys of ID tokens cannot be had");
            json::busy("The keys cannot be had now; try again soon.")
        }
    }
}

/// Where everything is, by the name that was asked.
fn described(headers: &HeaderMap, public_url: &str) -> Value {
    let [authorize, token, revoke, userinfo, keys] = if is_googles(headers) {
        [
            "https://accounts.google.com/o/oauth2/v2/auth",
            "https://oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com/revoke",
            "https://openidconnect.googleapis.com/v1/userinfo",
            "https://www.googleapis.com/oauth2/v3/certs",
        ]
        .map(str::to_owned)
    } else {
        ["auth", "token", "revoke", "v3/userinfo", "v3/certs"].map(|path| format!("{public_url}/oauth2/{path}"))
    };
    json!({
        "issuer": issuer(headers, public_url),
        "authorization_endpoint": authorize,
        "token_endpoint": token,
        "revocation_endpoint": revoke,
        "userinfo_endpoint": userinfo,
        "jwks_uri": keys,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": Scope::ALL.map(Scope::full_name),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": [
            "aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name", "sub",
        ],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": [
            "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
    })
}
