//! The table of accounts.

use audit::{Action, By, forgetting};
use db::{Db, Row, Statement, Value};
use meeting::{DisplayName, MalformedName, UserId};

use crate::{
    Identity, Listing, Page,
    account::{NewUser, User, normalise_email},
    projects::leaving_projects,
    secret::random_bytes,
};

/// Why an account could not be made or found.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// No mail could reach this.
    #[error("{email:?} is not an e-mail address: {why}")]
    InvalidEmail {
        /// As it was given.
        email: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Others could not be shown this.
    #[error(transparent)]
    InvalidDisplayName(#[from] MalformedName),
    /// There is one account per address.
    #[error("there is a user with the address {0} already")]
    EmailTaken(String),
    /// There is no such account.
    #[error("there is no such user")]
    NotFound,
    /// Nobody could manage the installation any more.
    #[error("this is the last administrator: make somebody else one first")]
    LastAdministrator,
    /// The accounts are out of reach.
    #[error("the accounts cannot be reached; try again later")]
    Store(#[from] db::Error),
}

/// What is to change about an account; `None` stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserChange<'a> {
    /// Shown in meetings from now on.
    pub display_name: Option<&'a str>,
    /// Runs this installation, or not any more.
    pub administrator: Option<bool>,
}

/// The columns of a [`User`], in the order that [`user_of`] reads them.
pub(crate) const USER_COLUMNS: &str = "account.id, account.email, account.display_name, account.administrator";

/// Reads [`USER_COLUMNS`], which stand first in the row.
pub(crate) fn user_of(row: &Row) -> Result<User, db::Error> {
    Ok(User {
        id: user_id_of(row, 0)?,
        email: row.text(1)?.to_owned(),
        display_name: DisplayName::recorded(row.text(2)?),
        administrator: row.int(3)? != 0,
    })
}

/// The user whose id is in this column.
pub(crate) fn user_id_of(row: &Row, column: usize) -> Result<UserId, db::Error> {
    UserId::parse(row.text(column)?).map_err(|_| db::Error::Column {
        column,
        wanted: "user id",
    })
}

pub(crate) async fn find_user(db: &Db, id: &UserId) -> Result<Option<User>, db::Error> {
    let rows = db
        .read(
            &format!("select {USER_COLUMNS} from account where id = $1"),
            vec![id.as_str().into()],
        )
        .await?;
    rows.first().map(user_of).transpose()
}

impl Identity {
    /// Makes an account.
    pub async fn add_user(&self, new: NewUser<'_>, by: &By) -> Result<User, AccountError> {
        let user = new_user(new)?;
        match self.db.write(insert(&user, by)).await {
            Ok(()) => Ok(user),
            Err(error) if error.is_conflict() => Err(AccountError::EmailTaken(user.email)),
            Err(error) => Err(error.into()),
        }
    }

    /// The user of that id, if there is one.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, AccountError> {
        Ok(find_user(&self.db, id).await?)
    }

    /// Those of these users that there are, in no order.
    pub async fn users(&self, ids: &[UserId]) -> Result<Vec<User>, AccountError> {
        let Some(last) = ids.last() else {
            return Ok(vec![]);
        };
        let mut params: Vec<Value> = ids.iter().map(|id| id.as_str().into()).collect();
        // The last is repeated until their number is a power of two, so that an engine meets few texts.
        params.resize(params.len().next_power_of_two(), last.as_str().into());
        let places: Vec<String> = (1..=params.len()).map(|place| format!("${place}")).collect();
        let sql = format!("select {USER_COLUMNS} from account where id in ({})", places.join(", "));
        let rows = self.db.read(&sql, params).await?;
        Ok(rows.iter().map(user_of).collect::<Result<_, _>>()?)
    }

    /// The user of that address in any spelling, if there is one.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, AccountError> {
        let Ok(email) = normalise_email(email) else {
            return Ok(None);
        };
        let sql = format!("select {USER_COLUMNS} from account where email = $1");
        let rows = self.db.read(&sql, vec![email.into()]).await?;
        Ok(rows.first().map(user_of).transpose()?)
    }

    /// All users, by their address.
    pub async fn list_users(&self, page: Page<'_>) -> Result<Listing<User>, AccountError> {
        let sql = format!("select {USER_COLUMNS} from account where email > $1 order by email limit $2");
        Ok(page.read_listing(&self.db, &sql, user_of, |user| &user.email).await?)
    }

    /// Changes an account.
    pub async fn update_user(&self, id: &UserId, change: UserChange<'_>, by: &By) -> Result<User, AccountError> {
        let mut user = self.user(id).await?.ok_or(AccountError::NotFound)?;
        if let Some(name) = change.display_name {
            user.display_name = DisplayName::parse(name)?;
        }
        let was_administrator = user.administrator;
        user.administrator = change.administrator.unwrap_or(was_administrator);
        let resigns = was_administrator && !user.administrator;
        let mut statements = vec![
            Statement::new(
                "update account set display_name = $2, administrator = $3 where id = $1",
                vec![
                    id.as_str().into(),
                    user.display_name.as_str().into(),
                    user.administrator.into(),
                ],
            )
            .expect(1),
        ];
        let subject = user.resource_name();
        statements.extend(change.display_name.map(|_| by.did(Action::UserRename, &subject, "")));
        if user.administrator != was_administrator {
            let action = if resigns {
                Action::UserDemote
            } else {
                Action::UserPromote
            };
            statements.push(by.did(action, &subject, ""));
        }
        if resigns {
            statements.splice(0..0, others_administrate(id));
        }
        self.change(statements, resigns).await?;
        Ok(user)
    }

    /// Deletes an account with its password, sessions, links, consents, refresh tokens and places in projects. Its access tokens are refused
    /// from then on.
    pub async fn delete_user(&self, id: &UserId, by: &By) -> Result<(), AccountError> {
        let user = self.user(id).await?.ok_or(AccountError::NotFound)?;
        let delete = |sql| Statement::new(sql, vec![id.as_str().into()]);
        let mut statements = vec![
            delete("delete from sign_in_link where account = $1"),
            delete("delete from web_session where account = $1"),
            leaving_projects(&user.resource_name()),
            // All else that belongs to an account goes with it.
            delete("delete from account where id = $1").expect(1),
            by.did(Action::UserDelete, &user.resource_name(), ""),
        ];
        statements.extend(forgetting(id));
        if user.administrator {
            statements.splice(0..0, others_administrate(id));
        }
        self.change(statements, user.administrator).await
    }

    /// Writes a change of an account. The statement at [`LAST_ADMINISTRATOR`] is the only one that may refuse it where
    /// `guarded`, but for the account being gone.
    async fn change(&self, statements: Vec<Statement>, guarded: bool) -> Result<(), AccountError> {
        match self.db.write(statements).await {
            Ok(()) => Ok(()),
            Err(db::Error::Conflict {
                statement: LAST_ADMINISTRATOR,
            }) if guarded => Err(AccountError::LastAdministrator),
            Err(error) if error.is_conflict() => Err(AccountError::NotFound),
            Err(error) => Err(error.into()),
        }
    }
}

