//! The media plane: an SFU that forwards who is heard and seen, and reports who is there.
//!
//! What it does not do: it writes nothing down, knows no user and no meeting (a room is a name), and decides nothing about
//! who may join. It does no TURN, no FEC, no mixing and no transcoding, and it never renegotiates: a session's one offer
//! fixes its lines for life, and what changes is who is on them. Simulcast, bandwidth allocation, ICE over TCP and further
//! shards have their places (a line's source, the assignment, the socket, the shard) and come later.
//!
//! * [`Media`] is the control plane's handle: answer an offer, admit, keep waiting, let in, permit, mute, remove;
//!   [`Event`]s come back.
//! * `core/` decides, from its arguments alone: speakers, lines, assignments, the texts of the data channels.
//! * `shard`, `socket` and `reporter` are the shell around it: one thread, one UDP socket. `queue` is the way to it.
//! * `peer` is one WebRTC connection and the only module that names str0m; `egress` is the seam for a faster way out.
//!
//! **The order of things.** Whoever comes is admitted here before its client is answered, and nobody knows of it. Once its
//! transport is up the control plane hears [`Event::Connected`], writes the session down, and calls [`Media::let_in`]: only
//! then is it told that it is in, and only then do the others hear of it. When it goes, the control plane hears
//! [`Event::Lost`], writes its end down, and calls [`Media::remove`].

mod admission;
mod core;
mod counters;
mod egress;
mod event;
mod handle;
mod ledger;
pub mod limits;
mod peer;
mod queue;
mod reporter;
mod rights;
mod shard;
mod socket;
mod wire;

pub use admission::{Card, CardKind, Overloaded};
pub use core::{
    channels::{Channel, Code, EMOJI, Refused, Request},
    datagram, media_stats,
    offer::{OfferError, Plan},
};
pub use counters::{CounterKind, Counters, Reading};
pub use event::{DisconnectReason, Event, LostCause, Measured, Path, Transport};
pub use handle::{Media, Options, Prepared};
pub use rights::{Right, Rights};
#[cfg(feature = "simulated")]
pub use shard::Simulated;
