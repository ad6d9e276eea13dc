//! Signing in by somebody else's word: the authorization code flow of OpenID Connect, with PKCE, `state` and `nonce`.
//!
//! | path | what it does |
//! |---|---|
//! | `/sign-in/oidc?to=/path` | sends the browser to the provider |
//! | `/sign-in/oidc/callback` | takes the answer, signs in, and leads on to `/path` |
//!
//! Both are pages that a browser walks through, so an error is a word in the address of the sign-in page: `?problem=…`, one of
//! `provider` (it refused, or cannot be asked), `expired` (not begun in this browser, or too long ago), `address` (it does not
//! vouch for an e-mail address), `account` (nobody here has that address, or the provider may not introduce them), `server` (try
//! again later).
//!
//! A person is found by the provider's own name for them, and the first time by the address that it has verified. Written here,
//! since the one library for it brings 173 crates and an unpatched `rsa`.

mod attempt;
mod configuration;
mod fetch;
mod provider;

pub use configuration::OidcConfiguration;

use std::io;
use std::sync::Arc;

use axum_core::body::Body;
use http::Response;
use http::request::Parts;
use identity::{Expected, ExternalPerson, IdToken, Identity, SignInError, SignInFault, WebSession};
use serde::Deserialize;
use serde_json::Value;
use share::{Client, Reports, Shared, Taker};

use self::attempt::Attempt;
use self::fetch::{FetchError, Fetcher};
use self::provider::{Provider, ProviderError};
use super::cookies::redirect;
use super::guesses::Guesser;
use super::{by, query};
use crate::browser::Cookies;
use crate::turned_away::TurnedAway;
use crate::{clock, limits};

static TURNED_AWAY: TurnedAway = TurnedAway::new("nobody was signed in by the provider's word");

/// Where a sign-in begins.
pub(crate) const PATH: &str = "/sign-in/oidc";

/// Where the provider sends the browser back to.
pub(crate) const CALLBACK_PATH: &str = "/sign-in/oidc/callback";

/// We, as the provider knows us.
pub(crate) struct RelyingParty {
    configuration: OidcConfiguration,
    provider: Provider,
    redirect_uri: String,
    cookies: Cookies,
    /// Answers that the provider is asked about.
    asking: Shared,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("the provider cannot be relied on")]
    Provider(#[from] Arc<ProviderError>),
    #[error("the provider refused: {0}")]
    Refused(String),
    #[error("no such sign-in was begun in this browser")]
    Expired,
    #[error("the provider speaks of somebody else")]
    OtherUser,
    #[error("the provider is asked about too many at once")]
    TooMany,
    #[error("nobody was signed in")]
    SignIn(#[from] SignInError),
}

impl From<FetchError> for Problem {
    fn from(error: FetchError) -> Problem {
        Problem::Provider(Arc::new(error.into()))
    }
}

impl From<ProviderError> for Problem {
    fn from(error: ProviderError) -> Problem {
        Problem::Provider(Arc::new(error))
    }
}

impl Problem {
    /// The word that the sign-in page knows.
    fn word(&self) -> &'static str {
        match self {
            Problem::Provider(_) | Problem::Refused(_) | Problem::OtherUser => "provider",
            Problem::Expired => "expired",
            Problem::TooMany | Problem::SignIn(SignInError::Store(_)) => "server",
            Problem::SignIn(SignInError::Refused(SignInFault::EmailNotVerified)) => "address",
            Problem::SignIn(_) => "account",
        }
    }
}

/// The answer of the token endpoint.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// The answer about the user.
#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    email: Option<String>,
    /// Some providers write it as a text.
    #[serde(default)]
    email_verified: Value,
    name: Option<String>,
}

impl RelyingParty {
    /// Nothing is asked yet.
    pub(super) fn new(
        configuration: OidcConfiguration,
        public_url: &str,
        cookies: Cookies,
        reports: &Reports,
    ) -> io::Result<RelyingParty> {
        Ok(RelyingParty {
            provider: Provider::new(configuration.issuer.clone(), Fetcher::new()?),
            configuration,
            redirect_uri: format!("{public_url}{CALLBACK_PATH}"),
            cookies,
            asking: Shared::new("provider", limits::PROVIDER_QUESTIONS, reports),
        })
    }

    /// What the button says.
    pub(crate) fn name(&self) -> &str {
        &self.configuration.name
    }

    /// Sends a browser to the provider.
    pub(crate) async fn begin(&self, identity: &Identity, request: &Parts) -> Response<Body> {
        let attempt = Attempt::new(query::parameter(&request.uri, "to").as_deref());
        match self.provider.metadata().await {
            Ok(metadata) => {
                let address = self.authorization_address(&metadata.authorization_endpoint, &attempt);
                let mut response = redirect(&address);
                let age = limits::SIGN_IN_ATTEMPT_TTL;
                let cookie = attempt.to_cookie(identity);
                self.cookies.set(&mut response, attempt::COOKIE, &cookie, age);
                response
            }
            Err(error) => self.refuse(&error.into()),
        }
    }

