//! What strangers send: nothing of it panics, or takes more than it may.

use std::sync::LazyLock;

use audio::{decode::decode, limits};
use proptest::prelude::*;

use crate::made::{A_LAW, EXTENSIBLE, FLOAT, MU_LAW, PCM, PLAIN, Wav, mp3, sine, wav};

/// Files that are right, to be damaged.
static FILES: LazyLock<[Vec<u8>; 5]> = LazyLock::new(|| {
    [
        wav(8_000, 1, &sine(8_000, 400)),
        wav(44_100, 2, &sine(44_100, 400)),
        mp3(8_000, 1, &sine(8_000, 2_000)),
        mp3(16_000, 2, &sine(16_000, 2_000)),
        mp3(44_100, 2, &sine(44_100, 4_000)),
    ]
});

/// It is read or refused, and what is read is bounded.
fn take(file: &[u8]) {
    if let Ok(clip) = decode(file) {
        assert!((1..=limits::CLIP_SAMPLES_MAX).contains(&clip.len()));
    }
}

/// Bytes put over those of a file.
fn with(mut file: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn heads_that_lie() {
    let plain = || wav(8_000, 2, &sine(8_000, 100));
    let most = &[0xff; 4];
    for (what, file) in [
        ("a format without an end", with(plain(), 16, most)),
        ("a format of nothing", with(plain(), 16, &[0; 4])),
        ("a format that takes the sound with it", with(plain(), 16, &[0x80, 1])),
        ("all bytes a second there are", with(plain(), 28, most)),
        ("a block of nothing", with(plain(), 32, &[0, 0])),
        ("a block that is no whole samples", with(plain(), 32, &[3, 0])),
        ("a block of all there is", with(plain(), 32, &[0xff, 0xff])),
        ("a sound without an end", with(plain(), 40, most)),
        ("half of a block at its end", plain()[..plain().len() - 1].to_vec()),
        (
            "a thousand empty chunks",
            [&plain()[..36], &b"LIST\0\0\0\0".repeat(1_000), &plain()[36..]].concat(),
        ),
        (
            "formats that follow each other",
            [&plain()[..36], &plain()[12..]].concat(),
        ),
        (
            "what is no number",
            Wav {
                tag: FLOAT,
                bits: 32,
                ..PLAIN
            }
            .with(&[0xff; 400]),
        ),
        (
            "what is without end",
            Wav {
                tag: FLOAT,
                bits: 32,
                rate_hz: 44_100,
                ..PLAIN
            }
            .with(&f32::INFINITY.to_le_bytes().repeat(100)),
        ),
    ] {
        if let Ok(clip) = decode(&file) {
            assert!(clip.len() <= 202, "{what}: {}", clip.len());
        }
    }
}

proptest! {
    #[test]
    fn damaged_files(
        which in 0..5_usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        length in any::<prop::sample::Index>(),
    ) {
        let mut file = FILES[which].clone();
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        take(&file);
        file.truncate(length.index(file.len()));
        take(&file);
    }

    #[test]
    fn heads_of_any_kind(
        tag in prop_oneof![prop::sample::select(vec![PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE, 2, 17]), any::<u16>()],
        channels in prop_oneof![0..4_u16, any::<u16>()],
        rate_hz in prop_oneof![0..10_000_u32, any::<u32>()],
        bits in prop_oneof![prop::sample::select(vec![0, 1, 4, 8, 12, 16, 24, 32, 64]), 0..100_u16],
        data in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        take(&Wav { tag, channels, rate_hz, bits }.with(&data));
    }

    #[test]
    fn noise(noise in prop::collection::vec(any::<u8>(), 0..2_000), begin in prop::sample::select(vec![
        &b""[..], b"RIFF\xff\xff\xff\xffWAVE", b"RIFF\x10\x10\0\0WAVEfmt ", b"\xff\xe3\x18\xc4", b"\xff\xfb\x90\x64", b"ID3",
    ])) {
        take(&[begin, &noise].concat());
    }
}
