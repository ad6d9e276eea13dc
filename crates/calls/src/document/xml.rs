//! From the text of a document to its elements, of which nothing is understood yet.

use std::ops::RangeInclusive;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::limits::{DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX};

/// Why a document is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(String);

pub(super) fn malformed(why: impl Into<String>) -> Malformed {
    Malformed(why.into())
}

/// An element as it stands: its name and its attributes in lower case, and what is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

/// The one element that a document is.
pub(super) fn tree(text: &str) -> Result<Element, Malformed> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(malformed(format!("a document has at most {DOCUMENT_BYTES_MAX} bytes")));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let event = reader
            .read_event()
            .map_err(|error| malformed(format!("the document is not XML: {error}")))?;
        match event {
            Event::Start(start) => {
                if open.len() > DOCUMENT_DEPTH_MAX {
                    return Err(malformed(format!(
                        "elements are more than {DOCUMENT_DEPTH_MAX} deep in each other"
                    )));
                }
                open.push(element(&start)?);
            }
            Event::End(_) => {
                let ended = open.pop().expect("the reader pairs them");
                let parent = open
                    .last_mut()
                    .ok_or_else(|| malformed("an element ends that did not begin"))?;
                parent.children.push(ended);
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                open.last_mut().expect("the document").text.push_str(&text);
            }
            Event::CData(text) => {
                let text = text.xml10_content();
                open.last_mut().expect("the document").text.push_str(&text);
            }
            Event::GeneralRef(reference) => {
                let text = resolved(&reference)?;
                open.last_mut().expect("the document").text.push_str(&text);
            }
            Event::DocType(_) => return Err(malformed("a document type is not read")),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    let [document] = open.try_into().map_err(|_| malformed("an element has no end"))?;
    let [root] = document
        .children
        .try_into()
        .map_err(|_| malformed("a document has one element"))?;
    Ok(root)
}

/// A character that is written by its number, or one of the five names that XML has.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, Malformed> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let name: &str = reference;
    let known = quick_xml::escape::resolve_predefined_entity(name);
    known
        .map(str::to_owned)
        .ok_or_else(|| malformed(format!("the entity &{name}; is not known")))
}

fn element(start: &BytesStart<'_>) -> Result<Element, Malformed> {
    let name = str::to_ascii_lowercase;
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| malformed(format!("an attribute is not XML: {error}")))?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Explicit1_0)
            .map_err(|error| malformed(format!("an attribute is not XML: {error}")))?;
        attributes.push((name(attribute.key.local_name().as_ref()), value.into_owned()));
    }
    Ok(Element {
        name: name(start.local_name().as_ref()),
        attributes,
        ..Element::default()
    })
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|(known, _)| *known == name.to_ascii_lowercase());
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn wrong(&self, name: &str, expected: &str) -> Malformed {
        let value = self.attribute(name).unwrap_or_default();
        malformed(format!("{name} of <{}> is {value:?} and not {expected}", self.name))
    }

    pub(super) fn number(&self, name: &str, range: RangeInclusive<i64>, usual: i64) -> Result<i64, Malformed> {
        let Some(value) = self.attribute(name) else {
            return Ok(usual);
        };
        let number = value.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| self.wrong(name, &format!("a number from {} to {}", range.start(), range.end())))
    }

    pub(super) fn flag(&self, name: &str, usual: bool) -> Result<bool, Malformed> {
        match self.attribute(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(usual),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }
}
