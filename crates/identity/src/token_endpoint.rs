//! The token endpoint: grants in, access tokens out.
//!
//! Three grants: the code that a user's consent made, the refresh token that came with it, and a service account's
//! assertion. An access token lasts an hour and is checked without a row of its own; everything that it came from is a
//! row, and checked with it (see [`Identity::authenticate`]), so that taking any of that away ends the token too.

use audit::{Action, Actor, By};
use db::Statement;
use serde::Serialize;

use crate::{
    App, AuthenticationError, Fault, Identity, OAuthCode, OAuthError, Scopes, Secret, accounts::user_id_of,
    authorization::asked_scopes, client::Client, grant::Grant, limits, parameters::Parameters, pkce,
    refresh_tokens::NewRefreshToken, token::Bearer,
};

/// The body of a good answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenResponse {
    /// What to send as `Authorization: Bearer`.
    pub access_token: String,
    /// In seconds.
    pub expires_in: u64,
    /// `Bearer`.
    pub token_type: &'static str,
    /// What it is good for: full names with a space between.
    pub scope: String,
    /// Gets the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

fn invalid_grant(description: &'static str) -> OAuthError {
    OAuthError::new(OAuthCode::InvalidGrant, description)
}

const CODE_INVALID: &str = "The code is unknown, was used before, or has expired.";

impl Identity {
    /// Answers a request: `form` is its body (`application/x-www-form-urlencoded`), `authorization` the value of that
    /// header, if it has one.
    pub async fn token(&self, form: &[u8], authorization: Option<&str>, by: &By) -> Result<TokenResponse, OAuthError> {
        let form = Parameters::parse(form, limits::TOKEN_FORM_BYTES_MAX)?;
        match form.require("grant_type")? {
            "authorization_code" => {
                let client = self.client(&form, authorization).await?;
                self.use_code(&form, &client, by).await
            }
            "refresh_token" => {
                let client = self.client(&form, authorization).await?;
                self.refresh(&form, &client.app, by.now_us).await
            }
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => self.use_assertion(&form, by).await,
            _ => Err(OAuthError::new(
                OAuthCode::UnsupportedGrantType,
                "The grant_type must be authorization_code, refresh_token or \
                 urn:ietf:params:oauth:grant-type:jwt-bearer.",
            )),
        }
    }

    async fn use_code(&self, form: &Parameters, client: &Client, by: &By) -> Result<TokenResponse, OAuthError> {
        let app = &client.app;
        let now_us = by.now_us;
        let code = Secret::parse(form.require("code")?).ok_or_else(|| invalid_grant(CODE_INVALID))?;
        let sql = "select account, scopes, redirect_uri, challenge, offline, expire_us, used_us
            from authorization_code where code_sha256 = $1 and app = $2";
        let rows = self
            .db
            .read(sql, vec![code.digest().into(), app.client_id.as_str().into()])
            .await?;
        let row = rows.first().ok_or_else(|| invalid_grant(CODE_INVALID))?;
        let user = user_id_of(row, 0)?;
        let scopes = Scopes::from_claim(row.text(1)?);
        let grant = Grant::of_code(&code);
        if row.opt_int(6)?.is_some() {
            return Err(self.code_came_again(&grant).await);
        }
        if row.int(5)? <= now_us {
            return Err(invalid_grant(CODE_INVALID));
        }
        if form.require("redirect_uri")? != row.text(2)? {
            return Err(invalid_grant(
                "The redirect_uri is not the one that the code was sent to.",
            ));
        }
        if !pkce::answers(form.get("code_verifier"), row.opt_text(3)?) {
            return Err(invalid_grant(
                "The code_verifier is missing or does not fit the code_challenge.",
            ));
        }
        let refresh = (row.int(4)? != 0).then(Secret::generate);
        let mut write = vec![
            Statement::new(
                "update authorization_code set used_us = $2 where code_sha256 = $1 and used_us is null",
                vec![code.digest().into(), now_us.into()],
            )
            .expect(1),
        ];
        if let Some(refresh) = &refresh {
            let new = NewRefreshToken {
                user: &user,
                app,
                scopes,
                grant: &grant,
                changes: !client.sent_secret,
            };
            write.extend(new.keeping(refresh, now_us));
        }
        let by = by
            .known_as(Actor::User(user.clone()))
            .through(Some(app.client_id.clone()));
        write.push(by.did(Action::TokenIssue, &format!("users/{user}"), &scopes.to_string()));
        match self.db.write(write).await {
            Ok(()) => {}
            Err(db::Error::Conflict { statement: 0 }) => return Err(self.code_came_again(&grant).await),
            Err(error) => return Err(error.into()),
        }
        let app = app.client_id.clone();
        let bearer = Bearer::App { user, app, grant };
        self.access(&bearer, scopes, refresh, now_us)
    }

