//! One packet, as far as anything is measured of it.

use crate::{figures::Picture, stream::Codec};

/// What arrived.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Its sequence number, extended by the roll-overs.
    pub sequence: u64,
    /// Its time in the clock of its codec.
    pub timestamp: u32,
    /// Bytes of payload.
    pub bytes: usize,
    /// It was lost and came as a retransmission (RFC 4588).
    pub is_resent: bool,
    /// What is in it.
    pub content: &'a Content,
    /// Whether it goes anywhere. What a muted client sends tells of its network, and of nothing else: its silence is no noise in its
    /// room, and its black pictures are no low frame rate.
    pub is_forwarded: bool,
}

/// What is in a packet.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    /// How it is encoded.
    pub codec: Codec,
    /// A picture ends here: the marker bit of a codec of pictures.
    pub ends_picture: bool,
    /// A picture starts here that needs no other one.
    pub starts_keyframe: bool,
    /// The size of the picture, if the packet tells it.
    pub picture: Option<Picture>,
    /// It carries packets before it once more.
    pub is_redundant: bool,
    /// RFC 6464, if its sender tells it.
    pub level: Option<Level>,
}

/// How loud a packet of sound is.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// How far below the loudest possible, in dB.
    pub below_db: u8,
    /// Its sender takes it for voice.
    pub is_voice: bool,
}

#[cfg(test)]
impl Content {
    /// Some sound, with nothing remarkable about it.
    pub(crate) const SOUND: Content = Content {
        codec: crate::Codec::Opus,
        ends_picture: false,
        starts_keyframe: false,
        picture: None,
        is_redundant: false,
        level: None,
    };
}
