//! STUN messages (RFC 8489 §5): a header, and attributes behind it.
//!
//! A message is checked whole before anything of it is believed: its length is that of the bytes, and each attribute ends inside.
//! What stands behind its integrity is not covered by it, so nothing is read there.

use std::net::{IpAddr, SocketAddr};

use crate::attributes;
use crate::credentials::Key;
use crate::refusal::Refusal;

/// The bytes of a header.
pub(crate) const HEADER_BYTES: usize = 20;

/// The mark of a message, in its header.
pub(crate) const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const INTEGRITY_BYTES: usize = 20;
/// The two bits of a message's type that say its class.
const CLASS: u16 = 0x0110;

/// The name of an exchange, which its answer repeats.
pub(crate) type Transaction = [u8; 12];

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Request,
    Indication,
    Success,
    Error,
}

/// What it is about (RFC 8656 §17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Binding = 1,
    Allocate = 3,
    Refresh = 4,
    Send = 6,
    Data = 7,
    CreatePermission = 8,
    ChannelBind = 9,
}

impl Class {
    fn bits(self) -> u16 {
        match self {
            Class::Request => 0,
            Class::Indication => 0x0010,
            Class::Success => 0x0100,
            Class::Error => 0x0110,
        }
    }

    fn of(kind: u16) -> Class {
        match kind & CLASS {
            0 => Class::Request,
            0x0010 => Class::Indication,
            0x0100 => Class::Success,
            _ => Class::Error,
        }
    }
}

impl Method {
    fn of(kind: u16) -> Option<Method> {
        let methods = [
            Method::Binding,
            Method::Allocate,
            Method::Refresh,
            Method::Send,
            Method::Data,
            Method::CreatePermission,
            Method::ChannelBind,
        ];
        methods.into_iter().find(|method| *method as u16 == kind & !CLASS)
    }
}

/// A message that was read.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) class: Class,
    pub(crate) method: Method,
    pub(crate) transaction: Transaction,
    bytes: &'a [u8],
    /// Where its integrity stands, or its end.
    covered: usize,
    is_signed: bool,
}

/// Whether bytes begin as a message does.
pub(crate) fn is_message(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first >> 6 == 0) && bytes.get(4..8) == Some(&MAGIC)
}

impl<'a> Message<'a> {
    /// Reads one; nothing if it is not whole, or about something else than relaying.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Message<'a>> {
        let header = bytes.first_chunk::<HEADER_BYTES>().filter(|bytes| is_message(*bytes))?;
        let [kind_high, kind_low, length_high, length_low, ..] = *header;
        if HEADER_BYTES + usize::from(u16::from_be_bytes([length_high, length_low])) != bytes.len() {
            return None;
        }
        let kind = u16::from_be_bytes([kind_high, kind_low]);
        let mut message = Message {
            class: Class::of(kind),
            method: Method::of(kind)?,
            transaction: header[8..].try_into().ok()?,
            bytes,
            covered: bytes.len(),
            is_signed: false,
        };
        let mut at = HEADER_BYTES;
        while at < bytes.len() {
            let (kind, value) = attribute(&bytes[at..])?;
            if kind == attributes::MESSAGE_INTEGRITY {
                message.is_signed = value.len() == INTEGRITY_BYTES;
                message.covered = at;
                break;
            }
            at += 4 + value.len().next_multiple_of(4);
        }
        Some(message)
    }

    /// Its attributes that count.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut rest = &self.bytes[HEADER_BYTES..self.covered];
        std::iter::from_fn(move || {
            let (kind, value) = attribute(rest)?;
            rest = rest.get(4 + value.len().next_multiple_of(4)..).unwrap_or_default();
            Some((kind, value))
        })
    }

    /// The first attribute of a kind.
    pub(crate) fn get(&self, kind: u16) -> Option<&'a [u8]> {
        self.attributes()
            .find_map(|(other, value)| (other == kind).then_some(value))
    }

    /// The same, as a text.
    pub(crate) fn text(&self, kind: u16) -> Option<&'a str> {
        std::str::from_utf8(self.get(kind)?).ok()
    }

    /// Every address of a peer that it names; nothing in the place of one that is none.
    pub(crate) fn peers(&self) -> impl Iterator<Item = Option<SocketAddr>> {
        let peers = self
            .attributes()
            .filter(|(kind, _)| *kind == attributes::XOR_PEER_ADDRESS);
        peers.map(|(_, value)| unmasked(value, &self.transaction))
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Whether it was signed with this key.
    pub(crate) fn is_signed_with(&self, key: &Key) -> bool {
        if !self.is_signed {
            return false;
        }
        let covered = self.covered - HEADER_BYTES + 4 + INTEGRITY_BYTES;
        let Ok(length) = u16::try_from(covered) else {
            return false;
        };
        let parts = [&self.bytes[..2], &length.to_be_bytes(), &self.bytes[4..self.covered]];
        let said = &self.bytes[self.covered + 4..];
        aws_lc_rs::constant_time::verify_slices_are_equal(key.sign(parts).as_ref(), &said[..INTEGRITY_BYTES]).is_ok()
    }
}

/// The attribute that these bytes begin with.
fn attribute(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let [kind_high, kind_low, length_high, length_low] = *bytes.first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([length_high, length_low]));
    // Its padding is there too.
    bytes.get(4..4 + length.next_multiple_of(4))?;
    Some((u16::from_be_bytes([kind_high, kind_low]), &bytes[4..4 + length]))
}

