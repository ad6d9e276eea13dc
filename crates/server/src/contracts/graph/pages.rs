//! Pages: how long they are, where the next begins, and the address that it is asked with.
//!
//! A link carries everything that made the page, since clients follow it with no header but their token: the options as they were
//! written, and in `$skiptoken` the size of the pages, the preferences, and the register's own cursor, which is bound to the list,
//! the filter and the order. A token that is not of this list is refused there.

use odata::Options;
use register::limits::CALL_RECORDS_PER_PAGE;
use register::{Page, RegisterError};
use serde::Serialize;

use super::Asked;
use super::conditions::Unfit;
use super::preferences::Preferences;
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;

/// What a page is cut by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Items on it; 0 for as many as are usual.
    pub(super) size: i32,
    /// The register's cursor; empty at the beginning.
    pub(super) cursor: String,
}

impl Cut {
    /// Items on it, where so many are usual.
    pub(super) fn size_or(&self, usual: i32) -> i32 {
        if self.size == 0 { usual } else { self.size }
    }
}

/// A collection, as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct Collection<T> {
    #[serde(rename = "@odata.context")]
    pub(super) context: String,
    #[serde(rename = "@odata.count", skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<i64>,
    pub(super) value: Vec<T>,
    /// Absent on the last page: some clients follow whatever stands here.
    #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    pub(super) next_link: Option<String>,
}

/// One preference among all.
type Preference = fn(&mut Preferences) -> &mut bool;

/// Preferences that a link carries, each by a letter.
const LETTERS: [(char, Preference); 3] = [
    ('n', |preferences| &mut preferences.without_nulls),
    ('m', |preferences| &mut preferences.with_late_members),
    ('p', |preferences| &mut preferences.provisional),
];

/// How the page that is asked for is cut, and the preferences with those that its link carried.
pub(super) fn cut(top: Option<u32>, skip_token: Option<&str>, preferences: &mut Preferences) -> Answer<Cut> {
    if let Some(token) = skip_token {
        return continued(token, preferences).ok_or_else(|| {
            Failure::new(
                Kind::Invalid,
                "`$skiptoken` is none of this server's; follow `@odata.nextLink` as it is.",
            )
        });
    }
    Ok(first(top, *preferences))
}

/// The first page, of so many items or of the usual number. Who wishes for small pages means each collection, also one that is inlined.
pub(super) fn first(top: Option<u32>, preferences: Preferences) -> Cut {
    let items = match (top, preferences.page_size) {
        (Some(top), Some(wished)) => Some(top.min(wished)),
        (one, other) => one.or(other),
    };
    Cut {
        size: items.map_or(0, |items| i32::try_from(items).unwrap_or(i32::MAX)),
        cursor: String::new(),
    }
}

/// What a token of ours says: `20np-5.CURSOR`, where 5 is the size that was wished for of every collection.
fn continued(token: &str, preferences: &mut Preferences) -> Option<Cut> {
    let (shape, cursor) = token.split_once('.')?;
    let (shape, wished) = match shape.split_once('-') {
        Some((shape, wished)) => (shape, Some(wished.parse().ok()?)),
        None => (shape, None),
    };
    let digits = shape.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    for letter in shape[digits.len()..].chars() {
        let (_, flag) = LETTERS.iter().find(|(known, _)| *known == letter)?;
        *flag(preferences) = true;
    }
    let size = digits.parse().ok().filter(|size| *size >= 0 && !cursor.is_empty())?;
    preferences.page_size = wished;
    Some(Cut {
        size,
        cursor: cursor.to_owned(),
    })
}

/// A page of few things that are all at hand and do not change: its cursor is how many stand before it.
pub(super) fn of_all<T>(all: impl ExactSizeIterator<Item = T>, cut: &Cut) -> Answer<Page<T>> {
    let number = all.len();
    let before = if cut.cursor.is_empty() {
        Ok(0)
    } else {
        cut.cursor.parse()
    };
    let before: usize = before.map_err(|_| of_another_list())?;
    let size = match usize::try_from(cut.size) {
        Ok(size) if size > 0 => size,
        _ => CALL_RECORDS_PER_PAGE.max.into(),
    };
    let end = before.saturating_add(size);
    Ok(Page {
        items: all.skip(before).take(size).collect(),
        next_page_token: (end < number).then(|| end.to_string()),
    })
}

/// The token that goes on from a cursor.
fn token(size: i32, mut preferences: Preferences, cursor: &str) -> String {
    let letters = LETTERS.iter().filter(|(_, flag)| *flag(&mut preferences));
    let letters: String = letters.map(|(letter, _)| letter).collect();
    let wished = preferences
        .page_size
        .map_or_else(String::new, |wished| format!("-{wished}"));
    format!("{size}{letters}{wished}.{cursor}")
}

