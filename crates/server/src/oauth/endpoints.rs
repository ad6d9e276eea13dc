//! `/oauth2/token` and `/oauth2/revoke`: forms in, JSON out, never kept by anybody.
//!
//! Programs act on `error`, and people who write programs read `error_description`. A client that is not known is answered with
//! 401 and a challenge, everything else that is wrong with 400 (RFC 6749 §5.2).

use axum_core::body::Body;
use bytes::Bytes;
use http::header::{self, HeaderValue, ToStrError};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use identity::{Identity, OAuthCode, OAuthError};
use serde::Serialize;
use serde_json::json;
use share::Client;

use crate::web::json::retry_after;
use crate::web::{Guesses, by};
use crate::{clock, limits};
use register::chain;

/// Where tokens are had.
pub(crate) const TOKEN_PATH: &str = "/oauth2/token";

/// Where tokens are given back.
pub(crate) const REVOKE_PATH: &str = "/oauth2/revoke";

/// Serves [`TOKEN_PATH`]. Whoever asks in vain again and again is made to wait.
pub(crate) async fn token(identity: &Identity, guesses: &Guesses, request: Request<Body>) -> Response<Body> {
    let client = request.extensions().get().copied().unwrap_or(Client::HERE);
    if let Err(wait) = guesses.admit_grant(client, clock::instant()) {
        let body = json!({
            "error": OAuthCode::TemporarilyUnavailable.as_str(),
            "error_description": "too many requests of yours were refused",
        });
        return retry_after(answer(StatusCode::TOO_MANY_REQUESTS, &body), wait);
    }
    let Ok(authorization) = authorization(request.headers()) else {
        return invalid("the `Authorization` header is not readable");
    };
    let by = by(None, request.extensions());
    let form = match form(request).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    match identity.token(&form, authorization.as_deref(), &by).await {
        Ok(tokens) => answer(StatusCode::OK, &tokens),
        Err(error) => {
            if matches!(error.code, OAuthCode::InvalidClient | OAuthCode::InvalidGrant) {
                guesses.wrong_grant(client, clock::instant());
            }
            refuse(&error)
        }
    }
}

/// Serves [`REVOKE_PATH`]. Google's takes the token in the query as well, and programs send it so.
pub(crate) async fn revoke(identity: &Identity, request: Request<Body>) -> Response<Body> {
    let in_query = token_of(request.uri().query().unwrap_or_default().as_bytes());
    let by = by(None, request.extensions());
    let form = match form(request).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let Some(token) = token_of(&form).or(in_query) else {
        return invalid("`token` is missing");
    };
    match identity.revoke(&token, &by).await {
        Ok(()) => answer(StatusCode::OK, &json!({})),
        Err(error) => refuse(&error),
    }
}

fn token_of(form: &[u8]) -> Option<String> {
    form_urlencoded::parse(form).find_map(|(name, value)| (name == "token").then(|| value.into_owned()))
}

/// The client's own credentials, if they are in a header.
fn authorization(headers: &HeaderMap) -> Result<Option<String>, ToStrError> {
    let value = headers.get(header::AUTHORIZATION);
    value.map(|value| value.to_str().map(str::to_owned)).transpose()
}

async fn form(request: Request<Body>) -> Result<Bytes, Response<Body>> {
    if request.method() != Method::POST {
        let mut response = invalid("only POST is answered here");
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return Err(response);
    }
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    // An empty body may come without a type: Google's own examples give tokens back so.
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") && !kind.is_empty() {
        return Err(invalid("the body is not `application/x-www-form-urlencoded`"));
    }
    let body = Limited::new(request.into_body(), limits::OAUTH_BODY_BYTES_MAX);
    match body.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(_) => Err(invalid("the body is too long, or was broken off")),
    }
}

fn refuse(error: &OAuthError) -> Response<Body> {
    let status = match error.code {
        OAuthCode::InvalidClient => StatusCode::UNAUTHORIZED,
        OAuthCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        tracing::error!(error = %chain(error), "no token can be issued");
        return retry_after(answer(status, error), limits::RETRY_WAIT);
    }
    tracing::info!(code = %error.code, error = %chain(error), "a token was refused");
    let mut response = answer(status, error);
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"sederunt\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn invalid(description: &str) -> Response<Body> {
    let body = json!({"error": OAuthCode::InvalidRequest.as_str(), "error_description": description});
    answer(StatusCode::BAD_REQUEST, &body)
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    let body = serde_json::to_vec(body).expect("plain texts and numbers");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
