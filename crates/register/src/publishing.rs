//! Publishing: a conference that is over is told of once, and again whenever more of it has become known.
//!
//! What is due is a column, written with the fact that makes it due: the end of the conference, or a report that came after it.
//! So nothing has to be remembered by whoever publishes, and a server that is killed finds what it had not published when it comes
//! back. A version is one durable write; the event that tells subscribers of it is part of that write, so that there is neither a
//! version that nobody was told of nor a telling without its version.

use crate::{Register, RegisterError, limits::PUBLISHED_AT_ONCE};
use db::Statement;
use meeting::Micros;
use outbox::{Event, Topic};

pub(crate) const DUE: &str = "
    select c.id, c.version, c.organizer from conference c
    where c.due_us <= $1
    order by c.due_us limit $2";

/// Only what was read: whoever was faster has told already. Times of versions only grow, whatever the clock does.
const PUBLISH: &str = "
    update conference set version = version + 1, due_us = null,
        modified_us = case when modified_us >= $3 then modified_us + 1 else $3 end
    where id = $1 and version = $2";

impl Register {
    /// Publishes what is due, the longest due first, and says how many call records that was; the caller comes back at once
    /// while that is not 0.
    pub async fn publish(&self, now: Micros) -> Result<usize, RegisterError> {
        let due = self.db.read(DUE, vec![now.0.into(), PUBLISHED_AT_ONCE.into()]).await?;
        for row in &due {
            let (conference, version) = (row.text(0)?, row.int(1)?);
            let published = Statement::new(PUBLISH, vec![conference.into(), version.into(), now.0.into()]);
            let event = Event {
                topic: Topic::CallRecords,
                subject: conference,
                version: version + 1,
                account: row.opt_text(2)?,
                now_us: now.0,
            };
            match self.db.write(vec![published.expect(1), event.happened()]).await {
                // Deleted in between.
                Err(conflict) if conflict.is_conflict() => {}
                outcome => outcome?,
            }
        }
        Ok(due.len())
    }
}
