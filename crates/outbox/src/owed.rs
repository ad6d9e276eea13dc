//! What somebody can be owed, and owing them what becomes of their own subscription.

use db::Statement;

/// What somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// There is a version of something.
    Version,
    /// Their subscription expires soon.
    ExpiresSoon,
    /// Something was dropped that they should have been told.
    Missed,
    /// Their subscription was taken away.
    Removed,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: &[Kind] = &[Kind::Version, Kind::ExpiresSoon, Kind::Missed, Kind::Removed];

    pub(crate) const fn number(self) -> i64 {
        match self {
            Kind::Version => 1,
            Kind::ExpiresSoon => 2,
            Kind::Missed => 3,
            Kind::Removed => 4,
        }
    }
}

/// The statement that makes somebody be told once what became of their subscription, if they said where.
pub(crate) fn owe(subscription: &str, kind: Kind, now_us: i64) -> Statement {
    let sql = "insert into outbox_delivery (subscription, kind, subject, version, made_us, due_us, attempts)
        select id, cast($2 as bigint), '', 0, cast($3 as bigint), cast($3 as bigint), 0 from outbox_subscription
        where id = $1 and lifecycle_address is not null
        on conflict do nothing";
    Statement::new(sql, vec![subscription.into(), kind.number().into(), now_us.into()])
}
