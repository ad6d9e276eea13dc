//! Any field mask, for a response with lists and a wide one with nested messages.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transcode::Mask;

fuzz_target!(|text: &str| {
    for name in [
        "google.apps.meet.v2beta.ListParticipantsResponse",
        "google.apps.meet.v2beta.Space",
    ] {
        let message = api::descriptor_pool()
            .get_message_by_name(name)
            .expect("it is described");
        // Refused or not, what matters is that it ends, and soon.
        let _ = Mask::parse(text, &message);
    }
});
