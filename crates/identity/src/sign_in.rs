//! One-time links, and the browser sessions that they and other ways of signing in become.
//!
//! A link is used up in the same write that opens its session, under the expectation that it was unused: of two
//! browsers that open one link at once, the database lets one in. A session lasts a fixed time from sign-in, like the
//! cookie that carries it. Whoever adds a row sweeps out the expired ones, so that no job has to.

use std::time::Duration;

use audit::{Action, Actor, By};
use db::Statement;
use meeting::UserId;

use crate::{
    AccountError, Identity, NewUser, Secret, User,
    accounts::{USER_COLUMNS, user_id_of, user_of},
    limits,
};

/// A browser that is signed in.
#[derive(Debug, Clone)]
pub struct WebSession {
    /// Who it is.
    pub user: User,
    /// Goes into the cookie and nowhere else.
    pub secret: Secret,
    /// When it stops being valid, and the cookie with it.
    pub expire_us: i64,
    signed_in_by: SignedInBy,
}

/// By what a browser signed in. Whoever came by something else than their password may have forgotten it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignedInBy {
    Link,
    Password,
    Issuer,
}

/// Why a link does not sign in. Strangers learn no more than that it does not.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown, used or expired.
    #[error("this sign-in link is not valid, or not any more; ask for a new one")]
    InvalidLink(#[source] LinkFault),
    /// The address or the password is wrong, or the issuer's word is not enough.
    #[error("{}", .0.public())]
    Refused(#[source] SignInFault),
    /// The links are out of reach.
    #[error("sign-in is not possible now; try again later")]
    Store(#[from] db::Error),
}

/// What was wrong with a link: for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// Not the text of a secret.
    #[error("the secret is malformed")]
    Malformed,
    /// We made no such link, or it expired long ago.
    #[error("the secret is unknown")]
    Unknown,
    /// Somebody was here before.
    #[error("the link was used before")]
    Used,
    /// It is too late.
    #[error("the link has expired")]
    Expired,
}

/// Why a password or another issuer's word does not sign in: for the log, and as far as [`SignInError`] says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInFault {
    /// Nobody has this address, or no password.
    #[error("there is no account with this address and a password")]
    UnknownUser,
    /// Not this one.
    #[error("the password is wrong")]
    WrongPassword,
    /// Too many for this address, from one place.
    #[error("too many attempts for this address")]
    TooManyAttempts,
    /// The issuer has not verified the address.
    #[error("the issuer does not vouch for the address")]
    EmailNotVerified,
    /// The issuer may not introduce people of this domain.
    #[error("the issuer does not speak for the domain of the address")]
    OtherDomain,
    /// The issuer may not introduce an administrator by an address of any domain.
    #[error("the account is an administrator's, and the domain of its address is not named")]
    Administrator,
    /// Nobody invited them.
    #[error("there is no account for this person, and none may be made")]
    NoAccount,
    /// The issuer gave the address to somebody else than whoever signed in with it before.
    #[error("the account belongs to another person of this issuer")]
    OtherPerson,
}

impl SignInFault {
    const fn public(self) -> &'static str {
        match self {
            SignInFault::UnknownUser | SignInFault::WrongPassword => "the address or the password is wrong",
            SignInFault::TooManyAttempts => "too many attempts for this address; try again in 15 minutes",
            SignInFault::EmailNotVerified => "your sign-in provider has not verified your e-mail address",
            SignInFault::OtherPerson => {
                "the account of your address belongs to somebody else at your sign-in provider; ask an administrator"
            }
            SignInFault::NoAccount | SignInFault::OtherDomain | SignInFault::Administrator => {
                "there is no account for you here; ask an administrator for an invitation"
            }
        }
    }
}

