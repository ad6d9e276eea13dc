//! What users let applications do, until they take it back.
//!
//! A consent is the one row on which an application's codes and refresh tokens hang, and its access tokens hold by those;
//! so taking it back is deleting it.

use db::Statement;
use meeting::UserId;

use crate::{Identity, OAuthError, Scopes, Secret, token::Bearer};

impl Identity {
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
            if let Some((user, app)) = self.holder_of(&secret).await? {
                self.revoke_consent(&user, &app).await?;
            }
        } else if let Ok(verified) = self.keyring.verify(token, now_us)
            && let Bearer::App { user, app, .. } = verified.bearer
        {
            self.revoke_consent(&user, &app).await?;
        }
        Ok(())
    }
}
