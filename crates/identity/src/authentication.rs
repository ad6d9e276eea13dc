//! From a credential to a [`Principal`].
//!
//! What a caller is told when it fails is one sentence, whatever was wrong: the difference between a bad signature, an
//! expired token and a removed user helps only whoever is trying keys. The log gets the difference from the source.

use db::Row;
use meeting::UserId;

use crate::{
    AppRoles, Caller, Fault, Identity, Principal, Scopes, Secret,
    accounts::{USER_COLUMNS, user_of},
    grant::Grant,
    token::{Bearer, MICROSECONDS_PER_SECOND, Verified, is_self_signed},
    verified::{Known, Remembered},
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
        // Asked before anything is read, or a write in between would be missed.
        let last_write = self.db.last_write();
        let remembered = self.verified().find(token, last_write, now_us);
        let verified = match remembered {
            Some(Remembered::Principal(principal)) => return Ok(principal),
            Some(Remembered::Verified(verified)) => Some(verified),
            None if is_self_signed(token) => None,
            None => {
                let verified = self.keyring.verify(token, now_us);
                Some(verified.map_err(AuthenticationError::Invalid)?)
            }
        };
        let (principal, expire_us) = match &verified {
            Some(verified) => (self.principal_of(verified).await?, verified.expire_us),
            None => self.self_signed(token, now_us).await?,
        };
        let known = Known {
            verified,
            principal: principal.clone(),
            last_write,
            expire_us,
        };
        self.verified().keep(token, known, now_us);
        Ok(principal)
    }

    /// Who holds a token of ours, if all that it was issued for still stands: one read, whatever it is.
    pub(crate) async fn principal_of(&self, verified: &Verified) -> Result<Principal, AuthenticationError> {
        let principal = match &verified.bearer {
            Bearer::User(user) => self.by_themselves(verified, user).await?,
            Bearer::App { user, app, grant } => self.by_grant(verified, user, app, grant).await?,
            Bearer::Delegate { user, app, key } => self.by_delegation(verified, user, app, key).await?,
            Bearer::ServiceAccount { app, key } => self.by_key(verified, app, key).await?,
            Bearer::Daemon { app, credential, .. } => self.by_roles(app, credential).await?,
        };
        principal.ok_or(AuthenticationError::Invalid(match verified.bearer {
            Bearer::User(_) => Fault::UnknownUser,
            _ => Fault::Revoked,
        }))
    }

    /// A user who has not ended their credentials since.
    async fn by_themselves(&self, verified: &Verified, user: &UserId) -> Result<Option<Principal>, db::Error> {
        let sql = format!("select {USER_COLUMNS} from account where id = $1 and tokens_from_us <= $2");
        // The token's time is in whole seconds, rounded down.
        let issued_by_us = verified.issue_us.saturating_add(MICROSECONDS_PER_SECOND - 1);
        let params = vec![user.as_str().into(), issued_by_us.into()];
        let rows = self.db.read(&sql, params).await?;
        let principal = |row| {
            Ok(Principal {
                caller: Caller::User(user_of(row)?),
                scopes: verified.scopes,
                app: None,
            })
        };
        rows.first().map(principal).transpose()
    }

    /// A user and an application that they still let do this: of what it was given, something is left.
    async fn by_grant(
        &self,
        verified: &Verified,
        user: &UserId,
        app: &str,
        grant: &Grant,
    ) -> Result<Option<Principal>, db::Error> {
        let sql = format!(
            "select {USER_COLUMNS} from account where id = $1 and (
                exists (select 1 from refresh_token where code_sha256 = $3 and account = $1 and app = $2)
                or exists (select 1 from authorization_code where code_sha256 = $3 and account = $1 and app = $2))"
        );
        let params = vec![user.as_str().into(), app.into(), grant.to_value()];
        let rows = self.db.read(&sql, params).await?;
        rows.first().map(|row| acting_for(row, verified, app)).transpose()
    }

    /// A user, and a service account that may still act for all of them.
    async fn by_delegation(
        &self,
        verified: &Verified,
        user: &UserId,
        app: &str,
        key: &str,
    ) -> Result<Option<Principal>, db::Error> {
        let sql = format!(
            "select {USER_COLUMNS}, delegation.scopes
             from service_account_key k join delegation on delegation.app = k.app join account on account.id = $1
             where k.app = $2 and k.id = $3"
        );
        let params = vec![user.as_str().into(), app.into(), key.into()];
        let rows = self.db.read(&sql, params).await?;
        match rows.first() {
            Some(row) if Scopes::known_in(row.text(4)?).covers(verified.scopes) => {
                acting_for(row, verified, app).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A service account that acts for nobody.
    async fn by_key(&self, verified: &Verified, app: &str, key: &str) -> Result<Option<Principal>, db::Error> {
        let sql = "select app.email from service_account_key k join app on app.client_id = k.app
            where k.app = $1 and k.id = $2";
        let rows = self.db.read(sql, vec![app.into(), key.into()]).await?;
        let principal = |email: &str| Principal {
            caller: Caller::ServiceAccount {
                client_id: app.to_owned(),
                email: email.to_owned(),
            },
            scopes: verified.scopes,
            app: Some(app.to_owned()),
        };
        rows.first().map(|row| Ok(principal(row.text(0)?))).transpose()
    }

    /// A daemon, with the roles that it has now.
    async fn by_roles(&self, app: &str, credential: &str) -> Result<Option<Principal>, db::Error> {
        let sql = "select app.roles from daemon_credential c join app on app.client_id = c.app
            where c.app = $1 and c.id = $2";
        let rows = self.db.read(sql, vec![app.into(), credential.into()]).await?;
        let principal = |roles: Option<&str>| Principal {
            caller: Caller::Daemon {
                client_id: app.to_owned(),
                roles: AppRoles::known_in(roles.unwrap_or_default()),
            },
            scopes: Scopes::NONE,
            app: Some(app.to_owned()),
        };
        rows.first().map(|row| Ok(principal(row.opt_text(0)?))).transpose()
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

/// The user of this row, for whom this application acts.
fn acting_for(row: &Row, verified: &Verified, app: &str) -> Result<Principal, db::Error> {
    Ok(Principal {
        caller: Caller::User(user_of(row)?),
        scopes: verified.scopes,
        app: Some(app.to_owned()),
    })
}
