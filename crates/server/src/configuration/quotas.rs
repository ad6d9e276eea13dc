//! The table `[quotas]` of the configuration file: numbers of one's own, where `--quotas` chooses a set.

use std::num::NonZeroU32;

use super::Draft;
use super::key::Fallback::Value;
use super::key::{Key, Section, Set};

/// The table `[quotas]`.
pub(super) const QUOTAS: Section = Section {
    title: "Quotas",
    heading: None,
    table: Some("quotas"),
    introduction: include_str!("quotas.md"),
    keys: &[
        quota(
            "reads_per_person",
            "6000",
            "Requests of one person that read",
            "",
            |to, count| {
                to.configuration.quotas.reads_per_person = per_minute(count);
            },
        ),
        quota(
            "writes_per_person",
            "1200",
            "Requests of one person that change something",
            "",
            |to, count| to.configuration.quotas.writes_per_person = per_minute(count),
        ),
        quota(
            "creates_per_person",
            "120",
            "Spaces that one person makes",
            "they count as writes too",
            |to, count| to.configuration.quotas.creates_per_person = per_minute(count),
        ),
        quota(
            "reads_per_app",
            "60000",
            "Requests of one app that read",
            "an app is an OAuth client or a service account",
            |to, count| to.configuration.quotas.reads_per_app = per_minute(count),
        ),
        quota(
            "writes_per_app",
            "12000",
            "Requests of one app that change something",
            "",
            |to, count| to.configuration.quotas.writes_per_app = per_minute(count),
        ),
        quota(
            "creates_per_app",
            "1200",
            "Spaces that one app makes",
            "they count as writes too",
            |to, count| to.configuration.quotas.creates_per_app = per_minute(count),
        ),
        quota(
            "reads_per_client",
            "3000",
            "Requests that read, of all people without an account behind one address",
            "",
            |to, count| to.configuration.quotas.reads_per_client = per_minute(count),
        ),
        quota(
            "writes_per_client",
            "1200",
            "Requests that change something, of all people without an account behind one address",
            "a join is one, and so is a leave",
            |to, count| to.configuration.quotas.writes_per_client = per_minute(count),
        ),
    ],
};

/// A number of requests per minute. None at all would refuse everything, which is not what quotas are for.
const fn quota(
    name: &'static str,
    usual: &'static str,
    help: &'static str,
    more: &'static str,
    set: fn(&mut Draft, u64),
) -> Key {
    Key {
        name: Some(name),
        flag: None,
        default: Value(usual),
        help,
        more,
        set: Set::Number(1..=u32::MAX as u64, set),
    }
}

fn per_minute(count: u64) -> Option<NonZeroU32> {
    u32::try_from(count).ok().and_then(NonZeroU32::new)
}
