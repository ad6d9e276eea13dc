//! Domain-wide delegation: which service accounts may act for users, and with which scopes.
//!
//! One row per service account, since the administrator's question is "what may this program do", not "when was it
//! allowed".

use audit::{Action, By};
use db::{Row, Statement};

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

const SELECT: &str = "select app.client_id, app.email, delegation.scopes, delegation.create_us
    from delegation join app on app.client_id = delegation.app";

fn delegation_of(row: &Row) -> Result<Delegation, db::Error> {
    Ok(Delegation {
        client_id: row.text(0)?.to_owned(),
        email: row.text(1)?.to_owned(),
        scopes: Scopes::known_in(row.text(2)?),
        create_us: row.int(3)?,
    })
}

/// As the audit log names it.
fn grant_name(client_id: &str) -> String {
    format!("grants/{client_id}")
}

impl Identity {
    /// Grants a delegation, in place of the one that the service account may have.
    pub async fn grant_delegation(&self, client_id: &str, scopes: Scopes, by: &By) -> Result<Delegation, AppError> {
        if scopes.is_empty() {
            return Err(AppError::NoScope);
        }
        let account = self.service_account(client_id).await?.ok_or(AppError::NotFound)?;
        let upsert = Statement::new(
            "insert into delegation (app, scopes, create_us) values ($1, $2, $3)
             on conflict (app) do update set scopes = excluded.scopes",
            vec![
                account.client_id.as_str().into(),
                scopes.to_string().into(),
                by.now_us.into(),
            ],
        );
        let line = by.did(
            Action::GrantCreate,
            &grant_name(&account.client_id),
            &scopes.to_string(),
        );
        self.write_one(upsert, line).await?;
        self.delegation(&account.client_id).await?.ok_or(AppError::NotFound)
    }

    pub(crate) async fn delegation(&self, client_id: &str) -> Result<Option<Delegation>, db::Error> {
        let sql = format!("{SELECT} where app.client_id = $1");
        let rows = self.db.read(&sql, vec![client_id.into()]).await?;
        rows.first().map(delegation_of).transpose()
    }

    /// All delegations, by client id.
    pub async fn list_delegations(&self, page: Page<'_>) -> Result<Listing<Delegation>, AppError> {
        let sql = format!("{SELECT} where app.client_id > $1 order by app.client_id limit $2");
        Ok(page
            .read_listing(&self.db, &sql, delegation_of, |one| &one.client_id)
            .await?)
    }

    /// Takes a delegation back: its tokens are refused from then on.
    pub async fn delete_delegation(&self, client_id: &str, by: &By) -> Result<(), AppError> {
        let account = self.service_account(client_id).await?.ok_or(AppError::NotFound)?;
        let delete = "delete from delegation where app = $1";
        let line = by.did(Action::GrantDelete, &grant_name(&account.client_id), "");
        self.write_one(Statement::new(delete, vec![account.client_id.into()]), line)
            .await
    }
}
