//! Who is in which room, as the control plane has said: the limits on admission are kept here, before a shard is asked.

use std::collections::HashMap;

use crate::{admission::Overloaded, limits};

/// The sessions from their admission to their removal, each with its room; `None` is outside, on the way or in the lobby.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    room_of: HashMap<String, Option<String>>,
    sessions_in: HashMap<String, usize>,
}

impl Ledger {
    /// Enters a session, outside, if it may.
    pub(crate) fn enter(&mut self, session: &str) -> Result<(), Overloaded> {
        if self.room_of.contains_key(session) {
            return Err(Overloaded::Duplicate);
        }
        if self.room_of.len() >= limits::SESSIONS {
            return Err(Overloaded::Sessions);
        }
        self.room_of.insert(session.to_owned(), None);
        Ok(())
    }

    /// Whether a session is outside; an error if it is not.
    pub(crate) fn is_outside(&self, session: &str) -> Result<(), Overloaded> {
        let is_outside = self.room_of.get(session) == Some(&None);
        is_outside.then_some(()).ok_or(Overloaded::NotWaiting)
    }

    /// Moves a session from outside into a room, if it may.
    pub(crate) fn let_in(&mut self, session: &str, room: &str) -> Result<(), Overloaded> {
        self.is_outside(session)?;
        let in_room = self.sessions_in.get(room).copied().unwrap_or(0);
        if in_room >= limits::SESSIONS_PER_ROOM {
            return Err(Overloaded::Room);
        }
        self.room_of.insert(session.to_owned(), Some(room.to_owned()));
        self.sessions_in.insert(room.to_owned(), in_room + 1);
        Ok(())
    }

    /// Whether the session is in a room.
    pub(crate) fn is_in_room(&self, session: &str) -> bool {
        self.room_of.get(session).is_some_and(Option::is_some)
    }

    /// Strikes a session out; false if it was not there.
    pub(crate) fn leave(&mut self, session: &str) -> bool {
        let Some(place) = self.room_of.remove(session) else {
            return false;
        };
        if let Some(room) = place
            && let Some(count) = self.sessions_in.get_mut(&room)
        {
            *count -= 1;
            if *count == 0 {
                self.sessions_in.remove(&room);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bring(ledger: &mut Ledger, session: &str, room: &str) -> Result<(), Overloaded> {
        ledger.enter(session)?;
        ledger.let_in(session, room)
    }

    #[test]
    fn one_more_than_the_limit_is_refused_until_somebody_leaves() {
        let mut ledger = Ledger::default();
        let per_room = limits::SESSIONS_PER_ROOM;
        for session in 0..limits::SESSIONS {
            let room = format!("room {}", session / per_room);
            assert_eq!(bring(&mut ledger, &session.to_string(), &room), Ok(()));
        }
        assert_eq!(ledger.enter("0"), Err(Overloaded::Duplicate));
        assert_eq!(ledger.enter("more"), Err(Overloaded::Sessions));
        assert!(ledger.leave("0") && !ledger.leave("0"));
        assert_eq!(ledger.enter("more"), Ok(()));
        assert_eq!(ledger.let_in("more", "room 1"), Err(Overloaded::Room));
        assert_eq!(ledger.let_in("more", "room 0"), Ok(()));
        for session in (1..limits::SESSIONS)
            .map(|session| session.to_string())
            .chain(["more".to_owned()])
        {
            assert!(ledger.leave(&session));
        }
        assert!(ledger.sessions_in.is_empty(), "rooms are forgotten");
    }

    #[test]
    fn who_is_outside_counts_for_the_server_and_not_for_the_room() {
        let mut ledger = Ledger::default();
        for session in 0..limits::SESSIONS {
            assert_eq!(ledger.enter(&session.to_string()), Ok(()));
        }
        for session in 0..limits::SESSIONS_PER_ROOM {
            assert_eq!(ledger.let_in(&session.to_string(), "r"), Ok(()));
        }
        let last = (limits::SESSIONS - 1).to_string();
        assert_eq!(ledger.let_in(&last, "r"), Err(Overloaded::Room));
        assert_eq!(ledger.let_in("0", "r"), Err(Overloaded::NotWaiting), "it is in");
        assert_eq!(ledger.is_outside("0"), Err(Overloaded::NotWaiting));
        assert_eq!(ledger.let_in("more", "r"), Err(Overloaded::NotWaiting));
        assert!(ledger.leave("0"));
        assert_eq!(ledger.let_in(&last, "r"), Ok(()));
        assert!(ledger.leave("600") && !ledger.is_in_room("600"), "it gave up waiting");
    }
}
