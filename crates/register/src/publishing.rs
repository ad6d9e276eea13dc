//! Publishing: a conference or a telephone call that is over is told of once, and again whenever more of it has become known.
//!
//! What is due is a column, written with the fact that makes it due: the end of the conference, or a report that came after it.
//! So nothing has to be remembered by whoever publishes, and a server that is killed finds what it had not published when it comes
//! back. A version is one durable write; the event that tells subscribers of it is part of that write, so that there is neither a
//! version that nobody was told of nor a telling without its version.
//!
//! Times of versions are different and grow in the order in which versions are seen, over all records and whatever the clock does: so
//! whoever asks for what is newer than the newest they know misses nothing. One row holds the latest of them, and each version raises
//! it; who writes it keeps others from it until their version is seen.

use crate::{Register, RegisterError, limits::PUBLISHED_AT_ONCE};
use db::{Row, Statement};
use meeting::Micros;
use outbox::{Event, Topic};

/// What is due of a table, with the account that is told of it first.
macro_rules! due {
    ($table:literal, $account:literal) => {
        concat!(
            "select c.id, c.version, ",
            $account,
            " from ",
            $table,
            " c where c.due_us <= $1 order by c.due_us limit $2"
        )
    };
}

/// A time of its own for the version that the same write publishes next.
const NEXT_TIME: &str = "update publication set latest_us = case when latest_us >= $1 then latest_us + 1 else $1 end";

/// Everything up to this time is seen by whoever reads after it.
pub(crate) const LATEST_TIME: &str = "select latest_us from publication";

/// Only what was read: whoever was faster has told already.
macro_rules! publish {
    ($table:literal) => {
        concat!(
            "update ",
            $table,
            " set version = version + 1, due_us = null,
                modified_us = (select latest_us from publication)
            where id = $1 and version = $2"
        )
    };
}

pub(crate) const DUE: &str = due!("conference", "c.organizer");
/// Nobody organizes a call.
pub(crate) const CALLS_DUE: &str = due!("call", "cast(null as text)");

/// How records are published: what is due, and what publishes one.
const RECORDS: [(&str, &str); 2] = [(DUE, publish!("conference")), (CALLS_DUE, publish!("call"))];

impl Register {
    /// Publishes what is due, the longest due first, and says how many call records that was; the caller comes back at once
    /// while that is not 0.
    pub async fn publish(&self, now: Micros) -> Result<usize, RegisterError> {
        let mut published = 0;
        for (due, publish) in RECORDS {
            let due = self.db.read(due, vec![now.0.into(), PUBLISHED_AT_ONCE.into()]).await?;
            for row in &due {
                self.publish_one(publish, row, now).await?;
            }
            published += due.len();
        }
        Ok(published)
    }

    /// When the latest version was published.
    pub(crate) async fn latest_publication(&self) -> Result<i64, RegisterError> {
        let rows = self.db.read(LATEST_TIME, vec![]).await?;
        Ok(rows.first().ok_or(RegisterError::NotFound)?.int(0)?)
    }

    async fn publish_one(&self, publish: &'static str, row: &Row, now: Micros) -> Result<(), RegisterError> {
        let (subject, version) = (row.text(0)?, row.int(1)?);
        let timed = Statement::new(NEXT_TIME, vec![now.0.into()]);
        let published = Statement::new(publish, vec![subject.into(), version.into()]);
        let event = Event {
            topic: Topic::CallRecords,
            subject,
            version: version + 1,
            account: row.opt_text(2)?,
            now_us: now.0,
        };
        match self
            .db
            .write(vec![timed.expect(1), published.expect(1), event.happened()])
            .await
        {
            // Deleted in between.
            Err(conflict) if conflict.is_conflict() => Ok(()),
            outcome => Ok(outcome?),
        }
    }
}
