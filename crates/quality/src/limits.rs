//! The limits of measuring, each with its reason: how much is remembered of a stream, and where good ends.

/// Words of 64 sequence numbers that wait to be settled: 1,024 numbers, which is a second and a half of the liveliest screen share. If
/// there are more, the oldest are settled early.
pub(crate) const UNSETTLED_WORDS: usize = 16;

/// A sequence that jumps by more than this was started anew: `MAX_DROPOUT` of RFC 3550 §A.1. Half a minute of a camera; nobody is
/// in a meeting who was silent for as long.
pub(crate) const DROPOUT: u64 = 3_000;

/// Packets whose times differ by so much from one to the next do not tell of the network: their sender paused, or its clock began anew.
pub(crate) const DISCONTINUITY_US: u64 = 1_000_000;

/// How many times the jitter a player waits for a packet beyond what is usual: the factor of Ramjee et al.
pub(crate) const PATIENCE_JITTERS: u64 = 4;

/// It waits so long at least: what browsers begin with is of that order.
pub(crate) const PATIENCE_MIN_US: i64 = 60_000;

/// And so long at most: with more of it nobody can converse.
pub(crate) const PATIENCE_MAX_US: i64 = 200_000;

/// Fewer pictures than this in ten seconds are slow: the contract's 7.5 a second.
pub(crate) const SLOW_FRAMES_IN_TEN_SECONDS: u64 = 75;

/// A round trip beyond this hinders a conversation: people begin to talk into each other's words (ITU-T G.114 has 150 ms for one way).
pub(crate) const CONVERSATION_ROUND_TRIP_US: u64 = 300_000;

/// A path that carries less than this does not carry what people say: three voices, or one with redundancy and the smallest picture.
pub(crate) const NARROW_BPS: u64 = 150_000;

/// More loss than this is heard, in percent.
pub(crate) const GOOD_LOSS_PERCENT: u64 = 5;

/// More jitter than this is heard.
pub(crate) const GOOD_JITTER_US: u64 = 30_000;

/// Windows whose jitter is one sample of the jitter of the network: the contract's 20 seconds, in windows of 5.
pub(crate) const NETWORK_JITTER_WINDOWS: u32 = 4;

/// Samples of one series that are read: a day of windows of 5 s, which is 24 × 720. A longer call is kept in several series, and
/// bytes that claim to be more are not ours.
pub(crate) const SERIES_SAMPLES: usize = 24 * 720;

/// Streams of one session in one direction that a client may report of: nineteen lines to receive on, and some room. A stream
/// is half a kilobyte, so what a session reports is 24 kB at the most, and what all sessions of a full server do, if each of them
/// invents streams, 48 MB.
pub const REPORTED_STREAMS: usize = 24;

/// Sound that must have been heard before the share of it that was invented says anything: a second.
pub(crate) const CONCEALMENT_WINDOW_SAMPLES: u64 = 48_000;
