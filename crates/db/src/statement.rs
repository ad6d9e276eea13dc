//! A write is data: a list of statements that all hold or none do.
//!
//! Because it is data and no closure, the writer may put many writes into one commit, run one again after a deadlock, and
//! hold no lock while anybody waits for something else. Because each statement may say how many rows it expects to
//! change, optimistic concurrency, uniqueness and fencing are the same words on both engines.

use crate::{Error, Value};
use std::borrow::Cow;

/// One statement of a write. It answers nothing: the caller chooses ids and times, so `returning` is refused.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) params: Vec<Value>,
    pub(crate) rows_expected: Option<u64>,
}

impl Statement {
    /// A statement with `$1` to `$n` for its parameters, in the subset of SQL that both engines share.
    pub fn new(sql: impl Into<Cow<'static, str>>, params: Vec<Value>) -> Statement {
        Statement {
            sql: sql.into(),
            params,
            rows_expected: None,
        }
    }

    /// Makes the whole write fail with [`Error::Conflict`] unless this statement changes exactly so many rows.
    #[must_use]
    pub fn expect(mut self, rows: u64) -> Statement {
        self.rows_expected = Some(rows);
        self
    }

    pub(crate) fn check_changed(&self, rows: u64) -> Result<(), Error> {
        if self.rows_expected.is_none_or(|expected| expected == rows) {
            Ok(())
        } else {
            Err(Error::Conflict { statement: 0 })
        }
    }
}

/// Refuses what only one of the engines would take, so that no test passes on the other alone.
pub(crate) fn check_params(params: &[Value]) -> Result<(), Error> {
    if params
        .iter()
        .any(|value| matches!(value, Value::Text(text) if text.contains('\0')))
    {
        return Err(Error::wrong("a text holds a NUL character; bind it as a blob"));
    }
    Ok(())
}

/// Both engines would bind what they were given and fail later, each in its own words, or not at all.
pub(crate) fn check_count(params: usize, values: usize) -> Result<(), Error> {
    if params == values {
        Ok(())
    } else {
        Err(Error::wrong(format!(
            "it has {params} parameters and there are {values} values"
        )))
    }
}
