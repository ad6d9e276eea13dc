//! Service accounts: programs with keys of their own.
use crate::{AppError, Identity, KeyFile, Listing, Page};

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Names it for ever: 21 digits.
    pub client_id: String,
    /// What its key files call `client_email`: no mail reaches it.
    pub email: String,
    /// The part of the address before the `@`.
    pub name: String,
    /// When it was made.
    pub create_us: i64,
}

/// A key of a service account: the public half is all that we have of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccountKey {
    /// What its file calls `private_key_id`.
    pub id: String,
    /// When it was made.
    pub create_us: i64,
}

impl Identity {
    /// Makes a service account. The name is the part of its address before the `@`: lower-case letters, digits and
    /// dashes.
    pub async fn create_service_account(&self, _name: &str, _now_us: i64) -> Result<ServiceAccount, AppError> {
        todo!()
    }

    /// The service account of that client id or address, if there is one.
    pub async fn service_account(&self, _client_id_or_email: &str) -> Result<Option<ServiceAccount>, AppError> {
        todo!()
    }

    /// All service accounts, by client id.
    pub async fn list_service_accounts(&self, _page: Page<'_>) -> Result<Listing<ServiceAccount>, AppError> {
        todo!()
    }

    /// Deletes a service account with its keys and its delegation.
    pub async fn delete_service_account(&self, _client_id: &str) -> Result<(), AppError> {
        todo!()
    }

    /// Makes a key. Its private half is in the file and nowhere else.
    pub async fn create_key(&self, _client_id: &str, _now_us: i64) -> Result<KeyFile, AppError> {
        todo!()
    }

    /// The keys of a service account, newest first.
    pub async fn list_keys(&self, _client_id: &str) -> Result<Vec<ServiceAccountKey>, AppError> {
        todo!()
    }

    /// Deletes a key: what it signs is refused within the time of the cache.
    pub async fn delete_key(&self, _client_id: &str, _key_id: &str) -> Result<(), AppError> {
        todo!()
    }
}
