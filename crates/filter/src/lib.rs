//! List filters: the text that a caller wrote, a tree of what it means, and SQL with bound parameters.
//!
//! The tree stands between so that two grammars, Google's and OData's, can mean the same, and so that nothing of the caller's text ever
//! reaches SQL: a [`Field`] table says which paths exist, what their values look like and which column holds them, and
//! whatever is in no row of it is refused, with the position and the reason.
//!
//! ```
//! use filter::{Field, Kind, Parameter};
//!
//! const FIELDS: &[Field] = &[Field { path: "latest_end_time", column: "latest_end_us", kind: Kind::Time }];
//! let predicate = filter::google("latestEndTime IS NULL OR latestEndTime > 2026-01-01T00:00:00+01:00")?;
//! let (sql, parameters) = predicate.to_sql(FIELDS, 3)?;
//! assert_eq!(sql, "(latest_end_us is null or latest_end_us > $3)");
//! assert_eq!(parameters, [Parameter::Int(1_767_222_000_000_000)]);
//! # Ok::<(), filter::Malformed>(())
//! ```
//!
//! No parser library: each grammar is a hundred lines or two, and its own words make the better error messages.

use std::borrow::Cow;

mod cursor;
mod google;
pub mod limits;
mod odata;
mod odata_tokens;
mod predicate;
mod sql;
mod time_literal;
mod tokens;

pub use google::{google, google_conditions};
pub use odata::odata;
pub use predicate::{Comparison, Predicate, Word};
pub use sql::{Field, Kind, Parameter};
pub use time_literal::moment;

/// Why a filter cannot be used, in words for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at}: {why}")]
pub struct Malformed {
    /// Where, in bytes from the beginning of the filter.
    pub at: usize,
    /// What is wrong there.
    pub why: Cow<'static, str>,
}

impl Malformed {
    pub(crate) fn new(at: usize, why: impl Into<Cow<'static, str>>) -> Malformed {
        Malformed { at, why: why.into() }
    }
}
