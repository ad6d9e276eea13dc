//! How large a picture is, where the payload of a keyframe tells it without being decoded.
//!
//! VP8 has it behind its descriptor, VP9 in the scalability structure of its descriptor, H.264 and AV1 in the parameters that come
//! before a keyframe. Only what browsers send is read: a form that they never use is a size that is not known, which is no
//! failure. What a payload claims is believed, for it concerns its own publisher alone.

use quality::{Codec, Picture};

use super::codec::descriptor_end;

/// The size of the picture that begins in this payload.
pub fn picture_size(codec: Codec, payload: &[u8]) -> Option<Picture> {
    match codec {
        Codec::Opus | Codec::Pcmu | Codec::Pcma => None,
        Codec::Vp8 => vp8(payload.get(descriptor_end(codec, payload)?..)?),
        Codec::Vp9 => vp9(payload, descriptor_end(codec, payload)?),
        Codec::H264 => h264(payload),
        Codec::Av1 => av1(payload),
    }
}

/// RFC 6386 §9.1: three bytes of a tag, three of a start code, two numbers of 14 bits.
fn vp8(frame: &[u8]) -> Option<Picture> {
    let [_, _, _, 0x9d, 0x01, 0x2a, width @ .., _, _] = frame.get(..10)? else {
        return None;
    };
    let number = |bytes: &[u8]| Some(u16::from_le_bytes([*bytes.first()?, *bytes.get(1)?]) & 0x3fff);
    Some(Picture {
        width: number(width)?,
        height: number(&frame[8..])?,
    })
}

/// RFC 9628 §4.2.1: the largest layer is the last.
fn vp9(payload: &[u8], end: usize) -> Option<Picture> {
    const HAS_STRUCTURE: u8 = 0x02;
    const HAS_SIZES: u8 = 0x10;
    if payload.first()? & HAS_STRUCTURE == 0 {
        return None;
    }
    let structure = payload.get(end..)?;
    let first = *structure.first()?;
    if first & HAS_SIZES == 0 {
        return None;
    }
    let last = 1 + 4 * usize::from(first >> 5);
    let sizes = structure.get(last..last + 4)?;
    Some(Picture {
        width: u16::from_be_bytes([sizes[0], sizes[1]]),
        height: u16::from_be_bytes([sizes[2], sizes[3]]),
    })
}

/// The sequence parameters are the first unit of the payload, or the first of an aggregate.
fn h264(payload: &[u8]) -> Option<Picture> {
    const SEQUENCE_PARAMETERS: u8 = 7;
    const AGGREGATE: u8 = 24;
    let unit = match payload.first()? & 0x1f {
        AGGREGATE => payload.get(3..)?,
        _ => payload,
    };
    let (SEQUENCE_PARAMETERS, parameters) = (unit.first()? & 0x1f, unit.get(1..)?) else {
        return None;
    };
    sequence_parameters(&mut Bits::without_emulation(parameters))
}

/// ITU-T H.264 §7.3.2.1.1, as far as to the size.
fn sequence_parameters(bits: &mut Bits) -> Option<Picture> {
    let profile = bits.take(8)?;
    bits.take(16)?;
    bits.exponential()?;
    let mut chroma = 1;
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128) {
        chroma = bits.exponential()?;
        if chroma == 3 {
            bits.take(1)?;
        }
        bits.exponential()?;
        bits.exponential()?;
        bits.take(1)?;
        // A matrix for scaling: browsers send none.
        if bits.take(1)? == 1 {
            return None;
        }
    }
    bits.exponential()?;
    match bits.exponential()? {
        0 => bits.exponential()?,
        2 => 0,
        _ => return None,
    };
    bits.exponential()?;
    bits.take(1)?;
    let columns = bits.exponential()?.checked_add(1)?;
    let rows = bits.exponential()?.checked_add(1)?;
    let fields = 2 - bits.take(1)?;
    if fields == 2 {
        bits.take(1)?;
    }
    bits.take(1)?;
    let mut crop = [0; 4];
    if bits.take(1)? == 1 {
        for side in &mut crop {
            *side = bits.exponential()?;
        }
    }
    let [left, right, top, bottom] = crop;
    let (across, down) = match chroma {
        1 => (2, 2 * fields),
        2 => (2, fields),
        _ => (1, fields),
    };
    let size = |blocks: u32, unit: u32, one: u32, other: u32| {
        let cropped = one.checked_add(other)?.checked_mul(unit)?;
        u16::try_from(blocks.checked_mul(16)?.checked_sub(cropped)?).ok()
    };
    Some(Picture {
        width: size(columns, across, left, right)?,
        height: size(rows.checked_mul(fields)?, down, top, bottom)?,
    })
}

