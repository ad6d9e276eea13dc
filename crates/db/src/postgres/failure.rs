//! What PostgreSQL's errors mean to callers, and which of them pass.

use crate::Error;
use deadpool_postgres::{HookError, PoolError};
use std::{error::Error as _, io, sync::Arc};
use tokio::time::error::Elapsed;
use tokio_postgres::error::SqlState;

/// Why one attempt came to nothing. In both cases nothing was written, unless the error is [`Error::Uncertain`].
#[derive(Debug)]
pub(super) enum Failure {
    /// Another attempt may succeed.
    Passing(Error),
    /// Another attempt would end alike.
    Final(Error),
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        match self {
            Failure::Passing(error) | Failure::Final(error) => error,
        }
    }

    /// The same failure, known to come from the statement at this place of a write.
    pub(super) fn at(self, statement: usize) -> Failure {
        match self {
            Failure::Passing(error) => Failure::Passing(error.at(statement)),
            Failure::Final(error) => Failure::Final(error.at(statement)),
        }
    }

    /// The failure of a `commit`: if the server did not say that it refused, it may have stored the data.
    pub(super) fn of_commit(error: tokio_postgres::Error) -> Failure {
        if connection_lost(&error) {
            Failure::uncertain(error)
        } else {
            Failure::from(error)
        }
    }

    pub(super) fn uncertain(source: impl std::error::Error + Send + Sync + 'static) -> Failure {
        Failure::Final(Error::Uncertain {
            source: Arc::new(source),
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Final(error)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        let passes = connection_lost(&error)
            || error.code().is_some_and(|code| {
                *code == SqlState::T_R_SERIALIZATION_FAILURE
                    || *code == SqlState::T_R_DEADLOCK_DETECTED
                    // A prepared statement that the server forgot, or whose tables were migrated since.
                    || *code == SqlState::INVALID_SQL_STATEMENT_NAME
                    || *code == SqlState::FEATURE_NOT_SUPPORTED
            });
        let error = translate(error);
        if passes {
            Failure::Passing(error)
        } else {
            Failure::Final(error)
        }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Failure {
        match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
            PoolError::Timeout(_) => Failure::Final(Error::Timeout {
                source: Arc::new(error),
            }),
            other => Failure::Final(Error::engine(other)),
        }
    }
}

/// Flattens work under a deadline: a server that does not answer is as good as one that timed out.
pub(super) fn outlasted<T>(outcome: Result<Result<T, Failure>, Elapsed>) -> Result<T, Failure> {
    outcome.unwrap_or_else(|elapsed| {
        Err(Failure::Final(Error::Timeout {
            source: Arc::new(elapsed),
        }))
    })
}

/// The error of a walk: one that the server cancelled went too far.
pub(super) fn given_up(error: Error) -> Error {
    match &error {
        Error::Timeout { source }
            if source
                .downcast_ref::<tokio_postgres::Error>()
                .is_some_and(|source| source.code() == Some(&SqlState::QUERY_CANCELED)) =>
        {
            Error::TooFar
        }
        _ => error,
    }
}

/// Sorts an error of PostgreSQL into the distinctions of [`Error`].
pub(super) fn translate(error: tokio_postgres::Error) -> Error {
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => Error::Conflict { statement: 0 },
        Some(code) if *code == SqlState::QUERY_CANCELED || *code == SqlState::LOCK_NOT_AVAILABLE => Error::Timeout {
            source: Arc::new(error),
        },
        Some(code) if *code == SqlState::DISK_FULL => Error::Full {
            source: Arc::new(error),
        },
        Some(code) if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => Error::Damaged {
            source: Arc::new(error),
        },
        Some(code) if *code == SqlState::READ_ONLY_SQL_TRANSACTION => Error::wrong("a read must not change anything"),
        code => Error::Engine {
            code: code.map(|code| code.code().to_owned()),
            source: Arc::new(error),
        },
    }
}

/// Whether the connection is gone, so that the server's answer, if it made one, is lost.
fn connection_lost(error: &tokio_postgres::Error) -> bool {
    let by_server = error.code().is_some_and(|code| {
        *code == SqlState::ADMIN_SHUTDOWN || *code == SqlState::CRASH_SHUTDOWN || *code == SqlState::CANNOT_CONNECT_NOW
    });
    by_server || error.is_closed() || error.source().is_some_and(<dyn std::error::Error>::is::<io::Error>)
}
