//! telephony.
