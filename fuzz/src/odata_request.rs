//! Any request of OData: the first line is a path, the second a query, which is held against a resource with others below it.

use odata::{Navigation, Options, Path, Shape, Takes};

const SEGMENT: Shape = Shape {
    name: "segment",
    properties: &["id", "media"],
    navigations: &[],
    of_one: &[],
    of_many: &[odata::TOP],
};

const SESSION: Shape = Shape {
    name: "session",
    properties: &["id", "caller"],
    navigations: &[Navigation::many("segments", &SEGMENT)],
    of_one: &[],
    of_many: &[odata::TOP],
};

const RECORD: Shape = Shape {
    name: "callRecord",
    properties: &["id", "version"],
    navigations: &[Navigation::many("sessions", &SESSION)],
    of_one: &[],
    of_many: &[odata::TOP],
};

const PATTERNS: [(&str, usize); 4] = [
    ("communications/callRecords", 0),
    ("communications/callRecords/{}/sessions/$count", 1),
    ("communications/callRecords/{}/sessions/{}/segments/{}", 3),
    ("communications/callRecords/getPstnCalls()", 1),
];

/// The bytes are a path and a query.
pub fn run(data: &[u8]) {
    let [path, query] = crate::lines(data);
    if let Ok(path) = Path::parse(crate::text(path)) {
        for (pattern, places) in PATTERNS {
            let keys = path.keys(pattern);
            assert!(keys.is_none_or(|keys| keys.len() == places), "{path:?}");
        }
    }
    if let Ok(options) = Options::parse(crate::text(query)) {
        for takes in [
            Takes::Nothing,
            Takes::Count(&RECORD),
            Takes::Item(&RECORD),
            Takes::Collection(&RECORD),
        ] {
            let _ = options.fit(takes);
        }
    }
}
