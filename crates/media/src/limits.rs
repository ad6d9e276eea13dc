//! Every limit of the media plane, each with its reason.

use std::time::Duration;

/// Bytes of an SDP offer. Chromium's offer for our nineteen receiving lines is about 60 KB.
pub const OFFER_BYTES: usize = 256 * 1024;

/// Receiving audio lines: the Media API knows three or none.
pub const AUDIO_LINES: usize = 3;

/// Receiving video lines of one session. A grid of more faces than this is read by nobody, and each line costs a
/// retransmission cache.
pub const VIDEO_LINES: usize = 16;

/// Sending video lines of one session: camera and screen.
pub const SENDING_VIDEO_LINES: usize = 2;

/// Sessions of all rooms of this process.
pub const SESSIONS: usize = 2_000;

/// Sessions of one room. A newcomer is told of everybody in one message per channel, which this keeps bounded.
pub const SESSIONS_PER_ROOM: usize = 500;

/// Commands that wait for a shard. It drains them on each turn of its loop, in well under a millisecond.
pub const COMMANDS: usize = 1_024;

/// Events that wait because the control plane is slow. Signs of life are merged per session, so only departures add to it.
pub const EVENTS: usize = 4 * SESSIONS;

/// Signs of life are gathered for this long. They must be in the register at least every five seconds.
pub const ALIVE_INTERVAL: Duration = Duration::from_secs(2);

/// A session that sends nothing for this long is lost. Chromium checks consent every two and a half seconds and sends
/// feedback far more often, and the whole chain to the register must end within fifteen seconds.
pub const SILENCE: Duration = Duration::from_secs(8);

/// A session that has not connected after this long is lost.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(15);

/// How long a removed session's transport may take to say goodbye.
pub const GOODBYE: Duration = Duration::from_millis(500);
