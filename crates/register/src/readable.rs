//! Who may read which conference, remembered until anything is written.
//!
//! Whoever reads a conference reads much of it: its people, their sessions, page by page. Each read asks the same first, and two
//! of the three walks of the shortest one are for that question. Its answer changes by a write alone (somebody joins, or is
//! forgotten; a conference ends, or is deleted), so it holds until there was one, whoever made it
//! ([`Db::last_write`](db::Db::last_write)); and by time, which is remembered with it. Where nobody tells of writes, nothing is
//! remembered. That somebody may **not** read is not remembered either: nobody asks that often, but to fill a memory.
//!
//! It is no memory of what was read: a record is read every time.

use crate::limits::READABLE_MAX;
use db::LastWrite;
use meeting::{ConferenceId, Micros, UserId};
use std::collections::HashMap;

const CONFERENCE_ID_BYTES: usize = 22;
const USER_ID_BYTES: usize = 21;

/// A conference and a reader, one after the other and in place: two texts elsewhere would be two more places of memory for each
/// look, and it is for those that a look takes its time.
type Key = [u8; CONFERENCE_ID_BYTES + USER_ID_BYTES];

/// Until when somebody may read a conference, unless something is written before.
type Readers = HashMap<Key, Micros>;

/// What was found out since the last write. Bounded by two generations: when the young one is full it becomes the old one.
#[derive(Debug, Default)]
pub(crate) struct Readable {
    since: Option<LastWrite>,
    young: Readers,
    old: Readers,
}

impl Readable {
    /// Whether this reader may read the conference, as far as is known; `last_write` was asked before.
    pub(crate) fn holds(
        &mut self,
        last_write: Option<LastWrite>,
        conference: &ConferenceId,
        reader: &UserId,
        now: Micros,
    ) -> bool {
        self.forget_before(last_write);
        if last_write.is_none() || self.young.is_empty() && self.old.is_empty() {
            return false;
        }
        let key = key(conference, reader);
        let until = self.young.get(&key).or_else(|| self.old.get(&key));
        until.is_some_and(|until| now < *until)
    }

    /// Remembers that this reader may read the conference until it expires, if it has ended; `last_write` was asked before it was
    /// read.
    pub(crate) fn keep(
        &mut self,
        last_write: Option<LastWrite>,
        conference: &ConferenceId,
        reader: &UserId,
        until: Micros,
    ) {
        self.forget_before(last_write);
        if last_write.is_none() {
            return;
        }
        if self.young.len() >= READABLE_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key(conference, reader), until);
    }

    fn forget_before(&mut self, last_write: Option<LastWrite>) {
        if self.since != last_write {
            *self = Readable {
                since: last_write,
                ..Readable::default()
            };
        }
    }
}

fn key(conference: &ConferenceId, reader: &UserId) -> Key {
    let mut key = [0; CONFERENCE_ID_BYTES + USER_ID_BYTES];
    let (before, after) = key.split_at_mut(CONFERENCE_ID_BYTES);
    // All ids of a kind are of one length. Were they not, this would fail, and no two keys ever be taken for each other.
    before.copy_from_slice(conference.as_str().as_bytes());
    after.copy_from_slice(reader.as_str().as_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use db::{Db, Location};

    #[tokio::test]
    async fn it_holds_until_something_is_written_or_the_record_expires() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = Location::Sqlite(folder.path().join("readable.db"));
        let db = Db::open(&location).await.expect("a database");
        let conference = ConferenceId::from_random([1; 16]);
        let user = |digit: u8| UserId::parse(&format!("10000000000000000000{digit}")).expect("21 digits");
        let mut readable = Readable::default();
        readable.keep(db.last_write(), &conference, &user(1), Micros(10));
        let mut check = |last_write, reader, now, expected| {
            let holds = readable.holds(last_write, &conference, &user(reader), Micros(now));
            assert_eq!(holds, expected, "{reader} at {now}");
        };
        check(db.last_write(), 1, 9, true);
        check(db.last_write(), 1, 10, false);
        check(db.last_write(), 2, 9, false);
        db.write(Vec::new()).await.expect("written");
        check(db.last_write(), 1, 9, false);
        // Nobody knows of writes.
        readable.keep(None, &conference, &user(1), Micros(10));
        assert!(!readable.holds(None, &conference, &user(1), Micros(9)));
    }

    #[tokio::test]
    async fn it_never_holds_more_than_its_limit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = Location::Sqlite(folder.path().join("readable.db"));
        let last_write = Db::open(&location).await.expect("a database").last_write();
        let reader = UserId::parse("100000000000000000001").expect("21 digits");
        let conference = |number: usize| ConferenceId::from_random((number as u128).to_le_bytes());
        let mut readable = Readable::default();
        for number in 0..3 * READABLE_MAX {
            readable.keep(last_write, &conference(number), &reader, Micros(1));
            assert!(readable.young.len() + readable.old.len() <= READABLE_MAX);
            assert!(readable.holds(last_write, &conference(number), &reader, Micros(0)));
        }
        assert!(!readable.holds(last_write, &conference(0), &reader, Micros(0)));
    }
}
