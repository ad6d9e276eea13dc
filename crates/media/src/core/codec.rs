//! The few bits of a payload that a forwarder must read: does a keyframe start here, and which picture is this.
//!
//! Nothing is decoded. A payload that does not parse starts no keyframe and has no picture ids, so a hostile publisher
//! can at most fail to appear.

pub(crate) use quality::Codec;

/// The running numbers inside a VP8 or VP9 payload descriptor. They must run on when a line changes its source, as they
/// are what a decoder knows frames by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Picture {
    /// Of the picture.
    pub id: Option<PictureId>,
    /// Of the newest picture that all layers need.
    pub tl0: Option<u8>,
}

/// A picture id with its width, which a rewrite must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureId {
    /// The number.
    pub value: u16,
    /// It has 15 bits, and not seven.
    pub wide: bool,
}

impl PictureId {
    /// The id `distance` pictures later, in the same width.
    #[must_use]
    pub fn advanced(self, distance: u16) -> PictureId {
        PictureId {
            value: self.value.wrapping_add(distance) & if self.wide { 0x7fff } else { 0x7f },
            ..self
        }
    }
}

/// Which of a picture's temporal layers a payload is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Temporal {
    /// From 0 for the one that all others need.
    pub layer: u8,
    /// It needs nothing but what lower layers have shown: whoever was content with those may go on with it.
    pub is_sync: bool,
    /// Up to which layer whoever shows it may go on with all that follows; none beyond its own is said by 0.
    pub opens: u8,
}

/// Where the numbers stand in the payload.
struct Layout {
    picture: Picture,
    id_at: usize,
    tl0_at: usize,
    /// Where the temporal layer stands, if it is told.
    temporal_at: Option<usize>,
    /// The first byte after the descriptor.
    end: usize,
}

/// Whether the first packet of a keyframe is in this payload: the one place where a line may change its source.
pub fn starts_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus | Codec::Pcmu | Codec::Pcma => false,
        Codec::Vp8 => vp8_starts_keyframe(payload).unwrap_or(false),
        Codec::Vp9 => vp9_starts_keyframe(payload).unwrap_or(false),
        Codec::H264 => h264_starts_keyframe(payload).unwrap_or(false),
        // RFC for AV1 over RTP, aggregation header: Z (continuation) clear, N (new coded video sequence) set.
        Codec::Av1 => payload.first().is_some_and(|header| header & 0x88 == 0x08),
    }
}

/// The running numbers of the payload, as far as its codec has any.
pub fn picture(codec: Codec, payload: &[u8]) -> Picture {
    layout(codec, payload).map(|layout| layout.picture).unwrap_or_default()
}

/// The temporal layer of the payload, where that tells it: of VP8 and VP9. What is said beside the payload is in `descriptor`.
pub fn temporal(codec: Codec, payload: &[u8]) -> Option<Temporal> {
    let at = layout(codec, payload)?.temporal_at?;
    let byte = *payload.get(at)?;
    let (layer, sync) = match codec {
        Codec::Vp8 => (byte >> 6, 0x20),
        _ => (byte >> 5, 0x10),
    };
    Some(Temporal {
        layer,
        is_sync: byte & sync != 0,
        opens: 0,
    })
}

/// Whether pictures that are left out must leave no gap in the picture ids. VP8's decoders wait for what is missing; VP9 names the
/// pictures that it needs by their distance, which another numbering would make wrong.
pub fn renumbers(codec: Codec) -> bool {
    codec == Codec::Vp8
}

/// Where the payload descriptor of VP8 or VP9 ends.
pub fn descriptor_end(codec: Codec, payload: &[u8]) -> Option<usize> {
    layout(codec, payload).map(|layout| layout.end)
}

