//! What an app asks of a person, and the person's answer: `/oauth2/consent`.
//!
//! | method | what is given | answer |
//! |---|---|---|
//! | GET | `?request=…` | `{"app": {"name", "kind"}, "scopes": [{"scope", "description"}], "loginHint", "user"}` |
//! | POST | `{"request": …, "approve": true}` | `{"redirect": …}`, where the browser goes next |
//!
//! `request` is the app's own request, encoded: it is checked again each time, so nothing is kept for those who never answer, and
//! a changed one is just another request. If an app has asked wrongly, GET too answers `{"redirect": …}`, to tell it.

use audit::By;
use axum_core::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use identity::{AppKind, Authorization, AuthorizationError, OAuthCode, OAuthError, User};
use serde::Deserialize;
use serde_json::json;

use super::session::user_to_json;
use super::{Pages, by, json, query};
use crate::turned_away::TurnedAway;

static TURNED_AWAY: TurnedAway = TurnedAway::new("an app asked wrongly");

/// The path of the answer.
pub(crate) const PATH: &str = "/oauth2/consent";

#[derive(Deserialize)]
struct Decision {
    request: String,
    approve: bool,
}

impl Pages {
    /// Where a person reads what an app asks for, by the query of its request.
    pub(crate) fn consent_page(asked: &str) -> String {
        format!("/consent?request={}", URL_SAFE_NO_PAD.encode(asked))
    }

    /// Serves [`PATH`].
    pub(crate) async fn consent(&self, request: Request<Body>) -> Response<Body> {
        match *request.method() {
            Method::GET => self.show_consent(&request.into_parts().0).await,
            Method::POST => match self.objection_to_page(request.headers()) {
                Some(objection) => objection,
                None => self.decide(request).await,
            },
            _ => json::only("GET, POST"),
        }
    }

    async fn show_consent(&self, request: &Parts) -> Response<Body> {
        let asked = query::parameter(&request.uri, "request").unwrap_or_default();
        let asked = match self.asked(&asked).await {
            Ok(asked) => asked,
            Err(answer) => return answer,
        };
        let user = match self.signed_in(&request.headers).await {
            Ok(user) => user,
            Err(failed) => return json::unavailable(&failed),
        };
        let scopes = asked.scopes.iter();
        let scopes: Vec<_> = scopes
            .map(|scope| json!({"scope": scope.full_name(), "description": scope.description()}))
            .collect();
        let kind = match asked.app.kind {
            AppKind::Web => "WEB",
            AppKind::Installed => "INSTALLED",
        };
        let body = json!({
            "app": {"name": asked.app.name, "kind": kind},
            "scopes": scopes,
            "loginHint": asked.login_hint,
            "user": user.as_ref().map(user_to_json),
        });
        json::answer(StatusCode::OK, &body)
    }

    async fn decide(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let user = match self.signed_in(&parts.headers).await {
            Ok(Some(user)) => user,
            Ok(None) => return json::signed_out(),
            Err(failed) => return json::unavailable(&failed),
        };
        let Some(Decision { request, approve }) = json::read_body(body).await else {
            return json::malformed("{\"request\": \"…\", \"approve\": true}");
        };
        let asked = match self.asked(&request).await {
            Ok(asked) => asked,
            Err(answer) => return answer,
        };
        match self
            .decided(&asked, &user, approve, &by(Some(&user), &parts.extensions))
            .await
        {
            Ok(address) => leads_to(&address),
            Err(failed) => failure(&failed),
        }
    }

    async fn decided(&self, asked: &Authorization, user: &User, approve: bool, by: &By) -> Result<String, OAuthError> {
        if approve {
            self.identity.approve(asked, user, by).await
        } else {
            Ok(asked.refusal())
        }
    }

    /// What an app asks for; or the answer, if it cannot.
    async fn asked(&self, encoded: &str) -> Result<Authorization, Response<Body>> {
        let decoded = URL_SAFE_NO_PAD.decode(encoded).ok();
        let Some(asked) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else {
            let message = "The address of this page is incomplete.";
            return Err(json::error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message));
        };
        self.identity.authorization(&asked).await.map_err(|error| match error {
            AuthorizationError::Unusable(error) => failure(&error),
            AuthorizationError::Redirect(address) => leads_to(&address),
        })
    }
}

fn leads_to(address: &str) -> Response<Body> {
    json::answer(StatusCode::OK, &json!({"redirect": address}))
}

fn failure(error: &OAuthError) -> Response<Body> {
    if error.code == OAuthCode::TemporarilyUnavailable {
        return json::unavailable(error);
    }
    TURNED_AWAY.tell(error);
    json::error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", &error.to_string())
}
