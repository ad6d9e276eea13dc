//! A message as it is encoded: a run of fields, each with its number and its value.
//!
//! Whoever only passes fields on, or writes them in another form, needs no message in memory. The wire types are those of
//! <https://protobuf.dev/programming-guides/encoding>; proto3 has no groups, which are 3 and 4.

use prost::encoding::{WireType, decode_varint, encode_key, encode_varint};

/// The message is not encoded as protobuf is, or not by the descriptors that it is read by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message cannot be read")]
pub(crate) struct Unreadable;

/// One field.
#[derive(Debug)]
pub(crate) struct Field<'m> {
    pub(crate) number: u32,
    pub(crate) key: &'m [u8],
    pub(crate) value: Value<'m>,
    /// With its key.
    pub(crate) whole: &'m [u8],
}

/// What a field holds, as far as it can be told without its descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'m> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    /// A text, a message, or numbers one after the other.
    Bytes(&'m [u8]),
}

impl<'m> Field<'m> {
    /// Takes the first field off a message; `None` at its end.
    pub(crate) fn next(message: &mut &'m [u8]) -> Result<Option<Field<'m>>, Unreadable> {
        if message.is_empty() {
            return Ok(None);
        }
        let start = *message;
        let key = u32::try_from(varint(message)?).map_err(|_| Unreadable)?;
        let key_length = start.len() - message.len();
        let value = match key & 7 {
            0 => Value::Varint(varint(message)?),
            1 => Value::Fixed64(u64::from_le_bytes(fixed(message)?)),
            2 => {
                let length = usize::try_from(varint(message)?).map_err(|_| Unreadable)?;
                Value::Bytes(message.split_off(..length).ok_or(Unreadable)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(fixed(message)?)),
            _ => return Err(Unreadable),
        };
        let number = key >> 3;
        if number == 0 {
            return Err(Unreadable);
        }
        Ok(Some(Field {
            number,
            key: &start[..key_length],
            value,
            whole: &start[..start.len() - message.len()],
        }))
    }
}

/// Adds a text to a message, somewhere below it: the numbers lead there through messages.
pub(crate) fn add_string(message: &mut Vec<u8>, numbers: &[u32], text: &str) {
    let Some((number, below)) = numbers.split_first() else {
        return;
    };
    encode_key(*number, WireType::LengthDelimited, message);
    if below.is_empty() {
        add_bytes(message, text.as_bytes());
    } else {
        let mut inner = Vec::with_capacity(text.len() + 8);
        add_string(&mut inner, below, text);
        add_bytes(message, &inner);
    }
}

fn add_bytes(message: &mut Vec<u8>, bytes: &[u8]) {
    encode_varint(bytes.len() as u64, message);
    message.extend_from_slice(bytes);
}

/// Takes a number of variable length off the front.
pub(crate) fn varint(bytes: &mut &[u8]) -> Result<u64, Unreadable> {
    decode_varint(bytes).map_err(|_| Unreadable)
}

/// Takes a number of fixed length off the front.
pub(crate) fn fixed<const LENGTH: usize>(bytes: &mut &[u8]) -> Result<[u8; LENGTH], Unreadable> {
    let (number, rest) = bytes.split_first_chunk().ok_or(Unreadable)?;
    *bytes = rest;
    Ok(*number)
}
