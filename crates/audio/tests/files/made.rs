//! Files as other programs make them, and how alike two sounds are.

use std::f64::consts::TAU;

use mp3lame_encoder::{Bitrate, BuildError, Builder, DualPcm, FlushGap, MonoPcm, max_required_buffer_size};

pub(crate) const PCM: u16 = 1;
pub(crate) const ADPCM: u16 = 2;
pub(crate) const FLOAT: u16 = 3;
pub(crate) const A_LAW: u16 = 6;
pub(crate) const MU_LAW: u16 = 7;
pub(crate) const EXTENSIBLE: u16 = 0xfffe;

/// What a WAV says of itself.
#[derive(Clone, Copy)]
pub(crate) struct Wav {
    pub(crate) tag: u16,
    pub(crate) channels: u16,
    pub(crate) rate_hz: u32,
    pub(crate) bits: u16,
}

/// As telephones have it.
pub(crate) const PLAIN: Wav = Wav {
    tag: PCM,
    channels: 1,
    rate_hz: 8_000,
    bits: 16,
};

impl Wav {
    /// The file of these bytes.
    pub(crate) fn with(self, data: &[u8]) -> Vec<u8> {
        [b"RIFF".to_vec(), long(&self.chunks(data)), self.chunks(data)].concat()
    }

    /// What comes behind the length of all. Sums are wrapped: what some say of themselves does not fit.
    fn chunks(self, data: &[u8]) -> Vec<u8> {
        let block_bytes = self.channels.wrapping_mul(self.bits.div_ceil(8));
        let mut format = Vec::new();
        format.extend(self.tag.to_le_bytes());
        format.extend(self.channels.to_le_bytes());
        format.extend(self.rate_hz.to_le_bytes());
        format.extend(self.rate_hz.wrapping_mul(block_bytes.into()).to_le_bytes());
        format.extend(block_bytes.to_le_bytes());
        format.extend(self.bits.to_le_bytes());
        match self.tag {
            PCM => {}
            // Its 22 bytes of extension: bits that count, which channels they are, and what it is in truth.
            EXTENSIBLE => format.extend(
                [
                    &[22, 0][..],
                    &self.bits.to_le_bytes(),
                    &[4, 0, 0, 0],
                    &PCM.to_le_bytes(),
                    &[0; 14],
                ]
                .concat(),
            ),
            _ => format.extend([0, 0]),
        }
        let chunk = |name: &[u8], body: &[u8]| [name, &long(body), body].concat();
        [b"WAVE".to_vec(), chunk(b"fmt ", &format), chunk(b"data", data)].concat()
    }
}

fn long(bytes: &[u8]) -> Vec<u8> {
    u32::try_from(bytes.len()).expect("short").to_le_bytes().to_vec()
}

/// A WAV of these samples in every channel.
pub(crate) fn wav(rate_hz: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let bytes = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes().repeat(channels.into()));
    let wav = Wav {
        channels,
        rate_hz,
        ..PLAIN
    };
    wav.with(&bytes.collect::<Vec<u8>>())
}

/// The MP3 that LAME makes of this sound by itself, the same in each channel.
pub(crate) fn mp3(rate_hz: u32, channels: u8, samples: &[i16]) -> Vec<u8> {
    let lame = || {
        Builder::new()
            .ok_or(BuildError::NoMem)?
            .with_sample_rate(rate_hz)?
            .with_num_channels(channels)?
            .with_brate(Bitrate::Kbps64)?
            .with_to_write_vbr_tag(true)?
            .build()
    };
    let mut lame = lame().expect("LAME is built in");
    let mut file = Vec::with_capacity(max_required_buffer_size(samples.len()) + 7_200);
    let both = DualPcm {
        left: samples,
        right: samples,
    };
    let encoded = match channels {
        1 => lame.encode_to_vec(MonoPcm(samples), &mut file),
        _ => lame.encode_to_vec(both, &mut file),
    };
    encoded.expect("samples");
    lame.flush_to_vec::<FlushGap>(&mut file).expect("the end");
    let mut tag = Vec::with_capacity(lame.lame_tag_size());
    lame.lame_tag_encode_to_vec(&mut tag).expect("a tag was asked for");
    file[..tag.len()].copy_from_slice(&tag);
    file
}

/// A sine of 440 Hz, at half of what a sample can hold.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "it is half of the range, and short"
)]
pub(crate) fn sine(rate_hz: u32, samples: usize) -> Vec<i16> {
    let sample = |at: usize| (440.0 * TAU * at as f64 / f64::from(rate_hz)).sin() * 16_384.0;
    (0..samples).map(|at| sample(at) as i16).collect()
}

/// How alike two sounds are, sample by sample: 1 if one is the other, louder or not.
pub(crate) fn likeness(one: &[i16], other: &[i16]) -> f64 {
    let product = |one: &[i16], other: &[i16]| -> f64 {
        let pairs = one.iter().zip(other);
        pairs.map(|(&one, &other)| f64::from(one) * f64::from(other)).sum()
    };
    product(one, other) / (product(one, one) * product(other, other)).sqrt()
}
