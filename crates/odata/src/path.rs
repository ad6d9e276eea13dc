//! Paths of OData: `communications/callRecords('ID')/sessions`, read into what the table's patterns are compared with.
//!
//! A key may stand after a slash or, as OData has it, in parentheses with quotes. Parentheses without quotes are the arguments of a
//! function. Names of functions and actions may be qualified (`microsoft.graph.callRecords.getPstnCalls`). Names are compared without
//! regard to case, since some clients write them with capitals; keys are passed on as they are.

use percent_encoding::percent_decode_str;

use crate::{Refused, limits};

/// Before the name of a function or an action.
const NAMESPACE: &str = "microsoft.graph.";

/// What stands below a version.
#[derive(Debug)]
pub struct Path {
    segments: Vec<Segment>,
}

/// What stands between two slashes, decoded; a key in parentheses is one of its own.
#[derive(Debug, PartialEq, Eq)]
enum Segment {
    /// A name, or a key.
    Word(String),
    /// A key in parentheses.
    Key(String),
    /// A function, and what is in its parentheses.
    Call { name: String, arguments: String },
}

impl Path {
    /// Reads a path, without the slash that it begins with.
    pub fn parse(path: &str) -> Result<Path, Refused> {
        let mut segments = Vec::new();
        for raw in path.strip_suffix('/').unwrap_or(path).split('/') {
            if segments.len() >= limits::SEGMENTS_MAX {
                let sentence = format!("A path has at most {} segments.", limits::SEGMENTS_MAX);
                return Err(Refused::new(sentence));
            }
            let decoded = percent_decode_str(raw).decode_utf8();
            let decoded = decoded.map_err(|_| Refused::new("The path is not UTF-8 once it is decoded."))?;
            segments.extend(read(&decoded)?);
        }
        Ok(Path { segments })
    }

    /// The keys, if this is a path of that pattern: names, `{}` for a key, `name()` for a function, whose arguments are its key.
    pub fn keys(&self, pattern: &str) -> Option<Vec<String>> {
        let mut keys = Vec::new();
        let mut parts = pattern.split('/');
        for segment in &self.segments {
            let part = parts.next()?;
            match (part, segment) {
                // A `$` begins what a system adds, and no key.
                ("{}", Segment::Word(key)) if !key.is_empty() && !key.starts_with('$') => keys.push(key.clone()),
                ("{}", Segment::Key(key)) => keys.push(key.clone()),
                (name, Segment::Word(word)) if is_named(word, name) => {}
                (function, Segment::Call { name, arguments })
                    if function
                        .strip_suffix("()")
                        .is_some_and(|function| is_named(name, function)) =>
                {
                    keys.push(arguments.clone());
                }
                _ => return None,
            }
        }
        parts.next().is_none().then_some(keys)
    }
}

/// Whether a segment is this name, qualified or not.
fn is_named(segment: &str, name: &str) -> bool {
    let qualified = segment.get(..NAMESPACE.len());
    let is_qualified = qualified.is_some_and(|prefix| prefix.eq_ignore_ascii_case(NAMESPACE));
    let bare = match segment.rsplit_once('.') {
        Some((_, bare)) if is_qualified => bare,
        _ => segment,
    };
    bare.eq_ignore_ascii_case(name)
}

/// One segment, or two where a key stands in parentheses.
fn read(decoded: &str) -> Result<Vec<Segment>, Refused> {
    let Some((name, inside)) = decoded.split_once('(') else {
        return Ok(vec![Segment::Word(decoded.to_owned())]);
    };
    let Some(inside) = inside.strip_suffix(')') else {
        let sentence = format!("`{name}(` is not closed at the end of its segment.");
        return Err(Refused::new(sentence));
    };
    let quoted = inside.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    Ok(match quoted {
        Some(key) => vec![Segment::Word(name.to_owned()), Segment::Key(key.replace("''", "'"))],
        None => vec![Segment::Call {
            name: name.to_owned(),
            arguments: inside.to_owned(),
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_patterns() {
        let check = |path: &str, pattern: &str, expected: Option<&[&str]>| {
            let keys = Path::parse(path).ok().and_then(|path| path.keys(pattern));
            let keys = keys
                .as_ref()
                .map(|keys| keys.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(keys.as_deref(), expected, "{path} as {pattern}");
        };
        let item = "communications/callRecords/{}";
        check("communications/callRecords/a-b", item, Some(&["a-b"]));
        check("communications/callRecords/a-b/", item, Some(&["a-b"]));
        check("communications/callRecords('a-b')", item, Some(&["a-b"]));
        check("communications/callRecords(%27a''b%27)", item, Some(&["a'b"]));
        check("Communications/callrecords/A%20b", item, Some(&["A b"]));
        check("communications/callRecords/$count", item, None);
        check("communications/callRecords/", item, None);
        check("communications/callRecords/a/b", item, None);
        check("communications/callRecords(a)", item, None);
        check("communications/callRecords('a", item, None);
        check("communications/callRecords/%ff", item, None);
        check(
            "communications/callRecords('a')/sessions('b')/segments/c",
            "communications/callRecords/{}/sessions/{}/segments/{}",
            Some(&["a", "b", "c"]),
        );
        check(
            "communications/callRecords/%24count",
            "communications/callRecords/$count",
            Some(&[]),
        );
        let function = "communications/callRecords/getPstnCalls()";
        let called =
            "microsoft.graph.callRecords.getPstnCalls(fromDateTime=2026-11-01T00%3A00%3A00%2B00%3A00toDateTime=x)";
        check(
            &format!("communications/callRecords/{called}"),
            function,
            Some(&["fromDateTime=2026-11-01T00:00:00+00:00toDateTime=x"]),
        );
        check("communications/callRecords/getPstnCalls(a=b)", function, Some(&["a=b"]));
        check("communications/callRecords/getPstnCalls", function, None);
        check(
            "subscriptions/a/microsoft.graph.reauthorize",
            "subscriptions/{}/reauthorize",
            Some(&["a"]),
        );
        check(&"a/".repeat(limits::SEGMENTS_MAX + 1), "a", None);
    }
}
