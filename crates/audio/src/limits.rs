//! Every limit of sound from outside, named and argued in one place.

/// A file that somebody wants played: ten minutes of speech as WAV of telephone quality are 9.6 MB.
pub const FILE_BYTES_MAX: usize = 10_000_000;

/// How long a sound may be that is held in memory to be played: ten minutes, which are 9.6 MB.
pub const CLIP_SAMPLES_MAX: usize = 10 * 60 * 8_000;

/// Rates that recorders use: below, nobody is understood; above, there is nothing to hear.
pub(crate) const RATE_HZ_RANGE: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Channels that are mixed into one.
pub(crate) const CHANNELS_MAX: usize = 8;

/// Samples of each channel of a WAV that are decoded at once: with eight channels they are 130 kB.
pub(crate) const PIECE_SAMPLES: usize = 4_096;

/// Pieces of an MP3 that cannot be decoded, before it is given up: 38 of them are a second, and what is more broken than that is no
/// sound that somebody wants to hear.
pub(crate) const DAMAGED_PIECES_MAX: usize = 100;
