//! The table: a chapter for each method, in which callers with the same answer share a row.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::methods::Method;
use crate::world::{Answer, text};

const INTRODUCTION: &str = include_str!("introduction.md");

/// What a caller saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    status: String,
    shown: String,
}

type Row = (&'static str, Seen);

/// What was seen of all methods.
#[derive(Default)]
pub(crate) struct Table(Vec<Chapter>);

struct Chapter {
    name: String,
    /// Those with these answers, and `GET /v2/…` for each.
    versions: Vec<String>,
    paths: Vec<String>,
    rows: Vec<Row>,
}

impl Seen {
    pub(crate) fn of(answer: &Answer) -> Seen {
        let error = &answer.body["error"];
        if error.is_null() {
            assert_eq!(answer.status, 200, "{}", answer.text);
            return Seen {
                status: "200".to_owned(),
                shown: fields(&answer.body),
            };
        }
        let mut details = error["details"].as_array().into_iter().flatten();
        let reason = details.find_map(|detail| detail["reason"].as_str());
        let message = || error["message"].as_str().expect("a sentence").to_owned();
        Seen {
            status: format!("{} {}", answer.status, text(error, "status")),
            shown: reason.map_or_else(message, |reason| format!("`{reason}`")),
        }
    }
}

/// The names in an object. Of a list, those that any item has.
fn fields(body: &Value) -> String {
    let members = body.as_object().expect("an answer is an object");
    let shown = members.iter().map(|(name, value)| match value {
        Value::Array(items) => {
            let names: BTreeSet<&str> = items
                .iter()
                .filter_map(Value::as_object)
                .flat_map(|item| item.keys().map(String::as_str))
                .collect();
            format!("{name}({})", names.into_iter().collect::<Vec<_>>().join(", "))
        }
        _ => name.clone(),
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() {
        "nothing".to_owned()
    } else {
        shown.join(", ")
    }
}

impl Table {
    pub(crate) fn add(&mut self, method: &Method, rows: Vec<Row>) {
        let path = format!("{} {}", method.verb, method.template);
        match self.0.last_mut() {
            Some(chapter) if chapter.name == method.name && chapter.rows == rows => {
                chapter.versions.push(method.version.clone());
                chapter.paths.push(path);
            }
            _ => self.0.push(Chapter {
                name: method.name.clone(),
                versions: vec![method.version.clone()],
                paths: vec![path],
                rows,
            }),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(INTRODUCTION)?;
        for chapter in &self.0 {
            write!(out, "\n## {}: {}\n\n", chapter.name, chapter.versions.join(", "))?;
            for path in &chapter.paths {
                writeln!(out, "- `{path}`")?;
            }
            writeln!(out, "\n| answer | shows | to |\n|---|---|---|")?;
            let mut told: Vec<&Seen> = Vec::new();
            for (_, seen) in &chapter.rows {
                if told.contains(&seen) {
                    continue;
                }
                told.push(seen);
                let names = chapter
                    .rows
                    .iter()
                    .filter(|(_, other)| other == seen)
                    .map(|(name, _)| *name);
                let names: Vec<&str> = names.collect();
                writeln!(out, "| {} | {} | {} |", seen.status, seen.shown, names.join(" · "))?;
            }
        }
        Ok(())
    }
}
