//! The database, as commands beside a server open it.
//!
//! An update puts the new program in place while the old server still runs, and somebody types a command. What that would change in the
//! tables, the server does not know. So a command changes tables only where no server works with them, and otherwise says why not.

use db::{Db, Location, Tables};

use crate::configuration::StoreConfiguration;
use crate::folder::{self, FolderError};
use crate::remedy;

/// Why a command cannot have the database.
#[derive(Debug, thiserror::Error)]
pub enum BesideError {
    /// A server of an older version runs.
    #[error(
        "{} is running on this data, whose tables are older than this program's ({found} steps were made, this version, {}, has {known})",
        server_of(version.as_deref()), env!("CARGO_PKG_VERSION")
    )]
    Served {
        /// Of which version it is, if it says so.
        version: Option<String>,
        /// The newest step that the tables have seen.
        found: i64,
        /// The newest step that this program has.
        known: i64,
    },
    /// The data folder.
    #[error(transparent)]
    Folder(FolderError),
    /// The database.
    #[error("the register cannot be opened")]
    Store(#[from] db::Error),
}

fn server_of(version: Option<&str>) -> String {
    version.map_or_else(
        || "a server of an older version".to_owned(),
        |version| format!("the server of version {version}"),
    )
}

impl BesideError {
    /// The next step.
    pub fn hint(&self) -> &'static str {
        match self {
            BesideError::Served { .. } => {
                "use the program of the server's version, or start the server of this version first: it brings the tables up to date"
            }
            BesideError::Folder(FolderError::Unusable { source, .. }) => remedy::of_folder(source),
            BesideError::Folder(FolderError::Taken { .. }) | BesideError::Store(_) => {
                remedy::of_store(self, "`sederunt doctor` with the same flags shows what is wrong")
            }
        }
    }
}

/// Opens the database. Tables of an older version are brought up to date if no server works with them.
pub async fn open_beside(store: &StoreConfiguration) -> Result<Db, BesideError> {
    let location = store.location();
    let (db, tables) = Db::open_beside(&location).await?;
    let Tables::Older { found, known } = tables else {
        return Ok(db);
    };
    drop(db);
    let served = |version| BesideError::Served { version, found, known };
    let _held = match &location {
        // Whoever serves a file holds the folder that it lies in.
        Location::Sqlite(_) => Some(folder::hold(&store.data).map_err(|error| match error {
            FolderError::Taken { .. } => served(folder::announced_version(&store.data)),
            error @ FolderError::Unusable { .. } => BesideError::Folder(error),
        })?),
        Location::Postgres(_) => None,
    };
    let opened = Db::open_unserved(&location).await;
    let db = opened.map_err(|error| match error {
        db::Error::Served { version } => served(version),
        error => error.into(),
    })?;
    tracing::info!(
        found,
        known,
        "the tables of the register were brought up to this version"
    );
    Ok(db)
}
