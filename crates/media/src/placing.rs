//! Which shard a session is on: a pure table that the control plane keeps.
//!
//! Those who may meet in a room name one group, and are at home on one shard as long as any of them is there, so that a
//! room is never divided by accident. A group that begins goes where there is least to do: by how busy the shards were, and where that
//! says little, as when many begin at once, by how many sessions they have.
//!
//! Whoever comes into a large group is placed as a group that begins, away from its shard where another has less to do: their room stays
//! where it is, and what it sends to them is encrypted and sent there. They are divided while nothing happens there, too: nobody who is there
//! can be moved, and many who listen today show their cameras tomorrow. A small room stays whole: each packet of it would go through one
//! thread more, for a saving that nobody sees.

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

impl Busy {
    /// What is nearer than a step is chance.
    fn step(self) -> u64 {
        self.permille / limits::BUSY_STEP_PERMILLE
    }
}

/// When people of one room are carried by several shards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spreading {
    /// Where it pays: those who come into a large room, each by the thread that has least to do.
    #[default]
    WhereItPays,
    /// Everybody who comes by a network, in turn, for whoever tests that it makes no difference or measures what it costs.
    InTurn,
}

/// Where a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The shard of its room.
    pub(crate) home: usize,
    /// The shard that carries what it sends and gets.
    pub(crate) carried_by: usize,
}

/// Who comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coming<'a> {
    pub(crate) session: &'a str,
    pub(crate) group: &'a str,
    /// Whether it comes by a network; what has none is carried by nobody else.
    pub(crate) by_network: bool,
}

/// Who is where.
#[derive(Debug)]
pub(crate) struct Placing {
    sessions: HashMap<String, Place>,
    groups: HashMap<String, Group>,
    /// How many sessions each shard carries.
    counts: Vec<usize>,
    spreading: Spreading,
}

