//! Any offer: the rules, and the WebRTC stack behind them.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use media::{Media, Options, Plan};

static MEDIA: LazyLock<Media> = LazyLock::new(|| {
    let options = Options { bind: ([127, 0, 0, 1], 0).into(), announce: vec![] };
    Media::start(&options, tokio::sync::mpsc::channel(1).0).expect("a port is free")
});

fuzz_target!(|offer: &str| {
    if Plan::parse(offer).is_ok() {
        let _ = MEDIA.answer(offer);
    }
});
