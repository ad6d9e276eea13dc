//! The media plane: an SFU that forwards who is heard and seen, and reports who is there.
//!
//! What it does not do: it writes nothing down, knows no user and no meeting (a room is a name), and decides nothing about
//! who may join. It does no TURN, no FEC, no mixing and no transcoding, and it never renegotiates: a session's one offer
//! fixes its lines for life, and what changes is who is on them, and in which of the sizes that a publisher sends: those that fit
//! the viewer's canvases and what its network carries.
//!
//! * [`Media`] is the control plane's handle: answer an offer, admit, keep waiting, let in, permit, mute, remove;
//!   [`Event`]s come back.
//! * `core/` decides, from its arguments alone: speakers, lines, assignments, the texts of the data channels.
//! * `shard`, `socket`, `tcp` and `reporter` are the shell around it: threads, one UDP socket, and connections for those whose
//!   network lets no datagram through. `orders` and `queue` are the way to a thread, `placing` says to which, and `post` is the way from one
//!   to another (`behind`, `shard/door`), also for a room whose people are on several (`mail`, `distant`, `shard/spread`).
//! * [`Media::tap`] hands all that is heard and seen in a room to whoever records it (`tap`).
//! * `connection` is what joins a session to its room: `peer`, one WebRTC connection and the only module that names str0m, or
//!   `wired`, somebody inside this process ([`Media::wire`]). What they give is `ingress`, and what they are asked to send `egress`.
//!
//! **The order of things.** Whoever comes is admitted here before its client is answered, and nobody knows of it. Once its
//! transport is up the control plane hears [`Event::Connected`], writes the session down, and calls [`Media::let_in`]: only
//! then is it told that it is in, and only then do the others hear of it. When it goes, the control plane hears
//! [`Event::Lost`], writes its end down, and calls [`Media::remove`].

mod admission;
mod behind;
mod connection;
mod core;
mod counters;
mod distant;
mod egress;
mod endpoint;
mod event;
mod handle;
mod ingress;
mod ledger;
pub mod limits;
mod mail;
mod orders;
mod peer;
mod placing;
mod post;
mod queue;
mod relaying;
mod reporter;
mod rights;
#[cfg(feature = "simulated")]
mod sent;
mod shard;
mod socket;
mod stream;
mod tap;
mod tcp;
mod wire;
mod wired;

pub use admission::{Card, CardKind, Overloaded};
pub use core::{
    EntryId, Source, allocation,
    arrivals::{Arrival, Arrivals},
    carriage,
    channels::{Channel, Code, EMOJI, Refused, Request},
    clock::SenderReport,
    codec::{self, Temporal},
    datagram,
    descriptor::Structures,
    framing,
    layer::{Layer, Sent},
    least::Least,
    line, media_stats,
    offer::{OfferError, Plan},
    picture_size::picture_size,
    redundancy::{Block, Blocks},
    reporting,
};
pub use counters::{CounterKind, Counters, Reading};
pub use endpoint::{Endpoint, Transport};
pub use event::{DisconnectReason, Event, LostCause, Measured, Path};
pub use handle::{CheckError, Media, Options, Prepared};
pub use placing::Spreading;
pub use quality::Codec;
pub use rights::{Right, Rights};
#[cfg(feature = "simulated")]
pub use shard::Simulated;
pub use tap::{Tap, TapOver, Tapped, TappedPacket};
pub use wired::{HeardPacket, SaidPacket, Sound, Wired};
