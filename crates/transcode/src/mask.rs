//! Field masks of partial responses: `fields=participants(name,signedinUser/displayName),totalSize`.
//!
//! A comma separates, `/` or `.` descends, parentheses group and `*` means every field; names are in proto or JSON
//! spelling, and where neither fits, in any case and with underscores or without: the reference writes a default mask as
//! `participantsessions/*,next_page_token`, and whoever copies that means something by it. A mask is resolved against the response's message before the service is called, so that a wrong one costs
//! nothing and changes nothing; [`crate::prune`] applies it to the reply.
//!
//! Messages that proto3 JSON writes as one value, such as a timestamp, and maps are taken whole or not at all.

use std::collections::BTreeMap;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::{
    fields,
    limits::{MASK_BYTES_MAX, MASK_DEPTH_MAX, MASK_FIELDS_MAX},
};

/// The fields of a message that a caller asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mask {
    /// The whole message.
    Everything,
    /// Some fields, by number.
    Fields(BTreeMap<u32, Mask>),
}

/// A mask that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    /// It breaks the grammar.
    #[error("expected {expected} at byte {at}")]
    Grammar {
        /// Bytes from the beginning.
        at: usize,
        /// What the grammar allows there.
        expected: &'static str,
    },
    /// It names what the message does not have.
    #[error("`{name}` is no field of `{message}`")]
    UnknownField {
        /// As the caller wrote it.
        name: String,
        /// The name of the message.
        message: String,
    },
    /// It descends into something that is taken whole.
    #[error("`{name}` has no fields that could be selected")]
    NoMessage {
        /// As the caller wrote it.
        name: String,
    },
    /// It exceeds a limit.
    #[error("the mask is too {what}")]
    Excessive {
        /// Long, deep or broad.
        what: &'static str,
    },
}

impl Mask {
    /// Reads a mask for messages of one kind.
    pub fn parse(text: &str, message: &MessageDescriptor) -> Result<Mask, MaskError> {
        if text.len() > MASK_BYTES_MAX {
            return Err(MaskError::Excessive { what: "long" });
        }
        let mut parser = Parser { text, at: 0 };
        let items = parser.items(MASK_DEPTH_MAX)?;
        if parser.at < text.len() {
            return Err(parser.expected("`,` or the end"));
        }
        let mut resolver = Resolver {
            fields_left: MASK_FIELDS_MAX,
        };
        resolver.select(&items, message)
    }

    /// Adds what another mask selects.
    fn merge(&mut self, other: Mask) {
        match (self, other) {
            (Mask::Everything, _) => {}
            (this, Mask::Everything) => *this = Mask::Everything,
            (Mask::Fields(fields), Mask::Fields(others)) => {
                for (number, other) in others {
                    fields
                        .entry(number)
                        .or_insert_with(|| Mask::Fields(BTreeMap::new()))
                        .merge(other);
                }
            }
        }
    }
}

/// One name, and what is selected below it; nothing below means all of it.
#[derive(Debug)]
struct Item<'t> {
    name: &'t str,
    below: Vec<Item<'t>>,
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    /// `item { "," item }`
    fn items(&mut self, depth_left: usize) -> Result<Vec<Item<'t>>, MaskError> {
        let mut items = vec![self.item(depth_left)?];
        while self.eat(b',') {
            items.push(self.item(depth_left)?);
        }
        Ok(items)
    }

    /// `name [ ("/" | ".") item | "(" items ")" ]`
    fn item(&mut self, depth_left: usize) -> Result<Item<'t>, MaskError> {
        let depth_left = depth_left.checked_sub(1).ok_or(MaskError::Excessive { what: "deep" })?;
        let name = self.name()?;
        let below = if self.eat(b'/') || self.eat(b'.') {
            vec![self.item(depth_left)?]
        } else if self.eat(b'(') {
            let items = self.items(depth_left)?;
            if !self.eat(b')') {
                return Err(self.expected("`,` or `)`"));
            }
            items
        } else {
            Vec::new()
        };
        Ok(Item { name, below })
    }

    fn name(&mut self) -> Result<&'t str, MaskError> {
        self.skip_spaces();
        let rest = &self.text[self.at..];
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = if rest.starts_with('*') {
            1
        } else {
            rest.find(|c| !is_name(c)).unwrap_or(rest.len())
        };
        if length == 0 {
            return Err(self.expected("a field name or `*`"));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    fn eat(&mut self, wanted: u8) -> bool {
        self.skip_spaces();
        let found = self.text.as_bytes().get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found
    }

    fn skip_spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(' ').len();
    }

    fn expected(&self, expected: &'static str) -> MaskError {
        MaskError::Grammar { at: self.at, expected }
    }
}

/// The field that a mask means by a name.
fn named(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    let bare = |name: &str| name.replace('_', "").to_ascii_lowercase();
    fields::find(message, name).or_else(|| message.fields().find(|field| bare(field.name()) == bare(name)))
}

/// Turns names into numbers. `*` multiplies names, so what comes out is counted.
struct Resolver {
    fields_left: usize,
}

impl Resolver {
    fn select(&mut self, items: &[Item<'_>], message: &MessageDescriptor) -> Result<Mask, MaskError> {
        let mut mask = Mask::Fields(BTreeMap::new());
        for item in items {
            match (item.name, item.below.as_slice()) {
                ("*", []) => mask.merge(Mask::Everything),
                ("*", below) => mask.merge(self.select_in_all(below, message)?),
                (name, below) => {
                    let field = named(message, name).ok_or_else(|| MaskError::UnknownField {
                        name: name.to_owned(),
                        message: message.name().to_owned(),
                    })?;
                    mask.merge(self.select_field(name, &field, below)?);
                }
            }
        }
        Ok(mask)
    }

    /// `*/name`: wherever the names below fit, which must be somewhere.
    fn select_in_all(&mut self, below: &[Item<'_>], message: &MessageDescriptor) -> Result<Mask, MaskError> {
        let mut mask = Mask::Fields(BTreeMap::new());
        let mut refusal = Some(MaskError::NoMessage { name: "*".to_owned() });
        for field in message.fields() {
            match self.select_field("*", &field, below) {
                Ok(selected) => {
                    mask.merge(selected);
                    refusal = None;
                }
                Err(excessive @ MaskError::Excessive { .. }) => return Err(excessive),
                Err(unknown @ MaskError::UnknownField { .. }) => refusal = refusal.map(|_| unknown),
                Err(_) => {}
            }
        }
        refusal.map_or(Ok(mask), Err)
    }

    fn select_field(&mut self, name: &str, field: &FieldDescriptor, below: &[Item<'_>]) -> Result<Mask, MaskError> {
        self.fields_left = self
            .fields_left
            .checked_sub(1)
            .ok_or(MaskError::Excessive { what: "broad" })?;
        let inner = match field.kind() {
            _ if below.is_empty() => Mask::Everything,
            Kind::Message(message) if !field.is_map() && !fields::is_well_known(&message) => {
                self.select(below, &message)?
            }
            _ => return Err(MaskError::NoMessage { name: name.to_owned() }),
        };
        Ok(Mask::Fields(BTreeMap::from([(field.number(), inner)])))
    }
}
