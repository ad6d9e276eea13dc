//! Media and news on their way in: what a session's connection gives, whatever kind of connection it is.
//!
//! This is the counterpart of `egress`: `peer` makes all of it of what the WebRTC stack says, `wired` makes its part of what somebody
//! inside this process says, and nothing behind it can tell which of the two it was, nor on which shard. So there is nothing of either in
//! it.

use std::{sync::Arc, time::Instant};

use quality::{Content, Level};

use crate::{
    core::{
        LineId, Source,
        channels::Channel,
        clock::SenderReport,
        codec::{Temporal, opus_is_redundant, starts_keyframe},
        measuring::Told,
        picture_size::picture_size,
        redundancy::Redundant,
    },
    egress::{Extensions, Format, Shared},
};

/// Something that happened on a connection.
#[derive(Debug)]
pub(crate) enum PeerEvent {
    /// Media can flow.
    Connected,
    /// The other end said goodbye.
    Closed,
    /// The client opened a data channel that we know.
    ChannelOpen(Channel),
    /// A text on a data channel.
    Message(Channel, Vec<u8>),
    /// A message of a check, which wants it back.
    Echo(Vec<u8>),
    /// Media of this session.
    Media(Box<MediaPacket>),
    /// The decoder behind a video line needs a keyframe.
    KeyframeWanted(usize),
    /// Something that is missed of a video line will not come: the decoder behind it needs a keyframe, and will find that out.
    PictureBroken(usize),
    /// What the client tells of a line, and how many packets have left on it.
    Told {
        line: LineId,
        told: Option<Told>,
        left: u64,
    },
    /// How long a packet and its answer took, in microseconds.
    RoundTrip(u64),
    /// What the way to the client is estimated to carry, in bits a second, by us or by the client, who only sees what comes; and what
    /// pictures are divided by, if anything is to be held back.
    Estimate { bps: u64, carries_bps: Option<u64> },
}

/// One packet from a publisher.
#[derive(Debug)]
pub(crate) struct MediaPacket {
    pub(crate) source: Source,
    /// Which of its sizes, from 0 for the smallest.
    pub(crate) spatial: u8,
    pub(crate) format: Format,
    pub(crate) stream: u32,
    /// It was lost, and came as a retransmission or in a later packet.
    pub(crate) is_resent: bool,
    /// It has come in a later packet before, and goes nowhere.
    pub(crate) is_repeated: bool,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) extensions: Extensions,
    /// What is said of the picture beside the payload.
    pub(crate) described: Option<Temporal>,
    pub(crate) payload: Arc<[u8]>,
    /// The same with what was before it, if it came so.
    pub(crate) redundant: Option<Redundant>,
    pub(crate) arrived: Instant,
    /// What its sender has reported last of its clock.
    pub(crate) report: Option<SenderReport>,
}

impl MediaPacket {
    /// Bytes of payload, as they came.
    pub(crate) fn bytes(&self) -> usize {
        let redundant = self.redundant.as_ref();
        redundant.map_or(self.payload.len(), |redundant| redundant.payload.len())
    }

    /// What all have of it who get it, if this is in it and it was then.
    pub(crate) fn shared(&self, content: Content, captured: Instant) -> Shared {
        Shared {
            format: self.format,
            is_sound: self.source == Source::Microphone,
            marker: self.marker,
            payload: Arc::clone(&self.payload),
            redundant: self.redundant.clone(),
            captured,
            extensions: self.extensions,
            content,
        }
    }

    /// What is in it. Of one that goes nowhere only how it is encoded: what is not taken is looked at by nobody.
    pub(crate) fn content(&self, is_taken: bool) -> Content {
        let Format { codec, .. } = self.format;
        let (is_taken_sound, is_taken_picture) = match self.source {
            Source::Microphone => (is_taken, false),
            Source::Camera | Source::Screen => (false, is_taken),
        };
        let starts_keyframe = is_taken_picture && starts_keyframe(codec, &self.payload);
        let Extensions { level_dbov, voice, .. } = self.extensions;
        Content {
            codec,
            ends_picture: is_taken_picture && self.marker,
            starts_keyframe,
            picture: starts_keyframe.then(|| picture_size(codec, &self.payload)).flatten(),
            is_redundant: is_taken_sound && (self.redundant.is_some() || opus_is_redundant(&self.payload)),
            level: level_dbov.filter(|_| is_taken_sound).map(|level_dbov| Level {
                below_db: level_dbov.unsigned_abs(),
                is_voice: voice == Some(true),
            }),
        }
    }
}
