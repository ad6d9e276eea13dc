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

/// What a check of the file has found.
pub(super) fn damaged(found: String) -> Error {
    Error::Damaged {
        source: Arc::new(std::io::Error::other(found)),
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
        Some((ErrorCode::DiskFull, _)) => Error::Full {
            source: Arc::new(error),
        },
        Some((ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _)) => Error::Damaged {
            source: Arc::new(error),
        },
        cause => Error::Engine {
            code: cause.map(|(_, code)| code.to_string()),
            source: Arc::new(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn a_full_disk_and_a_damaged_file_are_told_from_other_failures() {
        let connection = Connection::open_in_memory().unwrap();
        let fail = |sql: &str| translate(connection.execute_batch(sql).unwrap_err());
        let full = fail("pragma max_page_count = 3; create table a (x); create table b (x); create table c (x)");
        assert!(matches!(full, Error::Full { .. }), "{full:?}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged.db");
        std::fs::write(&path, [b'x'; 8192]).unwrap();
        let damaged = Connection::open(&path)
            .unwrap()
            .execute_batch("select * from sqlite_schema");
        let damaged = translate(damaged.unwrap_err());
        assert!(matches!(damaged, Error::Damaged { .. }), "{damaged:?}");
        let other = fail("select * from nothing");
        assert!(matches!(other, Error::Engine { .. }), "{other:?}");
    }
}
