//! Pages of lists, the newest first.
//!
//! A page begins behind the last row of the one before, which its token names by time and id. A token is good for the list that it came
//! from: it carries a digest of all that says which rows are in it, so that one of another list is refused and not read as a place in this one.
//!
//! Every list of the crate is asked for by the one query here ([`Listed`] says of what), so a page is the same everywhere.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::{Row, Value};

use crate::{Calls, limits::PAGE_SIZE};

/// Which part of which list.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    /// 0 is the usual number, and more than the most is the most.
    pub size: i32,
    /// Where the page before ended; empty is the first.
    pub token: &'a str,
    /// The filter, as it was given.
    pub filter: &'a str,
}

/// A page.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The newest first.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// Less than none.
    #[error("a page cannot have less than no items")]
    Size,
    /// Not a token of this list.
    #[error("the page token is not one of this list")]
    Token,
    /// No number begins with that.
    #[error("numbers begin with digits of E.164, such as +61")]
    Prefix,
    /// The filter.
    #[error(transparent)]
    Filter(#[from] filter::Malformed),
    /// The database.
    #[error("the list cannot be read")]
    Store(#[from] db::Error),
}

/// What is listed: rows of a table that has `create_us` and `id`.
pub(crate) struct Listed<'a, T> {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static str,
    /// Whose the rows are, or what else of them is in parameters alone.
    pub(crate) parent: &'a str,
    /// Which of the rows are in it: a condition whose parameters begin with [`Listed::FIRST_PARAMETER`].
    pub(crate) condition: &'a str,
    pub(crate) params: Vec<Value>,
    /// Of a row with these columns.
    pub(crate) read: fn(&Row) -> Result<T, db::Error>,
    /// When it was made, and its id.
    pub(crate) place: fn(&T) -> (i64, &str),
}

impl<T> Listed<'_, T> {
    /// The ones before it say which page it is.
    pub(crate) const FIRST_PARAMETER: usize = 4;

    /// Which list it is, of all that there are, under this filter.
    fn digest(&self, filter: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.table, self.parent, self.condition, filter).hash(&mut hasher);
        hasher.finish()
    }
}

impl Calls {
    /// A page of a list.
    pub(crate) async fn page_of<T>(&self, list: List<'_>, listed: Listed<'_, T>) -> Result<Page<T>, ListError> {
        let digest = listed.digest(list.filter);
        let (size, place) = (list.size()?, list.place(digest)?);
        let Listed {
            table,
            columns,
            condition,
            ..
        } = listed;
        let sql = format!(
            "select {columns} from {table} where (create_us, id) < ($1, $2) and {condition}
            order by create_us desc, id desc limit $3"
        );
        // One more than a page has says whether there is another.
        let rows_max = i64::try_from(size + 1).expect("a hundred and one");
        let mut params = vec![place.create_us.into(), place.id.into(), rows_max.into()];
        params.extend(listed.params);
        let rows = self.db.walk(&sql, params).await?;
        let items = rows.iter().map(listed.read).collect::<Result<Vec<T>, _>>()?;
        Ok(Page::of(items, digest, size, listed.place))
    }
}

/// The place behind which a page begins.
struct Place {
    create_us: i64,
    id: String,
}

impl List<'_> {
    fn size(&self) -> Result<usize, ListError> {
        match usize::try_from(self.size) {
            Err(_) => Err(ListError::Size),
            Ok(0) => Ok(PAGE_SIZE.0),
            Ok(size) => Ok(size.min(PAGE_SIZE.1)),
        }
    }

    fn place(&self, digest: u64) -> Result<Place, ListError> {
        if self.token.is_empty() {
            return Ok(Place {
                create_us: i64::MAX,
                id: String::new(),
            });
        }
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(self.token).ok()?).ok()?;
            let mut parts = text.splitn(3, ' ');
            let (of, create_us, id) = (parts.next()?, parts.next()?, parts.next()?);
            let is_ours = of.parse() == Ok(digest) && !id.contains('\0');
            is_ours.then_some(Place {
                create_us: create_us.parse().ok()?,
                id: id.to_owned(),
            })
        };
        read().ok_or(ListError::Token)
    }
}

impl<T> Page<T> {
    /// The page of these rows of the list with that digest, of which there is one more than it has if there is another page.
    fn of(mut items: Vec<T>, digest: u64, size: usize, place_of: fn(&T) -> (i64, &str)) -> Page<T> {
        let has_more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| has_more).map(|last| {
            let (create_us, id) = place_of(last);
            URL_SAFE_NO_PAD.encode(format!("{digest} {create_us} {id}"))
        });
        Page { items, next }
    }
}
