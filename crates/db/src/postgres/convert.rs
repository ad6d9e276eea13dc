//! Values on PostgreSQL's wire.
//!
//! PostgreSQL knows the type of each parameter and column, and SQLite does not; so this side is the strict one, and a
//! store test that passes here cannot rely on SQLite's leniency.

use crate::{Error, Row, Value};
use bytes::BytesMut;
use std::error::Error as StdError;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A value on its way in.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub(super) &'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self, column: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(value) if *column == Type::INT8 => value.to_sql(column, out),
            Value::Text(value) if *column == Type::TEXT => value.to_sql(column, out),
            Value::Blob(value) if *column == Type::BYTEA => value.to_sql(column, out),
            value => Err(format!("{} cannot be bound as {column}: cast the parameter", kind(value)).into()),
        }
    }

    /// Which value fits which column depends on the value, so [`Bound::to_sql`] decides it.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Int(_) => "an integer",
        Value::Text(_) => "a text",
        Value::Blob(_) => "a blob",
    }
}

/// A value on its way out.
struct Found(Value);

impl<'a> FromSql<'a> for Found {
    fn from_sql(column: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Found(match *column {
            Type::INT8 => Value::Int(i64::from_sql(column, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(column, raw)?.into()),
            // A comparison in a select list: 0 or 1 on SQLite.
            Type::BOOL => Value::Int(bool::from_sql(column, raw)?.into()),
            Type::BYTEA => Value::Blob(raw.to_vec()),
            _ => Value::Text(String::from_sql(column, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Found(Value::Null))
    }

    /// Other types have no like on SQLite: a bare `sum` of `bigint` is `numeric`, for one.
    fn accepts(column: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::BOOL, Type::BYTEA, Type::TEXT].contains(column)
    }
}

/// One row of an answer.
pub(super) fn row_from_postgres(row: &tokio_postgres::Row) -> Result<Row, Error> {
    let value = |column| match row.try_get::<_, Found>(column) {
        Ok(Found(value)) => Ok(value),
        Err(_) => Err(Error::Column {
            column,
            wanted: "integer, text or blob: cast it",
        }),
    };
    Ok(Row((0..row.len()).map(value).collect::<Result<_, _>>()?))
}
