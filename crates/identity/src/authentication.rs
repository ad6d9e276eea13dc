//! From a credential to a [`Principal`].
//!
//! What a caller is told when it fails is one sentence, whatever was wrong: the difference between a bad signature, an
//! expired token and a removed user helps only whoever is trying keys. The log gets the difference from the source.

use crate::{
    Caller, Identity, Principal, Scopes, Secret,
    accounts::{USER_COLUMNS, find_user, user_of},
};

/// What came with a request.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// The token of an `Authorization: Bearer` header.
    Bearer(&'a str),
    /// The value of the session cookie.
    Cookie(&'a str),
    /// Nothing.
    None,
}

/// Why a credential proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// It is not, or no longer, one of ours.
    #[error("Request had invalid authentication credentials.")]
    Invalid(#[source] Fault),
    /// The accounts are out of reach.
    #[error("Credentials cannot be checked now; try again later.")]
    Store(#[from] db::Error),
}

/// What was wrong with a credential: for the log and the metrics only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not the shape of a credential.
    #[error("it is malformed")]
    Malformed,
    /// It names a key, or a way of signing, that is not ours.
    #[error("it is not signed with a key of ours")]
    UnknownKey,
    /// Our key did not sign this.
    #[error("its signature is wrong")]
    WrongSignature,
    /// We signed it, but not as a token for this service.
    #[error("it was not issued for this service")]
    WrongAudience,
    /// It is too late.
    #[error("it has expired")]
    Expired,
    /// Its user is gone.
    #[error("its user does not exist")]
    UnknownUser,
    /// Signed out, expired long ago, or never ours.
    #[error("no such browser session")]
    UnknownSession,
}

impl Identity {
    /// Who this is. No credential is nobody in particular, and no error; a credential that is not valid is one, since
    /// a program that holds an expired token must learn of it.
    pub async fn authenticate(
        &self,
        credential: Credential<'_>,
        now_us: i64,
    ) -> Result<Principal, AuthenticationError> {
        match credential {
            Credential::None => Ok(Principal::ANONYMOUS),
            Credential::Bearer(token) => self.authenticate_token(token, now_us).await,
            Credential::Cookie(secret) => self.authenticate_session(secret, now_us).await,
        }
    }

    async fn authenticate_token(&self, token: &str, now_us: i64) -> Result<Principal, AuthenticationError> {
        if let Some(principal) = self.verified().find(token, now_us) {
            return Ok(principal);
        }
        let claims = self
            .keyring
            .verify(token, now_us)
            .map_err(AuthenticationError::Invalid)?;
        let user = find_user(&self.db, &claims.user)
            .await?
            .ok_or(AuthenticationError::Invalid(Fault::UnknownUser))?;
        let principal = Principal {
            caller: Caller::User(user),
            scopes: claims.scopes,
            app: None,
        };
        self.verified().keep(token, &principal, claims.expire_us, now_us);
        Ok(principal)
    }

    /// Not cached, unlike tokens: signing out takes effect at once.
    async fn authenticate_session(&self, secret: &str, now_us: i64) -> Result<Principal, AuthenticationError> {
        let secret = Secret::parse(secret).ok_or(AuthenticationError::Invalid(Fault::Malformed))?;
        let sql = format!(
            "select {USER_COLUMNS}, web_session.expire_us
             from web_session join account on account.id = web_session.account
             where web_session.secret_sha256 = $1"
        );
        let rows = self.db.read(&sql, vec![secret.digest().into()]).await?;
        let row = rows
            .first()
            .ok_or(AuthenticationError::Invalid(Fault::UnknownSession))?;
        if row.int(4)? <= now_us {
            return Err(AuthenticationError::Invalid(Fault::Expired));
        }
        Ok(Principal {
            caller: Caller::User(user_of(row)?),
            scopes: Scopes::MEET,
            app: None,
        })
    }
}
