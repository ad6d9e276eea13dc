//! By which names sessions and rooms are found.
//!
//! A session has names of two kinds, which end at different times. The control plane's, its id, ends when that removes the
//! session. The network's, the user fragment in its STUN requests and the addresses that these have proved, end with its
//! transport, which says goodbye first or fails before. What it sends names it as well, if it is sent from elsewhere all at once. So every name is also kept with the session whose it is, and the two
//! are written and struck out together, here and nowhere else: no name leads to a session that does not have it.

use std::collections::HashMap;

use crate::{endpoint::Endpoint, limits, wire::Released};

/// Sessions and rooms, by the keys that the shard has for them.
#[derive(Debug, Default)]
pub(super) struct Directory {
    by_session: HashMap<String, usize>,
    by_ufrag: HashMap<String, usize>,
    by_address: HashMap<Endpoint, usize>,
    by_stream: HashMap<u32, usize>,
    names: HashMap<usize, Names>,
    rooms: HashMap<String, usize>,
    /// The network's names that have ended, if anybody wants to know.
    released: Option<Vec<Released>>,
}

/// The names that a session has.
#[derive(Debug, Default)]
struct Names {
    session: Option<String>,
    ufrag: Option<String>,
    /// In the order in which they were claimed.
    addresses: Vec<Endpoint>,
    /// What it sends, by what its packets say of themselves, in the order in which it came.
    streams: Vec<u32>,
}

impl Directory {
    /// One that keeps which of the network's names end.
    pub(super) fn remembering() -> Directory {
        Directory {
            released: Some(vec![]),
            ..Directory::default()
        }
    }

    /// The network's names that have ended since this was asked last.
    pub(super) fn take_released(&mut self) -> impl Iterator<Item = Released> {
        self.released.iter_mut().flat_map(|released| released.drain(..))
    }

    /// Enters a session with the names that it has from the beginning; the network has none for one that does without.
    /// A check of the network is nobody's whom the control plane names.
    pub(super) fn enter(&mut self, key: usize, session: Option<&str>, ufrag: Option<String>) {
        if let Some(session) = session {
            self.by_session.insert(session.to_owned(), key);
        }
        if let Some(ufrag) = &ufrag {
            self.by_ufrag.insert(ufrag.clone(), key);
        }
        let names = Names {
            session: session.map(str::to_owned),
            ufrag,
            addresses: vec![],
            streams: vec![],
        };
        self.names.insert(key, names);
    }

    /// The session that the control plane calls so.
    pub(super) fn by_session(&self, session: &str) -> Option<usize> {
        self.by_session.get(session).copied()
    }

    /// The session that a STUN request calls so.
    pub(super) fn by_ufrag(&self, ufrag: &str) -> Option<usize> {
        self.by_ufrag.get(ufrag).copied()
    }

    /// The session that lives at an address.
    pub(super) fn by_address(&self, address: Endpoint) -> Option<usize> {
        self.by_address.get(&address).copied()
    }

    /// The session that sends a stream.
    pub(super) fn by_stream(&self, stream: u32) -> Option<usize> {
        self.by_stream.get(&stream).copied()
    }

    /// The stream is the session's, unless it is another's: numbers that were thrown for may be the same.
    pub(super) fn sends(&mut self, key: usize, stream: u32) {
        // As nearly every packet of a stream finds it.
        if self.by_stream.contains_key(&stream) {
            return;
        }
        let Some(names) = self.names.get_mut(&key).filter(|names| names.ufrag.is_some()) else {
            return;
        };
        self.by_stream.insert(stream, key);
        names.streams.push(stream);
        if names.streams.len() > limits::STREAMS_PER_SESSION {
            let oldest = names.streams.remove(0);
            self.by_stream.remove(&oldest);
        }
    }

    /// The sessions that the control plane can name.
    pub(super) fn sessions(&self) -> impl ExactSizeIterator<Item = &str> {
        self.by_session.keys().map(String::as_str)
    }

