//! Why the register does not answer. No status codes: each contract chooses its own.

use std::error::Error;
use std::fmt::Write as _;

use meeting::MalformedId;

/// `Display` is what the caller may be told, the source chain what the log should hold.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There is no such thing, or not any more.
    #[error("not found")]
    NotFound,
    /// A space's id or meeting code is in use: try again with other random bytes. Or a member's address or account: it is one already.
    #[error("it exists already")]
    Taken,
    /// See [`MEMBERS_PER_SPACE_MAX`](crate::limits::MEMBERS_PER_SPACE_MAX).
    #[error("the space has as many members as it can")]
    TooManyMembers,
    /// Somebody is to be forgotten who is in a conference that is still held.
    #[error("the person is in a meeting that is not over; try again when it is")]
    StillMeeting,
    /// A person is forgotten, but their bytes are not gone yet.
    #[error(transparent)]
    StillSeen(db::Error),
    /// The caller's filter.
    #[error("the filter is malformed {0}")]
    InvalidFilter(filter::Malformed),
    /// The caller's filter passes more rows than one answer is worth.
    #[error("the filter looks at too much; name a space or a time")]
    TooFar,
    /// The caller's page token: not one of ours, or one of another list, reader or filter.
    #[error("the page token is not one of this list with this filter")]
    InvalidPageToken,
    /// The caller's page size.
    #[error("the page size is negative")]
    NegativePageSize,
    /// The facts do not follow from what is recorded: somebody else wrote about this space, or these facts are recorded
    /// already. Nothing was written; [`Register::space`](crate::Register::space) tells how things stand.
    #[error("the space has changed in the meantime")]
    Impossible(#[source] db::Error),
    /// A row holds what was never written to it.
    #[error("the register is damaged")]
    Damaged(#[source] Damage),
    /// The database. Whether a write holds that failed so is not known.
    #[error("the register cannot be reached; try again later")]
    Store(#[source] db::Error),
}

/// What is wrong with a row, or with all of them.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// The engine does not understand its own files.
    #[error("its files are not as they were written")]
    Database(#[source] db::Error),
    /// An id that is none.
    #[error("a row holds a text that is no id")]
    Id(#[source] MalformedId),
    /// A number or word without a meaning.
    #[error("a row holds the unknown {noun} {value}")]
    Unknown {
        /// What it should be.
        noun: &'static str,
        /// What it is.
        value: String,
    },
}

impl Damage {
    pub(crate) fn unknown(noun: &'static str, value: &dyn std::fmt::Display) -> RegisterError {
        RegisterError::Damaged(Damage::Unknown {
            noun,
            value: value.to_string(),
        })
    }
}

impl From<db::Error> for RegisterError {
    fn from(error: db::Error) -> RegisterError {
        match error {
            db::Error::TooFar => RegisterError::TooFar,
            error @ db::Error::Seen { .. } => RegisterError::StillSeen(error),
            error @ db::Error::Damaged { .. } => RegisterError::Damaged(Damage::Database(error)),
            error => RegisterError::Store(error),
        }
    }
}

/// Ids are parsed when they come from a row, too: callers of the register have parsed theirs before.
impl From<MalformedId> for RegisterError {
    fn from(error: MalformedId) -> RegisterError {
        RegisterError::Damaged(Damage::Id(error))
    }
}

impl From<filter::Malformed> for RegisterError {
    fn from(malformed: filter::Malformed) -> RegisterError {
        RegisterError::InvalidFilter(malformed)
    }
}

/// An error and everything that caused it, in one line for the log: no `Display` of ours repeats its source.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}
