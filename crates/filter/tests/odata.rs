//! What OData's grammar accepts, what it refuses and where, which SQL it becomes, and that writing loses nothing.

use filter::{Comparison, Field, Kind, Malformed, Parameter, Predicate, Word, limits, odata};
use proptest::prelude::*;

const FIELDS: &[Field] = &[
    Field {
        path: "start_date_time",
        column: "start_us",
        kind: Kind::Time,
    },
    Field {
        path: "participants_v2.id",
        column: "participant",
        kind: Kind::Text,
    },
];

/// Writes the predicate in OData's grammar; a list has parentheses wherever it stands in another.
fn written(predicate: &Predicate) -> String {
    let path = |path: &Word| path.text.replace('.', "/");
    let list = |all: &[Predicate], conjunction: &str| {
        let items = all.iter().map(|inner| match inner {
            Predicate::And(_) | Predicate::Or(_) => format!("({})", written(inner)),
            _ => written(inner),
        });
        items.collect::<Vec<_>>().join(conjunction)
    };
    match predicate {
        Predicate::And(all) => list(all, " and "),
        Predicate::Or(all) => list(all, " or "),
        Predicate::Not(inner) => match &**inner {
            Predicate::IsNull { path: of } => format!("{} ne null", path(of)),
            _ => format!("not ({})", written(inner)),
        },
        Predicate::IsNull { path: of } => format!("{} eq null", path(of)),
        Predicate::Compare {
            path: of,
            comparison,
            literal,
        } => {
            let name = match comparison {
                Comparison::Equal => "eq",
                Comparison::NotEqual => "ne",
                Comparison::Less => "lt",
                Comparison::LessOrEqual => "le",
                Comparison::Greater => "gt",
                Comparison::GreaterOrEqual => "ge",
            };
            format!("{} {name} '{}'", path(of), literal.text.replace('\'', "''"))
        }
    }
}

