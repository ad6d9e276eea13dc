//! The token endpoint: grants in, access tokens out.
//!
//! Three grants: the code that a user's consent made, the refresh token that came with it, and a service account's
//! assertion. An access token lasts an hour and is checked without a row of its own; everything that it came from is a
//! row, and checked with it (see [`Identity::authenticate`]), so that taking any of that away ends the token too.

use audit::{Action, Actor, By};
use db::{Row, Statement};
use meeting::UserId;
use serde::Serialize;

use crate::{
    App, AuthenticationError, Fault, Identity, OAuthCode, OAuthError, Scopes, Secret,
    accounts::user_id_of,
    authorization::asked_scopes,
    client::Client,
    grant::Grant,
    limits,
    openid::NewIdToken,
    parameters::Parameters,
    pkce,
    refresh_tokens::{NewRefreshToken, Refreshed},
    token::Bearer,
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
    /// Says who the user is, to an application that was given `openid`; or who a service account is, to whom it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

/// A request to the token endpoint. It holds secrets, so it does not print.
#[derive(Clone, Copy)]
pub struct TokenRequest<'a> {
    /// Its body: `application/x-www-form-urlencoded`.
    pub form: &'a [u8],
    /// The value of that header, if it has one.
    pub authorization: Option<&'a str>,
    /// In whose name an ID token speaks, as whoever asks knows us.
    pub issuer: &'a str,
}

fn invalid_grant(description: &'static str) -> OAuthError {
    OAuthError::new(OAuthCode::InvalidGrant, description)
}

const CODE_INVALID: &str = "The code is unknown, was used before, or has expired.";

impl Identity {
    /// Answers a request.
    pub async fn token(&self, request: TokenRequest<'_>, by: &By) -> Result<TokenResponse, OAuthError> {
        let TokenRequest {
            form,
            authorization,
            issuer,
        } = request;
        let form = Parameters::parse(form, limits::TOKEN_FORM_BYTES_MAX)?;
        match form.require("grant_type")? {
            "authorization_code" => {
                let client = self.client(&form, authorization).await?;
                self.use_code(&form, &client, issuer, by).await
            }
            "refresh_token" => {
                let client = self.client(&form, authorization).await?;
                self.refresh(&form, &client.app, issuer, by.now_us).await
            }
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => self.use_assertion(&form, issuer, by).await,
            _ => Err(OAuthError::new(
                OAuthCode::UnsupportedGrantType,
                "The grant_type must be authorization_code, refresh_token or \
                 urn:ietf:params:oauth:grant-type:jwt-bearer.",
            )),
        }
    }

