//! Lines: the sound of legs, on one clock.
//!
//! A line is a port that RTP comes to and goes from, and the one behind it, for reports. All lines of a process beat together, a frame
//! each 20 ms, in one thread: what one leg says is heard by another in the same beat, and what is written down of a call has one clock
//! for both of its sides. What a beat does is decided by [`Lines`], without sockets or a clock of its own; the [`Exchange`] is the thread
//! around it.

mod digits;
mod exchange;
mod hearing;
mod lines;
mod measuring;
mod overlay;
mod plan;
mod play_id;
mod playout;
pub mod rtcp;
pub mod rtp;
mod saying;
mod seal;
mod waiting;

pub use exchange::{ByHand, Exchange, ExchangeError, Settings};
pub use lines::{LineEvent, Lines, Port, Sink, Voice};
pub use measuring::Measured;
pub use plan::{Codec, Events, Plan, Reports, Sound};
pub use play_id::PlayId;
pub(crate) use seal::{Key, Keys, Secret, Suite};
