//! Sound as telephones have it: samples, and what they come in and go out as.
//!
//! Everything inside is one thing: samples of 16 bits, one channel, 8,000 a second, since that is what a telephone line carries and
//! what the contract's recordings are. Whatever comes otherwise is made so where it enters, so that nobody further in knows of rates
//! and formats. Only [`opus`] has another rate as well, that of meetings. No clock and no I/O.

pub mod decode;
pub mod g711;
pub mod limits;
pub mod mp3;
pub mod opus;
mod resample;
pub mod silence;
pub mod tone;
pub mod wav;

use std::sync::Arc;

/// Samples in a second.
pub const RATE_HZ: u32 = 8_000;

/// Samples in a frame, which is 20 ms: what one packet of a telephone carries.
pub const FRAME_SAMPLES: usize = 160;

/// A frame of sound.
pub type Frame = [i16; FRAME_SAMPLES];

/// A frame in which nothing is heard.
pub const SILENCE: Frame = [0; FRAME_SAMPLES];

/// A whole sound in memory; clones share it.
pub type Clip = Arc<[i16]>;
