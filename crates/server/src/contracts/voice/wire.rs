//! Times and lists as the contract has them.

use calls::List;
use meeting::Micros;
use prost::Message;
use prost_types::{Duration, Timestamp};
use serde_json::Value;

use crate::grpc::wire::timestamp;
pub(super) use crate::paging::{unlisted, unreachable};

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
