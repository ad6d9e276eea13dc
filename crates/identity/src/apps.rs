//! Applications that act for users: OAuth clients.
//!
//! A web application runs on a server and keeps its secret. One that is installed on people's machines can keep none:
//! whoever has the program has it. It may get one all the same, since some libraries insist on sending one, and proves
//! itself by PKCE instead, or, where it knows none, by that secret alone. Service accounts and daemons are rows of the same table,
//! because a token belongs to any of them, but for everybody outside they are things of their own.

use audit::{Action, By};
use db::{Row, Statement};
use meeting::{DisplayName, MalformedName, UserId};
use serde::Serialize;

use crate::{
    AppKind, Identity, Listing, Page, Secret, app_kind::IS_CLIENT, key_file::PROJECT, limits, redirect,
    secret::random_bytes,
};

/// An OAuth client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Names it for ever: 21 digits.
    pub client_id: String,
    /// Web or installed.
    pub kind: AppKind,
    /// Shown on the consent page.
    pub name: String,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// When it was made.
    pub create_us: i64,
}

/// What an OAuth client is made from.
#[derive(Debug, Clone, Copy)]
pub struct NewApp<'a> {
    /// Web or installed.
    pub kind: AppKind,
    /// Shown on the consent page.
    pub name: &'a str,
    /// Where codes may be sent; an installed application may use any port of the loopback addresses besides.
    pub redirect_uris: &'a [String],
    /// Whether an installed application gets a secret too, since some libraries insist on sending one. A web
    /// application always has one.
    pub secret: bool,
}

/// Why an application, a key or a delegation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// People could not be shown this.
    #[error(transparent)]
    InvalidName(#[from] MalformedName),
    /// Google's rule, but for the least length.
    #[error(
        "the name of a service account must be 1 to 30 lower-case letters, digits and dashes, beginning with a letter"
    )]
    InvalidServiceAccountName,
    /// Not a place where a code may be sent.
    #[error("{uri:?} cannot be a redirect URI: {why}")]
    InvalidRedirectUri {
        /// As it was given.
        uri: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A web application would have nowhere to send a user back to.
    #[error("a web application needs at least one redirect URI")]
    NoRedirectUri,
    /// A delegation of nothing.
    #[error("a delegation needs at least one scope")]
    NoScope,
    /// The name is in use.
    #[error("there is a service account {0} already")]
    NameTaken(String),
    /// One more than the limit.
    #[error("there are too many: delete one first")]
    TooMany,
    /// There is no such thing.
    #[error("there is no such application, key or delegation")]
    NotFound,
    /// The cryptography refused.
    #[error("no key could be made")]
    Generation,
    /// The table is out of reach.
    #[error("the applications cannot be reached; try again later")]
    Store(#[from] db::Error),
}

/// The columns of an [`App`], in the order that [`app_of`] reads them.
const APP_COLUMNS: &str = "client_id, kind, name, redirect_uris, secret_sha256, create_us";

fn app_of(row: &Row) -> Result<App, db::Error> {
    Ok(App {
        client_id: row.text(0)?.to_owned(),
        kind: AppKind::of_number(row.int(1)?),
        name: row.text(2)?.to_owned(),
        // Nobody else writes this column; a row that cannot be read sends codes nowhere.
        redirect_uris: serde_json::from_str(row.text(3)?).unwrap_or_default(),
        has_secret: row.opt_blob(4)?.is_some(),
        create_us: row.int(5)?,
    })
}

/// Google's client file, as far as its libraries read it.
#[derive(Serialize)]
struct ClientFile<'a> {
    client_id: &'a str,
    project_id: &'static str,
    auth_uri: String,
    token_uri: String,
    client_secret: String,
    redirect_uris: &'a [String],
}

impl Identity {
    /// Makes an OAuth client. Its secret is shown now and never again.
    pub async fn create_app(&self, new: NewApp<'_>, by: &By) -> Result<(App, Option<Secret>), AppError> {
        let now_us = by.now_us;
        let secret = (new.secret || new.kind == AppKind::Web).then(Secret::generate);
        let app = App {
            client_id: new_client_id(),
            kind: new.kind,
            name: DisplayName::parse(new.name)?.to_string(),
            redirect_uris: checked_redirect_uris(&new)?,
            has_secret: secret.is_some(),
            create_us: now_us,
        };
        let insert = Statement::new(
            "insert into app (client_id, kind, name, secret_sha256, redirect_uris, create_us)
             values ($1, $2, $3, $4, $5, $6)",
            vec![
                app.client_id.as_str().into(),
                app.kind.number().into(),
                app.name.as_str().into(),
                secret.as_ref().map(Secret::digest).into(),
                serde_json::to_string(&app.redirect_uris)
                    .expect("texts are JSON")
                    .into(),
                now_us.into(),
            ],
        );
        let line = by.did(Action::AppCreate, &format!("apps/{}", app.client_id), "");
        self.db.write(vec![insert.expect(1), line]).await?;
        Ok((app, secret))
    }

