//! Signing a browser in and out: `/sederunt/v1/webSession`, and one's own password: `/sederunt/v1/password`.
//!
//! | method, path | body | answer |
//! |---|---|---|
//! | POST webSession | `{"secret": …, "insteadOf": …}` of a sign-in link, or `{"email": …, "password": …}` | `{"user": …}` and the session cookie |
//! | GET webSession | | `{"user": …, "provider": {"displayName": …}}`, each `null` if there is none |
//! | DELETE webSession | | `{}`, and the cookie is gone |
//! | PUT password | `{"password": …, "oldPassword": …}` | `{}`; all other credentials of the person end |
//!
//! No RPCs, because a cookie is a matter between a browser and HTTP. What changes something must come from our own pages.
//! A link of one account opened where another is signed in would change who acts there, and who opened it may not have meant
//! that: it is refused, and stays unused, until the page has asked and names whom the link's account takes the place of.
//! The old password may be left out where there is none, and for a while by whoever signed in without it: somebody who
//! forgot theirs asks for a link and sets another.

use audit::By;
use axum_core::body::Body;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use identity::{PasswordChange, PasswordError, SignInError, SignInFault, User, WebSession};
use serde::Deserialize;
use serde_json::{Value, json};
use share::{Client, Taker};

use super::guesses::Guesser;
use super::{Pages, by, json};
use crate::clock;
use crate::turned_away::TurnedAway;

static TURNED_AWAY: TurnedAway = TurnedAway::new("somebody was not signed in");

/// The path of the session.
pub(crate) const PATH: &str = "/sederunt/v1/webSession";

/// The path of one's own password.
pub(crate) const PASSWORD_PATH: &str = "/sederunt/v1/password";

