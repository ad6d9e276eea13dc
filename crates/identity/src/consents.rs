//! What users let applications do, until they take it back.
//!
//! A consent is the one row on which an application's codes and refresh tokens hang, and which its access tokens are
//! checked against; so taking it back is deleting it.

use db::{Row, Statement};
use meeting::UserId;

use crate::{Identity, OAuthError, Scopes, Secret, accounts::user_id_of, token::Bearer};

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
    /// What a user let applications do, by the names of these.
    pub async fn list_consents(&self, user: &UserId) -> Result<Vec<Consent>, OAuthError> {
        let sql = "select app.client_id, app.name, consent.scopes, consent.create_us
            from consent join app on app.client_id = consent.app where consent.account = $1
            order by app.name, app.client_id";
        let rows = self.db.read(sql, vec![user.as_str().into()]).await?;
        let consent = |row: &Row| {
            Ok(Consent {
                client_id: row.text(0)?.to_owned(),
                name: row.text(1)?.to_owned(),
                scopes: Scopes::from_claim(row.text(2)?),
                create_us: row.int(3)?,
            })
        };
        rows.iter().map(consent).collect()
    }

    /// What a user let one application do; `None`: nothing.
    pub(crate) async fn consented_scopes(&self, user: &UserId, client_id: &str) -> Result<Option<Scopes>, db::Error> {
        let sql = "select scopes from consent where account = $1 and app = $2";
        let rows = self.db.read(sql, vec![user.as_str().into(), client_id.into()]).await?;
        rows.first().map(|row| Ok(Scopes::from_claim(row.text(0)?))).transpose()
    }

    /// The user takes back what they let an application do: its tokens are refused within the time of the cache.
    pub async fn revoke_consent(&self, user: &UserId, client_id: &str) -> Result<(), OAuthError> {
        let client_id = client_id.replace('\0', "");
        let delete = Statement::new(
            "delete from consent where account = $1 and app = $2",
            vec![user.as_str().into(), client_id.into()],
        );
        Ok(self.db.write(vec![delete]).await?)
    }

    /// RFC 7009: the application gives back a refresh or access token, and with it what its user let it do. A token
    /// that is not valid is given back already; one that belongs to no consent ends by itself.
    pub async fn revoke(&self, token: &str, now_us: i64) -> Result<(), OAuthError> {
        if let Some(secret) = Secret::parse(token) {
            let sql = "select account, app from refresh_token where token_sha256 = $1";
            let rows = self.db.read(sql, vec![secret.digest().into()]).await?;
            if let Some(row) = rows.first() {
                let user = user_id_of(row, 0)?;
                self.revoke_consent(&user, row.text(1)?).await?;
            }
        } else if let Ok(verified) = self.keyring.verify(token, now_us)
            && let Bearer::App { user, app } = verified.bearer
        {
            self.revoke_consent(&user, &app).await?;
        }
        Ok(())
    }
}
