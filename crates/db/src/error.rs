//! What can go wrong with a read or a write.
//!
//! [`Display`](std::fmt::Display) says what a caller may be told; what the engine said is in the source chain, for the
//! log. Variants are the distinctions that callers act on: everything else is [`Error::Engine`], with the engine's code.

use std::sync::Arc;

/// The inner half of an error. Shared, because all writes of a failed commit fail for one reason.
pub type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why a read or a write did not succeed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A statement changed another number of rows than it expected, or a unique index refused it. Nothing was written.
    #[error("somebody else changed the data at the same time")]
    Conflict {
        /// Index of the statement in its write.
        statement: usize,
    },
    /// The read has no bound, or a wrong one.
    #[error("the answer has more than {limit} rows")]
    TooManyRows {
        /// The limit that was exceeded.
        limit: usize,
    },
    /// A walk passed more than any answer is worth.
    #[error("the answer is too far to walk to")]
    TooFar,
    /// The time was up, or another process held the database for too long. Nothing was written.
    #[error("the database did not answer in time")]
    Timeout {
        /// What the engine said.
        #[source]
        source: Source,
    },
    /// What was deleted is gone for whoever reads, but not out of the files: somebody who began before, of this program or another one,
    /// can still see it.
    #[error(
        "what was deleted is still in the files of the database, because somebody who began before can see it; \
         do it again, or delete something else, when they have ended"
    )]
    Seen {
        /// Who, as far as it is known.
        #[source]
        source: Source,
    },
    /// The database went away during the commit: the write holds as a whole or not at all, and only a read can tell.
    #[error("the database went away and it is not known whether the data was stored")]
    Uncertain {
        /// What the engine said.
        #[source]
        source: Source,
    },
    /// Another server has taken the database over. Nothing was written, and nothing will be by this handle.
    #[error("another server has taken the database over")]
    Superseded,
    /// A server runs on the database, and what was asked for would change the tables that it works with. Nothing was changed.
    #[error("a server is running on this database")]
    Served {
        /// Of which version it is, if it says so.
        version: Option<String>,
    },
    /// The disk is full. Nothing was written.
    #[error("there is no room left on the disk of the database")]
    Full {
        /// What the engine said.
        #[source]
        source: Source,
    },
    /// What is on the disk is not what the engine wrote there.
    #[error("the database is damaged; stop the server and restore a copy")]
    Damaged {
        /// What the engine said.
        #[source]
        source: Source,
    },
    /// A column does not hold what was asked of it.
    #[error("column {column} of the answer is no {wanted}")]
    Column {
        /// Index of the column, from 0.
        column: usize,
        /// The type that was asked for.
        wanted: &'static str,
    },
    /// The statement breaks the rules of this crate, the same on both engines.
    #[error("the statement is wrong: {reason}")]
    Statement {
        /// Which rule, and what to write instead.
        reason: String,
    },
    /// The database was written by a newer program, which may mean things that this one does not know.
    #[error(
        "a newer version of this program has changed the tables of the database: {found} steps were made, and this version knows {known}"
    )]
    Newer {
        /// The newest migration that the database has seen.
        found: i64,
        /// The newest migration that this program has.
        known: i64,
    },
    /// The engine refused, for a reason that callers do not act on.
    #[error("the database failed")]
    Engine {
        /// The engine's own code: an SQLSTATE, or SQLite's extended result code in decimal.
        code: Option<String>,
        /// What the engine said.
        #[source]
        source: Source,
    },
}

impl Error {
    /// Whether the write was refused because the data is not what its statements expected.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Conflict { .. })
    }

    pub(crate) fn wrong(reason: impl Into<String>) -> Error {
        Error::Statement { reason: reason.into() }
    }

    pub(crate) fn engine(source: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::Engine {
            code: None,
            source: Arc::new(source),
        }
    }

    /// The same error, known to come from the statement at this place of a write.
    pub(crate) fn at(self, statement: usize) -> Error {
        match self {
            Error::Conflict { .. } => Error::Conflict { statement },
            Error::Statement { reason } => Error::Statement {
                reason: format!("{reason} (statement {statement})"),
            },
            other => other,
        }
    }
}
