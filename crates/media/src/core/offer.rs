//! The rules of an offer.

/// Why an offer is refused. `Display` is what the client is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// The offer exceeds `limits::OFFER_BYTES`.
    #[error("the offer is longer than {} bytes", crate::limits::OFFER_BYTES)]
    TooLong,
    /// The offer is no SDP.
    #[error("the offer is not valid SDP: {0}")]
    Malformed(String),
}
