//! Shards that somebody else moves: no socket, no threads, and the time is what their holder says.
//!
//! The code is that of the real ones, from the look-up of an address to the sweep for silent sessions. Only what surrounds it
//! is exchanged, so that a world which loses, delays and reorders datagrams can play minutes of a meeting in a moment. Several have
//! their turns one after the other, until none has anything for another; and what one datagram means to all of them is settled before the
//! next one, so that what arrives at once has an order and a run can be compared with that of one shard.

use std::{fmt, net::SocketAddr, time::Instant};

use super::{Door, Shard, Turn};
use crate::{
    endpoint::{Endpoint, Route},
    wire::Wire,
};

/// The other half of a media plane that was made with `Media::simulated`.
pub struct Simulated(Vec<Shard>);

impl Simulated {
    /// Of shards, of which the first is the door.
    pub(crate) fn new(shards: Vec<Shard>) -> Simulated {
        Simulated(shards)
    }

    /// Hands in a datagram.
    pub fn receive(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) {
        let route = Route {
            from: Endpoint::udp(from),
            to: None,
        };
        if let Some(door) = self.0.first_mut() {
            door.presence.look(now);
            door.datagram(route, datagram, now);
        }
        if self.0.len() > 1 {
            self.hear(now);
        }
    }

    /// Has the shards read what they have for each other, and nothing more.
    fn hear(&mut self, now: Instant) {
        loop {
            let posted = self.posted();
            for shard in &mut self.0 {
                shard.presence.look(now);
                shard.flush();
                shard.read_post();
                shard.read_mail(now);
                shard.read_datagrams(now);
                shard.flush();
            }
            if self.posted() == posted {
                return;
            }
        }
    }

    /// Does everything that there is to do at this time, and says when there is something again if nothing happens before.
    /// `None`: it was told to stop and has.
    pub fn turn(&mut self, now: Instant) -> Option<Instant> {
        if !self.exchange(now) {
            return None;
        }
        self.0.iter().map(|shard| now + shard.until_next_deadline(now)).min()
    }

    /// Turns, until there is nothing under way between shards; false if one has stopped.
    fn exchange(&mut self, now: Instant) -> bool {
        loop {
            let posted = self.posted();
            // The door is the last to stop, as in the threads.
            let turns = self.0.iter_mut().rev().map(|shard| shard.turn(now));
            if turns.filter(|turn| *turn == Turn::Stopped).count() > 0 {
                return false;
            }
            if self.posted() == posted {
                return true;
            }
        }
    }

    /// What the door of several knows.
    #[cfg(test)]
    pub(super) fn door(&self) -> Option<&Door> {
        self.0.first()?.door.as_ref()
    }

    fn posted(&self) -> u64 {
        let of = |shard: &Shard| {
            let by_wire = match &shard.wire {
                Wire::Behind(behind) => behind.posted(),
                _ => shard.door.as_ref().map_or(0, Door::posted),
            };
            by_wire + shard.spread.posted()
        };
        self.0.iter().map(of).sum()
    }

    /// What was sent since this was asked last, and to whom: in the order of the addresses, and to each in that of sending, from
    /// whichever shard.
    pub fn take_sent(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let sent = |shard: &mut Shard| match &mut shard.wire {
            Wire::Simulated(sent) => sent.take(),
            Wire::Behind(behind) => behind.take_sent(),
            Wire::Network(_) => vec![],
        };
        let mut sent: Vec<_> = self.0.iter_mut().flat_map(sent).collect();
        sent.sort_by_key(|(to, _)| *to);
        sent
    }
}

impl fmt::Debug for Simulated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Simulated").finish_non_exhaustive()
    }
}
