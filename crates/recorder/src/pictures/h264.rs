//! H.264 over RTP (RFC 6184): units alone, several in one packet (STAP-A), or one in several (FU-A).
//!
//! Matroska wants each unit with its length before it, and what a decoder must know first, the parameter sets, apart (`avcC`, ISO/IEC
//! 14496-15 §5.3.3). They are left in the picture as well, where no decoder minds them.

use super::Picture;

const IDR: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;
const AGGREGATE: u8 = 24;
const FRAGMENT: u8 = 28;

pub(super) fn assemble(payloads: &[&[u8]]) -> Option<Picture> {
    let units = units(payloads)?;
    let kind = |unit: &Vec<u8>| unit.first().map_or(0, |head| head & 0x1f);
    let find = |wanted: u8| units.iter().find(|unit| kind(unit) == wanted);
    let private = find(SEQUENCE_PARAMETERS)
        .zip(find(PICTURE_PARAMETERS))
        .and_then(|(sequence, picture)| decoder_configuration(sequence, picture));
    let is_key = units.iter().any(|unit| kind(unit) == IDR);
    let mut bytes = Vec::with_capacity(units.iter().map(|unit| unit.len() + 4).sum());
    for unit in &units {
        bytes.extend(u32::try_from(unit.len()).ok()?.to_be_bytes());
        bytes.extend_from_slice(unit);
    }
    (!bytes.is_empty()).then_some(Picture {
        bytes,
        private,
        // The media plane has read it from the same parameters.
        size: None,
        is_key,
    })
}

fn units(payloads: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
    let mut units: Vec<Vec<u8>> = vec![];
    let mut is_open = false;
    for payload in payloads {
        let (head, rest) = payload.split_first()?;
        let kind = head & 0x1f;
        if is_open && kind != FRAGMENT {
            return None;
        }
        match kind {
            AGGREGATE => {
                let mut rest = rest;
                while let [high, low, more @ ..] = rest {
                    let (unit, after) = more.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
                    // No decoder takes a unit without a head.
                    if !unit.is_empty() {
                        units.push(unit.to_vec());
                    }
                    rest = after;
                }
            }
            FRAGMENT => {
                let (fragment, rest) = rest.split_first()?;
                let (begins, ends) = (fragment & 0x80 != 0, fragment & 0x40 != 0);
                if begins == is_open {
                    return None;
                }
                if begins {
                    units.push(vec![head & 0xe0 | fragment & 0x1f]);
                }
                units.last_mut()?.extend_from_slice(rest);
                is_open = !ends;
            }
            1..AGGREGATE => units.push(payload.to_vec()),
            _ => return None,
        }
    }
    (!is_open).then_some(units)
}

/// `avcC` with one set of each, and lengths of four bytes.
fn decoder_configuration(sequence: &[u8], picture: &[u8]) -> Option<Vec<u8>> {
    let [_, profile, compatibility, level, ..] = *sequence else {
        return None;
    };
    let mut bytes = vec![1, profile, compatibility, level, 0xff, 0xe1];
    bytes.extend(u16::try_from(sequence.len()).ok()?.to_be_bytes());
    bytes.extend_from_slice(sequence);
    bytes.push(1);
    bytes.extend(u16::try_from(picture.len()).ok()?.to_be_bytes());
    bytes.extend_from_slice(picture);
    // The high profiles say once more how samples are (§5.3.3.1.2): 4:2:0 of 8 bits, the only thing that browsers send.
    if matches!(profile, 100 | 110 | 122 | 144) {
        bytes.extend([0xfd, 0xf8, 0xf8, 0]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    const SPS: [u8; 5] = [0x67, 0x42, 0xe0, 0x1f, 0xaa];
    const PPS: [u8; 2] = [0x68, 0xce];

    #[test]
    fn units_are_taken_out_of_their_packets() {
        let check = |payloads: &[&[u8]], expected| check(assemble, payloads, expected);
        check(&[&[0x41, 9]], Some((&[0, 0, 0, 2, 0x41, 9], false)));
        // Parameters together, then a picture in three parts.
        let together = [&[0x78, 0, 5][..], &SPS, &[0, 2], &PPS].concat();
        let parts: [&[u8]; 3] = [&[0x7c, 0x85, 1], &[0x7c, 0x05, 2], &[0x7c, 0x45, 3]];
        let expected = [
            &[0, 0, 0, 5][..],
            &SPS,
            &[0, 0, 0, 2],
            &PPS,
            &[0, 0, 0, 4, 0x65, 1, 2, 3],
        ]
        .concat();
        check(&[&together, parts[0], parts[1], parts[2]], Some((&expected, true)));
        check(&[parts[1], parts[2]], None); // its beginning is missing
        check(&[parts[0], parts[1]], None); // its end is missing
        check(&[parts[0], &[0x41, 9]], None);
        check(&[&[0x78, 0, 9, 1]], None); // longer than it is
        check(&[&[0x78, 0, 0, 0, 2, 0x41, 9]], Some((&[0, 0, 0, 2, 0x41, 9], false)));
        check(&[&[0x78, 0, 0]], None);
        check(&[&[0x7c]], None);
        check(&[&[]], None);
        check(&[], None);
    }

    #[test]
    fn parameters_are_told_apart() {
        let picture = assemble(&[&SPS, &PPS, &[0x65, 1]]).unwrap();
        let expected = [&[1, 0x42, 0xe0, 0x1f, 0xff, 0xe1, 0, 5][..], &SPS, &[1, 0, 2], &PPS].concat();
        assert_eq!(picture.private, Some(expected));
        assert_eq!(assemble(&[&[0x65, 1]]).unwrap().private, None);
    }
}