#[test]
fn spelling_and_precedence() {
    let check = |text: &str, expected: &str| {
        let predicate = odata(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(written(&predicate), expected, "{text:?}");
        assert_eq!(odata(expected).as_ref(), Ok(&predicate), "{expected:?} reads back");
    };
    check("", "");
    check(" ", "");
    check("a eq 'b'", "a eq 'b'");
    check("a eq 'it''s'", "a eq 'it''s'");
    check("a eq ''", "a eq ''");
    check("a eq ''''", "a eq ''''");
    check("a eq 1", "a eq '1'");
    check("a eq -1", "a eq '-1'");
    check("a+eq+'b+c'", "a eq 'b+c'");
    check("a ge 2026-01-01T00:00:00+01:00", "a ge '2026-01-01T00:00:00+01:00'");
    check("a ge 2026-01-01T00:00:00.5Z", "a ge '2026-01-01T00:00:00.5Z'");
    check("a ge 2026-01-01+and+b eq 1", "a ge '2026-01-01' and b eq '1'");
    check("a eq null", "a eq null");
    check("a ne null", "a ne null");
    check("not a eq null", "a ne null");
    check("a in ('b','c')", "a eq 'b' or a eq 'c'");
    check("a in ('b')", "a eq 'b'");
    check("not (a in ('b', 'c'))", "not (a eq 'b' or a eq 'c')");
    check("a eq 1 or b eq 2 and c eq 3", "a eq '1' or (b eq '2' and c eq '3')");
    check("(a eq 1 or b eq 2) and c eq 3", "(a eq '1' or b eq '2') and c eq '3'");
    check("not a eq 1 and b eq 2", "not (a eq '1') and b eq '2'");
    check(
        "a eq microsoft.graph.callRecords.callType'groupCall'",
        "a eq 'groupCall'",
    );
    check(
        "p/id eq e523d2ed-2966-4b6b-925b-754a88034cc5",
        "p/id eq 'e523d2ed-2966-4b6b-925b-754a88034cc5'",
    );
    for text in [
        "participants_v2/any(p:p/id eq 'ID')",
        "participants_v2/any(x : x/id eq 'ID')",
        "participants_v2/any(participant:(participant/id eq 'ID'))",
    ] {
        check(text, "participants_v2/id eq 'ID'");
    }
    check("m/any(m:m eq 'audio')", "m eq 'audio'");
    check(
        "s/any(s:s/id in ('a','b') or s/x/y eq 'c') and id eq 'd'",
        "((s/id eq 'a' or s/id eq 'b') or s/x/y eq 'c') and id eq 'd'",
    );
    check("not s/any(s:s/id eq 'a')", "not (s/id eq 'a')");
}

#[test]
fn refusals_say_where_and_why() {
    let operator = "expected eq, ne, lt, le, gt, ge or in";
    let quotes = "expected a value; texts stand in single quotes";
    let end = "expected and, or, or the end of the filter";
    for (text, at, why) in [
        ("a", 1, operator),
        ("a = 'b'", 2, "unexpected character"),
        ("a EQ 'b'", 2, operator),
        ("a eq", 4, "expected a value"),
        ("a eq b", 5, quotes),
        ("a eq (b)", 5, "expected a value"),
        ("a eq \"b\"", 5, "a text stands in straight single quotes, '"),
        ("a eq ‘b’", 5, "a text stands in straight single quotes, '"),
        ("a eq ‚b‘", 5, "a text stands in straight single quotes, '"),
        ("a eq »b«", 5, "a text stands in straight single quotes, '"),
        ("a eq `b`", 5, "a text stands in straight single quotes, '"),
        ("a eq ´b´", 5, "a text stands in straight single quotes, '"),
        ("a eq b’", 6, "a text stands in straight single quotes, '"),
        (
            "p/any(x:x/id in (‹b›))",
            17,
            "a text stands in straight single quotes, '",
        ),
        ("a eq 'b", 5, "the text has no closing quote"),
        ("a eq 'b''", 5, "the text has no closing quote"),
        ("'a' eq 'b'", 0, "expected a property"),
        ("a eq 1 and", 10, "expected a property"),
        ("a eq 1 b eq 2", 7, end),
        ("a eq 1)", 6, end),
        ("(a eq 1", 7, "expected `)`"),
        ("a lt null", 5, "null compares only with eq and ne"),
        ("a in 'b'", 5, "expected `(` and the values"),
        ("a in ()", 6, "expected a value"),
        ("a in ('b' 'c')", 10, "expected `)`"),
        (
            "startswith(a,'b')",
            0,
            "there is no function \"startswith\" here; there is any, as in participants_v2/any(p:p/id eq 'x')",
        ),
        (
            "b/all(p:p/id eq 'x')",
            0,
            "there is no function \"b/all\" here; there is any, as in participants_v2/any(p:p/id eq 'x')",
        ),
        ("b/any()", 6, "expected a variable, as in any(p:p/id eq 'x')"),
        ("b/any(p/id eq 'x')", 6, "expected a variable, as in any(p:p/id eq 'x')"),
        ("b/any(p p/id eq 'x')", 8, "expected `:`"),
        ("b/any(p:id eq 'x')", 8, "within any, a property begins with `p/`"),
        ("b/any(p:p/ eq 'x')", 8, "within any, a property begins with `p/`"),
        ("b/any(p:p/id eq 'x'", 19, "expected `)`"),
        ("b/any(p:p/id ne 'x')", 13, "expected eq or in"),
        ("b/any(p:p/id eq 'x' and p/id eq 'y')", 20, "expected `)`"),
        ("b/any(p:not p/id eq 'x')", 8, "within any, a property begins with `p/`"),
        ("b/any(p:p/c/any(q:q/id eq 'x'))", 8, "within any there is no other any"),
        ("a eq é\0", 7, "unexpected character"),
    ] {
        let expected = Malformed { at, why: why.into() };
        assert_eq!(odata(text), Err(expected), "{text:?}");
    }
}

#[test]
fn limits_hold() {
    let longest = |bytes: usize| format!("a eq '{}'", "b".repeat(bytes - 7));
    let parentheses = |depth: usize| format!("{}a eq 1{}", "(".repeat(depth), ")".repeat(depth));
    let terms = |count: usize| format!("a in ({})", vec!["1"; count].join(","));
    for (make, limit) in [
        (&longest as &dyn Fn(usize) -> String, limits::FILTER_BYTES_MAX),
        (&parentheses, limits::DEPTH_MAX),
        (&terms, limits::TERMS_MAX),
    ] {
        odata(&make(limit)).expect("the limit itself is fine");
        let error = odata(&make(limit + 1)).expect_err("one more is not");
        assert!(error.why.contains(&limit.to_string()), "{error}");
    }
    assert!(odata(&"(".repeat(1_000_000)).is_err());
}

#[test]
fn conditions_and_their_parameters() {
    let read = |text: &str| odata(text).and_then(|predicate| predicate.to_sql(FIELDS, 3));
    let parameters = vec![
        Parameter::Int(1_767_222_000_000_000),
        Parameter::Text("A".to_owned()),
        Parameter::Text("B".to_owned()),
    ];
    let text = "startDateTime ge 2026-01-01T00:00:00+01:00 and participants_v2/any(p:p/id in ('A','B'))";
    let sql = "(start_us >= $3 and (participant = $4 or participant = $5))";
    assert_eq!(read(text), Ok((sql.to_owned(), parameters)));
    let refused = |text: &str, at: usize, part: &str| {
        let error = read(text).expect_err(text);
        assert_eq!(error.at, at, "{text}: {error}");
        assert!(error.why.contains(part), "{text}: {error}");
    };
    refused("subject eq 'x'", 0, "no field \"subject\" here");
    refused("participants_v2/any(p:p/name eq 'x')", 22, "\"participants_v2.name\"");
    refused("startDateTime gt 'yesterday'", 17, "a time such as");
}

/// A contract's words become those of the fields, wherever they stand.
#[test]
fn conditions_are_translated() {
    let mut translate = |condition: Predicate| match condition {
        Predicate::Compare { path, literal, .. } if path.text == "type" => Ok(match literal.text.as_str() {
            "groupCall" => Predicate::And(Vec::new()),
            _ => Predicate::Or(Vec::new()),
        }),
        Predicate::Compare { path, .. } if path.text == "secret" => Err(path.at),
        other => Ok(other),
    };
    let mut read = |text: &str| odata(text).expect(text).translated(&mut translate);
    let kept = odata("a eq null").expect("well-formed");
    let expected = Predicate::And(vec![
        Predicate::Not(Box::new(Predicate::Or(Vec::new()))),
        Predicate::And(Vec::new()),
        kept,
    ]);
    let text = "not (type eq 'peerToPeer') and type eq 'groupCall' and a eq null";
    assert_eq!(read(text), Ok(expected));
    assert_eq!(read("a eq 1 or secret eq 2"), Err(10));
}

fn paths() -> impl Strategy<Value = Word> {
    let keywords = ["and", "or", "not", "in", "eq", "ne", "lt", "le", "gt", "ge", "null"];
    "[a-z][a-zA-Z_]{0,8}(\\.[a-z]{1,3})?".prop_filter_map("a keyword is no path", move |text| {
        (!keywords.contains(&&*text)).then_some(Word { text, at: 0 })
    })
}

/// Trees within the limits, as the parser makes them: a list has two members at least.
fn predicates() -> impl Strategy<Value = Predicate> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let comparisons = prop::sample::select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual]);
    let literals = "\\PC{0,8}|[' +a]{0,5}".prop_map(|text| Word { text, at: 0 });
    let condition = prop_oneof![
        paths().prop_map(|path| Predicate::IsNull { path }),
        (paths(), comparisons, literals).prop_map(|(path, comparison, literal)| Predicate::Compare {
            path,
            comparison,
            literal,
        }),
    ];
    condition.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Predicate::Or),
            inner.prop_map(|inner| Predicate::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(predicate in predicates()) {
        let text = written(&predicate);
        prop_assert_eq!(odata(&text), Ok(predicate), "{}", text);
    }

    #[test]
    fn nothing_panics(text in any::<String>()) {
        read_and_write(&text)?;
    }

    /// Nearly right is where parsers break.
    #[test]
    fn nothing_nearly_right_panics(
        parts in prop::collection::vec(prop::sample::select(vec![
            "(", ")", "a", "startDateTime", " eq ", " ne ", " in ", "'", "''", ",", " ", "+", " and ", " or ", " not ",
            "null", "2024-01-01T00:00:00+01:00", "/any(", "p:", "p/", ":", "é", "\0",
        ]), 0..40),
    ) {
        read_and_write(&parts.concat())?;
    }
}

fn read_and_write(text: &str) -> Result<(), TestCaseError> {
    match odata(text) {
        Ok(predicate) => {
            let again = odata(&written(&predicate));
            prop_assert_eq!(again.as_ref(), Ok(&predicate));
            let _ = predicate.to_sql(FIELDS, 1);
        }
        Err(error) => prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at)),
    }
    Ok(())
}
