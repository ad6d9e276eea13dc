//! Pages of the administrator's lists.
//!
//! A page begins behind the last key of the one before, so that rows which come and go in between neither repeat nor
//! hide others. The key itself is the token: only administrators see these lists, and they see every key anyway.

use db::{Db, Row, Value};

use crate::limits;

/// Which part of a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page<'a> {
    /// 0: the default; more than [`limits::PAGE_SIZE_MAX`] is that.
    pub size: usize,
    /// [`Listing::next`] of the page before.
    pub after: Option<&'a str>,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// In the order of their keys.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

impl Page<'_> {
    /// Reads this page. The statement gives the rows whose key is greater than `$1`, in the order of their keys and no more
    /// than `$2` of them.
    pub(crate) async fn read_listing<T>(
        &self,
        db: &Db,
        sql: &str,
        item_of: impl Fn(&Row) -> Result<T, db::Error>,
        key_of: impl Fn(&T) -> &str,
    ) -> Result<Listing<T>, db::Error> {
        let size = self.size();
        // One row more than the page: it tells whether there is another page.
        let rows_max = i64::try_from(size + 1).expect("at most a thousand and one");
        let rows = db.read(sql, vec![self.start(), rows_max.into()]).await?;
        let items = rows.iter().take(size).map(item_of).collect::<Result<Vec<_>, _>>()?;
        let next = items
            .last()
            .filter(|_| rows.len() > size)
            .map(|last| key_of(last).to_owned());
        Ok(Listing { items, next })
    }

    /// The key behind which this page begins: every key is greater than the empty text.
    fn start(&self) -> Value {
        Value::key(self.after.unwrap_or_default())
    }

    fn size(&self) -> usize {
        match self.size {
            0 => limits::PAGE_SIZE_DEFAULT,
            size => size.min(limits::PAGE_SIZE_MAX),
        }
    }
}
