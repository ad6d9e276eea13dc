//! The token endpoint: grants in, access tokens out.
use serde::Serialize;

use crate::{Identity, OAuthError};

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

impl Identity {
    /// Answers a request: `form` is its body (`application/x-www-form-urlencoded`), `authorization` the value of that
    /// header, if it has one.
    pub async fn token(
        &self,
        _form: &[u8],
        _authorization: Option<&str>,
        _now_us: i64,
    ) -> Result<TokenResponse, OAuthError> {
        todo!()
    }
}
