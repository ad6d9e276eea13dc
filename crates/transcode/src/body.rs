//! Request bodies: proto3 JSON into a message.
//!
//! Clients send nothing in several ways (no body, an empty one, `""`, `null`, `{}`), name fields in two spellings, write
//! enums in two forms, and call JSON `text/plain`; all of it is read. What nobody can have meant, such as an unknown
//! field, is refused with its path.
//!
//! The reader of `prost-reflect` is quick but does not say where it stopped, and it refuses masks in proto spelling. So a
//! body that it refuses is read again, slowly, by [`read_again`]: the price of good errors is paid by bad requests alone.

use prost_reflect::{DeserializeOptions, DynamicMessage, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use crate::{
    failure::Failure,
    fields::{self, is_well_known},
    spelling::lower_camel_case,
};

/// What some editors and libraries put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a body. `None` is no message at all; `field` is where the message belongs in the request, for errors.
pub(crate) fn read(
    bytes: &[u8],
    message: &MessageDescriptor,
    field: Option<&str>,
) -> Result<Option<DynamicMessage>, Failure> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    if matches!(bytes.trim_ascii(), b"" | b"\"\"" | b"null") {
        return Ok(None);
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = DynamicMessage::deserialize_with_options(message.clone(), &mut json, &DeserializeOptions::new());
    match read.and_then(|read| json.end().map(|()| read)) {
        Ok(read) => Ok(Some(read)),
        Err(_) => read_again(bytes, message, field).map(Some),
    }
}

fn read_again(bytes: &[u8], message: &MessageDescriptor, field: Option<&str>) -> Result<DynamicMessage, Failure> {
    let mut value: Value = serde_json::from_slice(bytes)
        .map_err(|reason| Failure::malformed(format!("The body is not JSON: {reason}")))?;
    respell_masks(&mut value, message);
    match DynamicMessage::deserialize(message.clone(), &value) {
        Ok(read) => Ok(read),
        Err(reason) => {
            let mut path = field.map(str::to_owned).unwrap_or_default();
            Err(match violation(&value, message, &mut path) {
                Some(description) => Failure::field(&path, &description),
                None => Failure::malformed(format!("The body is not a `{}`: {reason}", message.name())),
            })
        }
    }
}

/// Writes field masks, wherever they are in `value`, in the JSON spelling.
fn respell_masks(value: &mut Value, message: &MessageDescriptor) {
    let Value::Object(members) = value else { return };
    for (name, member) in members {
        let Some(Kind::Message(inner)) = fields::find(message, name).map(|field| field.kind()) else {
            continue;
        };
        match member {
            Value::String(mask) if inner.full_name() == "google.protobuf.FieldMask" => *mask = lower_camel_case(mask),
            Value::Array(values) => values.iter_mut().for_each(|value| respell_masks(value, &inner)),
            member => respell_masks(member, &inner),
        }
    }
}

/// Finds the first member of `value` that is no field of `message`, or not of its kind. `path` ends there.
fn violation(value: &Value, message: &MessageDescriptor, path: &mut String) -> Option<String> {
    let Value::Object(members) = value else {
        return Some("expected an object".to_owned());
    };
    for (name, member) in members {
        let length = path.len();
        let Some(field) = fields::find(message, name) else {
            push_name(path, name);
            return Some("unknown field".to_owned());
        };
        push_name(path, field.name());
        let found = match (field.kind(), member) {
            (Kind::Message(inner), Value::Object(_)) if !field.is_map() && !is_well_known(&inner) => {
                violation(member, &inner, path)
            }
            (Kind::Message(inner), Value::Array(values)) if field.is_list() && !is_well_known(&inner) => {
                values.iter().enumerate().find_map(|(index, value)| {
                    let length = path.len();
                    path.push('[');
                    path.push_str(&index.to_string());
                    path.push(']');
                    let found = violation(value, &inner, path);
                    if found.is_none() {
                        path.truncate(length);
                    }
                    found
                })
            }
            // The reader knows best what is wrong with one value, so it reads that value alone.
            _ => {
                let alone = Value::Object(Map::from_iter([(name.clone(), member.clone())]));
                DynamicMessage::deserialize(message.clone(), &alone)
                    .err()
                    .map(|reason| reason.to_string())
            }
        };
        if found.is_some() {
            return found;
        }
        path.truncate(length);
    }
    None
}

fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}
