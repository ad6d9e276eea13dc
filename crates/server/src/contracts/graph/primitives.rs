//! The primitive types of OData, as they are written: `Edm.DateTimeOffset`, `Edm.Duration`, and a UUID as a `Guid`.
//!
//! Clients read them strictly: a malformed date loses the whole answer, and a number where a duration should be is nothing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use meeting::Micros;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;

/// A moment: `2026-11-20T18:52:21.216988Z`, to the microsecond, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(pub(super) Micros);

/// A length of time in microseconds: `PT1M2.5S`. There is none below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span(pub(super) u64);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(ascii(&self.digits()))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = self.0 / 1_000_000;
        let mut text = "PT".to_owned();
        for (number, unit) in [(seconds / 3_600, 'H'), (seconds / 60 % 60, 'M')] {
            if number > 0 {
                text.push_str(&number.to_string());
                text.push(unit);
            }
        }
        let mut second = *b"00.000000";
        place(seconds % 60, &mut second[..2]);
        place(self.0 % 1_000_000, &mut second[3..]);
        let begin = usize::from(second[0] == b'0');
        text.push_str(ascii(&second[begin..]).trim_end_matches('0').trim_end_matches('.'));
        text.push('S');
        serializer.serialize_str(&text)
    }
}

impl Moment {
    /// By hand: every record has three, and formatting each of their numbers takes longer than all the rest of a record.
    fn digits(self) -> [u8; MOMENT_BYTES] {
        let whole = OffsetDateTime::from_unix_timestamp(self.0.0.div_euclid(1_000_000));
        // What is outside the years 1 to 9999 was never kept.
        let whole = whole.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = whole.to_calendar_date();
        let (hour, minute, second) = whole.to_hms();
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        for (digits, number) in [
            (0..4, year.unsigned_abs().into()),
            (5..7, u8::from(month).into()),
            (8..10, day.into()),
            (11..13, hour.into()),
            (14..16, minute.into()),
            (17..19, second.into()),
            (20..26, self.0.0.rem_euclid(1_000_000).unsigned_abs()),
        ] {
            place(number, &mut text[digits]);
        }
        text
    }
}

/// How long a moment is as text.
const MOMENT_BYTES: usize = "2026-11-20T18:52:21.216988Z".len();

/// A moment without its fraction and without a zone, as errors have it.
pub(super) fn second(moment: Micros) -> String {
    ascii(&Moment(moment).digits()[..19]).to_owned()
}

/// Writes a number with all the digits that there are places for.
fn place(mut number: u64, digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).expect("below 10");
        number /= 10;
    }
}

/// What was written digit by digit.
fn ascii(text: &[u8]) -> &str {
    str::from_utf8(text).expect("digits, hyphens and the like")
}

/// An id of ours as text: what is a UUID gets hyphens, and the 21 digits of a user stay.
pub(super) fn guid(id: &str) -> String {
    // The decoder asks for room by threes.
    let mut bytes = [0; 18];
    match URL_SAFE_NO_PAD.decode_slice(id, &mut bytes) {
        Ok(16) => {
            let (uuid, _) = bytes.split_first_chunk().expect("there are 16 of them");
            hyphenated(u128::from_be_bytes(*uuid))
        }
        _ => id.to_owned(),
    }
}

/// The id of ours that is meant, if it may be one: a UUID in whatever case, or the digits of a user.
pub(super) fn id(text: &str) -> Option<String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let has_hyphens = [8, 13, 18, 23].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-'));
    let digits: String = text.split('-').collect();
    let is_uuid = has_hyphens && text.len() == 36 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u128::from_str_radix(&digits, 16).ok().filter(|_| is_uuid)?;
    Some(URL_SAFE_NO_PAD.encode(number.to_be_bytes()))
}

/// A number as a UUID is written.
pub(super) fn hyphenated(number: u128) -> String {
    let mut text = *b"00000000-0000-0000-0000-000000000000";
    let digits = text.iter_mut().filter(|character| **character != b'-');
    for (at, digit) in digits.enumerate() {
        let half = number >> (124 - 4 * at) & 0xf;
        *digit = b"0123456789abcdef"[usize::try_from(half).expect("four bits")];
    }
    ascii(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_spans() {
        let check = |value: serde_json::Result<String>, expected: &str| {
            assert_eq!(value.expect("writable"), format!("\"{expected}\""));
        };
        let moment = |us| serde_json::to_string(&Moment(Micros(us)));
        check(moment(0), "1970-01-01T00:00:00.000000Z");
        check(moment(1_763_664_741_216_988), "2025-11-20T18:52:21.216988Z");
        check(moment(-1), "1969-12-31T23:59:59.999999Z");
        check(moment(i64::MAX), "1970-01-01T00:00:00.775807Z");
        let span = |us| serde_json::to_string(&Span(us));
        check(span(0), "PT0S");
        check(span(7_000), "PT0.007S");
        check(span(62_500_000), "PT1M2.5S");
        check(span(3_600_000_000), "PT1H0S");
        check(span(10_000_000), "PT10S");
        check(span(1), "PT0.000001S");
        check(span(20_000_000), "PT20S");
        check(span(60_000_000), "PT1M0S");
        check(span(59_100_000), "PT59.1S");
    }

    #[test]
    fn ids_are_the_same_facts_in_both_contracts() {
        let check = |ours: &str, graphs: &str| {
            assert_eq!(guid(ours), graphs);
            assert_eq!(id(graphs).as_deref(), Some(ours));
            assert_eq!(id(&graphs.to_uppercase()).as_deref(), Some(ours));
        };
        check("AAAAAAAAAAAAAAAAAAAAAA", "00000000-0000-0000-0000-000000000000");
        check("5SPS7SlmS2uSW3VKiANMxQ", "e523d2ed-2966-4b6b-925b-754a88034cc5");
        check("100000000000000000001", "100000000000000000001");
        for none in [
            "x",
            "e523d2ed29664b6b925b754a88034cc5",
            "e523d2ed-2966-4b6b-925b-754a88034ccx",
            "+523d2ed-2966-4b6b-925b-754a88034cc5",
        ] {
            assert_eq!(id(none), None, "{none}");
        }
    }
}
