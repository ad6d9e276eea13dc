//! How much one person, and one app, may ask for in a minute.
//!
//! The numbers are the operator's ([`Quotas`]); `google` is the set of the reference, for those who test how a program behaves
//! when it meets them. A quota is a bucket that fills evenly, so a program that waits a little is served again, and one
//! that is greedy harms only itself. Whoever has no account is bounded by the limits of connections and of meetings.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use identity::{Caller, Principal};

use super::operation::Effect;
use crate::failure::{Answer, Failure, Kind};

/// The quotas of an installation: requests per minute. What is not set is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Requests of one person that read.
    pub reads_per_person: Option<NonZeroU32>,
    /// Requests of one person that change something.
    pub writes_per_person: Option<NonZeroU32>,
    /// Spaces that one person makes; they count as writes too.
    pub creates_per_person: Option<NonZeroU32>,
    /// Requests of one app that read.
    pub reads_per_app: Option<NonZeroU32>,
    /// Requests of one app that change something.
    pub writes_per_app: Option<NonZeroU32>,
    /// Spaces that one app makes; they count as writes too.
    pub creates_per_app: Option<NonZeroU32>,
}

impl Quotas {
    /// The quotas of the reference: `contracts/meet.md` §2.10.
    pub const GOOGLE: Quotas = Quotas {
        reads_per_person: NonZeroU32::new(600),
        writes_per_person: NonZeroU32::new(100),
        creates_per_person: NonZeroU32::new(10),
        reads_per_app: NonZeroU32::new(6_000),
        writes_per_app: NonZeroU32::new(1_000),
        creates_per_app: NonZeroU32::new(100),
    };
}

/// The buckets of everybody who asked lately.
pub(super) struct Meter {
    person: Subjects,
    app: Subjects,
}

/// The buckets of all persons, or of all apps.
struct Subjects {
    /// For messages: `per person`.
    whose: &'static str,
    /// What one may do in a minute: reads, writes, creates.
    per_minute: [Option<NonZeroU32>; 3],
    /// When each bucket will be full again, by the subject's id. A full one need not be kept.
    full_at: Mutex<HashMap<String, [Option<Instant>; 3]>>,
}

/// The buckets of one subject, in this order.
const READS: usize = 0;
const WRITES: usize = 1;
const CREATES: usize = 2;
const NAMES: [&str; 3] = ["Reads", "Writes", "Spaces created"];

impl Meter {
    pub(super) fn new(quotas: &Quotas) -> Meter {
        let subjects = |whose, per_minute| Subjects {
            whose,
            per_minute,
            full_at: Mutex::default(),
        };
        Meter {
            person: subjects(
                "per person",
                [
                    quotas.reads_per_person,
                    quotas.writes_per_person,
                    quotas.creates_per_person,
                ],
            ),
            app: subjects(
                "per app",
                [quotas.reads_per_app, quotas.writes_per_app, quotas.creates_per_app],
            ),
        }
    }

    /// Takes a request out of the caller's buckets, or refuses it.
    pub(super) fn take(&self, principal: &Principal, effect: Effect, now: Instant) -> Answer<()> {
        let person = match &principal.caller {
            Caller::User(user) => Some(user.id.as_str()),
            Caller::ServiceAccount { client_id, .. } => Some(client_id.as_str()),
            Caller::Anonymous => None,
        };
        let buckets: &[usize] = match effect {
            Effect::Reads => &[READS],
            Effect::Writes => &[WRITES],
            Effect::Creates => &[CREATES, WRITES],
        };
        for (subjects, id) in [(&self.person, person), (&self.app, principal.app.as_deref())] {
            if let Some(id) = id {
                subjects.take(id, buckets, now)?;
            }
        }
        Ok(())
    }

    /// Forgets buckets that are full again: they are like new ones.
    pub(super) fn forget_full(&self, now: Instant) {
        for subjects in [&self.person, &self.app] {
            let mut full_at = subjects.full_at.lock().unwrap_or_else(PoisonError::into_inner);
            full_at.retain(|_, buckets| buckets.iter().flatten().any(|full_at| *full_at > now));
            full_at.shrink_to_fit();
        }
    }
}

impl Subjects {
    fn take(&self, id: &str, buckets: &[usize], now: Instant) -> Answer<()> {
        if buckets.iter().all(|bucket| self.per_minute[*bucket].is_none()) {
            return Ok(());
        }
        let mut all = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(id) {
            all.insert(id.to_owned(), [None; 3]);
        }
        let full_at = all.get_mut(id).expect("it was put there");
        for bucket in buckets {
            let Some(per_minute) = self.per_minute[*bucket] else {
                continue;
            };
            full_at[*bucket] = Some(taken(full_at[*bucket], per_minute, now).map_err(|wait| {
                Failure::from(Kind::Exhausted)
                    .because("RATE_LIMIT_EXCEEDED")
                    .with("quota_limit", format!("{} per minute {}", NAMES[*bucket], self.whose))
                    .retry_after(wait)
            })?);
        }
        Ok(())
    }
}

