//! Any field mask, for a response with lists and a wide one with nested messages.

use transcode::Mask;

/// The bytes are a mask.
pub fn run(data: &[u8]) {
    for name in [
        "google.apps.meet.v2beta.ListParticipantsResponse",
        "google.apps.meet.v2beta.Space",
    ] {
        let message = api::descriptor_pool()
            .get_message_by_name(name)
            .expect("it is described");
        // Refused or not, what matters is that it ends, and soon.
        let _ = Mask::parse(crate::text(data), &message);
    }
}
