//! An encoded message written as proto3 JSON, field by field as it lies there.
//!
//! The other way is to decode it into a [`DynamicMessage`], a map of values, and to write that; with it two thirds of a page of
//! a hundred went into JSON. What comes out is the same byte for byte, which a test holds for messages of every kind that is
//! served: this writes what services send, and leaves to that other way what is not laid out as they lay it out, has a form of
//! its own, or is broken. So there is one place that says what is wrong with a reply, and one that knows every form.

#[cfg(test)]
mod tests;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::{
    frame::Broken,
    limits::REPLY_DEPTH_MAX,
    shapes::{Field, Kind, Shape, Shapes},
    timestamp,
    wire::{self, Unreadable, Value},
};

/// How JSON is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) enum_numbers: bool,
    /// Indented: for people, to whom it does not matter how long it takes.
    pub(crate) pretty: bool,
}

/// An encoded message of this name as proto3 JSON, for whoever is sent one and asked for none; `None` if it is not one.
pub fn message_to_json(pool: &DescriptorPool, name: &str, encoded: &[u8]) -> Option<Vec<u8>> {
    let style = Style {
        enum_numbers: false,
        pretty: false,
    };
    let mut text = vec![];
    reflect(
        &pool.get_message_by_name(name)?,
        encoded,
        style,
        CompactFormatter,
        &mut text,
    )
    .ok()?;
    Some(text)
}

/// Writes an encoded message.
pub(crate) fn write(
    shapes: &Shapes,
    message: &MessageDescriptor,
    encoded: &[u8],
    style: Style,
) -> Result<Vec<u8>, Broken> {
    let mut text = Vec::with_capacity(64 + 2 * encoded.len());
    if style.pretty {
        reflect(message, encoded, style, PrettyFormatter::new(), &mut text)?;
        return Ok(text);
    }
    let writer = Writer { shapes, style };
    let shape = shapes.of(message);
    let written = shape.and_then(|shape| writer.message(shape, encoded, REPLY_DEPTH_MAX, &mut text));
    if written.is_none() {
        text.clear();
        reflect(message, encoded, style, CompactFormatter, &mut text)?;
    }
    Ok(text)
}

/// Writes a message of any form by way of its values.
fn reflect(
    message: &MessageDescriptor,
    encoded: &[u8],
    style: Style,
    formatter: impl Formatter,
    text: &mut Vec<u8>,
) -> Result<(), Broken> {
    let message = DynamicMessage::decode(message.clone(), encoded)?;
    let options = SerializeOptions::new().use_enum_numbers(style.enum_numbers);
    message.serialize_with_options(&mut Serializer::with_formatter(text, formatter), &options)?;
    Ok(())
}

/// Writes what lies in order. Every function is `None` for what it leaves to [`reflect`], whatever it has written by then.
struct Writer<'s> {
    shapes: &'s Shapes,
    style: Style,
}

