//! What SQLite's result codes mean to callers.

use crate::Error;
use rusqlite::{ErrorCode, ffi};
use std::sync::Arc;

/// Sorts an error of SQLite into the distinctions of [`Error`].
pub(super) fn translate(error: rusqlite::Error) -> Error {
    if let Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) = error.sqlite_extended_error_code()
    {
        return Error::Conflict { statement: 0 };
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Timeout {
            source: Arc::new(error),
        },
        _ => Error::Engine {
            code: error.sqlite_extended_error_code().map(|code| code.to_string()),
            source: Arc::new(error),
        },
    }
}
