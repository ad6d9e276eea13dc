//! How often something may happen: a bucket for each who does it, that fills evenly.
//!
//! Whoever waits a little is served again, and one who is greedy harms only themselves. A bucket is known by one time, that at
//! which it will be full again: what is missing is in the way of being refilled (the generic cell rate algorithm).

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use crate::limits;

/// How often: so many at once, and as many in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many after a pause, and in the long run in each period.
    pub times: NonZeroU32,
    /// The period.
    pub within: Duration,
}

impl Pace {
    /// So many in a minute.
    pub const fn per_minute(times: NonZeroU32) -> Pace {
        let within = Duration::from_mins(1);
        Pace { times, within }
    }

    /// When a bucket will be full again after once more; or how long to wait for that.
    pub fn take(self, full_at: Option<Instant>, now: Instant) -> Result<Instant, Duration> {
        let after = full_at.unwrap_or(now).max(now) + self.within / self.times.get();
        match after.saturating_duration_since(now).checked_sub(self.within) {
            None | Some(Duration::ZERO) => Ok(after),
            Some(wait) => Err(wait),
        }
    }
}

/// The buckets of all who did something lately.
#[derive(Debug)]
pub struct Paces<Key> {
    pace: Pace,
    full_at: HashMap<Key, Instant>,
}

impl<Key: Eq + Hash> Paces<Key> {
    /// Nobody did anything yet.
    pub fn new(pace: Pace) -> Paces<Key> {
        Paces {
            pace,
            full_at: HashMap::new(),
        }
    }

    /// Counts once more; or how long to wait.
    pub fn take(&mut self, key: Key, now: Instant) -> Result<(), Duration> {
        if self.full_at.len() >= limits::KEYS_MAX && !self.full_at.contains_key(&key) {
            self.forget_full(now);
            if self.full_at.len() >= limits::KEYS_MAX {
                return Err(self.pace.within);
            }
        }
        let full_at = self.pace.take(self.full_at.get(&key).copied(), now)?;
        self.full_at.insert(key, full_at);
        Ok(())
    }

    /// Whether, or how long until, it may be done once more; nothing is counted.
    pub fn look(&self, key: &Key, now: Instant) -> Result<(), Duration> {
        self.pace.take(self.full_at.get(key).copied(), now).map(drop)
    }

    /// Forgets buckets that are full again: they are like new ones.
    pub fn forget_full(&mut self, now: Instant) {
        self.full_at.retain(|_, full_at| *full_at > now);
        self.full_at.shrink_to_fit();
    }

    /// How many buckets are remembered.
    pub fn len(&self) -> usize {
        self.full_at.len()
    }

    /// Whether all buckets are full.
    pub fn is_empty(&self) -> bool {
        self.full_at.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_evenly() {
        let begin = Instant::now();
        let mut paces = Paces::new(Pace::per_minute(NonZeroU32::new(6).expect("six")));
        for (second, expected) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(10)),
            (4, Err(6)),
            (10, Ok(())),
            (10, Err(10)),
            (29, Ok(())),
            (29, Err(1)),
            // Longer than the period makes it no fuller.
            (600, Ok(())),
        ] {
            let now = begin + Duration::from_secs(second);
            let expected = expected.map_err(Duration::from_secs);
            assert_eq!(paces.look(&"ada", now), expected, "after {second} s");
            assert_eq!(paces.take("ada", now), expected, "after {second} s");
            assert_eq!(paces.look(&"bob", now), Ok(()));
        }
    }

    #[test]
    fn what_is_full_is_not_kept() {
        let now = Instant::now();
        let mut paces = Paces::new(Pace::per_minute(NonZeroU32::MIN));
        assert_eq!(paces.take("ada", now), Ok(()));
        assert!(paces.take("ada", now).is_err());
        paces.forget_full(now);
        assert_eq!(paces.len(), 1);
        paces.forget_full(now + Duration::from_mins(1));
        assert!(paces.is_empty());
    }

    #[test]
    fn memory_is_bounded_however_many_there_are() {
        let now = Instant::now();
        let mut paces = Paces::new(Pace::per_minute(NonZeroU32::MIN));
        for number in 0..limits::KEYS_MAX {
            assert_eq!(paces.take(number, now), Ok(()));
        }
        assert_eq!(paces.take(usize::MAX, now), Err(Duration::from_mins(1)));
        assert_eq!(paces.take(usize::MAX, now + Duration::from_mins(1)), Ok(()));
        assert_eq!(paces.len(), 1);
    }
}
