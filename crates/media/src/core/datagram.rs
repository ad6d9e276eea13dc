//! What kind of datagram this is (RFC 7983), read before anybody is asked to believe it.
//!
//! A STUN binding request names the session that it is for by the first half of its user name, so an address that nobody
//! knows costs one look into a map and, if the name is right, one integrity check. Everything else is only ever accepted
//! from an address for which such a check has succeeded. Responses and indications are nothing to an ICE-lite server.

/// A datagram's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A STUN binding request for the session with this user fragment.
    Binding {
        /// Our half of the user name.
        ufrag: &'a str,
    },
    /// A DTLS record.
    Dtls,
    /// SRTP or SRTCP.
    Media,
    /// Nothing that we take.
    Other,
}

const STUN_HEADER_BYTES: usize = 20;
const STUN_MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const USERNAME: u16 = 0x0006;

/// Tells the kinds apart by the first byte.
pub fn kind(datagram: &[u8]) -> Kind<'_> {
    match datagram.first() {
        Some(0..=3) => local_ufrag(datagram).map_or(Kind::Other, |ufrag| Kind::Binding { ufrag }),
        Some(20..=63) => Kind::Dtls,
        Some(128..=191) => Kind::Media,
        _ => Kind::Other,
    }
}

/// Whether it is media, or tells of it: what is worth less the later it is.
pub(crate) fn is_media(datagram: &[u8]) -> bool {
    kind(datagram) == Kind::Media
}

/// Whether that is a report, and no packet of media (RFC 5761 §4).
pub(crate) fn is_report(datagram: &[u8]) -> bool {
    is_media(datagram) && matches!(datagram.get(1), Some(192..=223))
}

/// The source that a packet of media names, which is not encrypted: of a packet that was sent again its own, and not that of the one
/// that was lost.
pub(crate) fn source(datagram: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(datagram.get(8..12)?.try_into().ok()?))
}

fn local_ufrag(datagram: &[u8]) -> Option<&str> {
    let header = datagram.get(..STUN_HEADER_BYTES)?;
    if header[..2] != BINDING_REQUEST || header[4..8] != STUN_MAGIC {
        return None;
    }
    let mut attributes = &datagram[STUN_HEADER_BYTES..];
    while let [kind_high, kind_low, length_high, length_low, rest @ ..] = attributes {
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        if u16::from_be_bytes([*kind_high, *kind_low]) == USERNAME {
            let (local, _remote) = std::str::from_utf8(rest.get(..length)?).ok()?.split_once(':')?;
            return Some(local);
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn binding(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut datagram = [&BINDING_REQUEST[..], &[0, 0], &STUN_MAGIC, &[9; 12]].concat();
        for (kind, value) in attributes {
            datagram.extend(kind.to_be_bytes());
            datagram.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            datagram.extend(*value);
            datagram.resize(datagram.len().next_multiple_of(4), 0);
        }
        datagram
    }

    #[test]
    fn datagrams_are_told_apart() {
        let check = |datagram: &[u8], expected: Kind<'_>| assert_eq!(kind(datagram), expected, "{datagram:02x?}");
        check(&binding(&[(6, b"ours:theirs")]), Kind::Binding { ufrag: "ours" });
        check(
            &binding(&[(0x24, b"12345"), (6, b"ours:theirs")]),
            Kind::Binding { ufrag: "ours" },
        );
        check(&binding(&[(6, b"nocolon")]), Kind::Other);
        check(&binding(&[(6, &[0xff, b':'])]), Kind::Other);
        check(&binding(&[]), Kind::Other);
        let mut response = binding(&[(6, b"ours:theirs")]);
        response[0] = 1;
        check(&response, Kind::Other);
        check(&binding(&[(6, b"ours:theirs")])[..24], Kind::Other);
        check(&[22, 254, 253], Kind::Dtls);
        check(&[0x80, 111], Kind::Media);
        check(&[0x16, 0], Kind::Dtls);
        check(b"GET / HTTP/1.1", Kind::Other);
        check(&[], Kind::Other);
    }

    proptest! {
        #[test]
        fn no_datagram_panics(datagram in proptest::collection::vec(any::<u8>(), 0..80), cut in 0..60_usize) {
            kind(&datagram);
            let mut stun = binding(&[(6, &datagram)]);
            stun.truncate(cut);
            kind(&stun);
        }
    }
}
