//! What is new to whom: the changes of one channel's resources, and how far a reader has been told of them.
//!
//! What is told is what is so when it is told, not what happened: however often a resource changed in between, it is told
//! once, and one that came and went is not told at all. So what a reader is owed is bounded by what there is and by what it
//! knows, whatever others do and however long it does not read.
//!
//! The changes are counted. A resource has the number of the change with which it came and of its last one, and a reader
//! has the number of the last change that it was told. Readers at the same number are owed the same, which is rendered once.

use std::collections::BTreeMap;

/// The resources of a channel, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct News {
    changes: u64,
    there: BTreeMap<u32, Since>,
    gone: Vec<Gone>,
}

/// How far a reader has been told.
pub(crate) type Told = u64;

#[derive(Debug, Clone, Copy)]
struct Since {
    came: u64,
    changed: u64,
}

/// A resource that there is no more, and when there was one.
#[derive(Debug, Clone, Copy)]
struct Gone {
    id: u32,
    came: u64,
    went: u64,
}

impl Gone {
    /// Whether a reader knows it and has not been told of its end.
    fn is_owed(&self, told: Told) -> bool {
        (self.came..self.went).contains(&told)
    }
}

/// What a reader has not been told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Owed {
    /// The resources that are new or others, each with the number of its last change, by which they are told in order.
    pub(crate) changed: BTreeMap<u32, u64>,
    /// Those that are no more.
    pub(crate) deleted: Vec<u32>,
}

impl News {
    /// A resource is there, or is another.
    pub(crate) fn changed(&mut self, id: u32) {
        self.changes += 1;
        let since = self.there.entry(id).or_insert(Since {
            came: self.changes,
            changed: 0,
        });
        since.changed = self.changes;
    }

    /// A resource is no more.
    pub(crate) fn gone(&mut self, id: u32) {
        if let Some(Since { came, .. }) = self.there.remove(&id) {
            self.changes += 1;
            let went = self.changes;
            self.gone.push(Gone { id, came, went });
        }
    }

    /// Where a reader is that has been told all.
    pub(crate) fn told(&self) -> Told {
        self.changes
    }

    /// What a reader is owed: everything, if it has not been told anything.
    pub(crate) fn owed(&self, told: Option<Told>) -> Owed {
        let there = self.there.iter();
        let changed = there.filter(|(_, since)| told.is_none_or(|told| since.changed > told));
        let gone = self.gone.iter();
        let deleted = gone.filter(|gone| told.is_some_and(|told| gone.is_owed(told)));
        Owed {
            changed: changed.map(|(id, since)| (*id, since.changed)).collect(),
            // One that came back is told as it is now.
            deleted: deleted
                .map(|gone| gone.id)
                .filter(|id| !self.there.contains_key(id))
                .collect(),
        }
    }

    /// Forgets the ends that none of the readers is owed, by where they are.
    pub(crate) fn forget(&mut self, readers: &[Told]) {
        self.gone.retain(|gone| readers.iter().any(|told| gone.is_owed(*told)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reader_is_owed_what_is_so_and_not_what_happened() {
        let mut news = News::default();
        let check = |news: &News, told: Option<Told>, changed: &[u32], deleted: &[u32]| {
            let owed = news.owed(told);
            let ids: Vec<u32> = owed.changed.into_keys().collect();
            assert_eq!((ids.as_slice(), owed.deleted.as_slice()), (changed, deleted));
        };
        news.changed(1);
        news.changed(2);
        let early = news.told();
        for _ in 0..100 {
            news.changed(1);
            news.changed(3);
            news.gone(3);
        }
        check(&news, Some(early), &[1], &[]);
        check(&news, None, &[1, 2], &[]);
        news.gone(2);
        news.gone(2);
        check(&news, Some(early), &[1], &[2]);
        check(&news, Some(news.told()), &[], &[]);
        news.changed(2);
        check(&news, Some(early), &[1, 2], &[]);
        news.forget(&[news.told()]);
        assert!(news.gone.is_empty(), "nobody is owed it");
    }

    #[derive(Debug, Clone)]
    enum Step {
        Change(u32),
        Go(u32),
        /// This reader is told.
        Tell(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..6_u32).prop_map(Step::Change),
            (0..6_u32).prop_map(Step::Go),
            (0..3_usize).prop_map(Step::Tell),
        ]
    }

    proptest! {
        /// Whenever a reader is told, it then knows what is there and nothing else; and no more ends are kept than readers
        /// could know resources.
        #[test]
        fn every_reader_ends_up_with_what_is_there(steps in prop::collection::vec(step(), 0..200)) {
            let mut news = News::default();
            let mut there = BTreeSet::new();
            let mut readers = vec![(None, BTreeSet::new()); 3];
            for step in steps {
                match step {
                    Step::Change(id) => {
                        there.insert(id);
                        news.changed(id);
                    }
                    Step::Go(id) => {
                        there.remove(&id);
                        news.gone(id);
                    }
                    Step::Tell(reader) => {
                        let (told, knows) = &mut readers[reader];
                        let owed = news.owed(*told);
                        for id in owed.deleted {
                            prop_assert!(knows.remove(&id), "it is told of no end that means nothing to it");
                        }
                        knows.extend(owed.changed.into_keys());
                        *told = Some(news.told());
                        prop_assert_eq!(&*knows, &there);
                    }
                }
                let told: Vec<Told> = readers.iter().filter_map(|(told, _)| *told).collect();
                news.forget(&told);
                prop_assert!(news.gone.len() <= 3 * 6);
            }
        }
    }
}
