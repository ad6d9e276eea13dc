//! The limits of rooms, each with its reason.

use std::time::Duration;

/// Events that media may have under way to us before it holds them back and retries.
pub const MEDIA_EVENTS_MAX: usize = 4_096;

/// How often deadlines are looked at: as often as the shortest one comes, [`SNAPSHOT_EVERY_US`], and cheap.
pub(crate) const DEADLINE_INTERVAL: Duration = Duration::from_millis(250);

/// The snapshots of a space are told at most this often. The longest, a host's with a hundred long names at the door, is 55 kB:
/// 220 kB in a second at the worst, made once for all hosts. Who cannot take that much gets the newest of them.
pub(crate) const SNAPSHOT_EVERY_US: i64 = 250_000;

/// How long a room whose space could not be read or written waits until it tries by itself.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The first pause between two attempts to write an arrival or a loss; it is doubled each time.
pub(crate) const EVENT_PAUSE_MIN: Duration = Duration::from_millis(100);

/// The longest such pause: the register is back for some seconds at most before the event is written.
pub(crate) const EVENT_PAUSE_MAX: Duration = Duration::from_secs(5);

/// How often it is looked whether the last one has left a server that stops.
pub(crate) const LEFT_INTERVAL: Duration = Duration::from_millis(100);

/// How often closing a conference is tried before it is left to the next start, which closes it as after a crash.
pub(crate) const CLOSE_ATTEMPTS_MAX: u32 = 5;

/// The pause between two such attempts.
pub(crate) const CLOSE_PAUSE: Duration = Duration::from_millis(200);

/// How long the media plane gets to tell the clients that the server stops.
pub(crate) const FAREWELL_TIMEOUT: Duration = Duration::from_millis(300);
