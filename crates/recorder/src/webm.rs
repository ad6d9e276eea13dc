//! Writes one track as WebM (Matroska, RFC 9559), live: whatever is on the disk plays, whenever its writer dies.
//!
//! The segment and its clusters have sizes that are not known, which the format has for this. What a finished file has more, the length, the
//! index and all sizes, is written by [`crate::finished`] into places that are kept for it here, so that no byte has to move.
//!
//! H.264 is no codec of WebM. It goes into a file of the same structure that calls itself Matroska.

use media::Codec;

use crate::{
    ebml::{element, float, master, number, put, put_open},
    limits,
};

pub(crate) const EBML: u32 = 0x1a45_dfa3;
pub(crate) const SEGMENT: u32 = 0x1853_8067;
pub(crate) const SEEK_HEAD: u32 = 0x114d_9b74;
pub(crate) const INFO: u32 = 0x1549_a966;
pub(crate) const TRACKS: u32 = 0x1654_ae6b;
pub(crate) const CLUSTER: u32 = 0x1f43_b675;
pub(crate) const TIMESTAMP: u32 = 0xe7;
pub(crate) const SIMPLE_BLOCK: u32 = 0xa3;
pub(crate) const CUES: u32 = 0x1c53_bb6b;
pub(crate) const VOID: u32 = 0xec;
pub(crate) const DURATION: u32 = 0x4489;

/// The one track of each file.
pub(crate) const TRACK: u8 = 1;

/// Bytes of the place that is kept for where the index is, and of the one for the length.
pub(crate) const SEEK_HEAD_BYTES: usize = 26;
pub(crate) const DURATION_BYTES: usize = 11;

/// What is known of a track when its first frame comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) codec: Codec,
    /// Channels of sound.
    pub(crate) channels: u8,
    /// Width and height of pictures. Players take it for the shape of their frame, and what is in it from the pictures.
    pub(crate) size: (u16, u16),
    /// What a decoder must know first.
    pub(crate) private: Option<Vec<u8>>,
}

impl Description {
    /// How the name of its file ends.
    pub(crate) fn extension(&self) -> &'static str {
        if self.codec == Codec::H264 { "mkv" } else { "webm" }
    }

    /// What HTTP calls the file.
    pub(crate) fn media_type(&self) -> &'static str {
        media_type(self.codec)
    }

    /// The beginning of the file, up to its first cluster.
    pub(crate) fn head(&self) -> Vec<u8> {
        let kind: &[u8] = if self.codec == Codec::H264 {
            b"matroska"
        } else {
            b"webm"
        };
        let mut out = master(
            EBML,
            &[
                element(0x4286, &[1]),
                element(0x42f7, &[1]),
                element(0x42f2, &[4]),
                element(0x42f3, &[8]),
                element(0x4282, kind),
                element(0x4287, &[4]),
                element(0x4285, &[2]),
            ],
        );
        put_open(&mut out, SEGMENT);
        out.extend(void(SEEK_HEAD_BYTES));
        out.extend(master(
            INFO,
            &[
                void(DURATION_BYTES),
                // Time is in milliseconds.
                element(0x2a_d7b1, &1_000_000_u32.to_be_bytes()),
                element(0x4d80, b"sederunt"),
                element(0x5741, b"sederunt"),
            ],
        ));
        out.extend(master(TRACKS, &[self.entry()]));
        out
    }

    fn entry(&self) -> Vec<u8> {
        const VIDEO: u8 = 1;
        const AUDIO: u8 = 2;
        let codec: &[u8] = match self.codec {
            Codec::Opus => b"A_OPUS",
            Codec::Vp8 => b"V_VP8",
            Codec::Vp9 => b"V_VP9",
            Codec::Av1 => b"V_AV1",
            Codec::H264 => b"V_MPEG4/ISO/AVC",
            // Of telephones alone, which no room has.
            Codec::Pcmu | Codec::Pcma => b"A_MS/ACM",
        };
        let is_sound = self.codec == Codec::Opus;
        let mut children = vec![
            element(0xd7, &[TRACK]),
            element(0x73c5, &[TRACK]),
            element(0x83, &[if is_sound { AUDIO } else { VIDEO }]),
            element(0x9c, &[0]),
            element(0x86, codec),
        ];
        if is_sound {
            children.push(element(0x63a2, &opus_head(self.channels)));
            children.push(number(0x56bb, 80_000_000));
            let sound = [float(0xb5, 48_000.0), element(0x9f, &[self.channels])];
            children.push(master(0xe1, &sound));
        } else {
            children.extend(self.private.as_deref().map(|private| element(0x63a2, private)));
            let (width, height) = self.size;
            let picture = [
                element(0xb0, &width.to_be_bytes()),
                element(0xba, &height.to_be_bytes()),
            ];
            children.push(master(0xe0, &picture));
        }
        master(0xae, &children)
    }
}

/// What HTTP calls a file of this encoding.
pub(crate) fn media_type(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus | Codec::Pcmu | Codec::Pcma => "audio/webm",
        Codec::H264 => "video/x-matroska",
        Codec::Vp8 | Codec::Vp9 | Codec::Av1 => "video/webm",
    }
}

/// RFC 7845 §5.1. Nothing is to be skipped at the beginning: it is the midst of a stream, and not where an encoder began.
fn opus_head(channels: u8) -> Vec<u8> {
    let mut head = b"OpusHead\x01".to_vec();
    head.push(channels);
    head.extend(0_u16.to_le_bytes());
    head.extend(48_000_u32.to_le_bytes());
    head.extend([0, 0, 0]);
    head
}

/// Bytes without a meaning, so many in all: less than 128.
pub(crate) fn void(bytes: usize) -> Vec<u8> {
    const HEAD_BYTES: usize = 2;
    element(VOID, &vec![0; bytes - HEAD_BYTES])
}

/// The blocks of a file, in their clusters.
#[derive(Debug)]
pub(crate) struct Blocks {
    cluster_ms: Option<i64>,
    /// Every frame of sound can be begun with, so none of them begins a cluster for that.
    is_sound: bool,
}

impl Blocks {
    pub(crate) fn new(codec: Codec) -> Blocks {
        Blocks {
            cluster_ms: None,
            is_sound: codec == Codec::Opus,
        }
    }

    /// Adds a frame. Times do not go back.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, at_ms: i64, is_key: bool, frame: &[u8]) {
        let at_ms = at_ms.max(0);
        let relative = match self.cluster_ms {
            Some(cluster_ms) => {
                let begins = is_key && !self.is_sound && at_ms - cluster_ms >= limits::SEARCHED_MS;
                let fits = at_ms - cluster_ms < limits::CLUSTER_MS && !begins;
                i16::try_from(at_ms - cluster_ms).ok().filter(|_| fits)
            }
            None => None,
        };
        let relative = relative.unwrap_or_else(|| {
            self.cluster_ms = Some(at_ms);
            put_open(out, CLUSTER);
            out.extend(number(TIMESTAMP, at_ms.unsigned_abs()));
            0
        });
        let [high, low] = relative.to_be_bytes();
        let head = [0x80 | TRACK, high, low, if is_key { 0x80 } else { 0 }];
        put(out, SIMPLE_BLOCK, &[&head, frame]);
    }
}
