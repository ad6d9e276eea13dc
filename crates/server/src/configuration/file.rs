//! The configuration file, checked against the same rows as the flags.
//!
//! It is TOML. A key that nobody knows is an error, since a mistyped one that is ignored costs an evening; every error says in
//! which line it is.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigurationError, FileProblem};
use super::key::{Fallback, NotAllowed, Section, Set};
use super::{ALL, Draft};

/// Sets what the file says.
pub(super) fn read(path: &Path, to: &mut Draft) -> Result<(), ConfigurationError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigurationError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    File(&text).set(to).map_err(|source| ConfigurationError::Invalid {
        path: path.to_owned(),
        source,
    })
}

/// The text of the file.
struct File<'a>(&'a str);

impl File<'_> {
    fn set(&self, to: &mut Draft) -> Result<(), FileProblem> {
        let root = DeTable::parse(self.0).map_err(|error| {
            let start = error.span().unwrap_or_default().start;
            self.problem(start, error.message().to_owned())
        })?;
        for (name, value) in root.get_ref() {
            match ALL.iter().find(|section| section.table == Some(name.get_ref())) {
                Some(section) => self.set_table(section, value, to)?,
                None => self.set_key(None, name, value, to)?,
            }
        }
        Ok(())
    }

    fn set_table(&self, section: &Section, given: &Spanned<DeValue<'_>>, to: &mut Draft) -> Result<(), FileProblem> {
        let table = section.table.unwrap_or_default();
        let start = given.span().start;
        let DeValue::Table(keys) = given.get_ref() else {
            return Err(self.problem(start, format!("'{table}' is not a table")));
        };
        for (name, value) in keys {
            self.set_key(section.table, name, value, to)?;
        }
        let mut needed = section
            .keys
            .iter()
            .filter(|key| matches!(key.default, Fallback::Needed));
        match needed.find_map(|key| key.name.filter(|name| !keys.contains_key(*name))) {
            Some(name) => Err(self.problem(start, format!("`[{table}]` needs the key '{name}'"))),
            None => Ok(()),
        }
    }

    fn set_key(
        &self,
        table: Option<&str>,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
        to: &mut Draft,
    ) -> Result<(), FileProblem> {
        let path = table
            .into_iter()
            .chain([name.get_ref().as_ref()])
            .collect::<Vec<_>>()
            .join(".");
        let mut keys = ALL
            .iter()
            .filter(|section| section.table == table)
            .flat_map(|section| section.keys);
        let Some(key) = keys.find(|key| key.name == Some(name.get_ref().as_ref())) else {
            let problem = format!("there is no key '{path}', but {}", known(table).join(", "));
            return Err(self.problem(name.span().start, problem));
        };
        let text = text_of(value.get_ref(), &key.set).ok_or_else(|| NotAllowed(key.set.allowed()));
        text.and_then(|text| key.set(to, OsStr::new(&text))).map_err(|error| {
            let shown = match (&key.set, value.get_ref()) {
                (Set::Secret(_), _) => "…",
                (_, DeValue::String(text)) => text,
                _ => &self.0[value.span()],
            };
            self.problem(
                value.span().start,
                format!("invalid value '{shown}' for '{path}': {error}"),
            )
        })
    }

    fn problem(&self, start: usize, what: String) -> FileProblem {
        FileProblem {
            line: self.0[..start].matches('\n').count() + 1,
            what,
        }
    }
}

/// What may stand in a table, or at the top.
fn known(table: Option<&str>) -> Vec<String> {
    let sections = ALL.iter().filter(|section| section.table == table);
    let names = sections.flat_map(|section| section.keys).filter_map(|key| key.name);
    let tables = ALL
        .iter()
        .filter(|_| table.is_none())
        .filter_map(|section| section.table);
    names
        .map(str::to_owned)
        .chain(tables.map(|table| format!("[{table}]")))
        .collect()
}

/// The value as a flag would give it, if it has the type of the key.
fn text_of(value: &DeValue<'_>, set: &Set) -> Option<String> {
    match (set, value) {
        (Set::Switch(_), DeValue::Boolean(on)) => Some(on.to_string()),
        (Set::Number(..), DeValue::Integer(number)) => {
            let number = u64::from_str_radix(number.as_str(), number.radix()).ok()?;
            Some(number.to_string())
        }
        (Set::List(..), DeValue::Array(items)) => {
            let items: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            Some(items?.join(","))
        }
        // One of a list may stand alone.
        (
            Set::Path(_) | Set::Text(_) | Set::Secret(_) | Set::Form(..) | Set::Choice(_) | Set::List(..),
            DeValue::String(text),
        ) => Some(text.clone().into_owned()),
        _ => None,
    }
}
