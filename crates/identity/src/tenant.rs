//! The tenant: what Microsoft's contracts call an organisation that has accounts. Here it is the installation, so there is one.
//!
//! Its id is made once and kept beside the accounts, so that it stays when the address of the server changes, when a backup is
//! restored, and on every process of the database: programs have it in their configuration.

use db::{Db, Statement};

use crate::{Guid, Identity, KeyError, OAuthCode, OAuthError};

/// The id of this database; makes it where there is none.
pub(crate) async fn open(db: &Db) -> Result<Guid, KeyError> {
    if let Some(tenant) = stored(db).await? {
        return Ok(tenant);
    }
    let insert = Statement::new(
        "insert into tenant (number, id) values (1, $1)",
        vec![Guid::generate().as_str().into()],
    );
    match db.write(vec![insert.expect(1)]).await {
        Ok(()) => {}
        // Another process was faster: its id is ours.
        Err(error) if error.is_conflict() => {}
        Err(error) => return Err(error.into()),
    }
    stored(db).await?.ok_or(KeyError::Missing)
}

async fn stored(db: &Db) -> Result<Option<Guid>, db::Error> {
    let rows = db.read("select id from tenant where number = 1", Vec::new()).await?;
    let id = rows.first().map(|row| row.text(0)).transpose()?;
    Ok(id.and_then(Guid::parse))
}

impl Identity {
    /// By what Microsoft's clients name this installation.
    pub fn tenant(&self) -> &Guid {
        &self.tenant
    }

    /// Refuses whoever names another.
    pub fn check_tenant(&self, named: &str) -> Result<(), OAuthError> {
        if Guid::parse(named).as_ref() == Some(&self.tenant) {
            return Ok(());
        }
        let description = "The tenant was not found: `sederunt app tenant` shows the id of the one that there is.";
        Err(OAuthError::new(OAuthCode::InvalidRequest, description).numbered(90_002))
    }
}
