//! What SQL a predicate becomes, what the field table refuses, and that a real SQLite finds the rows that a naive reading
//! of the filter finds.

use filter::{Comparison, Field, Kind, Malformed, Parameter, Predicate, google};
use proptest::prelude::*;
use rusqlite::{Connection, types::Value};
use std::cmp::Ordering;

const FIELDS: &[Field] = &[
    Field {
        path: "start_time",
        column: "start_us",
        kind: Kind::Time,
    },
    Field {
        path: "end_time",
        column: "end_us",
        kind: Kind::Time,
    },
    Field {
        path: "space.name",
        column: "space",
        kind: Kind::ResourceName("spaces/"),
    },
    Field {
        path: "space.meeting_code",
        column: "code",
        kind: Kind::Text,
    },
    Field {
        path: "title",
        column: "title",
        kind: Kind::Text,
    },
    Field {
        path: "size",
        column: "bytes",
        kind: Kind::Number,
    },
    Field {
        path: "guests.name",
        column: "select 1 from guest g where g.party = party.id and g.name",
        kind: Kind::Any,
    },
];

/// 2024-01-01T00:00:00Z.
const NEW_YEAR_US: i64 = 1_704_067_200_000_000;

fn int(value: i64) -> Parameter {
    Parameter::Int(value)
}

fn text(value: &str) -> Parameter {
    Parameter::Text(value.to_owned())
}

#[test]
fn conditions_and_their_parameters() {
    for (filter, sql, parameters) in [
        ("", "1 = 1", vec![]),
        ("end_time IS NULL", "end_us is null", vec![]),
        ("endTime IS NOT NULL", "not (end_us is null)", vec![]),
        (
            "space.name = spaces/-yy3uKlef_QB",
            "space = $7",
            vec![text("-yy3uKlef_QB")],
        ),
        (
            "space.meetingCode='abc-mnop-xyz'",
            "code = $7",
            vec![text("abc-mnop-xyz")],
        ),
        (
            "title != 'Ä\"; drop table'",
            "title <> $7",
            vec![text("Ä\"; drop table")],
        ),
        ("size >= -7", "bytes >= $7", vec![int(-7)]),
        (
            "NOT guests.name = Zoe",
            "not (exists (select 1 from guest g where g.party = party.id and g.name = $7))",
            vec![text("Zoe")],
        ),
        (
            "NOT title = a AND start_time >= 2024-01-01T01:00:00+01:00 OR end_time < \"2024-01-01T00:00:00.000001Z\"",
            "(not (title = $7) and (start_us >= $8 or end_us < $9))",
            vec![text("a"), int(NEW_YEAR_US), int(NEW_YEAR_US + 1)],
        ),
    ] {
        let predicate = google(filter).expect("well-formed");
        assert_eq!(
            predicate.to_sql(FIELDS, 7),
            Ok((sql.to_owned(), parameters)),
            "{filter}"
        );
    }
}

#[test]
fn what_a_field_must_be() {
    for (filter, title) in [
        ("title = a", Some("a")),
        (
            "size = 7 AND (start_time > 2024-01-01T00:00:00Z AND title = a)",
            Some("a"),
        ),
        ("", None),
        ("title != a", None),
        ("NOT title = a", None),
        ("title = a OR title = b", None),
        ("title IS NULL", None),
    ] {
        assert_eq!(
            google(filter).expect("well-formed").demanded("title"),
            title,
            "{filter}"
        );
    }
    let camel = google("space.meetingCode = a").expect("well-formed");
    assert_eq!(camel.demanded("space.meeting_code"), Some("a"));
}

/// A literal between two microseconds is not cut off: each row says which whole microsecond to compare with, and how.
#[test]
fn nanoseconds_are_not_truncated() {
    for (literal, condition, floor_us) in [
        (">  2024-01-01T00:00:00.000000500Z", "start_us > $1", NEW_YEAR_US),
        (">= 2024-01-01T00:00:00.0000005Z", "start_us > $1", NEW_YEAR_US),
        ("<  2024-01-01T00:00:00.000000001Z", "start_us <= $1", NEW_YEAR_US),
        ("<= 2024-01-01T00:00:00.000000999Z", "start_us <= $1", NEW_YEAR_US),
        (">= 2024-01-01T00:00:00.000000000Z", "start_us >= $1", NEW_YEAR_US),
        ("<  2024-01-01T00:00:00.000001000Z", "start_us < $1", NEW_YEAR_US + 1),
        ("=  2024-01-01T00:00:00.000001Z", "start_us = $1", NEW_YEAR_US + 1),
        ("<  1969-12-31T23:59:59.999999999Z", "start_us <= $1", -1),
        // Of more than nine decimals none is lost either.
        (">= 2024-01-01T00:00:00.0000000001Z", "start_us > $1", NEW_YEAR_US),
        (
            "<  2024-01-01T00:00:00.000001000000000001+00:00",
            "start_us <= $1",
            NEW_YEAR_US + 1,
        ),
        (
            ">= 2024-01-01T00:00:00.0000010000000000-00:00",
            "start_us >= $1",
            NEW_YEAR_US + 1,
        ),
        ("<  1969-12-31T23:59:59.9999999999Z", "start_us <= $1", -1),
        ("=  2024-01-01t00:00:00z", "start_us = $1", NEW_YEAR_US),
        ("=  '2024-01-01 00:00:00Z'", "start_us = $1", NEW_YEAR_US),
        (">  0000-01-01T00:00:00Z", "start_us > $1", -62_167_219_200_000_000),
        (
            "<  9999-12-31T23:59:59.999999999-23:59",
            "start_us <= $1",
            253_402_387_139_999_999,
        ),
    ] {
        let predicate = google(&format!("start_time {literal}")).expect("well-formed");
        let expected = Ok((condition.to_owned(), vec![int(floor_us)]));
        assert_eq!(predicate.to_sql(FIELDS, 1), expected, "{literal}");
    }
    for (sign, condition) in [("=", "start_us <> start_us"), ("!=", "start_us = start_us")] {
        let predicate = google(&format!("start_time {sign} 2024-01-01T00:00:00.0000005Z")).expect("well-formed");
        assert_eq!(predicate.to_sql(FIELDS, 1), Ok((condition.to_owned(), vec![])));
    }
}

