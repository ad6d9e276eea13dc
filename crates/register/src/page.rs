//! Pages of a list, by key and not by number.
//!
//! A page begins after the last item of the page before: whatever is inserted meanwhile, nothing that was there is
//! repeated or skipped, and the thousandth page costs what the first does. An offset would do neither.
//!
//! The token holds that item's key, and a digest over it and over everything that must stay the same between pages: the
//! list, its parent, its reader and the filter. Whoever changes one of them, or makes up a token, is told so instead of
//! being given a page of something else. It is no secret: a forged one would only begin elsewhere in a list that its
//! forger may read anyway.

use crate::{
    RegisterError,
    limits::{PAGE_TOKEN_CHARACTERS_MAX, PageSizes, ROWS_READ_AT_ONCE},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use db::{Db, Row, Value};
use filter::{Field, Parameter, Predicate};
use meeting::Micros;
use sha2::{Digest as _, Sha256};

/// What a caller asks of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'a> {
    /// A filter in Google's grammar; empty for none.
    pub filter: &'a str,
    /// Items per page; 0 for the usual number.
    pub page_size: i32,
    /// From the page before; empty for the first page.
    pub page_token: &'a str,
    /// The time, for what has expired.
    pub now: Micros,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, newest first unless the list says otherwise.
    pub items: Vec<T>,
    /// What to ask the next page with; `None` on the last.
    pub next_page_token: Option<String>,
}

/// A list, before anybody asks for it.
pub(crate) struct List {
    /// Tells the tokens of one list from those of another.
    pub(crate) name: &'static str,
    /// `select … from … where …`, with its own parameters from `$1`; the first two columns are the key.
    pub(crate) select: &'static str,
    /// The column of a time and that of the id: the order.
    pub(crate) key: [&'static str; 2],
    pub(crate) direction: Direction,
    pub(crate) fields: &'static [Field],
    pub(crate) sizes: PageSizes,
}

/// Which way a list goes along its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Descending,
    Ascending,
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) start: Micros,
    pub(crate) id: String,
}

impl List {
    /// Reads a page. `scope` is what the token is bound to beside the list and the filter: its parent and its reader.
    pub(crate) async fn page<T>(
        &self,
        db: &Db,
        scope: &[&str],
        params: Vec<Value>,
        query: &Query<'_>,
        item: Item<T>,
    ) -> Result<Page<T>, RegisterError> {
        let predicate = filter::google_conditions(query.filter)?;
        self.page_where(db, scope, params, query, &predicate, item).await
    }

    /// The same with what the filter of the query was found to mean.
    pub(crate) async fn page_where<T>(
        &self,
        db: &Db,
        scope: &[&str],
        params: Vec<Value>,
        query: &Query<'_>,
        predicate: &Predicate,
        item: Item<T>,
    ) -> Result<Page<T>, RegisterError> {
        let (size, token, after) = self.place(scope, query)?;
        let rows = self.rows(db, params, predicate, after, size + 1).await?;
        cut(&token, size, &rows, |row| row, item)
    }

