//! Something like speech, by every kind of packet.

use std::f64::consts::TAU;

use audio::opus::{Decoder, Encoder, Error, level_dbov};
use opus_pure::{Application, MAX_PACKET_BYTES, OpusEncoder};

/// Voiced syllables, four in a second: a tone of 140 Hz that slides, with overtones that fade, swelling and ebbing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "it is within what a sample holds, and short"
)]
pub(crate) fn speech(rate_hz: u32, samples: usize) -> Vec<i16> {
    let mut phase = 0.0;
    let sample = |at: usize| {
        let seconds = at as f64 / f64::from(rate_hz);
        let swell = (seconds * 2.0 * TAU).sin().powi(2) * (0.6 + 0.4 * (seconds * 1.7 * TAU).sin());
        phase += (140.0 + 20.0 * (seconds * TAU).sin()) / f64::from(rate_hz);
        let voice: f64 = (1..=12)
            .map(|n| (f64::from(n) * phase * TAU).sin() / f64::from(n))
            .sum();
        (voice * swell * 6_000.0) as i16
    };
    (0..samples).map(sample).collect()
}

/// How alike two sounds are in what is loud when, by steps of 5 ms, when the second is late by what fits best, of 30 ms.
///
/// Samples are not compared: Opus keeps what is heard, not the form of its wave.
fn likeness(one: &[i16], other: &[i16], rate_hz: u32) -> f64 {
    let power = |samples: &[i16]| samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>();
    let envelope = |samples: &[i16]| -> Vec<f64> {
        let steps = samples.chunks(rate_hz as usize / 200);
        steps.map(|step| power(step).sqrt()).collect()
    };
    let (one, other) = (envelope(one), envelope(other));
    let alike = |late: usize| correlation(&one[..one.len() - late], &other[late..]);
    (0..6).map(alike).fold(0.0, f64::max)
}

/// Pearson's: 1 where one goes as the other.
#[expect(clippy::cast_precision_loss, reason = "they are hundreds")]
fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (middle, other_middle) = (mean(one), mean(other));
    let product = |pairs: &mut dyn Iterator<Item = (f64, f64)>| -> f64 { pairs.map(|(one, other)| one * other).sum() };
    let from_middle = || one.iter().map(|value| value - middle);
    let other_from_middle = || other.iter().map(|value| value - other_middle);
    product(&mut from_middle().zip(other_from_middle()))
        / (product(&mut from_middle().zip(from_middle())) * product(&mut other_from_middle().zip(other_from_middle())))
            .sqrt()
}

/// Packets of so many samples of each channel, by the engine itself.
fn packets(rate_hz: u32, channels: usize, packet_samples: usize, samples: &[i16]) -> Vec<Vec<u8>> {
    let rate_hz = i32::try_from(rate_hz).expect("a rate");
    let mut encoder = OpusEncoder::new(rate_hz, channels, Application::Voip).expect("an encoder");
    encoder.bitrate_bps = 48_000;
    let encode = |piece: &[i16]| {
        let mut packet = vec![0; MAX_PACKET_BYTES];
        let length = encoder
            .encode_s16(piece, packet_samples, &mut packet)
            .expect("a packet");
        packet[..length].to_vec()
    };
    samples.chunks_exact(packet_samples * channels).map(encode).collect()
}

#[test]
fn what_is_encoded_is_heard() {
    let check = |rate_hz: u32, bits_per_second: u32| {
        let spoken = speech(rate_hz, 2 * rate_hz as usize);
        let (mut encoder, mut decoder) = (Encoder::new(rate_hz, bits_per_second), Decoder::new(rate_hz));
        let mut heard = Vec::new();
        let mut bytes = 0;
        for frame in spoken.chunks(rate_hz as usize / 50) {
            let packet = encoder.encode(frame).expect("20 ms");
            bytes += packet.len();
            heard.extend(decoder.decode(&packet).expect("a packet"));
        }
        assert_eq!(heard.len(), spoken.len());
        let alike = likeness(&spoken, &heard, rate_hz);
        assert!(alike > 0.95, "{rate_hz} Hz: {alike}");
        let spent = bytes * 8 / 2;
        let within = bits_per_second as usize * 13 / 10;
        assert!(spent < within, "{rate_hz} Hz: {spent} bits a second");
    };
    check(8_000, 24_000);
    check(48_000, 32_000);
}

#[test]
fn packets_of_every_length_are_heard_at_either_rate() {
    // By what the engine takes at 48 kHz: 2.5, 5, 10, 20, 40, 60, 80, 100 and 120 ms.
    for packet_samples in [120, 240, 480, 960, 1_920, 2_880, 3_840, 4_800, 5_760] {
        let spoken = speech(48_000, 57_600);
        for (rate_hz, by) in [(48_000, 1), (8_000, 6)] {
            let mut decoder = Decoder::new(rate_hz);
            let mut heard = Vec::new();
            for packet in packets(48_000, 1, packet_samples, &spoken) {
                let samples = decoder.decode(&packet).expect("a packet");
                assert_eq!(samples.len(), packet_samples / by, "a packet is as long as it was");
                heard.extend(samples);
            }
            let expected = speech(rate_hz, spoken.len() / by);
            let alike = likeness(&expected, &heard, rate_hz);
            assert!(alike > 0.95, "{packet_samples} samples, at {rate_hz} Hz: {alike}");
        }
    }
}

