//! Any `$filter` of OData, as far as SQL: what is refused is refused at a place in it.

use filter::{Field, Kind};

const FIELDS: &[Field] = &[
    Field {
        path: "startDateTime",
        column: "start_us",
        kind: Kind::Time,
    },
    Field {
        path: "type",
        column: "kind",
        kind: Kind::Text,
    },
    Field {
        path: "participants_v2.id",
        column: "participant",
        kind: Kind::Text,
    },
];

/// The bytes are a filter.
pub fn run(data: &[u8]) {
    let text = crate::text(data);
    let written = filter::odata(text).and_then(|predicate| predicate.to_sql(FIELDS, 1));
    match written {
        Ok((sql, parameters)) => assert_eq!(sql.matches('$').count(), parameters.len(), "{sql}"),
        Err(error) => assert!(text.is_char_boundary(error.at), "{error}"),
    }
}