    /// How long a page of it is asked for, and after what.
    fn place<'a>(
        &self,
        scope: &'a [&'a str],
        query: &Query<'a>,
    ) -> Result<(usize, TokenContext<'a>, Option<Key>), RegisterError> {
        let size = page_size(query.page_size, self.sizes)?;
        let token = TokenContext {
            list: self.name,
            scope,
            filter: query.filter,
        };
        let after = match query.page_token {
            "" => None,
            sealed => Some(token.open(sealed)?),
        };
        Ok((size, token, after))
    }

    /// How many items there are on all pages.
    pub(crate) async fn count(&self, db: &Db, params: Vec<Value>, filter: &str) -> Result<i64, RegisterError> {
        self.count_where(db, params, &filter::google_conditions(filter)?).await
    }

    /// The same with what the filter was found to mean.
    pub(crate) async fn count_where(
        &self,
        db: &Db,
        params: Vec<Value>,
        predicate: &Predicate,
    ) -> Result<i64, RegisterError> {
        let (condition, params) = self.filtered(params, predicate)?;
        let sql = format!("select count(*) from ({} and {condition}) as matching", self.select);
        let rows = db.walk(&sql, params).await?;
        Ok(rows.first().ok_or(RegisterError::NotFound)?.int(0)?)
    }

    /// The first rows after a key. Without a filter they lie side by side in an index, and few of them are read sooner than they are
    /// handed over to somebody else; under a filter nobody knows how far away the next one is.
    async fn rows(
        &self,
        db: &Db,
        params: Vec<Value>,
        predicate: &Predicate,
        after: Option<Key>,
        limit: usize,
    ) -> Result<Vec<Row>, RegisterError> {
        let (sql, params) = self.sql(params, predicate, after, limit)?;
        let rows = if predicate.is_empty() && limit <= ROWS_READ_AT_ONCE {
            db.read(&sql, params).await?
        } else {
            db.walk(&sql, params).await?
        };
        Ok(rows)
    }

    pub(crate) fn sql(
        &self,
        params: Vec<Value>,
        predicate: &Predicate,
        after: Option<Key>,
        limit: usize,
    ) -> Result<(String, Vec<Value>), RegisterError> {
        let [start, id] = self.key;
        let (beyond, order) = match self.direction {
            Direction::Descending => ("<", "desc"),
            Direction::Ascending => (">", "asc"),
        };
        let (condition, mut params) = self.filtered(params, predicate)?;
        let mut bind = |value: Value| {
            params.push(value);
            format!("${}", params.len())
        };
        let position = after.map_or_else(String::new, |after| {
            format!(
                "and ({start}, {id}) {beyond} ({}, {})",
                bind(after.start.0.into()),
                bind(after.id.into())
            )
        });
        let limit = bind(i64::try_from(limit).expect("a page is small").into());
        let order = format!("order by {start} {order}, {id} {order} limit {limit}");
        // The position comes first: of two bounds on the same column SQLite searches by the one that is written first, and whatever
        // bound the filter has, the page before was within it.
        let sql = format!("{} {position} and {condition} {order}", self.select);
        Ok((sql, params))
    }

    fn filtered(&self, mut params: Vec<Value>, predicate: &Predicate) -> Result<(String, Vec<Value>), RegisterError> {
        let (condition, values) = predicate.to_sql(self.fields, params.len() + 1)?;
        params.extend(values.into_iter().map(|value| match value {
            Parameter::Int(value) => Value::Int(value),
            Parameter::Text(value) => Value::Text(value),
        }));
        Ok((condition, params))
    }
}

/// One of several lists that are shown as one.
pub(crate) struct Part<T> {
    pub(crate) list: List,
    pub(crate) params: Vec<Value>,
    /// What the filter of the query was found to mean of it.
    pub(crate) predicate: Predicate,
    pub(crate) item: Item<T>,
}

/// What a row of a list is.
pub(crate) type Item<T> = fn(&Row) -> Result<T, RegisterError>;

/// A page of lists by keys of the same kind, as if they were one: the first. They go one way, and their tokens are the same.
pub(crate) async fn merged<T>(
    parts: &[Part<T>],
    db: &Db,
    scope: &[&str],
    query: &Query<'_>,
) -> Result<Page<T>, RegisterError> {
    let first = &parts.first().expect("there is a list").list;
    let (size, token, after) = first.place(scope, query)?;
    let mut rows: Vec<(Key, Row, Item<T>)> = Vec::new();
    for part in parts {
        let params = part.params.clone();
        let found = part.list.rows(db, params, &part.predicate, after.clone(), size + 1);
        for row in found.await? {
            rows.push((key(&row)?, row, part.item));
        }
    }
    rows.sort_by(|(one, ..), (other, ..)| match first.direction {
        Direction::Ascending => one.cmp(other),
        Direction::Descending => other.cmp(one),
    });
    cut(&token, size, &rows, |(_, row, _)| row, |(_, row, item)| item(row))
}

/// A page of these rows, of which there is one more if more pages follow.
fn cut<R, T>(
    token: &TokenContext<'_>,
    size: usize,
    rows: &[R],
    row: impl Fn(&R) -> &Row,
    item: impl Fn(&R) -> Result<T, RegisterError>,
) -> Result<Page<T>, RegisterError> {
    let shown = &rows[..rows.len().min(size)];
    let next_page_token = match shown.last() {
        Some(last) if rows.len() > size => Some(token.seal(&key(row(last))?)),
        _ => None,
    };
    Ok(Page {
        items: shown.iter().map(item).collect::<Result<_, _>>()?,
        next_page_token,
    })
}

fn key(row: &Row) -> Result<Key, RegisterError> {
    Ok(Key {
        start: Micros(row.int(0)?),
        id: row.text(1)?.to_owned(),
    })
}

