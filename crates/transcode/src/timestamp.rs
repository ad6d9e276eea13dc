//! A `google.protobuf.Timestamp` as proto3 JSON writes it: RFC 3339 in UTC, with as many decimals as are needed, by threes.
//!
//! By hand, because every row of every list has two, and formatting each of their numbers takes longer than all the rest of
//! a row.

use crate::wire::{Field, Value};

/// From the first to the last second that RFC 3339 can write: the years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
const SECONDS_PER_DAY: i64 = 86_400;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Days from the first of March of the year 0 to the first of January 1970.
const DAYS_TO_1970: u64 = 719_468;
const DAYS_PER_CENTURIES: u64 = 146_097;

/// Writes an encoded timestamp; `None` for one that is out of range, or not as services encode it.
pub(crate) fn write(mut encoded: &[u8], text: &mut Vec<u8>) -> Option<()> {
    let (mut seconds, mut nanos) = (0, 0);
    let mut last = 0;
    while let Some(field) = Field::next(&mut encoded).ok()? {
        if field.number <= last {
            return None;
        }
        last = field.number;
        match (field.number, field.value) {
            (1, Value::Varint(number)) => seconds = number.cast_signed(),
            (2, Value::Varint(number)) if number < NANOS_PER_SECOND => nanos = number,
            _ => return None,
        }
    }
    if !SECONDS.contains(&seconds) {
        return None;
    }
    let (year, month, day) = date(seconds.div_euclid(SECONDS_PER_DAY).checked_add_unsigned(DAYS_TO_1970)?)?;
    let second = seconds.rem_euclid(SECONDS_PER_DAY).unsigned_abs();
    let mut whole = *b"\"0000-00-00T00:00:00";
    for (place, number) in [
        (1..5, year),
        (6..8, month),
        (9..11, day),
        (12..14, second / 3600),
        (15..17, second / 60 % 60),
        (18..20, second % 60),
    ] {
        digits(number, &mut whole[place]);
    }
    text.extend_from_slice(&whole);
    let (fraction, decimals) = match nanos {
        0 => (0, 0),
        _ if nanos.is_multiple_of(1_000_000) => (nanos / 1_000_000, 3),
        _ if nanos.is_multiple_of(1_000) => (nanos / 1_000, 6),
        _ => (nanos, 9),
    };
    if decimals > 0 {
        let mut after = *b".000000000";
        digits(fraction, &mut after[1..=decimals]);
        text.extend_from_slice(&after[..=decimals]);
    }
    text.extend_from_slice(b"Z\"");
    Some(())
}

/// The date that is so many days after the first of March of the year 0: years begin in March here, so that the day that is not
/// always there is the last of one. Four centuries have the same number of days always.
fn date(days: i64) -> Option<(u64, u64, u64)> {
    let days = u64::try_from(days).ok()?;
    let (centuries, day) = (days / DAYS_PER_CENTURIES, days % DAYS_PER_CENTURIES);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    // Months from March on have 31, 30, 31, 30, 31 days, and so again: 153 in five.
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    Some((centuries * 400 + year + next_year, month, day_of_month))
}

/// Writes a number with all the digits that there are places for.
fn digits(mut number: u64, places: &mut [u8]) {
    for place in places.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).expect("below 10");
        number /= 10;
    }
}
