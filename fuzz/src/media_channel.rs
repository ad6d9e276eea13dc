//! Any text on any data channel.

use media::{Channel, Request};

/// The bytes are one message.
pub fn run(data: &[u8]) {
    let text = crate::text(data);
    for channel in Channel::ALL {
        // Read or refused, and a refusal is an answer.
        if let Err(refused) = Request::parse(channel, text) {
            assert!(!refused.message.is_empty());
        }
    }
}
