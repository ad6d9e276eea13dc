//! From what happened to what each is to be told.
//!
//! An event goes in the write that makes its deliveries: it becomes all of them or none, once, whenever a server is killed. Who
//! hears of it follows from the event and the subscriptions alone and not from when this runs: those that were there
//! when it happened. So an event may wait for a server to come back.

use db::{Statement, Value};

use crate::{Kind, Outbox, limits::EVENTS_SPREAD_AT_ONCE};

/// However much waits, this reads no more of it than it takes.
const OLDEST_EVENTS: &str =
    "select topic, subject, version, account, time_us from outbox_event order by time_us limit $1";

impl Outbox {
    /// Turns some of what happened into deliveries, and says how much: whoever is told of any comes back for more.
    pub async fn spread(&self, now_us: i64) -> Result<usize, db::Error> {
        let events = self.db.read(OLDEST_EVENTS, vec![EVENTS_SPREAD_AT_ONCE.into()]).await?;
        let mut statements = Vec::with_capacity(events.len() * 2);
        for event in &events {
            let (topic, subject, version) = (event.text(0)?, event.text(1)?, event.int(2)?);
            let named = || -> Vec<Value> { vec![topic.into(), subject.into(), version.into()] };
            // First, since it is the row that two who do this at once would both have to delete.
            let take = "delete from outbox_event where topic = $1 and subject = $2 and version = $3";
            statements.push(Statement::new(take, named()).expect(1));
            let deliver = "insert into outbox_delivery (subscription, kind, subject, version, made_us, due_us, attempts)
                select id, cast($4 as bigint), cast($2 as text), cast($3 as bigint), cast($5 as bigint), cast($5 as bigint), 0
                from outbox_subscription
                where topic = $1 and removed = 0 and create_us <= $6 and expire_us > $6
                    and (first_only = 0 or $3 = 1) and (account is null or account = $7)
                on conflict do nothing";
            let mut params = named();
            params.extend([
                Kind::Version.number().into(),
                now_us.into(),
                event.int(4)?.into(),
                event.opt_text(3)?.into(),
            ]);
            statements.push(Statement::new(deliver, params));
        }
        if !statements.is_empty() {
            self.db.write(statements).await?;
        }
        Ok(events.len())
    }
}

#[cfg(test)]
mod tests {
    use super::OLDEST_EVENTS;
    use db::{Db, Location, Statement, testing::plan};

    #[tokio::test]
    async fn what_waits_behind_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Location::Sqlite(folder.path().join("plans.db")))
            .await
            .unwrap();
        let oldest = Statement::new(OLDEST_EVENTS, vec![100.into()]);
        assert_eq!(
            plan(&db, &oldest).await,
            ["SCAN outbox_event USING INDEX outbox_event_by_time"]
        );
    }
}
