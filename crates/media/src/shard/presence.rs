//! Whether this end was there: silence is a client's only if its server listened.
//!
//! A thread that stood still (a paused process, a machine that slept or was overwhelmed) knows it by its own clock: it turns many times
//! a second. Then everybody has their whole time again to be heard, counted from now. What waited in the socket meanwhile was sent at
//! some time of the absence, nobody knows when: it is dealt with, and the last sign of life stays what it was. A network that is cut at this end cannot be told from clients that all went at once, so it changes nothing but the log.

use std::time::{Duration, Instant};

use crate::limits;

/// Since when this end has been there.
#[derive(Debug)]
pub(super) struct Presence {
    looked: Instant,
    back: Instant,
    /// When the door was there last, for a shard that hears by it: what stands still there is heard by nobody.
    door: Option<Instant>,
    /// What is read now may have waited for us.
    catches_up: bool,
    /// When nobody was heard any more, if that is so.
    unheard: Option<Instant>,
}

impl Presence {
    pub(super) fn new(now: Instant, is_behind: bool) -> Presence {
        Presence {
            looked: now,
            back: now,
            door: is_behind.then_some(now),
            catches_up: false,
            unheard: None,
        }
    }

    /// The thread does something.
    pub(super) fn look(&mut self, now: Instant) {
        let looked = std::mem::replace(&mut self.looked, now);
        self.return_from(looked, now);
    }

    /// The door has done something.
    pub(super) fn door_was_there(&mut self, now: Instant) {
        if let Some(door) = self.door.replace(now) {
            self.return_from(door, now);
        }
    }

    fn return_from(&mut self, left: Instant, now: Instant) {
        let away = now.saturating_duration_since(left);
        if away >= limits::ABSENCE {
            tracing::warn!(?away, "the server stood still; nobody counts as silent for that time");
            self.back = now;
            self.catches_up = true;
        }
    }

    /// When the thread did something last: now, for whoever is called by it.
    pub(super) fn looked(&self) -> Instant {
        self.looked
    }

    /// Whether a datagram that is read now came now.
    pub(super) fn hears(&self) -> bool {
        !self.catches_up
    }

    /// Nothing waits any more.
    pub(super) fn caught_up(&mut self) {
        self.catches_up = false;
    }

    /// How long ago something was, of the time in which this end was there.
    pub(super) fn since(&self, instant: Instant, now: Instant) -> Duration {
        let there = self.door.map_or(now, |door| now.min(door + limits::ABSENCE));
        there.saturating_duration_since(instant.max(self.back))
    }

    /// When each connected session was heard last. One alone may be silent without anything to learn from it.
    pub(super) fn hear(&mut self, heard: impl Iterator<Item = Instant>, now: Instant) {
        let (mut sessions, mut newest) = (0, self.back);
        for instant in heard {
            sessions += 1;
            newest = newest.max(instant);
        }
        if now.saturating_duration_since(newest) < limits::NOBODY_HEARD {
            if let Some(unheard) = self.unheard.take().filter(|unheard| newest > *unheard) {
                let away = newest.saturating_duration_since(unheard);
                tracing::info!(?away, "somebody is heard again");
            }
        } else if sessions > 1 && self.unheard.is_none() {
            tracing::warn!(
                sessions,
                "nobody is heard any more; the network of this server may be cut"
            );
            self.unheard = Some(newest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_door_stands_still_nobody_is_silent() {
        let begin = crate::shard::clock();
        let at = |ms: u64| begin + Duration::from_millis(ms);
        let mut presence = Presence::new(begin, true);
        // A client was heard a second after the beginning, and the door is there for another one.
        presence.door_was_there(at(1_000));
        presence.door_was_there(at(2_000));
        for now in (250..20_000).step_by(250) {
            presence.look(at(now));
            assert!(presence.since(at(1_000), at(now)) < limits::SILENCE, "{now}");
            assert!(presence.hears());
        }
        presence.door_was_there(at(20_000));
        assert!(!presence.hears(), "it reads what waited");
        presence.caught_up();
        assert_eq!(presence.since(at(1_000), at(20_500)), Duration::from_millis(500));

        // Without a door it counts by itself.
        let mut presence = Presence::new(begin, false);
        for now in (0..=9_000).step_by(250) {
            presence.look(at(now));
        }
        assert!(presence.since(at(1_000), at(9_000)) >= limits::SILENCE);
    }
}
