//! EBML (RFC 8794), as far as a recording is written and read again: elements with an id, a size and a body.
//!
//! Ids are written as they are printed in the specification, with their length marker in them. A size that is not known yet is all ones, in
//! eight bytes, so that the right one has its place when it is.

/// The size of an element that goes on until one comes that cannot be in it.
pub(crate) const UNKNOWN_SIZE: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// An element's id.
fn id(id: u32) -> impl Iterator<Item = u8> {
    id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0)
}

/// A size in eight bytes, for a place that was kept for it.
pub(crate) fn wide_size(size: u64) -> [u8; 8] {
    let mut bytes = size.to_be_bytes();
    bytes[0] = 0x01;
    bytes
}

/// A size in as many bytes as it takes.
fn size(size: usize) -> Vec<u8> {
    let size = size as u64;
    match size {
        0..0x7f => vec![0x80 | size.to_be_bytes()[7]],
        0x7f..0x3fff => vec![0x40 | size.to_be_bytes()[6], size.to_be_bytes()[7]],
        _ => wide_size(size).to_vec(),
    }
}

/// Adds an element.
pub(crate) fn put(out: &mut Vec<u8>, element: u32, body: &[&[u8]]) {
    out.extend(id(element));
    out.extend(size(body.iter().map(|part| part.len()).sum()));
    for part in body {
        out.extend_from_slice(part);
    }
}

/// Adds the beginning of an element whose end is not known.
pub(crate) fn put_open(out: &mut Vec<u8>, element: u32) {
    out.extend(id(element));
    out.extend(UNKNOWN_SIZE);
}

/// An element.
pub(crate) fn element(element: u32, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 12);
    put(&mut out, element, &[body]);
    out
}

/// An element with others in it.
pub(crate) fn master(id: u32, children: &[Vec<u8>]) -> Vec<u8> {
    element(id, &children.concat())
}

/// An element with a number, in eight bytes: so it has the same size whatever it says.
pub(crate) fn number(id: u32, number: u64) -> Vec<u8> {
    element(id, &number.to_be_bytes())
}

/// The same with a fraction.
pub(crate) fn float(id: u32, number: f64) -> Vec<u8> {
    element(id, &number.to_be_bytes())
}

/// The beginning of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) id: u32,
    /// Of the body; `None` if it is not known.
    pub(crate) size: Option<u64>,
    /// Of this beginning.
    pub(crate) bytes: usize,
}

/// The most bytes that a beginning has.
pub(crate) const HEAD_BYTES: usize = 12;

/// Reads the beginning of an element; `None` if there is none, or not all of it.
pub(crate) fn head(bytes: &[u8]) -> Option<Head> {
    let id_bytes = bytes.first()?.leading_zeros() as usize + 1;
    if id_bytes > 4 {
        return None;
    }
    let id = bytes
        .get(..id_bytes)?
        .iter()
        .fold(0, |id, byte| id << 8 | u32::from(*byte));
    let rest = &bytes[id_bytes..];
    let size_bytes = rest.first()?.leading_zeros() as usize + 1;
    if size_bytes > 8 {
        return None;
    }
    let mask = (1_u64 << (7 * size_bytes)) - 1;
    let size = rest
        .get(..size_bytes)?
        .iter()
        .fold(0, |size, byte| size << 8 | u64::from(*byte))
        & mask;
    Some(Head {
        id,
        size: (size != mask).then_some(size),
        bytes: id_bytes + size_bytes,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn elements_are_as_the_specification_has_them() {
        let check = |made: &[u8], expected: &[u8]| assert_eq!(made, expected);
        check(&element(0x4286, &[1]), &[0x42, 0x86, 0x81, 1]);
        check(&number(0xe7, 5), &[0xe7, 0x88, 0, 0, 0, 0, 0, 0, 0, 5]);
        check(&master(0xae, &[element(0x83, &[2])]), &[0xae, 0x83, 0x83, 0x81, 2]);
        check(&element(0xec, &[0; 127])[..3], &[0xec, 0x40, 127]);
        check(&wide_size(300), &[1, 0, 0, 0, 0, 0, 1, 44]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(id in prop::sample::select(vec![0xa3_u32, 0x4286, 0x2a_d7b1, 0x1a45_dfa3]), body in 0_usize..40_000) {
            let written = element(id, &vec![0; body]);
            let read = head(&written).unwrap();
            prop_assert_eq!((read.id, read.size), (id, Some(body as u64)));
            prop_assert_eq!(read.bytes + body, written.len());
            prop_assert!(read.bytes <= HEAD_BYTES);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..16)) {
            head(&bytes);
        }
    }
}
