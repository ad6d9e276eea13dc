//! Every limit of a telephone's sound in a meeting, each with its reason. Ticks are of Opus' clock, 48,000 a second.

/// Ticks of a frame of 20 ms, and of one sample of a telephone.
pub(crate) const FRAME_TICKS: i64 = 960;
pub(crate) const SAMPLE_TICKS: i64 = 6;

/// How long a packet waits before it is heard, at first: it is taken at a beat, so one frame is for that, and one for the networks of
/// browsers on a good day. A line on which packets come later waits longer.
pub(crate) const WAIT_TICKS: i64 = 2 * FRAME_TICKS;

/// A packet that comes later than this is left out: to hear it, all that follows would have to be late for good.
pub(crate) const LATE_TICKS_MAX: i64 = 5 * FRAME_TICKS;

/// What lies so far from what is heard now belongs to another clock, or to a stretch of its own.
pub(crate) const AHEAD_TICKS_MAX: i64 = 48_000;

/// Packets of one line that wait: [`AHEAD_TICKS_MAX`] of them at 10 ms each, which is the shortest that browsers send.
pub(crate) const PACKETS_WAITING: usize = 100;

/// Frames that are made up in a row where packets are missing. After that what a decoder makes up is no longer speech.
pub(crate) const CONCEALED_FRAMES_MAX: u32 = 5;

/// Speakers whose loudness is remembered: the three that are heard, and those who take turns with them.
pub(crate) const SPEAKERS_KEPT: usize = 12;

/// Frames from before the first word that are sent with it: as many as it takes to be sure of a word, and the breath before.
pub(crate) const FRAMES_BEFORE_SPEECH: usize = 4;

/// What telephone speech is encoded with. Opus at 8,000 samples a second is transparent to a telephone at 16 kbit/s, and 40 bytes a packet
/// are well above what a room takes for silence.
pub(crate) const OPUS_BITS_PER_SECOND: u32 = 16_000;

/// Bytes of a packet of Opus that is decoded: the longest that RFC 6716 §3.4 knows, three frames of 1,275 bytes and their head, as no line
/// carries more than 60 ms at once.
pub(crate) const PACKET_BYTES_MAX: usize = 3 * 1_275 + 10;
