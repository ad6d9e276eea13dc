//! `$metadata`: what types there are, in the words of OData's schema language, for tools that read it before they ask.
//!
//! It is a file of our own and says only what is served. That it says all of it is tested here and with the types.

use super::reply::Reply;

/// The same for both versions.
const SCHEMA: &str = include_str!("metadata.xml");

pub(super) fn get() -> Reply {
    Reply::text("application/xml;charset=utf-8", SCHEMA)
}

/// The names that a type declares, with those of what it is derived from.
#[cfg(test)]
pub(super) fn declared(kind: &str, name: &str) -> Vec<&'static str> {
    let begin = format!("<{kind} Name=\"{name}\"");
    let (_, rest) = SCHEMA.split_once(&begin).unwrap_or_else(|| panic!("no {name}"));
    let (attributes, rest) = rest.split_once('>').expect("closed");
    let end = format!("</{kind}>");
    let body = if attributes.ends_with('/') {
        ""
    } else {
        rest.split(&end).next().expect("a body")
    };
    let base = attributes
        .split("BaseType=\"")
        .nth(1)
        .and_then(|base| base.split('"').next());
    let base = base.map(|base| declared(kind, base.rsplit('.').next().expect("a name")));
    let properties = body.split("Property Name=\"").skip(1);
    let properties = properties.filter_map(|property| property.split('"').next());
    base.into_iter().flatten().chain(properties).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use http::Method as Verb;
    use odata::Shape;

    use super::super::operations::OPERATIONS;
    use super::super::shapes::{
        ATTENDANCE_RECORD, ATTENDANCE_REPORT, CALL_RECORD, ONLINE_MEETING, PARTICIPANT, SEGMENT, SESSION,
    };
    use super::{SCHEMA, declared};

    /// How a literal begins that names a type; in two parts, or it would be one.
    const NAMED: &str = concat!("\"#", "microsoft.graph.");

    /// Whether there is such an element of this name.
    fn declares(element: &str, name: &str) -> bool {
        SCHEMA.contains(&format!("<{element} Name=\"{name}\""))
    }

    #[test]
    fn what_is_answered_is_declared() {
        for row in OPERATIONS {
            let mut segments = row.path.split('/');
            let set = segments.next().expect("split gives at least one part");
            if set.starts_with('$') {
                continue;
            }
            let noun = row.operation.noun;
            let is_type = declares("EntityType", noun) || declares("ComplexType", noun);
            assert!(is_type, "{}: {noun}", row.path);
            assert!(declares("EntitySet", set) || declares("Singleton", set), "{}", row.path);
            let last = segments.next_back().unwrap_or_default();
            if let Some(function) = last.strip_suffix("()") {
                assert!(declares("Function", function), "{}", row.path);
            } else if row.verb == Verb::POST && !last.is_empty() {
                assert!(declares("Action", last), "{}", row.path);
            }
        }
    }

    /// Types that an object names for itself, wherever in this contract that is written.
    #[test]
    fn types_that_are_told_are_declared() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contracts/graph");
        let mut told = BTreeSet::new();
        for file in fs::read_dir(folder).expect("the sources") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).expect("a source");
                let literals = source.split(NAMED).skip(1);
                let names = literals.filter_map(|literal| literal.split('"').next());
                told.extend(names.map(str::to_owned));
            }
        }
        let (general, of_records) = SCHEMA
            .split_once("<Schema Namespace=\"microsoft.graph.callRecords\"")
            .expect("two namespaces");
        assert!(told.len() > 5, "{told:?}");
        for name in told {
            let (schema, name) = match name.strip_prefix("callRecords.") {
                Some(name) => (of_records, name),
                None => (general, name.as_str()),
            };
            let declaration = format!("Type Name=\"{name}\"");
            assert!(schema.contains(&declaration), "{name}");
        }
    }

    #[test]
    fn what_may_be_selected_is_declared() {
        let check = |shape: &Shape| {
            let mut expected = declared("EntityType", shape.name);
            let below = shape.navigations.iter().map(|below| below.name);
            let mut names: Vec<&str> = shape.properties.iter().copied().chain(below).collect();
            names.sort_unstable();
            names.dedup();
            expected.sort_unstable();
            assert_eq!(names, expected, "{}", shape.name);
        };
        let calls = [&CALL_RECORD, &SESSION, &SEGMENT, &PARTICIPANT];
        for shape in calls.into_iter().chain([&ATTENDANCE_REPORT, &ATTENDANCE_RECORD]) {
            check(shape);
        }
        // Nothing is expanded in a meeting: what is below it has paths of its own.
        let mut meeting = declared("EntityType", ONLINE_MEETING.name);
        meeting.retain(|name| *name != "attendanceReports");
        assert_eq!(meeting, ONLINE_MEETING.properties);
    }
}
