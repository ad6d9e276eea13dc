//! Any text on any data channel.

#![no_main]

use libfuzzer_sys::fuzz_target;
use media::{Channel, Request};

fuzz_target!(|text: &str| {
    for channel in Channel::ALL {
        // Read or refused, and a refusal is an answer.
        if let Err(refused) = Request::parse(channel, text) {
            assert!(!refused.message.is_empty());
        }
    }
});
