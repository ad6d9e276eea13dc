//! The head of a WAV file (RIFF, PCM of 16 bits, 8,000 samples a second).
//!
//! A head says how long what follows is, and whoever records does not know that yet. So it is a pure function of the length: it is
//! written over once the length is known, and a file whose writer was killed gets the head that its length gives it.

use crate::RATE_HZ;

/// Bytes of a head.
pub const HEAD_BYTES: usize = 44;

const SAMPLE_BYTES: u16 = 2;

/// The head of a file with so many bytes of samples.
pub fn head(channels: u16, data_bytes: u32) -> [u8; HEAD_BYTES] {
    head_at(RATE_HZ, channels, data_bytes)
}

/// The same at another rate.
pub fn head_at(rate_hz: u32, channels: u16, data_bytes: u32) -> [u8; HEAD_BYTES] {
    let block_bytes = SAMPLE_BYTES * channels;
    let mut head = [0; HEAD_BYTES];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        head[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(b"RIFF");
    put(&data_bytes.saturating_add(36).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16_u32.to_le_bytes());
    put(&1_u16.to_le_bytes());
    put(&channels.to_le_bytes());
    put(&rate_hz.to_le_bytes());
    put(&(rate_hz * u32::from(block_bytes)).to_le_bytes());
    put(&block_bytes.to_le_bytes());
    put(&(8 * SAMPLE_BYTES).to_le_bytes());
    put(b"data");
    put(&data_bytes.to_le_bytes());
    head
}

/// A whole file with one channel.
pub fn file(samples: &[i16]) -> Vec<u8> {
    let data_bytes = u32::try_from(2 * samples.len()).unwrap_or(u32::MAX);
    let mut file = head(1, data_bytes).to_vec();
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}