#[derive(Deserialize)]
#[serde(untagged)]
enum SignIn {
    Link {
        secret: String,
        /// `users/{user}`, who is signed in here and agreed to be no longer.
        #[serde(rename = "insteadOf", default)]
        instead_of: Option<String>,
    },
    Password {
        email: String,
        password: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewPassword {
    password: String,
    old_password: Option<String>,
}

impl Pages {
    /// Serves [`PATH`].
    pub(crate) async fn session(&self, request: Request<Body>) -> Response<Body> {
        match *request.method() {
            Method::GET => self.show(&request.into_parts().0.headers).await,
            Method::POST | Method::DELETE => match self.objection_to_page(request.headers()) {
                Some(objection) => objection,
                None if request.method() == Method::POST => self.sign_in(request).await,
                None => self.sign_out(&request.into_parts().0).await,
            },
            _ => json::only("GET, POST, DELETE"),
        }
    }

    /// Serves [`PASSWORD_PATH`].
    pub(crate) async fn password(&self, request: Request<Body>) -> Response<Body> {
        match *request.method() {
            Method::PUT => match self.objection_to_page(request.headers()) {
                Some(objection) => objection,
                None => self.set_password(request).await,
            },
            _ => json::only("PUT"),
        }
    }

    async fn show(&self, headers: &HeaderMap) -> Response<Body> {
        match self.signed_in(headers).await {
            Ok(user) => {
                let provider = self.provider.as_ref().map(|party| json!({"displayName": party.name()}));
                let body = json!({"user": user.as_ref().map(user_to_json), "provider": provider});
                json::answer(StatusCode::OK, &body)
            }
            Err(failed) => json::unavailable(&failed),
        }
    }

    async fn sign_in(&self, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Some(asked) = json::read_body::<SignIn>(body).await else {
            return json::malformed("{\"secret\": \"…\"} or {\"email\": \"…\", \"password\": \"…\"}");
        };
        let by = by(None, &head.extensions);
        let signed_in = match &asked {
            SignIn::Link { secret, instead_of } => {
                if let Some(objection) = self
                    .objection_to_link(&head.headers, secret, instead_of.as_deref(), by.now_us)
                    .await
                {
                    return objection;
                }
                self.identity.redeem(secret, &by).await
            }
            SignIn::Password { email, password } => {
                let client = head.extensions.get().copied().unwrap_or(Client::HERE);
                let guesser = Guesser::of(self.cookies, &head.headers, client, email, &self.identity);
                match self.guesses.admit(&guesser, email, clock::instant()) {
                    Err(wait) => return json::too_many("Too many attempts; try again later, or use a link.", wait),
                    Ok(_place) => self.try_password(&guesser, email, password, &by).await,
                }
            }
        };
        match signed_in {
            Ok(session) => self.signed_in_by(&session, by.now_us),
            Err(refused) => sign_in_refused(&refused),
        }
    }

    async fn try_password(
        &self,
        guesser: &Guesser,
        email: &str,
        password: &str,
        by: &By,
    ) -> Result<WebSession, SignInError> {
        let from = guesser.name();
        let signed_in = self.identity.sign_in_with_password(email, password, &from, by);
        let signed_in = signed_in.await;
        if let Err(SignInError::Refused(SignInFault::WrongPassword | SignInFault::UnknownUser)) = &signed_in {
            self.guesses.wrong(guesser, email, clock::instant());
        }
        signed_in
    }

    /// Why a link does not sign in, before it is used up: it is none, or somebody else is signed in who was not asked.
    async fn objection_to_link(
        &self,
        headers: &HeaderMap,
        secret: &str,
        instead_of: Option<&str>,
        now_us: i64,
    ) -> Option<Response<Body>> {
        let holder = match self.identity.link_holder(secret, now_us).await {
            Ok(holder) => holder,
            Err(refused) => return Some(sign_in_refused(&refused)),
        };
        match self.signed_in_by_cookie(headers).await {
            Ok(Some(other)) if other.id != holder.id && instead_of != Some(&user_name(&other)) => {
                Some(other_account(&holder))
            }
            Ok(_) => None,
            Err(failed) => Some(json::unavailable(&failed)),
        }
    }

    fn signed_in_by(&self, session: &WebSession, now_us: i64) -> Response<Body> {
        let mut response = json::answer(StatusCode::OK, &json!({"user": user_to_json(&session.user)}));
        self.cookies.set_session(&mut response, session, now_us);
        Guesser::remember(self.cookies, &mut response, &session.user.email, &self.identity);
        response
    }

    async fn sign_out(&self, request: &Parts) -> Response<Body> {
        if let Some(secret) = self.cookies.session_secret(&request.headers)
            && let Err(failed) = self
                .identity
                .end_web_session(secret, &by(None, &request.extensions))
                .await
        {
            return json::unavailable(&failed);
        }
        let mut response = json::answer(StatusCode::OK, &json!({}));
        self.cookies.clear_session(&mut response);
        response
    }

    async fn set_password(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let user = match self.signed_in(&parts.headers).await {
            Ok(Some(user)) => user,
            Ok(None) => return json::signed_out(),
            Err(failed) => return json::unavailable(&failed),
        };
        let Some(asked) = json::read_body::<NewPassword>(body).await else {
            return json::malformed("{\"password\": \"…\", \"oldPassword\": \"…\"}");
        };
        let _place = match self.guesses.place(Taker::account(user.id.as_str())) {
            Ok(place) => place,
            Err(wait) => return json::too_many("Too many passwords are set at once; try again soon.", wait),
        };
        let by = by(Some(&user), &parts.extensions);
        let change = PasswordChange {
            user: &user,
            session: self.cookies.session_secret(&parts.headers),
            old: asked.old_password.as_deref(),
            new: &asked.password,
        };
        match self.identity.change_password(change, &by).await {
            Ok(()) => json::answer(StatusCode::OK, &json!({})),
            Err(refused @ (PasswordError::TooShort | PasswordError::TooLong)) => {
                json::error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", &refused.to_string())
            }
            Err(refused @ PasswordError::WrongOld) => {
                json::error(StatusCode::FORBIDDEN, "PERMISSION_DENIED", &refused.to_string())
            }
            Err(refused @ PasswordError::TooManyAttempts) => {
                json::too_many(&refused.to_string(), identity::limits::PASSWORD_ATTEMPT_WINDOW)
            }
            Err(PasswordError::UnknownUser) => json::signed_out(),
            Err(failed @ (PasswordError::Hashing | PasswordError::Store(_))) => json::unavailable(&failed),
        }
    }
}

fn sign_in_refused(refused: &SignInError) -> Response<Body> {
    if let SignInError::Store(_) = refused {
        return json::unavailable(refused);
    }
    TURNED_AWAY.tell(refused);
    match refused {
        SignInError::Refused(SignInFault::TooManyAttempts) => {
            json::too_many(&refused.to_string(), identity::limits::PASSWORD_ATTEMPT_WINDOW)
        }
        _ => json::error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", &refused.to_string()),
    }
}

/// Somebody else is signed in: whoever holds the link is told for whom it is, so that they can choose.
fn other_account(holder: &User) -> Response<Body> {
    let message = "Somebody else is signed in in this browser; name them in `insteadOf` to take their place.";
    json::refused(
        StatusCode::BAD_REQUEST,
        "FAILED_PRECONDITION",
        message,
        "OTHER_ACCOUNT",
        &json!({"displayName": holder.display_name.as_str(), "email": holder.email}),
    )
}

fn user_name(user: &User) -> String {
    format!("users/{}", user.id)
}

/// A user, as pages show them.
pub(super) fn user_to_json(user: &User) -> Value {
    json!({
        "name": user_name(user),
        "displayName": user.display_name.as_str(),
        "email": user.email,
        "administrator": user.administrator,
    })
}
