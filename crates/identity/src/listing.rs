//! Pages of the administrator's lists.
//!
//! A page begins behind the last key of the one before, so that rows which come and go in between neither repeat nor
//! hide others. The key itself is the token: only administrators see these lists, and they see every key anyway.

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
    /// The keys behind which this page begins: every key is greater than the empty text.
    pub(crate) fn start(&self) -> String {
        // A NUL is in no key, and no engine takes it.
        self.after.unwrap_or_default().replace('\0', "")
    }

    pub(crate) fn size(&self) -> usize {
        match self.size {
            0 => limits::PAGE_SIZE_DEFAULT,
            size => size.min(limits::PAGE_SIZE_MAX),
        }
    }

    /// One row more than the page: it tells whether there is another page.
    pub(crate) fn rows(&self) -> i64 {
        i64::try_from(self.size() + 1).expect("at most a thousand")
    }
}

impl<T> Listing<T> {
    /// The page of these rows, of which there may be one too many.
    pub(crate) fn of(page: &Page<'_>, mut items: Vec<T>, key: impl Fn(&T) -> &str) -> Listing<T> {
        let more = items.len() > page.size();
        items.truncate(page.size());
        let next = items.last().filter(|_| more).map(|last| key(last).to_owned());
        Listing { items, next }
    }
}
