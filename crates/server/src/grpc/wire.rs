//! What contracts share of fields: how a list's request becomes a query of the register, times as the wire has them, and what a number of
//! an enumeration means.

use meeting::Micros;
use prost_types::Timestamp;
use register::Query;

use crate::failure::{Answer, Failure};

/// A query at this time.
pub(crate) fn query<'a>(filter: &'a str, page_size: i32, page_token: &'a str, now: Micros) -> Query<'a> {
    Query {
        filter,
        page_size,
        page_token,
        now,
    }
}

/// A time of the register as the wire has it.
pub(crate) fn timestamp(time: Micros) -> Timestamp {
    let nanos = time.0.rem_euclid(1_000_000) * 1_000;
    Timestamp {
        seconds: time.0.div_euclid(1_000_000),
        nanos: i32::try_from(nanos).expect("below a second"),
    }
}

/// What a request chooses of an enumeration. A number that is none of its values is refused: prost's getters make UNSPECIFIED of it, and so
/// whatever is usual, which nobody asked for. Every enumeration that comes in comes through here.
pub(crate) fn chosen<Value: TryFrom<i32>>(number: i32, field: &str) -> Answer<Value> {
    let value = Value::try_from(number);
    value.map_err(|_| Failure::field(field, format!("{number} is not a value of this field")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (time_us, seconds, nanos) in [(0, 0, 0), (1_500_000, 1, 500_000_000), (-1, -1, 999_999_000)] {
            assert_eq!(timestamp(Micros(time_us)), Timestamp { seconds, nanos });
        }
    }
}
