//! The authorization endpoint: an application asks, a user answers, and a code goes back.
//!
//! Nothing is kept between the question and the answer: the page that asks the user sends the same query back with
//! their yes, and it is read again. While the client and its redirect URI are not known to be good, the browser is sent
//! nowhere, or this endpoint would send anybody anywhere.

use std::borrow::Cow;

use audit::{Action, By};
use db::Statement;

use crate::{
    App, AppKind, Identity, OAuthCode, OAuthError, Scopes, Secret, User, limits,
    parameters::Parameters,
    pkce, redirect,
    sign_in::{after, before},
};

/// A request that was found to be in order, on its way to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Who asks.
    pub app: App,
    /// What for.
    pub scopes: Scopes,
    /// The address that the application expects the user to sign in with.
    pub login_hint: Option<String>,
    /// Ask even who has agreed before.
    pub ask_again: bool,
    /// Show nothing: answer at once or refuse.
    pub silent: bool,
    redirect_uri: String,
    state: Option<String>,
    challenge: Option<String>,
    nonce: Option<String>,
    beyond: Beyond,
}

/// What the application wants beyond the scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Beyond {
    /// To go on when the user has left: a refresh token.
    offline: bool,
    /// What was granted before as well.
    keep_granted: bool,
}

/// Why there is nothing to ask the user.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizationError {
    /// Who asks, or where the answer should go, is not known: tell the user on a page, and send the browser nowhere.
    #[error(transparent)]
    Unusable(OAuthError),
    /// Something else is wrong: send the browser to this address, which tells the application.
    #[error("the application is told what is wrong with its request")]
    Redirect(String),
}

impl Identity {
    /// Reads the query of a request to the authorization endpoint.
    pub async fn authorization(&self, query: &str) -> Result<Authorization, AuthorizationError> {
        let query = Parameters::parse(query.as_bytes(), limits::AUTHORIZATION_QUERY_BYTES_MAX)
            .map_err(AuthorizationError::Unusable)?;
        let (app, redirect_uri) = self.requester(&query).await.map_err(AuthorizationError::Unusable)?;
        let challenge_needed = self.needs_challenge(&app);
        authorization_of(&query, app, &redirect_uri, challenge_needed).map_err(|error| {
            AuthorizationError::Redirect(refusal(
                &redirect_uri,
                query.get("state"),
                error.code,
                &error.description,
            ))
        })
    }

    /// Who asks, and an address of theirs.
    async fn requester(&self, query: &Parameters) -> Result<(App, String), OAuthError> {
        let found = self.app_and_secret(query.require("client_id")?).await?;
        let Some((app, _)) = found else {
            return Err(OAuthError::new(
                OAuthCode::InvalidClient,
                "The OAuth client was not found.",
            ));
        };
        let redirect_uri = query.require("redirect_uri")?.to_owned();
        if !redirect::may_receive(&redirect_uri, app.kind, &app.redirect_uris) {
            return Err(OAuthError::new(
                OAuthCode::InvalidRequest,
                "The redirect_uri is not one that the application registered.",
            ));
        }
        Ok((app, redirect_uri))
    }

    /// Whether the user has let the application do all this before, and need not be asked again.
    ///
    /// An installed application always asks: any other program on the machine can use its name (RFC 8252 §8.6).
    pub async fn has_consented(&self, request: &Authorization, user: &User) -> Result<bool, OAuthError> {
        if request.ask_again || request.app.kind == AppKind::Installed {
            return Ok(false);
        }
        let granted = self.consented_scopes(&user.id, &request.app.client_id).await?;
        Ok(granted.is_some_and(|granted| granted.covers(request.scopes)))
    }

