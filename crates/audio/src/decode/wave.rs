//! WAV (RIFF): chunks, of which two matter.
//!
//! It is read here and not by Symphonia, whose reader multiplies what a head says before it asks whether that can be, and is stricter than
//! what telephone equipment writes: a law of G.711 in a format of 16 bytes, which its authors found enough. Nothing is calculated
//! from a head here but how many bytes stand for a sample, and that is looked up.

use super::{DecodeError, Sound};
use crate::{g711::Law, limits};

/// The format that says elsewhere what it is: in the first two bytes of a GUID, at this place of the chunk.
const EXTENSIBLE: u16 = 0xfffe;
const EXTENSION: usize = 24;

/// Reads what comes after `RIFF`.
pub(super) fn read(file: &[u8], sound: &mut Sound) -> Result<(), DecodeError> {
    // The length of all is not asked: it is wrong in what was written into a pipe.
    let mut rest = file.get(4..).and_then(|rest| rest.strip_prefix(b"WAVE"));
    let mut format = None;
    while let Some([i, d, e, n, a, b, c, z, body @ ..]) = rest {
        let length = u32::from_le_bytes([*a, *b, *c, *z]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let chunk = &body[..length.min(body.len())];
        match &[*i, *d, *e, *n] {
            b"fmt " => format = Some(Format::read(chunk)?),
            b"data" => return format.ok_or(DecodeError::Malformed)?.decode(chunk, sound),
            _ => {}
        }
        // Chunks begin at even places.
        rest = body.get(length.saturating_add(length % 2)..);
    }
    Err(DecodeError::Malformed)
}

/// How bytes stand for a sample.
#[derive(Clone, Copy)]
enum Coding {
    /// Without a sign.
    Pcm8,
    Pcm16,
    Pcm24,
    Pcm32,
    Float32,
    Float64,
    Law(Law),
}

/// What the chunk `fmt ` says.
struct Format {
    coding: Coding,
    channels: usize,
    rate_hz: u32,
}

impl Format {
    fn read(chunk: &[u8]) -> Result<Format, DecodeError> {
        let word = |at: usize| {
            let bytes = chunk.get(at..).and_then(|rest| rest.first_chunk());
            bytes
                .map(|bytes| u16::from_le_bytes(*bytes))
                .ok_or(DecodeError::Malformed)
        };
        let tag = match word(0)? {
            EXTENSIBLE => word(EXTENSION)?,
            tag => tag,
        };
        let coding = match (tag, word(14)?) {
            (1, 8) => Coding::Pcm8,
            (1, 16) => Coding::Pcm16,
            (1, 24) => Coding::Pcm24,
            (1, 32) => Coding::Pcm32,
            (3, 32) => Coding::Float32,
            (3, 64) => Coding::Float64,
            (6, 8) => Coding::Law(Law::A),
            (7, 8) => Coding::Law(Law::Mu),
            _ => return Err(DecodeError::Unsupported),
        };
        let channels = usize::from(word(2)?);
        let rate_hz = u32::from(word(4)?) | u32::from(word(6)?) << 16;
        if !(1..=limits::CHANNELS_MAX).contains(&channels) {
            return Err(DecodeError::Unsupported);
        }
        Ok(Format {
            coding,
            channels,
            rate_hz,
        })
    }

    fn decode(&self, data: &[u8], sound: &mut Sound) -> Result<(), DecodeError> {
        let mut interleaved = Vec::new();
        for piece in data.chunks(limits::PIECE_SAMPLES * self.channels * self.coding.sample_bytes()) {
            interleaved.clear();
            self.coding.read(piece, &mut interleaved);
            sound.take(self.rate_hz, self.channels, &mut interleaved)?;
        }
        Ok(())
    }
}

impl Coding {
    fn sample_bytes(self) -> usize {
        match self {
            Coding::Pcm8 | Coding::Law(_) => 1,
            Coding::Pcm16 => 2,
            Coding::Pcm24 => 3,
            Coding::Pcm32 | Coding::Float32 => 4,
            Coding::Float64 => 8,
        }
    }

    /// Adds the samples of these bytes, from -1 to 1. What is finer than 16 bits in a whole number no telephone plays.
    fn read(self, bytes: &[u8], samples: &mut Vec<f32>) {
        let of_16_bits = |sample: i16| f32::from(sample) / 32_768.0;
        let each = bytes
            .chunks_exact(self.sample_bytes())
            .map(|bytes| match (self, bytes) {
                (Coding::Law(law), &[byte]) => of_16_bits(law.decode(byte)),
                (Coding::Float32, bytes) => bytes
                    .try_into()
                    .map_or(0.0, |bytes| in_range(f32::from_le_bytes(bytes))),
                (Coding::Float64, bytes) => bytes
                    .try_into()
                    .map_or(0.0, |bytes| in_range(narrow(f64::from_le_bytes(bytes)))),
                (_, &[byte]) => of_16_bits(i16::from_be_bytes([byte ^ 0x80, 0])),
                (_, &[.., low, high]) => of_16_bits(i16::from_le_bytes([low, high])),
                (_, []) => 0.0,
            });
        samples.extend(each);
    }
}

/// What is no number would spread to all samples that are filtered with it.
fn in_range(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what is too large for it is out of range anyway"
)]
fn narrow(sample: f64) -> f32 {
    sample as f32
}