    fn authorization_address(&self, endpoint: &str, attempt: &Attempt) -> String {
        let challenge = attempt.challenge();
        let query = query::encoded([
            ("response_type", "code"),
            ("client_id", &*self.configuration.client_id),
            ("redirect_uri", &*self.redirect_uri),
            ("scope", "openid profile email"),
            ("state", &*attempt.state),
            ("nonce", &*attempt.nonce),
            ("code_challenge", &*challenge),
            ("code_challenge_method", "S256"),
        ]);
        let separator = if endpoint.contains('?') { '&' } else { '?' };
        format!("{endpoint}{separator}{query}")
    }

    /// Takes the provider's answer.
    pub(crate) async fn finish(&self, identity: &Identity, request: &Parts) -> Response<Body> {
        match self.signed_in(identity, request).await {
            Ok((session, return_to)) => {
                let mut response = redirect(&return_to);
                self.cookies.clear(&mut response, attempt::COOKIE);
                self.cookies.set_session(&mut response, &session, clock::now_us());
                Guesser::remember(self.cookies, &mut response, &session.user.email, identity);
                response
            }
            Err(problem) => self.refuse(&problem),
        }
    }

    fn refuse(&self, problem: &Problem) -> Response<Body> {
        TURNED_AWAY.tell(problem);
        let mut response = redirect(&format!("/sign-in?problem={}", problem.word()));
        self.cookies.clear(&mut response, attempt::COOKIE);
        response
    }

    async fn signed_in(&self, identity: &Identity, request: &Parts) -> Result<(WebSession, String), Problem> {
        let parameter = |name| query::parameter(&request.uri, name);
        // First, so that nobody can make us talk to the provider without a browser that began it.
        let state = parameter("state").unwrap_or_default();
        let kept = self.cookies.find(&request.headers, attempt::COOKIE);
        let attempt = Attempt::of(identity, kept, &state).ok_or(Problem::Expired)?;
        if let Some(error) = parameter("error") {
            return Err(Problem::Refused(error.chars().take(100).collect()));
        }
        let code = parameter("code").ok_or(Problem::Expired)?;
        let client = request.extensions.get().copied().unwrap_or(Client::HERE);
        let _place = self
            .asking
            .take(Taker::Stranger(client), 1)
            .map_err(|_| Problem::TooMany)?;
        let token = self.token(&code, &attempt).await?;
        let person = ExternalPerson {
            issuer: &token.issuer,
            subject: &token.subject,
            email: token.email.as_deref(),
            email_verified: token.email_verified,
            name: token.name.as_deref(),
        };
        let introductions = &self.configuration.introductions;
        let session = identity
            .sign_in_external(&person, introductions, &by(None, &request.extensions))
            .await?;
        Ok((session, attempt.return_to))
    }

    /// Who it is, by a token that is checked, and by the provider's answer about the user where the token says too little.
    async fn token(&self, code: &str, attempt: &Attempt) -> Result<IdToken, Problem> {
        let metadata = self.provider.metadata().await?;
        let fetcher = self.provider.fetcher();
        let client_id = &*self.configuration.client_id;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &*self.redirect_uri),
            ("code_verifier", &*attempt.verifier),
        ];
        let mut basic = None;
        match self.configuration.client_secret.as_deref() {
            Some(secret) if metadata.takes_secret_in_body() => {
                fields.extend([("client_id", client_id), ("client_secret", secret)]);
            }
            Some(secret) => basic = Some((client_id, secret)),
            None => fields.push(("client_id", client_id)),
        }
        let tokens: Tokens = fetcher.post(&metadata.token_endpoint, &fields, basic).await?;

        let expected = Expected {
            issuer: &self.configuration.issuer,
            client_id,
            nonce: &attempt.nonce,
        };
        let mut token = self
            .provider
            .verify(&tokens.id_token, &expected, clock::now_us())
            .await?;
        if let (None, Some(endpoint), Some(bearer)) = (&token.email, &metadata.userinfo_endpoint, &tokens.access_token)
        {
            let info: UserInfo = fetcher.get(endpoint, Some(bearer)).await?;
            // OpenID Connect Core §5.3.2: or a token of somebody else's could be put in its place.
            if info.sub != token.subject {
                return Err(Problem::OtherUser);
            }
            token.email = info.email;
            token.email_verified = info.email_verified == true || info.email_verified == "true";
            token.name = token.name.or(info.name);
        }
        Ok(token)
    }
}