#[test]
fn refusals_say_where_and_why() {
    let known = "start_time, end_time, space.name, space.meeting_code, title, size, guests.name";
    let time = "expected a time such as 2026-01-31T09:30:00Z or 2026-01-31T10:30:00.123456789+01:00";
    for (filter, at, why) in [
        (
            "title = a AND nam = b",
            14,
            format!("there is no field \"nam\" here; there are {known}"),
        ),
        (
            "nam IS NULL",
            0,
            format!("there is no field \"nam\" here; there are {known}"),
        ),
        (
            "StartTime IS NULL",
            0,
            format!("there is no field \"StartTime\" here; there are {known}"),
        ),
        (
            "start_us IS NULL",
            0,
            format!("there is no field \"start_us\" here; there are {known}"),
        ),
        ("title < a", 0, "title compares only with = and !=".to_owned()),
        (
            "space.name = abc",
            13,
            "expected a name that begins with spaces/".to_owned(),
        ),
        ("start_time = yesterday", 13, time.to_owned()),
        ("start_time = 2024-01-01", 13, time.to_owned()),
        ("start_time = 2024-01-01T00:00:00", 13, time.to_owned()),
        ("start_time = 2024-02-30T00:00:00Z", 13, time.to_owned()),
        ("start_time = ''", 13, time.to_owned()),
        ("start_time = 2024-01-01X00:00:00Z", 13, time.to_owned()),
        ("start_time = 2024-01-01_00:00:00Z", 13, time.to_owned()),
        ("start_time = 2024-01-01é00:00:00Z", 13, time.to_owned()),
        ("start_time = 2024-01-01T00:00:00.Z", 13, time.to_owned()),
        ("size = 7.5", 7, "expected a whole number".to_owned()),
        ("size = 9223372036854775808", 7, "expected a whole number".to_owned()),
        ("guests.name != Zoe", 0, "guests.name compares only with =".to_owned()),
        ("guests.name IS NULL", 0, "guests.name compares only with =".to_owned()),
        ("title = \"\0\"", 8, "a text has no zero bytes".to_owned()),
    ] {
        let predicate = google(filter).expect("well-formed");
        assert_eq!(
            predicate.to_sql(FIELDS, 1),
            Err(Malformed { at, why: why.into() }),
            "{filter}"
        );
    }
}

/// One row of the table that the property asks about.
#[derive(Debug, Clone)]
struct Row {
    start_us: Option<i64>,
    title: Option<String>,
}

/// SQL's three values, in the order that makes `and` the least of them and `or` the greatest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Truth {
    False,
    Unknown,
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

/// What the filter means, read naively: times in nanoseconds, and nothing is known of a field that is unset.
fn holds(predicate: &Predicate, row: &Row) -> Truth {
    match predicate {
        Predicate::And(all) => all.iter().map(|inner| holds(inner, row)).min().unwrap_or(Truth::True),
        Predicate::Or(all) => all.iter().map(|inner| holds(inner, row)).max().unwrap_or(Truth::False),
        Predicate::Not(inner) => match holds(inner, row) {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        },
        Predicate::IsNull { path } if path.text == "title" => row.title.is_none().into(),
        Predicate::IsNull { .. } => row.start_us.is_none().into(),
        Predicate::Compare {
            path,
            comparison,
            literal,
        } => order(&path.text, &literal.text, row).map_or(Truth::Unknown, |order| {
            Truth::from(match comparison {
                Comparison::Equal => order.is_eq(),
                Comparison::NotEqual => order.is_ne(),
                Comparison::Less => order.is_lt(),
                Comparison::LessOrEqual => order.is_le(),
                Comparison::Greater => order.is_gt(),
                Comparison::GreaterOrEqual => order.is_ge(),
            })
        }),
    }
}

