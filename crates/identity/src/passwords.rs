//! Passwords: an account may have one, beside its one-time links.
use crate::{Identity, SignInError, UserId, WebSession};

/// Why a password was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Shorter than [`limits::PASSWORD_CHARACTERS_MIN`](crate::limits::PASSWORD_CHARACTERS_MIN).
    #[error("the password is too short: it needs 10 characters at least")]
    TooShort,
    /// Longer than [`limits::PASSWORD_BYTES_MAX`](crate::limits::PASSWORD_BYTES_MAX).
    #[error("the password is too long")]
    TooLong,
    /// There is no such account.
    #[error("there is no such user")]
    UnknownUser,
    /// The machine has no memory to spare.
    #[error("the password could not be kept; try again later")]
    Hashing,
    /// The accounts are out of reach.
    #[error("the accounts cannot be reached; try again later")]
    Store(#[from] db::Error),
}

impl Identity {
    /// Sets an account's password and signs out all its browsers, but for the one whose cookie is `keep`.
    pub async fn set_password(
        &self,
        _user: &UserId,
        _password: &str,
        _keep: Option<&str>,
        _now_us: i64,
    ) -> Result<(), PasswordError> {
        todo!()
    }

    /// Takes an account's password away, so that only links and other issuers let it in.
    pub async fn remove_password(&self, _user: &UserId) -> Result<(), PasswordError> {
        todo!()
    }

    /// Whether the account has a password.
    pub async fn has_password(&self, _user: &UserId) -> Result<bool, PasswordError> {
        todo!()
    }

    /// Whether this is the account's password; for a page that asks for it again. Counts as an attempt.
    pub async fn check_password(&self, _user: &UserId, _password: &str, _now_us: i64) -> Result<(), SignInError> {
        todo!()
    }

    /// Signs in. Takes as long for an address that nobody has.
    pub async fn sign_in_with_password(
        &self,
        _email: &str,
        _password: &str,
        _now_us: i64,
    ) -> Result<WebSession, SignInError> {
        todo!()
    }
}
