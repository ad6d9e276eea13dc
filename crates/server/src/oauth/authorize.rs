//! An app sends a person here, and gets them back with a code or an error.
//!
//! Who asks and where the answer goes is checked before anything else. While either is in doubt the browser goes nowhere: an
//! address that nobody registered is how codes are stolen. What a person has agreed to is not asked again, unless the app
//! wishes it.
//!
//! People are signed in under the public URL. Whoever is sent here under one of Google's names goes there first.

use audit::By;
use axum_core::body::Body;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use identity::{Authorization, AuthorizationError, OAuthCode, OAuthError, User};

use super::names::{is_googles, is_public};
use crate::turned_away::TurnedAway;
use crate::web::pages::{plain, text};
use crate::web::{Pages, by, json, redirect};
use register::chain;

static TURNED_AWAY: TurnedAway = TurnedAway::new("an app asked wrongly");

/// Where people are asked, below the public URL.
const PATH: &str = "/oauth2/auth";

/// Answers a browser.
pub(super) async fn serve(pages: &Pages, request: &Parts) -> Response<Body> {
    if request.method != Method::GET {
        return json::only("GET");
    }
    let query = request.uri.query().unwrap_or_default();
    let public_url = pages.identity().public_url();
    if is_googles(&request.headers) && !is_public(&request.headers, public_url) {
        return redirect(&format!("{public_url}{PATH}?{query}"));
    }
    let asked = match pages.identity().authorization(query).await {
        Ok(asked) => asked,
        Err(AuthorizationError::Redirect(address)) => return redirect(&address),
        Err(AuthorizationError::Unusable(error)) => return stay(&error),
    };
    let user = match pages.signed_in(&request.headers).await {
        Ok(user) => user,
        Err(failed) => {
            tracing::error!(error = %chain(&failed), "nobody can be asked for consent");
            return plain(StatusCode::SERVICE_UNAVAILABLE, "try again soon\n");
        }
    };
    match at_once(pages, &asked, user.as_ref(), &by(user.as_ref(), &request.extensions)).await {
        Ok(Some(address)) => redirect(&address),
        Ok(None) if asked.silent && user.is_none() => redirect(&asked.login_required()),
        Ok(None) if asked.silent => redirect(&asked.consent_required()),
        Ok(None) => redirect(&Pages::consent_page(query)),
        Err(error) => stay(&error),
    }
}

/// The address with a code, if there is nothing to ask.
async fn at_once(
    pages: &Pages,
    asked: &Authorization,
    user: Option<&User>,
    by: &By,
) -> Result<Option<String>, OAuthError> {
    let identity = pages.identity();
    match user {
        Some(user) if !asked.ask_again && identity.has_consented(asked, user).await? => {
            Ok(Some(identity.approve(asked, user, by).await?))
        }
        _ => Ok(None),
    }
}

/// Tells the person, since the app cannot be told.
fn stay(error: &OAuthError) -> Response<Body> {
    let status = if error.code == OAuthCode::TemporarilyUnavailable {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::BAD_REQUEST
    };
    TURNED_AWAY.tell(error);
    text(status, format!("This app asked wrongly: {error}\n"))
}
