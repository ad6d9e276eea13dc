//! What a token is good for, told to whoever holds it: `tokeninfo`, as Google's libraries ask.
//!
//! The token comes in the query, in a form, or as a bearer. One that does not hold is told so in OAuth's words, and counted like a
//! wrong secret: nobody may try for long.

use axum_core::body::Body;
use http::header;
use http::{Request, Response, StatusCode};
use identity::{AuthenticationError, Caller, Identity, Profile, TokenInfo};
use register::chain;
use serde_json::{Value, json};
use share::Client;

use super::endpoints::{answer, form_or_nothing, parameter, slow_down};
use crate::clock;
use crate::web::{Guesses, json};

/// In which words the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Those of today.
    Newer,
    /// Those of the first two versions: `issued_to`, `audience`, `user_id`.
    Older,
}

/// Serves it.
pub(super) async fn serve(
    identity: &Identity,
    guesses: &Guesses,
    form: Form,
    request: Request<Body>,
) -> Response<Body> {
    let client = request.extensions().get().copied().unwrap_or(Client::HERE);
    if let Err(wait) = guesses.admit_grant(client, clock::instant()) {
        return slow_down(wait);
    }
    let asked = match Asked::read(request).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let told = match &asked {
        Asked::AccessToken(token) => about_access_token(identity, token, form).await,
        Asked::IdToken(token) => about_id_token(identity, token).await,
        Asked::Nothing => Ok(None),
    };
    match told {
        Ok(Some(told)) => answer(StatusCode::OK, &told),
        Ok(None) => {
            guesses.wrong_grant(client, clock::instant());
            let body =
                json!({"error": "invalid_token", "error_description": "The token does not hold, or is missing."});
            answer(StatusCode::BAD_REQUEST, &body)
        }
        Err(refusal) => refusal,
    }
}

/// What is asked about.
enum Asked {
    AccessToken(String),
    IdToken(String),
    Nothing,
}

impl Asked {
    async fn read(request: Request<Body>) -> Result<Asked, Response<Body>> {
        let query = request.uri().query().unwrap_or_default().as_bytes().to_vec();
        let bearer = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let bearer = bearer
            .and_then(|value| value.split_once(' '))
            .map(|(_, token)| token.trim().to_owned());
        let form = form_or_nothing(request).await?;
        let given = |name| parameter(&query, name).or_else(|| parameter(&form, name));
        Ok(match (given("id_token"), given("access_token").or(bearer)) {
            (Some(token), _) => Asked::IdToken(token),
            (None, Some(token)) => Asked::AccessToken(token),
            (None, None) => Asked::Nothing,
        })
    }
}

async fn about_access_token(identity: &Identity, token: &str, form: Form) -> Result<Option<Value>, Response<Body>> {
    match identity.token_info(token, clock::now_us()).await {
        Ok(info) => Ok(Some(told(&info, form))),
        Err(AuthenticationError::Invalid(_)) => Ok(None),
        Err(failed) => {
            tracing::error!(error = %chain(&failed), "a token cannot be looked at");
            Err(json::busy("Tokens cannot be looked at now; try again soon."))
        }
    }
}

async fn about_id_token(identity: &Identity, token: &str) -> Result<Option<Value>, Response<Body>> {
    identity.id_token_info(token, clock::now_us()).await.map_err(|failed| {
        tracing::error!(error = %chain(&failed), "an ID token cannot be looked at");
        json::busy("Tokens cannot be looked at now; try again soon.")
    })
}

/// Numbers are texts in today's form, as Google's are.
fn told(info: &TokenInfo, form: Form) -> Value {
    let principal = &info.principal;
    let profile = Profile::of(principal).ok();
    let id = match &principal.caller {
        Caller::User(user) => Some(user.id.as_str()),
        Caller::ServiceAccount { client_id, .. } | Caller::Daemon { client_id, .. } => Some(client_id.as_str()),
        Caller::Anonymous => None,
    };
    let email = profile.and_then(|profile| profile.email);
    let verified = email.is_some();
    let scope = principal.scopes.to_string();
    let told = match form {
        Form::Newer => json!({
            "azp": principal.app, "aud": principal.app, "sub": id, "scope": scope,
            "exp": info.expire.to_string(), "expires_in": info.expires_in.to_string(),
            "email": email, "email_verified": verified.then_some("true"),
        }),
        Form::Older => json!({
            "issued_to": principal.app, "audience": principal.app, "user_id": id, "scope": scope,
            "expires_in": info.expires_in, "email": email, "verified_email": verified.then_some(true),
        }),
    };
    let Value::Object(fields) = told else {
        unreachable!("both are made of fields");
    };
    fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
}