    /// A code that comes twice was stolen by one of the two, and nobody knows which: what the first one got is taken
    /// back, the access token too (RFC 6749 §4.1.2).
    async fn code_came_again(&self, grant: &Grant) -> OAuthError {
        match self.db.write(grant.ending().to_vec()).await {
            Ok(()) => invalid_grant(CODE_INVALID),
            Err(error) => error.into(),
        }
    }

    async fn refresh(&self, form: &Parameters, app: &App, now_us: i64) -> Result<TokenResponse, OAuthError> {
        let gone = || invalid_grant("The refresh token is unknown, or was taken back.");
        let token = Secret::parse(form.require("refresh_token")?).ok_or_else(gone)?;
        let asked = form.get("scope").map(asked_scopes).transpose()?;
        let refreshed = self.use_refresh_token(&token, app, now_us).await?.ok_or_else(gone)?;
        let scopes = asked.unwrap_or(refreshed.scopes);
        if !refreshed.scopes.covers(scopes) {
            return Err(OAuthError::new(
                OAuthCode::InvalidScope,
                "The scopes go beyond those of the refresh token.",
            ));
        }
        self.access(&refreshed.bearer, scopes, refreshed.next, now_us)
    }

    async fn use_assertion(&self, form: &Parameters, by: &By) -> Result<TokenResponse, OAuthError> {
        let signed = self
            .assertion(form.require("assertion")?, by.now_us)
            .await
            .map_err(assertion_refused)?;
        let scopes = asked_scopes(signed.claims.scope.as_deref().unwrap_or_default())?;
        let (app, key) = (signed.client_id.clone(), signed.key_id.clone());
        let bearer = match signed.claims.acts_for() {
            None => Bearer::ServiceAccount { app, key },
            Some(email) => {
                // Before the user is looked up: who has no delegation learns of nobody's account.
                let granted = self.delegation(&app).await?.map(|granted| granted.scopes);
                if !granted.is_some_and(|granted| granted.covers(scopes)) {
                    return Err(OAuthError::new(
                        OAuthCode::UnauthorizedClient,
                        "The service account has no domain-wide delegation for these scopes: \
                         an administrator grants it.",
                    ));
                }
                let user = match self.user_by_email(email).await {
                    Ok(Some(user)) => user.id,
                    Ok(None) => return Err(invalid_grant("There is no user with the address in sub.")),
                    Err(error) => {
                        return Err(OAuthError::new(
                            OAuthCode::TemporarilyUnavailable,
                            "The user cannot be looked up now; try again later.",
                        )
                        .because(error));
                    }
                };
                Bearer::Delegate { user, app, key }
            }
        };
        let response = self.access(&bearer, scopes, None, by.now_us)?;
        let (Bearer::ServiceAccount { app, .. } | Bearer::Delegate { app, .. }) = &bearer else {
            unreachable!("a service account signed the assertion");
        };
        let by = by.known_as(Actor::ServiceAccount(app.clone()));
        let subject = match &bearer {
            Bearer::Delegate { user, .. } => format!("users/{user}"),
            _ => by.actor(),
        };
        self.log
            .at_intervals(&by, Action::TokenIssue, &subject, &scopes.to_string())
            .await?;
        Ok(response)
    }

    fn access(
        &self,
        bearer: &Bearer,
        scopes: Scopes,
        refresh: Option<Secret>,
        now_us: i64,
    ) -> Result<TokenResponse, OAuthError> {
        let access_token = self
            .keyring
            .sign(bearer, scopes, limits::TOKEN_TTL, now_us)
            .map_err(|error| {
                OAuthError::new(OAuthCode::TemporarilyUnavailable, "No token can be signed now.").because(error)
            })?;
        Ok(TokenResponse {
            access_token,
            expires_in: limits::TOKEN_TTL.as_secs(),
            token_type: "Bearer",
            scope: scopes.to_string(),
            refresh_token: refresh.map(|refresh| refresh.expose()),
        })
    }
}

/// An assertion's author is told what is wrong with it: whoever can sign one may know, and the others learn nothing.
fn assertion_refused(error: AuthenticationError) -> OAuthError {
    let fault = match error {
        AuthenticationError::Invalid(fault) => fault,
        AuthenticationError::Store(error) => return error.into(),
    };
    invalid_grant(match fault {
        Fault::WrongSignature | Fault::UnknownKey => {
            "The assertion is not signed (RS256) with a key of the service account in iss."
        }
        Fault::WrongAudience => "The aud of the assertion is not this token endpoint.",
        Fault::Expired => "The assertion has expired: check the clock of the machine that signed it.",
        Fault::UsedBefore => "The assertion was used before: sign another, or leave out its jti.",
        Fault::NotYetValid => {
            "The iat or nbf of the assertion lies ahead: check the clock of the machine that signed it."
        }
        Fault::TooLongLived => "The assertion is valid for more than an hour: check its iat and exp.",
        _ => "The assertion is not a JSON Web Token with iss, aud, iat, exp and scope.",
    })
    .because(fault)
}