    async fn use_code(
        &self,
        form: &Parameters,
        client: &Client,
        issuer: &str,
        by: &By,
    ) -> Result<TokenResponse, OAuthError> {
        let app = &client.app;
        let now_us = by.now_us;
        let code = Secret::parse(form.require("code")?).ok_or_else(|| invalid_grant(CODE_INVALID))?;
        let grant = Grant::of_code(&code);
        let row = self.code_row(&code, app).await?;
        let given = Given::read(&row)?;
        if given.used {
            return Err(self.code_came_again(&grant).await);
        }
        given.check(form, client, now_us)?;
        let Given { user, scopes, .. } = &given;
        let refresh = given.offline.then(Secret::generate);
        let mut write = vec![
            Statement::new(
                "update authorization_code set used_us = $2 where code_sha256 = $1 and used_us is null",
                vec![code.digest().into(), now_us.into()],
            )
            .expect(1),
        ];
        if let Some(refresh) = &refresh {
            let new = NewRefreshToken {
                user,
                app,
                scopes: *scopes,
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
        let bearer = Bearer::App {
            user: user.clone(),
            app: app.client_id.clone(),
            grant,
        };
        let response = self.access(&bearer, *scopes, refresh, now_us)?;
        let new = NewIdToken {
            issuer,
            client_id: &app.client_id,
            user,
            scopes: *scopes,
            nonce: given.nonce.as_deref(),
        };
        self.with_id_token(response, &new, now_us).await
    }

    async fn code_row(&self, code: &Secret, app: &App) -> Result<Row, OAuthError> {
        let sql = format!("select {GIVEN_COLUMNS} from authorization_code where code_sha256 = $1 and app = $2");
        let params = vec![code.digest().into(), app.client_id.as_str().into()];
        let rows = self.db.read(&sql, params).await?;
        rows.into_iter().next().ok_or_else(|| invalid_grant(CODE_INVALID))
    }

    /// A code that comes twice was stolen by one of the two, and nobody knows which: what the first one got is taken
    /// back, the access token too (RFC 6749 §4.1.2).
    async fn code_came_again(&self, grant: &Grant) -> OAuthError {
        match self.db.write(grant.ending().to_vec()).await {
            Ok(()) => invalid_grant(CODE_INVALID),
            Err(error) => error.into(),
        }
    }

    async fn refresh(
        &self,
        form: &Parameters,
        app: &App,
        issuer: &str,
        now_us: i64,
    ) -> Result<TokenResponse, OAuthError> {
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
        let Refreshed { user, grant, next, .. } = refreshed;
        let bearer = Bearer::App {
            user: user.clone(),
            app: app.client_id.clone(),
            grant,
        };
        let response = self.access(&bearer, scopes, next, now_us)?;
        let new = NewIdToken {
            issuer,
            client_id: &app.client_id,
            user: &user,
            scopes,
            nonce: None,
        };
        self.with_id_token(response, &new, now_us).await
    }

    async fn with_id_token(
        &self,
        response: TokenResponse,
        new: &NewIdToken<'_>,
        now_us: i64,
    ) -> Result<TokenResponse, OAuthError> {
        Ok(TokenResponse {
            id_token: self.id_token(new, now_us).await?,
            ..response
        })
    }

    async fn use_assertion(&self, form: &Parameters, issuer: &str, by: &By) -> Result<TokenResponse, OAuthError> {
        let signed = self
            .assertion(form.require("assertion")?, by.now_us)
            .await
            .map_err(assertion_refused)?;
        let scopes = signed.claims.scopes()?;
        if signed.claims.target_audience().is_some() && signed.claims.acts_for().is_some() {
            return Err(OAuthError::new(
                OAuthCode::UnauthorizedClient,
                "An ID token with a target_audience speaks of the service account itself: leave out sub.",
            ));
        }
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
        let now_us = by.now_us;
        let by = by.known_as(Actor::ServiceAccount(app.clone()));
        let subject = match &bearer {
            Bearer::Delegate { user, .. } => format!("users/{user}"),
            _ => by.actor(),
        };
        self.log
            .at_intervals(&by, Action::TokenIssue, &subject, &scopes.to_string())
            .await?;
        let id_token = match signed.claims.target_audience() {
            Some(audience) => Some(self.id_token_of_account(issuer, &signed, audience, now_us).await?),
            None => None,
        };
        Ok(TokenResponse { id_token, ..response })
    }

    fn access(
        &self,
        bearer: &Bearer,
        scopes: Scopes,
        refresh: Option<Secret>,
        now_us: i64,
    ) -> Result<TokenResponse, OAuthError> {
        Ok(TokenResponse {
            access_token: self.signed_token(bearer, scopes, now_us)?,
            expires_in: limits::TOKEN_TTL.as_secs(),
            token_type: "Bearer",
            scope: scopes.to_string(),
            refresh_token: refresh.map(|refresh| refresh.expose()),
            id_token: None,
        })
    }

    /// A token of the usual time.
    pub(crate) fn signed_token(&self, bearer: &Bearer, scopes: Scopes, now_us: i64) -> Result<String, OAuthError> {
        let signed = self.keyring.sign(bearer, scopes, limits::TOKEN_TTL, now_us);
        signed.map_err(|error| {
            OAuthError::new(OAuthCode::TemporarilyUnavailable, "No token can be signed now.").because(error)
        })
    }
}

/// What a code was given for.
struct Given {
    user: UserId,
    scopes: Scopes,
    redirect_uri: String,
    challenge: Option<String>,
    offline: bool,
    expire_us: i64,
    used: bool,
    nonce: Option<String>,
}

const GIVEN_COLUMNS: &str = "account, scopes, redirect_uri, challenge, offline, expire_us, used_us, nonce";

impl Given {
    fn read(row: &Row) -> Result<Given, db::Error> {
        Ok(Given {
            user: user_id_of(row, 0)?,
            scopes: Scopes::known_in(row.text(1)?),
            redirect_uri: row.text(2)?.to_owned(),
            challenge: row.opt_text(3)?.map(str::to_owned),
            offline: row.int(4)? != 0,
            expire_us: row.int(5)?,
            used: row.opt_int(6)?.is_some(),
            nonce: row.opt_text(7)?.map(str::to_owned),
        })
    }

    /// Refuses a code that is too old, or that somebody else brings, or from elsewhere.
    fn check(&self, form: &Parameters, client: &Client, now_us: i64) -> Result<(), OAuthError> {
        if self.expire_us <= now_us {
            return Err(invalid_grant(CODE_INVALID));
        }
        if form.require("redirect_uri")? != self.redirect_uri {
            return Err(invalid_grant(
                "The redirect_uri is not the one that the code was sent to.",
            ));
        }
        pkce::proves_something(client, self.challenge.as_deref())?;
        if !pkce::answers(form.get("code_verifier"), self.challenge.as_deref()) {
            return Err(invalid_grant(
                "The code_verifier is missing or does not fit the code_challenge.",
            ));
        }
        Ok(())
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
