//! Media on its way out: what a subscriber's transport is asked to send.
//!
//! This is the seam at which the next egress replaces str0m's. What passes it is all that a lean one needs (header fields,
//! payload by reference, the few bytes to patch), and nothing of the WebRTC stack's types.

use std::{sync::Arc, time::Instant};

use quality::Content;

use crate::core::{
    LineId,
    codec::{Codec, Picture, opus_is_redundant},
    redundancy::Redundant,
};

/// A payload format. Payload types are each session's own, so subscribers look theirs up by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) codec: Codec,
    /// H.264's `profile-level-id`, VP9's `profile-id`, AV1's `profile`.
    pub(crate) profile: Option<u32>,
    /// H.264's `packetization-mode`.
    pub(crate) packetization: Option<u8>,
}

/// A packet as all have it who get it, wherever they are: what they do not share is a line's.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) format: Format,
    pub(crate) is_sound: bool,
    pub(crate) marker: bool,
    pub(crate) payload: Arc<[u8]>,
    /// The same with what was before it, if it came so.
    pub(crate) redundant: Option<Redundant>,
    /// When it was, by the clock of all lines.
    pub(crate) captured: Instant,
    pub(crate) extensions: Extensions,
    pub(crate) content: Content,
}

impl Shared {
    /// What is in it on a line: whether it goes there with what was before it, however it came.
    pub(crate) fn content_as_sent(&self, with_redundancy: bool) -> Content {
        let is_redundant = match self.redundant {
            Some(_) => with_redundancy || opus_is_redundant(&self.payload),
            None => self.content.is_redundant,
        };
        Content {
            is_redundant,
            ..self.content
        }
    }
}

/// One packet for one line. The set of header extensions depends on the line alone, so that a burst has one size.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) format: Format,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    /// The first packet of a keyframe: nothing later refers to what was before it.
    pub(crate) starts_keyframe: bool,
    pub(crate) csrc: &'a [u32],
    pub(crate) payload: &'a Arc<[u8]>,
    /// The same with what was before it, for a line that [`Egress::wants_redundancy`].
    pub(crate) redundant: Option<&'a Redundant>,
    /// Picture numbers to write into the payload.
    pub(crate) picture: Option<Picture>,
    /// When it was, by the clock of all lines: sender reports tell it.
    pub(crate) captured: Instant,
    pub(crate) extensions: Extensions,
}

impl Outgoing<'_> {
    /// Bytes of payload.
    pub(crate) fn bytes(&self) -> usize {
        self.redundant
            .map_or(self.payload.len(), |redundant| redundant.payload.len())
    }
}

/// Header extensions that a publisher's packet carries through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    /// 0 for the loudest and -127 for silence.
    pub(crate) level_dbov: Option<i8>,
    pub(crate) voice: Option<bool>,
    /// Quarter turns, clockwise.
    pub(crate) rotation: u8,
}

/// Sends media to one subscriber.
pub(crate) trait Egress {
    /// Whether sound for it goes with what was before it: it can read that, and its way loses packets.
    fn wants_redundancy(&self) -> bool;

    /// Queues a packet; false if the subscriber cannot take this format or has no such line. A whole burst is written
    /// before the subscriber's transport is polled once.
    fn write(&mut self, line: LineId, packet: &Outgoing<'_>) -> bool;
}
