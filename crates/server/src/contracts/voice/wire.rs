//! Times and lists as the contract has them.

use calls::{List, ListError};
use meeting::Micros;
use prost_types::{Duration, Timestamp};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::failure::Failure;
use crate::grpc::wire::timestamp;

pub(super) fn time(time_us: Option<i64>) -> Option<Timestamp> {
    time_us.map(|time_us| timestamp(Micros(time_us)))
}

/// A time that has passed, in microseconds.
pub(super) fn duration(us: i64) -> Duration {
    let nanos = us.rem_euclid(1_000_000) * 1_000;
    Duration {
        seconds: us.div_euclid(1_000_000),
        nanos: i32::try_from(nanos).expect("below a second"),
    }
}

/// A time as JSON has it.
pub(super) fn rfc3339(time_us: i64) -> String {
    let nanos = i128::from(time_us) * 1_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok();
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

pub(super) fn list<'a>(size: i32, token: &'a str, filter: &'a str) -> List<'a> {
    List { size, token, filter }
}

/// Why there is no page.
pub(super) fn unlisted(error: &ListError) -> Failure {
    match error {
        ListError::Size => Failure::field("page_size", error.to_string()),
        ListError::Token => Failure::field("page_token", error.to_string()),
        ListError::Filter(malformed) => Failure::field("filter", malformed.to_string()),
        ListError::Store(error) => unreachable(error),
    }
}

/// The database does not answer.
pub(super) fn unreachable(error: &db::Error) -> Failure {
    Failure::unreachable(error, "the calls cannot be reached")
}
