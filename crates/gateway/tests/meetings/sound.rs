//! Voices that are told apart by their tone, and how much of each is in what was heard.

use std::collections::BTreeMap;

use attendee::{Heard, Spoken};
use audio::{
    FRAME_SAMPLES, Frame,
    opus::{Decoder, Encoder, level_dbov},
};

/// Somebody's tone, which comes and goes as syllables do, so many frames of it.
pub(crate) fn voice(hz: f64, frames: u32) -> Vec<Frame> {
    let sample = |place: u32| {
        let time_s = f64::from(place) / 8_000.0;
        let syllable = 0.15 + 0.85 * (std::f64::consts::PI * 2.5 * time_s).sin().powi(2);
        let sample = (std::f64::consts::TAU * hz * time_s).sin() * syllable * 6_000.0;
        #[expect(clippy::cast_possible_truncation, reason = "below the amplitude")]
        let sample = sample as i16;
        sample
    };
    let length = u32::try_from(FRAME_SAMPLES).unwrap();
    let frame = |number: u32| std::array::from_fn(|place| sample(number * length + u32::try_from(place).unwrap()));
    (0..frames).map(frame).collect()
}

/// The same as a browser sends it.
pub(crate) fn spoken(voice: &[Frame]) -> Vec<Spoken> {
    let mut encoder = Encoder::new(48_000, 32_000);
    let packets = voice.iter().map(|frame| {
        let wide: Vec<i16> = frame.iter().flat_map(|sample| [*sample; 6]).collect();
        Spoken {
            payload: encoder.encode(&wide).unwrap(),
            level_dbov: level_dbov(frame),
        }
    });
    packets.collect()
}

/// What a browser hears, line after line.
pub(crate) fn decoded(heard: &[Heard]) -> Vec<i16> {
    let mut lines: BTreeMap<u32, BTreeMap<u64, &Heard>> = BTreeMap::new();
    for packet in heard {
        lines.entry(packet.line).or_default().insert(packet.sequence, packet);
    }
    let mut samples = vec![];
    for line in lines.into_values() {
        let mut decoder = Decoder::new(8_000);
        for packet in line.into_values() {
            samples.extend(decoder.decode(&packet.payload).unwrap());
        }
    }
    samples
}

/// How loud a tone is in this, as the amplitude of it (Goertzel).
pub(crate) fn amplitude(samples: &[i16], hz: f64) -> f64 {
    let length = f64::from(u32::try_from(samples.len().max(1)).unwrap());
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (place, sample) in (0_u32..).zip(samples) {
        let angle = std::f64::consts::TAU * hz * f64::from(place) / 8_000.0;
        real += f64::from(*sample) * angle.cos();
        imaginary += f64::from(*sample) * angle.sin();
    }
    2.0 * (real * real + imaginary * imaginary).sqrt() / length
}

/// The same in pieces of a fifth of a second, the loudest of them: where lines take over from each other a tone changes its phase.
pub(crate) fn loudest(samples: &[i16], hz: f64) -> f64 {
    samples
        .chunks(1_600)
        .map(|piece| amplitude(piece, hz))
        .fold(0.0, f64::max)
}
