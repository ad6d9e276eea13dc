//! The selection logic of the SFU: who is heard, who is seen, on which line, and what everybody is told.
//!
//! Out of scope on purpose: sockets, clocks, encryption, SDP answers. Everything here is a function of its arguments:
//! time is a [`Time`] handed in, ids are counted, maps are ordered, so that a run can be repeated exactly. What has to
//! happen comes back as data ([`room::Effect`], [`room::Forward`]); the shard makes it happen.

use std::time::Duration;

use time::OffsetDateTime;

pub mod allocation;
pub(crate) mod arrivals;
pub(crate) mod assignment;
pub(crate) mod belief;
pub mod carriage;
pub(crate) mod change;
pub(crate) mod channels;
pub(crate) mod clock;
pub mod codec;
pub(crate) mod congestion;
pub mod datagram;
pub(crate) mod descriptor;
pub(crate) mod doubling;
pub(crate) mod echo;
pub mod framing;
pub(crate) mod keyframes;
pub(crate) mod layer;
pub(crate) mod least;
pub mod line;
pub(crate) mod lobby;
pub(crate) mod measuring;
pub mod media_stats;
pub(crate) mod news;
pub(crate) mod offer;
pub(crate) mod outbox;
pub(crate) mod path;
pub(crate) mod picture_size;
pub(crate) mod rate;
pub(crate) mod redundancy;
pub mod reporting;
pub(crate) mod resources;
pub(crate) mod roll;
pub(crate) mod room;
pub(crate) mod speakers;
pub(crate) mod uploads;

/// The time since the shard started. A duration and not an instant, because an instant can only be had from a clock.
pub(crate) type Time = Duration;

/// A moment twice: the time that rooms reckon with, and the time of day that people read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) time: Time,
    pub(crate) wall: OffsetDateTime,
}

/// One session in a room, named by its seat in the shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MemberId(pub usize);

/// One media entry of a room: a session's microphone and camera, or its screen. Never 0 and never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u32);

/// The three things that a session may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Its voice.
    Microphone,
    /// Its face.
    Camera,
    /// What it shows of its screen.
    Screen,
}

/// A receiving line of a session, counted from 0 in the order of its offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineId {
    Audio(usize),
    Video(usize),
}
