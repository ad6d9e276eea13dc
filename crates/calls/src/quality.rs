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

/// Sound came from a telephone in the call or in one that was made out of it.
const HEARD: &str = "update call set media = 1 where media = 0
    and id = (select coalesce(c.originating_call, c.id) from call c where c.id = $1)";

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
            if streams.iter().any(|(stream, totals)| totals.have_flowed(*stream)) {
                write.push(Statement::new(HEARD, vec![call.into()]));
            }
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

#[cfg(test)]
mod tests {
    use db::{Db, testing::each_engine};
    use quality::{Codec, Figures, Kind, Totals};

    use super::*;

    async fn put_calls(db: &Db) {
        let project = "insert into project (id, name, create_us, signing_key) values ('one', 'one', 1, $1)";
        let call = "insert into call (id, project, to_address, is_private, labels, direction, state, create_method, create_us, alive_us,
            originating_call, bridged, transport) values ($1, 'one', 'sip:a@b', 0, '{}', 2, 4, 1, 1, 1, $2, 0, 3)";
        let mut write = vec![Statement::new(project, vec![vec![0_u8; 64].into()])];
        for (id, out_of) in [("parent", None), ("child", Some("parent")), ("silent", None)] {
            write.push(Statement::new(call, vec![id.into(), out_of.into()]));
        }
        db.write(write).await.expect("calls");
    }

    /// A record says of sound what its session says: that some came, from any of its telephones.
    #[tokio::test]
    async fn a_call_in_which_a_telephone_was_heard_has_sound() {
        each_engine(async |db| {
            put_calls(&db).await;
            let calls = Calls::new(db.clone());
            let heard = Totals {
                figures: Figures {
                    codec: Some(Codec::Pcmu),
                    ..Figures::default()
                },
                ..Totals::default()
            };
            let stream = |direction| Stream {
                ssrc: 1,
                direction,
                kind: Kind::Audio,
            };
            for (call, direction, totals, expected) in [
                ("silent", Direction::Uplink, Totals::default(), [0, 0, 0]),
                ("silent", Direction::Downlink, heard, [0, 0, 0]),
                ("child", Direction::Uplink, heard, [0, 1, 0]),
                ("silent", Direction::Uplink, heard, [0, 1, 1]),
            ] {
                let measured: Measured = [(stream(direction), totals)].into();
                let kept = calls.keep_measured([(call, &measured)].into_iter(), 2).await;
                kept.expect("written");
                let rows = db
                    .read("select media from call order by id", vec![])
                    .await
                    .expect("reads");
                let media: Vec<i64> = rows.iter().map(|row| row.int(0).expect("a number")).collect();
                assert_eq!(media, expected, "{call} {direction:?}");
            }
        })
        .await;
    }
}