#[derive(Debug)]
struct Place {
    placed: Placed,
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
            spreading: Spreading::default(),
        }
    }

    /// From now on so.
    pub(crate) fn spread(&mut self, spreading: Spreading) {
        self.spreading = spreading;
    }

    /// The place for a session, if there is one.
    pub(crate) fn enter(&mut self, coming: Coming<'_>, busy: &[Busy]) -> Result<Placed, Overloaded> {
        let Coming { session, group, .. } = coming;
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
        let home = match self.groups.get(group) {
            Some(group) if is_full(group.shard) => return Err(Overloaded::Load),
            Some(group) => group.shard,
            None => self.least(busy).ok_or(Overloaded::Load)?,
        };
        let here = self.groups.get(group).map_or(0, |group| group.sessions);
        let carried_by = self.carrier(home, here, busy).filter(|_| coming.by_network);
        let carried_by = carried_by.unwrap_or(home);
        let placed = Placed { home, carried_by };
        let group = group.to_owned();
        let shard = home;
        self.groups
            .entry(group.clone())
            .or_insert(Group { shard, sessions: 0 })
            .sessions += 1;
        self.counts[carried_by] += 1;
        self.sessions.insert(session.to_owned(), Place { placed, group });
        Ok(placed)
    }

    /// The shard that shall carry whoever comes to so many of a group that is at home there, if it may be another.
    fn carrier(&self, home: usize, sessions: usize, busy: &[Busy]) -> Option<usize> {
        match self.spreading {
            Spreading::InTurn => Some((home + sessions) % self.counts.len()),
            Spreading::WhereItPays if sessions < limits::SPREADS_FROM_SESSIONS => None,
            Spreading::WhereItPays => self.least(busy),
        }
    }

    /// The shard that has least to do, by how busy it is and then by how many it carries. Of equal ones the last: the first reads for all of
    /// them.
    fn least(&self, busy: &[Busy]) -> Option<usize> {
        let all = self.counts.iter().enumerate().map(|(shard, sessions)| {
            let busy = busy.get(shard).copied().unwrap_or_default();
            (shard, busy, *sessions)
        });
        let open = all.filter(|(_, busy, _)| !busy.is_full);
        let least = open.min_by_key(|(shard, busy, sessions)| (busy.step(), *sessions, Reverse(*shard)));
        least.map(|(shard, _, _)| shard)
    }

    /// The shard of a session's room.
    pub(crate) fn home_of(&self, session: &str) -> Option<usize> {
        Some(self.sessions.get(session)?.placed.home)
    }

    /// A session is gone, or did not come. The shard of the room that it was in.
    pub(crate) fn leave(&mut self, session: &str) -> Option<usize> {
        let Place { placed, group } = self.sessions.remove(session)?;
        self.counts[placed.carried_by] -= 1;
        if let Some(others) = self.groups.get_mut(&group) {
            others.sessions -= 1;
            if others.sessions == 0 {
                self.groups.remove(&group);
            }
        }
        Some(placed.home)
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

    fn coming<'a>(session: &'a str, group: &'a str) -> Coming<'a> {
        Coming {
            session,
            group,
            by_network: true,
        }
    }

    /// The shard of whoever is at home and carried by one.
    fn whole(placed: Result<Placed, Overloaded>) -> Result<usize, Overloaded> {
        placed.map(|Placed { home, carried_by }| {
            assert_eq!(home, carried_by);
            home
        })
    }

    #[test]
    fn a_group_goes_where_there_is_least_to_do() {
        let check = |busy: &[Busy], groups: &[(&str, Result<usize, Overloaded>)]| {
            let mut placing = Placing::new(busy.len());
            for (number, (group, expected)) in groups.iter().enumerate() {
                let placed = placing.enter(coming(&number.to_string(), group), busy);
                assert_eq!(whole(placed), *expected, "{number} {group} {busy:?}");
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
        let enter = |placing: &mut Placing, session, busy: &[Busy]| whole(placing.enter(coming(session, "a"), busy));
        assert_eq!(enter(&mut placing, "ada", &[FREE, FREE]), Ok(1));
        assert_eq!(enter(&mut placing, "ada", &[FREE, FREE]), Err(Overloaded::Duplicate));
        assert_eq!(enter(&mut placing, "ben", &[FREE, busy(900)]), Ok(1));
        assert_eq!(enter(&mut placing, "eve", &[FREE, FULL]), Err(Overloaded::Load));
        assert_eq!(placing.leave("ada"), Some(1));
        assert_eq!(placing.leave("ada"), None);
        assert_eq!(enter(&mut placing, "ada", &[FREE, busy(900)]), Ok(1), "ben is there");
        assert_eq!((placing.leave("ada"), placing.leave("ben")), (Some(1), Some(1)));
        assert_eq!(enter(&mut placing, "ada", &[FREE, busy(900)]), Ok(0));
        assert_eq!((placing.home_of("ada"), placing.home_of("ben")), (Some(0), None));
        placing.leave("ada");
        assert!(placing.groups.is_empty() && placing.counts == [0, 0]);
    }

    #[test]
    fn whoever_comes_into_a_large_room_is_carried_where_there_is_less_to_do() {
        let large = limits::SPREADS_FROM_SESSIONS;
        let check = |sessions: usize, by_network: bool, busy: &[Busy], expected: usize| {
            let mut placing = Placing::new(busy.len());
            let idle = vec![FREE; busy.len()];
            for session in 0..sessions {
                let placed = placing.enter(coming(&session.to_string(), "a"), &idle);
                assert_eq!(whole(placed), Ok(busy.len() - 1));
            }
            let placed = placing.enter(
                Coming {
                    by_network,
                    ..coming("ada", "a")
                },
                busy,
            );
            let (home, carried_by) = (busy.len() - 1, expected);
            assert_eq!(
                placed,
                Ok(Placed { home, carried_by }),
                "{sessions} {by_network} {busy:?}"
            );
            assert_eq!(placing.home_of("ada"), Some(home));
            assert_eq!(placing.leave("ada"), Some(home));
            assert_eq!(placing.counts.iter().sum::<usize>(), sessions);
        };
        check(large, true, &[busy(500), busy(300), busy(600)], 1);
        check(large, true, &[busy(500), busy(680), busy(600)], 0);
        check(large - 1, true, &[busy(500), busy(300), busy(600)], 2);
        check(large, false, &[busy(500), busy(300), busy(600)], 2);
        check(large, true, &[busy(650), busy(610), busy(690)], 1);
        check(large, true, &[busy(650), FULL, busy(690)], 0);
        check(large, true, &[busy(900)], 0);
    }

    #[test]
    fn a_large_room_is_divided_before_it_has_much_to_do() {
        let large = limits::SPREADS_FROM_SESSIONS;
        let mut placing = Placing::new(3);
        for session in 0..3 * large {
            placing.enter(coming(&session.to_string(), "a"), &[FREE; 3]).unwrap();
        }
        assert_eq!(placing.counts, [large; 3]);
    }

    #[test]
    fn in_turn_everybody_is_carried_by_the_next() {
        let mut placing = Placing::new(3);
        placing.spread(Spreading::InTurn);
        let carried = ["ada", "ben", "cleo", "dan"].map(|session| {
            let placed = placing.enter(coming(session, "a"), &[FREE; 3]).unwrap();
            (placed.home, placed.carried_by)
        });
        assert_eq!(carried, [(2, 2), (2, 0), (2, 1), (2, 2)]);
    }

    #[test]
    fn all_shards_together_hold_so_many() {
        let mut placing = Placing::new(3);
        for session in 0..limits::SESSIONS {
            let name = session.to_string();
            assert!(placing.enter(coming(&name, &name), &[FREE; 3]).is_ok());
        }
        assert_eq!(
            placing.enter(coming("more", "more"), &[FREE; 3]),
            Err(Overloaded::Sessions)
        );
        let spread = placing.counts.iter().max().unwrap() - placing.counts.iter().min().unwrap();
        assert!(spread <= 1);
    }
}
