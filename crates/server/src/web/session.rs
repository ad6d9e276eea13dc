//! Signing a browser in and out: `/sederunt/v1/webSession`.
//!
//! | method | body | answer |
//! |---|---|---|
//! | POST | `{"secret": …}` of a sign-in link | `{"user": …}` and the session cookie |
//! | GET | | `{"user": …}`, or `{"user": null}` |
//! | DELETE | | `{}`, and the cookie is gone |
//!
//! Not an RPC, because a cookie is a matter between a browser and HTTP. The cookie is `HttpOnly`, so that no script can carry it
//! away, and `SameSite=Lax`; what changes something must come from our own pages besides.

use axum::body::Body;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use identity::{Caller, Credential, Identity, SignInError, User};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock;
use crate::failure::chain;
use crate::gate::{COOKIE, is_same_origin, session_secret};
use crate::limits;

/// The path of the session.
pub(crate) const PATH: &str = "/sederunt/v1/webSession";

#[derive(Deserialize)]
struct SignIn {
    secret: String,
}

/// Serves [`PATH`]. `secure` says whether people reach us by HTTPS.
pub(crate) async fn serve(identity: &Identity, secure: bool, request: Request<Body>) -> Response<Body> {
    let method = request.method().clone();
    if matches!(method, Method::POST | Method::DELETE) && !is_same_origin(request.headers()) {
        return error(
            StatusCode::FORBIDDEN,
            "PERMISSION_DENIED",
            "Only this server's own pages may ask for this.",
        );
    }
    match method {
        Method::GET => show(identity, request.headers()).await,
        Method::POST => sign_in(identity, secure, request).await,
        Method::DELETE => sign_out(identity, secure, request.headers()).await,
        _ => error(
            StatusCode::METHOD_NOT_ALLOWED,
            "UNIMPLEMENTED",
            "Only GET, POST and DELETE are answered here.",
        ),
    }
}

async fn show(identity: &Identity, headers: &HeaderMap) -> Response<Body> {
    let Some(secret) = session_secret(headers) else {
        return answer(StatusCode::OK, &json!({"user": null}));
    };
    match identity.authenticate(Credential::Cookie(secret), clock::now_us()).await {
        Ok(principal) => match &principal.caller {
            Caller::User(user) => answer(StatusCode::OK, &json!({"user": shown(user)})),
            Caller::ServiceAccount { .. } | Caller::Anonymous => answer(StatusCode::OK, &json!({"user": null})),
        },
        Err(identity::AuthenticationError::Invalid(_)) => answer(StatusCode::OK, &json!({"user": null})),
        Err(failed) => unavailable(&failed),
    }
}

async fn sign_in(identity: &Identity, secure: bool, request: Request<Body>) -> Response<Body> {
    let body = Limited::new(request.into_body(), limits::SIGN_IN_BODY_BYTES_MAX)
        .collect()
        .await;
    let asked = body
        .ok()
        .and_then(|body| serde_json::from_slice::<SignIn>(&body.to_bytes()).ok());
    let Some(SignIn { secret }) = asked else {
        return error(
            StatusCode::BAD_REQUEST,
            "INVALID_ARGUMENT",
            "The body is not of the form {\"secret\": \"…\"}.",
        );
    };
    let now_us = clock::now_us();
    match identity.redeem(&secret, now_us).await {
        Ok(session) => {
            let seconds = (session.expire_us - now_us) / 1_000_000;
            let mut response = answer(StatusCode::OK, &json!({"user": shown(&session.user)}));
            set_cookie(&mut response, &session.secret.expose(), seconds, secure);
            response
        }
        Err(refused @ SignInError::InvalidLink(_)) => {
            tracing::info!(error = %chain(&refused), "a sign-in link was refused");
            error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", &refused.to_string())
        }
        Err(failed) => unavailable(&failed),
    }
}

async fn sign_out(identity: &Identity, secure: bool, headers: &HeaderMap) -> Response<Body> {
    if let Some(secret) = session_secret(headers)
        && let Err(failed) = identity.end_web_session(secret).await
    {
        return unavailable(&failed);
    }
    let mut response = answer(StatusCode::OK, &json!({}));
    set_cookie(&mut response, "", 0, secure);
    response
}

fn set_cookie(response: &mut Response<Body>, value: &str, seconds: i64, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let cookie = HeaderValue::from_str(&cookie).expect("base64url and our own text");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
}

fn shown(user: &User) -> Value {
    json!({
        "name": format!("users/{}", user.id),
        "displayName": user.display_name,
        "email": user.email,
        "administrator": user.administrator,
    })
}

fn unavailable(failed: &(dyn std::error::Error + 'static)) -> Response<Body> {
    tracing::error!(error = %chain(failed), "browser sessions cannot be reached");
    error(
        StatusCode::SERVICE_UNAVAILABLE,
        "UNAVAILABLE",
        "Signing in and out is not possible now; try again soon.",
    )
}

fn error(status: StatusCode, name: &str, message: &str) -> Response<Body> {
    answer(
        status,
        &json!({"error": {"code": status.as_u16(), "message": message, "status": name}}),
    )
}

fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
