//! AV1 over RTP (the Alliance's "RTP Payload Format For AV1"): elements that are units (OBUs) or pieces of one.
//!
//! On the way units have no sizes; Matroska wants them with sizes, in the low-overhead format, and without temporal delimiters. What a
//! decoder must know first is the sequence header, in an `av1C` ("AV1 in ISOBMFF" §2.3).

use super::{Bits, Picture};

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;

const HAS_EXTENSION: u8 = 0x04;
const HAS_SIZE: u8 = 0x02;

pub(super) fn assemble(payloads: &[&[u8]]) -> Option<Picture> {
    let units = units(payloads)?;
    let mut bytes = vec![];
    let mut private = None;
    let begins_sequence = payloads.first()?.first()? & 0x08 != 0;
    for unit in &units {
        let head = *unit.first()?;
        let kind = head >> 3 & 0x0f;
        if matches!(kind, TEMPORAL_DELIMITER | TILE_LIST) {
            continue;
        }
        let sized = with_size(unit)?;
        if kind == SEQUENCE_HEADER {
            private = decoder_configuration(&sized.body, &sized.bytes);
        }
        bytes.extend(sized.bytes);
    }
    (!bytes.is_empty()).then(|| Picture {
        bytes,
        // The media plane has read the size from the same header.
        size: None,
        is_key: begins_sequence && private.is_some(),
        private,
    })
}

/// The elements of all payloads, put together where one goes on in the next payload.
fn units(payloads: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
    let mut units: Vec<Vec<u8>> = vec![];
    let mut is_open = false;
    for payload in payloads {
        let (aggregation, mut rest) = payload.split_first()?;
        let (continues, goes_on) = (aggregation & 0x80 != 0, aggregation & 0x40 != 0);
        let count = usize::from(aggregation >> 4 & 0x03);
        if continues != is_open {
            return None;
        }
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            // With a count, the last element has no length.
            let element = if number == count {
                std::mem::take(&mut rest)
            } else {
                let (length, after) = leb128(rest)?;
                let (element, after) = after.split_at_checked(length)?;
                rest = after;
                element
            };
            if number == 1 && continues {
                units.last_mut()?.extend_from_slice(element);
            } else {
                units.push(element.to_vec());
            }
        }
        if number == 0 || count != 0 && number != count {
            return None;
        }
        is_open = goes_on;
    }
    (!is_open).then_some(units)
}

/// A number in groups of seven bits, lowest first.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0_usize;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        number |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[index + 1..]));
        }
    }
    None
}

fn put_leb128(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(0x80 | number.to_le_bytes()[0]);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

struct Sized {
    bytes: Vec<u8>,
    body: Vec<u8>,
}

/// A unit with its size in it.
fn with_size(unit: &[u8]) -> Option<Sized> {
    let head = *unit.first()?;
    let head_bytes = if head & HAS_EXTENSION != 0 { 2 } else { 1 };
    let (heads, mut body) = unit.split_at_checked(head_bytes)?;
    if head & HAS_SIZE != 0 {
        let (length, rest) = leb128(body)?;
        body = rest.get(..length)?;
    }
    let mut bytes = Vec::with_capacity(unit.len() + 5);
    bytes.push(head | HAS_SIZE);
    bytes.extend_from_slice(&heads[1..]);
    put_leb128(&mut bytes, body.len());
    bytes.extend_from_slice(body);
    Some(Sized {
        bytes,
        body: body.to_vec(),
    })
}

/// `av1C` of a sequence header. Profile 0, the only one that browsers send, has 8 bits in 4:2:0 unless it says otherwise behind much that
/// need not be read here; a decoder reads it from the header itself.
fn decoder_configuration(header: &[u8], unit: &[u8]) -> Option<Vec<u8>> {
    const SUBSAMPLED: u8 = 0x0c;
    // No level in particular.
    const ANY_LEVEL: (u32, bool) = (31, false);
    let mut bits = Bits::new(header);
    let profile = bits.number(3)?;
    let (level, is_high_tier) = level(&mut bits).unwrap_or(ANY_LEVEL);
    let profile_and_level = u8::try_from(profile << 5 | level).ok()?;
    let mut bytes = vec![0x81, profile_and_level, u8::from(is_high_tier) << 7 | SUBSAMPLED, 0];
    bytes.extend_from_slice(unit);
    Some(bytes)
}

/// The level and the tier of the first operating point, in the form that browsers send: without timing.
fn level(bits: &mut Bits<'_>) -> Option<(u32, bool)> {
    let (_is_still, is_reduced) = (bits.bit()?, bits.bit()?);
    if is_reduced {
        return Some((bits.number(5)?, false));
    }
    let has_timing = bits.bit()?;
    if has_timing {
        return None;
    }
    let _has_delay = bits.bit()?;
    let _points_but_one = bits.number(5)?;
    let _layers = bits.number(12)?;
    let level = bits.number(5)?;
    Some((level, level > 7 && bits.bit()?))
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    /// Profile 0, level 8.
    const SEQUENCE: [u8; 5] = [0x08, 0x00, 0x00, 0x00, 0x40];

    #[test]
    fn units_get_their_sizes() {
        let check = |payloads: &[&[u8]], expected| check(assemble, payloads, expected);
        // One frame, the count says.
        check(&[&[0x10, 0x30, 1, 2]], Some((&[0x32, 2, 1, 2], false)));
        // A delimiter, a sequence header and a frame; the last has no length.
        check(
            &[&[0x38, 1, 0x10, 5, 0x08, 0, 0, 0, 0x40, 0x30, 7]],
            Some((&[0x0a, 4, 0, 0, 0, 0x40, 0x32, 1, 7], true)),
        );
        // Lengths before all.
        check(
            &[&[0x00, 2, 0x30, 7, 2, 0x30, 8]],
            Some((&[0x32, 1, 7, 0x32, 1, 8], false)),
        );
        // A frame in two packets.
        check(&[&[0x50, 0x30, 1], &[0x90, 2]], Some((&[0x32, 2, 1, 2], false)));
        // One that has its size, and an extension.
        check(&[&[0x10, 0x36, 0x08, 1, 9]], Some((&[0x36, 0x08, 1, 9], false)));
        check(&[&[0x90, 2]], None); // its beginning is missing
        check(&[&[0x50, 0x30, 1]], None); // its end is missing
        check(&[&[0x20, 9, 0x30]], None); // longer than it is
        check(&[&[0x10]], None);
        check(&[&[0x00, 0x80, 0x80, 0x80, 0x80, 0x80]], None);
        check(&[], None);
    }

    #[test]
    fn what_a_decoder_needs_first_is_told_apart() {
        let payload = [&[0x18][..], &SEQUENCE].concat();
        let picture = assemble(&[&payload]).unwrap();
        let expected = vec![0x81, 8, 0x0c, 0, 0x0a, 4, 0, 0, 0, 0x40];
        assert_eq!(picture.private, Some(expected));
    }
}
