//! What goes into a statement and comes out of it.
//!
//! Four kinds, because that is what both engines keep alike: a flag is 0 or 1, a time is microseconds in an integer, an
//! id and JSON are text. There is no floating point: nothing in the register is approximate.

use crate::Error;

/// A parameter of a statement, or a column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The absence of a value.
    Null,
    /// A `bigint`.
    Int(i64),
    /// A `text`.
    Text(String),
    /// A `bytea`.
    Blob(Vec<u8>),
}

impl Value {
    /// What rows are looked up by, if it comes from outside: no column holds a NUL, so a text with one is nothing, which equals nothing.
    /// Without it the text would be another one, and would find what it does not name.
    pub fn key(text: &str) -> Value {
        if text.contains('\0') { Value::Null } else { text.into() }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Value::Text(value.clone())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Value::Blob(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Value::Blob(value.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Value::Blob(value.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// One row of an answer. Columns are asked for by index, in the order of the `select`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The column as an integer.
    pub fn int(&self, column: usize) -> Result<i64, Error> {
        self.opt_int(column)?.ok_or(Error::Column {
            column,
            wanted: "integer",
        })
    }

    /// The column as an integer, or `None` where it is null.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, Error> {
        match self.0.get(column) {
            Some(Value::Int(value)) => Ok(Some(*value)),
            Some(Value::Null) => Ok(None),
            _ => Err(Error::Column {
                column,
                wanted: "integer",
            }),
        }
    }

    /// The column as text.
    pub fn text(&self, column: usize) -> Result<&str, Error> {
        self.opt_text(column)?.ok_or(Error::Column { column, wanted: "text" })
    }

    /// The column as text, or `None` where it is null.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, Error> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(Error::Column { column, wanted: "text" }),
        }
    }

    /// The column as bytes.
    pub fn blob(&self, column: usize) -> Result<&[u8], Error> {
        self.opt_blob(column)?.ok_or(Error::Column { column, wanted: "blob" })
    }

    /// The column as bytes, or `None` where it is null.
    pub fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>, Error> {
        match self.0.get(column) {
            Some(Value::Blob(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(Error::Column { column, wanted: "blob" }),
        }
    }

    /// The columns as they came: what a test compares.
    #[cfg(feature = "testing")]
    pub fn into_values(self) -> Vec<Value> {
        self.0
    }
}
