//! RTP's head (RFC 3550 §5.1), read from whoever sends to a port and written for one leg.

/// Bytes of a head with nothing optional in it.
pub(crate) const HEAD_BYTES: usize = 12;

const VERSION: u8 = 2;

/// What a packet says of itself, and what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// It is the first after a pause.
    pub marker: bool,
    /// How its payload is to be understood, by what was agreed on.
    pub payload_type: u8,
    /// Its number among those of its source.
    pub sequence: u16,
    /// When its first sample was heard, in samples.
    pub timestamp: u32,
    /// Its source.
    pub ssrc: u32,
    /// What it carries.
    pub payload: &'a [u8],
}

/// A timestamp without its turning over, as near as it can be to the newest that was counted on for ever.
pub fn counted_on(timestamp: u32, newest: i64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the timestamp is the lower half"
    )]
    let lower = newest as u32;
    newest + i64::from(timestamp.wrapping_sub(lower).cast_signed())
}

impl Packet<'_> {
    /// Reads one; `None` is something else, RTCP too (RFC 5761 §4).
    pub fn read(datagram: &[u8]) -> Option<Packet<'_>> {
        let head = datagram.first_chunk::<HEAD_BYTES>()?;
        let payload_type = head[1] & 0x7f;
        if head[0] >> 6 != VERSION || (64..=95).contains(&payload_type) {
            return None;
        }
        let mut rest = datagram.get(HEAD_BYTES + 4 * usize::from(head[0] & 0x0f)..)?;
        if head[0] & 0x10 != 0 {
            let [_, _, high, low] = *rest.first_chunk()?;
            rest = rest.get(4 + 4 * usize::from(u16::from_be_bytes([high, low]))..)?;
        }
        if head[0] & 0x20 != 0 {
            let padding = usize::from(*rest.last()?);
            rest = rest.get(..rest.len().checked_sub(padding)?)?;
        }
        Some(Packet {
            marker: head[1] & 0x80 != 0,
            payload_type,
            sequence: u16::from_be_bytes([head[2], head[3]]),
            timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
            ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
            payload: rest,
        })
    }

    /// Writes it over what is in `datagram`.
    pub fn write(&self, datagram: &mut Vec<u8>) {
        datagram.clear();
        datagram.extend([VERSION << 6, u8::from(self.marker) << 7 | self.payload_type]);
        datagram.extend(self.sequence.to_be_bytes());
        datagram.extend(self.timestamp.to_be_bytes());
        datagram.extend(self.ssrc.to_be_bytes());
        datagram.extend(self.payload);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn optional_parts_are_gone_over() {
        let check = |datagram: &[u8], expected: Option<&[u8]>| {
            assert_eq!(
                Packet::read(datagram).map(|packet| packet.payload),
                expected,
                "{datagram:?}"
            );
        };
        let head = |first: u8, second: u8| [first, second, 0, 1, 0, 0, 0, 160, 0, 0, 0, 7];
        let of = |first, second, rest: &[u8]| [head(first, second).as_slice(), rest].concat();
        check(&of(0x80, 0, b"sound"), Some(b"sound"));
        check(&of(0x80, 0, b""), Some(b""));
        check(&of(0x81, 0, b"csrcsound"), Some(b"sound"));
        check(&of(0x90, 0, b"\xbe\xde\x00\x01extnsound"), Some(b"sound"));
        check(&of(0xa0, 0, b"sound\x00\x00\x03"), Some(b"sound"));
        check(&of(0xa0, 0, b"sound\x09"), None);
        check(&of(0x90, 0, b"\xbe\xde\x00\x09"), None);
        check(&of(0x82, 0, b"csrc"), None);
        check(&of(0x40, 0, b"sound"), None);
        check(&of(0x80, 72, b"a receiver report"), None);
        check(&[0x80; 11], None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            marker in any::<bool>(), payload_type in 0_u8..64, sequence in any::<u16>(), timestamp in any::<u32>(), ssrc in any::<u32>(),
            payload in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let packet = Packet { marker, payload_type, sequence, timestamp, ssrc, payload: &payload };
            let mut datagram = vec![1, 2, 3];
            packet.write(&mut datagram);
            prop_assert_eq!(Packet::read(&datagram), Some(packet));
        }

        #[test]
        fn no_bytes_are_a_panic(datagram in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Packet::read(&datagram);
        }
    }
}