#[test]
fn two_channels_are_mixed() {
    let left = speech(48_000, 48_000);
    let check = |right: fn(i16) -> i16, loudness: std::ops::Range<f64>| {
        let both: Vec<i16> = left.iter().flat_map(|&sample| [sample, right(sample)]).collect();
        let mut decoder = Decoder::new(48_000);
        let mut heard = Vec::new();
        for packet in packets(48_000, 2, 960, &both) {
            heard.extend(decoder.decode(&packet).expect("a packet"));
        }
        assert_eq!(heard.len(), left.len());
        let power = |samples: &[i16]| samples.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>();
        let louder = (power(&heard) / power(&left)).sqrt();
        assert!(loudness.contains(&louder), "{louder}");
    };
    check(|sample| sample, 0.8..1.2);
    check(|_| 0, 0.4..0.6);
    check(|sample| -sample, 0.0..0.2);
}

#[test]
fn what_is_lost_fades_and_what_follows_is_heard() {
    let spoken = speech(8_000, 16_000);
    let (mut encoder, mut decoder) = (Encoder::new(8_000, 24_000), Decoder::new(8_000));
    assert_eq!(decoder.conceal(160), [0; 160], "of nothing comes nothing");
    let mut heard = Vec::new();
    for (number, frame) in spoken.chunks(160).enumerate() {
        let packet = encoder.encode(frame).expect("20 ms");
        // One in twenty is lost.
        match number % 20 {
            7 => heard.extend(decoder.conceal(160)),
            _ => heard.extend(decoder.decode(&packet).expect("a packet")),
        }
    }
    let alike = likeness(&spoken, &heard, 8_000);
    assert!(alike > 0.9, "{alike}");
    // Of any length, also of none that the engine knows.
    for samples in [0, 1, 19, 161, 8_000] {
        assert_eq!(decoder.conceal(samples).len(), samples);
    }
    let (loud, faded) = (level_dbov(&spoken), level_dbov(&decoder.conceal(160)));
    assert!(faded < loud - 20, "it has faded from {loud} to {faded}");
}

#[test]
fn what_is_lost_is_told_again_by_the_packet_behind_it() {
    let spoken = speech(8_000, 24_000);
    let mut encoder = OpusEncoder::new(8_000, 1, Application::Voip).expect("an encoder");
    (encoder.bitrate_bps, encoder.use_inband_fec, encoder.packet_loss_perc) = (24_000, true, 20);
    let encode = |frame: &[i16]| {
        let mut packet = vec![0; MAX_PACKET_BYTES];
        let length = encoder.encode_s16(frame, 160, &mut packet).expect("a packet");
        packet[..length].to_vec()
    };
    let packets: Vec<_> = spoken.chunks(160).map(encode).collect();
    // One in five is lost, and made up for by what is behind it, or not.
    let heard = |is_recovered: bool| {
        let (mut decoder, mut heard) = (Decoder::new(8_000), Vec::new());
        for (number, packet) in packets.iter().enumerate() {
            heard.extend(match number % 5 {
                3 if is_recovered => decoder.recover(&packets[number + 1], 160),
                3 => decoder.conceal(160),
                _ => decoder.decode(packet).expect("a packet"),
            });
        }
        likeness(&spoken, &heard, 8_000)
    };
    let (recovered, concealed) = (heard(true), heard(false));
    assert!(recovered > 0.95, "{recovered}, and {concealed} where it is concealed");
    assert!(
        recovered > concealed,
        "{recovered}, and {concealed} where it is concealed"
    );
    // Of no Opus, and of more than is told again.
    let mut decoder = Decoder::new(8_000);
    for (behind, samples) in [(&[][..], 160), (&packets[9], 0), (&packets[9], 1), (&packets[9], 800)] {
        assert_eq!(decoder.recover(behind, samples).len(), samples);
    }
}

#[test]
fn a_pause_is_as_long_as_its_packets_say() {
    let mut decoder = Decoder::new(8_000);
    for packet in packets(8_000, 1, 160, &speech(8_000, 8_000)) {
        decoder.decode(&packet).expect("a packet");
    }
    // Narrow, 20 ms, nothing in it; and three of these in one.
    assert_eq!(decoder.decode(&[0x08]).expect("a pause").len(), 160);
    assert_eq!(decoder.decode(&[0x0b, 0x03]).expect("a longer one").len(), 480);
}

#[test]
fn a_frame_that_is_not_20_ms_is_refused() {
    let mut encoder = Encoder::new(48_000, 32_000);
    for given in [0, 959, 961, 1_920] {
        let refused = encoder.encode(&vec![0; given]);
        assert!(matches!(refused, Err(Error::Frame { expected: 960, given: was }) if was == given));
    }
}
