//! The one door of meetings: decide, record, apply, tell.
//!
//! Whoever wants something of a meeting (a contract, a telephone leg, a recording) is a client of [`Rooms`]: it hands over an
//! input and gets what came of it. Here the input is decided by [`meeting`], written by [`register`] in one durable write,
//! applied to the space in memory, and only then told to [`media`] and through it to the people. No client can do one of the
//! four without the others, and none sees a space between them.
//!
//! What it leaves to others: who calls, and whether they may (a client finds out how somebody stands to a space and says so
//! in its input); every wire format but that of the `moderation` channel; clocks, which it is given ([`Clock`]), so that a
//! simulated world can hold meetings too; counting, which it reports ([`Observer`]); recording, for
//! which it says what is wanted ([`Recorder`]).

mod absences;
mod clock;
mod drain;
mod events;
pub mod limits;
mod lookup;
mod measurements;
mod measuring;
mod moderation;
mod observer;
mod recorder;
mod room;
mod rooms;
mod telling;
mod untold;

pub use clock::Clock;
pub use drain::drain;
pub use events::{follow, keep_deadlines, keep_measured};
pub use lookup::{SpaceName, find_space};
pub use observer::Observer;
pub use recorder::{Asks, Recorder, Wanted};
pub use rooms::{InputError, Outlook, Rooms, Whom};
pub use telling::{Entrance, Hold, Seat};
