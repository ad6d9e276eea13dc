//! Passwords: an account may have one, beside its one-time links.
//!
//! They are hashed with argon2id, which costs memory and time on purpose; so the work is done on a blocking thread, by
//! a few at a time, and an attempt is counted before it begins, by the address and by where it comes from: whoever guesses locks
//! themselves out and nobody else. Nothing tells who has an account: an unknown address costs the same work, is counted
//! the same, and gets the same answer.

use std::sync::LazyLock;

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use audit::{Action, By};
use db::{Statement, Value};
use meeting::UserId;
use sha2::{Digest, Sha256};

use crate::{
    Identity, Secret, SignInError, SignInFault, User, WebSession,
    account::normalise_email,
    accounts::{USER_COLUMNS, user_of},
    ending::ending,
    limits,
    secret::random_bytes,
    sign_in::{SignedInBy, after, before},
};

/// Why a password was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Shorter than [`limits::PASSWORD_CHARACTERS_MIN`].
    #[error("the password is too short: it needs {min} characters at least", min = limits::PASSWORD_CHARACTERS_MIN)]
    TooShort,
    /// Longer than [`limits::PASSWORD_BYTES_MAX`].
    #[error("the password is longer than {max} bytes", max = limits::PASSWORD_BYTES_MAX)]
    TooLong,
    /// Whoever sits at the browser has to prove that it is theirs.
    #[error("the old password is missing or wrong")]
    WrongOld,
    /// Too many wrong ones, here or where people sign in.
    #[error("too many attempts for this address; try again in 15 minutes")]
    TooManyAttempts,
    /// There is no such account.
    #[error("there is no such user")]
    UnknownUser,
    /// The machine has no memory to spare.
    #[error("the password could not be kept; try again later")]
    Hashing,
    /// The accounts are out of reach.
    #[error("the accounts cannot be reached; try again later")]
    Store(#[from] db::Error),
}

/// What a person says who sets their own password.
#[derive(Debug, Clone, Copy)]
pub struct PasswordChange<'a> {
    /// Who it is.
    pub user: &'a User,
    /// The cookie of the browser in which they do it, and which stays signed in.
    pub session: Option<&'a str>,
    /// The password until now.
    pub old: Option<&'a str>,
    /// The one from now on.
    pub new: &'a str,
}

/// From where somebody tries the old password who is signed in: whoever only guesses is counted elsewhere.
const OWN_BROWSER: &str = "a browser that is signed in";

impl Identity {
    /// An operator sets an account's password, and with that ends all its credentials.
    pub async fn set_password(&self, user: &UserId, password: &str, by: &By) -> Result<(), PasswordError> {
        check(password)?;
        let write = self.replacing(user, password, None, by).await?;
        self.write_password(write).await
    }

    /// A person sets their own password, and with that ends all their credentials but this browser.
    ///
    /// They are asked for the old one, since a browser may be left alone for a minute. They are not if there is none, or
    /// if they came without it a moment ago, by a link or another issuer's word: it may be what they forgot. A wrong one
    /// counts as an attempt to sign in, and those of all their browsers together.
    pub async fn change_password(&self, change: PasswordChange<'_>, by: &By) -> Result<(), PasswordError> {
        let now_us = by.now_us;
        check(change.new)?;
        let mut write = vec![];
        if !self.needs_no_old_password(&change, now_us).await? {
            let old = change.old.ok_or(PasswordError::WrongOld)?;
            let (_, attempts) = self.attempt(&change.user.email, old, OWN_BROWSER, now_us).await?;
            write.push(forgetting(attempts));
        }
        let replacing = self.replacing(&change.user.id, change.new, change.session, by);
        write.extend(replacing.await?);
        self.write_password(write).await
    }

