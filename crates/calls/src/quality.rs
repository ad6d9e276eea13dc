//! How the sound of calls flowed, as it is kept: the sums of each stream, which replace what was there before.
//!
//! So whoever measures keeps what is newest instead of a queue, a write may be made again, and a kill costs a few seconds. A call that
//! is not on record takes nothing, and what is kept of one goes with it.

use db::Statement;
use quality::{Direction, Stream, Totals};
use telephony::line::Measured;

use crate::{Calls, limits};

/// The row of a stream begins with that of a call on record.
const STREAM: &str = "insert into call_stream (call, ssrc, direction, totals)
    select c.id, $2, $3, $4 from call c where c.id = $1
    on conflict (call, ssrc, direction) do update set totals = excluded.totals";

/// A record that is published already is due once more. That of a call is that of the call out of which it was made.
const CHANGED: &str = "update call set due_us = $2 where version > 0 and due_us is null
    and id = (select coalesce(c.originating_call, c.id) from call c where c.id = $1)";

impl Calls {
    /// Writes how these calls flowed so far. If it fails, some of it may hold; all of it may be written again.
    pub(crate) async fn keep_measured<'a>(
        &self,
        measured: impl Iterator<Item = (&'a str, &'a Measured)>,
        now_us: i64,
    ) -> Result<(), db::Error> {
        let mut write = vec![];
        for (call, streams) in measured {
            write.extend(streams.iter().map(|(stream, totals)| kept(call, *stream, totals)));
            let due_us = now_us + limits::PUBLISHED_AFTER_US;
            write.push(Statement::new(CHANGED, vec![call.into(), due_us.into()]));
            if write.len() >= limits::MEASURED_AT_ONCE {
                self.db.write(std::mem::take(&mut write)).await?;
            }
        }
        if write.is_empty() {
            return Ok(());
        }
        self.db.write(write).await
    }
}

fn kept(call: &str, stream: Stream, totals: &Totals) -> Statement {
    let totals = serde_json::to_string(totals).expect("numbers under plain names");
    let params = vec![
        call.into(),
        i64::from(stream.ssrc).into(),
        number(stream.direction).into(),
        totals.into(),
    ];
    Statement::new(STREAM, params)
}

/// A direction as rows have it.
pub(crate) fn number(direction: Direction) -> i64 {
    match direction {
        Direction::Uplink => 1,
        Direction::Downlink => 2,
    }
}
