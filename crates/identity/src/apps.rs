//! Applications that act for users: OAuth clients.
use crate::{Identity, Listing, Page, Secret};

/// What kind of OAuth client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppKind {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs on people's machines and can keep none.
    Installed,
}

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
    /// A list could not show this.
    #[error("the name cannot be used: {0}")]
    InvalidName(&'static str),
    /// Not a place where a code may be sent.
    #[error("{uri:?} cannot be a redirect URI: {why}")]
    InvalidRedirectUri {
        /// As it was given.
        uri: String,
        /// What is wrong with it.
        why: &'static str,
    },
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

impl App {
    /// The client file of this application, in Google's format, as its libraries read it (`client_secret.json`).
    pub fn client_file(&self, _secret: Option<&Secret>, _public_url: &str) -> String {
        todo!()
    }
}

impl Identity {
    /// Makes an OAuth client. Its secret is shown now and never again.
    pub async fn create_app(&self, _new: NewApp<'_>, _now_us: i64) -> Result<(App, Option<Secret>), AppError> {
        todo!()
    }

    /// The OAuth client of that id, if there is one.
    pub async fn app(&self, _client_id: &str) -> Result<Option<App>, AppError> {
        todo!()
    }

    /// All OAuth clients, by id.
    pub async fn list_apps(&self, _page: Page<'_>) -> Result<Listing<App>, AppError> {
        todo!()
    }

    /// Deletes an OAuth client and all that users let it do.
    pub async fn delete_app(&self, _client_id: &str) -> Result<(), AppError> {
        todo!()
    }
}
