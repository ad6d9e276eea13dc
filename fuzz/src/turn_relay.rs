//! Any bytes that somebody sends to the relay: as messages in a connection, each of which is received.

use std::net::SocketAddr;
use std::time::Instant;

use turn::{Framing, Received, Relay, Secret, is_begun, is_relaying};

/// The bytes are what has come of a connection.
pub fn run(data: &[u8]) {
    let media = SocketAddr::from(([192, 0, 2, 1], 8080));
    let client = SocketAddr::from(([198, 51, 100, 1], 9));
    let mut relay = Relay::new(Secret::new(b"north"), 1_000_000);
    relay.lead_to([media].into_iter());
    is_begun(data);
    let now = Instant::now();
    // What follows no message is nobody's, and so is the rest.
    let _ = Framing::default().take(data, |message| {
        is_relaying(message);
        let received = relay.receive((), client, message, now);
        assert!(!matches!(received, Received::Datagram { .. }), "nobody was let in");
    });
    assert_eq!(relay.count(), 0);
}
