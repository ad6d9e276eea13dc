//! Who is asking: users, browser sessions, applications, service accounts, tokens, keys and policy.
//!
//! Every request ends here once, below the transcoder, as one [`Principal`]: a user or nobody, and the scopes of the
//! credential. What it may do is [`policy`]'s answer, in one table. What it says on the wire when it may not is the
//! business of each contract's handlers; the errors here know no status codes.
//!
//! A person signs in by a one-time link, a password, or another issuer's word, and has a browser session from then on.
//! A program holds a bearer token: one that a user made at the command line, or one from [`Identity::token`], which an
//! application gets by a user's consent and a service account by its key, or one from [`Identity::client_credentials`], which a
//! daemon gets by its own. All of them end in [`Identity::authenticate`].
//!
//! What a user's id and a name look like is the rule of [`meeting`], where others see both.
//!
//! Every function that changes something is told by whom ([`audit::By`]), and writes the change and its line in the audit log as one.
//!
//! Time is an argument (`now_us`, microseconds since the Unix epoch); randomness is not, since no secret may ever be
//! predictable. Each method is one read or one all-or-nothing write of [`db`], so the command line works beside the
//! running server on the same database.

use std::sync::{Arc, Mutex};

use aside::Aside;
use audit::Log;
use aws_lc_rs::hmac;
use db::Db;

mod account;
mod accounts;
mod app_kind;
mod app_role;
mod apps;
mod asking;
mod assertion;
mod audit_events;
mod authentication;
mod authorization;
mod certificate;
mod client;
mod client_assertion;
mod client_credentials;
mod consents;
mod daemon_credentials;
mod daemons;
mod delegations;
pub mod directory;
mod ending;
mod external;
mod fault;
mod grant;
mod guid;
mod id_token;
mod key_file;
mod keys;
pub mod limits;
mod listing;
mod numeric_date;
mod oauth_error;
mod openid;
mod openid_keys;
mod organisations;
mod parameters;
mod passwords;
mod pkce;
pub mod policy;
mod principal;
mod project_role;
mod projects;
mod redirect;
mod refresh_tokens;
mod scope;
mod seal;
mod secret;
mod service_accounts;
mod sign_in;
mod tenant;
mod token;
mod token_endpoint;
mod token_info;
mod verified;

pub use account::{NewUser, User, given_and_family, normalise_email};
pub use accounts::{AccountError, UserChange};
pub use app_kind::AppKind;
pub use app_role::{AppRole, AppRoles, UnknownAppRole};
pub use apps::{App, AppError, NewApp};
pub use audit_events::{AuditEvent, MadeLink};
pub use authentication::{AuthenticationError, Credential};
pub use authorization::{Authorization, AuthorizationError};
pub use certificate::CertificateError;
pub use client_credentials::{ClientCredentials, DaemonToken};
pub use daemon_credentials::{DaemonCredential, DaemonCredentialError, DaemonCredentialKind};
pub use daemons::Daemon;
pub use delegations::Delegation;
pub use external::{ExternalPerson, Introductions};
pub use fault::Fault;
pub use guid::Guid;
pub use id_token::{Expected, IdToken, IdTokenError, IssuerKeys};
pub use key_file::KeyFile;
pub use keys::KeyError;
pub use listing::{Listing, Page};
pub use oauth_error::{OAuthCode, OAuthError};
pub use openid::{PROFILE_SCOPES, Profile};
pub use organisations::{Domain, OrganisationChange, OrganisationError};
pub use passwords::{PasswordChange, PasswordError};
pub use principal::{Caller, Principal};
pub use project_role::{Permission, ProjectRole, UnknownProjectRole};
pub use projects::{Membership, Project, ProjectError, ProjectMember, ShownMember, SigningKey};
pub use scope::{Scope, Scopes, UnknownScope};
pub use secret::Secret;
pub use service_accounts::{ServiceAccount, ServiceAccountKey};
pub use sign_in::{LinkFault, SignInError, SignInFault, WebSession};
pub use token::TokenError;
pub use token_endpoint::{TokenRequest, TokenResponse};
pub use token_info::TokenInfo;

/// Where the server listens unless it is told otherwise.
const DEFAULT_PUBLIC_URL: &str = "http://localhost:8080";

/// The users of one installation and everything by which they prove who they are. Clones share one cache.
#[derive(Clone)]
pub struct Identity {
    db: Db,
    log: Log,
    keyring: Arc<token::Keyring>,
    verified: Arc<Mutex<verified::VerifiedTokens>>,
    sealing: hmac::Key,
    /// For passwords and keys.
    slowly: Arc<Aside>,
    openid_keys: Arc<openid_keys::OpenIdKeys>,
    /// Whether every application has to send a challenge.
    pkce_required: bool,
    /// Where browsers and programs find this installation: without a slash at its end.
    public_url: Arc<str>,
    /// By what Microsoft's clients name it.
    tenant: Guid,
}

impl Identity {
    /// Opens the accounts of a database, and makes the signing key of a new one.
    pub async fn open(db: Db) -> Result<Identity, KeyError> {
        let keys = keys::open(&db).await?;
        let sealing = seal::key(&keys);
        let keyring = token::Keyring::new(keys)?;
        let tenant = tenant::open(&db).await?;
        Ok(Identity {
            log: Log::new(db.clone()),
            db,
            keyring: Arc::new(keyring),
            verified: Arc::default(),
            sealing,
            slowly: Arc::new(Aside::new("passwords", limits::PASSWORDS_HASHED_AT_ONCE_MAX)),
            openid_keys: Arc::default(),
            pkce_required: false,
            public_url: DEFAULT_PUBLIC_URL.into(),
            tenant,
        })
    }

    /// Says where browsers and programs find this installation: key files and assertions name its token endpoint.
    #[must_use]
    pub fn with_public_url(mut self, public_url: &str) -> Identity {
        self.public_url = public_url.trim_end_matches('/').into();
        self
    }

    /// Where browsers and programs find this installation.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The audit log, to which every change here adds its line.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The address of the token endpoint: what key files call `token_uri`.
    pub fn token_uri(&self) -> String {
        format!("{}/oauth2/token", self.public_url)
    }

    /// The address of the authorization endpoint: what key and client files call `auth_uri`.
    pub fn auth_uri(&self) -> String {
        format!("{}/oauth2/auth", self.public_url)
    }
}
