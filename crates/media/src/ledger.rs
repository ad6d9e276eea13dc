//! Who is in which room, as the control plane has said: the limits on admission are kept here, before a shard is asked.

use std::collections::HashMap;

use crate::{admission::Overloaded, limits};

/// The sessions from their admission to their removal.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    room_of: HashMap<String, String>,
    sessions_in: HashMap<String, usize>,
}

impl Ledger {
    /// Enters a session, if it may.
    pub(crate) fn enter(&mut self, session: &str, room: &str) -> Result<(), Overloaded> {
        let in_room = self.sessions_in.get(room).copied().unwrap_or(0);
        match () {
            () if self.room_of.contains_key(session) => Err(Overloaded::Duplicate),
            () if self.room_of.len() >= limits::SESSIONS => Err(Overloaded::Sessions),
            () if in_room >= limits::SESSIONS_PER_ROOM => Err(Overloaded::Room),
            () => {
                self.room_of.insert(session.to_owned(), room.to_owned());
                self.sessions_in.insert(room.to_owned(), in_room + 1);
                Ok(())
            }
        }
    }

    /// Strikes a session out; false if it was not there.
    pub(crate) fn leave(&mut self, session: &str) -> bool {
        let Some(room) = self.room_of.remove(session) else {
            return false;
        };
        if let Some(count) = self.sessions_in.get_mut(&room) {
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

    #[test]
    fn one_more_than_the_limit_is_refused_until_somebody_leaves() {
        let mut ledger = Ledger::default();
        let per_room = limits::SESSIONS_PER_ROOM;
        for session in 0..limits::SESSIONS {
            assert_eq!(
                ledger.enter(&session.to_string(), &format!("room {}", session / per_room)),
                Ok(())
            );
        }
        assert_eq!(ledger.enter("0", "elsewhere"), Err(Overloaded::Duplicate));
        assert_eq!(ledger.enter("more", "elsewhere"), Err(Overloaded::Sessions));
        assert!(ledger.leave("0") && !ledger.leave("0"));
        assert_eq!(ledger.enter("more", "room 1"), Err(Overloaded::Room));
        assert_eq!(ledger.enter("more", "room 0"), Ok(()));
        for session in (1..limits::SESSIONS)
            .map(|session| session.to_string())
            .chain(["more".to_owned()])
        {
            assert!(ledger.leave(&session));
        }
        assert!(ledger.sessions_in.is_empty(), "rooms are forgotten");
    }
}