/// A message that is written.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(class: Class, method: Method, transaction: &Transaction) -> Writer {
        let mut bytes = Vec::with_capacity(128);
        Writer::begin(&mut bytes, class, method, transaction);
        Writer(bytes)
    }

    fn begin(bytes: &mut Vec<u8>, class: Class, method: Method, transaction: &Transaction) {
        bytes.extend((method as u16 | class.bits()).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(MAGIC);
        bytes.extend(transaction);
    }

    /// The answer that grants a request.
    pub(crate) fn granting(request: &Message<'_>) -> Writer {
        Writer::new(Class::Success, request.method, &request.transaction)
    }

    /// The answer that refuses it.
    pub(crate) fn refusing(request: &Message<'_>, refusal: Refusal) -> Writer {
        let code = refusal.code();
        let [class, number] = [code / 100, code % 100].map(|part| u8::try_from(part).expect("below a hundred"));
        let reason = refusal.to_string();
        let answer = Writer::new(Class::Error, request.method, &request.transaction);
        answer.with(
            attributes::ERROR_CODE,
            &[&[0, 0, class, number], reason.as_bytes()].concat(),
        )
    }

    /// With an attribute more.
    pub(crate) fn with(mut self, kind: u16, value: &[u8]) -> Writer {
        push(&mut self.0, kind, value);
        self
    }

    /// With an address more.
    pub(crate) fn with_address(self, kind: u16, address: SocketAddr) -> Writer {
        let transaction = self.0[8..HEADER_BYTES].try_into().expect("twelve bytes");
        let value = masked(address, &transaction);
        self.with(kind, &value)
    }

    /// As it is sent, signed.
    pub(crate) fn signed(mut self, key: &Key) -> Vec<u8> {
        let covered = self.0.len();
        push(&mut self.0, attributes::MESSAGE_INTEGRITY, &[0; INTEGRITY_BYTES]);
        let mut bytes = self.unsigned();
        let tag = key.sign([&bytes[..covered], &[], &[]]);
        bytes[covered + 4..].copy_from_slice(tag.as_ref());
        bytes
    }

    /// As it is sent, by whoever has no key.
    pub(crate) fn unsigned(mut self) -> Vec<u8> {
        let length = u16::try_from(self.0.len() - HEADER_BYTES).expect("answers are short");
        self.0[2..4].copy_from_slice(&length.to_be_bytes());
        self.0
    }
}

/// Writes a Data indication: what came from a peer. One that fits no message is not written.
pub(crate) fn write_data(bytes: &mut Vec<u8>, transaction: &Transaction, peer: SocketAddr, datagram: &[u8]) {
    let begin = bytes.len();
    Writer::begin(bytes, Class::Indication, Method::Data, transaction);
    push(bytes, attributes::XOR_PEER_ADDRESS, &masked(peer, transaction));
    push(bytes, attributes::DATA, datagram);
    match u16::try_from(bytes.len() - begin - HEADER_BYTES) {
        Ok(length) => bytes[begin + 2..begin + 4].copy_from_slice(&length.to_be_bytes()),
        Err(_) => bytes.truncate(begin),
    }
}

/// Writes data of a channel, padded as connections need it and as datagrams may have it (RFC 8656 §12.5). What fits none is not written.
pub(crate) fn write_channel_data(bytes: &mut Vec<u8>, number: u16, datagram: &[u8]) -> Option<()> {
    let length = u16::try_from(datagram.len()).ok()?;
    push_with_length(bytes, number, length, datagram);
    Some(())
}

fn push(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    // What is too long for its length is too long for the message, too, and that is told there.
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    push_with_length(bytes, kind, length, value);
}

/// Attributes and channels' data are written alike.
fn push_with_length(bytes: &mut Vec<u8>, kind: u16, length: u16, value: &[u8]) {
    bytes.extend(kind.to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend(value);
    bytes.extend(&[0; 3][..value.len().next_multiple_of(4) - value.len()]);
}

/// An address, masked so that routers who translate addresses leave it alone (RFC 8489 §14.2).
fn masked(address: SocketAddr, transaction: &Transaction) -> Vec<u8> {
    let mask = [&MAGIC[..], transaction].concat();
    let port = address.port().to_be_bytes();
    let (family, ip) = match address.ip() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let masked_ip = ip.iter().zip(&mask).map(|(byte, mask)| byte ^ mask);
    [0, family, port[0] ^ mask[0], port[1] ^ mask[1]]
        .into_iter()
        .chain(masked_ip)
        .collect()
}

/// The address behind such a mask.
pub(crate) fn unmasked(value: &[u8], transaction: &Transaction) -> Option<SocketAddr> {
    let mask = [&MAGIC[..], transaction].concat();
    let (&[_, family, port_high, port_low], ip) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([port_high ^ mask[0], port_low ^ mask[1]]);
    let unmasked: Vec<u8> = ip.iter().zip(&mask).map(|(byte, mask)| byte ^ mask).collect();
    let ip: IpAddr = match (family, ip.len()) {
        (1, 4) => <[u8; 4]>::try_from(unmasked).ok()?.into(),
        (2, 16) => <[u8; 16]>::try_from(unmasked).ok()?.into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}