/// The address of the next page of what was asked: the same options, with a token for how it is cut.
pub(super) fn next_link(asked: &Asked, root: &str, path: &str, cursor: Option<&str>) -> Option<String> {
    let given = asked.head.uri.query().unwrap_or_default();
    let kept = given.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        let name = name.trim_start_matches("%24").trim_start_matches('$');
        !matches!(name, "" | "skiptoken" | "top")
    });
    let token = format!("$skiptoken={}", token(asked.cut.size, asked.preferences, cursor?));
    let options: Vec<&str> = kept.chain([token.as_str()]).collect();
    Some(format!("{root}/{path}?{}", options.join("&")))
}

/// The address of the next page of what is inlined in a resource.
pub(super) fn link_below(asked: &Asked, root: &str, path: &str, options: &Options, cursor: &str) -> String {
    let query = options.nested().map_or_else(String::new, |nested| format!("{nested}&"));
    let token = token(first(options.top, asked.preferences).size, asked.preferences, cursor);
    format!("{root}/{path}?{query}$skiptoken={token}")
}

/// What a list's cursor is bound to beside the list: whatever would make it another one.
pub(super) fn bound(options: &Options) -> String {
    let given = [&options.filter, &options.order_by].map(|option| option.as_deref().unwrap_or_default());
    if given == ["", ""] {
        String::new()
    } else {
        given.join("\n")
    }
}

/// What the caller is told when a list cannot be read.
pub(super) fn unread(asking: &Asking, error: RegisterError) -> Failure {
    match error {
        RegisterError::InvalidFilter(malformed) => Unfit::from(malformed).into(),
        RegisterError::TooFar => Failure::new(Kind::Invalid, format!("`$filter`: {error}.")),
        RegisterError::InvalidPageToken => of_another_list(),
        other => asking.unread(other),
    }
}

fn of_another_list() -> Failure {
    let sentence = "`$skiptoken` is of another list, filter or order; follow `@odata.nextLink` as it is.";
    Failure::new(Kind::Invalid, sentence)
}

/// The same for one that is not there, below a record that the caller may read.
pub(super) fn unread_below(asking: &Asking, error: RegisterError, not_found: impl FnOnce() -> Failure) -> Failure {
    match error {
        RegisterError::NotFound => not_found(),
        other => unread(asking, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_carry_what_headers_said() {
        let mut preferences = Preferences {
            without_nulls: true,
            provisional: true,
            ..Preferences::default()
        };
        let token = token(20, preferences, "AbC-_9");
        assert_eq!(token, "20np.AbC-_9");
        let mut carried = Preferences::default();
        let cut = cut(Some(3), Some(&token), &mut carried).expect("one of ours");
        assert_eq!((cut.size, cut.cursor.as_str()), (20, "AbC-_9"));
        assert_eq!(carried, preferences);
        preferences.page_size = Some(2);
        let token = super::token(20, preferences, "AbC-_9");
        assert_eq!(token, "20np-2.AbC-_9");
        let mut carried = Preferences::default();
        let cut = super::cut(None, Some(&token), &mut carried).expect("one of ours");
        assert_eq!((cut.size, cut.cursor.as_str(), carried), (20, "AbC-_9", preferences));
        for (top, size) in [(None, 2), (Some(1), 1), (Some(5), 2)] {
            assert_eq!(super::cut(top, None, &mut preferences).expect("no token").size, size);
        }
        for foreign in [
            "",
            "2",
            ".",
            "20.",
            "x.AbC",
            "-1.AbC",
            "20q.AbC",
            "20-x.AbC",
            "20-.AbC",
            "99999999999.AbC",
            "é.AbC",
        ] {
            let refused = super::cut(None, Some(foreign), &mut Preferences::default());
            assert_eq!(
                refused.map_err(|failure| failure.kind()),
                Err(Kind::Invalid),
                "{foreign}"
            );
        }
    }
    #[test]
    fn pages_of_what_is_at_hand() {
        let check = |size: i32, cursor: &str, expected: Option<(&[u8], Option<&str>)>| {
            let cut = Cut {
                size,
                cursor: cursor.to_owned(),
            };
            let page = of_all([1, 2, 3].into_iter(), &cut).ok();
            let page = page
                .as_ref()
                .map(|page| (&*page.items, page.next_page_token.as_deref()));
            assert_eq!(page, expected, "{size} after {cursor}");
        };
        check(0, "", Some((&[1, 2, 3], None)));
        check(2, "", Some((&[1, 2], Some("2"))));
        check(2, "2", Some((&[3], None)));
        check(3, "", Some((&[1, 2, 3], None)));
        check(2, "9", Some((&[], None)));
        check(2, "x", None);
    }
}
