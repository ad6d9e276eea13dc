//! What strangers send by the name of Opus: it is refused or heard, and what comes after it is heard.

use std::sync::LazyLock;

use audio::opus::{Decoder, Encoder};
use proptest::prelude::*;

use crate::spoken::speech;

/// Packets that are right, to be damaged: of both rates, so of both of Opus's engines.
static PACKETS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let of = |rate_hz: u32, bits_per_second: u32| {
        let mut encoder = Encoder::new(rate_hz, bits_per_second);
        let spoken = speech(rate_hz, rate_hz as usize / 5);
        let frames = spoken.chunks(rate_hz as usize / 50);
        frames
            .map(|frame| encoder.encode(frame).expect("20 ms"))
            .collect::<Vec<_>>()
    };
    [of(8_000, 16_000), of(48_000, 24_000), of(48_000, 96_000)].concat()
});

/// It is refused, or is 2.5 to 120 ms.
fn take(decoder: &mut Decoder, rate_hz: u32, packet: &[u8]) {
    if let Ok(samples) = decoder.decode(packet) {
        let rate = rate_hz as usize;
        assert!(
            (rate / 400..=rate * 120 / 1_000).contains(&samples.len()),
            "{}",
            samples.len()
        );
    }
}

#[test]
fn what_is_no_packet_is_refused() {
    let check = |what: &str, packet: &[u8]| {
        assert!(Decoder::new(8_000).decode(packet).is_err(), "{what}");
    };
    check("nothing", &[]);
    check("a count of frames that is missing", &[0x0b]);
    check("no frames", &[0x0b, 0x00]);
    check("more than 120 ms", &[0x0b, 0x07]);
    check("two halves of an odd number", &[0x09, 1, 2, 3]);
    check("a length beyond its end", &[0x0a, 200, 1]);
    check("padding beyond its end", &[0x0b, 0x41, 0xff, 1]);
    check(
        "a frame of more bytes than there are",
        &[&[0x08][..], &[0; 1_276]].concat(),
    );
}

#[test]
fn nothing_is_concealed_where_nothing_is_missing() {
    // A frame of both engines without anything in it, after which one of them took a length of nothing for one below.
    let mut decoder = Decoder::new(8_000);
    take(&mut decoder, 8_000, &[0x6c]);
    assert_eq!(decoder.conceal(0), []);
}

proptest! {
    #[test]
    fn streams_of_noise(
        rate_hz in prop::sample::select(vec![8_000_u32, 48_000]),
        stream in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..12),
        lost in 0..1_000_usize,
    ) {
        let mut decoder = Decoder::new(rate_hz);
        for packet in &stream {
            prop_assert_eq!(decoder.recover(packet, lost).len(), lost);
            take(&mut decoder, rate_hz, packet);
            prop_assert_eq!(decoder.conceal(lost).len(), lost);
        }
    }

    #[test]
    fn damaged_packets_and_what_comes_after(
        rate_hz in prop::sample::select(vec![8_000_u32, 48_000]),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        length in any::<prop::sample::Index>(),
    ) {
        let mut decoder = Decoder::new(rate_hz);
        for which in order {
            let mut packet = PACKETS[which.index(PACKETS.len())].clone();
            prop_assert!(decoder.decode(&packet).is_ok(), "what is right is heard, whatever came before");
            for &(at, byte) in &damage {
                let at = at.index(packet.len());
                packet[at] = byte;
            }
            take(&mut decoder, rate_hz, &packet);
            packet.truncate(length.index(packet.len()));
            take(&mut decoder, rate_hz, &packet);
        }
    }

    /// Whatever is spoken can be encoded, also what no microphone makes.
    #[test]
    fn any_sound_is_encoded(samples in prop::collection::vec(any::<i16>(), 480)) {
        let (mut encoder, mut decoder) = (Encoder::new(8_000, 24_000), Decoder::new(8_000));
        for frame in samples.chunks(160) {
            let packet = encoder.encode(frame).expect("20 ms");
            prop_assert_eq!(decoder.decode(&packet).expect("ours").len(), 160);
        }
    }
}
