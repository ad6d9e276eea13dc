//! The limits of what is remembered, each with its reason.

use std::time::Duration;

/// Buckets of one pace. Each is some dozens of bytes: this many are a few megabytes, and more clients than that in one period
/// are no meeting server's public.
pub(crate) const KEYS_MAX: usize = 100_000;

/// How long so many lines of the log, that strangers can cause, are all that there are: a limit that is reached again and again is told to it
/// once in this time.
pub(crate) const REPORT_INTERVAL: Duration = Duration::from_secs(10);
