//! Domain-wide delegation: which service accounts may act for users, and with which scopes.
use crate::{AppError, Identity, Listing, Page, Scopes};

/// An administrator's word that a service account may act for every user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Of the service account.
    pub client_id: String,
    /// Its address.
    pub email: String,
    /// What it may do for them.
    pub scopes: Scopes,
    /// When it was first granted.
    pub create_us: i64,
}

impl Identity {
    /// Grants a delegation, in place of the one that the service account may have.
    pub async fn grant_delegation(
        &self,
        _client_id: &str,
        _scopes: Scopes,
        _now_us: i64,
    ) -> Result<Delegation, AppError> {
        todo!()
    }

    /// All delegations, by client id.
    pub async fn list_delegations(&self, _page: Page<'_>) -> Result<Listing<Delegation>, AppError> {
        todo!()
    }

    /// Takes a delegation back: its tokens are refused within the time of the cache.
    pub async fn delete_delegation(&self, _client_id: &str) -> Result<(), AppError> {
        todo!()
    }
}
