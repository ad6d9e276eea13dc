//! One SQL text serves two engines: what either would read differently may not be written.

use super::{
    checkout::{Checkout, File},
    rust_source,
};

/// Words of one engine only, and what is written instead.
const BANNED: &[(&str, &str)] = &[
    ("serial", "ids are random text"),
    ("bigserial", "ids are random text"),
    ("autoincrement", "ids are random text"),
    ("boolean", "a flag is 0 or 1 in a `bigint`"),
    ("bool", "a flag is 0 or 1 in a `bigint`"),
    ("timestamptz", "time is `bigint` microseconds"),
    ("timestamp", "time is `bigint` microseconds"),
    ("current_timestamp", "time is a parameter"),
    ("now", "time is a parameter"),
    ("jsonb", "JSON is `text`"),
    ("array", "a list is rows"),
    ("like", "its case rules differ"),
    ("ilike", "its case rules differ"),
    ("collate", "texts are compared as bytes"),
    ("integer", "whole numbers are `bigint`"),
    ("blob", "bytes are `bytea`"),
    ("returning", "a write answers nothing but success"),
];

/// How a statement, or a clause that is joined to one, begins.
const BEGINNINGS: &[&str] = &[
    "select ",
    "insert into ",
    "update ",
    "delete from ",
    "with ",
    "create ",
    "alter ",
    "where ",
    "and ",
    "or ",
    "order by ",
    "on conflict ",
];

/// The crates that ask the database, the one that writes conditions for them, and a benchmark's table of its own: the only ones whose
/// string literals may be SQL.
const WRITERS: &[&str] = &[
    "bench/src/bare_table.rs",
    "crates/audit/",
    "crates/db/",
    "crates/filter/",
    "crates/identity/",
    "crates/outbox/",
    "crates/register/",
    "crates/calls/",
];

/// How a whole statement begins, and the word that tells it from a sentence, where there must be one.
const STATEMENTS: &[(&str, &str)] = &[
    ("select ", ""),
    ("insert into ", ""),
    ("delete from ", ""),
    ("update ", " set "),
    ("with ", " as ("),
    ("create table ", ""),
    ("create index ", ""),
    ("create unique index ", ""),
    ("alter table ", ""),
    ("drop ", " table "),
];

/// Whoever else writes SQL depends on tables that are not its own. Tests are apart: one may forge a row that no interface
/// would make.
pub(super) fn stands_with_its_tables(checkout: &Checkout) -> Vec<String> {
    let mut complaints = Vec::new();
    // The rules name what they look for.
    let is_apart = |path: &str| path.starts_with("xtask/") || path.contains("/tests/");
    let others = checkout
        .rust()
        .filter(|file| !is_writers(file) && !is_apart(&file.path));
    for file in others {
        let literals = rust_source::string_literals(&file.text);
        let statements = literals
            .iter()
            .map(|text| one_line(text))
            .filter(|text| is_statement(text));
        complaints.extend(statements.map(|text| {
            let path = &file.path;
            format!(
                "{path}: ask `register`, `identity` or `db` for what \"{}\" does",
                text.trim()
            )
        }));
    }
    complaints
}

pub(super) fn both_engines_understand(checkout: &Checkout) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in &checkout.files {
        let statements: Vec<String> = if file.is(&["sql"]) {
            vec![
                file.text
                    .lines()
                    .map(|line| line.split("--").next().unwrap_or_default())
                    .collect::<Vec<_>>()
                    .join(" "),
            ]
        } else if is_writers(file) && file.path.contains("/src/") {
            let literals = rust_source::string_literals(&file.text);
            literals
                .iter()
                .map(|text| one_line(text))
                .filter(|text| is_sql(text))
                .collect()
        } else {
            continue;
        };
        for statement in statements {
            complaints.extend(
                breaches(&statement)
                    .into_iter()
                    .map(|breach| format!("{}: {breach}", file.path)),
            );
        }
    }
    complaints
}

fn is_writers(file: &File) -> bool {
    WRITERS.iter().any(|folder| file.path.starts_with(folder))
}

fn is_statement(text: &str) -> bool {
    let holds = |(beginning, word): &(&str, &str)| text.starts_with(beginning) && text.contains(word);
    STATEMENTS.iter().any(holds)
}

fn is_sql(text: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) && text.contains([' '])
}

fn breaches(statement: &str) -> Vec<String> {
    let words: Vec<&str> = statement
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut breaches = Vec::new();
    for (banned, instead) in BANNED {
        if words.iter().any(|word| word.eq_ignore_ascii_case(banned)) {
            breaches.push(format!("`{banned}` is not for both engines: {instead}"));
        }
    }
    if words
        .windows(3)
        .any(|three| three[0].starts_with('$') && three[1] == "is" && ["null", "not"].contains(&three[2]))
    {
        breaches.push("a bare parameter with `is null` has no type in PostgreSQL: decide it in Rust".to_owned());
    }
    breaches
}

/// A literal that is written over several lines, as one.
fn one_line(literal: &str) -> String {
    literal.split_whitespace().collect::<Vec<_>>().join(" ") + " "
}
