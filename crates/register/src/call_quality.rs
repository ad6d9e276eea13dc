//! How the media of a call record flowed: the streams of its sessions, the ways that they took, and what clients said of them.
//!
//! It is read for a page of sessions at once: whoever shows a record with its sessions asks three times, and not three times for
//! each of them.

use crate::{Path, Register, RegisterError, Transport, error::Damage, numbers::Number};
use db::{Row, Value};
use meeting::{ConferenceId, SessionId};
use quality::{Direction, Kind, Stream, Totals};
use std::collections::BTreeMap;

/// How the media of one session flowed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionQuality {
    /// Its streams, by SSRC and direction: what this server has measured.
    pub streams: BTreeMap<Stream, Totals>,
    /// The way that its packets took last.
    pub path: Option<Path>,
    /// What its client said last, as it was kept: only a client's word.
    pub report: Option<String>,
}

/// Of a whole conference, or of the sessions whose ids follow: see [`of_sessions`].
pub(crate) const STREAMS: &str = "
    select t.session, t.ssrc, t.direction, t.kind, t.totals from stream t where t.conference = $1";

pub(crate) const PATHS: &str = "
    select t.session, t.transport, t.theirs, t.ours from session_path t where t.conference = $1";

pub(crate) const REPORTS: &str = "
    select t.session, t.report from session_report t where t.conference = $1";

impl Register {
    /// How the media of these sessions of a conference flowed; of those that nothing is known of, nothing is said.
    pub async fn call_quality(
        &self,
        conference: &ConferenceId,
        sessions: &[SessionId],
    ) -> Result<BTreeMap<SessionId, SessionQuality>, RegisterError> {
        if sessions.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut params = vec![conference.as_str().into()];
        params.extend(sessions.iter().map(|session| Value::from(session.as_str())));
        let [streams, paths, reports] = [STREAMS, PATHS, REPORTS].map(|sql| of_sessions(sql, &mut params));
        self.quality_by([&streams, &paths, &reports], &params).await
    }

    /// The same of all sessions of a conference, for whoever shows all of them: one walk along an index instead of a search for
    /// each.
    pub async fn call_quality_of_all(
        &self,
        conference: &ConferenceId,
    ) -> Result<BTreeMap<SessionId, SessionQuality>, RegisterError> {
        self.quality_by([STREAMS, PATHS, REPORTS], &[conference.as_str().into()])
            .await
    }

    async fn quality_by(
        &self,
        [streams, paths, reports]: [&str; 3],
        params: &[Value],
    ) -> Result<BTreeMap<SessionId, SessionQuality>, RegisterError> {
        let mut found: BTreeMap<SessionId, SessionQuality> = BTreeMap::new();
        for row in self.db.read(streams, params.to_vec()).await? {
            let (stream, totals) = stream(&row)?;
            quality_of(&mut found, &row)?.streams.insert(stream, totals);
        }
        for row in self.db.read(paths, params.to_vec()).await? {
            quality_of(&mut found, &row)?.path = Some(path(&row)?);
        }
        for row in self.db.read(reports, params.to_vec()).await? {
            quality_of(&mut found, &row)?.report = Some(row.text(1)?.to_owned());
        }
        Ok(found)
    }
}

/// The statement for the sessions that are parameters from `$2` on. The last is repeated until their number is a power of two, so
/// that an engine meets few texts.
pub(crate) fn of_sessions(sql: &str, params: &mut Vec<Value>) -> String {
    let sessions = (params.len() - 1).next_power_of_two();
    let last = params.last().cloned().expect("there are sessions");
    params.resize(sessions + 1, last);
    let places: Vec<String> = (2..=params.len()).map(|place| format!("${place}")).collect();
    format!("{sql} and t.session in ({})", places.join(", "))
}

fn quality_of<'a>(
    found: &'a mut BTreeMap<SessionId, SessionQuality>,
    row: &Row,
) -> Result<&'a mut SessionQuality, RegisterError> {
    Ok(found.entry(SessionId::parse(row.text(0)?)?).or_default())
}

fn stream(row: &Row) -> Result<(Stream, Totals), RegisterError> {
    let ssrc = row.int(1)?;
    let stream = Stream {
        ssrc: u32::try_from(ssrc).map_err(|_| Damage::unknown("SSRC", &ssrc))?,
        direction: Direction::read(row.int(2)?)?,
        kind: Kind::read(row.int(3)?)?,
    };
    let totals = serde_json::from_str(row.text(4)?).map_err(|error| Damage::unknown("totals of a stream", &error))?;
    Ok((stream, totals))
}

fn path(row: &Row) -> Result<Path, RegisterError> {
    let address = |text: &str| text.parse().map_err(|_| Damage::unknown("address", &text));
    Ok(Path {
        transport: Transport::read(row.int(1)?)?,
        theirs: address(row.text(2)?)?,
        ours: address(row.text(3)?)?,
    })
}
