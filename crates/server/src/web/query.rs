//! The query of a page's address, read and written.

use std::borrow::Cow;

use http::Uri;

/// A parameter's value; the first one, if a page is asked for with several.
pub(crate) fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(uri.query()?.as_bytes()).find_map(|(key, value)| (key == name).then_some(value))
}

/// Pairs in the form of a query, and of a form's body.
pub(crate) fn encoded<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let query = encoded([("to", "/a?b=c&d"), ("state", "é +%"), ("to", "second")]);
        let uri: Uri = format!("/page?{query}").parse().expect("a valid address");
        assert_eq!(parameter(&uri, "to").as_deref(), Some("/a?b=c&d"));
        assert_eq!(parameter(&uri, "state").as_deref(), Some("é +%"));
        assert_eq!(parameter(&uri, "other"), None);
        assert_eq!(parameter(&Uri::from_static("/page"), "to"), None);
    }
}