/// How the field stands to the literal; `None` if it is unset.
fn order(path: &str, literal: &str, row: &Row) -> Option<Ordering> {
    if path == "title" {
        return Some(row.title.as_deref()?.cmp(literal));
    }
    let decimals = literal
        .strip_prefix("2024-01-01T00:00:00.")
        .and_then(|rest| rest.strip_suffix('Z'))
        .expect("the strategy writes these");
    let nanoseconds: i64 = decimals.parse().expect("nine digits");
    Some(((row.start_us? - NEW_YEAR_US) * 1000).cmp(&nanoseconds))
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let start = prop::option::weighted(0.8, (-3..4_i64).prop_map(|offset_us| NEW_YEAR_US + offset_us));
    let title = prop::option::weighted(0.8, "[ab]{0,1}");
    prop::collection::vec(
        (start, title).prop_map(|(start_us, title)| Row { start_us, title }),
        1..12,
    )
}

/// Filters as a caller would write them, of few values and small distances, so that they meet the rows.
fn filters() -> impl Strategy<Value = String> {
    let time = (prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]), 0..3000_i64).prop_map(|(sign, near)| {
        format!(
            "start_time {sign} 2024-01-01T00:00:00.{:09}Z",
            if near % 3 == 0 { near / 1000 * 1000 } else { near }
        )
    });
    let title =
        (prop::sample::select(vec!["=", "!="]), "[ab]{0,1}").prop_map(|(sign, text)| format!("title{sign}'{text}'"));
    let null = prop::sample::select(vec!["start_time IS NULL", "title is not null"]).prop_map(str::to_owned);
    prop_oneof![3 => time, 1 => title, 1 => null].prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left}) AND ({right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left}) OR ({right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} OR {right}")),
            inner.prop_map(|inner| format!("NOT ({inner})")),
        ]
    })
}

proptest! {
    #[test]
    fn sqlite_finds_what_the_filter_means(filter in filters(), rows in rows()) {
        let predicate = google(&filter).expect("the strategy writes well-formed filters");
        let (condition, parameters) = predicate.to_sql(FIELDS, 1).expect("of known fields");
        let expected: Vec<usize> =
            rows.iter().enumerate().filter(|(_, row)| holds(&predicate, row) == Truth::True).map(|(id, _)| id).collect();
        prop_assert_eq!(ask_sqlite(&rows, &condition, &parameters), expected, "{} became {}", filter, condition);
    }

    #[test]
    fn no_literal_panics(literal in "\\PC{0,40}|[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\\.[0-9]{1,12})?(Z|[+-][0-9:]{5})") {
        let literal = literal.replace('\\', "\\\\").replace('"', "\\\"");
        for path in ["start_time", "space.name", "space.meeting_code", "title"] {
            let predicate = google(&format!("{path}=\"{literal}\"")).expect("well-formed");
            let _ = predicate.to_sql(FIELDS, 1);
        }
    }
}

fn ask_sqlite(rows: &[Row], condition: &str, parameters: &[Parameter]) -> Vec<usize> {
    let connection = Connection::open_in_memory().expect("SQLite opens");
    connection
        .execute_batch("create table t (id bigint, start_us bigint, title text)")
        .expect("the table is new");
    for (id, row) in rows.iter().enumerate() {
        let id = i64::try_from(id).expect("few rows");
        connection
            .execute(
                "insert into t values (?1, ?2, ?3)",
                (id, row.start_us, row.title.as_deref()),
            )
            .expect("the row fits");
    }
    let mut statement = connection
        .prepare(&format!("select id from t where {condition} order by id"))
        .expect("the condition is SQL");
    for (index, parameter) in parameters.iter().enumerate() {
        let value = match parameter {
            Parameter::Int(value) => Value::Integer(*value),
            Parameter::Text(text) => Value::Text(text.clone()),
        };
        // By name, since SQLite numbers `$n` by first appearance.
        let name = format!("${}", index + 1);
        let place = statement
            .parameter_index(&name)
            .expect("a plain name")
            .expect("the parameter is used");
        statement.raw_bind_parameter(place, value).expect("it binds");
    }
    let mut found = Vec::new();
    let mut answer = statement.raw_query();
    while let Some(row) = answer.next().expect("SQLite answers") {
        found.push(usize::try_from(row.get::<_, i64>(0).expect("an id")).expect("not negative"));
    }
    found
}

#[test]
fn literals_of_one_field() {
    let text =
        "(space.meetingCode = a OR NOT space.meeting_code != b) AND space.name = c AND space.meeting_code IS NULL";
    let mut predicate = filter::google(text).expect("a filter");
    let mut found = Vec::new();
    for word in predicate.literals_mut("space.meeting_code") {
        found.push(word.text.clone());
        word.text.push('!');
    }
    assert_eq!(found, ["a", "b"]);
    let shown = predicate.to_string();
    assert!(
        shown.contains("\"a!\"") && shown.contains("\"b!\"") && shown.contains("\"c\""),
        "{shown}"
    );
}