    /// The OAuth client of that id, if there is one.
    pub async fn app(&self, client_id: &str) -> Result<Option<App>, AppError> {
        Ok(self.app_and_secret(client_id).await?.map(|(app, _)| app))
    }

    /// The same, with the digest of its secret.
    pub(crate) async fn app_and_secret(&self, client_id: &str) -> Result<Option<(App, Option<Vec<u8>>)>, db::Error> {
        if UserId::parse(client_id).is_err() {
            return Ok(None);
        }
        let sql = format!("select {APP_COLUMNS} from app where client_id = $1 and {IS_CLIENT}");
        let rows = self.db.read(&sql, vec![client_id.into()]).await?;
        rows.first()
            .map(|row| Ok((app_of(row)?, row.opt_blob(4)?.map(<[u8]>::to_vec))))
            .transpose()
    }

    /// All OAuth clients, by id.
    pub async fn list_apps(&self, page: Page<'_>) -> Result<Listing<App>, AppError> {
        let sql = format!(
            "select {APP_COLUMNS} from app where {IS_CLIENT} and client_id > $1
             order by client_id limit $2"
        );
        Ok(page.read_listing(&self.db, &sql, app_of, |app| &app.client_id).await?)
    }

    /// Deletes an OAuth client and all that users let it do. Its access tokens are refused from then on.
    pub async fn delete_app(&self, client_id: &str, by: &By) -> Result<(), AppError> {
        if UserId::parse(client_id).is_err() {
            return Err(AppError::NotFound);
        }
        let sql = format!("delete from app where client_id = $1 and {IS_CLIENT}");
        let line = by.did(Action::AppDelete, &format!("apps/{client_id}"), "");
        self.write_one(Statement::new(sql, vec![client_id.into()]), line).await
    }

    /// The file that Google's libraries read a client from (`client_secret.json`).
    ///
    /// Programs take the first redirect URI of it, so there is always one: an installed application comes back to any port of
    /// this machine, and where it registered nothing else, that is what its file says, as Google's do.
    pub fn client_file(&self, app: &App, secret: Option<&Secret>) -> String {
        let loopback = [redirect::LOOPBACK.to_owned()];
        let file = ClientFile {
            client_id: &app.client_id,
            project_id: PROJECT,
            auth_uri: self.auth_uri(),
            token_uri: self.token_uri(),
            client_secret: secret.map(Secret::expose).unwrap_or_default(),
            redirect_uris: match (app.kind, &*app.redirect_uris) {
                (AppKind::Installed, []) => &loopback,
                (_, registered) => registered,
            },
        };
        let kind = match app.kind {
            AppKind::Web => "web",
            AppKind::Installed => "installed",
        };
        serde_json::to_string_pretty(&std::collections::BTreeMap::from([(kind, file)])).expect("texts are JSON")
    }

    /// Runs a statement that has to change one row, with its line in the audit log.
    pub(crate) async fn write_one(&self, change: Statement, line: Statement) -> Result<(), AppError> {
        match self.db.write(vec![change.expect(1), line]).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_conflict() => Err(AppError::NotFound),
            Err(error) => Err(error.into()),
        }
    }
}

/// 21 digits, like everything else that a token may be issued to.
pub(crate) fn new_client_id() -> String {
    UserId::from_random(random_bytes()).to_string()
}

fn checked_redirect_uris(new: &NewApp<'_>) -> Result<Vec<String>, AppError> {
    if new.redirect_uris.len() > limits::REDIRECT_URIS_MAX {
        return Err(AppError::TooMany);
    }
    if new.kind == AppKind::Web && new.redirect_uris.is_empty() {
        return Err(AppError::NoRedirectUri);
    }
    for uri in new.redirect_uris {
        redirect::check_registration(uri, new.kind)
            .map_err(|why| AppError::InvalidRedirectUri { uri: uri.clone(), why })?;
    }
    Ok(new.redirect_uris.to_vec())
}
