//! What browsers are served besides the API: the client's pages, signing in and out, and the consent to apps.

mod consent;
mod cookies;
mod guesses;
pub(crate) mod json;
pub(crate) mod made_links;
pub(crate) mod oidc;
pub(crate) mod pages;
mod query;
pub(crate) mod session;

pub(crate) use consent::PATH as CONSENT_PATH;
pub(crate) use cookies::redirect;
pub(crate) use guesses::Guesses;

use std::io;

use audit::{Actor, By};
use axum_core::body::Body;
use http::{Extensions, HeaderMap, Response};
use identity::{AuthenticationError, Credential, Identity, User};
use share::{Client, Reports};

use crate::browser::{Cookies, OwnPages};
use crate::clock;
use crate::gate::Stranger;

/// What the pages' own requests need.
pub(crate) struct Pages {
    identity: Identity,
    cookies: Cookies,
    ours: OwnPages,
    provider: Option<oidc::RelyingParty>,
    stranger: Stranger,
    guesses: Guesses,
}

impl Pages {
    /// With the provider that the operator trusts, if any; nobody asks it yet.
    pub(crate) fn open(
        identity: Identity,
        provider: Option<oidc::OidcConfiguration>,
        public_url: &str,
        stranger: Stranger,
        reports: &Reports,
    ) -> io::Result<Pages> {
        let cookies = Cookies::of(public_url);
        let provider = provider.map(|provider| oidc::RelyingParty::new(provider, public_url, cookies, reports));
        Ok(Pages {
            identity,
            cookies,
            ours: OwnPages::at(public_url),
            provider: provider.transpose()?,
            stranger,
            guesses: Guesses::new(reports),
        })
    }

    /// Refuses what is not asked by a page of ours.
    fn objection_to_page(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let foreign = self.ours.ask(headers).err()?;
        Some(json::foreign(&foreign, self.ours.url()))
    }

    /// Who uses this browser.
    pub(crate) async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<User>, AuthenticationError> {
        let by_cookie = self.signed_in_by_cookie(headers).await?;
        Ok(by_cookie.or_else(|| self.stranger.principal(headers).user().cloned()))
    }

    /// Who has signed in with this browser, and not out again.
    async fn signed_in_by_cookie(&self, headers: &HeaderMap) -> Result<Option<User>, AuthenticationError> {
        let Some(secret) = self.cookies.session_secret(headers) else {
            return Ok(None);
        };
        match self
            .identity
            .authenticate(Credential::Cookie(secret), clock::now_us())
            .await
        {
            Ok(principal) => Ok(principal.user().cloned()),
            Err(AuthenticationError::Invalid(_)) => Ok(None),
            Err(failed) => Err(failed),
        }
    }

    /// The provider by which people may sign in.
    pub(crate) fn provider(&self) -> Option<&oidc::RelyingParty> {
        self.provider.as_ref()
    }

    /// Who guesses.
    pub(crate) fn guesses(&self) -> &Guesses {
        &self.guesses
    }

    /// The accounts.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// Who asks for something outside of the API, for the audit log; `None` is somebody who has yet to say who they are.
pub(crate) fn by(user: Option<&User>, extensions: &Extensions) -> By {
    let actor = user.map_or(Actor::Nobody, |user| Actor::User(user.id.clone()));
    let client = extensions.get().copied().unwrap_or(Client::HERE);
    By::remote(actor, &client, clock::now_us())
}
