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
    use odata::Shape;

    use super::super::shapes::{
        ATTENDANCE_RECORD, ATTENDANCE_REPORT, CALL_RECORD, ONLINE_MEETING, PARTICIPANT, SEGMENT, SESSION,
    };
    use super::declared;

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
