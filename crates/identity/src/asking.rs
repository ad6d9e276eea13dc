//! Whether people in a meeting are asked before they are recorded, or told.
//!
//! The organisation of whoever owns the space says so, since it is the one that keeps the recording; who comes from elsewhere
//! is asked or told like everybody else in the room. Whoever belongs to no organisation falls under the rule of the installation:
//! everybody, while no domain is configured, and owners who are gone.

use audit::{Action, By};
use db::Statement;
use meeting::UserId;

use crate::{Identity, accounts::find_user};

impl Identity {
    /// Whether people are asked by a recording that begins now in a space of this owner.
    pub async fn asks_to_record(&self, owner: &UserId) -> Result<bool, db::Error> {
        let owner = find_user(&self.db, owner).await?;
        // No domain is empty.
        let domain = owner.as_ref().map_or("", |owner| owner.domain());
        let sql = "select coalesce(
            (select organisation.asks_to_record from organisation_domain
                join organisation on organisation.name = organisation_domain.organisation
                where organisation_domain.domain = $1),
            (select m.asks_to_record from meeting_policy m where m.id = 1), 0)";
        let rows = self.db.read(sql, vec![domain.into()]).await?;
        Ok(rows.first().expect("a value is one row").int(0)? != 0)
    }

    /// What the installation says, for owners of no organisation.
    pub async fn installation_asks_to_record(&self) -> Result<bool, db::Error> {
        let sql = "select m.asks_to_record from meeting_policy m where m.id = 1";
        let rows = self.db.read(sql, vec![]).await?;
        rows.first().map_or(Ok(false), |row| Ok(row.int(0)? != 0))
    }

    /// Says so.
    pub async fn set_installation_asks_to_record(&self, asks: bool, by: &By) -> Result<(), db::Error> {
        let sql = "insert into meeting_policy (id, asks_to_record) values (1, $1)
            on conflict (id) do update set asks_to_record = excluded.asks_to_record";
        let line = by.did(Action::MeetingPolicySet, "meetingPolicy", detail(asks));
        let set = Statement::new(sql, vec![asks.into()]).expect(1);
        self.db.write(vec![set, line]).await
    }
}

/// As the audit log says it.
pub(crate) fn detail(asks: bool) -> &'static str {
    if asks { "people are asked" } else { "people are told" }
}
