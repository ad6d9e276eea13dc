//! VP9 over RTP (RFC 9628): a descriptor before each part, and several pictures of one moment if there are spatial layers.
//!
//! A container has one block for a moment. Pictures of several layers become a superframe, as the codec's own encoder would have made it
//! (VP9 bitstream specification, annex B): all of them, and an index of their sizes.

use super::{Bits, Picture};
use crate::limits;

pub(super) fn assemble(payloads: &[&[u8]]) -> Option<Picture> {
    let mut layers: Vec<Vec<u8>> = vec![];
    let mut is_complete = true;
    let mut is_key = true;
    for payload in payloads {
        let Descriptor {
            head_bytes,
            begins,
            ends,
            predicted,
        } = Descriptor::read(payload)?;
        if begins != is_complete {
            return None;
        }
        if begins {
            // The layers above the first are predicted from it: what counts is the lowest.
            is_key = if layers.is_empty() { !predicted } else { is_key };
            layers.push(vec![]);
        }
        layers.last_mut()?.extend_from_slice(payload.get(head_bytes..)?);
        is_complete = ends;
    }
    // A layer that was left out adds nothing to what the others show.
    layers.retain(|layer| !layer.is_empty());
    if !is_complete || layers.is_empty() {
        return None;
    }
    let size = if is_key {
        size(layers.last()?).or_else(|| size(&layers[0]))
    } else {
        None
    };
    Some(Picture {
        bytes: superframe(layers)?,
        private: None,
        size,
        is_key,
    })
}

struct Descriptor {
    head_bytes: usize,
    begins: bool,
    ends: bool,
    predicted: bool,
}

impl Descriptor {
    /// §4.2.
    fn read(payload: &[u8]) -> Option<Descriptor> {
        let first = *payload.first()?;
        let has = |bit: u8| first & bit != 0;
        let mut at = 1;
        if has(0x80) {
            at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
        }
        let is_flexible = has(0x10);
        if has(0x20) {
            // In the mode that is not flexible, a level index follows the layers.
            at += if is_flexible { 1 } else { 2 };
        }
        if is_flexible && has(0x40) {
            // Up to three references, each of which says whether another one follows.
            for _ in 0..3 {
                let reference = *payload.get(at)?;
                at += 1;
                if reference & 0x01 == 0 {
                    break;
                }
            }
        }
        if has(0x02) {
            at += structure_bytes(payload.get(at..)?)?;
        }
        Some(Descriptor {
            head_bytes: at,
            begins: has(0x08),
            ends: has(0x04),
            predicted: has(0x40),
        })
    }
}

/// §4.2.1: the sizes of the layers, and which pictures a group has.
fn structure_bytes(structure: &[u8]) -> Option<usize> {
    let first = *structure.first()?;
    let layers = usize::from(first >> 5) + 1;
    let mut at = 1;
    if first & 0x10 != 0 {
        at += 4 * layers;
    }
    if first & 0x08 != 0 {
        let pictures = *structure.get(at)?;
        at += 1;
        for _ in 0..pictures {
            let references = usize::from(*structure.get(at)? >> 2 & 0x03);
            at += 1 + references;
        }
    }
    Some(at)
}

/// One picture as it is, several with their index.
fn superframe(mut layers: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    const SIZE_BYTES: u8 = 4;
    if layers.len() == 1 {
        return layers.pop();
    }
    if layers.len() > limits::LAYERS_MAX {
        return None;
    }
    let marker = 0xc0 | (SIZE_BYTES - 1) << 3 | u8::try_from(layers.len() - 1).ok()?;
    let mut bytes = layers.concat();
    bytes.push(marker);
    for layer in &layers {
        bytes.extend(u32::try_from(layer.len()).ok()?.to_le_bytes());
    }
    bytes.push(marker);
    Some(bytes)
}

/// The head of a picture that needs no other one (VP9 bitstream specification §6.2), of the profiles that browsers send.
fn size(picture: &[u8]) -> Option<(u16, u16)> {
    const SYNC: u32 = 0x49_8342;
    const SRGB: u32 = 7;
    let mut bits = Bits::new(picture);
    if bits.number(2)? != 2 {
        return None;
    }
    let (low, high) = (bits.number(1)?, bits.number(1)?);
    let profile = high << 1 | low;
    if profile == 3 {
        bits.bit()?;
    }
    let (shows_existing, is_inter) = (bits.bit()?, bits.bit()?);
    bits.number(2)?;
    if shows_existing || is_inter || bits.number(24)? != SYNC {
        return None;
    }
    if profile >= 2 {
        bits.bit()?;
    }
    let color = bits.number(3)?;
    if color == SRGB {
        bits.number(u32::from(profile & 1 == 1))?;
    } else {
        bits.bit()?;
    }
    if color != SRGB && profile & 1 == 1 {
        bits.number(3)?;
    }
    let mut side = || u16::try_from(bits.number(16)? + 1).ok();
    Some((side()?, side()?))
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    /// 640 by 480, profile 0.
    const KEY: [u8; 10] = [0x82, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x1d, 0xf0, 0x00];

    #[test]
    fn parts_are_joined_and_layers_indexed() {
        let check = |payloads: &[&[u8]], expected| check(assemble, payloads, expected);
        let with = |descriptor: &[u8], part: &[u8]| [descriptor, part].concat();
        check(&[&with(&[0x0c], &KEY)], Some((&KEY, true)));
        check(
            &[&with(&[0x88, 5], &KEY[..3]), &with(&[0x84, 5], &KEY[3..])],
            Some((&KEY, true)),
        );
        check(&[&[0x4c, 0x86, 1]], Some((&[0x86, 1], false)));
        // Flexible: a picture id of two bytes, two references.
        check(&[&[0xdc, 0x81, 0x02, 0x03, 0x04, 0x86, 1]], Some((&[0x86, 1], false)));
        // As Chromium begins: layers, a level index, a structure with one size and one picture without references.
        let begins = [0xae, 0x81, 0x02, 0x00, 9, 0x18, 0x02, 0x80, 0x01, 0xe0, 0x01, 0x00];
        check(&[&with(&begins, &KEY)], Some((&KEY, true)));
        // Two layers.
        check(
            &[&[0x2c, 0x00, 9, 1, 2], &[0x6c, 0x02, 9, 3]],
            Some((&[1, 2, 3, 0xd9, 2, 0, 0, 0, 1, 0, 0, 0, 0xd9], true)),
        );
        // One of them has nothing in it.
        check(&[&[0x2c, 0x00, 9, 1, 2], &[0x6c, 0x02, 9]], Some((&[1, 2], true)));
        check(&[&[0x0c]], None);
        check(&[&with(&[0x04], &KEY)], None); // its beginning is missing
        check(&[&with(&[0x08], &KEY)], None); // its end is missing
        check(&[&with(&[0x08], &KEY), &with(&[0x08], &KEY)], None);
        check(&[&[0xdc, 0x81]], None);
        check(&[], None);
        assert_eq!(
            assemble(&[&with(&[0x0c], &KEY)]).and_then(|picture| picture.size),
            Some((640, 480))
        );
    }
}
