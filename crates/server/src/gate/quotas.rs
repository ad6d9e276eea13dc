//! How much one person, and one app, may ask for in a minute.
//!
//! The numbers are the operator's ([`Quotas`]); `google` is the set of the reference, for those who test how a program behaves
//! when it meets them. A quota is a bucket that fills evenly, so a program that waits a little is served again, and one
//! that is greedy harms only itself. Whoever has no account is bounded by the limits of connections and of meetings.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use identity::{Caller, Principal};
use serde::Deserialize;
use tonic::Code;

use super::methods::Method;
use crate::failure::{Answer, Failure};

/// The quotas of an installation: calls per minute. What is not set is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// Calls of one person that read.
    pub reads_per_person: Option<NonZeroU32>,
    /// Calls of one person that change something.
    pub writes_per_person: Option<NonZeroU32>,
    /// Spaces that one person makes; they count as writes too.
    pub creates_per_person: Option<NonZeroU32>,
    /// Calls of one app that read.
    pub reads_per_app: Option<NonZeroU32>,
    /// Calls of one app that change something.
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

type Buckets = DefaultKeyedRateLimiter<String>;

/// The buckets.
pub(super) struct Meter {
    person: Kinds,
    app: Kinds,
    clock: DefaultClock,
}

/// One subject's buckets, by what a call does.
struct Kinds {
    reads: Option<Buckets>,
    writes: Option<Buckets>,
    creates: Option<Buckets>,
}

impl Meter {
    pub(super) fn new(quotas: Quotas) -> Meter {
        let buckets = |per_minute: Option<NonZeroU32>| per_minute.map(|count| Buckets::keyed(Quota::per_minute(count)));
        Meter {
            person: Kinds {
                reads: buckets(quotas.reads_per_person),
                writes: buckets(quotas.writes_per_person),
                creates: buckets(quotas.creates_per_person),
            },
            app: Kinds {
                reads: buckets(quotas.reads_per_app),
                writes: buckets(quotas.writes_per_app),
                creates: buckets(quotas.creates_per_app),
            },
            clock: DefaultClock::default(),
        }
    }

    /// Takes a call out of the caller's buckets, or refuses it.
    pub(super) fn take(&self, principal: &Principal, method: &Method) -> Answer<()> {
        let person = match &principal.caller {
            Caller::User(user) => Some(user.id.as_str()),
            Caller::ServiceAccount { client_id, .. } => Some(client_id.as_str()),
            Caller::Anonymous => None,
        };
        for (kinds, key, whose) in [
            (&self.person, person, "per person"),
            (&self.app, principal.app.as_deref(), "per app"),
        ] {
            let Some(key) = key else { continue };
            let asked = if method.reads {
                [(&kinds.reads, "Reads"), (&None, "")]
            } else if method.name.ends_with("/CreateSpace") {
                [(&kinds.creates, "Spaces created"), (&kinds.writes, "Writes")]
            } else {
                [(&kinds.writes, "Writes"), (&None, "")]
            };
            for (buckets, what) in asked {
                let Some(buckets) = buckets else { continue };
                // No allocation for the key of a bucket that is there would need a borrowed look-up, which the library lacks.
                if let Err(full) = buckets.check_key(&key.to_owned()) {
                    return Err(refused(what, whose, full.wait_time_from(self.clock.now())));
                }
            }
        }
        Ok(())
    }

    /// Forgets buckets that are full again: they are like new ones.
    pub(super) fn tidy(&self) {
        for kinds in [&self.person, &self.app] {
            for buckets in [&kinds.reads, &kinds.writes, &kinds.creates].into_iter().flatten() {
                buckets.retain_recent();
                buckets.shrink_to_fit();
            }
        }
    }
}

fn refused(what: &str, whose: &str, wait: Duration) -> Failure {
    Failure::new(Code::ResourceExhausted, "Too many requests.")
        .google("RATE_LIMIT_EXCEEDED")
        .with("quota_limit", format!("{what} per minute {whose}"))
        .with("retry_after_seconds", wait.as_secs().saturating_add(1).to_string())
}

#[cfg(test)]
mod tests {
    use identity::{Scopes, User, UserId};

    use super::*;
    use crate::gate::methods;

    fn principal(id: &str, app: Option<&str>) -> Principal {
        let user = User {
            id: UserId::parse(id).expect("21 digits"),
            email: "ada@example.org".to_owned(),
            display_name: "Ada".to_owned(),
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
        let meter = Meter::new(Quotas {
            reads_per_person: NonZeroU32::new(3),
            creates_per_person: NonZeroU32::new(2),
            writes_per_app: NonZeroU32::new(3),
            ..Quotas::default()
        });
        let method = |name: &str| methods::find(&format!("/google.apps.meet.v2.{name}")).expect("described");
        let get = method("SpacesService/GetSpace");
        let create = method("SpacesService/CreateSpace");
        let end = method("SpacesService/EndActiveConference");
        let ada = principal("100000000000000000001", None);
        let check = |who: &Principal, what: &Method, expected: &[bool]| {
            let served: Vec<bool> = expected.iter().map(|_| meter.take(who, what).is_ok()).collect();
            assert_eq!(served, expected, "{} by {who:?}", what.name);
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
        let failure = meter.take(&ada, get).expect_err("nothing left");
        assert_eq!(failure.code(), Code::ResourceExhausted);
    }

    #[test]
    fn nothing_set_is_no_limit() {
        let meter = Meter::new(Quotas::default());
        let get = methods::find("/google.apps.meet.v2.SpacesService/GetSpace").expect("described");
        let ada = principal("100000000000000000001", None);
        assert!((0..1_000).all(|_| meter.take(&ada, get).is_ok()));
        meter.tidy();
    }
}
