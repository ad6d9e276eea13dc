//! Our own service: joining, knocking, coming back and leaving; running a meeting; the rooms in which that happens; what the
//! media plane reports, and what it is told.

mod arrival;
mod drain;
mod entry;
mod events;
mod hosting;
mod moderation;
mod refusals;
mod room;
mod rooms;
mod service;
mod telling;

pub(crate) use arrival::standing;
pub(crate) use drain::drain;
pub(crate) use events::{follow, keep_deadlines};
pub(crate) use rooms::{InputError, Rooms};
pub(crate) use service::MeetingsService;
