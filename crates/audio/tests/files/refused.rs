//! What is no sound for a telephone, and more of it than anybody plays.

use audio::{
    decode::{DecodeError, decode},
    limits,
};

use crate::made::{ADPCM, EXTENSIBLE, MU_LAW, PLAIN, Wav, wav};

#[track_caller]
fn check(what: &str, file: &[u8], expected: DecodeError) {
    assert_eq!(decode(file), Err(expected), "{what}");
}

#[test]
fn what_is_no_file_of_sound() {
    let check = |what: &str, file: &[u8]| check(what, file, DecodeError::Malformed);
    check("nothing", b"");
    check("a web page", b"<!doctype html><title>404</title>");
    check("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    check("another thing in chunks", b"RIFF\x04\0\0\0AVI LIST");
    check("a WAV that is cut off in its head", &wav(8_000, 1, &[1; 40])[..40]);
    check("a WAV without a format", b"RIFF\x10\0\0\0WAVEdata\x04\0\0\0\0\0\0\0");
    check(
        "a WAV whose format is cut off",
        b"RIFF\x20\0\0\0WAVEfmt \x04\0\0\0\x01\0\x01\0data\x04\0\0\0\0\0\0\0",
    );
    check("only a tag", b"ID3\x04\0\0\0\0\x02\x2c");
    check(
        "a tag that is longer than the file",
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f\xff\xe3\x18\xc4",
    );
    check("frames of nothing", &[0xff, 0xe3, 0x18, 0xc4].repeat(2));
}

#[test]
fn what_no_telephone_plays() {
    let check = |what: &str, wav: Wav| check(what, &wav.with(&[0; 400]), DecodeError::Unsupported);
    let of = |tag, bits| Wav { tag, bits, ..PLAIN };
    check("ADPCM", of(ADPCM, 4));
    check("PCM of 12 bits", of(1, 12));
    check("PCM of no bits", of(1, 0));
    check("a law of 16 bits", of(MU_LAW, 16));
    check("MP3 in a WAV", of(0x55, 0));
    check("nine channels", Wav { channels: 9, ..PLAIN });
    check("no channels", Wav { channels: 0, ..PLAIN });
    check(
        "channels that overflow a block",
        Wav {
            channels: u16::MAX,
            ..PLAIN
        },
    );
    check("a rate of zero", Wav { rate_hz: 0, ..PLAIN });
    check(
        "a rate below speech",
        Wav {
            rate_hz: 3_999,
            ..PLAIN
        },
    );
    check(
        "a rate beyond studios",
        Wav {
            rate_hz: 192_001,
            ..PLAIN
        },
    );
    check(
        "a rate that overflows a second",
        Wav {
            rate_hz: u32::MAX,
            channels: 8,
            ..PLAIN
        },
    );
}

#[test]
fn an_extension_that_is_not_there() {
    let mut file = Wav {
        tag: EXTENSIBLE,
        ..PLAIN
    }
    .with(&[0; 400]);
    file[16] = 18;
    check("it is cut off", &file, DecodeError::Malformed);
}

#[test]
fn what_has_no_sound_in_it() {
    check("a WAV without samples", &wav(8_000, 1, &[]), DecodeError::Empty);
    check("half of a sample", &PLAIN.with(&[1]), DecodeError::Empty);
}

#[test]
fn what_is_longer_than_anybody_plays() {
    let law = Wav {
        tag: MU_LAW,
        bits: 8,
        ..PLAIN
    };
    let longest = vec![0xff; limits::CLIP_SAMPLES_MAX];
    let clip = decode(&law.with(&longest)).expect("ten minutes");
    assert_eq!(clip.len(), limits::CLIP_SAMPLES_MAX);
    let longer = [longest, vec![0xff]].concat();
    check("ten minutes and a sample", &law.with(&longer), DecodeError::TooLong);
    let slow = Wav { rate_hz: 4_000, ..law };
    check(
        "the same at half the rate",
        &slow.with(&longer[..=longer.len() / 2]),
        DecodeError::TooLong,
    );
    let larger = vec![0; limits::FILE_BYTES_MAX + 1];
    check("a byte more than is read", &larger, DecodeError::TooLong);
}
