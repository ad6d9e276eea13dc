//! Whatever comes to the port of a line's reports.
//!
//! The bytes are a datagram.

use telephony::line::rtcp::{Told, is_report};

/// The bytes are a datagram.
pub fn run(data: &[u8]) {
    let Some(told) = Told::read(data, 7) else { return };
    assert!(is_report(data), "what is read is one");
    assert!(told.heard.is_none_or(|block| block.ssrc == 7), "what was asked about");
    let asked = told.heard.map(|block| block.lost).unwrap_or_default();
    assert!((-0x80_0000..0x80_0000).contains(&asked), "it has 24 bits");
}
