//! VP8 over RTP (RFC 7741): a descriptor before each part of a picture, which is not of the picture.

use super::Picture;

pub(super) fn assemble(payloads: &[&[u8]]) -> Option<Picture> {
    let mut bytes = Vec::with_capacity(payloads.iter().map(|payload| payload.len()).sum());
    for (number, payload) in payloads.iter().enumerate() {
        let descriptor_bytes = descriptor_bytes(payload)?;
        // The first part begins partition 0.
        if number == 0 && payload.first()? & 0x17 != 0x10 {
            return None;
        }
        bytes.extend_from_slice(payload.get(descriptor_bytes..)?);
    }
    let is_key = bytes.first()? & 0x01 == 0;
    Some(Picture {
        size: if is_key { Some(size(&bytes)?) } else { None },
        bytes,
        private: None,
        is_key,
    })
}

/// §4.2: one byte, and what its bits say follows.
fn descriptor_bytes(payload: &[u8]) -> Option<usize> {
    if payload.first()? & 0x80 == 0 {
        return Some(1);
    }
    let extension = *payload.get(1)?;
    let id_bytes = match extension & 0x80 != 0 {
        true if payload.get(2)? & 0x80 != 0 => 2,
        true => 1,
        false => 0,
    };
    let level = usize::from(extension & 0x40 != 0);
    let layer = usize::from(extension & 0x30 != 0);
    Some(2 + id_bytes + level + layer)
}

/// RFC 6386 §9.1: three bytes of a tag, three of a start code, two numbers of 14 bits.
fn size(picture: &[u8]) -> Option<(u16, u16)> {
    let [_, _, _, 0x9d, 0x01, 0x2a, numbers @ ..] = picture.get(..10)? else {
        return None;
    };
    let number = |at: usize| u16::from_le_bytes([numbers[at], numbers[at + 1]]) & 0x3fff;
    Some((number(0), number(2)))
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    const KEY: [u8; 11] = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01, 7];

    #[test]
    fn parts_are_joined_without_their_descriptors() {
        let check = |payloads: &[&[u8]], expected| check(assemble, payloads, expected);
        let with = |descriptor: &[u8], part: &[u8]| [descriptor, part].concat();
        check(&[&with(&[0x10], &KEY)], Some((&KEY, true)));
        // As Chromium sends it: a picture id of two bytes, a level index, a layer.
        let wide = [0x90, 0xf0, 0x92, 0x34, 7, 0x20];
        let more = [0x80, 0xf0, 0x92, 0x34, 7, 0x20];
        check(&[&with(&wide, &KEY[..4]), &with(&more, &KEY[4..])], Some((&KEY, true)));
        check(&[&with(&[0x90, 0x80, 0x12], &[0x01, 9])], Some((&[0x01, 9], false)));
        check(&[&with(&[0x00], &KEY)], None); // its first part is missing
        check(&[&with(&[0x10], &KEY[..5])], None); // a keyframe without its head
        check(&[&[0x90, 0x80]], None);
        check(&[&[]], None);
        check(&[], None);
        assert_eq!(
            assemble(&[&with(&[0x10], &KEY)]).and_then(|picture| picture.size),
            Some((640, 480))
        );
    }
}
