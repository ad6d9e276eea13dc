//! Users of SIP domains: telephones that show who they are by a password.
//!
//! What is kept of a password is what digests are made of, by either algorithm, for the name of the domain at the time
//! ([`Secrets`]). Whoever reads those rows can call as the user, and as the user only: the password itself, which somebody may
//! have given to other things as well, cannot be read from them in reasonable time if it is as long as the contract asks.
//!
//! A user of a deleted domain is deleted with it, as far as anybody can see: the domain's id is not used again.

use audit::{Action, By};
use db::{Row, Statement, Value};
use telephony::agent::Secrets;

use crate::{
    Calls, SipDomain,
    domain::{SIP_ID_RULE, is_sip_id},
    limits::{PASSWORD_CHARACTERS, USERS_MAX},
    page::{List, ListError, Listed, Page},
};

/// A user of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipUser {
    /// By which it is known in its domain.
    pub id: String,
    /// The domain's id.
    pub domain: String,
    /// The domain's whole name when the password was set: it is good for that name alone.
    pub realm: String,
    /// When it was made.
    pub create_us: i64,
}

/// Why a user is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum SipUserError {
    /// Not as ids have to be.
    #[error("{SIP_ID_RULE}")]
    Id,
    /// Too weak, or nothing that can be typed: what is wrong with it.
    #[error("{0}")]
    Password(&'static str),
    /// The domain has a user of that id.
    #[error("there is such a user already")]
    Taken,
    /// The domain has as many users as it may.
    #[error("a domain has at most {USERS_MAX} users")]
    Full,
    /// There is none.
    #[error("there is no such user")]
    NotFound,
    /// The database.
    #[error("users cannot be reached")]
    Store(#[from] db::Error),
}

const COLUMNS: &str = "id, domain, realm, create_us";

fn user_of(row: &Row) -> Result<SipUser, db::Error> {
    Ok(SipUser {
        id: row.text(0)?.to_owned(),
        domain: row.text(1)?.to_owned(),
        realm: row.text(2)?.to_owned(),
        create_us: row.int(3)?,
    })
}

/// The contract's rule for passwords: 12 characters, upper and lower case, and digits.
fn checked_password(password: &str) -> Result<&str, SipUserError> {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let why = match password.chars().count() {
        0 => "a user needs a password",
        count if count < *PASSWORD_CHARACTERS.start() => "a password has at least 12 characters",
        count if count > *PASSWORD_CHARACTERS.end() => "a password has at most 128 characters",
        _ if has(char::is_control) => "a password has no control characters",
        _ if !has(char::is_uppercase) => "a password has an upper-case letter",
        _ if !has(char::is_lowercase) => "a password has a lower-case letter",
        _ if !has(|character| character.is_ascii_digit()) => "a password has a digit",
        _ => return Ok(password),
    };
    Err(SipUserError::Password(why))
}

impl SipUser {
    /// By which it is called: `ada@demo.sip.example.org`.
    pub fn address(&self) -> String {
        format!("{}@{}", self.id, self.realm)
    }
}

/// A number for an account: 21 digits, the first of which is no zero, as all that this server gives.
fn new_account() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    let below = 9 * 10_u128.pow(20);
    (10_u128.pow(20) + u128::from_be_bytes(bytes) % below).to_string()
}

/// As the audit log names it.
fn subject(domain: &SipDomain, id: &str) -> String {
    format!("{}/users/{id}", domain.name())
}

