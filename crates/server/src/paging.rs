//! Why there is no page of a list of calls, recordings, domains or numbers, as both contracts of telephone calls say it.

use calls::ListError;

use crate::failure::Failure;

/// Why there is no page.
pub(crate) fn unlisted(error: &ListError) -> Failure {
    match error {
        ListError::Size => Failure::field("page_size", error.to_string()),
        ListError::Token => Failure::field("page_token", error.to_string()),
        ListError::Prefix => Failure::field("prefix", error.to_string()),
        ListError::Filter(malformed) => Failure::field("filter", malformed.to_string()),
        ListError::Store(error) => unreachable(error),
    }
}

/// The database does not answer.
pub(crate) fn unreachable(error: &db::Error) -> Failure {
    Failure::unreachable(error, "the calls cannot be reached")
}
