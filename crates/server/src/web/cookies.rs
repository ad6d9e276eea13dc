//! Cookies and redirects, as browsers take them.
//!
//! Every cookie of ours is `HttpOnly`, so that no script can carry it away, and `SameSite=Lax`, so that another site can send
//! the browser here but not act for it. Where people reach us by HTTPS they are `Secure`, and of this host alone
//! (see [`crate::browser`]).

use std::time::Duration;

use axum_core::body::Body;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use identity::WebSession;

use crate::browser::{COOKIE, Cookies, HOST_PREFIX};

impl Cookies {
    /// Sets a cookie for all of this host: `__Host-` allows no other path.
    pub(super) fn set(self, response: &mut Response<Body>, name: &str, value: &str, age: Duration) {
        let (prefix, secure) = if self.secure {
            (HOST_PREFIX, "; Secure")
        } else {
            ("", "")
        };
        let seconds = age.as_secs();
        let cookie = format!("{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        let cookie = HeaderValue::from_str(&cookie).expect("base64url and our own text");
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }

    /// Takes a cookie away.
    pub(super) fn clear(self, response: &mut Response<Body>, name: &str) {
        self.set(response, name, "", Duration::ZERO);
    }

    /// Signs the browser in.
    pub(super) fn set_session(self, response: &mut Response<Body>, session: &WebSession, now_us: i64) {
        let age = Duration::from_micros(u64::try_from(session.expire_us - now_us).unwrap_or(0));
        self.set(response, COOKIE, &session.secret.expose(), age);
    }

    /// Signs the browser out.
    pub(super) fn clear_session(self, response: &mut Response<Body>) {
        self.clear(response, COOKIE);
    }
}

/// Sends a browser on. Nobody keeps the answer: it may hold a code.
pub(crate) fn redirect(address: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    // A provider's or an app's address may hold what no header may; then there is nowhere to go.
    let Ok(location) = HeaderValue::from_str(address) else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return response;
    };
    *response.status_mut() = StatusCode::FOUND;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
