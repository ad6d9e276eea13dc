//! How what is scarce at a door is shared out among those who come.
//!
//! Whoever is signed in counts by the account; everybody else by the client that they come from, because a name costs
//! nothing. A class behind one address is one client, so the share of a client is large, and concerns only who is not in yet:
//! it bounds how many of them come at once, and not how many there are. Beside that, the last places of everything are kept
//! for those whom the space knows, and the next for those who are signed in: strangers in quantity fill what strangers
//! may have, and the owner walks in.

use std::collections::BTreeMap;

use crate::{
    Arrival, ClientKey, Micros, Person, Refusal, Standing, UserId,
    limits::{self, Kept},
};

/// How many of so many places somebody may find taken, and still have one.
pub(crate) fn open_to(arrival: &Arrival, places: usize, kept: Kept) -> usize {
    match (&arrival.person, arrival.standing()) {
        (_, Standing::Owner | Standing::CoHost | Standing::Member) => places,
        (Person::SignedIn { .. }, _) => places - kept.for_members,
        (Person::Anonymous { .. } | Person::Phone { .. }, _) => places - kept.for_members - kept.for_accounts,
    }
}

/// As whom an arrival counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Visitor {
    Account(UserId),
    Client(ClientKey),
}

impl Visitor {
    pub(crate) fn of(arrival: &Arrival) -> Visitor {
        match &arrival.person {
            Person::SignedIn { user, .. } => Visitor::Account(user.clone()),
            Person::Anonymous { .. } | Person::Phone { .. } => Visitor::Client(arrival.client),
        }
    }

    /// How many may be on the way in at the same time.
    pub(crate) fn reservations_max(&self) -> usize {
        match self {
            Visitor::Account(_) => limits::RESERVATIONS_OF_ACCOUNT_MAX,
            Visitor::Client(_) => limits::RESERVATIONS_OF_CLIENT_MAX,
        }
    }

    /// How many may knock at the same time, and in a row.
    pub(crate) fn knocks_max(&self) -> usize {
        match self {
            Visitor::Account(_) => limits::KNOCKS_OF_ACCOUNT_MAX,
            Visitor::Client(_) => limits::KNOCKS_OF_CLIENT_MAX,
        }
    }

    /// For how long knocks in a row are counted.
    fn run_us(&self) -> i64 {
        limits::KNOCK_EVERY_US * i64::try_from(self.knocks_max() - 1).expect("few knocks")
    }
}

/// How often each visitor has knocked of late: the time when none of their knocks counts any more. A visitor who has been
/// quiet for so long is forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paces(BTreeMap<Visitor, Micros>);

impl Paces {
    /// Whether a visitor of whom so many are about to knock may do so once more.
    pub(crate) fn check(&self, visitor: &Visitor, about_to: usize, now: Micros) -> Result<(), Refusal> {
        let counted_us = self.0.get(visitor).map_or(0, |until| until.since_us(now));
        // A clock that was set back would keep somebody out for hours.
        let counted_us = Some(counted_us)
            .filter(|us| *us <= limits::VISITOR_REMEMBERED_US)
            .unwrap_or_default();
        let about_to_us = limits::KNOCK_EVERY_US * i64::try_from(about_to).unwrap_or(i64::MAX >> 32);
        let wait_us = counted_us + about_to_us - visitor.run_us();
        if wait_us > 0 {
            return Err(Refusal::TooManyAtOnce { wait_us });
        }
        Ok(())
    }

    /// A visitor has knocked.
    pub(crate) fn knocked(&mut self, visitor: Visitor, now: Micros) {
        let until = self.0.get(&visitor).map_or(now, |until| now.max(*until));
        self.remember(visitor, until.plus_us(limits::KNOCK_EVERY_US), now);
    }

    /// A visitor was let in: that knock has troubled nobody.
    pub(crate) fn admitted(&mut self, visitor: &Visitor) {
        if let Some(until) = self.0.get_mut(visitor) {
            *until = until.plus_us(-limits::KNOCK_EVERY_US);
        }
    }

    /// A visitor was sent away.
    pub(crate) fn denied(&mut self, visitor: Visitor, now: Micros) {
        let until = now.plus_us(visitor.run_us() + limits::DENIED_WAIT_US);
        self.remember(visitor, until, now);
    }

    fn remember(&mut self, visitor: Visitor, until: Micros, now: Micros) {
        self.0
            .retain(|_, until| (1..=limits::VISITOR_REMEMBERED_US).contains(&until.since_us(now)));
        if self.0.len() >= limits::VISITORS_MAX
            && !self.0.contains_key(&visitor)
            && let Some(first) = self.0.iter().min_by_key(|(_, until)| **until)
        {
            let first = first.0.clone();
            self.0.remove(&first);
        }
        self.0.insert(visitor, until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: Visitor = Visitor::Client(ClientKey(1));

    fn second(second: i64) -> Micros {
        Micros(second * 1_000_000)
    }

    #[test]
    fn what_is_remembered_is_bounded_and_forgotten() {
        let mut paces = Paces::default();
        for client in 0..=limits::VISITORS_MAX as u64 {
            paces.knocked(Visitor::Client(ClientKey(client)), second(0));
        }
        assert_eq!(paces.0.len(), limits::VISITORS_MAX);
        paces.knocked(CLIENT, second(2));
        assert_eq!(paces.0.len(), 1, "the others have been quiet");
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_out() {
        let mut paces = Paces::default();
        paces.denied(CLIENT, second(10_000));
        assert!(paces.check(&CLIENT, 0, second(10_000)).is_err());
        assert_eq!(paces.check(&CLIENT, 0, second(0)), Ok(()));
    }
}
