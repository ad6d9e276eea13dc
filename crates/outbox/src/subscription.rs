//! Who asked to be told: subscriptions as they are kept.

use std::fmt::{self, Write as _};

use db::{Row, Statement};

use crate::{
    Outbox, Topic,
    limits::{SUBSCRIPTIONS_MAX, SUBSCRIPTIONS_PER_OWNER_MAX},
    owed::{Kind, owe},
};

/// The id of a subscription: a UUID as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(String);

/// Somebody who asked to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Names it.
    pub id: SubscriptionId,
    /// What it hears of.
    pub topic: Topic,
    /// Which contract it was made by, which alone reads its terms.
    pub contract: String,
    /// Who made it: `users/U` or `daemons/D`.
    pub owner: String,
    /// It hears only of what is this account's; `None` hears of all.
    pub account: Option<String>,
    /// It hears of first versions alone.
    pub first_only: bool,
    /// Where it is told what happened.
    pub address: String,
    /// Where it is told what becomes of itself, if anywhere.
    pub lifecycle_address: Option<String>,
    /// What its contract has to know, as it writes it.
    pub terms: String,
    /// Since when it hears, in microseconds since the Unix epoch.
    pub create_us: i64,
    /// Until when.
    pub expire_us: i64,
}

/// Why somebody cannot subscribe.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// They have, or all have together, as many as there may be.
    #[error("there are as many subscriptions as there may be")]
    TooMany,
    /// The database.
    #[error("the subscription could not be written")]
    Store(#[source] db::Error),
}

/// The columns of a [`Subscription`], in the order that [`subscription_of`] reads them.
const COLUMNS: &str =
    "id, topic, contract, owner, account, first_only, address, lifecycle_address, terms, create_us, expire_us";

