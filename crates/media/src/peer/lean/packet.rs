//! A packet of media on its way out, and its bytes (RFC 3550 §5.1, RFC 8285 §4.2).
//!
//! It is some numbers and a share of the payload, for as long as it may be sent again; it becomes bytes when its burst leaves, each time.

use std::{sync::Arc, time::Instant};

use str0m::media::Pt;

use crate::{
    core::{
        codec::{Codec, Picture, write_picture},
        redundancy::rename,
    },
    egress::{Extensions, Outgoing},
};

/// Sources that a packet may name.
const CSRC_PLACES: usize = 2;
/// RFC 8285 §4.2, one-byte headers.
const EXTENSIONS: [u8; 2] = [0xbe, 0xde];
/// Header extensions of a line, by the numbers that were negotiated; none for those that were not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) mid: Option<(u8, String)>,
    pub(crate) level: Option<u8>,
    pub(crate) orientation: Option<u8>,
    pub(crate) number: Option<u8>,
}

/// The types of a packet, and of the same when it is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types {
    pub(crate) plain: Pt,
    pub(crate) resent: Option<Pt>,
    /// That of the blocks of sound with redundancy, where it is another than its sender's.
    pub(crate) blocks: Option<Pt>,
}

/// Where a packet leaves.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) names: &'a Names,
    pub(super) ssrc: u32,
    pub(super) sequence: u64,
    pub(super) payload_type: Pt,
}

/// What was written to a line.
pub(super) struct Packet {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) types: Types,
    /// It ends a picture.
    pub(super) marker: bool,
    csrc: [u32; CSRC_PLACES],
    csrc_count: u8,
    pub(super) payload: Arc<[u8]>,
    codec: Codec,
    picture: Option<Picture>,
    extensions: Extensions,
    /// Nothing until it has left.
    pub(super) sent: Option<Instant>,
}

impl Packet {
    pub(super) fn new(types: Types, packet: &Outgoing<'_>) -> Packet {
        let mut csrc = [0; CSRC_PLACES];
        let csrc_count = packet.csrc.len().min(CSRC_PLACES);
        csrc[..csrc_count].copy_from_slice(&packet.csrc[..csrc_count]);
        Packet {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            types,
            marker: packet.marker,
            csrc,
            csrc_count: u8::try_from(csrc_count).expect("two at most"),
            payload: Arc::clone(packet.payload),
            codec: packet.format.codec,
            picture: packet.picture,
            extensions: packet.extensions,
            sent: None,
        }
    }

    /// One of which nothing is said but its time.
    pub(super) fn empty(timestamp: u32, payload_type: Pt) -> Packet {
        Packet {
            sequence: 0,
            timestamp,
            types: Types {
                plain: payload_type,
                resent: None,
                blocks: None,
            },
            marker: false,
            csrc: [0; CSRC_PLACES],
            csrc_count: 0,
            payload: Arc::default(),
            codec: Codec::Vp8,
            picture: None,
            extensions: Extensions::default(),
            sent: None,
        }
    }

    /// Begins a datagram with the header (RFC 3550 §5.1); gives its length.
    pub(super) fn write_header(&self, datagram: &mut Vec<u8>, place: Place<'_>, number: Option<u16>) -> usize {
        let Place {
            names,
            ssrc,
            sequence,
            payload_type,
        } = place;
        datagram.clear();
        let marker = u8::from(self.marker) << 7;
        datagram.extend_from_slice(&[0x80 | self.csrc_count, marker | *payload_type]);
        datagram.extend_from_slice(&sequence.to_be_bytes()[6..]);
        datagram.extend_from_slice(&self.timestamp.to_be_bytes());
        datagram.extend_from_slice(&ssrc.to_be_bytes());
        for csrc in &self.csrc[..usize::from(self.csrc_count)] {
            datagram.extend_from_slice(&csrc.to_be_bytes());
        }
        let at = datagram.len();
        datagram.extend_from_slice(&EXTENSIONS);
        datagram.extend_from_slice(&[0, 0]);
        self.write_extensions(datagram, names, number);
        let bytes = datagram.len() - at - 4;
        if bytes == 0 {
            datagram.truncate(at);
            return at;
        }
        datagram[0] |= 0x10;
        let words = bytes.div_ceil(4);
        datagram.resize(at + 4 + 4 * words, 0);
        datagram[at + 3] = u8::try_from(words).expect("a few");
        datagram.len()
    }

    /// The set depends on the line, and on whether packets are numbered, so that a burst has one size. The line's name is said in every packet: who has missed the first
    /// ones could not tell what the others are of.
    fn write_extensions(&self, datagram: &mut Vec<u8>, names: &Names, number: Option<u16>) {
        let Extensions {
            level_dbov,
            voice,
            rotation,
        } = self.extensions;
        if let Some(id) = names.level {
            let level = level_dbov.unwrap_or(i8::MIN + 1).unsigned_abs() & 0x7f;
            let voice = u8::from(voice == Some(true)) << 7;
            datagram.extend_from_slice(&[id << 4, voice | level]);
        }
        if let Some(id) = names.orientation {
            datagram.extend_from_slice(&[id << 4, rotation & 3]);
        }
        if let Some((id, number)) = names.number.zip(number) {
            let [high, low] = number.to_be_bytes();
            datagram.extend_from_slice(&[id << 4 | 1, high, low]);
        }
        if let Some((id, mid)) = &names.mid {
            let length = u8::try_from(mid.len() - 1).expect("sixteen characters at most");
            datagram.push(id << 4 | length);
            datagram.extend_from_slice(mid.as_bytes());
        }
    }

    pub(super) fn write_payload(&self, datagram: &mut Vec<u8>) {
        let at = datagram.len();
        datagram.extend_from_slice(&self.payload);
        if let Some(picture) = self.picture {
            write_picture(self.codec, &mut datagram[at..], picture);
        }
        if let Some(blocks) = self.types.blocks {
            rename(&mut datagram[at..], *blocks);
        }
    }
}
