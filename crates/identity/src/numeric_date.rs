//! A time in a JSON Web Token: seconds since the Unix epoch, with a fraction where the author likes (RFC 7519 §2).

use serde::Deserialize;

use crate::token::MICROSECONDS_PER_SECOND;

/// The time, in our unit. What lies beyond it is its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub(crate) struct NumericDate {
    pub(crate) us: i64,
}

/// Both ways to write one. A whole number is read as such: a fraction has no room for all of its digits.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Whole(i64),
    Fraction(f64),
}

impl From<Written> for NumericDate {
    fn from(written: Written) -> NumericDate {
        let us = match written {
            Written::Whole(seconds) => seconds.saturating_mul(MICROSECONDS_PER_SECOND),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "what does not fit becomes the end of what does"
            )]
            Written::Fraction(seconds) => (seconds * 1e6) as i64,
        };
        NumericDate { us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_ways() {
        for (written, expected) in [
            ("1767225600", Some(1_767_225_600_000_000)),
            ("1767225600.5", Some(1_767_225_600_500_000)),
            ("1767225600.0", Some(1_767_225_600_000_000)),
            ("1.7672256e9", Some(1_767_225_600_000_000)),
            ("-1", Some(-1_000_000)),
            ("9223372036854775807", Some(i64::MAX)),
            ("18446744073709551615", Some(i64::MAX)),
            ("-1e300", Some(i64::MIN)),
            ("\"1767225600\"", None),
            ("null", None),
        ] {
            let read = serde_json::from_str::<NumericDate>(written).ok();
            assert_eq!(read.map(|read| read.us), expected, "{written}");
        }
    }
}
