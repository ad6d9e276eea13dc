//! Messages of a relay in a connection (RFC 8656 §12.5): one behind the other, each with its length in its own header.
//!
//! A message begins with two zero bits, data of a channel with 01, and both say how long they are; what is neither, or
//! longer than anybody means, ends the connection. Data of a channel is padded to four bytes, which its length does not count.

use crate::limits;
use crate::message::{HEADER_BYTES, MAGIC};

/// What begins as no message does, or is longer than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what came is no message of a relay, or longer than one may be")]
pub struct TooLong;

/// Whether a connection that begins so carries messages of a relay, and not datagrams with their lengths before them (RFC 4571): those
/// have the length of a request where a message has its mark, and that is a multiple of four. `None`: the next byte may tell.
pub fn is_begun(bytes: &[u8]) -> Option<bool> {
    let mark = bytes.get(4..8.min(bytes.len())).unwrap_or_default();
    if !MAGIC.starts_with(mark) {
        return Some(false);
    }
    (mark.len() == MAGIC.len()).then_some(true)
}

/// What has come of a message so far.
#[derive(Debug, Default)]
pub struct Framing {
    partial: Vec<u8>,
}

impl Framing {
    /// Takes the next bytes, and hands on each message that is whole. After an error the connection makes no sense any more.
    pub fn take(&mut self, bytes: &[u8], mut whole: impl FnMut(&[u8])) -> Result<(), TooLong> {
        let joined;
        let mut rest = if self.partial.is_empty() {
            bytes
        } else {
            joined = [&std::mem::take(&mut self.partial), bytes].concat();
            &joined[..]
        };
        while let Some((length, padded)) = end(rest)?.filter(|(_, padded)| *padded <= rest.len()) {
            whole(&rest[..length]);
            rest = &rest[padded..];
        }
        // Most connections rest between messages, and keep nothing then.
        self.partial = rest.to_vec();
        Ok(())
    }
}

/// Where the message at the beginning of these bytes ends, without and with its padding, if its length is there.
fn end(bytes: &[u8]) -> Result<Option<(usize, usize)>, TooLong> {
    let Some(&[first, _, length_high, length_low]) = bytes.first_chunk::<4>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([length_high, length_low]));
    let (length, padded) = match first >> 6 {
        0 => (HEADER_BYTES + length, HEADER_BYTES + length),
        1 => (4 + length, 4 + length.next_multiple_of(4)),
        _ => return Err(TooLong),
    };
    if length > limits::MESSAGE_BYTES {
        return Err(TooLong);
    }
    Ok(Some((length, padded)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATA: &[u8] = &[0x40, 0, 0, 2, 7, 8];
    const PADDED: &[u8] = &[0x40, 0, 0, 2, 7, 8, 0, 0];

    fn message(length: u8) -> Vec<u8> {
        let mut message = vec![0, 1, 0, length, 0x21, 0x12, 0xa4, 0x42];
        message.resize(HEADER_BYTES + usize::from(length), 9);
        message
    }

    #[test]
    fn messages_come_as_they_were_sent() {
        let check = |pieces: &[&[u8]], expected: Result<&[&[u8]], TooLong>| {
            let (mut framing, mut whole) = (Framing::default(), vec![]);
            let taken = pieces
                .iter()
                .try_for_each(|piece| framing.take(piece, |message| whole.push(message.to_vec())));
            assert_eq!(
                taken.map(|()| whole),
                expected.map(|whole| whole.iter().map(|message| message.to_vec()).collect())
            );
        };
        let (short, long) = (message(0), message(8));
        check(&[&short], Ok(&[&short]));
        check(&[&long, &short], Ok(&[&long, &short]));
        check(&[&short[..3], &short[3..]], Ok(&[&short]));
        check(&[PADDED, &long], Ok(&[DATA, &long]));
        check(&[DATA, &[0, 0]], Ok(&[DATA]));
        check(&[DATA], Ok(&[]));
        check(&[&[0x80, 0, 0, 0]], Err(TooLong));
        check(&[&[0x40, 0, 0xff, 0xff]], Err(TooLong));
        check(&[&[0, 1, 0xff, 0xfc]], Err(TooLong));
        check(&[b"GET / HTTP/1.1"], Err(TooLong));
    }

    #[test]
    fn a_connection_is_known_by_its_beginning() {
        let request = message(0);
        let check = |bytes: &[u8], expected| assert_eq!(is_begun(bytes), expected, "{bytes:?}");
        check(&request, Some(true));
        check(&request[..8], Some(true));
        check(&request[..7], None);
        check(&[], None);
        check(&[&[0, 20], &request[..]].concat(), Some(false));
        check(&[0, 3, 22, 254, 253], Some(false));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter_and_little_is_kept(bytes in prop::collection::vec(any::<u8>(), 0..600), cut in 0..600_usize) {
            let cut = cut.min(bytes.len());
            let (mut once, mut twice) = (vec![], vec![]);
            let at_once = Framing::default().take(&bytes, |message| once.push(message.to_vec()));
            let mut framing = Framing::default();
            let taken = framing.take(&bytes[..cut], |message| twice.push(message.to_vec()));
            let taken = taken.and_then(|()| framing.take(&bytes[cut..], |message| twice.push(message.to_vec())));
            prop_assert_eq!((at_once, once), (taken, twice));
            prop_assert!(framing.partial.len() < limits::MESSAGE_BYTES + 4);
        }
    }
}
