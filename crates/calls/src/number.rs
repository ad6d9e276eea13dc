//! Numbers of the telephone network, as they stand in SIP and as they are meant.
//!
//! Networks write one number in many ways, and whoever is called has one: `+` and digits (E.164). What can be read without knowing where
//! somebody stands is read, and nothing else: `+61 2 5550-1234`, `0061255501234` and `61255501234` are one number, and `0255501234`,
//! which is another one in each country, is none. Digits alone are a whole number if they are as many as one has: who is called `200` is
//! an extension, and nobody in Russia.

use std::str::FromStr;

use crate::{
    address::is_number,
    limits::{ADDRESS_BYTES_MAX, NUMBER_DIGITS_MIN},
};

/// The number that is meant, as `+` and digits; `None`, if it is none.
///
/// It is what stands for somebody in an address of SIP or behind `tel:`. What follows a `;` says how the number came here and is no part of
/// it (RFC 3966, RFC 4694), and what parts digits for the eye is left out (RFC 3966 §3).
pub(crate) fn normalised(text: &str) -> Option<String> {
    let text = text.split(';').next().filter(|text| text.len() <= ADDRESS_BYTES_MAX)?;
    // Some write `+` as other characters of an address have to be.
    let (sign, rest) = match text.get(..3) {
        Some("%2B" | "%2b") => ("+", &text[3..]),
        _ => ("", text),
    };
    let is_seen = |character: &char| !matches!(character, ' ' | '-' | '.' | '(' | ')');
    let plain: String = sign.chars().chain(rest.chars().filter(is_seen)).collect();
    let number = match plain.strip_prefix("00") {
        // What most of the world dials before a country.
        Some(abroad) => format!("+{abroad}"),
        None if plain.starts_with('+') => plain,
        None if plain.len() >= NUMBER_DIGITS_MIN => format!("+{plain}"),
        None => return None,
    };
    is_number(&number).then_some(number)
}

/// Numbers that the trunk brings: all with this begin, for one project or for whoever has them first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRange {
    prefix: String,
    project: Option<String>,
}

/// That is no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a range is the begin of numbers such as +6125550, or a project and one: support:+6125550")]
pub struct NoRange;

impl FromStr for NumberRange {
    type Err = NoRange;

    fn from_str(text: &str) -> Result<NumberRange, NoRange> {
        let (project, prefix) = match text.split_once(':') {
            Some((project, prefix)) => (Some(project), prefix),
            None => (None, text),
        };
        let is_begin = |digits: &str| {
            let is_of_digits = digits.bytes().all(|digit| digit.is_ascii_digit());
            (1..=15).contains(&digits.len()) && is_of_digits && !digits.starts_with('0')
        };
        if project.is_some_and(str::is_empty) || !prefix.strip_prefix('+').is_some_and(is_begin) {
            return Err(NoRange);
        }
        Ok(NumberRange {
            prefix: prefix.to_owned(),
            project: project.map(str::to_owned),
        })
    }
}

/// Which numbers the trunk brings, as the operator says, and to whom. Of ranges that a number is in, the longest say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberPlan(pub Vec<NumberRange>);

impl NumberPlan {
    /// Whether a project may have that number.
    pub(crate) fn gives(&self, number: &str, project: &str) -> bool {
        let around = || self.0.iter().filter(|range| number.starts_with(&range.prefix));
        let longest = around().map(|range| range.prefix.len()).max();
        around()
            .filter(|range| Some(range.prefix.len()) == longest)
            .any(|range| range.project.as_deref().is_none_or(|owner| owner == project))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn which_number_is_meant() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(normalised(text).as_deref(), expected, "{text}");
        };
        let office = Some("+61255501234");
        check("+61255501234", office);
        check("61255501234", office);
        check("0061255501234", office);
        check("%2B61255501234", office);
        check("+61-2-5550.1234", office);
        check("+61 (2) 5550 1234", office);
        check("+61255501234;npdi;rn=+61255509999", office);
        check("61255501234;phone-context=example.org", office);
        check("+290", Some("+290"));
        check("6834002", Some("+6834002"));
        for none in [
            "",
            "+",
            "0255501234",
            "+0255501234",
            "00",
            "000255501234",
            "200",
            "683400",
            "ada",
            "+6125550123a",
            "++61255501234",
            "+61+255501234",
            "%2B%2B61255501234",
            "6125550123456789",
            "anonymous",
            ";61255501234",
            "+٣٤٥٦٧٨٩",
        ] {
            check(none, None);
        }
        check(&format!("+61{}2", " ".repeat(300)), None);
    }

    #[test]
    fn which_numbers_a_project_may_have() {
        let plan = [
            "+6125550",
            "support:+61255501",
            "sales:+612555012",
            "support:+612555012",
        ];
        let plan = NumberPlan(plan.iter().map(|range| range.parse().expect("a range")).collect());
        let check = |number: &str, support: bool, sales: bool| {
            let given = ["support", "sales"].map(|project| plan.gives(number, project));
            assert_eq!(given, [support, sales], "{number}");
        };
        check("+61255509999", true, true);
        check("+61255501999", true, false);
        check("+61255501234", true, true);
        check("+6125551", false, false);
        check("+61", false, false);
        assert!(
            !NumberPlan::default().gives("+61255501234", "support"),
            "nothing is given where nobody says so"
        );
    }

    #[test]
    fn what_a_range_is() {
        let check = |text: &str, expected: bool| {
            assert_eq!(text.parse::<NumberRange>().is_ok(), expected, "{text}");
        };
        check("+61", true);
        check("+61255501234", true);
        check("support:+61", true);
        for none in [
            "",
            "+",
            "61",
            ":+61",
            "support:",
            "support:61",
            "+0",
            "+61a",
            "+6125550123456789",
            "a:b:+61",
        ] {
            check(none, false);
        }
    }

    /// A number, and what may stand between its digits.
    fn written() -> impl Strategy<Value = (String, String)> {
        let parts = prop::collection::vec(("[0-9]", "[-. ()]{0,2}"), 6..=14);
        ("[1-9]", parts).prop_map(|(first, parts)| {
            let digits: String = parts.iter().map(|(digit, _)| digit.as_str()).collect();
            let written: String = parts.iter().flat_map(|(digit, gap)| [gap.as_str(), digit]).collect();
            (format!("+{first}{digits}"), format!("{first}{written}"))
        })
    }

    proptest! {
        #[test]
        fn all_ways_of_writing_a_number_are_one((number, written) in written(), more in "(;[a-z0-9=+.]{0,9}){0,2}") {
            for before in ["+", "00", "%2B", ""] {
                let text = format!("{before}{written}{more}");
                prop_assert_eq!(normalised(&text), Some(number.clone()), "{}", text);
            }
        }

        #[test]
        fn what_is_read_is_a_number_and_reads_as_itself(text in "\\PC{0,40}|[+0-9%2Bb;() .-]{0,24}") {
            if let Some(number) = normalised(&text) {
                prop_assert!(is_number(&number));
                prop_assert_eq!(normalised(&number), Some(number));
            }
        }
    }
}
