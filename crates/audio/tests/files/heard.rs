//! What recorders write, and what is left of it on the way, is heard.

use audio::{decode::decode, g711::Law, wav};
use proptest::prelude::*;

use crate::made::{A_LAW, EXTENSIBLE, FLOAT, MU_LAW, PCM, PLAIN, Wav, likeness, mp3, sine, wav};

/// A file of a second of the sine is heard as that.
#[track_caller]
fn check(what: &str, file: &[u8]) {
    let clip = decode(file).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(clip.len(), 8_000, "{what}: a second is a second");
    let alike = likeness(&clip[400..7_600], &sine(8_000, 8_000)[400..7_600]);
    // One that is late by a sample has 0.94.
    assert!(alike > 0.98, "{what}: {alike}");
}

#[test]
fn wavs_of_any_rate() {
    for rate_hz in [
        8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000, 44_101,
    ] {
        check(
            &format!("{rate_hz} Hz"),
            &wav(rate_hz, 1, &sine(rate_hz, rate_hz as usize)),
        );
    }
}

#[test]
fn channels_are_mixed() {
    let second = sine(8_000, 8_000);
    for channels in 1..=8 {
        check(&format!("{channels} channels"), &wav(8_000, channels, &second));
    }
    let opposite: Vec<u8> = second
        .iter()
        .flat_map(|&sample| [sample, -sample])
        .flat_map(i16::to_le_bytes)
        .collect();
    let stereo = Wav { channels: 2, ..PLAIN };
    let clip = decode(&stereo.with(&opposite)).expect("a file");
    assert!(
        clip.iter().all(|&sample| sample == 0),
        "what cancels each other out is silence"
    );
}

#[test]
fn wavs_of_any_coding() {
    let second = sine(8_000, 8_000);
    let check = |tag, bits, bytes: &dyn Fn(i16) -> Vec<u8>| {
        let data: Vec<u8> = second.iter().copied().flat_map(bytes).collect();
        check(
            &format!("format {tag}, {bits} bits"),
            &Wav { tag, bits, ..PLAIN }.with(&data),
        );
    };
    let low_zeros = |count: usize, sample: i16| [vec![0; count], sample.to_le_bytes().to_vec()].concat();
    let law = |law: Law, sample| vec![law.encode(&[sample; 160])[0]];
    let float = |sample: i16| f32::from(sample) / 32_768.0;
    check(PCM, 8, &|sample| vec![sample.to_be_bytes()[0] ^ 0x80]);
    check(PCM, 16, &|sample| low_zeros(0, sample));
    check(PCM, 24, &|sample| low_zeros(1, sample));
    check(PCM, 32, &|sample| low_zeros(2, sample));
    check(FLOAT, 32, &|sample| float(sample).to_le_bytes().to_vec());
    check(FLOAT, 64, &|sample| f64::from(float(sample)).to_le_bytes().to_vec());
    check(MU_LAW, 8, &|sample| law(Law::Mu, sample));
    check(A_LAW, 8, &|sample| law(Law::A, sample));
    check(EXTENSIBLE, 16, &|sample| low_zeros(0, sample));
    check(EXTENSIBLE, 24, &|sample| low_zeros(1, sample));
}

#[test]
fn wavs_of_any_build() {
    let second = sine(8_000, 8_000);
    let plain = wav(8_000, 1, &second);
    check("plain", &plain);
    check(
        "with a remark before its sound, of an odd length",
        &[&plain[..36], b"LIST\x05\0\0\0INFO!\0", &plain[36..]].concat(),
    );
    check("with a remark behind it", &[&plain[..], b"LIST\x04\0\0\0INFO"].concat());
    let mut piped = plain.clone();
    piped[4..8].fill(0xff);
    piped[40..44].fill(0xff);
    check("as programs write it into a pipe", &piped);
    // `fmt ` ends where it does in PCM, before the length of an extension that it should have.
    let bytes: Vec<u8> = second
        .chunks(160)
        .flat_map(|frame| Law::Mu.encode(frame.try_into().expect("whole frames")))
        .collect();
    let mut short = Wav { bits: 8, ..PLAIN }.with(&bytes);
    short[20..22].copy_from_slice(&MU_LAW.to_le_bytes());
    check("a law in a short format", &short);
}

#[test]
fn mp3s() {
    check("8 kHz", &mp3(8_000, 1, &sine(8_000, 8_000)));
    let studio = mp3(44_100, 2, &sine(44_100, 44_100));
    check("44.1 kHz, stereo", &studio);
    let tag = [b"ID3\x04\0\0\0\0\x02\x2c".to_vec(), vec![0xff; 300]].concat();
    check("a tag of 300 bytes that look like a frame", &[tag, studio].concat());
}

#[test]
fn what_a_broken_file_still_has() {
    let check = |what: &str, file: &[u8], expected: std::ops::RangeInclusive<usize>| {
        let length = decode(file).expect(what).len();
        assert!(expected.contains(&length), "{what}: {length}");
    };
    let plain = wav(8_000, 1, &sine(8_000, 8_000));
    check("half of a WAV", &plain[..44 + 8_000], 4_000..=4_000);
    check("and half of a sample", &plain[..44 + 8_001], 4_000..=4_000);
    let second = mp3(8_000, 1, &sine(8_000, 8_000));
    check("half of an MP3", &second[..second.len() / 2], 2_000..=5_000);
    let mut long = mp3(8_000, 1, &sine(8_000, 80_000));
    let middle = long.len() / 2;
    long[middle..middle + 400].fill(0);
    check("an MP3 with a hole", &long, 70_000..=80_000);
}

proptest! {
    #[test]
    fn ours_are_as_they_were(samples in prop::collection::vec(any::<i16>(), 1..2_000)) {
        let clip = decode(&wav::file(&samples));
        prop_assert_eq!(clip.as_deref(), Ok(&*samples));
    }
}

proptest! {
    // Filters between rates that have nothing in common are large, and take their time.
    #![proptest_config(ProptestConfig::with_cases(10))]

    /// Whatever the rate is, so long as it is one.
    #[test]
    fn the_length_is_kept(rate_hz in 4_000..=192_000_u32, milliseconds in 1..100_u32) {
        let length = (rate_hz * milliseconds).div_ceil(1_000);
        let clip = decode(&wav(rate_hz, 1, &sine(rate_hz, length as usize)));
        let expected = (u64::from(length) * 8_000).div_ceil(u64::from(rate_hz));
        prop_assert_eq!(clip.map(|clip| clip.len() as u64), Ok(expected));
    }
}
