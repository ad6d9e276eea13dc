//! Which shard a session is on: a pure table that the control plane keeps.
//!
//! Those who may meet in a room name one group, and are on one shard as long as any of them is there, so that a
//! room is never divided by accident. A group that begins goes where there is least to do: by how busy the shards were, and where that
//! says little, as when many begin at once, by how many sessions they have.

use std::{cmp::Reverse, collections::HashMap};

use crate::{admission::Overloaded, limits};

/// How busy a shard is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Busy {
    /// Thousandths of its time.
    pub(crate) permille: u64,
    /// It has no time left.
    pub(crate) is_full: bool,
}

/// Who is where.
#[derive(Debug)]
pub(crate) struct Placing {
    sessions: HashMap<String, Place>,
    groups: HashMap<String, Group>,
    /// How many sessions each shard has.
    counts: Vec<usize>,
}

#[derive(Debug)]
struct Place {
    shard: usize,
    group: String,
}

#[derive(Debug)]
struct Group {
    shard: usize,
    sessions: usize,
}

impl Placing {
    /// For so many shards.
    pub(crate) fn new(shards: usize) -> Placing {
        Placing {
            sessions: HashMap::new(),
            groups: HashMap::new(),
            counts: vec![0; shards],
        }
    }

    /// The shard for a session of this group, if there is place for it.
    pub(crate) fn enter(&mut self, session: &str, group: &str, busy: &[Busy]) -> Result<usize, Overloaded> {
        if self.sessions.contains_key(session) {
            return Err(Overloaded::Duplicate);
        }
        if self.sessions.len() >= limits::SESSIONS {
            return Err(Overloaded::Sessions);
        }
        // What comes to any of them comes through the first.
        if busy.first().is_some_and(|door| door.is_full) {
            return Err(Overloaded::Load);
        }
        let is_full = |shard: usize| busy.get(shard).is_some_and(|busy| busy.is_full);
        let shard = match self.groups.get(group) {
            Some(group) if is_full(group.shard) => return Err(Overloaded::Load),
            Some(group) => group.shard,
            None => self.least(busy).ok_or(Overloaded::Load)?,
        };
        let group = group.to_owned();
        self.groups
            .entry(group.clone())
            .or_insert(Group { shard, sessions: 0 })
            .sessions += 1;
        self.counts[shard] += 1;
        self.sessions.insert(session.to_owned(), Place { shard, group });
        Ok(shard)
    }

    /// The shard that has least to do. Of equal ones the last: the first reads for all of them.
    fn least(&self, busy: &[Busy]) -> Option<usize> {
        let all = self.counts.iter().enumerate().map(|(shard, sessions)| {
            let busy = busy.get(shard).copied().unwrap_or_default();
            (shard, busy, *sessions)
        });
        let open = all.filter(|(_, busy, _)| !busy.is_full);
        let least = open.min_by_key(|(shard, busy, sessions)| {
            (busy.permille / limits::BUSY_STEP_PERMILLE, *sessions, Reverse(*shard))
        });
        least.map(|(shard, _, _)| shard)
    }

    /// The shard that a session is on.
    pub(crate) fn shard_of(&self, session: &str) -> Option<usize> {
        Some(self.sessions.get(session)?.shard)
    }

    /// A session is gone, or did not come. The shard that it was on.
    pub(crate) fn leave(&mut self, session: &str) -> Option<usize> {
        let Place { shard, group } = self.sessions.remove(session)?;
        self.counts[shard] -= 1;
        if let Some(others) = self.groups.get_mut(&group) {
            others.sessions -= 1;
            if others.sessions == 0 {
                self.groups.remove(&group);
            }
        }
        Some(shard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Busy = Busy {
        permille: 0,
        is_full: false,
    };
    const FULL: Busy = Busy {
        permille: 1_000,
        is_full: true,
    };

    fn busy(permille: u64) -> Busy {
        Busy {
            permille,
            is_full: false,
        }
    }

    #[test]
    fn a_group_goes_where_there_is_least_to_do() {
        let check = |busy: &[Busy], groups: &[(&str, Result<usize, Overloaded>)]| {
            let mut placing = Placing::new(busy.len());
            for (number, (group, expected)) in groups.iter().enumerate() {
                let placed = placing.enter(&number.to_string(), group, busy);
                assert_eq!(placed, *expected, "{number} {group} {busy:?}");
            }
        };
        check(&[FREE], &[("a", Ok(0)), ("b", Ok(0))]);
        let three = [("a", Ok(2)), ("b", Ok(1)), ("c", Ok(0)), ("a", Ok(2)), ("d", Ok(1))];
        check(&[FREE, FREE, FREE], &three);
        check(&[busy(20), busy(30), busy(10)], &three);
        check(&[busy(200), busy(800), busy(500)], &[("a", Ok(0)), ("b", Ok(0))]);
        check(&[busy(200), FULL, busy(500)], &[("a", Ok(0)), ("a", Ok(0))]);
        check(&[busy(500), FULL, FULL], &[("a", Ok(0))]);
        check(&[FULL, FREE], &[("a", Err(Overloaded::Load))]);
        check(&[FULL], &[("a", Err(Overloaded::Load))]);
    }

    #[test]
    fn a_group_stays_where_it_is_while_anybody_is_there() {
        let mut placing = Placing::new(2);
        assert_eq!(placing.enter("ada", "a", &[FREE, FREE]), Ok(1));
        assert_eq!(placing.enter("ada", "a", &[FREE, FREE]), Err(Overloaded::Duplicate));
        assert_eq!(placing.enter("ben", "a", &[FREE, busy(900)]), Ok(1));
        assert_eq!(placing.enter("eve", "a", &[FREE, FULL]), Err(Overloaded::Load));
        assert_eq!(placing.leave("ada"), Some(1));
        assert_eq!(placing.leave("ada"), None);
        assert_eq!(placing.enter("ada", "a", &[FREE, busy(900)]), Ok(1), "ben is there");
        assert_eq!((placing.leave("ada"), placing.leave("ben")), (Some(1), Some(1)));
        assert_eq!(placing.enter("ada", "a", &[FREE, busy(900)]), Ok(0));
        assert_eq!((placing.shard_of("ada"), placing.shard_of("ben")), (Some(0), None));
        placing.leave("ada");
        assert!(placing.groups.is_empty() && placing.counts == [0, 0]);
    }

    #[test]
    fn all_shards_together_hold_so_many() {
        let mut placing = Placing::new(3);
        for session in 0..limits::SESSIONS {
            let name = session.to_string();
            assert!(placing.enter(&name, &name, &[FREE; 3]).is_ok());
        }
        assert_eq!(placing.enter("more", "more", &[FREE; 3]), Err(Overloaded::Sessions));
        let spread = placing.counts.iter().max().unwrap() - placing.counts.iter().min().unwrap();
        assert!(spread <= 1);
    }
}
