//! Strangers who call in vain: scanners try names by the thousand, and each costs a look into the database.
//!
//! Whoever was not admitted some times, or gave a wrong password, is not even looked up for a while. They are not told so: they are
//! told nothing in any case. Challenges have a pace of their own, which is that of telephones that are what they say: a stranger who
//! writes somebody else's address on their requests has them asked as often, and no more.

use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use share::{Client, Pace, Paces};

use crate::limits;

pub(super) struct Guard {
    in_vain: Mutex<Paces<Client>>,
    challenges: Mutex<Paces<Client>>,
}

impl Guard {
    pub(super) fn new() -> Guard {
        let paces = |times| Mutex::new(Paces::new(Pace::per_minute(times)));
        Guard {
            in_vain: paces(limits::CALLS_IN_VAIN_PER_MINUTE),
            challenges: paces(limits::CHALLENGES_PER_MINUTE),
        }
    }

    /// Whether a call from there is looked at.
    pub(super) fn looks_at(&self, source: IpAddr, now: Instant) -> bool {
        paces(&self.in_vain).look(&Client::at(source), now).is_ok()
    }

    /// A call from there was not admitted, or a password from there was wrong.
    pub(super) fn was_in_vain(&self, source: IpAddr, now: Instant) {
        // It is in vain in any case.
        let _ = paces(&self.in_vain).take(Client::at(source), now);
    }

    /// Whether somebody there is asked for a password, once more.
    pub(super) fn challenges(&self, source: IpAddr, now: Instant) -> bool {
        paces(&self.challenges).take(Client::at(source), now).is_ok()
    }
}

fn paces(of: &Mutex<Paces<Client>>) -> MutexGuard<'_, Paces<Client>> {
    of.lock().expect("whoever holds it does not panic")
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, time::Duration};

    use super::*;

    #[test]
    fn whoever_calls_in_vain_is_not_looked_at_for_a_while() {
        let (guard, begin) = (Guard::new(), Instant::now());
        let [scanner, office] = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let looked_at = (0..1_000).filter(|_| {
            let looks = guard.looks_at(scanner, begin);
            if looks {
                guard.was_in_vain(scanner, begin);
            }
            looks
        });
        assert_eq!(looked_at.count(), 20);
        assert!(guard.looks_at(office, begin), "another address is another caller");
        assert!(guard.looks_at(scanner, begin + Duration::from_mins(1)));
    }
}
