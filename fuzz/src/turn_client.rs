//! Any bytes that somebody's relay says to a client that looks whether it leads to the media.

use std::net::SocketAddr;
use std::time::Instant;

use turn::{Client, Framing, Received, Relay, Relayed, Secret};

const NOW_UNIX_S: u64 = 1_000_000;

/// The first byte says how many requests our own relay has answered before (from none to a channel to each end), the others are what has
/// come of a connection since.
pub fn run(data: &[u8]) {
    let Some((&granted, data)) = data.split_first() else {
        return;
    };
    let ends = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|ip| SocketAddr::from((ip, 8080)));
    let elsewhere = SocketAddr::from(([192, 0, 2, 3], 8080));
    let credentials = Secret::new(b"north").credentials("somebody", NOW_UNIX_S + 100);
    let mut client = Client::new(credentials, &ends, [0; 12]).expect("our names are short");
    grant(&mut client, ends, granted);
    let (relayed, mut bound) = (client.relayed(), client.request().is_none());
    // What follows no message is nobody's, and so is the rest.
    let _ = Framing::default().take(data, |message| {
        if let Ok(Relayed::Datagram { contents, .. }) = client.receive(message) {
            assert!(contents.len() < message.len());
        }
        let mut wrapped = vec![];
        assert!(!client.wrap(elsewhere, b"hello", &mut wrapped) && wrapped.is_empty());
        assert!(!client.farewell().is_empty());
        bound |= client.request().is_none();
    });
    if relayed.is_none() {
        assert!(
            client.relayed().is_none() && !bound,
            "nobody has signed what was granted"
        );
    }
}

fn grant(client: &mut Client, ends: [SocketAddr; 2], requests: u8) {
    let from = SocketAddr::from(([198, 51, 100, 1], 9));
    let mut relay = Relay::new(Secret::new(b"north"), NOW_UNIX_S);
    relay.lead_to(ends.into_iter());
    for _ in 0..requests {
        let Some(request) = client.request() else { return };
        let Received::Answer { bytes, .. } = relay.receive((), from, &request, Instant::now()) else {
            return;
        };
        client.receive(&bytes).expect("it leads to both");
    }
}