    async fn needs_no_old_password(&self, change: &PasswordChange<'_>, now_us: i64) -> Result<bool, db::Error> {
        let session = change.session.and_then(Secret::parse);
        let sql = "select 1 from account where id = $1 and (
            not exists (select 1 from password where account = $1)
            or exists (select 1 from web_session
                where account = $1 and secret_sha256 = $2 and without_password = 1 and create_us > $3))";
        let params = vec![
            change.user.id.as_str().into(),
            session.map_or_else(Vec::new, |secret| secret.digest()).into(),
            before(now_us, limits::FORGOTTEN_PASSWORD_TTL).into(),
        ];
        Ok(!self.db.read(sql, params).await?.is_empty())
    }

    /// The statements that give an account this password and end all else but this browser.
    async fn replacing(
        &self,
        user: &UserId,
        password: &str,
        kept: Option<&str>,
        by: &By,
    ) -> Result<Vec<Statement>, PasswordError> {
        let password = password.to_owned();
        let hashed = self.slowly.run(move || hash(&password)).await;
        let hash = hashed.ok().flatten().ok_or(PasswordError::Hashing)?;
        let set = Statement::new(
            "insert into password (account, hash, set_us) select id, $2, $3 from account where id = $1
             on conflict (account) do update set hash = excluded.hash, set_us = excluded.set_us",
            vec![user.as_str().into(), hash.into(), by.now_us.into()],
        );
        let line = by.did(Action::PasswordSet, &format!("users/{user}"), "");
        let write = [set.expect(1), line].into_iter();
        Ok(write.chain(ending(user, kept, by.now_us)).collect())
    }

    async fn write_password(&self, write: Vec<Statement>) -> Result<(), PasswordError> {
        match self.db.write(write).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_conflict() => Err(PasswordError::UnknownUser),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes an account's password away, so that only links and other issuers let it in, and ends all its credentials.
    pub async fn remove_password(&self, user: &UserId, by: &By) -> Result<(), PasswordError> {
        let delete = Statement::new("delete from password where account = $1", vec![user.as_str().into()]);
        let line = by.did(Action::PasswordRemove, &format!("users/{user}"), "");
        let write = [delete, line].into_iter().chain(ending(user, None, by.now_us));
        Ok(self.db.write(write.collect()).await?)
    }

    /// Signs in. Takes as long for an address that nobody has. `from` tells those apart who try.
    pub async fn sign_in_with_password(
        &self,
        email: &str,
        password: &str,
        from: &str,
        by: &By,
    ) -> Result<WebSession, SignInError> {
        let (user, attempts) = match self.attempt(email, password, from, by.now_us).await {
            Err(SignInError::Refused(fault)) => {
                let known = self.user_by_email(email).await.ok().flatten();
                let subject = known.map(|user| user.resource_name()).unwrap_or_default();
                let detail = fault.to_string();
                self.log
                    .refused(by, Action::SignInByPassword, &subject, &detail)
                    .await?;
                return Err(SignInError::Refused(fault));
            }
            other => other?,
        };
        let session = WebSession::new(user, SignedInBy::Password, by.now_us);
        let mut write = vec![forgetting(attempts)];
        write.extend(session.opening(Action::SignInByPassword, "", by));
        self.db.write(write).await?;
        Ok(session)
    }

    /// Tries a password, and says whose it is and under which key the attempt was counted.
    async fn attempt(
        &self,
        email: &str,
        password: &str,
        from: &str,
        now_us: i64,
    ) -> Result<(User, Vec<u8>), SignInError> {
        // What is no address has no account either, but costs and counts the same.
        let email = normalise_email(email).unwrap_or_else(|_| email.trim().to_ascii_lowercase());
        // No address has a line break.
        let digest = Sha256::digest(format!("{email}\n{from}")).to_vec();
        self.count_attempt(&digest, now_us).await?;
        let found = self.user_and_hash(email).await?;
        let (user, expected) = found.map_or((None, None), |(user, hash)| (Some(user), hash));
        // Longer than any that was ever set, and too long to be worth the work: which tells nothing of the account.
        let password = if password.len() > limits::PASSWORD_BYTES_MAX {
            String::new()
        } else {
            password.to_owned()
        };
        let known = expected.is_some();
        let verified = self.slowly.run(move || verify(&password, expected.as_deref())).await;
        let right = verified.ok().flatten().unwrap_or(false);
        match user {
            Some(user) if right => Ok((user, digest)),
            _ if known => Err(SignInError::Refused(SignInFault::WrongPassword)),
            _ => Err(SignInError::Refused(SignInFault::UnknownUser)),
        }
    }

    /// Counts an attempt, before its outcome is known: many at once would otherwise all be the last allowed one.
    async fn count_attempt(&self, digest: &[u8], now_us: i64) -> Result<(), SignInError> {
        let write = vec![
            Statement::new("delete from password_attempt where reset_us <= $1", vec![now_us.into()]),
            Statement::new(
                "insert into password_attempt (email_sha256, attempts, reset_us) values ($1, 1, $2)
                 on conflict (email_sha256) do update set attempts = password_attempt.attempts + 1
                 where password_attempt.attempts < $3",
                vec![
                    digest.into(),
                    after(now_us, limits::PASSWORD_ATTEMPT_WINDOW).into(),
                    limits::PASSWORD_ATTEMPTS_MAX.into(),
                ],
            )
            .expect(1),
        ];
        match self.db.write(write).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_conflict() => Err(SignInError::Refused(SignInFault::TooManyAttempts)),
            Err(error) => Err(error.into()),
        }
    }

    async fn user_and_hash(&self, email: String) -> Result<Option<(User, Option<String>)>, db::Error> {
        let sql = format!(
            "select {USER_COLUMNS}, password.hash
             from account left join password on password.account = account.id where account.email = $1"
        );
        let rows = self.db.read(&sql, vec![Value::key(&email)]).await?;
        rows.first()
            .map(|row| Ok((user_of(row)?, row.opt_text(4)?.map(str::to_owned))))
            .transpose()
    }
}

impl From<SignInError> for PasswordError {
    fn from(error: SignInError) -> PasswordError {
        match error {
            SignInError::Store(error) => PasswordError::Store(error),
            SignInError::Refused(SignInFault::TooManyAttempts) => PasswordError::TooManyAttempts,
            SignInError::Refused(_) | SignInError::InvalidLink(_) => PasswordError::WrongOld,
        }
    }
}

/// Forgets the attempts that were counted under this key: the last was right.
fn forgetting(attempts: Vec<u8>) -> Statement {
    let sql = "delete from password_attempt where email_sha256 = $1";
    Statement::new(sql, vec![attempts.into()])
}

/// Whether it may be a password.
fn check(password: &str) -> Result<(), PasswordError> {
    if password.chars().count() < limits::PASSWORD_CHARACTERS_MIN {
        return Err(PasswordError::TooShort);
    }
    if password.len() > limits::PASSWORD_BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    Ok(())
}

/// The cost that its crate recommends, after OWASP: 19 MiB, two passes, one lane.
static ARGON2ID: LazyLock<Argon2<'static>> = LazyLock::new(Argon2::default);

const SALT_BYTES: usize = 16;

fn hash(password: &str) -> Option<String> {
    let salt: [u8; SALT_BYTES] = random_bytes();
    let hash: PasswordHash = ARGON2ID.hash_password_with_salt(password.as_bytes(), &salt).ok()?;
    Some(hash.to_string())
}

/// Whether the password is the one of the hash; the same work, and no, where there is none.
fn verify(password: &str, expected: Option<&str>) -> Option<bool> {
    match expected {
        Some(expected) => Some(ARGON2ID.verify_password(password.as_bytes(), expected).is_ok()),
        None => hash(password).map(|_| false),
    }
}
