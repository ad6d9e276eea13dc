//! What users let applications do, until they take it back.
use crate::{Identity, OAuthError, Scopes, UserId};

/// What a user let an application do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The application.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When the user first agreed.
    pub create_us: i64,
}

impl Identity {
    /// What a user let applications do.
    pub async fn list_consents(&self, _user: &UserId) -> Result<Vec<Consent>, OAuthError> {
        todo!()
    }

    /// The user takes back what they let an application do: its tokens are refused within the time of the cache.
    pub async fn revoke_consent(&self, _user: &UserId, _client_id: &str) -> Result<(), OAuthError> {
        todo!()
    }

    /// RFC 7009: the application gives back a refresh or access token, and with it what its user let it do. A token
    /// that is not valid is given back already.
    pub async fn revoke(&self, _token: &str, _now_us: i64) -> Result<(), OAuthError> {
        todo!()
    }
}
