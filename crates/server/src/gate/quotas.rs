//! How much one person, one app and one client without an account may ask for in a minute.
//!
//! The numbers are the operator's ([`Quotas`]). Those that hold if nothing is said are there for a server whose address is
//! known: many times what people and honest programs need, and far below what a loop makes. `google` is the set of the
//! reference, for those who test how a program behaves when it meets them. A program that waits a little is served again
//! ([`share::Paces`]), and one that is greedy harms only itself.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use share::{Limit, Pace, Paces, Reports, Taker};

use super::operation::Effect;
use crate::failure::{Answer, Failure, Kind};

/// The quotas of an installation: requests per minute. What is not set is not limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Requests that read, of all people without an account behind one address.
    pub reads_per_client: Option<NonZeroU32>,
    /// Requests that change something, of all people without an account behind one address.
    pub writes_per_client: Option<NonZeroU32>,
}

impl Quotas {
    /// No quotas.
    pub const NONE: Quotas = Quotas {
        reads_per_person: None,
        writes_per_person: None,
        creates_per_person: None,
        reads_per_app: None,
        writes_per_app: None,
        creates_per_app: None,
        reads_per_client: None,
        writes_per_client: None,
    };

    /// What holds if nothing is said: ten times what the reference allows. A school of 300 pupils behind one address joins, loses
    /// its network, joins again and leaves within a minute: 1,200 writes of one client.
    pub const USUAL: Quotas = Quotas {
        reads_per_person: NonZeroU32::new(6_000),
        writes_per_person: NonZeroU32::new(1_200),
        creates_per_person: NonZeroU32::new(120),
        reads_per_app: NonZeroU32::new(60_000),
        writes_per_app: NonZeroU32::new(12_000),
        creates_per_app: NonZeroU32::new(1_200),
        reads_per_client: NonZeroU32::new(3_000),
        writes_per_client: NonZeroU32::new(1_200),
    };

    /// The quotas of the reference: `contracts/meet.md` §2.10. It has no callers without an account.
    pub const GOOGLE: Quotas = Quotas {
        reads_per_person: NonZeroU32::new(600),
        writes_per_person: NonZeroU32::new(100),
        creates_per_person: NonZeroU32::new(10),
        reads_per_app: NonZeroU32::new(6_000),
        writes_per_app: NonZeroU32::new(1_000),
        creates_per_app: NonZeroU32::new(100),
        ..Quotas::USUAL
    };
}

impl Default for Quotas {
    fn default() -> Quotas {
        Quotas::USUAL
    }
}

/// The buckets of everybody who asked lately.
pub(super) struct Meter {
    person: Subjects,
    app: Subjects,
    client: Subjects,
    limit: Arc<Limit>,
}

/// The buckets of all persons, of all apps, or of all clients.
struct Subjects {
    /// For messages: `per person`.
    whose: &'static str,
    /// What they may do, in the order of [`Bucket`].
    paces: [Option<Mutex<Paces<Taker>>>; 3],
}

/// What is counted of a subject.
#[derive(Clone, Copy, Debug)]
enum Bucket {
    Reads,
    Writes,
    Creates,
}

impl Bucket {
    /// What a request counts as.
    fn of(effect: Effect) -> &'static [Bucket] {
        match effect {
            Effect::Reads => &[Bucket::Reads],
            Effect::Writes => &[Bucket::Writes],
            Effect::Creates => &[Bucket::Creates, Bucket::Writes],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Bucket::Reads => "Reads",
            Bucket::Writes => "Writes",
            Bucket::Creates => "Spaces created",
        }
    }
}

impl Meter {
    pub(super) fn new(quotas: &Quotas, reports: &Reports) -> Meter {
        let subjects = |whose, per_minute: [Option<NonZeroU32>; 3]| Subjects {
            whose,
            paces: per_minute.map(|times| times.map(|times| Mutex::new(Paces::new(Pace::per_minute(times))))),
        };
        let Quotas {
            reads_per_person,
            writes_per_person,
            creates_per_person,
            reads_per_app,
            writes_per_app,
            creates_per_app,
            reads_per_client,
            writes_per_client,
        } = *quotas;
        Meter {
            person: subjects("per person", [reads_per_person, writes_per_person, creates_per_person]),
            app: subjects("per app", [reads_per_app, writes_per_app, creates_per_app]),
            client: subjects(
                "per client without an account",
                [reads_per_client, writes_per_client, None],
            ),
            limit: reports.limit("quotas"),
        }
    }

