//! What is looked at now and then, since nothing says that it has come: silence, deadlines that were missed, and what is told in intervals.

use std::time::Instant;

use crate::{
    event::LostCause,
    limits,
    shard::{
        Shard,
        seat::{Phase, Seat},
        unix_s,
    },
};

impl Shard {
    pub(super) fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.swept) < limits::SWEEP_INTERVAL {
            return;
        }
        self.swept = now;
        self.wire.sweep(now, unix_s(), |end| {
            let is_elsewhere = self.door.as_ref().is_some_and(|door| door.has(end));
            is_elsewhere || self.directory.by_address(end).is_some()
        });
        if let Some(door) = &mut self.door {
            door.sweep();
        }
        self.reporter.flush();
        self.taps.sweep();
        for key in self.seats.iter().map(|(key, _)| key).collect::<Vec<_>>() {
            self.look_after(key, now);
        }
        let seats = self.seats.iter();
        let connected = seats.filter(|(_, seat)| seat.phase == Phase::Connected && seat.peer.crosses_a_network());
        self.presence.hear(connected.map(|(_, seat)| seat.last_datagram), now);
        self.say_heard();
        if now.saturating_duration_since(self.told_alive) >= limits::ALIVE_INTERVAL {
            self.told_alive = now;
            self.tell_alive();
        }
        self.measure(now);
    }

    /// Ends a session whose time is over, and has one settled for which something waits.
    fn look_after(&mut self, key: usize, now: Instant) {
        let time = self.time(now);
        let seat = &mut self.seats[key];
        if seat.peer.take_beat() {
            seat.last_datagram = now;
        }
        let silent = self.presence.since(seat.last_datagram, now) >= limits::SILENCE;
        let late = self.presence.since(seat.admitted, now) >= limits::CONNECT_DEADLINE;
        match seat.phase {
            _ if seat.is_over(time) => self.free(key),
            _ if seat.peer.is_distant() && seat.has_waiting() => self.touch(key),
            // Its own shard says when it is gone.
            _ if seat.peer.is_distant() => {}
            Phase::Connecting if late => {
                let cause = seat.not_connected();
                self.lose(key, cause);
            }
            Phase::Connected if silent => self.lose(key, LostCause::Silent),
            Phase::Leaving { until } if until <= now => self.free(key),
            _ if seat.has_waiting() => self.touch(key),
            _ => {}
        }
    }

    /// Tells the control plane who was heard since it was told so last.
    fn tell_alive(&mut self) {
        let fresh = |seat: &&mut Seat| {
            seat.phase == Phase::Connected && seat.is_told_here() && seat.last_datagram > seat.reported
        };
        let mut signs = vec![];
        for seat in self.seats.iter_mut().map(|(_, seat)| seat).filter(fresh) {
            signs.push((seat.session.clone(), seat.last_datagram));
        }
        if self.reporter.alive(signs) {
            for (_, seat) in self.seats.iter_mut().filter(|(_, seat)| seat.is_told_here()) {
                seat.reported = seat.last_datagram;
            }
        }
    }
}
