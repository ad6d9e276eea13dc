//! What Google's grammar accepts, what it refuses and where, and that printing loses nothing.

use filter::{Comparison, Malformed, Predicate, Word, google, google_conditions, limits};
use proptest::prelude::*;

/// Reads the text and prints what it means, so that a row of a table is two strings.
#[track_caller]
fn check(text: &str, expected: &str) {
    let predicate = google(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(predicate.to_string(), expected, "{text:?}");
    assert_eq!(google(expected).as_ref(), Ok(&predicate), "{expected:?} reads back");
}

#[test]
fn the_contracts_examples() {
    for (text, expected) in [
        (r#"space.name = "spaces/NAME""#, r#"space.name = "spaces/NAME""#),
        (
            r#"space.meeting_code = "abc-mnop-xyz""#,
            r#"space.meeting_code = "abc-mnop-xyz""#,
        ),
        (
            r#"start_time>="2024-01-01T00:00:00.000Z" AND start_time<="2024-01-02T00:00:00.000Z""#,
            r#"start_time >= "2024-01-01T00:00:00.000Z" AND start_time <= "2024-01-02T00:00:00.000Z""#,
        ),
        ("end_time IS NULL", "end_time IS NULL"),
        (
            "latestEndTime < 2023-10-01T15:01:23Z",
            r#"latestEndTime < "2023-10-01T15:01:23Z""#,
        ),
        ("latestEndTime IS NULL", "latestEndTime IS NULL"),
    ] {
        check(text, expected);
    }
}

#[test]
fn spelling() {
    for (text, expected) in [
        ("", ""),
        (" \t\n", ""),
        ("a='b'", r#"a = "b""#),
        ("a=b", r#"a = "b""#),
        ("\u{a0}a\n=\tb ", r#"a = "b""#),
        ("a>=b", r#"a >= "b""#),
        ("a >b and c<=d", r#"a > "b" AND c <= "d""#),
        ("a!=b", r#"a != "b""#),
        ("a is null", "a IS NULL"),
        ("a Is nOt NuLl", "a IS NOT NULL"),
        ("(a=b)", r#"a = "b""#),
        ("((a=b)AND(c=d))", r#"a = "b" AND c = "d""#),
        ("a=''", r#"a = """#),
        (r#"a="is \"it\" \\ 'so'""#, r#"a = "is \"it\" \\ 'so'""#),
        (r"a='don\'t'", r#"a = "don't""#),
        ("a=\"é(=)👩‍🚀\"", "a = \"é(=)👩‍🚀\""),
        ("a=2024-01-01T00:00:00.5+01:00", r#"a = "2024-01-01T00:00:00.5+01:00""#),
        ("isnull IS NULL", "isnull IS NULL"),
        ("a = AND", r#"a = "AND""#),
    ] {
        check(text, expected);
    }
}

#[test]
fn precedence() {
    for (text, expected) in [
        ("a=1 AND b=2 OR c=3", r#"a = "1" AND b = "2" OR c = "3""#),
        ("a=1 AND (b=2 OR c=3)", r#"a = "1" AND b = "2" OR c = "3""#),
        ("(a=1 AND b=2) OR c=3", r#"(a = "1" AND b = "2") OR c = "3""#),
        ("NOT a=1 OR b=2", r#"NOT a = "1" OR b = "2""#),
        ("NOT (a=1 OR b=2)", r#"NOT (a = "1" OR b = "2")"#),
        ("(NOT a=1) OR b=2", r#"NOT a = "1" OR b = "2""#),
        ("NOT NOT a=1", r#"NOT NOT a = "1""#),
        ("NOT a IS NULL", "a IS NOT NULL"),
        ("NOT a IS NOT NULL", "NOT a IS NOT NULL"),
        ("a=1 AND (b=2 AND c=3)", r#"a = "1" AND (b = "2" AND c = "3")"#),
    ] {
        check(text, expected);
    }
    let or = google("a=1 OR b=2 AND c=3").expect("well-formed");
    assert!(
        matches!(or, Predicate::And(all) if matches!(all[0], Predicate::Or(_))),
        "OR binds tighter"
    );
}

#[test]
fn refusals_say_where_and_why() {
    let value = "expected a value";
    let operator = "expected =, !=, <, <=, >, >= or IS";
    let end = "expected AND, OR or the end of the filter";
    for (text, at, why) in [
        ("a", 1, operator),
        ("a =", 3, value),
        ("a = = b", 4, value),
        ("a == b", 3, value),
        ("a = (b)", 4, value),
        ("\"a\" = b", 0, "expected a field"),
        ("= b", 0, "expected a field"),
        ("a=b AND", 7, "expected a field"),
        ("a=b OR )", 7, "expected a field"),
        ("a=b c=d", 4, end),
        ("a=b)", 3, end),
        ("(a=b", 4, "expected `)`"),
        ("()", 1, "expected a field"),
        ("NOT", 3, "expected a field"),
        ("a IS", 4, "expected NULL"),
        ("a IS b", 5, "expected NULL"),
        ("a IS \"NULL\"", 5, "expected NULL"),
        ("a IS NOT b", 9, "expected NULL"),
        ("a = \"b", 4, "the string has no closing quote"),
        ("a = 'b\\", 4, "the string has no closing quote"),
        ("a = “b”", 4, "a string stands in straight quotes, \" or '"),
        ("a = ‹b›", 4, "a string stands in straight quotes, \" or '"),
        ("a = `b`", 4, "a string stands in straight quotes, \" or '"),
        ("a = b”", 5, "a string stands in straight quotes, \" or '"),
        ("a = »b« AND c", 4, "a string stands in straight quotes, \" or '"),
        (r#"a = "\n""#, 5, "only quotes and backslashes follow a backslash"),
        ("é = b, c", 6, "unexpected character"),
        ("a = b\\c", 5, "unexpected character"),
        ("a = \0", 4, "unexpected character"),
    ] {
        let expected = Malformed { at, why: why.into() };
        assert_eq!(google(text), Err(expected), "{text:?}");
    }
}

/// What the lists of the Meet API take: where they take it, it means the same.
#[test]
fn conditions_alone() {
    for text in [
        "",
        "a IS NULL",
        "a is not null and b = 'c'",
        "a>=\"b\" AND c<d AND e > f AND g <= h AND a=b",
        "a = OR",
        "a = '!='",
    ] {
        assert_eq!(google_conditions(text), google(text), "{text:?}");
        assert!(google(text).is_ok(), "{text:?}");
    }
    let end = "expected AND or the end of the filter";
    for (text, at, why) in [
        ("a=b OR c=d", 4, end),
        ("a=b AND c=d OR e=f", 12, end),
        ("NOT a=b", 4, "expected =, !=, <, <=, >, >= or IS"),
        ("a=b AND NOT c IS NULL", 12, "expected =, !=, <, <=, >, >= or IS"),
        ("(a=b)", 0, "expected a field"),
        ("a=b AND (c=d)", 8, "expected a field"),
        ("a=b)", 3, end),
        ("a!=b", 0, "a is not compared with !="),
        ("a=b AND c != d", 8, "c is not compared with !="),
        ("a=b c=d", 4, end),
    ] {
        let expected = Malformed { at, why: why.into() };
        assert_eq!(google_conditions(text), Err(expected), "{text:?}");
    }
}

/// Each limit holds to the last, and one more is refused.
#[test]
fn limits_hold() {
    let longest = |bytes: usize| format!("a=\"{}\"", "b".repeat(bytes - 4));
    let parentheses = |depth: usize| format!("{}a=b{}", "(".repeat(depth), ")".repeat(depth));
    let negations = |depth: usize| format!("{}a=b", "NOT ".repeat(depth));
    let terms = |count: usize| vec!["a=b"; count].join(" OR ");
    for (make, limit) in [
        (&longest as &dyn Fn(usize) -> String, limits::FILTER_BYTES_MAX),
        (&parentheses, limits::DEPTH_MAX),
        (&negations, limits::DEPTH_MAX),
        (&terms, limits::TERMS_MAX),
    ] {
        google(&make(limit)).expect("the limit itself is fine");
        let error = google(&make(limit + 1)).expect_err("one more is not");
        assert!(error.why.contains(&limit.to_string()), "{error}");
    }
    assert!(google(&"(".repeat(1_000_000)).is_err());
}

fn words(pattern: &'static str) -> impl Strategy<Value = Word> {
    pattern.prop_map(|text| Word { text, at: 0 })
}

fn paths() -> impl Strategy<Value = Word> {
    words("[a-z][a-z_.]{0,8}[A-Za-z]").prop_filter("a keyword is no path", |path| {
        !["and", "or", "not", "is"].contains(&&*path.text.to_lowercase())
    })
}

fn comparisons() -> impl Strategy<Value = Comparison> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    prop::sample::select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual])
}

/// Trees within the limits, as the parser makes them: a list has two members at least.
fn predicates() -> impl Strategy<Value = Predicate> {
    let condition = prop_oneof![
        paths().prop_map(|path| Predicate::IsNull { path }),
        (paths(), comparisons(), words("\\PC{0,8}|[\"'\\\\a ]{0,5}")).prop_map(|(path, comparison, literal)| {
            Predicate::Compare {
                path,
                comparison,
                literal,
            }
        }),
    ];
    condition.prop_recursive(6, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::Or),
            inner.prop_map(|inner| Predicate::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(predicate in predicates()) {
        let text = predicate.to_string();
        prop_assert_eq!(google(&text), Ok(predicate), "{}", text);
    }

    #[test]
    fn nothing_panics(text in any::<String>()) {
        read_and_print(&text)?;
    }

    /// Nearly right is where parsers break.
    #[test]
    fn nothing_nearly_right_panics(
        parts in prop::collection::vec(prop::sample::select(vec![
            "(", ")", "a", "start_time", "=", "!=", "<", ">=", "\"", "'", "\\", " ", "AND", " OR ", " NOT ", " IS ",
            "NULL", "2024-01-01T00:00:00Z", "é", ",", "\0",
        ]), 0..40),
    ) {
        read_and_print(&parts.concat())?;
    }
}

fn read_and_print(text: &str) -> Result<(), TestCaseError> {
    match google(text) {
        Ok(predicate) => prop_assert_eq!(google(&predicate.to_string()), Ok(predicate)),
        Err(error) => prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at)),
    }
    Ok(())
}
