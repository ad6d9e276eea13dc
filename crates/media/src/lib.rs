//! The SFU: it forwards who is heard and seen, and reports who is there. (First: the shape of the API.)

mod admission;
mod core;
mod counters;
mod event;
mod handle;
pub mod limits;

pub use admission::{Admission, Card, CardKind, Overloaded};
pub use core::offer::OfferError;
pub use counters::Counters;
pub use event::{DisconnectReason, Event, LostCause};
pub use handle::{Media, Options, Prepared};