/// When a bucket will be full again after one more request; or how long to wait for that request. A bucket is known by that one
/// time: it holds a minute's worth, and what is missing is in the way of being refilled.
fn taken(full_at: Option<Instant>, per_minute: NonZeroU32, now: Instant) -> Result<Instant, Duration> {
    const MINUTE: Duration = Duration::from_mins(1);
    let after = full_at.unwrap_or(now).max(now) + MINUTE / per_minute.get();
    match after.saturating_duration_since(now).checked_sub(MINUTE) {
        None | Some(Duration::ZERO) => Ok(after),
        Some(wait) => Err(wait),
    }
}

#[cfg(test)]
mod tests {
    use identity::{Scopes, User};
    use meeting::{DisplayName, UserId};

    use super::*;
    use crate::clock;

    fn principal(id: &str, app: Option<&str>) -> Principal {
        let user = User {
            id: UserId::parse(id).expect("21 digits"),
            email: "ada@example.org".to_owned(),
            display_name: DisplayName::parse("Ada").expect("a name"),
            administrator: false,
        };
        Principal {
            caller: Caller::User(user),
            scopes: Scopes::MEET,
            app: app.map(str::to_owned),
        }
    }

    #[test]
    fn each_has_buckets_of_their_own() {
        let meter = Meter::new(&Quotas {
            reads_per_person: NonZeroU32::new(3),
            creates_per_person: NonZeroU32::new(2),
            writes_per_app: NonZeroU32::new(3),
            ..Quotas::default()
        });
        let now = clock::instant();
        let (get, create, end) = (Effect::Reads, Effect::Creates, Effect::Writes);
        let ada = principal("100000000000000000001", None);
        let check = |who: &Principal, what: Effect, expected: &[bool]| {
            let served: Vec<bool> = expected.iter().map(|_| meter.take(who, what, now).is_ok()).collect();
            assert_eq!(served, expected, "{what:?} by {who:?}");
        };
        check(&ada, get, &[true, true, true, false]);
        check(&principal("100000000000000000002", None), get, &[true]);
        check(&ada, create, &[true, true, false]);
        check(&ada, end, &[true; 8]);
        let by_app = principal("100000000000000000003", Some("an app"));
        check(&by_app, create, &[true, true, false]);
        let other = principal("100000000000000000004", Some("an app"));
        check(&other, end, &[true, false]);
        check(&Principal::ANONYMOUS, get, &[true; 8]);
        let failure = meter.take(&ada, get, now).expect_err("nothing left");
        assert_eq!(failure.kind(), Kind::Exhausted);
    }

    #[test]
    fn nothing_set_is_no_limit() {
        let meter = Meter::new(&Quotas::default());
        let now = clock::instant();
        let ada = principal("100000000000000000001", None);
        assert!((0..1_000).all(|_| meter.take(&ada, Effect::Reads, now).is_ok()));
        meter.forget_full(now);
    }

    #[test]
    fn a_bucket_fills_evenly() {
        let begin = clock::instant();
        let per_minute = NonZeroU32::new(6).expect("six");
        let mut full_at = None;
        for (second, expected) in [
            (0, None),
            (0, None),
            (0, None),
            (0, None),
            (0, None),
            (0, None),
            (0, Some(10)),
            (4, Some(6)),
            (10, None),
            (10, Some(10)),
            (29, None),
            (29, Some(1)),
            // Longer than a minute makes it no fuller.
            (600, None),
        ] {
            let now = begin + Duration::from_secs(second);
            let outcome = taken(full_at, per_minute, now);
            assert_eq!(outcome.err(), expected.map(Duration::from_secs), "after {second} s");
            full_at = outcome.ok().or(full_at);
        }
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let meter = Meter::new(&Quotas::GOOGLE);
        let now = clock::instant();
        let ada = principal("100000000000000000001", Some("an app"));
        assert!(meter.take(&ada, Effect::Creates, now).is_ok());
        let kept = |meter: &Meter| meter.person.full_at.lock().expect("whole").len();
        meter.forget_full(now);
        assert_eq!(kept(&meter), 1);
        meter.forget_full(now + Duration::from_mins(1));
        assert_eq!(kept(&meter), 0);
    }
}
