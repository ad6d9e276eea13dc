//! Who is asking: users, sign-in links, browser sessions, tokens, keys and policy.
//!
//! Every request ends here once, below the transcoder, as one [`Principal`]: a user or nobody, and the scopes of the
//! credential. What it may do is [`policy`]'s answer, in one table. What it says on the wire when it may not is the
//! business of each contract's handlers; the errors here know no status codes.
//!
//! There are no passwords. A user is let in by a one-time link, which whoever runs the installation makes at the
//! command line; the link becomes a browser session, and the command line makes bearer tokens for programs. Sign-in
//! through a company's own issuer and an authorization endpoint join the same [`Identity::authenticate`] later.
//!
//! Time is an argument (`now_us`, microseconds since the Unix epoch); randomness is not, since no secret may ever be
//! predictable. Each method is one read or one all-or-nothing write of [`db`], so the command line works beside the
//! running server on the same database.

use std::sync::{Arc, Mutex};

use db::Db;

mod account;
mod accounts;
mod authentication;
mod keys;
pub mod limits;
pub mod policy;
mod principal;
mod scope;
mod secret;
mod sign_in;
mod token;
mod verified;

pub use account::{NewUser, User, UserId};
pub use accounts::AccountError;
pub use authentication::{AuthenticationError, Credential, Fault};
pub use keys::KeyError;
pub use principal::{Caller, Principal};
pub use scope::{Scope, Scopes, UnknownScope};
pub use secret::Secret;
pub use sign_in::{LinkFault, SignInError, WebSession};
pub use token::TokenError;

/// The users of one installation and everything by which they prove who they are. Clones share one cache.
#[derive(Clone)]
pub struct Identity {
    db: Db,
    keyring: Arc<token::Keyring>,
    verified: Arc<Mutex<verified::VerifiedTokens>>,
}

impl Identity {
    /// Opens the accounts of a database, and makes the signing key of a new one.
    pub async fn open(db: Db) -> Result<Identity, KeyError> {
        let keyring = token::Keyring::new(keys::open(&db).await?)?;
        Ok(Identity {
            db,
            keyring: Arc::new(keyring),
            verified: Arc::default(),
        })
    }
}
