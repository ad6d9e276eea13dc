//! What is measured in meetings, until it is in the register.
//!
//! The media plane tells of windows of a few seconds, of paths and of what clients say; the register takes what is newest of each.
//! Between them stands one value for each session, and no queue: totals grow by each window, a series by some bytes, a path and a
//! report replace those before. So it does not matter how often it is written or whether a write fails: what is not written yet
//! is in the next write, and what waits does not grow while the register cannot be reached. Only pieces of series
//! that are full, and sessions that are over, wait as such; of both there is a limit, the oldest go, and that is counted.
//!
//! No clock and no I/O: whoever keeps it asks for what is new, writes that, and says so.

use std::collections::{BTreeMap, VecDeque};

use meeting::{Micros, SessionId};
use quality::{Stream, Totals, Window, series::Series};
use register::{Measured, MeasuredStream, Path, Piece, SetupFailure};

use crate::limits;

#[cfg(test)]
mod tests;

/// All that is not in the register yet, and what the next window is added to.
#[derive(Default)]
pub(crate) struct Measurements {
    sessions: BTreeMap<SessionId, Session>,
    failures: VecDeque<SetupFailure>,
    /// Failures that have gone from the front, written or not.
    failures_gone: u64,
    /// Counts changes: what was new when somebody asked is told from what has come since.
    changes: u64,
    /// Pieces of series, sessions and failures that had to go unwritten.
    given_up: u64,
}

/// What is known of a session.
#[derive(Default)]
struct Session {
    /// It has begun: a path is known before, and that of somebody who knocks may be nobody's.
    on_record: bool,
    streams: BTreeMap<Stream, Growing>,
    path: Option<(Path, u64)>,
    report: Option<(String, u64)>,
    /// The last change of anything.
    changed: u64,
    written: u64,
    heard: Micros,
}

/// A stream, with what grows of it.
#[derive(Default)]
struct Growing {
    totals: Totals,
    /// Pieces that are full, and not written.
    full: VecDeque<Piece>,
    /// The piece that is not full.
    series: Series,
    windows: u32,
    number: u32,
    changed: u64,
}

/// Something to write, and until which change it goes.
pub(crate) struct New {
    pub(crate) sessions: Vec<Measured>,
    pub(crate) failures: Vec<SetupFailure>,
    changes: u64,
    failures_until: u64,
}

impl Measurements {
    /// A session is on record from now on.
    pub(crate) fn started(&mut self, session: &SessionId, now: Micros) {
        let session = self.sessions.entry(session.clone()).or_default();
        session.on_record = true;
        session.heard = now;
    }

    /// What flowed in a window of each of these streams. Nothing flows before the session is on record.
    pub(crate) fn measured(
        &mut self,
        session: &SessionId,
        windows: impl IntoIterator<Item = (Stream, Window)>,
        now: Micros,
    ) {
        let (session, change) = self.session(session, now);
        session.on_record = true;
        let mut given_up = 0;
        for (stream, window) in windows {
            if !session.streams.contains_key(&stream) && session.streams.len() == limits::STREAMS_PER_SESSION_MAX {
                given_up += 1;
                continue;
            }
            given_up += session.streams.entry(stream).or_default().add(&window, change);
        }
        self.given_up += given_up;
    }

    /// The way that a session's packets take from now on.
    pub(crate) fn reached(&mut self, session: &SessionId, path: Path, now: Micros) {
        let (session, change) = self.session(session, now);
        session.path = Some((path, change));
    }

    /// What a session's client has said so far, as the register keeps it.
    pub(crate) fn reported(&mut self, session: &SessionId, report: String, now: Micros) {
        let (session, change) = self.session(session, now);
        session.report = Some((report, change));
    }

    /// Somebody did not come in.
    pub(crate) fn failed(&mut self, failure: SetupFailure) {
        if self.failures.len() == limits::SETUP_FAILURES_WAITING_MAX {
            self.failures.pop_front();
            self.failures_gone += 1;
            self.given_up += 1;
        }
        self.failures.push_back(failure);
    }