impl Identity {
    /// Makes a link for a user, which lets one browser in, once, within `ttl` (at most
    /// [`limits::SIGN_IN_LINK_TTL_MAX`]).
    pub async fn sign_in_link(&self, user: &UserId, ttl: Duration, by: &By) -> Result<Secret, AccountError> {
        let now_us = by.now_us;
        let secret = Secret::generate();
        let expire_us = after(now_us, ttl.min(limits::SIGN_IN_LINK_TTL_MAX));
        self.db
            .write(vec![
                Statement::new(
                    "insert into sign_in_link (secret_sha256, account, expire_us) values ($1, $2, $3)",
                    vec![secret.digest().into(), user.as_str().into(), expire_us.into()],
                )
                .expect(1),
                // Used links stay: they tell whether an administrator has ever signed in.
                Statement::new(
                    "delete from sign_in_link where used_us is null and expire_us <= $1",
                    vec![now_us.into()],
                ),
                by.did(Action::UserInvite, &format!("users/{user}"), &link_name(&secret)),
            ])
            .await?;
        Ok(secret)
    }

    /// The link by which the administrator of a new installation gets in; makes that account where there is none.
    ///
    /// `None` once an administrator has signed in, or has a password. Until then every start makes a new link, because
    /// the one printed before may have expired unread, and whoever reads it runs the server anyway. It takes the place of
    /// the one before, so that of all those in a log one opens at most.
    pub async fn administrator_link(&self, email: &str, by: &By) -> Result<Option<Secret>, AccountError> {
        let (administrator, has_access) = self.ensure_administrator(email, by).await?;
        if has_access {
            return Ok(None);
        }
        self.db.write(vec![unused_links_end(&administrator.id)]).await?;
        self.sign_in_link(&administrator.id, limits::SIGN_IN_LINK_TTL, by)
            .await
            .map(Some)
    }

    /// The oldest administrator: as whom everybody acts where an installation serves without tokens. Makes an account
    /// of this address where there is none.
    pub async fn administrator(&self, email: &str, by: &By) -> Result<User, AccountError> {
        Ok(self.ensure_administrator(email, by).await?.0)
    }

    /// The oldest administrator, whom this makes if there is none, and whether any of them can sign in.
    async fn ensure_administrator(&self, email: &str, by: &By) -> Result<(User, bool), AccountError> {
        if let Some(found) = self.first_administrator().await? {
            return Ok(found);
        }
        let new = NewUser {
            email,
            display_name: "",
            administrator: true,
        };
        match self.add_user(new, by).await {
            Ok(user) => Ok((user, false)),
            // Another process was faster, or an ordinary user has the address: then there is still none.
            Err(taken @ AccountError::EmailTaken(_)) => self.first_administrator().await?.ok_or(taken),
            Err(error) => Err(error),
        }
    }

    /// The oldest administrator, and whether any administrator has ever signed in or has a password to do so.
    async fn first_administrator(&self) -> Result<Option<(User, bool)>, db::Error> {
        let sql = format!(
            "select {USER_COLUMNS},
                (select count(*) from sign_in_link link join account a on a.id = link.account
                 where a.administrator = 1 and link.used_us is not null)
                + (select count(*) from password join account a on a.id = password.account where a.administrator = 1)
                + (select count(*) from external_identity e join account a on a.id = e.account
                   where a.administrator = 1)
             from account where administrator = 1 order by create_us, id limit 1"
        );
        let rows = self.db.read(&sql, vec![]).await?;
        rows.first().map(|row| Ok((user_of(row)?, row.int(4)? > 0))).transpose()
    }

    /// For whom a link is that would sign in now; it stays unused.
    pub async fn link_holder(&self, secret: &str, now_us: i64) -> Result<User, SignInError> {
        Ok(self.valid_link(secret, now_us).await?.1)
    }

    async fn valid_link(&self, secret: &str, now_us: i64) -> Result<(Secret, User), SignInError> {
        let link = Secret::parse(secret).ok_or(SignInError::InvalidLink(LinkFault::Malformed))?;
        let sql = format!(
            "select {USER_COLUMNS}, link.expire_us, link.used_us
             from sign_in_link link join account on account.id = link.account where link.secret_sha256 = $1"
        );
        let rows = self.db.read(&sql, vec![link.digest().into()]).await?;
        let row = rows.first().ok_or(SignInError::InvalidLink(LinkFault::Unknown))?;
        let (user, link_expire_us, used_us) = (user_of(row)?, row.int(4)?, row.opt_int(5)?);
        if used_us.is_some() {
            return Err(SignInError::InvalidLink(LinkFault::Used));
        }
        if link_expire_us <= now_us {
            return Err(SignInError::InvalidLink(LinkFault::Expired));
        }
        Ok((link, user))
    }

