//! What a client would like: the header `Prefer`, of which several may stand in one, and which of it was applied.
//!
//! What is not known, and what cannot be read, is ignored: a preference is a wish (RFC 7240).

use http::{HeaderMap, HeaderName};
use odata::{Options, PROVISIONAL, Takes};
use register::limits::{CALL_RECORDS_PER_PAGE, NETWORK_CALLS_PER_PAGE};

/// The header of a wish.
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// The wishes that are known here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Preferences {
    /// Items on a page: `odata.maxpagesize=20`.
    pub(super) page_size: Option<u32>,
    /// Properties without a value are left out: `omit-values=nulls`, by which empty collections go as well.
    pub(super) without_nulls: bool,
    /// Members of an enumeration that came after it was closed are named: `include-unknown-enum-members`.
    pub(super) with_late_members: bool,
    /// Meetings that go on are among the records: `sederunt.provisional`, which only this server knows.
    pub(super) provisional: bool,
}

impl Preferences {
    pub(super) fn of(headers: &HeaderMap) -> Preferences {
        let mut preferences = Preferences::default();
        let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
        for wish in values.flat_map(|value| value.split(',')) {
            preferences.take(wish);
        }
        preferences
    }

    fn take(&mut self, wish: &str) {
        let (name, value) = wish.split_once('=').unwrap_or((wish, ""));
        let value = value.split(';').next().unwrap_or_default().trim().trim_matches('"');
        match name
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            "odata.maxpagesize" | "maxpagesize" => {
                self.page_size = value.parse().ok().filter(|size| *size > 0).or(self.page_size);
            }
            "omit-values" | "odata.omit-values" => self.without_nulls |= value.eq_ignore_ascii_case("nulls"),
            "include-unknown-enum-members" => self.with_late_members = true,
            "sederunt.provisional" => self.provisional = true,
            _ => {}
        }
    }

    /// Leaves what an operation can meet: what is left is done, and is what the answer says was done.
    pub(super) fn fit(&mut self, takes: Takes, options: &Options) {
        let largest = takes.has_pages(options).then(|| largest_page(takes));
        self.page_size = self.page_size.zip(largest).map(|(wished, largest)| wished.min(largest));
        self.provisional &= takes.offered().contains(&PROVISIONAL);
    }

    /// What was done of it, for an answer: as a client would have written it.
    pub(super) fn applied(&self) -> Option<String> {
        let wishes = [
            self.page_size.map(|size| format!("odata.maxpagesize={size}")),
            self.without_nulls.then(|| "omit-values=nulls".to_owned()),
            self.with_late_members
                .then(|| "include-unknown-enum-members".to_owned()),
            self.provisional.then(|| "sederunt.provisional".to_owned()),
        ];
        let applied: Vec<_> = wishes.into_iter().flatten().collect();
        (!applied.is_empty()).then(|| applied.join(", "))
    }
}

fn largest_page(takes: Takes) -> u32 {
    match takes {
        Takes::Rows => NETWORK_CALLS_PER_PAGE.max.into(),
        Takes::Nothing | Takes::Item(_) | Takes::Collection(_) | Takes::Count(_) => CALL_RECORDS_PER_PAGE.max.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::shapes::{ATTENDANCE_RECORD, ATTENDANCE_REPORT, CALL_RECORD, PARTICIPANT, SEGMENT};
    use super::*;

    #[test]
    fn wishes() {
        let check = |values: &[&str], applied: Option<&str>| {
            let headers = values.iter().map(|value| (PREFER, value.parse().expect("a valid row")));
            let preferences = Preferences::of(&headers.collect());
            assert_eq!(preferences.applied().as_deref(), applied, "{values:?}");
        };
        check(&[], None);
        check(&["return=minimal, respond-async; wait=1"], None);
        check(&["odata.maxpagesize=2"], Some("odata.maxpagesize=2"));
        check(
            &["include-unknown-enum-members, odata.maxpagesize=2"],
            Some("odata.maxpagesize=2, include-unknown-enum-members"),
        );
        check(
            &["Omit-Values=nulls", "OData.MaxPageSize=\"7\"; x=y"],
            Some("odata.maxpagesize=7, omit-values=nulls"),
        );
        check(&["odata.maxpagesize=0"], None);
        check(&["odata.maxpagesize=-1, omit-values=defaults"], None);
        check(&["sederunt.provisional"], Some("sederunt.provisional"));
    }

    #[test]
    fn what_cannot_be_met_is_not_said_to_be() {
        let check = |takes: Takes, query: &str, applied: Option<&str>| {
            let mut preferences = Preferences {
                page_size: Some(5_000),
                provisional: true,
                ..Preferences::default()
            };
            preferences.fit(takes, &Options::parse(query).expect("a valid row"));
            assert_eq!(preferences.applied().as_deref(), applied, "{query}");
        };
        check(Takes::Collection(&CALL_RECORD), "", Some("odata.maxpagesize=250"));
        check(Takes::Item(&CALL_RECORD), "", Some("sederunt.provisional"));
        let both = Some("odata.maxpagesize=250, sederunt.provisional");
        check(Takes::Item(&CALL_RECORD), "$expand=sessions", both);
        check(Takes::Collection(&SEGMENT), "", Some("sederunt.provisional"));
        check(Takes::Collection(&PARTICIPANT), "", both);
        check(Takes::Collection(&ATTENDANCE_REPORT), "", None);
        check(Takes::Collection(&ATTENDANCE_RECORD), "", Some("odata.maxpagesize=250"));
        check(Takes::Rows, "", Some("odata.maxpagesize=1000"));
    }
}
