//! Service accounts: programs with keys of their own.
//!
//! One that was made for a project has an address in it and a role there, and is of use for nothing else until somebody grants it
//! more; the others belong to the installation.
//!
//! The private half of a key is made here, leaves in its file, and is not kept. What the program signs with it is
//! checked against the public half, whose row is the only thing that makes a key a key: deleting it ends the key.

use audit::{Action, By};
use db::{Row, Statement, Value};

use crate::{
    AppError, Identity, KeyFile, Listing, Page,
    app_kind::SERVICE_ACCOUNT_KIND,
    apps::new_client_id,
    key_file::{NewKey, PROJECT},
    limits,
    project_role::ProjectRole,
    projects::{joining, leaving_projects},
};

/// The domain of their addresses: reserved for private use, so that no mail and no person has one.
const EMAIL_DOMAIN: &str = "iam.internal";

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Names it for ever: 21 digits.
    pub client_id: String,
    /// What its key files call `client_email`: no mail reaches it.
    pub email: String,
    /// The part of the address before the `@`.
    pub name: String,
    /// When it was made.
    pub create_us: i64,
}

impl ServiceAccount {
    /// What its key files call `project_id`: the project that it was made for, or the installation.
    pub fn project(&self) -> &str {
        let domain = self.email.rsplit_once('@').map_or("", |(_, domain)| domain);
        domain.split('.').next().unwrap_or_default()
    }

    /// Whether it was made for no project.
    pub fn is_of_installation(&self) -> bool {
        self.project() == PROJECT
    }

    /// As the audit log names it.
    fn resource_name(&self) -> String {
        format!("serviceAccounts/{}", self.client_id)
    }

    /// One of its keys.
    fn key_name(&self, key_id: &str) -> String {
        format!("{}/keys/{key_id}", self.resource_name())
    }
}

/// A key of a service account: the public half is all that we have of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccountKey {
    /// What its file calls `private_key_id`.
    pub id: String,
    /// When it was made.
    pub create_us: i64,
}

const COLUMNS: &str = "client_id, email, name, create_us";

fn account_of(row: &Row) -> Result<ServiceAccount, db::Error> {
    Ok(ServiceAccount {
        client_id: row.text(0)?.to_owned(),
        email: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        create_us: row.int(3)?,
    })
}

/// Google's rule, but for the least length: a letter, then letters, digits and dashes, and no dash at the end.
fn checked_name(name: &str) -> Result<&str, AppError> {
    let of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = name.len() <= limits::SERVICE_ACCOUNT_NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(of_name)
        && !name.ends_with('-');
    if good {
        Ok(name)
    } else {
        Err(AppError::InvalidServiceAccountName)
    }
}

impl Identity {
    /// Makes a service account. The name is the part of its address before the `@`: lower-case letters, digits and
    /// dashes.
    pub async fn create_service_account(&self, name: &str, by: &By) -> Result<ServiceAccount, AppError> {
        self.make_service_account(name, PROJECT, None, by).await
    }

    /// Makes a service account that belongs to a project, with a role there. What nobody may be called is a project that has the
    /// name by which the installation's own are addressed.
    pub async fn create_project_service_account(
        &self,
        name: &str,
        project: &str,
        role: ProjectRole,
        by: &By,
    ) -> Result<ServiceAccount, AppError> {
        let found = self.project(project).await.map_err(|_| AppError::NotFound)?;
        let project = found
            .filter(|project| project.id != PROJECT)
            .ok_or(AppError::NotFound)?;
        self.make_service_account(name, &project.id, Some(role), by).await
    }

    async fn make_service_account(
        &self,
        name: &str,
        project: &str,
        role: Option<ProjectRole>,
        by: &By,
    ) -> Result<ServiceAccount, AppError> {
        let now_us = by.now_us;
        let name = checked_name(name)?;
        let account = ServiceAccount {
            client_id: new_client_id(),
            email: format!("{name}@{project}.{EMAIL_DOMAIN}"),
            name: name.to_owned(),
            create_us: now_us,
        };
        let insert = Statement::new(
            "insert into app (client_id, kind, name, email, redirect_uris, create_us) values ($1, $2, $3, $4, '[]', $5)",
            vec![
                account.client_id.as_str().into(),
                SERVICE_ACCOUNT_KIND.into(),
                account.name.as_str().into(),
                account.email.as_str().into(),
                now_us.into(),
            ],
        );
        let line = by.did(Action::ServiceAccountCreate, &account.resource_name(), "");
        let mut write = vec![insert.expect(1), line];
        write.extend(
            role.map(|role| joining(project, &account.resource_name(), role, by))
                .into_iter()
                .flatten(),
        );
        match self.db.write(write).await {
            Ok(()) => Ok(account),
            Err(error) if error.is_conflict() => Err(AppError::NameTaken(account.email)),
            Err(error) => Err(error.into()),
        }
    }

