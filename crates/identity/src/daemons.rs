//! Daemons: programs with roles, which act for nobody.
//!
//! Graph's contract has no user behind a call record: an organisation's own program reads them all, by a role that an
//! administrator gave to it. Such a program signs in as Microsoft's clients do ([`crate::client_credentials`]), so it has an id in
//! the form of theirs. It may act for no user and belongs to none: it is a row of the table of applications, and otherwise a thing
//! of its own.

use audit::{Action, By};
use db::{Row, Statement};
use meeting::DisplayName;

use crate::{AppError, AppRoles, Guid, Identity, Listing, Page, Secret, app_kind::DAEMON_KIND};

/// A program with roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemon {
    /// Names it for ever.
    pub client_id: String,
    /// What administrators call it.
    pub name: String,
    /// What it may do.
    pub roles: AppRoles,
    /// When it was made.
    pub create_us: i64,
}

impl Daemon {
    /// As the audit log and the administration name it.
    pub fn resource_name(&self) -> String {
        format!("daemons/{}", self.client_id)
    }
}

const COLUMNS: &str = "client_id, name, roles, create_us";

fn daemon_of(row: &Row) -> Result<Daemon, db::Error> {
    Ok(Daemon {
        client_id: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        roles: AppRoles::known_in(row.opt_text(2)?.unwrap_or_default()),
        create_us: row.int(3)?,
    })
}

impl Identity {
    /// Makes a daemon with these roles, which has nothing to sign in with yet.
    pub async fn create_daemon(&self, name: &str, roles: AppRoles, by: &By) -> Result<Daemon, AppError> {
        let daemon = Daemon {
            client_id: Guid::generate().to_string(),
            name: DisplayName::parse(name)?.to_string(),
            roles,
            create_us: by.now_us,
        };
        let insert = Statement::new(
            "insert into app (client_id, kind, name, roles, redirect_uris, create_us) values ($1, $2, $3, $4, '[]', $5)",
            vec![
                daemon.client_id.as_str().into(),
                DAEMON_KIND.into(),
                daemon.name.as_str().into(),
                roles.to_string().into(),
                daemon.create_us.into(),
            ],
        );
        let line = by.did(Action::DaemonCreate, &daemon.resource_name(), &roles.to_string());
        self.db.write(vec![insert.expect(1), line]).await?;
        Ok(daemon)
    }

    /// The daemon of that client id, if there is one.
    pub async fn daemon(&self, client_id: &str) -> Result<Option<Daemon>, AppError> {
        let Some(client_id) = Guid::parse(client_id) else {
            return Ok(None);
        };
        let sql = format!("select {COLUMNS} from app where kind = {DAEMON_KIND} and client_id = $1");
        let rows = self.db.read(&sql, vec![client_id.as_str().into()]).await?;
        Ok(rows.first().map(daemon_of).transpose()?)
    }

    /// The same for whoever wants to change it.
    pub(crate) async fn known_daemon(&self, client_id: &str) -> Result<Daemon, AppError> {
        self.daemon(client_id).await?.ok_or(AppError::NotFound)
    }

    /// All daemons, by client id.
    pub async fn list_daemons(&self, page: Page<'_>) -> Result<Listing<Daemon>, AppError> {
        let sql = format!(
            "select {COLUMNS} from app where kind = {DAEMON_KIND} and client_id > $1
             order by client_id limit $2"
        );
        Ok(page
            .read_listing(&self.db, &sql, daemon_of, |daemon| &daemon.client_id)
            .await?)
    }

    /// Gives a daemon these roles, in place of those that it has. They hold from its next request on.
    pub async fn set_daemon_roles(&self, client_id: &str, roles: AppRoles, by: &By) -> Result<Daemon, AppError> {
        let daemon = self.known_daemon(client_id).await?;
        let update = Statement::new(
            "update app set roles = $2 where client_id = $1",
            vec![daemon.client_id.as_str().into(), roles.to_string().into()],
        );
        let line = by.did(Action::DaemonRoles, &daemon.resource_name(), &roles.to_string());
        self.write_one(update, line).await?;
        Ok(Daemon { roles, ..daemon })
    }

    /// Deletes a daemon with all that it signs in with. Its tokens are refused from then on.
    pub async fn delete_daemon(&self, client_id: &str, by: &By) -> Result<(), AppError> {
        let daemon = self.known_daemon(client_id).await?;
        let delete = Statement::new(
            "delete from app where client_id = $1",
            vec![daemon.client_id.as_str().into()],
        );
        let line = by.did(Action::DaemonDelete, &daemon.resource_name(), "");
        self.write_one(delete, line).await
    }

    /// What Microsoft's client libraries read from the environment: one line for each variable. With a certificate in place of a
    /// secret, where its file lies is for whoever runs the program to say.
    pub fn daemon_environment(&self, client_id: &str, secret: Option<&Secret>) -> String {
        let secret = secret.map(|secret| format!("AZURE_CLIENT_SECRET={}\n", secret.expose()));
        format!(
            "AZURE_AUTHORITY_HOST={}\nAZURE_TENANT_ID={}\nAZURE_CLIENT_ID={client_id}\n{}",
            self.public_url,
            self.tenant,
            secret.unwrap_or_default(),
        )
    }
}
