//! What can be wrong with a credential. Whoever reads one of any kind says it in these words; whoever authenticates passes them
//! to the log.

/// What was wrong with a credential: for the log and the metrics only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not the shape of a credential.
    #[error("it is malformed")]
    Malformed,
    /// It names a key, or a way of signing, that is not ours.
    #[error("it is not signed with a key of ours")]
    UnknownKey,
    /// Our key did not sign this.
    #[error("its signature is wrong")]
    WrongSignature,
    /// We signed it, but not as a token for this service.
    #[error("it was not issued for this service")]
    WrongAudience,
    /// It is too late.
    #[error("it has expired")]
    Expired,
    /// It is too early.
    #[error("it is not valid yet")]
    NotYetValid,
    /// It has a name, and came under it before.
    #[error("it was used before")]
    UsedBefore,
    /// It is valid for longer than such a thing may be.
    #[error("it is valid for too long")]
    TooLongLived,
    /// Its application, its key, or the permission that it was issued for is gone.
    #[error("what it was issued for was taken back")]
    Revoked,
    /// Its user is gone, or has ended what was given before.
    #[error("its user does not exist, or their password was set since")]
    UnknownUser,
    /// Signed out, expired long ago, or never ours.
    #[error("no such browser session")]
    UnknownSession,
}
