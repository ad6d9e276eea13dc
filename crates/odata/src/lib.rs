//! What a request of OData says: its path, and the options of its query.
//!
//! They are read apart from any resource: a [`Path`] is compared with patterns, and [`Options`] are held against the [`Shape`] of
//! what they are about. What a condition means is the business of `filter`; here it is a text. No library: the grammar that clients
//! use is small, and a server that answers a question which was not asked is worse than one that says what it does not know.
//!
//! ```
//! let path = odata::Path::parse("communications/callRecords('a-b')/sessions")?;
//! assert_eq!(path.keys("communications/callRecords/{}/sessions"), Some(vec!["a-b".to_owned()]));
//! let options = odata::Options::parse("$expand=segments($select=id)&$top=5")?;
//! assert_eq!(options.top, Some(5));
//! # Ok::<(), odata::Refused>(())
//! ```

use std::borrow::Cow;

pub mod limits;
mod options;
mod path;
mod shape;
#[cfg(test)]
mod tests;

pub use options::{Expand, FILTER, ORDER_BY, Options, PROVISIONAL, SKIP_TOKEN, TOP};
pub use path::Path;
pub use shape::{Navigation, Shape, Takes};

/// Why a request cannot be answered, in words for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub Cow<'static, str>);

impl Refused {
    pub(crate) fn new(sentence: impl Into<Cow<'static, str>>) -> Refused {
        Refused(sentence.into())
    }
}
