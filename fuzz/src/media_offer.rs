//! Any offer: the rules, and the WebRTC stack behind them.

use std::sync::LazyLock;

use media::{Media, Options, Plan, Spreading};

static MEDIA: LazyLock<Media> = LazyLock::new(|| {
    let options = Options {
        bind: ([127, 0, 0, 1], 0).into(),
        takes_connections: false,
        relay: None,
        threads: 1,
        spreading: Spreading::default(),
        divides_bandwidth: true,
        announce: vec![],
    };
    Media::start(&options, tokio::sync::mpsc::channel(1).0).expect("a port is free")
});

/// The bytes are an offer in SDP.
pub fn run(data: &[u8]) {
    let offer = crate::text(data);
    if Plan::parse(offer).is_ok() {
        let _ = MEDIA.answer(offer);
    }
}
