//! Calls with those that were made out of them, and how the sound of each flowed: for whoever tells of them as one.

use std::collections::BTreeMap;

use db::{Row, Value};
use quality::{Direction, Kind, Stream, Totals};

use crate::{Call, Calls, limits::LEGS_MAX, quality::number, rows};

/// One call of those that belong together.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The call.
    pub call: Call,
    /// What was measured of its streams.
    pub streams: BTreeMap<Stream, Totals>,
}

/// The calls of a record, and those of a list: see [`places`].
const STREAMS: &str = "select t.call, t.ssrc, t.direction, t.totals from call_stream t where t.call in ";

impl Calls {
    /// A call and those that were made out of it, itself first; of somebody who called all the world, as many as are told of.
    pub async fn legs(&self, call: &str) -> Result<Vec<Leg>, db::Error> {
        let sql = format!(
            "select {} from call where id = $1 or originating_call = $1 order by create_us, id limit {LEGS_MAX}",
            rows::COLUMNS
        );
        let rows = self.db.read(&sql, vec![call.into()]).await?;
        let mut calls = rows.iter().map(rows::call_of).collect::<Result<Vec<_>, _>>()?;
        // The one that they were made out of stands first, whatever the clock did.
        calls.sort_by_key(|call| call.originating_call.is_some());
        let mut streams = self.streams_of(&calls).await?;
        let legs = calls.into_iter().map(|call| Leg {
            streams: streams.remove(&call.id).unwrap_or_default(),
            call,
        });
        Ok(legs.collect())
    }

    /// These calls, in their order; those that are not there any more are left out.
    pub async fn named(&self, ids: &[String]) -> Result<Vec<Call>, db::Error> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let (places, params) = places(ids.iter());
        let sql = format!("select {} from call where id in {places}", rows::COLUMNS);
        let rows = self.db.read(&sql, params).await?;
        let calls = rows.iter().map(rows::call_of).collect::<Result<Vec<_>, _>>()?;
        let mut calls: BTreeMap<String, Call> = calls.into_iter().map(|call| (call.id.clone(), call)).collect();
        Ok(ids.iter().filter_map(|id| calls.remove(id)).collect())
    }

    async fn streams_of(&self, calls: &[Call]) -> Result<BTreeMap<String, BTreeMap<Stream, Totals>>, db::Error> {
        let mut found: BTreeMap<String, BTreeMap<Stream, Totals>> = BTreeMap::new();
        if calls.is_empty() {
            return Ok(found);
        }
        let (places, params) = places(calls.iter().map(|call| &call.id));
        for row in self.db.read(&format!("{STREAMS}{places}"), params).await? {
            if let Some((stream, totals)) = stream(&row)? {
                found.entry(row.text(0)?.to_owned()).or_default().insert(stream, totals);
            }
        }
        Ok(found)
    }
}

/// `($1, $2, …)` with what stands there. The last is repeated until their number is a power of two, so that an engine meets few texts.
fn places<'a>(ids: impl Iterator<Item = &'a String>) -> (String, Vec<Value>) {
    let mut params: Vec<Value> = ids.map(|id| id.as_str().into()).collect();
    let last = params.last().cloned().expect("there is one");
    params.resize(params.len().next_power_of_two(), last);
    let places: Vec<String> = (1..=params.len()).map(|place| format!("${place}")).collect();
    (format!("({})", places.join(", ")), params)
}

/// A stream, if it is of a version that can be read.
fn stream(row: &Row) -> Result<Option<(Stream, Totals)>, db::Error> {
    let (ssrc, direction) = (row.int(1)?, row.int(2)?);
    let directions = [Direction::Uplink, Direction::Downlink];
    let direction = directions.into_iter().find(|known| number(*known) == direction);
    let totals = serde_json::from_str(row.text(3)?).ok();
    let stream = u32::try_from(ssrc).ok().zip(direction).map(|(ssrc, direction)| Stream {
        ssrc,
        direction,
        kind: Kind::Audio,
    });
    Ok(stream.zip(totals))
}
