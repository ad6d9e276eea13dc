//! What a stranger offers for sound, and what is answered.

use std::net::SocketAddr;

use telephony::agent::sdp::Description;

/// The bytes are an offer.
pub fn run(data: &[u8]) {
    let Ok(offer) = Description::read(data) else { return };
    for local in ["192.0.2.9:4000", "[2001:db8::9]:4000"] {
        let local: SocketAddr = local.parse().expect("an address");
        let answer = offer.answer(local, 2);
        // Whoever offered finds in it what we do.
        let answer = Description::read(answer.as_bytes()).unwrap_or_else(|error| panic!("{error} in {answer}"));
        let (theirs, ours) = (offer.plan(), answer.plan());
        assert_eq!(
            (ours.remote, ours.sound, ours.events),
            (local, theirs.sound, theirs.events)
        );
        assert_eq!((ours.hears, ours.speaks), (theirs.speaks, theirs.hears));
    }
}