    /// Takes a request out of the buckets of who asks, and of the app by which they do; or refuses it.
    pub(super) fn take(&self, taker: &Taker, app: Option<&str>, effect: Effect, now: Instant) -> Answer<()> {
        let who = match taker {
            Taker::Stranger(_) => &self.client,
            Taker::Account { .. } => &self.person,
        };
        let mut answer = who.take(taker, effect, now);
        if let (Ok(()), Some(app)) = (&answer, app) {
            answer = self.app.take(&Taker::account(app), effect, now);
        }
        if answer.is_err() {
            self.limit.reached(taker);
        }
        answer
    }

    /// Forgets buckets that are full again: they are like new ones.
    pub(super) fn forget_full(&self, now: Instant) {
        for subjects in [&self.person, &self.app, &self.client] {
            for paces in subjects.paces.iter().flatten() {
                lock(paces).forget_full(now);
            }
        }
    }
}

impl Subjects {
    fn take(&self, subject: &Taker, effect: Effect, now: Instant) -> Answer<()> {
        for bucket in Bucket::of(effect) {
            let Some(paces) = &self.paces[*bucket as usize] else {
                continue;
            };
            lock(paces).take(subject.clone(), now).map_err(|wait| {
                Failure::from(Kind::Exhausted)
                    .because("RATE_LIMIT_EXCEEDED")
                    .with("quota_limit", format!("{} per minute {}", bucket.name(), self.whose))
                    .retry_after(wait)
            })?;
        }
        Ok(())
    }
}

/// A bucket is never left half changed, so a panic elsewhere does not spoil it.
fn lock(paces: &Mutex<Paces<Taker>>) -> MutexGuard<'_, Paces<Taker>> {
    paces.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use share::Client;

    use super::*;
    use crate::clock;

    #[test]
    fn each_has_buckets_of_their_own() {
        let reports = Reports::default();
        let quotas = Quotas {
            reads_per_person: NonZeroU32::new(3),
            creates_per_person: NonZeroU32::new(2),
            writes_per_app: NonZeroU32::new(3),
            reads_per_client: NonZeroU32::new(2),
            ..Quotas::NONE
        };
        let meter = Meter::new(&quotas, &reports);
        let now = clock::instant();
        let (get, create, end) = (Effect::Reads, Effect::Creates, Effect::Writes);
        let check = |who: &Taker, app: Option<&str>, what: Effect, expected: &[bool]| {
            let served = expected.iter().map(|_| meter.take(who, app, what, now).is_ok());
            assert_eq!(served.collect::<Vec<_>>(), expected, "{what:?} by {who:?}");
        };
        let (ada, bo) = (Taker::account("ada"), Taker::account("bo"));
        check(&ada, None, get, &[true, true, true, false]);
        check(&bo, None, get, &[true]);
        check(&ada, None, create, &[true, true, false]);
        check(&ada, None, end, &[true; 8]);
        check(&bo, Some("an app"), create, &[true, true, false]);
        check(&Taker::account("cy"), Some("an app"), end, &[true, false]);
        let client = |last| Taker::Stranger(Client::at(Ipv4Addr::new(192, 0, 2, last).into()));
        check(&client(1), None, get, &[true, true, false]);
        check(&client(2), None, get, &[true, true, false]);
        check(&client(1), None, end, &[true; 8]);
        assert_eq!(reports.read(), [("quotas", 6)]);
        let failure = meter.take(&ada, None, get, now).expect_err("nothing left");
        assert_eq!(failure.kind(), Kind::Exhausted);
    }

    #[test]
    fn nothing_set_is_no_limit() {
        let meter = Meter::new(&Quotas::NONE, &Reports::default());
        let now = clock::instant();
        let ada = Taker::account("ada");
        assert!((0..10_000).all(|_| meter.take(&ada, None, Effect::Reads, now).is_ok()));
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let meter = Meter::new(&Quotas::GOOGLE, &Reports::default());
        let now = clock::instant();
        let ada = Taker::account("ada");
        assert!(meter.take(&ada, Some("an app"), Effect::Creates, now).is_ok());
        let kept = |meter: &Meter| {
            let all = [&meter.person, &meter.app].map(|subjects| subjects.paces.iter().flatten());
            all.into_iter().flatten().map(|paces| lock(paces).len()).sum::<usize>()
        };
        meter.forget_full(now);
        assert_eq!(kept(&meter), 4);
        meter.forget_full(now + Duration::from_mins(1));
        assert_eq!(kept(&meter), 0);
    }
}
