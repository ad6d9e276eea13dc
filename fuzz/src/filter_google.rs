//! Any list filter, as far as SQL: what is accepted prints as a filter that means the same.

use filter::{Field, Kind};

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
];

/// The bytes are a filter.
pub fn run(data: &[u8]) {
    let Ok(predicate) = filter::google(crate::text(data)) else {
        return;
    };
    let printed = predicate.to_string();
    // An empty filter prints as nothing; a long one may grow past the limit when it is printed.
    if let Ok(again) = filter::google(&printed) {
        assert_eq!(again, predicate, "{printed}");
    }
    let _ = predicate.to_sql(FIELDS, 1);
}
