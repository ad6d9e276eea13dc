//! What was measured of sessions, and what their clients say, on its way into the register.
//!
//! It is no fact of a meeting: nothing follows from it, and nobody waits for it. **Everything here replaces what was there**: the
//! totals of a stream, a piece of its series, a path, a report. So whoever measures keeps what is newest instead of a queue, a
//! write whose outcome is not known is made again, and whatever could not be written for a while is in the next write.
//!
//! A session that is not on record takes nothing: there is no row without its session. Who was on the way and never came has none,
//! so that is a row of its own.

use crate::{
    Media, Obstacle, Path, Register, RegisterError,
    limits::{LATE_REPORTS_WITHIN_US, MEASURED_AT_ONCE, SETUP_FAILURES_PER_CONFERENCE_MAX},
    numbers::Number,
};
use db::{Statement, Value};
use meeting::{ConferenceId, DeviceKind, Micros, SessionId, UserId};
use quality::{Stream, Totals};

/// What is new of one session.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The session.
    pub session: SessionId,
    /// Its streams that have changed.
    pub streams: Vec<MeasuredStream>,
    /// Its path, if that has changed.
    pub path: Option<Path>,
    /// What its client says, if it said anything new: a JSON text, of which nothing is read here.
    pub report: Option<String>,
}

/// What is new of one stream.
#[derive(Clone, Debug)]
pub struct MeasuredStream {
    /// Which one.
    pub stream: Stream,
    /// All of its windows, summed up.
    pub totals: Totals,
    /// The pieces of its series that have changed.
    pub pieces: Vec<Piece>,
}

/// A piece of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// From 0 on.
    pub number: u32,
    /// As [`quality::series`] writes them.
    pub samples: Vec<u8>,
}

/// Somebody who was on the way into a conference, or at its door, and did not come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupFailure {
    /// Where they would have been.
    pub conference: ConferenceId,
    /// The session that was reserved.
    pub session: SessionId,
    /// Who, if they are signed in.
    pub account: Option<UserId>,
    /// With what.
    pub device: DeviceKind,
    /// A program came as the person.
    pub by_program: bool,
    /// When they asked.
    pub start: Micros,
    /// When they were given up, or sent away.
    pub end: Micros,
    /// What kept them from it.
    pub obstacle: Obstacle,
}

/// The rows of one session begin with those of a session on record.
const STREAM: &str = "insert into stream (conference, session, ssrc, direction, kind, totals)
    select s.conference, s.id, $2, $3, $4, $5 from participant_session s where s.id = $1
    on conflict (conference, session, ssrc, direction) do update set kind = excluded.kind, totals = excluded.totals";

const PIECE: &str = "insert into stream_series (conference, session, ssrc, direction, piece, samples)
    select s.conference, s.id, $2, $3, $4, $5 from participant_session s where s.id = $1
    on conflict (conference, session, ssrc, direction, piece) do update set samples = excluded.samples";

const PATH: &str = "insert into session_path (conference, session, transport, theirs, ours)
    select s.conference, s.id, $2, $3, $4 from participant_session s where s.id = $1
    on conflict (conference, session) do update
    set transport = excluded.transport, theirs = excluded.theirs, ours = excluded.ours";

const REPORT: &str = "insert into session_report (conference, session, report)
    select s.conference, s.id, $2 from participant_session s where s.id = $1
    on conflict (conference, session) do update set report = excluded.report";

const MEDIA: &str = "update conference set media = media | $2
    where id = (select s.conference from participant_session s where s.id = $1) and (media & $2) <> $2";

/// A record that is published already is due once more, when others who are late have had their time.
const CHANGED: &str = "update conference set due_us = $2
    where id = (select s.conference from participant_session s where s.id = $1) and version > 0 and due_us is null";

/// Of a conference that goes on, and only so many.
const FAILED: &str = "insert into setup_failure
    (conference, session, account, device_kind, by_program, start_us, end_us, obstacle)
    select c.id, $2, $3, $4, $5, $6, $7, $8 from conference c
    where c.id = $1 and c.end_us is null and not exists
    (select 1 from setup_failure f where f.conference = $1 limit 1 offset $9)
    on conflict (conference, session) do nothing";

impl Register {
    /// Writes what is new of these sessions, and who did not come in, in writes so small that a join waits for none of them. If
    /// it fails, some of it may hold; all of it may be written again.
    pub async fn keep(
        &self,
        sessions: &[Measured],
        failures: &[SetupFailure],
        now: Micros,
    ) -> Result<(), RegisterError> {
        let due = now.plus_us(LATE_REPORTS_WITHIN_US);
        let sessions = sessions.iter().map(|session| statements(session, due));
        let failures = failures.iter().map(|failure| vec![failed(failure)]);
        let mut write = Vec::new();
        for statements in sessions.chain(failures) {
            write.extend(statements);
            if write.len() >= MEASURED_AT_ONCE {
                self.db.write(std::mem::take(&mut write)).await?;
            }
        }
        if !write.is_empty() {
            self.db.write(write).await?;
        }
        Ok(())
    }
}

fn statements(measured: &Measured, due: Micros) -> Vec<Statement> {
    let session = measured.session.as_str();
    let mut statements: Vec<Statement> = Vec::new();
    let mut put = |sql: &'static str, values: Vec<Value>| {
        let params = std::iter::once(session.into()).chain(values);
        statements.push(Statement::new(sql, params.collect()));
    };
    let mut media = 0;
    for MeasuredStream { stream, totals, pieces } in &measured.streams {
        let key = || vec![i64::from(stream.ssrc).into(), stream.direction.number().into()];
        let sums = serde_json::to_string(totals).expect("numbers under plain names");
        put(STREAM, [key(), vec![stream.kind.number().into(), sums.into()]].concat());
        for piece in pieces {
            let piece = vec![i64::from(piece.number).into(), piece.samples.clone().into()];
            put(PIECE, [key(), piece].concat());
        }
        media |= Media::bit(*stream, totals);
    }
    if media != 0 {
        put(MEDIA, vec![media.into()]);
    }
    if let Some(path) = &measured.path {
        let addresses = [path.theirs, path.ours].map(|address| address.to_string().into());
        put(
            PATH,
            [vec![path.transport.number().into()], addresses.to_vec()].concat(),
        );
    }
    if let Some(report) = &measured.report {
        put(REPORT, vec![report.into()]);
    }
    put(CHANGED, vec![due.0.into()]);
    statements
}

fn failed(failure: &SetupFailure) -> Statement {
    Statement::new(
        FAILED,
        vec![
            failure.conference.as_str().into(),
            failure.session.as_str().into(),
            failure.account.as_ref().map(UserId::as_str).into(),
            failure.device.number().into(),
            failure.by_program.into(),
            failure.start.0.into(),
            failure.end.0.into(),
            failure.obstacle.number().into(),
            (SETUP_FAILURES_PER_CONFERENCE_MAX - 1).into(),
        ],
    )
}