impl Writer<'_> {
    fn message(&self, shape: &Shape, encoded: &[u8], depth_left: u32, text: &mut Vec<u8>) -> Option<()> {
        match shape {
            Shape::Object(fields) => self.object(fields, encoded, depth_left.checked_sub(1)?, text),
            Shape::Timestamp => timestamp::write(encoded, text),
            Shape::Other(message) => reflect(message, encoded, self.style, CompactFormatter, text).ok(),
        }
    }

    fn object(&self, fields: &[Field], mut encoded: &[u8], depth_left: u32, text: &mut Vec<u8>) -> Option<()> {
        text.push(b'{');
        // In JSON a field stands once, in the order of numbers, and one of each oneof: so it must lie here, too.
        let (mut next, mut oneofs) = (0, 0);
        while let Some(found) = wire::Field::next(&mut encoded).ok()? {
            let Ok(at) = fields.binary_search_by_key(&found.number, |field| field.number) else {
                continue;
            };
            let field = &fields[at];
            if at < next || oneofs & field.oneof != 0 {
                return None;
            }
            (next, oneofs) = (at + 1, oneofs | field.oneof);
            if field.is_list {
                self.list(field, found.value, &mut encoded, depth_left, text)?;
            } else if field.has_presence || !is_nothing(&field.kind, found.value) {
                name(field, text);
                self.value(&field.kind, found.value, depth_left, text)?;
            }
        }
        text.push(b'}');
        Some(())
    }

    /// A list, whose values lie one after the other, each by itself or packed.
    fn list(
        &self,
        field: &Field,
        first: Value<'_>,
        encoded: &mut &[u8],
        depth_left: u32,
        text: &mut Vec<u8>,
    ) -> Option<()> {
        let before = text.len();
        name(field, text);
        text.push(b'[');
        let mut values = Some(first);
        while let Some(value) = values {
            match value {
                Value::Bytes(mut packed) if field.kind.is_packable() => {
                    while !packed.is_empty() {
                        self.element(field, field.kind.unpack(&mut packed)?, depth_left, text)?;
                    }
                }
                value => self.element(field, value, depth_left, text)?,
            }
            values = another(field.number, encoded).ok()?;
        }
        if text.ends_with(b"[") {
            text.truncate(before);
        } else {
            text.push(b']');
        }
        Some(())
    }

    fn element(&self, field: &Field, value: Value<'_>, depth_left: u32, text: &mut Vec<u8>) -> Option<()> {
        if !text.ends_with(b"[") {
            text.push(b',');
        }
        self.value(&field.kind, value, depth_left, text)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "a varint is cut to the width of its kind, as every reader of protobuf does"
    )]
    fn value(&self, kind: &Kind, value: Value<'_>, depth_left: u32, text: &mut Vec<u8>) -> Option<()> {
        match (kind, value) {
            (Kind::Bool, Value::Varint(number)) => json(&(number != 0), text),
            (Kind::Int32, Value::Varint(number)) => json(&(number as i32), text),
            (Kind::Uint32, Value::Varint(number)) => json(&(number as u32), text),
            (Kind::Sint32, Value::Varint(number)) => json(&(zigzag(u64::from(number as u32)) as i32), text),
            (Kind::Int64, Value::Varint(number)) | (Kind::Sfixed64, Value::Fixed64(number)) => {
                in_quotes(&number.cast_signed(), text)
            }
            (Kind::Uint64, Value::Varint(number)) | (Kind::Fixed64, Value::Fixed64(number)) => in_quotes(&number, text),
            (Kind::Sint64, Value::Varint(number)) => in_quotes(&zigzag(number), text),
            (Kind::Fixed32, Value::Fixed32(number)) => json(&number, text),
            (Kind::Sfixed32, Value::Fixed32(number)) => json(&(number as i32), text),
            (Kind::Float, Value::Fixed32(bits)) => match f32::from_bits(bits) {
                number if number.is_finite() => json(&number, text),
                number => json(not_finite(number.into()), text),
            },
            (Kind::Double, Value::Fixed64(bits)) => match f64::from_bits(bits) {
                number if number.is_finite() => json(&number, text),
                number => json(not_finite(number), text),
            },
            (Kind::String, Value::Bytes(bytes)) if is_plain(bytes) => as_it_is(bytes, text),
            (Kind::String, Value::Bytes(bytes)) => json(str::from_utf8(bytes).ok()?, text),
            (Kind::Bytes, Value::Bytes(bytes)) => json(&BASE64_STANDARD.encode(bytes), text),
            (Kind::Enum(names), Value::Varint(number)) => self.choice(names, number as i32, text),
            (Kind::Message(at), Value::Bytes(inner)) => self.message(self.shapes.at(*at), inner, depth_left, text),
            _ => None,
        }
    }

    fn choice(&self, names: &[(i32, String)], number: i32, text: &mut Vec<u8>) -> Option<()> {
        match names.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) if !self.style.enum_numbers => text.extend_from_slice(names[at].1.as_bytes()),
            _ => json(&number, text)?,
        }
        Some(())
    }
}

