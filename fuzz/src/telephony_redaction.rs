//! Messages of SIP that are kept without their secrets.

use telephony::agent::redaction::redacted;

/// The bytes are a message.
pub fn run(data: &[u8]) {
    let once = redacted(data);
    assert_eq!(
        once.len(),
        data.len(),
        "lengths that a message says of itself stay true"
    );
    assert!(once == redacted(&once), "what is covered stays so");
}
