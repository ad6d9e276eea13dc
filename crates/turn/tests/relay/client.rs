//! A client of a relay, by hand: it writes requests from the RFC and not from our code, and reads answers.

use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::hmac;
use md5::{Digest, Md5};
use turn::Credentials;

pub(crate) const ALLOCATE: u16 = 3;
pub(crate) const REFRESH: u16 = 4;
pub(crate) const SEND: u16 = 0x16;
pub(crate) const CREATE_PERMISSION: u16 = 8;
pub(crate) const CHANNEL_BIND: u16 = 9;

pub(crate) const USERNAME: u16 = 6;
pub(crate) const ERROR_CODE: u16 = 9;
pub(crate) const CHANNEL_NUMBER: u16 = 0xc;
pub(crate) const LIFETIME: u16 = 0xd;
pub(crate) const PEER: u16 = 0x12;
pub(crate) const DATA: u16 = 0x13;
pub(crate) const REALM: u16 = 0x14;
pub(crate) const NONCE: u16 = 0x15;
pub(crate) const RELAYED: u16 = 0x16;
pub(crate) const FAMILY: u16 = 0x17;
pub(crate) const TRANSPORT: u16 = 0x19;
pub(crate) const MAPPED: u16 = 0x20;

const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// That datagrams are to be relayed.
pub(crate) fn by_datagrams() -> (u16, Vec<u8>) {
    (TRANSPORT, vec![17, 0, 0, 0])
}

/// A message without integrity.
pub(crate) fn message(kind: u16, transaction: u8, attributes: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = [&kind.to_be_bytes()[..], &[0, 0], &MAGIC, &[transaction; 12]].concat();
    for (kind, value) in attributes {
        bytes.extend(kind.to_be_bytes());
        bytes.extend(u16::try_from(value.len()).expect("messages are short").to_be_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    let length = u16::try_from(bytes.len() - 20).expect("messages are short");
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

/// A message that is signed as whoever has these credentials signs.
pub(crate) fn signed(
    kind: u16,
    transaction: u8,
    attributes: &[(u16, Vec<u8>)],
    who: &Credentials,
    nonce: &str,
) -> Vec<u8> {
    let credentials = [
        (USERNAME, who.username.as_bytes().to_vec()),
        (REALM, b"sederunt".to_vec()),
        (NONCE, nonce.as_bytes().to_vec()),
    ];
    let mut bytes = message(kind, transaction, &[attributes, &credentials].concat());
    let length = u16::try_from(bytes.len() - 20 + 24).expect("messages are short");
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    let tag = hmac::sign(&key(who), &bytes);
    bytes.extend([0, 8, 0, 20]);
    bytes.extend(tag.as_ref());
    bytes
}

fn key(who: &Credentials) -> hmac::Key {
    let digest = Md5::digest(format!("{}:sederunt:{}", who.username, who.password));
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &digest)
}

/// Whether an answer is signed with the same credentials.
pub(crate) fn is_signed(bytes: &[u8], who: &Credentials) -> bool {
    let (covered, tag) = bytes.split_at(bytes.len() - 20);
    hmac::verify(&key(who), &covered[..covered.len() - 4], tag).is_ok()
}

/// An attribute of a message.
pub(crate) fn attribute(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = bytes.get(20..)?;
    while let [kind_high, kind_low, length_high, length_low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        if u16::from_be_bytes([*kind_high, *kind_low]) == wanted {
            return tail.get(..length);
        }
        rest = tail.get(length.next_multiple_of(4)..)?;
    }
    None
}

/// The code of a refusal; 0 if it is none.
pub(crate) fn code(bytes: &[u8]) -> u16 {
    let error = attribute(bytes, ERROR_CODE);
    error.map_or(0, |error| u16::from(error[2]) * 100 + u16::from(error[3]))
}

/// The mask is that of an IPv4 address, or of an IPv6 address in this transaction.
pub(crate) fn masked(address: SocketAddr, transaction: u8) -> Vec<u8> {
    let mask = [&MAGIC[..], &[transaction; 12]].concat();
    let (family, ip) = match address.ip() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let port = address.port() ^ 0x2112;
    let mut value = vec![0, family];
    value.extend(port.to_be_bytes());
    value.extend(ip.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    value
}

/// The address in an attribute of an answer.
pub(crate) fn address(bytes: &[u8], wanted: u16) -> SocketAddr {
    let value = attribute(bytes, wanted).expect("it is there");
    let port = u16::from_be_bytes([value[2], value[3]]) ^ 0x2112;
    let unmasked: Vec<u8> = value[4..]
        .iter()
        .zip(&bytes[4..20])
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    let ip = match <[u8; 4]>::try_from(&unmasked[..]) {
        Ok(ip) => IpAddr::from(ip),
        Err(_) => <[u8; 16]>::try_from(&unmasked[..]).expect("an address").into(),
    };
    SocketAddr::new(ip, port)
}
