//! What each is still to be told: who owes it, what is due, what became of it.
//!
//! Looking for what is due goes by subscription, and takes some of each: a receiver that has ten thousand waiting stands in
//! nobody's way. Nothing marks what somebody is being told at this moment, since a mark would outlive whoever made it; the one
//! process that serves a database remembers that itself.

use db::{Row, Statement};

use crate::{
    Next, Outbox, Subscription, SubscriptionId, Tries,
    limits::KEPT_US,
    owed::{Kind, owe},
};

/// Something that somebody is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// By which subscription.
    pub subscription: SubscriptionId,
    /// What.
    pub kind: Kind,
    /// The id of what there is a version of; empty for what becomes of the subscription itself.
    pub subject: String,
    /// Which version; 0 for what becomes of the subscription itself.
    pub version: i64,
    /// What has been tried.
    pub tries: Tries,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many deliveries and notices.
    pub deliveries: i64,
    /// Since when the oldest of them waits.
    pub oldest_us: Option<i64>,
}

impl Subscription {
    /// Where it is told such a thing, if anywhere.
    pub fn address_of(&self, kind: Kind) -> Option<&str> {
        match kind {
            Kind::Version => Some(&self.address),
            Kind::ExpiresSoon | Kind::Missed | Kind::Removed => self.lifecycle_address.as_deref(),
        }
    }
}

impl Outbox {
    /// Some of what a subscription is due to be told, oldest first.
    pub async fn due(&self, id: &SubscriptionId, most: u32, now_us: i64) -> Result<Vec<Delivery>, db::Error> {
        let sql = "select subscription, kind, subject, version, made_us, attempts from outbox_delivery
            where subscription = $1 and due_us <= $2 order by due_us limit $3";
        let params = vec![id.as_str().into(), now_us.into(), i64::from(most).into()];
        let rows = self.db.read(sql, params).await?;
        rows.iter().map(delivery_of).collect()
    }

    /// Writes what follows from a try.
    pub async fn settle(&self, delivery: &Delivery, next: Next, now_us: i64) -> Result<(), db::Error> {
        let named = |sql| {
            let params = vec![
                delivery.subscription.as_str().into(),
                delivery.kind.number().into(),
                delivery.subject.as_str().into(),
                delivery.version.into(),
            ];
            Statement::new(sql, params)
        };
        let delete = || {
            named("delete from outbox_delivery where subscription = $1 and kind = $2 and subject = $3 and version = $4")
        };
        let statements = match next {
            Next::Dropped if delivery.kind == Kind::Version => {
                vec![delete(), owe(delivery.subscription.as_str(), Kind::Missed, now_us)]
            }
            Next::Done | Next::Dropped => vec![delete()],
            Next::Again { due_us } => vec![Statement::new(
                "update outbox_delivery set due_us = $5, attempts = attempts + 1
                where subscription = $1 and kind = $2 and subject = $3 and version = $4",
                vec![
                    delivery.subscription.as_str().into(),
                    delivery.kind.number().into(),
                    delivery.subject.as_str().into(),
                    delivery.version.into(),
                    due_us.into(),
                ],
            )],
        };
        self.db.write(statements).await
    }

    /// Owes a reminder to everybody whose subscription expires soon.
    pub async fn remind(&self, now_us: i64) -> Result<(), db::Error> {
        let sql = "select 1 from outbox_subscription where remind_us <= $1 limit 1";
        if self.db.read(sql, vec![now_us.into()]).await?.is_empty() {
            return Ok(());
        }
        let owe = "insert into outbox_delivery (subscription, kind, subject, version, made_us, due_us, attempts)
            select id, cast($2 as bigint), '', 0, cast($1 as bigint), cast($1 as bigint), 0 from outbox_subscription
            where remind_us <= $1 on conflict do nothing";
        let once = "update outbox_subscription set remind_us = null where remind_us <= $1";
        let write = vec![
            Statement::new(owe, vec![now_us.into(), Kind::ExpiresSoon.number().into()]),
            Statement::new(once, vec![now_us.into()]),
        ];
        self.db.write(write).await
    }

    /// Deletes the subscriptions that have expired, with all that they were still to be told, those that were taken away and whose owners
    /// were told, and what waits for longer than anything may.
    pub async fn delete_expired(&self, now_us: i64) -> Result<(), db::Error> {
        let before_us = now_us.saturating_sub(KEPT_US);
        let missed = "insert into outbox_delivery (subscription, kind, subject, version, made_us, due_us, attempts)
            select distinct s.id, cast($2 as bigint), '', 0, cast($3 as bigint), cast($3 as bigint), 0
            from outbox_delivery d join outbox_subscription s on s.id = d.subscription
            where d.made_us < $1 and d.kind = $4 and s.lifecycle_address is not null and s.removed = 0
            on conflict do nothing";
        let params = vec![
            before_us.into(),
            Kind::Missed.number().into(),
            now_us.into(),
            Kind::Version.number().into(),
        ];
        let write = vec![
            Statement::new(
                "delete from outbox_subscription where removed = 0 and expire_us <= $1",
                vec![now_us.into()],
            ),
            Statement::new(missed, params),
            Statement::new("delete from outbox_delivery where made_us < $1", vec![before_us.into()]),
            // Its owner was told, or cannot be.
            Statement::new(
                "delete from outbox_subscription where removed = 1
                and not exists (select 1 from outbox_delivery d where d.subscription = outbox_subscription.id)",
                Vec::new(),
            ),
            Statement::new("delete from outbox_notice where made_us < $1", vec![before_us.into()]),
        ];
        self.db.write(write).await
    }

    /// How much waits, and for how long.
    pub async fn backlog(&self) -> Result<Backlog, db::Error> {
        let sql = "select count(*), min(made_us) from
            (select made_us from outbox_delivery union all select made_us from outbox_notice) waiting";
        let rows = self.db.read(sql, Vec::new()).await?;
        let Some(row) = rows.first() else {
            return Ok(Backlog::default());
        };
        Ok(Backlog {
            deliveries: row.int(0)?,
            oldest_us: row.opt_int(1)?,
        })
    }
}

fn delivery_of(row: &Row) -> Result<Delivery, db::Error> {
    let number = row.int(1)?;
    let kind = Kind::ALL.iter().find(|kind| kind.number() == number);
    Ok(Delivery {
        subscription: SubscriptionId::stored(row.text(0)?),
        kind: *kind.ok_or(db::Error::Column {
            column: 1,
            wanted: "kind",
        })?,
        subject: row.text(2)?.to_owned(),
        version: row.int(3)?,
        tries: Tries {
            made_us: row.int(4)?,
            failures: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
        },
    })
}
