//! What users let applications do, until they take it back.
//!
//! A consent is the one row on which an application's codes and refresh tokens hang, and its access tokens hold by those;
//! so taking it back is deleting it.

use audit::{Action, Actor, By};
use db::{Statement, Value};
use meeting::UserId;

use crate::{Identity, OAuthError, Scopes, Secret, token::Bearer};

impl Identity {
    /// What a user let one application do; `None`: nothing.
    pub(crate) async fn consented_scopes(&self, user: &UserId, client_id: &str) -> Result<Option<Scopes>, db::Error> {
        let sql = "select scopes from consent where account = $1 and app = $2";
        let rows = self
            .db
            .read(sql, vec![user.as_str().into(), Value::key(client_id)])
            .await?;
        rows.first().map(|row| Ok(Scopes::known_in(row.text(0)?))).transpose()
    }

    /// The user takes back what they let an application do: its tokens are refused from then on.
    pub async fn revoke_consent(&self, user: &UserId, client_id: &str, by: &By) -> Result<(), OAuthError> {
        // Nothing to take back, nor anything for a line of the log to name.
        if self.consented_scopes(user, client_id).await?.is_none() {
            return Ok(());
        }
        let delete = Statement::new(
            "delete from consent where account = $1 and app = $2",
            vec![user.as_str().into(), client_id.into()],
        );
        let line = by.did(Action::ConsentRevoke, &format!("apps/{client_id}"), "");
        match self.db.write(vec![delete.expect(1), line]).await {
            // It was taken back already.
            Err(error) if error.is_conflict() => Ok(()),
            other => Ok(other?),
        }
    }

    /// RFC 7009: the application gives back a refresh or access token, and with it what its user let it do. A token
    /// that is not valid is given back already; one that belongs to no consent ends by itself.
    pub async fn revoke(&self, token: &str, by: &By) -> Result<(), OAuthError> {
        if let Some(secret) = Secret::parse(token) {
            if let Some((user, app)) = self.holder_of(&secret).await? {
                self.give_back(&user, &app, by).await?;
            }
        } else if let Ok(verified) = self.keyring.verify(token, by.now_us)
            && let Bearer::App { user, app, .. } = verified.bearer
        {
            self.give_back(&user, &app, by).await?;
        }
        Ok(())
    }

    /// An application lets go of what a user let it do.
    async fn give_back(&self, user: &UserId, app: &str, by: &By) -> Result<(), OAuthError> {
        let by = by.known_as(Actor::User(user.clone())).through(Some(app.to_owned()));
        self.revoke_consent(user, app, &by).await
    }
}
