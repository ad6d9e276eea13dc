//! What a handler's document says, read strictly.
//!
//! A document is XML, of which no more is understood than actions need: elements, attributes, text, and the five entities that XML has
//! without a definition. A document type, and so every entity that somebody defines, is refused. Names are read without regard to case,
//! as the vendor's own samples write them. What cannot be understood is an error that says where and why, and nothing of the document
//! is done.

mod action;
mod reader;
mod xml;

pub(crate) use action::{Action, Connection, Endpoint, Prompt, Sound, Strategy};
pub(crate) use reader::read;
