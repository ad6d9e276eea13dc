//! `@odata.context`: where in the metadata the types of an answer are. Clients hardly read it; tools that take OData for its word do.

use odata::Options;

/// The collection of records.
pub(super) const CALL_RECORDS: &str = "communications/callRecords";

/// A collection at this path, with what is expanded in it.
pub(super) fn collection(root: &str, path: &str, options: &Options) -> String {
    format!("{root}/$metadata#{path}{}", expanded(options))
}

/// One of those at this path.
pub(super) fn entity(root: &str, path: &str, options: &Options) -> String {
    format!("{root}/$metadata#{path}{}/$entity", expanded(options))
}

/// `(sessions(segments()))`.
fn expanded(options: &Options) -> String {
    if options.expand.is_empty() {
        return String::new();
    }
    let below = options.expand.iter().map(|expand| match expanded(&expand.options) {
        none if none.is_empty() => format!("{}()", expand.navigation),
        below => format!("{}{below}", expand.navigation),
    });
    format!("({})", below.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expanded_is_named() {
        let check = |query: &str, expected: &str| {
            let options = Options::parse(query).expect("a valid row");
            let context = entity("https://h/v1.0", CALL_RECORDS, &options);
            assert_eq!(context, format!("https://h/v1.0/$metadata#{expected}/$entity"));
        };
        check("", "communications/callRecords");
        check(
            "$expand=sessions($expand=segments)",
            "communications/callRecords(sessions(segments()))",
        );
        check(
            "$expand=sessions,participants_v2",
            "communications/callRecords(sessions(),participants_v2())",
        );
    }
}
