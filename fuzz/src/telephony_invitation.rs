//! Any message of SIP, as far as a stranger's is read before it is known who may call.

use rsipstack::sip::SipMessage;
use telephony::agent::{Invitation, session::Word};

/// The bytes are a datagram. What cannot be read as a message does not come to us.
pub fn run(data: &[u8]) {
    let message = SipMessage::try_from(data);
    let Ok(SipMessage::Request(request)) = message else {
        return;
    };
    let _ = Word::read(&request.headers);
    let Some(invitation) = Invitation::read(&request, [192, 0, 2, 1].into()) else {
        return;
    };
    assert_eq!(invitation.domain, invitation.domain.to_ascii_lowercase());
    for address in [&invitation.from, &invitation.to] {
        assert!(
            ["sip:", "tel:"].iter().any(|scheme| address.starts_with(scheme)),
            "{address}"
        );
    }
}
