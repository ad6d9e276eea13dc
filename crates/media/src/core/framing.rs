//! Datagrams in a connection: each with its length before it, in two bytes (RFC 4571 §2).
//!
//! A connection brings them in pieces of any size. What is whole is handed on from where it was read; only a datagram that came in
//! part is kept, so a connection that rests costs no buffer. Nobody honest sends longer ones than fit an Ethernet frame, and
//! what comes after a length that is a lie cannot be read: that is the connection's end.

use crate::limits;

/// The bytes of a length.
const LENGTH_BYTES: usize = 2;

/// A length that nobody means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a datagram of {0} bytes was announced")]
pub struct TooLong(usize);

/// What has come of a datagram so far.
#[derive(Debug, Default)]
pub struct Framing {
    partial: Vec<u8>,
}

impl Framing {
    /// Takes the next bytes, and hands on each datagram that is whole. After an error the connection makes no sense any more.
    pub fn take(&mut self, mut bytes: &[u8], mut whole: impl FnMut(&[u8])) -> Result<(), TooLong> {
        while !self.partial.is_empty() && !bytes.is_empty() {
            let wanted = end(&self.partial)?.unwrap_or(LENGTH_BYTES);
            let (more, rest) = bytes.split_at(bytes.len().min(wanted - self.partial.len()));
            self.partial.extend_from_slice(more);
            bytes = rest;
            if end(&self.partial)? == Some(self.partial.len()) {
                whole(&self.partial[LENGTH_BYTES..]);
                // Most connections rest between datagrams, and a buffer for each would be kept for nothing.
                self.partial = Vec::new();
            }
        }
        while let Some(end) = end(bytes)?.filter(|end| *end <= bytes.len()) {
            whole(&bytes[LENGTH_BYTES..end]);
            bytes = &bytes[end..];
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }
}

/// Writes a datagram with its length before it. One that is too long for anybody is not sent.
pub(crate) fn frame(datagram: &[u8], into: &mut Vec<u8>) {
    let Ok(length) = u16::try_from(datagram.len()) else {
        return;
    };
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(datagram);
}

/// Where the datagram at the beginning of these bytes ends, if its length is there.
fn end(bytes: &[u8]) -> Result<Option<usize>, TooLong> {
    let Some(length) = bytes.first_chunk::<LENGTH_BYTES>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes(*length));
    if length > limits::DATAGRAM_BYTES {
        return Err(TooLong(length));
    }
    Ok(Some(LENGTH_BYTES + length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes of these pieces.
    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Vec<u8>>, TooLong> {
        let mut framing = Framing::default();
        let mut datagrams = vec![];
        for piece in pieces {
            framing.take(piece, |datagram| datagrams.push(datagram.to_vec()))?;
        }
        Ok(datagrams)
    }

    #[test]
    fn datagrams_come_as_they_were_sent() {
        let check = |pieces: &[&[u8]], expected: Result<&[&[u8]], TooLong>| {
            let datagrams = read(pieces.iter().copied());
            let expected = expected.map(|datagrams| datagrams.iter().map(|datagram| datagram.to_vec()).collect());
            assert_eq!(datagrams, expected, "{pieces:?}");
        };
        check(&[&[0, 2, 7, 8]], Ok(&[&[7, 8]]));
        check(&[&[0, 1, 7, 0, 1, 8]], Ok(&[&[7], &[8]]));
        check(&[&[0], &[2, 7], &[8, 0]], Ok(&[&[7, 8]]));
        check(&[&[0, 0], &[0, 1, 9]], Ok(&[&[], &[9]]));
        check(&[&[0], &[0], &[0], &[1], &[9]], Ok(&[&[], &[9]]));
        check(&[], Ok(&[]));
        check(&[&[8, 1, 0]], Err(TooLong(2_049)));
        check(&[&[0, 1, 9, 8], &[1]], Err(TooLong(2_049)));
        check(&[b"GET / HTTP/1.1"], Err(TooLong(0x4745)));
    }

    proptest! {
        /// However a connection cuts them, what was sent is what comes.
        #[test]
        fn pieces_do_not_matter(
            sent in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..12),
            piece in 1..60_usize,
        ) {
            let mut bytes = vec![];
            for datagram in &sent {
                frame(datagram, &mut bytes);
            }
            prop_assert_eq!(read(bytes.chunks(piece)), Ok(sent));
        }

        #[test]
        fn nothing_panics_and_little_is_kept(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3_000), 0..5)) {
            let mut framing = Framing::default();
            for piece in &pieces {
                if framing.take(piece, |_| {}).is_err() {
                    break;
                }
                prop_assert!(framing.partial.len() < LENGTH_BYTES + limits::DATAGRAM_BYTES);
            }
        }
    }
}
