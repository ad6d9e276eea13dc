//! What a token of ours is good for, told to whoever holds it: Google's `tokeninfo`, by which programs look before they leap.

use serde_json::Value;

use crate::{AuthenticationError, Identity, KeyError, Principal, limits, token::MICROSECONDS_PER_SECOND};

/// An access token that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// Whose it is, and for what.
    pub principal: Principal,
    /// Until when, in seconds since the Unix epoch.
    pub expire: i64,
    /// For how many seconds more.
    pub expires_in: i64,
}

impl Identity {
    /// Looks at an access token that we issued.
    pub async fn token_info(&self, token: &str, now_us: i64) -> Result<TokenInfo, AuthenticationError> {
        let verified = self
            .keyring
            .verify(token, now_us)
            .map_err(AuthenticationError::Invalid)?;
        Ok(TokenInfo {
            principal: self.principal_of(&verified).await?,
            expire: verified.expire_us / MICROSECONDS_PER_SECOND,
            expires_in: (verified.expire_us - now_us) / MICROSECONDS_PER_SECOND,
        })
    }

    /// Looks at an ID token that we issued: what it says, unless it has expired.
    pub async fn id_token_info(&self, token: &str, now_us: i64) -> Result<Option<Value>, KeyError> {
        if token.len() > limits::ID_TOKEN_BYTES_MAX {
            return Ok(None);
        }
        let claims = self.openid_keys(now_us).await?.verified(token);
        let holds = |claims: &Value| {
            claims["exp"]
                .as_i64()
                .is_some_and(|expire| expire > now_us / MICROSECONDS_PER_SECOND)
        };
        Ok(claims.filter(holds))
    }
}
