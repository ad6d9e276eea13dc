//! Why a request is refused, as the protocol says it (RFC 8489 §14.8, RFC 8656 §19).

/// A refusal. Its reason is for whoever reads a trace; clients go by the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It cannot be understood.
    #[error("Bad Request")]
    Malformed,
    /// It shows no credential, or not one that holds.
    #[error("Unauthorized")]
    Unauthorized,
    /// Nothing but this server's media can be reached.
    #[error("Forbidden")]
    Forbidden,
    /// It asks for what is not there.
    #[error("Unknown Attribute")]
    UnknownAttribute,
    /// There is an allocation already, or there is none.
    #[error("Allocation Mismatch")]
    Mismatch,
    /// The nonce is not of today.
    #[error("Stale Nonce")]
    StaleNonce,
    /// Media has no address of this family.
    #[error("Address Family not Supported")]
    NoSuchFamily,
    /// The allocation is somebody else's.
    #[error("Wrong Credentials")]
    WrongCredentials,
    /// Only datagrams are relayed.
    #[error("Unsupported Transport Protocol")]
    UnsupportedTransport,
    /// This client, or this credential, has its share.
    #[error("Allocation Quota Reached")]
    QuotaReached,
    /// All have.
    #[error("Insufficient Capacity")]
    Full,
}

impl Refusal {
    /// The code on the wire.
    pub(crate) fn code(self) -> u16 {
        match self {
            Refusal::Malformed => 400,
            Refusal::Unauthorized => 401,
            Refusal::Forbidden => 403,
            Refusal::UnknownAttribute => 420,
            Refusal::Mismatch => 437,
            Refusal::StaleNonce => 438,
            Refusal::NoSuchFamily => 440,
            Refusal::WrongCredentials => 441,
            Refusal::UnsupportedTransport => 442,
            Refusal::QuotaReached => 486,
            Refusal::Full => 508,
        }
    }
}
