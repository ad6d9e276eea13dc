//! Moments as callers write them: RFC 3339 with any offset and any decimals.
//!
//! Columns hold microseconds. A literal with more than six decimals lies between two of them, and cutting it off would let
//! `> …00.0000005Z` miss a row of a microsecond earlier than asked, or find one too many. So the literal keeps whether
//! it lies above its microsecond, and each comparison is turned into one of whole microseconds that holds for the same
//! rows.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::Comparison;

const NANOSECONDS_PER_MICROSECOND: i128 = 1000;

/// Where the time of day is set off from the date.
const SEPARATOR_AT: usize = "2026-01-31".len();

/// What sets it off: RFC 3339 §5.6. The parser takes any character.
const SEPARATORS: &[u8] = b"Tt ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeLiteral {
    /// The last microsecond that is not after it.
    pub(crate) floor_us: i64,
    /// Whether it is that microsecond.
    pub(crate) exact: bool,
}

/// The same condition in whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MicrosecondCondition {
    Compare(Comparison),
    /// Holds for no moment.
    Never,
    /// Holds for every moment.
    Always,
}

/// A moment as RFC 3339 writes it; `None` if it is none. What is smaller than a nanosecond is left out.
pub fn moment(text: &str) -> Option<OffsetDateTime> {
    let separator = text.as_bytes().get(SEPARATOR_AT)?;
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    SEPARATORS.contains(separator).then_some(moment)
}

impl TimeLiteral {
    pub(crate) fn parse(text: &str) -> Result<TimeLiteral, &'static str> {
        let moment = moment(text)
            .ok_or("expected a time such as 2026-01-31T09:30:00Z or 2026-01-31T10:30:00.123456789+01:00")?;
        let beyond_nanoseconds = text.split_once('.').and_then(|(_, decimals)| decimals.get(9..));
        let is_whole_nanosecond = beyond_nanoseconds
            .is_none_or(|rest| rest.bytes().take_while(u8::is_ascii_digit).all(|digit| digit == b'0'));
        let nanoseconds = moment.unix_timestamp_nanos();
        let floor_us = nanoseconds.div_euclid(NANOSECONDS_PER_MICROSECOND);
        Ok(TimeLiteral {
            floor_us: i64::try_from(floor_us).expect("the years 0 to 9999 fit many times over"),
            exact: is_whole_nanosecond && nanoseconds.rem_euclid(NANOSECONDS_PER_MICROSECOND) == 0,
        })
    }

    /// What to ask of a microsecond against `floor_us`, to learn how its moment compares with the literal.
    pub(crate) fn condition(self, comparison: Comparison) -> MicrosecondCondition {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        if self.exact {
            return MicrosecondCondition::Compare(comparison);
        }
        match comparison {
            Equal => MicrosecondCondition::Never,
            NotEqual => MicrosecondCondition::Always,
            Less | LessOrEqual => MicrosecondCondition::Compare(LessOrEqual),
            Greater | GreaterOrEqual => MicrosecondCondition::Compare(Greater),
        }
    }
}