/// Whether a packet of Opus has the one before it in it once more (RFC 6716 §4.2.4): the bit after those for voice, in the first frame.
/// Packets of several frames of different sizes are not looked into, as browsers send none.
pub fn opus_is_redundant(payload: &[u8]) -> bool {
    const FIRST_WITHOUT_SPEECH_CODING: u8 = 16;
    let [first, frame, ..] = payload else { return false };
    let (configuration, is_stereo, frames) = (first >> 3, first & 0x04 != 0, first & 0x03);
    if configuration >= FIRST_WITHOUT_SPEECH_CODING || frames > 1 {
        return false;
    }
    // With speech coding alone, the third configuration of each bandwidth has frames of 40 ms and the fourth of 60 ms: two and
    // three pieces of 20 ms, each with its bit for voice.
    let pieces = match configuration {
        ..12 => (configuration % 4).max(1),
        _ => 1,
    };
    let of_first = frame >> (7 - pieces) & 1;
    let of_second = if is_stereo { frame >> (6 - 2 * pieces) & 1 } else { 0 };
    of_first | of_second != 0
}

/// Writes other running numbers of the same widths into a payload.
pub fn write_picture(codec: Codec, payload: &mut [u8], picture: Picture) {
    let Some(layout) = layout(codec, payload) else { return };
    if let (Some(old), Some(new)) = (layout.picture.id, picture.id) {
        let [high, low] = new.value.to_be_bytes();
        if old.wide {
            payload[layout.id_at] = 0x80 | high;
            payload[layout.id_at + 1] = low;
        } else {
            payload[layout.id_at] = low & 0x7f;
        }
    }
    if let (Some(_), Some(new)) = (layout.picture.tl0, picture.tl0) {
        payload[layout.tl0_at] = new;
    }
}

fn layout(codec: Codec, payload: &[u8]) -> Option<Layout> {
    match codec {
        Codec::Vp8 => vp8_layout(payload),
        Codec::Vp9 => vp9_layout(payload),
        Codec::Opus | Codec::Pcmu | Codec::Pcma | Codec::H264 | Codec::Av1 => None,
    }
}

fn picture_id(payload: &[u8], at: usize) -> Option<(PictureId, usize)> {
    let first = *payload.get(at)?;
    if first & 0x80 == 0 {
        return Some((
            PictureId {
                value: u16::from(first),
                wide: false,
            },
            at + 1,
        ));
    }
    let value = u16::from_be_bytes([first & 0x7f, *payload.get(at + 1)?]);
    Some((PictureId { value, wide: true }, at + 2))
}

/// RFC 7741 §4.2.
fn vp8_layout(payload: &[u8]) -> Option<Layout> {
    let mut layout = Layout {
        picture: Picture::default(),
        id_at: 0,
        tl0_at: 0,
        temporal_at: None,
        end: 1,
    };
    if payload.first()? & 0x80 == 0 {
        return Some(layout);
    }
    let extension = *payload.get(1)?;
    layout.end = 2;
    if extension & 0x80 != 0 {
        let (id, end) = picture_id(payload, layout.end)?;
        layout.id_at = layout.end;
        layout.picture.id = Some(id);
        layout.end = end;
    }
    if extension & 0x40 != 0 {
        layout.tl0_at = layout.end;
        layout.picture.tl0 = Some(*payload.get(layout.end)?);
        layout.end += 1;
    }
    if extension & 0x30 != 0 {
        layout.temporal_at = (extension & 0x20 != 0).then_some(layout.end);
        layout.end += 1;
    }
    Some(layout)
}

fn vp8_starts_keyframe(payload: &[u8]) -> Option<bool> {
    // Start of partition 0, then the frame header's inverse keyframe bit.
    let starts = payload.first()? & 0x17 == 0x10;
    Some(starts && payload.get(vp8_layout(payload)?.end)? & 0x01 == 0)
}

/// RFC 9628 §4.2.
fn vp9_layout(payload: &[u8]) -> Option<Layout> {
    let first = *payload.first()?;
    let mut layout = Layout {
        picture: Picture::default(),
        id_at: 0,
        tl0_at: 0,
        temporal_at: None,
        end: 1,
    };
    if first & 0x80 != 0 {
        let (id, end) = picture_id(payload, layout.end)?;
        layout.id_at = layout.end;
        layout.picture.id = Some(id);
        layout.end = end;
    }
    let (layered, flexible) = (first & 0x20 != 0, first & 0x10 != 0);
    if layered {
        layout.temporal_at = Some(layout.end);
        layout.end += 1;
        if !flexible {
            layout.tl0_at = layout.end;
            layout.picture.tl0 = Some(*payload.get(layout.end)?);
            layout.end += 1;
        }
    }
    Some(layout)
}

