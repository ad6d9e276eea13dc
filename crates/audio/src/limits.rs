//! Every limit of sound from outside, named and argued in one place.

/// A file that somebody wants played: ten minutes of speech as WAV of telephone quality are 9.6 MB.
pub const FILE_BYTES_MAX: usize = 10_000_000;

/// How long a sound may be that is held in memory to be played: ten minutes, which are 9.6 MB.
pub const CLIP_SAMPLES_MAX: usize = 10 * 60 * 8_000;

/// Rates that recorders use: below, nobody is understood; above, there is nothing to hear.
pub const RATE_HZ_RANGE: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Channels that are mixed into one.
pub const CHANNELS_MAX: usize = 8;
