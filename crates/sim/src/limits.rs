//! The limits of the world, each with its reason.

use std::time::Duration;

/// How long a supervisor takes to start a server that has died.
pub(crate) const SUPERVISOR: Duration = Duration::from_secs(1);

/// How long nothing may happen.
pub(crate) const TURN_MAX: Duration = Duration::from_millis(500);

/// Within this time all is well again, whatever happened: a client has noticed, asked again, and everybody has been told.
pub(crate) const RECOVERY: Duration = Duration::from_secs(20);

/// How often it is looked whether it is.
pub(crate) const LOOK: Duration = Duration::from_millis(100);

/// Within this time without anybody a meeting is over: silence is noticed, a return is waited for, and both once more if the
/// server dies at the very end.
pub(crate) const QUIET_WITHIN: Duration = Duration::from_secs(90);

/// Then the last are told, and forgotten: whoever only waited falls silent too.
pub(crate) const FAREWELL: Duration = Duration::from_secs(10);

/// Between two attempts.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A server that says nothing for so long is gone, as far as a client can tell: it answers every check of consent, and two of
/// those were lost.
pub(crate) const SERVER_SILENCE: Duration = Duration::from_secs(7);

/// A start that takes longer has met a disk that failed: its supervisor tries again.
pub(crate) const START: Duration = Duration::from_secs(1);

/// What would wait for a narrow last mile for longer than this is lost, as in the buffer of a modem.
pub(crate) const MILE_BUFFER: Duration = Duration::from_millis(300);

/// The longest that an answer takes when nothing is wrong.
pub(crate) const ANSWER_MS_MAX: u64 = 4;
