//! The time of day that does not step: by it meetings and calls are written down.
//!
//! Somebody sets the clock of a machine, or a daemon does, hours ahead and back again: what is measured meanwhile must not be wrong by
//! hours, and what waits must not be over. So a process has one clock ([`now_us`]) for whatever has a duration or a deadline and is written
//! down for people: an anchor on the wall, and a count that nobody can set. A telephone in a meeting is in a call and in a conference,
//! and both tell the same times, so all of a process ask the same one.
//!
//! What this leaves to the clock on the wall: whatever is compared with what other machines say, as tokens, certificates and dates of
//! requests are.

mod system;
mod wall;

pub use system::{now_us, slept_us};
pub use wall::Steady;
