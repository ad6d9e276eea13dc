//! Fields of a request from text, for paths and queries.
//!
//! A field is named in proto or in JSON spelling, a nested one with dots. A value is written as in proto3 JSON without the
//! quotes: an enum by name or number, a time in RFC 3339, bytes in base64 of either alphabet. A repeated field takes its
//! values one by one. Maps and messages that JSON writes as objects have no such form and are refused, not guessed.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};

use crate::{failure::Failure, limits::FIELD_PATH_NAMES_MAX, spelling::snake_case};

/// Finds a field by its proto name or its JSON name.
pub(crate) fn find(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message
        .get_field_by_name(name)
        .or_else(|| message.get_field_by_json_name(name))
}

/// Whether JSON writes the message in a form of its own, so that its fields have no names there.
pub(crate) fn is_well_known(message: &MessageDescriptor) -> bool {
    message.full_name().starts_with("google.protobuf.")
}

/// Sets the field that a dotted path names, or adds to it where it is repeated.
pub(crate) fn set_by_path(message: &mut DynamicMessage, path: &str, text: &str) -> Result<(), Failure> {
    descend(message, path, text, FIELD_PATH_NAMES_MAX).map_err(|why| Failure::field(path, &why))
}

fn descend(message: &mut DynamicMessage, path: &str, text: &str, names_left: usize) -> Result<(), String> {
    let (name, below) = path
        .split_once('.')
        .map_or((path, None), |(name, below)| (name, Some(below)));
    let field = find(&message.descriptor(), name).ok_or("unknown field")?;
    let Some(below) = below else {
        return set(message, &field, text);
    };
    if names_left == 1 {
        return Err(format!("a path has at most {FIELD_PATH_NAMES_MAX} names"));
    }
    refuse_second_of_oneof(message, &field)?;
    if field.is_list() || field.is_map() {
        return Err("maps and repeated messages have no form in a query".into());
    }
    let inner = message
        .get_field_mut(&field)
        .as_message_mut()
        .ok_or("only a message has fields")?;
    descend(inner, below, text, names_left - 1)
}

fn set(message: &mut DynamicMessage, field: &FieldDescriptor, text: &str) -> Result<(), String> {
    refuse_second_of_oneof(message, field)?;
    if field.is_map() {
        return Err("maps have no form in a query".into());
    }
    let value = match value(&field.kind(), text) {
        Ok(value) => value,
        // A form that was not filled in sends its fields all the same: what cannot be empty was not given.
        Err(_) if text.is_empty() => return Ok(()),
        Err(why) => return Err(why),
    };
    if field.is_list() {
        if let Some(list) = message.get_field_mut(field).as_list_mut() {
            list.push(value);
        }
    } else {
        message.set_field(field, value);
    }
    Ok(())
}

fn refuse_second_of_oneof(message: &DynamicMessage, field: &FieldDescriptor) -> Result<(), String> {
    let Some(oneof) = field.containing_oneof() else {
        return Ok(());
    };
    match oneof.fields().find(|other| other != field && message.has_field(other)) {
        Some(other) => Err(format!(
            "`{}`, of which only one may be given, is set too",
            other.name()
        )),
        None => Ok(()),
    }
}

/// Reads one value as proto3 JSON writes it, without the quotes.
fn value(kind: &Kind, text: &str) -> Result<Value, String> {
    fn parsed<T: std::str::FromStr>(text: &str, expected: &str) -> Result<T, String> {
        text.parse().map_err(|_| format!("expected {expected}"))
    }
    Ok(match kind {
        Kind::String => Value::String(text.to_owned()),
        Kind::Bool => Value::Bool(parsed(text, "`true` or `false`")?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(parsed(text, "a 32-bit integer")?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(parsed(text, "a 64-bit integer")?),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(parsed(text, "an unsigned 32-bit integer")?),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(parsed(text, "an unsigned 64-bit integer")?),
        Kind::Double => Value::F64(parsed(text, "a number")?),
        Kind::Float => Value::F32(parsed(text, "a number")?),
        Kind::Bytes => Value::Bytes(BASE64.decode(url_safe(text)).map_err(|_| "expected base64")?.into()),
        Kind::Enum(values) => {
            let number = values.get_value_by_name(text).map(|value| value.number());
            let number = number.or_else(|| text.parse().ok());
            Value::EnumNumber(number.ok_or_else(|| format!("no value of `{}`", values.name()))?)
        }
        Kind::Message(message) => Value::Message(well_known(message, text)?),
    })
}

/// Messages that proto3 JSON writes as a string, a number or a bool.
fn well_known(message: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let mut read = DynamicMessage::new(message.clone());
    match message.full_name() {
        "google.protobuf.FieldMask" => {
            let paths = text.split(',').map(str::trim).filter(|path| !path.is_empty());
            let paths = paths.map(|path| Value::String(snake_case(path))).collect();
            read.set_field_by_name("paths", Value::List(paths));
            Ok(read)
        }
        "google.protobuf.Timestamp" | "google.protobuf.Duration" => {
            DynamicMessage::deserialize(message.clone(), serde_json::Value::String(text.to_owned()))
                .map_err(|reason: serde_json::Error| reason.to_string())
        }
        "google.protobuf.DoubleValue"
        | "google.protobuf.FloatValue"
        | "google.protobuf.Int64Value"
        | "google.protobuf.UInt64Value"
        | "google.protobuf.Int32Value"
        | "google.protobuf.UInt32Value"
        | "google.protobuf.BoolValue"
        | "google.protobuf.StringValue"
        | "google.protobuf.BytesValue" => {
            let field = message.get_field(1).ok_or("the wrapper has no value")?;
            read.set_field(&field, value(&field.kind(), text)?);
            Ok(read)
        }
        _ => Err("a message has no form in a query; name one of its fields".into()),
    }
}

/// Padding or none; clients differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn url_safe(text: &str) -> String {
    text.replace('+', "-").replace('/', "_")
}
