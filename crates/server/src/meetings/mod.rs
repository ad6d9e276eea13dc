//! Our own service: joining, coming back and leaving; the rooms in which that happens; what the media plane reports.

mod drain;
mod entry;
mod events;
mod rooms;

pub(crate) use drain::drain;
pub(crate) use entry::MeetingsService;
pub(crate) use events::{follow, keep_deadlines};
pub(crate) use rooms::{InputError, Rooms};