    /// The service account of that client id or address, if there is one.
    pub async fn service_account(&self, client_id_or_email: &str) -> Result<Option<ServiceAccount>, AppError> {
        let sql =
            format!("select {COLUMNS} from app where kind = {SERVICE_ACCOUNT_KIND} and (client_id = $1 or email = $1)");
        let rows = self.db.read(&sql, vec![Value::key(client_id_or_email)]).await?;
        Ok(rows.first().map(account_of).transpose()?)
    }

    /// All service accounts, by client id.
    pub async fn list_service_accounts(&self, page: Page<'_>) -> Result<Listing<ServiceAccount>, AppError> {
        let sql = format!(
            "select {COLUMNS} from app where kind = {SERVICE_ACCOUNT_KIND} and client_id > $1
             order by client_id limit $2"
        );
        Ok(page
            .read_listing(&self.db, &sql, account_of, |account| &account.client_id)
            .await?)
    }

    /// Deletes a service account with its keys, its delegation and its places in projects.
    pub async fn delete_service_account(&self, client_id: &str, by: &By) -> Result<(), AppError> {
        let account = self.service_account(client_id).await?.ok_or(AppError::NotFound)?;
        let line = by.did(Action::ServiceAccountDelete, &account.resource_name(), "");
        let leaving = leaving_projects(&account.resource_name());
        let delete = Statement::new("delete from app where client_id = $1", vec![account.client_id.into()]);
        match self.db.write(vec![leaving, delete.expect(1), line]).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_conflict() => Err(AppError::NotFound),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a key. Its private half is in the file and nowhere else.
    pub async fn create_key(&self, client_id: &str, by: &By) -> Result<KeyFile, AppError> {
        let account = self.service_account(client_id).await?.ok_or(AppError::NotFound)?;
        let generated = self.slowly.run(NewKey::generate).await;
        let key = generated
            .map_err(|_| AppError::Generation)?
            .map_err(|_| AppError::Generation)?;
        let client_id = account.client_id.as_str();
        let write = vec![
            // Holds on to the account, so that keys which are made at once are counted one after the other.
            Statement::new(
                "update app set name = name where client_id = $1",
                vec![client_id.into()],
            )
            .expect(1),
            Statement::new(
                "insert into service_account_key (id, app, public_der, create_us)
                 select $1, client_id, $2, cast($3 as bigint) from app
                 where client_id = $4 and (select count(*) from service_account_key where app = $4) < $5",
                vec![
                    key.id.as_str().into(),
                    key.public_der.clone().into(),
                    by.now_us.into(),
                    client_id.into(),
                    limits::SERVICE_ACCOUNT_KEYS_MAX.into(),
                ],
            )
            .expect(1),
            by.did(Action::KeyCreate, &account.key_name(&key.id), ""),
        ];
        match self.db.write(write).await {
            Ok(()) => Ok(key.file(account.project(), &account.email, client_id, self)),
            Err(db::Error::Conflict { statement: 0 }) => Err(AppError::NotFound),
            Err(error) if error.is_conflict() => Err(AppError::TooMany),
            Err(error) => Err(error.into()),
        }
    }

    /// The keys of a service account, newest first: all of them, since there are [`limits::SERVICE_ACCOUNT_KEYS_MAX`] at
    /// most.
    pub async fn list_keys(&self, client_id: &str) -> Result<Vec<ServiceAccountKey>, AppError> {
        let account = self.service_account(client_id).await?.ok_or(AppError::NotFound)?;
        let sql = "select id, create_us from service_account_key where app = $1 order by create_us desc, id";
        let rows = self.db.read(sql, vec![account.client_id.into()]).await?;
        let key = |row: &Row| {
            Ok(ServiceAccountKey {
                id: row.text(0)?.to_owned(),
                create_us: row.int(1)?,
            })
        };
        rows.iter().map(key).collect()
    }

    /// Deletes a key: what it signs is refused from then on.
    pub async fn delete_key(&self, client_id: &str, key_id: &str, by: &By) -> Result<(), AppError> {
        let account = self.service_account(client_id).await?.ok_or(AppError::NotFound)?;
        if key_id.contains('\0') {
            return Err(AppError::NotFound);
        }
        let line = by.did(Action::KeyDelete, &account.key_name(key_id), "");
        let delete = "delete from service_account_key where app = $1 and id = $2";
        self.write_one(
            Statement::new(delete, vec![account.client_id.into(), key_id.into()]),
            line,
        )
        .await
    }
}
