//! When what is measured is sampled and told.
//!
//! Once a second each session's streams take their samples, and every five what there is goes to the control plane, all
//! sessions in one event; what a client has uploaded goes when it is due. If that takes nothing for the moment, nothing is taken out
//! either: the windows grow longer and no packet is forgotten. A session that goes is told of before its loss, in the queue that
//! loses nothing.

use std::time::Instant;

use crate::{
    core::Time,
    event::Measured,
    limits,
    reporter::Reporter,
    shard::{
        Shard,
        seat::{Phase, Seat},
    },
    wire::Wire,
};

impl Shard {
    /// Samples and tells what is due.
    pub(super) fn measure(&mut self, now: Instant) {
        if now.saturating_duration_since(self.sampled) < limits::SAMPLE_INTERVAL {
            return;
        }
        self.sampled = now;
        let time = self.time(now);
        self.pass_second(now);
        for (_, seat) in &mut self.seats {
            seat.measuring.second(time);
            if seat.phase == Phase::Connected && !seat.is_check() {
                tell_reached(seat, &self.wire, &mut self.reporter);
                tell_reported(seat, &mut self.reporter, time);
            }
        }
        if now.saturating_duration_since(self.told_measured) < limits::WINDOW {
            return;
        }
        let seats = &mut self.seats;
        let gather = || {
            let windows = seats.iter_mut().map(|(_, seat)| Measured {
                session: seat.session.clone(),
                ended: now,
                streams: seat.measuring.gather(time),
            });
            windows.filter(|measured| !measured.streams.is_empty()).collect()
        };
        if self.reporter.measured(gather) {
            self.told_measured = now;
        }
    }
}

/// Tells where a session is, if it is not where it was told to be.
pub(super) fn tell_reached(seat: &mut Seat, wire: &Wire, reporter: &mut Reporter) {
    if let Some(path) = seat.moved(wire)
        && reporter.reached(&seat.session, path)
    {
        seat.reached = Some(path);
    }
}

/// Tells what a session's client has uploaded, if that is due.
fn tell_reported(seat: &mut Seat, reporter: &mut Reporter, time: Time) {
    if let Some(report) = seat.uploads.due(time)
        && reporter.reported(&seat.session, report)
    {
        seat.uploads.told(time);
    }
}

/// Tells what there is of a session that goes, and measures it no more.
pub(super) fn tell_the_last(seat: &mut Seat, wire: &Wire, reporter: &mut Reporter, now: Instant, time: Time) {
    let is_untold = seat.phase == Phase::Connected && seat.reached.is_none();
    let path = seat.moved(wire).filter(|_| is_untold);
    let streams = seat.measuring.close(time);
    let measured = (!streams.is_empty()).then(|| Measured {
        session: seat.session.clone(),
        ended: now,
        streams,
    });
    reporter.last_of(&seat.session, path, seat.uploads.last(), measured);
}
