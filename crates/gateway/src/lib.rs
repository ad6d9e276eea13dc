//! Telephones in meetings: between a line that beats and a room that forwards.
//!
//! A telephone hears and says a frame each 20 ms, at 8,000 samples a second. A room sends packets of Opus on three lines, when they come, and
//! takes packets of Opus with a level. This crate is what joins the two, one [`Attendance`] for each telephone:
//!
//! * **down**: each line has a jitter buffer (`playout`) and a decoder; the speakers are brought to about one loudness
//!   (`levels`), summed, kept from clipping, and a silence is given the faint noise without which people ask whether anybody is
//!   there (`mix`).
//! * **up**: a telephone speaks when its caller does (`gate`), a little of what came before the first word included; between words its noise
//!   is turned down if that is wanted (`quieting`); it goes out as Opus with its level and voice activity (`speaking`).
//!
//! Everything that is decided about sound is a function of the state, what came, and how many beats have passed. `voice` is
//! the shell that the thread of all lines calls, `attendance` the one for what a telephone is told and asks, which `told` reads and writes.
//!
//! **What it does not do.** It does not keep a telephone from hearing itself: the room never sends a session what it said. It cancels no echo
//! from behind the telephone's own loudspeaker, and attenuates nobody while two talk at once. It knows no caller, no PIN and no prompt.

mod attendance;
mod gate;
mod hearing;
mod levels;
pub mod limits;
mod mix;
mod playout;
mod quieting;
mod speaking;
mod told;
mod voice;

pub use attendance::Attendance;
pub use told::Told;