    /// The user agrees: remembers it, and makes the address with the code to which the browser goes.
    pub async fn approve(&self, request: &Authorization, user: &User, by: &By) -> Result<String, OAuthError> {
        let now_us = by.now_us;
        let client_id = &request.app.client_id;
        let granted = self.consented_scopes(&user.id, client_id).await?.unwrap_or_default();
        let scopes = if request.beyond.keep_granted {
            granted.union(request.scopes)
        } else {
            request.scopes
        };
        let code = Secret::generate();
        let mut write = vec![
            Statement::new(
                "insert into consent (account, app, scopes, create_us) values ($1, $2, $3, $4)
                 on conflict (account, app) do update set scopes = excluded.scopes",
                vec![
                    user.id.as_str().into(),
                    client_id.into(),
                    granted.union(request.scopes).to_string().into(),
                    now_us.into(),
                ],
            )
            .expect(1),
            Statement::new(
                "insert into authorization_code
                    (code_sha256, account, app, scopes, redirect_uri, challenge, offline, expire_us, nonce)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                vec![
                    code.digest().into(),
                    user.id.as_str().into(),
                    client_id.into(),
                    scopes.to_string().into(),
                    request.redirect_uri.as_str().into(),
                    request.challenge.as_deref().into(),
                    request.beyond.offline.into(),
                    after(now_us, limits::AUTHORIZATION_CODE_TTL).into(),
                    request.nonce.as_deref().into(),
                ],
            )
            .expect(1),
            // A code's access token holds by its row, and may be given in the code's last moment.
            Statement::new(
                "delete from authorization_code where expire_us <= $1",
                vec![before(now_us, limits::TOKEN_TTL).into()],
            ),
        ];
        // A code for what was granted before is no new consent.
        if !granted.covers(request.scopes) {
            let scopes = granted.union(request.scopes).to_string();
            write.push(by.did(Action::ConsentGive, &format!("apps/{client_id}"), &scopes));
        }
        self.db.write(write).await?;
        let mut pairs = vec![("code", code.expose().into()), ("scope", scopes.to_string().into())];
        pairs.extend(request.state.as_deref().map(|state| ("state", state.into())));
        Ok(redirect::with_query(&request.redirect_uri, &pairs))
    }
}

impl Authorization {
    /// The user refuses: the address to which the browser goes.
    pub fn refusal(&self) -> String {
        self.refuse(OAuthCode::AccessDenied, "The user did not agree.")
    }

    /// The user would have to be asked and the application said not to: the address to which the browser goes.
    pub fn consent_required(&self) -> String {
        self.refuse(OAuthCode::ConsentRequired, "The user has to be asked.")
    }

    /// Nobody is signed in and the application said not to ask: the address to which the browser goes.
    pub fn login_required(&self) -> String {
        self.refuse(OAuthCode::LoginRequired, "Nobody is signed in.")
    }

    fn refuse(&self, code: OAuthCode, description: &str) -> String {
        refusal(&self.redirect_uri, self.state.as_deref(), code, description)
    }
}

fn refusal(redirect_uri: &str, state: Option<&str>, code: OAuthCode, description: &str) -> String {
    let mut pairs: Vec<(&str, Cow<'_, str>)> = vec![
        ("error", code.as_str().into()),
        ("error_description", description.into()),
    ];
    pairs.extend(state.map(|state| ("state", state.into())));
    redirect::with_query(redirect_uri, &pairs)
}

/// The rest of a request, once it is known who asks.
fn authorization_of(
    query: &Parameters,
    app: App,
    redirect_uri: &str,
    challenge_needed: bool,
) -> Result<Authorization, OAuthError> {
    if query.require("response_type")? != "code" {
        return Err(OAuthError::new(
            OAuthCode::UnsupportedResponseType,
            "The only response_type is code.",
        ));
    }
    let scopes = asked_scopes(query.require("scope")?)?;
    let challenge = pkce::challenge(query, challenge_needed)?;
    let prompts: Vec<&str> = query.get("prompt").unwrap_or_default().split_whitespace().collect();
    let silent = prompts.contains(&"none");
    if silent && prompts.len() > 1 {
        return Err(OAuthError::new(
            OAuthCode::InvalidRequest,
            "The prompt none stands alone.",
        ));
    }
    Ok(Authorization {
        scopes,
        login_hint: query.get("login_hint").map(str::to_owned),
        ask_again: prompts.contains(&"consent"),
        silent,
        redirect_uri: redirect_uri.to_owned(),
        state: query.get("state").map(str::to_owned),
        challenge,
        nonce: query.get("nonce").map(str::to_owned),
        beyond: Beyond {
            offline: app.kind == AppKind::Installed || query.get("access_type") == Some("offline"),
            keep_granted: query.get("include_granted_scopes") == Some("true"),
        },
        app,
    })
}

/// The scopes that an application asks for, as far as there are such here: at least one.
///
/// Programs that were written for Google ask for scopes of its other services in the same breath. Those are left out, and the
/// answer says what was given (RFC 6749 §3.3), so that a program gets what there is. One that would get nothing is told so.
pub(crate) fn asked_scopes(list: &str) -> Result<Scopes, OAuthError> {
    let invalid = |description| Err(OAuthError::new(OAuthCode::InvalidScope, description));
    let known = Scopes::known_in(list);
    match list.trim() {
        _ if !known.is_empty() => Ok(known),
        "" => invalid("No scope was asked for.".to_owned()),
        unknown => invalid(format!("There is no such scope here: {}.", unknown.escape_debug())),
    }
}
