//! The limits of rooms, each with its reason.

use std::time::Duration;

/// Events that media may have under way to us before it holds them back and retries.
pub const MEDIA_EVENTS_MAX: usize = 4_096;

/// How often deadlines are looked at: as often as the shortest one comes, [`SNAPSHOT_EVERY_US`], and cheap.
pub(crate) const DEADLINE_INTERVAL: Duration = Duration::from_millis(250);

/// If deadlines were not looked at for this long, this process was away itself, paused or on a machine that slept: eight looks were
/// missed.
pub(crate) const AWAY_AFTER_US: i64 = 2_000_000;

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

/// How often closing a conference's sessions is tried before it is left to the next start, which ends them as after a crash.
pub(crate) const CLOSE_ATTEMPTS_MAX: u32 = 5;

/// The pause between two such attempts.
pub(crate) const CLOSE_PAUSE: Duration = Duration::from_millis(200);

/// How long the media plane gets to tell the clients that the server stops.
pub(crate) const FAREWELL_TIMEOUT: Duration = Duration::from_millis(300);

/// What was measured waits for what comes with it before it is written: the last windows of all who leave a meeting together.
pub(crate) const MEASURED_PAUSE_MIN: Duration = Duration::from_millis(100);

/// The longest pause between two attempts to write it.
pub(crate) const MEASURED_PAUSE_MAX: Duration = Duration::from_secs(5);

/// Windows of five seconds in one piece of a series, ten minutes: the piece that grows is written anew with each, a kilobyte at
/// most, and a row and its key weigh a fifth of that.
pub(crate) const WINDOWS_PER_PIECE: u32 = 120;

/// Full pieces of one stream that wait for a register that cannot be reached: half an hour of it.
pub(crate) const PIECES_WAITING_MAX: usize = 3;

/// Streams of one session that are kept: its microphone, its camera in three sizes and its screen, three lines of audio and sixteen of video make
/// twenty-five; a client that starts its own anew has as many again.
pub(crate) const STREAMS_PER_SESSION_MAX: usize = 64;

/// So long after the last that was heard of a session that is over, nothing more comes of it: what the media plane had under way
/// takes less than a second, and a report that a client sends while it leaves no more.
pub(crate) const MEASURED_AFTER_END_US: i64 = 30_000_000;

/// Sessions that are over and wait for a register that cannot be reached: as many as a server has at once. Each takes some ten
/// kilobytes.
pub(crate) const SESSIONS_WAITING_MAX: usize = media::limits::SESSIONS;

/// People who did not come in, waiting for the same: a few seconds of as many as a meeting takes on.
pub(crate) const SETUP_FAILURES_WAITING_MAX: usize = 1_000;
