//! What is being told at this moment, and who may be told next: places, of which each receiver has few.
//!
//! Whoever subscribed, the server that is asked counts: ten subscriptions to one slow server fill the places of one receiver. What
//! leads nowhere that may be asked has no server, and is answered for without one.

use std::collections::HashMap;
use std::hash::Hash;

use outbox::{Delivery, Kind, Notice, SubscriptionId, Topic};

use crate::limits;
use crate::outgoing::Origin;

/// Something that somebody is told, however often it was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// Something that a subscriber is told.
    Delivery(SubscriptionId, Kind, String, i64),
    /// Something that is told to whom the fact names.
    Notice(Topic, String, i64),
}

impl From<&Delivery> for Errand {
    fn from(delivery: &Delivery) -> Errand {
        Errand::Delivery(
            delivery.subscription.clone(),
            delivery.kind,
            delivery.subject.clone(),
            delivery.version,
        )
    }
}

impl From<&Notice> for Errand {
    fn from(notice: &Notice) -> Errand {
        Errand::Notice(notice.topic, notice.subject.clone(), notice.version)
    }
}

/// The errands under way, each under the key of its attempt.
pub(super) struct Places<K> {
    under_way: HashMap<K, (Errand, Option<Origin>)>,
}

impl<K: Eq + Hash> Places<K> {
    pub(super) fn new() -> Places<K> {
        Places {
            under_way: HashMap::new(),
        }
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.under_way.len()
    }

    /// Whether nobody more can be told now.
    pub(super) fn are_full(&self) -> bool {
        self.taken() == limits::DELIVERIES_AT_ONCE_MAX
    }

    /// Whether this is being told already, however often it was tried.
    pub(super) fn have(&self, errand: &Errand) -> bool {
        self.under_way.values().any(|(other, _)| other == errand)
    }

    /// Whether this server may be asked something more.
    pub(super) fn have_room_for(&self, origin: Option<&Origin>) -> bool {
        let asked = |origin: &Origin| {
            self.under_way
                .values()
                .filter(|(_, of)| of.as_ref() == Some(origin))
                .count()
        };
        !self.are_full() && origin.is_none_or(|origin| asked(origin) < limits::DELIVERIES_PER_RECEIVER_MAX as usize)
    }

    /// Takes one.
    pub(super) fn take(&mut self, key: K, errand: Errand, origin: Option<Origin>) {
        self.under_way.insert(key, (errand, origin));
    }

    /// Gives it back.
    pub(super) fn free(&mut self, key: &K) {
        self.under_way.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use outbox::Tries;

    use super::*;

    fn delivery(subscription: u8, version: i64, failures: u32) -> Errand {
        let id = format!("00000000-0000-4000-8000-0000000000{subscription:02x}");
        Errand::from(&Delivery {
            subscription: SubscriptionId::parse(&id).expect("an id"),
            kind: Kind::Version,
            subject: "a".to_owned(),
            version,
            tries: Tries { made_us: 0, failures },
        })
    }

    fn notice(topic: Topic, version: i64, failures: u32) -> Errand {
        Errand::from(&Notice {
            topic,
            subject: "a".to_owned(),
            version,
            sender: "p".to_owned(),
            address: "https://slow.example/".to_owned(),
            text: failures.to_string(),
            tries: Tries { made_us: 0, failures },
        })
    }

    fn origin(host: &str) -> Origin {
        Origin::parse(&format!("https://{host}")).expect("an origin")
    }

    #[test]
    fn a_receiver_fills_its_own_places_whoever_subscribed() {
        let mut places = Places::new();
        let (slow, other) = (origin("slow.example"), origin("other.example"));
        let most = u8::try_from(limits::DELIVERIES_PER_RECEIVER_MAX).expect("a few");
        for key in 0..most {
            assert!(places.have_room_for(Some(&slow)), "{key}");
            places.take(key, delivery(key, 1, 0), Some(slow.clone()));
        }
        assert!(!places.have_room_for(Some(&slow)));
        assert!(places.have_room_for(Some(&other)));
        assert!(places.have_room_for(None));
        places.free(&0);
        assert!(places.have_room_for(Some(&slow)));
    }

    #[test]
    fn what_is_being_told_is_not_told_beside_it() {
        let mut places = Places::new();
        places.take(1, delivery(1, 1, 0), None);
        places.take(2, notice(Topic::CallStates, 1, 0), None);
        for (other, is_there) in [
            (delivery(1, 1, 3), true),
            (delivery(1, 2, 0), false),
            (delivery(2, 1, 0), false),
            (notice(Topic::CallStates, 1, 3), true),
            (notice(Topic::CallStates, 2, 0), false),
            (notice(Topic::Recordings, 1, 0), false),
        ] {
            assert_eq!(places.have(&other), is_there, "{other:?}");
        }
        places.free(&1);
        assert!(!places.have(&delivery(1, 1, 0)));
    }

    #[test]
    fn there_are_so_many_places_and_no_more() {
        let mut places = Places::new();
        for key in 0..limits::DELIVERIES_AT_ONCE_MAX {
            assert!(places.have_room_for(None), "{key}");
            places.take(key, delivery(1, i64::try_from(key).expect("few"), 0), None);
        }
        assert!(places.are_full() && !places.have_room_for(Some(&origin("other.example"))));
    }
}
