//! Options as clients write them, held against a resource with others below it.

use crate::{FILTER, Navigation, ORDER_BY, Options, PROVISIONAL, Refused, SKIP_TOKEN, Shape, TOP, Takes, limits};

static SEGMENT: Shape = Shape {
    name: "segment",
    properties: &["id", "media"],
    navigations: &[],
    of_one: &[],
    of_many: &[],
};
static SESSION: Shape = Shape {
    name: "session",
    properties: &["id", "caller"],
    navigations: &[Navigation::many("segments", &SEGMENT)],
    of_one: &[PROVISIONAL],
    of_many: &[TOP, SKIP_TOKEN, PROVISIONAL],
};
static RECORD: Shape = Shape {
    name: "callRecord",
    properties: &["id", "version"],
    navigations: &[
        Navigation::many("sessions", &SESSION),
        Navigation::one("organizer", &SESSION),
    ],
    of_one: &[PROVISIONAL],
    of_many: &[FILTER, ORDER_BY, TOP, SKIP_TOKEN],
};

fn sentence(refused: Refused) -> String {
    refused.0.into_owned()
}

#[test]
fn what_clients_write() {
    let check = |query: &str, expected: &str| {
        let options = Options::parse(query).map_err(sentence).expect(query);
        assert_eq!(options.nested().unwrap_or_default(), expected, "{query}");
        options.fit(Takes::Collection(&RECORD)).map_err(sentence).expect(query);
    };
    check("", "");
    check("&", "");
    check("$select=id,version", "$select=id,version");
    check("%24select=id%2Cversion", "$select=id,version");
    check("Expand=sessions", "$expand=sessions");
    check(
        "$expand=sessions%28%24expand%3Dsegments%29",
        "$expand=sessions($expand=segments)",
    );
    check(
        "$expand=sessions($expand=segments($select=id);$select=id,caller;$top=5)",
        "$expand=sessions($select=id,caller;$expand=segments($select=id);$top=5)",
    );
    check(
        "$expand=sessions(expand=segments)",
        "$expand=sessions($expand=segments)",
    );
    check(
        "$expand=organizer($select=id;$expand=segments)",
        "$expand=organizer($select=id;$expand=segments)",
    );
    check("$format=json&$count=false", "");
}

#[test]
fn what_is_refused_is_named() {
    let check = |query: &str, expected: &str| {
        let options = Options::parse(query);
        let refused = options.and_then(|options| options.fit(Takes::Collection(&RECORD)));
        let refused = refused.map_err(sentence).expect_err(query);
        assert!(refused.contains(expected), "{query}: {refused}");
    };
    check("$foo=1", "no query option `$foo`");
    check("$skip=10", "follow `@odata.nextLink`");
    check("$search=x", "`$filter`");
    check("$top=0", "1 at least");
    check("$top=2147483648", "at most 2147483647");
    check("$top=99999999999999999999", "at most 2147483647");
    check("$top=", "a number");
    check("$top=-1", "a number");
    check("$top=+1", "a number");
    check("$top=1&top=2", "given twice");
    check("$select=id,,version", "a list of names");
    check("$select=", "a list of names");
    check("$select=subject", "no property `subject`; there are id, version");
    check("$expand=media", "no `media` below it; there are sessions, organizer");
    check("$expand=sessions(", "within parentheses");
    check("$expand=sessions)", "not opened");
    check("$expand=sessions()x", "after a closing parenthesis");
    check("$expand=sessions,sessions", "twice");
    check("$expand=sessions($filter=id eq 'x')", "select, expand and top");
    for option in [
        "$top=1",
        "$filter=id eq 'x'",
        "$orderby=id",
        "$count=true",
        "$skiptoken=x",
    ] {
        let query = format!("$expand=organizer({option})");
        check(
            &query,
            "there is one `organizer`, and within it select and expand alone",
        );
    }
    check("$expand=organizer($skip=1)", "instead of `$skip`");
    check("$expand=sessions($expand=streams)", "there are segments");
    check(
        "$expand=sessions($expand=segments($expand=media))",
        "nothing can be expanded",
    );
    check(
        "$expand=a($expand=b($expand=c($expand=d($expand=e))))",
        "at most 4 deep",
    );
    check("$count=yes", "`true` or `false`");
    check("$format=atom", "may only be `json`");
    check("$filter=%ff", "UTF-8");
    check("$expand=sessions($expand=segments($top=1))", "no pages");
    check("sederunt.provisional=true", "in no list");
    let names = "id,".repeat(limits::SELECTED_MAX);
    check(&format!("$select={names}id"), "names at most");
}

#[test]
fn what_a_collection_does_not_take_is_refused() {
    let check = |takes: Takes, query: &str, expected: Option<&str>| {
        let options = Options::parse(query).map_err(sentence).expect(query);
        let refused = options.fit(takes).map_err(sentence).err();
        let is_so = refused
            .as_deref()
            .zip(expected)
            .map(|(refused, part)| refused.contains(part));
        assert_eq!(
            (is_so, refused.is_none()),
            (expected.map(|_| true), expected.is_none()),
            "{query}: {refused:?}"
        );
    };
    check(Takes::Collection(&SEGMENT), "$count=true&$select=id", None);
    for option in [
        "$top=1",
        "$filter=a",
        "$orderby=a",
        "$skiptoken=a",
        "sederunt.provisional=true",
    ] {
        check(Takes::Collection(&SEGMENT), option, Some(""));
        check(Takes::Count(&SEGMENT), option, Some(""));
    }
    check(Takes::Collection(&RECORD), "$orderby=id+desc&$filter=a&$top=1", None);
    check(Takes::Count(&RECORD), "$filter=a", None);
    check(Takes::Count(&RECORD), "$top=1", Some("there are $filter."));
    check(Takes::Count(&RECORD), "sederunt.provisional=true", Some("in no list"));
    check(Takes::Count(&SESSION), "sederunt.provisional=true", None);
    check(Takes::Item(&RECORD), "sederunt.provisional=true", None);
}

#[test]
fn what_comes_in_pages() {
    let check = |takes: Takes, query: &str, expected: bool| {
        let options = Options::parse(query).map_err(sentence).expect(query);
        assert_eq!(takes.has_pages(&options), expected, "{query}");
    };
    check(Takes::Collection(&RECORD), "", true);
    check(Takes::Item(&RECORD), "", false);
    check(Takes::Item(&RECORD), "$expand=sessions", true);
    check(Takes::Item(&RECORD), "$expand=organizer", false);
    check(Takes::Item(&SESSION), "$expand=segments", false);
    check(Takes::Collection(&SEGMENT), "", false);
    check(Takes::Rows, "", true);
}