fn vp9_starts_keyframe(payload: &[u8]) -> Option<bool> {
    let first = *payload.first()?;
    let (predicted, layered, begins) = (first & 0x40 != 0, first & 0x20 != 0, first & 0x08 != 0);
    let spatial = if layered {
        let at = if first & 0x80 == 0 {
            1
        } else {
            picture_id(payload, 1)?.1
        };
        payload.get(at)? >> 1 & 0x07
    } else {
        0
    };
    Some(!predicted && begins && spatial == 0)
}

/// A keyframe starts with its sequence parameter set: an IDR slice without one cannot be decoded after a switch.
fn h264_starts_keyframe(payload: &[u8]) -> Option<bool> {
    const SEQUENCE_PARAMETERS: u8 = 7;
    const AGGREGATE: u8 = 24;
    match payload.first()? & 0x1f {
        SEQUENCE_PARAMETERS => Some(true),
        AGGREGATE => {
            let mut rest = payload.get(1..)?;
            while let [high, low, unit @ ..] = rest {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                if unit.first()? & 0x1f == SEQUENCE_PARAMETERS {
                    return Some(true);
                }
                rest = unit.get(length..)?;
            }
            Some(false)
        }
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keyframes_are_found_at_their_first_packet() {
        let check = |codec, payload: &[u8], expected: bool| {
            assert_eq!(starts_keyframe(codec, payload), expected, "{codec:?} {payload:02x?}");
        };
        check(Codec::Vp8, &[0x10, 0x00], true);
        check(Codec::Vp8, &[0x10, 0x01], false);
        check(Codec::Vp8, &[0x00, 0x00], false); // continues a partition
        check(Codec::Vp8, &[0x11, 0x00], false); // partition 1
        check(Codec::Vp8, &[0x90, 0xf0, 0x92, 0x34, 7, 0x20, 0x10], true);
        check(Codec::Vp8, &[0x90, 0xf0, 0x92, 0x34, 7, 0x20, 0x11], false);
        check(Codec::Vp8, &[0x90, 0x80], false); // truncated
        check(Codec::Vp9, &[0x88, 0x05], true);
        check(Codec::Vp9, &[0xc8, 0x05], false); // predicted
        check(Codec::Vp9, &[0x80, 0x05], false); // continues a frame
        check(Codec::Vp9, &[0xa8, 0x85, 0x01, 0x00, 9], true); // layered, spatial layer 0
        check(Codec::Vp9, &[0xa8, 0x85, 0x01, 0x02, 9], false); // spatial layer 1
        check(Codec::H264, &[0x67, 0x42], true);
        check(Codec::H264, &[0x65, 0x88], false); // IDR without parameters
        check(Codec::H264, &[0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68], true);
        check(Codec::H264, &[0x78, 0, 1, 0x09, 0, 2, 0x67, 0x42], true);
        check(Codec::H264, &[0x78, 0, 9, 0x09], false); // length beyond the end
        check(Codec::Av1, &[0x18], true);
        check(Codec::Av1, &[0x98], false); // continues an element
        check(Codec::Av1, &[0x10], false);
        check(Codec::Opus, &[0xff], false);
        for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
            check(codec, &[], false);
        }
    }

    #[test]
    fn picture_numbers_are_read_and_rewritten_in_place() {
        let check = |codec, payload: &[u8], id: Option<(u16, bool)>, tl0| {
            let expected = Picture {
                id: id.map(|(value, wide)| PictureId { value, wide }),
                tl0,
            };
            assert_eq!(picture(codec, payload), expected, "{payload:02x?}");
            let moved = Picture {
                id: expected.id.map(|id| id.advanced(1000)),
                tl0: tl0.map(|tl0| tl0.wrapping_add(100)),
            };
            let mut copy = payload.to_vec();
            write_picture(codec, &mut copy, moved);
            assert_eq!(picture(codec, &copy), moved, "{payload:02x?}");
            assert_eq!(starts_keyframe(codec, &copy), starts_keyframe(codec, payload));
        };
        check(
            Codec::Vp8,
            &[0x90, 0xf0, 0x92, 0x34, 7, 0x20, 0x10],
            Some((0x1234, true)),
            Some(7),
        );
        check(Codec::Vp8, &[0x90, 0x80, 0x12, 0x10], Some((0x12, false)), None);
        check(Codec::Vp8, &[0x10, 0x10], None, None);
        check(
            Codec::Vp9,
            &[0xa8, 0x85, 0x01, 0x00, 9, 1],
            Some((0x501, true)),
            Some(9),
        );
        check(Codec::Vp9, &[0xb8, 0x05, 0x00, 1], Some((5, false)), None);
        check(Codec::H264, &[0x67, 0x42], None, None);
    }

    #[test]
    fn temporal_layers_are_told_by_payloads() {
        let check = |codec, payload: &[u8], expected: Option<(u8, bool)>| {
            let expected = expected.map(|(layer, is_sync)| Temporal {
                layer,
                is_sync,
                opens: 0,
            });
            assert_eq!(temporal(codec, payload), expected, "{codec:?} {payload:02x?}");
        };
        check(Codec::Vp8, &[0x90, 0xf0, 0x92, 0x34, 7, 0xa0, 0x11], Some((2, true)));
        check(Codec::Vp8, &[0x90, 0xf0, 0x92, 0x34, 7, 0x40, 0x11], Some((1, false)));
        check(Codec::Vp8, &[0x90, 0xd0, 0x92, 0x34, 7, 0x40, 0x11], None); // a key index alone
        check(Codec::Vp8, &[0x10, 0xff], None);
        check(Codec::Vp8, &[0x90, 0xf0, 0x92, 0x34, 7], None); // truncated
        check(Codec::Vp9, &[0xa8, 0x85, 0x01, 0x50, 9, 1], Some((2, true)));
        check(Codec::Vp9, &[0xa8, 0x85, 0x01, 0x22, 9, 1], Some((1, false)));
        check(Codec::Vp9, &[0x88, 0x05], None);
        check(Codec::H264, &[0x67, 0x42], None);
        check(Codec::Av1, &[0x18], None);
    }

    #[test]
    fn redundancy_in_opus_is_seen() {
        let check = |payload: &[u8], expected| assert_eq!(opus_is_redundant(payload), expected, "{payload:02x?}");
        // Wideband, 20 ms: the bit after one for voice.
        check(&[9 << 3, 0b0100_0000], true);
        check(&[9 << 3, 0b1011_1111], false);
        // 40 and 60 ms: after two and three.
        check(&[10 << 3, 0b0010_0000], true);
        check(&[11 << 3, 0b0001_0000], true);
        check(&[11 << 3, 0b1110_0000], false);
        // Hybrid, stereo: the second channel's are after the first one's.
        check(&[13 << 3 | 4, 0b0001_0000], true);
        check(&[13 << 3, 0b0001_0000], false);
        // Music, several frames, nothing.
        check(&[31 << 3, 0xff], false);
        check(&[9 << 3 | 3, 0xff], false);
        check(&[9 << 3], false);
        check(&[], false);
    }

    proptest! {
        #[test]
        fn no_payload_panics(mut payload in proptest::collection::vec(any::<u8>(), 0..40), value in any::<u16>(), tl0 in any::<u8>()) {
            for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
                starts_keyframe(codec, &payload);
                opus_is_redundant(&payload);
                temporal(codec, &payload);
                let read = picture(codec, &payload);
                let other = Picture { id: read.id.map(|id| id.advanced(value)), tl0: read.tl0.map(|_| tl0) };
                write_picture(codec, &mut payload, other);
                prop_assert_eq!(picture(codec, &payload), other);
            }
        }
    }
}
