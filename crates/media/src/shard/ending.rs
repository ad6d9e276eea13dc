//! How a session ends: it is lost, it is removed, and it is forgotten.
//!
//! What is lost is told to the control plane, once, and to nobody else: the session is gone when that has written it down, and says so by a
//! removal. Then the room hears of it, and the client, if it is there, is told goodbye. Its seat is free when that has had its time.

use std::time::Instant;

use crate::{
    core::{MemberId, channels::Channel, outbox::Manner, roll, room::Room},
    counters::count,
    event::{DisconnectReason, LostCause},
    limits,
    peer::PeerError,
    shard::{
        Shard, measures,
        seat::{Phase, Whereabouts},
    },
};

impl Shard {
    /// The session is gone: its media stops, and the control plane is told. The others are not; see [`Shard::remove`].
    pub(super) fn lose(&mut self, key: usize, cause: LostCause) {
        let now = self.presence.looked();
        let time = self.time(now);
        let Some(seat) = self.seats.get_mut(key).filter(|seat| seat.phase.lives()) else {
            return;
        };
        if seat.is_check() {
            seat.phase = Phase::Leaving { until: now };
            return;
        }
        measures::tell_the_last(seat, &self.wire, &mut self.reporter, now, time);
        seat.phase = Phase::Lost;
        if let Whereabouts::Elsewhere { .. } = seat.whereabouts {
            return self.lose_elsewhere(key, cause);
        }
        self.reporter.lost(&seat.session, seat.last_datagram, cause);
        let room = seat.room();
        if let Some(distant) = seat.peer.distant() {
            distant.lost();
            self.touch(key);
        }
        if let Some(room) = room {
            if let Some(room) = self.rooms.get_mut(room) {
                room.gone(MemberId(key));
            }
            self.observe(room, now);
        }
    }

    /// The session's transport is beyond help.
    pub(super) fn fail(&mut self, key: usize, error: &PeerError) {
        let Some(seat) = self.seats.get(key) else { return };
        tracing::warn!(session = seat.session, ?error, "a peer connection failed");
        count(&self.counting.peer_errors);
        let cause = if seat.phase == Phase::Connecting {
            seat.not_connected()
        } else {
            LostCause::Closed
        };
        self.lose(key, cause);
        self.directory.disconnect(key);
    }

    /// The control plane has written down that the session is over.
    pub(super) fn remove(&mut self, session: &str, reason: DisconnectReason, now: Instant) {
        let Some(key) = self.directory.dismiss(session) else {
            return;
        };
        let time = self.time(now);
        let seat = &mut self.seats[key];
        measures::tell_the_last(seat, &self.wire, &mut self.reporter, now, time);
        seat.phase = Phase::Leaving {
            until: now + limits::GOODBYE,
        };
        // Whoever has asked for too much is on its way out in any case.
        let farewell = roll::disconnected(reason).into();
        seat.outbox.push(Channel::SessionControl, Manner::Answer, farewell);
        if let Some(distant) = seat.peer.distant() {
            distant.leave();
        }
        let room = seat.room();
        self.touch(key);
        let Some(room) = room else { return };
        self.in_room(room, now, |room, _, _| room.leave(MemberId(key)));
        if self.rooms.get(room).is_some_and(Room::is_empty) {
            self.rooms.remove(room);
            self.directory.forget_room(room);
            self.taps.room_ends(room);
        }
    }

    /// Ends a removed session's transport and forgets it.
    pub(super) fn free(&mut self, key: usize) {
        self.directory.forget(key);
        let mut seat = self.seats.remove(key);
        if seat.peer.close().is_ok() {
            // Whatever happens in this last drain happens to nobody.
            let _ = seat.drain(&mut self.wire, &mut vec![]);
        }
        self.freed_elsewhere(&seat.whereabouts);
    }

    /// Ends all sessions.
    pub(super) fn stop(&mut self, now: Instant) {
        let sessions: Vec<String> = self.directory.sessions().map(str::to_owned).collect();
        for session in sessions {
            self.remove(&session, DisconnectReason::ShuttingDown, now);
        }
        self.dismiss_carried(now);
        self.settle_all(now);
        let keys: Vec<usize> = self.seats.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.free(key);
        }
        // The others have said goodbye before.
        self.read_post();
        self.flush();
    }
}
