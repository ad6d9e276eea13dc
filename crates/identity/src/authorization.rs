//! The authorization endpoint: an application asks, a user answers, and a code goes back.
use crate::{App, Identity, OAuthError, Scopes, User};

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
    pub async fn authorization(&self, _query: &str) -> Result<Authorization, AuthorizationError> {
        todo!()
    }

    /// Whether the user has let the application do all this before.
    pub async fn has_consented(&self, _request: &Authorization, _user: &User) -> Result<bool, OAuthError> {
        todo!()
    }

    /// The user agrees: remembers it, and makes the address with the code to which the browser goes.
    pub async fn approve(&self, _request: &Authorization, _user: &User, _now_us: i64) -> Result<String, OAuthError> {
        todo!()
    }
}

impl Authorization {
    /// The user refuses: the address to which the browser goes.
    pub fn refusal(&self) -> String {
        todo!()
    }

    /// The user would have to be asked and the application said not to: the address to which the browser goes.
    pub fn consent_required(&self) -> String {
        todo!()
    }
}
