//! Where tokens are had and given back: forms in, JSON out, never kept by anybody.
//!
//! Programs act on `error`, and people who write programs read `error_description`. A client that is not known is answered with
//! 401 and a challenge, everything else that is wrong with 400 (RFC 6749 §5.2).

use std::time::Duration;

use audit::By;
use axum_core::body::Body;
use bytes::Bytes;
use http::header::{self, HeaderValue, ToStrError};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use identity::{Identity, OAuthCode, OAuthError, TokenRequest};
use serde::Serialize;
use serde_json::json;
use share::Client;

use super::names;
use crate::turned_away::TurnedAway;
use crate::web::json::retry_after;
use crate::web::{Guesses, by};
use crate::{clock, limits};
use register::chain;

static TURNED_AWAY: TurnedAway = TurnedAway::new("a token was refused");

/// Answers grants with tokens. Whoever asks in vain again and again is made to wait.
pub(super) async fn token(identity: &Identity, guesses: &Guesses, request: Request<Body>) -> Response<Body> {
    let issuer = names::issuer(request.headers(), identity.public_url());
    let asked = match asked(guesses, request).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    let token_request = TokenRequest {
        form: &asked.form,
        authorization: asked.authorization.as_deref(),
        issuer,
    };
    match identity.token(token_request, &asked.by).await {
        Ok(tokens) => answer(StatusCode::OK, &tokens),
        Err(error) => {
            asked.note_wrong(guesses, &error);
            refuse(&error, &error)
        }
    }
}

/// A request for a token, whatever the way to get one.
pub(super) struct Asked {
    client: Client,
    pub(super) by: By,
    pub(super) authorization: Option<String>,
    pub(super) form: Bytes,
}

/// Reads a request for a token, unless its client was refused too often.
pub(super) async fn asked(guesses: &Guesses, request: Request<Body>) -> Result<Asked, Response<Body>> {
    let client = request.extensions().get().copied().unwrap_or(Client::HERE);
    if let Err(wait) = guesses.admit_grant(client, clock::instant()) {
        return Err(slow_down(wait));
    }
    let Ok(authorization) = authorization(request.headers()) else {
        return Err(invalid("the `Authorization` header is not readable"));
    };
    Ok(Asked {
        client,
        by: by(None, request.extensions()),
        authorization,
        form: form(request).await?,
    })
}

impl Asked {
    /// Counts a refusal, if somebody may have guessed.
    pub(super) fn note_wrong(&self, guesses: &Guesses, error: &OAuthError) {
        if matches!(error.code, OAuthCode::InvalidClient | OAuthCode::InvalidGrant) {
            guesses.wrong_grant(self.client, clock::instant());
        }
    }
}

/// Takes tokens back. Google's takes the token in the query as well, with GET from its older libraries.
pub(super) async fn revoke(identity: &Identity, request: Request<Body>) -> Response<Body> {
    let in_query = parameter(request.uri().query().unwrap_or_default().as_bytes(), "token");
    let by = by(None, request.extensions());
    let form = match form_or_nothing(request).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let Some(token) = parameter(&form, "token").or(in_query) else {
        return invalid("`token` is missing");
    };
    match identity.revoke(&token, &by).await {
        Ok(()) => answer(StatusCode::OK, &json!({})),
        Err(error) => refuse(&error, &error),
    }
}

/// A client that was refused too often.
pub(super) fn slow_down(wait: Duration) -> Response<Body> {
    let body = json!({
        "error": OAuthCode::TemporarilyUnavailable.as_str(),
        "error_description": "too many requests of yours were refused",
    });
    retry_after(answer(StatusCode::TOO_MANY_REQUESTS, &body), wait)
}

/// The value of a parameter in a form or a query.
pub(super) fn parameter(form: &[u8], wanted: &str) -> Option<String> {
    form_urlencoded::parse(form).find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
}

/// The client's own credentials, if they are in a header.
fn authorization(headers: &HeaderMap) -> Result<Option<String>, ToStrError> {
    let value = headers.get(header::AUTHORIZATION);
    value.map(|value| value.to_str().map(str::to_owned)).transpose()
}

/// The form of a request, of which there is none with GET.
pub(super) async fn form_or_nothing(request: Request<Body>) -> Result<Bytes, Response<Body>> {
    if request.method() == Method::GET {
        return Ok(Bytes::new());
    }
    form(request).await
}

async fn form(request: Request<Body>) -> Result<Bytes, Response<Body>> {
    if request.method() != Method::POST {
        let mut response = invalid("only POST is answered here");
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        let methods = HeaderValue::from_static("POST");
        response.headers_mut().insert(header::ALLOW, methods);
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

/// A refusal, told in this body.
pub(super) fn refuse(error: &OAuthError, body: &impl Serialize) -> Response<Body> {
    let status = match error.code {
        OAuthCode::InvalidClient => StatusCode::UNAUTHORIZED,
        OAuthCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        tracing::error!(error = %chain(error), "no token can be issued");
        return retry_after(answer(status, body), limits::RETRY_WAIT);
    }
    TURNED_AWAY.tell(error);
    let mut response = answer(status, body);
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

pub(super) fn answer(status: StatusCode, body: &impl Serialize) -> Response<Body> {
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