fn page_size(asked: i32, sizes: PageSizes) -> Result<usize, RegisterError> {
    match usize::try_from(asked).map_err(|_| RegisterError::NegativePageSize)? {
        0 => Ok(sizes.usual.into()),
        size => Ok(size.min(sizes.max.into())),
    }
}

/// What a page token is bound to.
struct TokenContext<'a> {
    list: &'static str,
    scope: &'a [&'a str],
    filter: &'a str,
}

const TOKEN_VERSION: u8 = 1;
const DIGEST_BYTES: usize = 16;

impl TokenContext<'_> {
    fn seal(&self, key: &Key) -> String {
        let mut token = vec![TOKEN_VERSION];
        token.extend(self.digest(key));
        token.extend(key.start.0.to_be_bytes());
        token.extend(key.id.as_bytes());
        URL_SAFE_NO_PAD.encode(token)
    }

    fn open(&self, token: &str) -> Result<Key, RegisterError> {
        self.opened(token).ok_or(RegisterError::InvalidPageToken)
    }

    fn opened(&self, token: &str) -> Option<Key> {
        if token.len() > PAGE_TOKEN_CHARACTERS_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let rest = bytes.strip_prefix(&[TOKEN_VERSION])?;
        let (digest, rest) = rest.split_first_chunk::<DIGEST_BYTES>()?;
        let (start, id) = rest.split_first_chunk::<8>()?;
        let key = Key {
            start: Micros(i64::from_be_bytes(*start)),
            id: String::from_utf8(id.to_vec()).ok()?,
        };
        (*digest == self.digest(&key)).then_some(key)
    }

    /// Each part with its length before it, so that no two lists of parts read the same.
    fn digest(&self, key: &Key) -> [u8; DIGEST_BYTES] {
        let mut hash = Sha256::new();
        let start = key.start.0.to_string();
        let parts = [self.list, self.filter, &start, &key.id];
        for part in parts.iter().chain(self.scope) {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        *hash.finalize().first_chunk().expect("a digest has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        attendance::REPORTED,
        call_records::{CALL_RECORDS, CALL_RECORDS_BY_CHANGE, CALL_RECORDS_OF_PERSON},
        call_sessions::CALL_SESSIONS,
        conferences::{CONFERENCES, CONFERENCES_OF_APP, CONFERENCES_OF_APP_IN_SPACE},
        members::MEMBERS,
        participant_sessions::PARTICIPANT_SESSIONS,
        participants::PARTICIPANTS,
        recordings::RECORDINGS,
        spaces::SPACES,
        telephone_records::{NETWORK_CALLS, TELEPHONE_RECORDS},
    };

    /// What is promised of each list: how long its pages are, and where it begins. The contract of Meet says nothing of the order of
    /// members.
    #[test]
    fn sizes_and_order() {
        use Direction::{Ascending, Descending};
        for (list, usual, max, direction) in [
            (&CONFERENCES, 25, 100, Descending),
            (&CONFERENCES_OF_APP, 25, 100, Descending),
            (&CONFERENCES_OF_APP_IN_SPACE, 25, 100, Descending),
            (&PARTICIPANTS, 100, 250, Descending),
            (&PARTICIPANT_SESSIONS, 100, 250, Descending),
            (&RECORDINGS, 10, 100, Ascending),
            (&MEMBERS, 250, 500, Descending),
            (&SPACES, 25, 100, Descending),
            (&REPORTED, 25, 100, Descending),
            (&CALL_RECORDS, 60, 250, Descending),
            (&CALL_RECORDS_BY_CHANGE, 60, 250, Descending),
            (&CALL_RECORDS_OF_PERSON, 60, 250, Descending),
            (&TELEPHONE_RECORDS, 60, 250, Descending),
            (&CALL_SESSIONS, 60, 250, Ascending),
            (&NETWORK_CALLS, 1_000, 1_000, Ascending),
        ] {
            let name = list.name;
            assert_eq!(list.direction, direction, "{name}");
            for (asked, given) in [(0, usual), (1, 1), (max, max), (max + 1, max), (i32::MAX, max)] {
                let size = page_size(asked, list.sizes).expect("not negative");
                assert_eq!(i32::try_from(size), Ok(given), "{name}: {asked}");
            }
            for asked in [-1, i32::MIN] {
                let refusal = page_size(asked, list.sizes);
                assert!(
                    matches!(refusal, Err(RegisterError::NegativePageSize)),
                    "{name}: {asked}"
                );
            }
        }
    }
}
