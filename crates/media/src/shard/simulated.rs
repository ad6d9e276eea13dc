//! A shard that somebody else moves: no socket, no thread, and the time is what its holder says.
//!
//! The code is that of the real one, from the look-up of an address to the sweep for silent sessions. Only what surrounds it
//! is exchanged, so that a world which loses, delays and reorders datagrams can play minutes of a meeting in a moment.

use std::{fmt, net::SocketAddr, time::Instant};

use super::{Shard, Turn};
use crate::{
    endpoint::{Endpoint, Route},
    wire::Wire,
};

/// The other half of a media plane that was made with `Media::simulated`.
pub struct Simulated(Shard);

impl Simulated {
    pub(crate) fn new(shard: Shard) -> Simulated {
        Simulated(shard)
    }

    /// Hands in a datagram.
    pub fn receive(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) {
        self.0.presence.look(now);
        self.0.datagram(
            Route {
                from: Endpoint::udp(from),
                to: None,
            },
            datagram,
            now,
        );
    }

    /// Does everything that there is to do at this time, and says when there is something again if nothing happens before.
    /// `None`: it was told to stop and has.
    pub fn turn(&mut self, now: Instant) -> Option<Instant> {
        match self.0.turn(now) {
            Turn::Stopped => None,
            Turn::Waits | Turn::HasMoreToRead => Some(now + self.0.until_next_deadline(now)),
        }
    }

    /// What was sent since this was asked last, and to whom.
    pub fn take_sent(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        match &mut self.0.wire {
            Wire::Simulated(sent) => sent.take(),
            Wire::Network(_) => vec![],
        }
    }
}

impl fmt::Debug for Simulated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Simulated").finish_non_exhaustive()
    }
}