    /// The address is the session's from now on, and nobody else's. Its oldest one goes if it has too many.
    pub(super) fn claim(&mut self, key: usize, address: Endpoint) {
        if self.names.get(&key).is_none_or(|names| names.ufrag.is_none()) {
            return;
        }
        if let Some(owner) = self.by_address.insert(address, key)
            && let Some(names) = self.names.get_mut(&owner)
        {
            names.addresses.retain(|other| *other != address);
        }
        let Some(names) = self.names.get_mut(&key) else { return };
        names.addresses.push(address);
        if names.addresses.len() > limits::ADDRESSES_PER_SESSION {
            let oldest = names.addresses.remove(0);
            self.by_address.remove(&oldest);
            self.released
                .iter_mut()
                .for_each(|released| released.push(Released::Address(oldest)));
        }
    }

    /// The control plane speaks of the session no more; it keeps the network's names.
    pub(super) fn dismiss(&mut self, session: &str) -> Option<usize> {
        let key = self.by_session.remove(session)?;
        if let Some(names) = self.names.get_mut(&key) {
            names.session = None;
        }
        Some(key)
    }

    /// No datagram finds the session any more; it keeps the control plane's name.
    pub(super) fn disconnect(&mut self, key: usize) {
        let Some(names) = self.names.get_mut(&key) else { return };
        if let Some(ufrag) = names.ufrag.take() {
            self.by_ufrag.remove(&ufrag);
            self.released
                .iter_mut()
                .for_each(|released| released.push(Released::Ufrag(ufrag.clone())));
        }
        for address in names.addresses.drain(..) {
            self.by_address.remove(&address);
            self.released
                .iter_mut()
                .for_each(|released| released.push(Released::Address(address)));
        }
        for stream in names.streams.drain(..) {
            self.by_stream.remove(&stream);
        }
    }

    /// Nothing finds the session any more: its key may be another's.
    pub(super) fn forget(&mut self, key: usize) {
        self.disconnect(key);
        if let Some(Names {
            session: Some(session), ..
        }) = self.names.remove(&key)
        {
            self.by_session.remove(&session);
        }
    }

    /// The room of a name, which is made if there is none.
    pub(super) fn room(&mut self, name: &str, make: impl FnOnce() -> usize) -> usize {
        self.find_room(name).unwrap_or_else(|| {
            let room = make();
            self.rooms.insert(name.to_owned(), room);
            room
        })
    }

    /// The room of a name, if there is one.
    pub(super) fn find_room(&self, name: &str) -> Option<usize> {
        self.rooms.get(name).copied()
    }