impl Calls {
    /// The number of the account that a telephone has in meetings: made when it first is in one, and the same from then on. `domain` is the
    /// whole name of its domain. `None`: there is no such user any more.
    pub(crate) async fn account_of_sip_user(&self, domain: &str, id: &str) -> Result<Option<String>, db::Error> {
        let params = || vec![domain.into(), id.into()];
        let select = "select account from sip_user where realm = $1 and id = $2";
        let give = "update sip_user set account = $3 where realm = $1 and id = $2 and account is null";
        let mut given = params();
        given.push(new_account().into());
        let rows = self.db.read(select, params()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        if let Some(account) = row.opt_text(0)? {
            return Ok(Some(account.to_owned()));
        }
        self.db.write(vec![Statement::new(give, given)]).await?;
        let rows = self.db.read(select, params()).await?;
        let account = rows.first().map(|row| row.opt_text(0)).transpose()?.flatten();
        Ok(account.map(str::to_owned))
    }

    /// Makes a user of a domain whose whole name is `realm`.
    pub async fn create_sip_user(
        &self,
        domain: &SipDomain,
        id: &str,
        realm: &str,
        password: &str,
        by: &By,
    ) -> Result<SipUser, SipUserError> {
        if !is_sip_id(id) {
            return Err(SipUserError::Id);
        }
        let secrets = Secrets::of(id, realm, checked_password(password)?);
        let count = "select count(*) from sip_user where domain = $1";
        let count = self.db.read(count, vec![domain.id.as_str().into()]).await?;
        if count.first().map_or(Ok(0), |row| row.int(0))? >= USERS_MAX {
            return Err(SipUserError::Full);
        }
        let user = SipUser {
            id: id.to_owned(),
            domain: domain.id.clone(),
            realm: realm.to_owned(),
            create_us: by.now_us,
        };
        let sql = format!("insert into sip_user ({COLUMNS}, md5, sha256) values ($1, $2, $3, $4, $5, $6)");
        let params = vec![
            id.into(),
            domain.id.as_str().into(),
            realm.into(),
            by.now_us.into(),
            secrets.md5().as_slice().into(),
            secrets.sha256().as_slice().into(),
        ];
        let line = by.did(Action::SipUserCreate, &subject(domain, id), "");
        self.write_one(Statement::new(sql, params), line, SipUserError::Taken)
            .await?;
        Ok(user)
    }

    /// A user of a domain.
    pub async fn sip_user(&self, domain: &SipDomain, id: &str) -> Result<Option<SipUser>, db::Error> {
        let sql = format!("select {COLUMNS} from sip_user where domain = $1 and id = $2");
        let params = [domain.id.as_str(), id].map(Value::key);
        let rows = self.db.read(&sql, params.into()).await?;
        rows.first().map(user_of).transpose()
    }

    /// Users of a domain, the newest first.
    pub async fn list_sip_users(&self, domain: &SipDomain, list: List<'_>) -> Result<Page<SipUser>, ListError> {
        let parent = subject(domain, "");
        let listed = Listed {
            table: "sip_user",
            columns: COLUMNS,
            parent: &parent,
            condition: "domain = $4",
            params: vec![domain.id.as_str().into()],
            read: user_of,
            place: |user| (user.create_us, &user.id),
        };
        self.page_of(list, listed).await
    }

    /// Gives a user another password, for the whole name that the domain has now. What was registered by the old one stays until
    /// it is due again.
    pub async fn update_sip_user(
        &self,
        domain: &SipDomain,
        user: SipUser,
        realm: &str,
        password: &str,
        by: &By,
    ) -> Result<SipUser, SipUserError> {
        let secrets = Secrets::of(&user.id, realm, checked_password(password)?);
        let sql = "update sip_user set realm = $3, md5 = $4, sha256 = $5 where domain = $1 and id = $2";
        let params = vec![
            user.domain.as_str().into(),
            user.id.as_str().into(),
            realm.into(),
            secrets.md5().as_slice().into(),
            secrets.sha256().as_slice().into(),
        ];
        let line = by.did(Action::SipUserUpdate, &subject(domain, &user.id), "");
        let missing = SipUserError::NotFound;
        self.write_one(Statement::new(sql, params), line, missing).await?;
        Ok(SipUser {
            realm: realm.to_owned(),
            ..user
        })
    }

    /// Deletes a user, who cannot call any more from then on.
    pub async fn delete_sip_user(&self, domain: &SipDomain, user: &SipUser, by: &By) -> Result<(), SipUserError> {
        let sql = "delete from sip_user where domain = $1 and id = $2";
        let params = vec![user.domain.as_str().into(), user.id.as_str().into()];
        let line = by.did(Action::SipUserDelete, &subject(domain, &user.id), "");
        self.write_one(Statement::new(sql, params), line, SipUserError::NotFound)
            .await
    }

    /// Whether a domain has users at all.
    pub(crate) async fn has_sip_users(&self, domain: &str) -> Result<bool, db::Error> {
        let sql = "select 1 from sip_user where domain = $1 limit 1";
        Ok(!self.db.read(sql, vec![domain.into()]).await?.is_empty())
    }

    /// What the password of a user comes to, if it was set for this whole name of the domain.
    pub(crate) async fn sip_secrets(&self, domain: &str, realm: &str, id: &str) -> Result<Option<Secrets>, db::Error> {
        let sql = "select u.md5, u.sha256 from sip_user u join sip_domain d on d.id = u.domain
            where u.domain = $1 and u.realm = $2 and u.id = $3 and d.delete_us is null";
        let params = [domain, realm, id].map(Value::key);
        let rows = self.db.read(sql, params.into()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Secrets::kept(row.blob(0)?, row.blob(1)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_passwords_are_good() {
        let check = |password: &str, why: Option<&str>| {
            let refused = checked_password(password).err().map(|error| error.to_string());
            assert_eq!(refused.as_deref(), why, "{password:?}");
        };
        check("Right-Passw0rd", None);
        check("Grüße-an-Ada-1", None);
        check("", Some("a user needs a password"));
        check("Passw0rd", Some("a password has at least 12 characters"));
        check(&"Passw0rd".repeat(20), Some("a password has at most 128 characters"));
        check("right-passw0rd", Some("a password has an upper-case letter"));
        check("RIGHT-PASSW0RD", Some("a password has a lower-case letter"));
        check("Right-Password", Some("a password has a digit"));
        check("Right-Passw0rd\n", Some("a password has no control characters"));
    }
}
