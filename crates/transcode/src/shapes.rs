//! What is to be known of messages to write them as JSON, made of their descriptors once.
//!
//! A descriptor answers every question with a search and a new handle on its pool, which all threads count; asked for every
//! field of every row, that costs more than the writing. Here a field has its name as it is written and its kind as a value.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, Kind as Described, MessageDescriptor};

use crate::fields::is_well_known;

/// The shapes of all messages of a pool.
#[derive(Debug)]
pub(crate) struct Shapes {
    shapes: Vec<Shape>,
    by_name: HashMap<String, usize>,
}

/// How a message is written.
pub(crate) enum Shape {
    /// An object with these fields, by ascending number.
    Object(Vec<Field>),
    /// A time in RFC 3339.
    Timestamp,
    /// In a form that no page of ours has: maps, and what proto3 JSON writes in a form of its own.
    Other(MessageDescriptor),
}

/// By kind: the `Debug` of a descriptor prints what it refers to, for ever where messages are recursive.
impl std::fmt::Debug for Shape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shape::Object(fields) => formatter.debug_list().entries(fields).finish(),
            Shape::Timestamp => formatter.write_str("Timestamp"),
            Shape::Other(message) => formatter.write_str(message.full_name()),
        }
    }
}

/// One field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    /// With what stands around it: `"startTime":`.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) is_list: bool,
    /// Whether it is written wherever it is there, and not only if it is more than nothing.
    pub(crate) has_presence: bool,
    /// A bit for the oneof that it is in, none for none. Where there are more oneofs than bits, some share one.
    pub(crate) oneof: u64,
}

/// The kind of a field's value, or of each of them.
#[derive(Debug)]
pub(crate) enum Kind {
    Bool,
    Int32,
    Sint32,
    Uint32,
    Int64,
    Sint64,
    Uint64,
    Fixed32,
    Sfixed32,
    Fixed64,
    Sfixed64,
    Float,
    Double,
    String,
    Bytes,
    /// Its values by ascending number, with their names in quotes.
    Enum(Vec<(i32, String)>),
    /// Where its shape is.
    Message(usize),
}

impl Shapes {
    pub(crate) fn new(pool: &DescriptorPool) -> Shapes {
        let messages = || pool.all_messages().enumerate();
        let by_name: HashMap<String, usize> = messages()
            .map(|(index, message)| (message.full_name().to_owned(), index))
            .collect();
        let shapes = messages().map(|(_, message)| shape(message, &by_name)).collect();
        Shapes { shapes, by_name }
    }

    /// The shape of a message of the pool.
    pub(crate) fn of(&self, message: &MessageDescriptor) -> Option<&Shape> {
        self.by_name.get(message.full_name()).map(|&at| self.at(at))
    }

    /// The shape that a field refers to.
    pub(crate) fn at(&self, index: usize) -> &Shape {
        &self.shapes[index]
    }
}

fn shape(message: MessageDescriptor, by_name: &HashMap<String, usize>) -> Shape {
    match message.full_name() {
        "google.protobuf.Timestamp" => return Shape::Timestamp,
        "google.protobuf.Empty" => return Shape::Object(Vec::new()),
        _ if is_well_known(&message) || message.extension_ranges().len() > 0 => return Shape::Other(message),
        _ => {}
    }
    let fields: Option<Vec<Field>> = message.fields().map(|described| field(&described, by_name)).collect();
    fields.map_or(Shape::Other(message), Shape::Object)
}

/// `None` for a field of a kind that is written otherwise.
fn field(described: &FieldDescriptor, by_name: &HashMap<String, usize>) -> Option<Field> {
    if described.is_map() || described.is_group() {
        return None;
    }
    let oneof = described.containing_oneof();
    Some(Field {
        number: described.number(),
        name: format!("{}:", quoted(described.json_name())),
        kind: kind(described.kind(), by_name)?,
        is_list: described.is_list(),
        has_presence: described.supports_presence(),
        oneof: oneof.map_or(0, |oneof| 1 << (position(&oneof) % 64)),
    })
}

/// The place of a oneof among those of its message.
fn position(oneof: &prost_reflect::OneofDescriptor) -> usize {
    let among = oneof.parent_message().oneofs().position(|other| other == *oneof);
    among.unwrap_or_default()
}

fn kind(described: Described, by_name: &HashMap<String, usize>) -> Option<Kind> {
    Some(match described {
        Described::Bool => Kind::Bool,
        Described::Int32 => Kind::Int32,
        Described::Sint32 => Kind::Sint32,
        Described::Uint32 => Kind::Uint32,
        Described::Int64 => Kind::Int64,
        Described::Sint64 => Kind::Sint64,
        Described::Uint64 => Kind::Uint64,
        Described::Fixed32 => Kind::Fixed32,
        Described::Sfixed32 => Kind::Sfixed32,
        Described::Fixed64 => Kind::Fixed64,
        Described::Sfixed64 => Kind::Sfixed64,
        Described::Float => Kind::Float,
        Described::Double => Kind::Double,
        Described::String => Kind::String,
        Described::Bytes => Kind::Bytes,
        // Its one value is written `null`.
        Described::Enum(values) if values.full_name() == "google.protobuf.NullValue" => return None,
        Described::Enum(values) => Kind::Enum(names(&values)),
        Described::Message(message) => Kind::Message(*by_name.get(message.full_name())?),
    })
}

/// The names of an enum's values, in quotes; of several with one number that which the descriptors prefer.
fn names(values: &EnumDescriptor) -> Vec<(i32, String)> {
    let mut numbers: Vec<i32> = values.values().map(|value| value.number()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let name = |number| Some((number, quoted(values.get_value(number)?.name())));
    numbers.into_iter().filter_map(name).collect()
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}