    /// The room is no more: its key may be another's.
    pub(super) fn forget_room(&mut self, room: usize) {
        self.rooms.retain(|_, other| *other != room);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every second one by TCP.
    fn address(port: u16) -> Endpoint {
        let address = ([127, 0, 0, 1], port / 2).into();
        if port.is_multiple_of(2) {
            Endpoint::udp(address)
        } else {
            Endpoint::tcp(address)
        }
    }

    impl Directory {
        pub(in crate::shard) fn is_empty(&self) -> bool {
            self.check();
            self.names.is_empty() && self.rooms.is_empty()
        }

        /// Every name leads to a session that has it, and every name that a session has leads to it.
        fn check(&self) {
            let names = |key: &usize| &self.names[key];
            for (session, key) in &self.by_session {
                assert_eq!(names(key).session.as_ref(), Some(session));
            }
            for (ufrag, key) in &self.by_ufrag {
                assert_eq!(names(key).ufrag.as_ref(), Some(ufrag));
            }
            for (address, key) in &self.by_address {
                assert!(names(key).addresses.contains(address));
            }
            for (stream, key) in &self.by_stream {
                assert!(names(key).streams.contains(stream));
            }
            let streams = self.names.values().map(|names| names.streams.len());
            assert!(streams.clone().all(|count| count <= limits::STREAMS_PER_SESSION));
            assert_eq!(streams.sum::<usize>(), self.by_stream.len());
            let sessions = self.names.values().filter(|names| names.session.is_some());
            let ufrags = self.names.values().filter(|names| names.ufrag.is_some());
            let addresses = self.names.values().map(|names| names.addresses.len());
            assert!(addresses.clone().all(|count| count <= limits::ADDRESSES_PER_SESSION));
            assert_eq!(
                (sessions.count(), ufrags.count(), addresses.sum()),
                (self.by_session.len(), self.by_ufrag.len(), self.by_address.len())
            );
        }
    }

    #[test]
    fn names_end_at_their_own_times() {
        let mut directory = Directory::default();
        let found = |directory: &Directory| {
            (
                directory.by_session("a"),
                directory.by_ufrag("ua"),
                directory.by_address(address(1)),
            )
        };
        directory.enter(7, Some("a"), Some("ua".into()));
        assert_eq!(found(&directory), (Some(7), Some(7), None));
        directory.claim(7, address(1));
        assert_eq!(found(&directory), (Some(7), Some(7), Some(7)));
        assert_eq!((directory.dismiss("a"), directory.dismiss("a")), (Some(7), None));
        assert_eq!(found(&directory), (None, Some(7), Some(7)), "it says goodbye");
        directory.disconnect(7);
        directory.claim(7, address(1));
        assert_eq!(found(&directory), (None, None, None), "and is heard no more");

        directory.enter(7, Some("a"), Some("ua".into()));
        directory.claim(7, address(1));
        directory.disconnect(7);
        assert_eq!(
            found(&directory),
            (Some(7), None, None),
            "the control plane has yet to remove it"
        );
        directory.forget(7);
        assert_eq!(found(&directory), (None, None, None));
        directory.check();
    }

    #[test]
    fn an_address_has_one_owner_and_an_owner_has_few() {
        let mut directory = Directory::default();
        directory.enter(1, Some("a"), Some("ua".into()));
        directory.enter(2, Some("b"), Some("ub".into()));
        for port in 0..26 {
            directory.claim(1, address(port));
        }
        assert_eq!(directory.by_address.len(), limits::ADDRESSES_PER_SESSION);
        assert_eq!(directory.by_address(address(1)), None, "the oldest give way");
        directory.claim(2, address(9));
        assert_eq!(directory.names[&2].addresses, [address(9)]);
        assert!(!directory.names[&1].addresses.contains(&address(9)));
        directory.check();
    }

    #[test]
    fn a_room_is_made_once_and_again_when_it_was_forgotten() {
        let mut directory = Directory::default();
        assert_eq!(directory.room("r", || 1), 1);
        assert_eq!(directory.room("r", || 2), 1);
        assert_eq!(directory.room("s", || 2), 2);
        directory.forget_room(1);
        assert_eq!(directory.room("r", || 3), 3);
        assert_eq!(directory.room("s", || 4), 2);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Enter(usize),
        Claim(usize, u16),
        Sends(usize, u32),
        Dismiss(usize),
        Disconnect(usize),
        Forget(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..4_usize).prop_map(Step::Enter),
            (0..4_usize, 0..20_u16).prop_map(|(key, port)| Step::Claim(key, port)),
            (0..4_usize, 0..40_u32).prop_map(|(key, stream)| Step::Sends(key, stream)),
            (0..4_usize).prop_map(Step::Dismiss),
            (0..4_usize).prop_map(Step::Disconnect),
            (0..4_usize).prop_map(Step::Forget),
        ]
    }

    proptest! {
        #[test]
        fn it_does_not_fall_apart(steps in prop::collection::vec(step(), 0..120)) {
            let mut directory = Directory::default();
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    // As in the shard: a key is free once it was forgotten, and no name comes twice.
                    Step::Enter(key) => {
                        directory.forget(key);
                        directory.enter(key, Some(&format!("{key}")), Some(format!("u{number}")));
                    }
                    Step::Claim(key, port) => directory.claim(key, address(port)),
                    Step::Sends(key, stream) => directory.sends(key, stream),
                    Step::Dismiss(key) => {
                        directory.dismiss(&key.to_string());
                    }
                    Step::Disconnect(key) => directory.disconnect(key),
                    Step::Forget(key) => directory.forget(key),
                }
                directory.check();
            }
        }
    }
}
