//! A stream that calls itself Opus.

use audio::opus::Decoder;

/// The bytes are packets, each behind a byte that is its length: the state that one leaves behind is what the next meets. One of
/// nothing is one that was lost.
pub fn run(mut data: &[u8]) {
    let mut decoders = [8_000, 48_000].map(|rate_hz| (rate_hz, Decoder::new(rate_hz)));
    while let Some((&length, rest)) = data.split_first() {
        let (packet, rest) = rest.split_at(rest.len().min(length.into()));
        for (rate_hz, decoder) in &mut decoders {
            let rate = usize::try_from(*rate_hz).expect("a rate");
            match packet {
                [] => assert_eq!(decoder.conceal(rate / 50).len(), rate / 50),
                packet => {
                    if let Ok(samples) = decoder.decode(packet) {
                        assert!((rate / 400..=rate * 120 / 1_000).contains(&samples.len()));
                    }
                }
            }
        }
        data = rest;
    }
}