    /// Uses a link up and signs in.
    pub async fn redeem(&self, secret: &str, by: &By) -> Result<WebSession, SignInError> {
        let outcome = self.use_link(secret, by).await;
        if let Err(SignInError::InvalidLink(fault)) = &outcome {
            let detail = fault.to_string();
            self.log.refused(by, Action::SignInByLink, "", &detail).await?;
        }
        outcome
    }

    async fn use_link(&self, secret: &str, by: &By) -> Result<WebSession, SignInError> {
        let now_us = by.now_us;
        let (link, user) = self.valid_link(secret, now_us).await?;
        let session = WebSession::new(user, SignedInBy::Link, now_us);
        let mut admission = vec![
            Statement::new(
                "update sign_in_link set used_us = $1 where secret_sha256 = $2 and used_us is null and expire_us > $1",
                vec![now_us.into(), link.digest().into()],
            )
            .expect(1),
        ];
        admission.extend(session.opening(Action::SignInByLink, &link_name(&link), by));
        match self.db.write(admission).await {
            Ok(()) => Ok(session),
            // The read above was only for the reason: this write decides, and another browser was faster.
            Err(error) if error.is_conflict() => Err(SignInError::InvalidLink(LinkFault::Used)),
            Err(error) => Err(error.into()),
        }
    }

    /// Signs a browser out. A secret that opens nothing is out already.
    pub async fn end_web_session(&self, secret: &str, by: &By) -> Result<(), SignInError> {
        let Some(secret) = Secret::parse(secret) else {
            return Ok(());
        };
        let sql = "select account from web_session where secret_sha256 = $1";
        let rows = self.db.read(sql, vec![secret.digest().into()]).await?;
        let Some(row) = rows.first() else { return Ok(()) };
        let by = by.known_as(Actor::User(user_id_of(row, 0)?));
        let write = vec![
            Statement::new(
                "delete from web_session where secret_sha256 = $1",
                vec![secret.digest().into()],
            )
            .expect(1),
            by.did(Action::SignOut, &by.actor(), ""),
        ];
        match self.db.write(write).await {
            // Somebody was faster.
            Err(error) if error.is_conflict() => Ok(()),
            other => Ok(other?),
        }
    }
}

/// Links that were used stay: they open nothing, and tell that their user has signed in.
pub(crate) fn unused_links_end(user: &UserId) -> Statement {
    Statement::new(
        "delete from sign_in_link where account = $1 and used_us is null",
        vec![user.as_str().into()],
    )
}

impl WebSession {
    pub(crate) fn new(user: User, signed_in_by: SignedInBy, now_us: i64) -> WebSession {
        WebSession {
            user,
            secret: Secret::generate(),
            expire_us: after(now_us, limits::WEB_SESSION_TTL),
            signed_in_by,
        }
    }

    /// The statements that open it, by this way of signing in; for a write that does something else as well, or not at all.
    pub(crate) fn opening(&self, way: Action, detail: &str, by: &By) -> [Statement; 3] {
        let by = by.known_as(Actor::User(self.user.id.clone()));
        [
            Statement::new(
                "insert into web_session (secret_sha256, account, create_us, expire_us, without_password)
                 values ($1, $2, $3, $4, $5)",
                vec![
                    self.secret.digest().into(),
                    self.user.id.as_str().into(),
                    by.now_us.into(),
                    self.expire_us.into(),
                    (self.signed_in_by != SignedInBy::Password).into(),
                ],
            )
            .expect(1),
            Statement::new("delete from web_session where expire_us <= $1", vec![by.now_us.into()]),
            by.did(way, &by.actor(), detail),
        ]
    }
}

/// What the audit log calls a link: the beginning of its digest, by which nobody finds the link itself.
fn link_name(secret: &Secret) -> String {
    let name = secret
        .digest()
        .iter()
        .take(8)
        .fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
    format!("signInLinks/{name}")
}

/// The time that lies `duration` after `now_us`.
pub(crate) fn after(now_us: i64, duration: Duration) -> i64 {
    now_us.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

/// The time that lies `duration` before `now_us`.
pub(crate) fn before(now_us: i64, duration: Duration) -> i64 {
    now_us.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}