    /// What has not been written.
    pub(crate) fn new_since_written(&self) -> New {
        let waiting = self.sessions.iter().filter(|(_, session)| session.waits());
        New {
            sessions: waiting.map(|(id, session)| session.new_since_written(id)).collect(),
            failures: self.failures.iter().cloned().collect(),
            changes: self.changes,
            failures_until: self.failures_gone + self.failures.len() as u64,
        }
    }

    /// That is in the register now.
    pub(crate) fn written(&mut self, new: &New) {
        for measured in &new.sessions {
            if let Some(session) = self.sessions.get_mut(&measured.session) {
                session.written = session.written.max(new.changes);
                for MeasuredStream { stream, pieces, .. } in &measured.streams {
                    if let (Some(growing), Some(last)) = (session.streams.get_mut(stream), pieces.last()) {
                        // The last one has grown since, perhaps.
                        growing.full.retain(|piece| piece.number >= last.number);
                    }
                }
            }
        }
        while self.failures_gone < new.failures_until && self.failures.pop_front().is_some() {
            self.failures_gone += 1;
        }
    }

    /// Forgets sessions that are over, once nothing more can come of them and everything is written; and the longest silent of them
    /// unwritten, if they are too many.
    pub(crate) fn forget(&mut self, is_live: impl Fn(&SessionId) -> bool, now: Micros) {
        let since = now.plus_us(-limits::MEASURED_AFTER_END_US);
        let over = |id: &SessionId, session: &Session| session.heard < since && !is_live(id);
        self.sessions
            .retain(|id, session| session.waits() || !over(id, session));
        let mut waiting: Vec<(Micros, SessionId)> = self
            .sessions
            .iter()
            .filter(|(id, session)| over(id, session))
            .map(|(id, session)| (session.heard, id.clone()))
            .collect();
        waiting.sort();
        let too_many = waiting.len().saturating_sub(limits::SESSIONS_WAITING_MAX);
        for (_, id) in &waiting[..too_many] {
            self.sessions.remove(id);
            self.given_up += 1;
        }
    }

    /// How much had to go unwritten since this was asked last.
    pub(crate) fn take_given_up(&mut self) -> u64 {
        std::mem::take(&mut self.given_up)
    }

    fn session(&mut self, id: &SessionId, now: Micros) -> (&mut Session, u64) {
        self.changes += 1;
        let session = self.sessions.entry(id.clone()).or_default();
        session.changed = self.changes;
        session.heard = now;
        (session, self.changes)
    }
}

impl Session {
    /// Something is not written that can be.
    fn waits(&self) -> bool {
        self.on_record && self.changed > self.written
    }

    fn new_since_written(&self, id: &SessionId) -> Measured {
        let is_new = |changed: u64| changed > self.written;
        let streams = self.streams.iter().filter(|(_, growing)| is_new(growing.changed));
        let report = self.report.as_ref().filter(|(_, changed)| is_new(*changed));
        Measured {
            session: id.clone(),
            streams: streams.map(|(stream, growing)| growing.measured(*stream)).collect(),
            path: self.path.filter(|(_, changed)| is_new(*changed)).map(|(path, _)| path),
            report: report.map(|(report, _)| report.clone()),
        }
    }
}

impl Growing {
    /// Takes a window in, and says how many pieces had to go for it.
    fn add(&mut self, window: &Window, change: u64) -> u64 {
        self.changed = change;
        self.totals.add(window);
        let mut given_up = 0;
        if self.windows == limits::WINDOWS_PER_PIECE {
            if self.full.len() == limits::PIECES_WAITING_MAX {
                self.full.pop_front();
                given_up = 1;
            }
            let piece = self.piece();
            self.full.push_back(piece);
            self.series = Series::default();
            self.windows = 0;
            self.number += 1;
        }
        self.series.append(window);
        self.windows += 1;
        given_up
    }

    fn piece(&self) -> Piece {
        Piece {
            number: self.number,
            samples: self.series.bytes().to_vec(),
        }
    }

    fn measured(&self, stream: Stream) -> MeasuredStream {
        let full = self.full.iter().cloned();
        MeasuredStream {
            stream,
            totals: self.totals,
            pieces: full.chain([self.piece()]).collect(),
        }
    }
}