impl Kind {
    /// Whether values may lie one after the other in one field.
    fn is_packable(&self) -> bool {
        !matches!(self, Kind::String | Kind::Bytes | Kind::Message(_))
    }

    /// Takes one of such values.
    fn unpack<'m>(&self, packed: &mut &'m [u8]) -> Option<Value<'m>> {
        let value = match self {
            Kind::Fixed32 | Kind::Sfixed32 | Kind::Float => {
                wire::fixed(packed).map(|number| Value::Fixed32(u32::from_le_bytes(number)))
            }
            Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => {
                wire::fixed(packed).map(|number| Value::Fixed64(u64::from_le_bytes(number)))
            }
            _ => wire::varint(packed).map(Value::Varint),
        };
        value.ok()
    }
}

/// What a field holds that nobody set; where such a field has no presence, JSON leaves it out.
fn is_nothing(kind: &Kind, value: Value<'_>) -> bool {
    match (kind, value) {
        (Kind::Int32 | Kind::Uint32 | Kind::Sint32 | Kind::Enum(_), Value::Varint(number)) => {
            number.trailing_zeros() >= u32::BITS
        }
        (Kind::Bool | Kind::Int64 | Kind::Uint64 | Kind::Sint64, Value::Varint(number))
        | (Kind::Fixed64 | Kind::Sfixed64, Value::Fixed64(number)) => number == 0,
        // Minus nothing is nothing, too.
        (Kind::Float, Value::Fixed32(bits)) => f32::from_bits(bits) == 0.0,
        (Kind::Double, Value::Fixed64(bits)) => f64::from_bits(bits) == 0.0,
        (Kind::Fixed32 | Kind::Sfixed32, Value::Fixed32(number)) => number == 0,
        (Kind::String | Kind::Bytes, Value::Bytes(bytes)) => bytes.is_empty(),
        _ => false,
    }
}

/// Whether a text stands in JSON as it is, as names do and most of what people write. All of it is looked at, whatever comes first:
/// so the compiler takes many bytes at once.
fn is_plain(text: &[u8]) -> bool {
    let stands = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    text.iter().fold(true, |all, &byte| all & stands(byte))
}

/// Writes a text that [`is_plain`].
#[expect(clippy::unnecessary_wraps, reason = "as everything that writes")]
fn as_it_is(bytes: &[u8], text: &mut Vec<u8>) -> Option<()> {
    text.push(b'"');
    text.extend_from_slice(bytes);
    text.push(b'"');
    Some(())
}

/// The next value, if it is of the same field.
fn another<'m>(number: u32, encoded: &mut &'m [u8]) -> Result<Option<Value<'m>>, Unreadable> {
    let mut rest = *encoded;
    let found = wire::Field::next(&mut rest)?;
    let found = found.filter(|found| found.number == number);
    if found.is_some() {
        *encoded = rest;
    }
    Ok(found.map(|found| found.value))
}

/// The name of a member, after a comma where there is one before it: no value ends with a brace that opens.
fn name(field: &Field, text: &mut Vec<u8>) {
    if !text.ends_with(b"{") {
        text.push(b',');
    }
    text.extend_from_slice(field.name.as_bytes());
}

fn json<T: Serialize + ?Sized>(value: &T, text: &mut Vec<u8>) -> Option<()> {
    serde_json::to_writer(text, value).ok()
}

/// JavaScript's numbers are not as wide as these.
fn in_quotes<T: Serialize>(number: &T, text: &mut Vec<u8>) -> Option<()> {
    text.push(b'"');
    json(number, text)?;
    text.push(b'"');
    Some(())
}

/// Negative numbers in turn with the others.
#[expect(clippy::cast_possible_wrap, reason = "half of a number fits")]
fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// JSON has no numbers for these.
fn not_finite(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}