/// Where the guard of [`others_administrate`] stands in its write.
const LAST_ADMINISTRATOR: usize = 1;

/// Refuses the write unless there is another administrator. The first statement holds on to their rows: of two
/// administrators who remove each other, one is refused.
fn others_administrate(id: &UserId) -> [Statement; 2] {
    [
        Statement::new("update account set administrator = 1 where administrator = 1", vec![]),
        Statement::new(
            "update account set administrator = 1
             where id = (select min(id) from account where administrator = 1 and id <> $1)",
            vec![id.as_str().into()],
        )
        .expect(1),
    ]
}

pub(crate) fn new_user(new: NewUser<'_>) -> Result<User, AccountError> {
    let email = normalise_email(new.email).map_err(|why| AccountError::InvalidEmail {
        email: new.email.to_owned(),
        why,
    })?;
    let display_name = match new.display_name.trim() {
        "" => email.split('@').next().expect("split gives at least one part"),
        name => name,
    };
    let display_name = DisplayName::parse(display_name)?;
    Ok(User {
        id: UserId::from_random(random_bytes()),
        email,
        display_name,
        administrator: new.administrator,
    })
}

/// The statements that make an account.
pub(crate) fn insert(user: &User, by: &By) -> Vec<Statement> {
    let subject = user.resource_name();
    let account = Statement::new(
        "insert into account (id, email, display_name, administrator, create_us) values ($1, $2, $3, $4, $5)",
        vec![
            user.id.as_str().into(),
            user.email.as_str().into(),
            user.display_name.as_str().into(),
            i64::from(user.administrator).into(),
            by.now_us.into(),
        ],
    );
    let mut statements = vec![account.expect(1), by.did(Action::UserCreate, &subject, "")];
    statements.extend(user.administrator.then(|| by.did(Action::UserPromote, &subject, "")));
    statements
}
