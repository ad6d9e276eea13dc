//! Times and lists as the contract has them.

use calls::{List, ListError};
use meeting::Micros;
use prost::Message;
use prost_types::{Duration, Timestamp};
use serde_json::Value;

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

/// A message of the contract, by its name there, as JSON: what has no value is not there.
pub(super) fn json_of(name: &str, message: &impl Message) -> Value {
    let name = format!("enfonica.voice.v1beta1.{name}");
    let json = transcode::message_to_json(api::descriptor_pool(), &name, &message.encode_to_vec());
    serde_json::from_slice(&json.expect("our own message")).expect("JSON")
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
