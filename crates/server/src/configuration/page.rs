//! `docs/operate/settings.md`, written from the rows.

use super::ALL;
use super::key::{Fallback, Key, Section, Set};

/// The page that says of every setting what it is, what it is called and what holds without it.
pub fn settings_page() -> String {
    let chapters: Vec<String> = ALL.iter().map(chapter).collect();
    format!("{}\n{}", include_str!("introduction.md"), chapters.join("\n"))
}

fn chapter(section: &Section) -> String {
    let has_flags = section.keys.iter().any(|key| key.flag.is_some());
    let (head, rule) = if has_flags {
        (
            "| flag | environment | key in the file | default | what it sets |\n",
            "|---|---|---|---|---|\n",
        )
    } else {
        ("| key in the file | default | what it sets |\n", "|---|---|---|\n")
    };
    let rows: String = section.keys.iter().map(|key| row(section, key, has_flags)).collect();
    let introduction = match section.introduction {
        "" => String::new(),
        text => format!("{text}\n"),
    };
    format!("## {}\n\n{introduction}{head}{rule}{rows}", section.title)
}

fn row(section: &Section, key: &Key, has_flags: bool) -> String {
    let mut cells = Vec::new();
    if has_flags {
        let flag = key.flag.as_ref();
        let value = |value: &str| {
            if value.is_empty() {
                String::new()
            } else {
                format!(" {value}")
            }
        };
        cells.push(flag.map_or_else(String::new, |flag| format!("`--{}{}`", flag.name, value(flag.value))));
        cells.push(flag.map_or_else(String::new, |flag| format!("`{}`", flag.environment)));
    }
    let table = section.table.map_or_else(String::new, |table| format!("{table}."));
    cells.push(key.name.map_or_else(String::new, |name| format!("`{table}{name}`")));
    cells.push(match (&key.default, &key.set) {
        (Fallback::Value(value), _) => format!("`{value}`"),
        (Fallback::Words(words), _) => (*words).to_owned(),
        (Fallback::Nothing, Set::Switch(_)) => "`false`".to_owned(),
        (Fallback::Nothing, _) => String::new(),
        (Fallback::Needed, _) => "needed with the table".to_owned(),
    });
    let range = match &key.set {
        Set::Number(range, _) if *range.end() < u64::MAX => format!("from {} to {}", range.start(), range.end()),
        _ => String::new(),
    };
    let sentences = [key.help, key.more, &range];
    let sentences: Vec<&str> = sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect();
    cells.push(sentences.join("; "));
    format!("| {} |\n", cells.join(" | "))
}