/// A sequence header is the first unit of the first packet of a sequence (AV1 over RTP §4.4, AV1 §5.5).
fn av1(payload: &[u8]) -> Option<Picture> {
    const SEQUENCE_HEADER: u8 = 1;
    let (aggregation, mut rest) = payload.split_first()?;
    let is_alone = aggregation >> 4 & 0x03 == 1;
    if !is_alone {
        rest = after_number(rest)?;
    }
    let (header, mut unit) = rest.split_first()?;
    if header >> 3 & 0x0f != SEQUENCE_HEADER {
        return None;
    }
    if header & 0x04 != 0 {
        unit = unit.get(1..)?;
    }
    if header & 0x02 != 0 {
        unit = after_number(unit)?;
    }
    let mut bits = Bits::new(unit.to_vec());
    bits.take(4)?;
    if bits.take(1)? == 1 {
        bits.take(5)?;
    } else {
        // Times and delays of a decoder: browsers send none.
        if bits.take(2)? != 0 {
            return None;
        }
        for _ in 0..=bits.take(5)? {
            bits.take(12)?;
            if bits.take(5)? > 7 {
                bits.take(1)?;
            }
        }
    }
    let (width_bits, height_bits) = (bits.take(4)? + 1, bits.take(4)? + 1);
    Some(Picture {
        width: u16::try_from(bits.take(width_bits)? + 1).ok()?,
        height: u16::try_from(bits.take(height_bits)? + 1).ok()?,
    })
}

/// What follows a number of seven bits a byte.
fn after_number(bytes: &[u8]) -> Option<&[u8]> {
    let last = bytes.iter().take(8).position(|byte| byte & 0x80 == 0)?;
    bytes.get(last + 1..)
}

/// Reads bit by bit, the highest of each byte first.
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn new(bytes: Vec<u8>) -> Bits {
        Bits { bytes, at: 0 }
    }

    /// H.264 §7.4.1: a 3 after two zeros is no part of what is meant.
    fn without_emulation(bytes: &[u8]) -> Bits {
        let is_meant = |at: &usize| !(bytes[*at] == 3 && *at >= 2 && bytes[at - 2..*at] == [0, 0]);
        Bits::new((0..bytes.len()).filter(is_meant).map(|at| bytes[at]).collect())
    }

    /// A number of up to 32 bits.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut number = 0;
        for _ in 0..count {
            let bit = self.bytes.get(self.at / 8)? >> (7 - self.at % 8) & 1;
            number = number << 1 | u32::from(bit);
            self.at += 1;
        }
        Some(number)
    }

    /// H.264 §9.1: as many zeros as there are bits after the 1.
    fn exponential(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
        }
        if zeros > 31 {
            return None;
        }
        Some((1 << zeros) - 1 + self.take(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bits as they are written in standards, of which spaces are no part.
    fn bytes(head: &[u8], bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
        let packed = bits.chunks(8).map(|chunk| {
            let padded = chunk.iter().copied().chain(std::iter::repeat(0)).take(8);
            padded.fold(0, |byte, bit| byte << 1 | bit)
        });
        head.iter().copied().chain(packed).collect()
    }

    #[test]
    fn sizes_stand_where_the_formats_have_them() {
        #[track_caller]
        fn check(codec: Codec, payload: &[u8], expected: Option<(u16, u16)>) {
            let size = picture_size(codec, payload).map(|size| (size.width, size.height));
            assert_eq!(size, expected, "{payload:02x?}");
        }
        let vp8 = [0x10, 0x10, 0, 0, 0x9d, 1, 0x2a, 0x00, 0x05, 0xd0, 0x42];
        check(Codec::Vp8, &vp8, Some((1_280, 720)));
        check(Codec::Vp8, &vp8[..10], None);
        check(Codec::Vp8, &[0x10, 0x11, 0, 0], None);
        let two_layers = [0x8a, 0x05, 0x30, 0x01, 0x40, 0, 0xb4, 0x02, 0x80, 0x01, 0x68];
        check(Codec::Vp9, &two_layers, Some((640, 360)));
        check(Codec::Vp9, &[0x88, 0x05, 0x30], None);

        // 1,920 by 1,088 less eight rows.
        let baseline = "1 1 011 010 0 0000001111000 0000001000100 1 1 1 1 1 1 00101";
        let baseline = bytes(&[0x67, 66, 0xc0, 31], baseline);
        check(Codec::H264, &baseline, Some((1_920, 1_080)));
        let high = "1 010 1 1 0 0 1 011 010 0 00000101000 00000101101 1 1 0";
        check(Codec::H264, &bytes(&[0x67, 100, 0, 31], high), Some((640, 720)));
        let aggregate: Vec<u8> = [0x78, 0, 20].into_iter().chain(baseline).collect();
        check(Codec::H264, &aggregate, Some((1_920, 1_080)));
        check(Codec::H264, &[0x65, 1, 2], None);

        let header = "000 0 0 0 0 00000 000000000000 00101 1010 1001 10011111111 0101100111";
        check(Codec::Av1, &bytes(&[0x18, 0x08], header), Some((1_280, 360)));
        check(Codec::Av1, &bytes(&[0x28, 10, 0x0a, 8], header), Some((1_280, 360)));
        check(Codec::Av1, &[0x18, 0x30], None);
        check(Codec::Opus, &[1, 2, 3], None);
    }

    proptest! {
        #[test]
        fn no_payload_panics(payload in proptest::collection::vec(any::<u8>(), 0..60), parameters in any::<bool>()) {
            for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
                picture_size(codec, &payload);
            }
            let head = if parameters { [0x67, 100] } else { [0x18, 0x08] };
            let codec = if parameters { Codec::H264 } else { Codec::Av1 };
            picture_size(codec, &[&head[..], &payload].concat());
        }
    }
}
