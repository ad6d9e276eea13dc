//! The table of a contract: a chapter for each method and case, in which callers with the same answer share a row.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::cases::Case;
use crate::methods::{Contract, Method};
use crate::world::{Answer, text};

/// What a caller saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    status: String,
    shown: String,
}

/// An answer without a field, or without a body.
const NOTHING: &str = "nothing";

type Row = (&'static str, Seen);

/// What was seen of all methods of a contract.
pub(crate) struct Table {
    contract: Contract,
    chapters: Vec<Chapter>,
}

struct Chapter {
    name: String,
    case: Case,
    /// Those with these answers, and `GET /v2/…` for each.
    versions: Vec<String>,
    paths: Vec<String>,
    rows: Vec<Row>,
}

impl Seen {
    pub(crate) fn of(answer: &Answer) -> Seen {
        let error = &answer.body["error"];
        if error.is_null() {
            assert!((200..300).contains(&answer.status), "{}", answer.text);
            return Seen {
                status: answer.status.to_string(),
                shown: match answer.text.as_str() {
                    "" => NOTHING.to_owned(),
                    _ if answer.body.is_object() => fields(&answer.body),
                    _ => "a text".to_owned(),
                },
            };
        }
        if let Some(code) = error["code"].as_str() {
            return Seen {
                status: format!("{} {code}", answer.status),
                shown: text(error, "message"),
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
        Value::String(word) if is_constant(word) => format!("{name}: {word}"),
        _ => name.clone(),
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() {
        NOTHING.to_owned()
    } else {
        shown.join(", ")
    }
}

/// Whether a text is a value of an enum, which says more than that there is one.
fn is_constant(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
}

impl Table {
    pub(crate) fn new(contract: Contract) -> Table {
        let chapters = Vec::new();
        Table { contract, chapters }
    }

    pub(crate) fn add(&mut self, method: &Method, case: Case, rows: Vec<Row>) {
        let path = format!("{} {}", method.verb, method.template);
        match self.chapters.last_mut() {
            Some(chapter) if chapter.name == method.name && chapter.case == case && chapter.rows == rows => {
                chapter.versions.push(method.version.clone());
                chapter.paths.push(path);
            }
            _ => self.chapters.push(Chapter {
                name: method.name.clone(),
                case,
                versions: vec![method.version.clone()],
                paths: vec![path],
                rows,
            }),
        }
    }
}

/// Names beside each other. Those that say more of the same person share its name: `owner: readonly, settings`.
fn together(names: &[&str]) -> String {
    let person = |name: &&str| name.split_once(": ").map(|(person, _)| person.to_owned());
    let groups = names.chunk_by(|name, next| person(name).is_some() && person(name) == person(next));
    let groups = groups.map(|group| {
        let (first, rest) = group.split_first().expect("a chunk has a first");
        let rest = rest.iter().filter_map(|name| name.split_once(": "));
        rest.fold((*first).to_owned(), |text, (_, more)| format!("{text}, {more}"))
    });
    groups.collect::<Vec<_>>().join(" · ")
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Contract { title, packages } = self.contract;
        writeln!(out, "# Who may call what: {title}\n")?;
        writeln!(
            out,
            "The methods of `{packages}*`. [Who calls, and how to read this](../table.md)"
        )?;
        for chapter in &self.chapters {
            write!(out, "\n## {}: {}", chapter.name, chapter.versions.join(", "))?;
            let Case(case) = chapter.case;
            let about = if case.is_empty() { "" } else { ", about " };
            writeln!(out, "{about}{case}\n")?;
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
                writeln!(out, "| {} | {} | {} |", seen.status, seen.shown, together(&names))?;
            }
        }
        Ok(())
    }
}
