//! What a relay may keep.

/// The longest that a packet waits before a narrow place, as in a home router: what comes behind is dropped.
pub(super) const QUEUE_US_MAX: u64 = 200_000;

/// How much longer a packet takes that others overtake: more than what is between two packets of a voice.
pub(super) const OVERTAKEN_US: u64 = 30_000;

/// Packets whose fates are kept: an hour of a meeting of three, in about 50 MB. Beyond, nothing true can be said, and is not.
pub(super) const PACKETS_MAX: usize = 1_000_000;

/// Clients at once, each with a socket and a thread of its own; those beyond are not heard.
pub(super) const CLIENTS_MAX: usize = 256;
