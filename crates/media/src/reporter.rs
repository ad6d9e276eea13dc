//! Reports to the control plane, without ever waiting for it.
//!
//! Arrivals and departures queue, in order: one of each for a session, with what was measured of it last and what its client
//! said last. Signs of life do not: a later one replaces an earlier one, so a control plane that stalls finds the newest when it
//! comes back, and the queue is bounded by the number of sessions. Nor do windows, ways and reports: what could not be told is told
//! later, in longer windows.

use std::{collections::VecDeque, time::Instant};

use quality::report::Report;
use tokio::sync::mpsc::{Sender, error::TrySendError};

use crate::event::{Event, LostCause, Measured, Path};

/// The way to the control plane.
#[derive(Debug)]
pub(crate) struct Reporter {
    events: Sender<Event>,
    waiting: VecDeque<Event>,
}

impl Reporter {
    pub(crate) fn new(events: Sender<Event>) -> Reporter {
        Reporter {
            events,
            waiting: VecDeque::new(),
        }
    }

    /// A session's transport is up.
    pub(crate) fn connected(&mut self, session: &str) {
        let session = session.to_owned();
        self.waiting.push_back(Event::Connected { session });
        self.flush();
    }

    /// A session is gone.
    pub(crate) fn lost(&mut self, session: &str, last_sign_of_life: Instant, cause: LostCause) {
        self.waiting.push_back(Event::Lost {
            session: session.to_owned(),
            last_sign_of_life,
            cause,
        });
        self.flush();
    }

    /// The gathered signs of life; false if they could not be told and shall be gathered again.
    pub(crate) fn alive(&mut self, signs: Vec<(String, Instant)>) -> bool {
        self.flush() && (signs.is_empty() || self.events.try_send(Event::Alive(signs)).is_ok())
    }

    /// What was measured; false if it could not be told now, and then nothing is gathered.
    pub(crate) fn measured(&mut self, gather: impl FnOnce() -> Vec<Measured>) -> bool {
        if !self.flush() {
            return false;
        }
        match self.events.try_reserve() {
            Ok(place) => {
                let measured = gather();
                if !measured.is_empty() {
                    place.send(Event::Measured(measured));
                }
                true
            }
            Err(_) => false,
        }
    }

    /// Where a session is; false if it could not be told now.
    pub(crate) fn reached(&mut self, session: &str, path: Path) -> bool {
        let session = session.to_owned();
        self.flush() && self.events.try_send(Event::Reached { session, path }).is_ok()
    }

    /// What a client has uploaded; false if it could not be told now.
    pub(crate) fn reported(&mut self, session: &str, report: &Report) -> bool {
        self.flush() && self.events.try_send(reported(session, report)).is_ok()
    }

    /// What has not been told of a session that goes.
    pub(crate) fn last_of(
        &mut self,
        session: &str,
        path: Option<Path>,
        report: Option<&Report>,
        measured: Option<Measured>,
    ) {
        self.waiting.extend(path.map(|path| Event::Reached {
            session: session.to_owned(),
            path,
        }));
        self.waiting.extend(report.map(|report| reported(session, report)));
        self.waiting
            .extend(measured.map(|measured| Event::Measured(vec![measured])));
        self.flush();
    }

    /// Tells what waits; false if some of it still does.
    pub(crate) fn flush(&mut self) -> bool {
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    return false;
                }
                // Nobody listens any more; the shard is about to be stopped.
                Err(TrySendError::Closed(_)) => self.waiting.clear(),
            }
        }
        true
    }
}

fn reported(session: &str, report: &Report) -> Event {
    Event::Reported {
        session: session.to_owned(),
        report: Box::new(report.clone()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    fn a_stalled_reader_loses_no_arrival_and_no_departure_and_holds_nothing_up() {
        let now = Instant::now();
        let (sender, mut receiver) = mpsc::channel(1);
        let mut reporter = Reporter::new(sender);
        let report = Report::default();
        reporter.connected("a");
        reporter.last_of("a", None, Some(&report), None);
        reporter.lost("a", now, LostCause::Left);
        assert!(!reporter.alive(vec![("b".into(), now)]), "gathered again later");
        assert!(!reporter.reported("b", &report), "told again later");
        assert_eq!(receiver.try_recv(), Ok(Event::Connected { session: "a".into() }));
        assert!(!reporter.flush());
        assert_eq!(receiver.try_recv(), Ok(reported("a", &report)));
        assert!(reporter.flush());
        let lost = Event::Lost {
            session: "a".into(),
            last_sign_of_life: now,
            cause: LostCause::Left,
        };
        assert_eq!(receiver.try_recv(), Ok(lost));
        assert!(reporter.alive(vec![("b".into(), now)]));
        drop(receiver);
        assert!(!reporter.alive(vec![("b".into(), now)]));
        reporter.lost("b", now, LostCause::Silent);
        assert!(reporter.flush(), "nobody to tell");
    }
}
