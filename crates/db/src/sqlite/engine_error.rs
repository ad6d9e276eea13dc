//! What SQLite's result codes mean to callers.

use crate::Error;
use rusqlite::{ErrorCode, ffi};
use std::sync::Arc;

/// The error of a walk: one that was interrupted went too far.
pub(super) fn given_up(error: Error) -> Error {
    match &error {
        Error::Timeout { source }
            if source
                .downcast_ref::<rusqlite::Error>()
                .is_some_and(|source| source.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)) =>
        {
            Error::TooFar
        }
        _ => error,
    }
}

/// Sorts an error of SQLite into the distinctions of [`Error`].
pub(super) fn translate(error: rusqlite::Error) -> Error {
    let cause = match &error {
        rusqlite::Error::SqlInputError { error: cause, .. } => Some(*cause),
        other => other.sqlite_error().copied(),
    };
    match cause.map(|cause| (cause.code, cause.extended_code)) {
        Some((_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY)) => {
            Error::Conflict { statement: 0 }
        }
        Some((ErrorCode::OperationInterrupted | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _)) => {
            Error::Timeout {
                source: Arc::new(error),
            }
        }
        cause => Error::Engine {
            code: cause.map(|(_, code)| code.to_string()),
            source: Arc::new(error),
        },
    }
}