impl SubscriptionId {
    /// One of random bytes.
    pub fn from_random(mut bytes: [u8; 16]) -> SubscriptionId {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            write!(text, "{byte:02x}").expect("text grows without failing");
        }
        SubscriptionId(text)
    }

    /// One that somebody names. Case is no difference.
    pub fn parse(text: &str) -> Option<SubscriptionId> {
        let is_shaped = text.len() == 36
            && text.bytes().enumerate().all(|(index, byte)| match index {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        is_shaped.then(|| SubscriptionId(text.to_ascii_lowercase()))
    }

    pub(crate) fn stored(text: &str) -> SubscriptionId {
        SubscriptionId(text.to_owned())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Subscription {
    /// When its owner is reminded: with a quarter of the time left that it has from now on.
    fn remind_us(&self, now_us: i64) -> Option<i64> {
        let left_us = self.expire_us.saturating_sub(now_us);
        self.lifecycle_address.is_some().then(|| self.expire_us - left_us / 4)
    }
}

impl Outbox {
    /// Writes a subscription, if there may be another. On PostgreSQL two that are made at the same moment may be one more than
    /// that: the number keeps the server from drowning, and one does not drown it.
    pub async fn subscribe(&self, one: &Subscription) -> Result<(), SubscribeError> {
        let sql = "insert into outbox_subscription
            (id, topic, contract, owner, account, first_only, address, lifecycle_address, terms, create_us, expire_us,
                remind_us, removed)
            select cast($1 as text), cast($2 as text), cast($3 as text), cast($4 as text), cast($5 as text), cast($6 as bigint),
                cast($7 as text), cast($8 as text), cast($9 as text), cast($10 as bigint), cast($11 as bigint),
                cast($12 as bigint), 0
            where (select count(*) from outbox_subscription where owner = $4 and expire_us > $10) < $13
                and (select count(*) from outbox_subscription where expire_us > $10) < $14";
        let params = vec![
            one.id.as_str().into(),
            one.topic.name().into(),
            one.contract.as_str().into(),
            one.owner.as_str().into(),
            one.account.as_deref().into(),
            i64::from(one.first_only).into(),
            one.address.as_str().into(),
            one.lifecycle_address.as_deref().into(),
            one.terms.as_str().into(),
            one.create_us.into(),
            one.expire_us.into(),
            one.remind_us(one.create_us).into(),
            i64::from(SUBSCRIPTIONS_PER_OWNER_MAX).into(),
            SUBSCRIPTIONS_MAX.into(),
        ];
        match self.db.write(vec![Statement::new(sql, params).expect(1)]).await {
            Err(error) if error.is_conflict() => Err(SubscribeError::TooMany),
            written => written.map_err(SubscribeError::Store),
        }
    }

    /// A subscription of a contract, while it lasts.
    pub async fn subscription(
        &self,
        contract: &str,
        id: &SubscriptionId,
        now_us: i64,
    ) -> Result<Option<Subscription>, db::Error> {
        let sql = format!(
            "select {COLUMNS} from outbox_subscription
            where id = $1 and contract = $2 and removed = 0 and expire_us > $3"
        );
        let params = vec![id.as_str().into(), contract.into(), now_us.into()];
        let rows = self.db.read(&sql, params).await?;
        rows.first().map(subscription_of).transpose()
    }

    /// All subscriptions of a contract that somebody has, in the order of their ids: there are few.
    pub async fn subscriptions_of(
        &self,
        contract: &str,
        owner: &str,
        now_us: i64,
    ) -> Result<Vec<Subscription>, db::Error> {
        let sql = format!(
            "select {COLUMNS} from outbox_subscription
            where owner = $1 and contract = $2 and removed = 0 and expire_us > $3 order by id"
        );
        let params = vec![owner.into(), contract.into(), now_us.into()];
        let rows = self.db.read(&sql, params).await?;
        rows.iter().map(subscription_of).collect()
    }

    /// All subscriptions of all contracts, in the order of their owners: there are no more than [`SUBSCRIPTIONS_MAX`].
    pub async fn subscriptions(&self, now_us: i64) -> Result<Vec<Subscription>, db::Error> {
        let sql = format!(
            "select {COLUMNS} from outbox_subscription where removed = 0 and expire_us > $1 order by owner, id"
        );
        let rows = self.db.read(&sql, vec![now_us.into()]).await?;
        rows.iter().map(subscription_of).collect()
    }

    /// Makes a subscription last, and tell, as is said in this one now; `false` if it is gone. Whoever was reminded of when it expires
    /// is reminded again if it expires at another time, and only then.
    pub async fn renew(&self, one: &Subscription, now_us: i64) -> Result<bool, db::Error> {
        // A reminder that has not got through is of the time before.
        let forget = Statement::new(
            "delete from outbox_delivery where subscription = $1 and kind = $2
            and exists (select 1 from outbox_subscription s where s.id = $1 and s.expire_us <> $3)",
            vec![
                one.id.as_str().into(),
                Kind::ExpiresSoon.number().into(),
                one.expire_us.into(),
            ],
        );
        let renew = Statement::new(
            "update outbox_subscription set address = $2, expire_us = $3,
            remind_us = case when expire_us = $3 then remind_us else $4 end
            where id = $1 and removed = 0 and expire_us > $5",
            vec![
                one.id.as_str().into(),
                one.address.as_str().into(),
                one.expire_us.into(),
                one.remind_us(now_us).into(),
                now_us.into(),
            ],
        );
        self.holds(vec![forget, renew.expect(1)]).await
    }

    /// Ends a subscription, with all that it was still to be told, because whoever made it says so; `false` if it is gone.
    pub async fn unsubscribe(&self, id: &SubscriptionId, now_us: i64) -> Result<bool, db::Error> {
        let delete = Statement::new(
            "delete from outbox_subscription where id = $1 and removed = 0 and expire_us > $2",
            vec![id.as_str().into(), now_us.into()],
        );
        self.holds(vec![delete.expect(1)]).await
    }

    /// Takes a subscription away, because whoever made it may not hear any more, or an administrator says so; its owner is told,
    /// if they said where, and until when it would have lasted. It stays until they were, in no list. `false` if it is gone.
    pub async fn remove(&self, id: &SubscriptionId, now_us: i64) -> Result<bool, db::Error> {
        let named = |sql| Statement::new(sql, vec![id.as_str().into()]);
        let hide = Statement::new(
            "update outbox_subscription set removed = 1, remind_us = null where id = $1 and removed = 0 and expire_us > $2",
            vec![id.as_str().into(), now_us.into()],
        );
        self.holds(vec![
            hide.expect(1),
            named("delete from outbox_delivery where subscription = $1"),
            owe(id.as_str(), Kind::Removed, now_us),
            named("delete from outbox_subscription where id = $1 and lifecycle_address is null"),
        ])
        .await
    }

    /// Writes a change of a subscription; `false` if it is not there any more.
    async fn holds(&self, statements: Vec<Statement>) -> Result<bool, db::Error> {
        match self.db.write(statements).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Subscriptions that something is due for, whoever is slow: each has a row of its own.
    pub async fn awaiting(&self, now_us: i64) -> Result<Vec<Subscription>, db::Error> {
        let sql = format!(
            "select {COLUMNS} from outbox_subscription s where (s.expire_us > $1 or s.removed = 1)
            and exists (select 1 from outbox_delivery d where d.subscription = s.id and d.due_us <= $1)"
        );
        let rows = self.db.read(&sql, vec![now_us.into()]).await?;
        rows.iter().map(subscription_of).collect()
    }
}

/// Takes a user out of the outbox: statements for the write that forgets them. Their subscriptions go, which hold addresses of theirs, and
/// what just happened is nobody's.
pub fn forgetting(account: &str) -> [Statement; 2] {
    [
        Statement::new(
            "delete from outbox_subscription where owner = $1",
            vec![format!("users/{account}").into()],
        ),
        Statement::new(
            "update outbox_event set account = null where account = $1",
            vec![account.into()],
        ),
    ]
}

fn subscription_of(row: &Row) -> Result<Subscription, db::Error> {
    let text = |column| row.text(column).map(str::to_owned);
    let opt_text = |column| row.opt_text(column).map(|text| text.map(str::to_owned));
    Ok(Subscription {
        id: SubscriptionId::stored(row.text(0)?),
        topic: Topic::named(row.text(1)?).ok_or(db::Error::Column {
            column: 1,
            wanted: "topic",
        })?,
        contract: text(2)?,
        owner: text(3)?,
        account: opt_text(4)?,
        first_only: row.int(5)? == 1,
        address: text(6)?,
        lifecycle_address: opt_text(7)?,
        terms: text(8)?,
        create_us: row.int(9)?,
        expire_us: row.int(10)?,
    })
}
