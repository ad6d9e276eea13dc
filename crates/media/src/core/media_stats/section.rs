//! One section of an upload: its names brought to one spelling, its values checked when they are asked for.

use serde_json::{Map, Value};

use crate::limits;

/// A figure: its name in W3C's spelling, its unit there, and where it goes.
pub(super) type Row<T> = (&'static str, Unit, fn(&mut T) -> &mut Option<u64>);

/// The unit of a figure as clients write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Packets, samples, frames, bits in a second: the number itself.
    Plain,
    /// The number itself, where less than nothing is nothing: a packet that came twice makes a loss less.
    Signed,
    /// Seconds, kept as microseconds.
    Seconds,
    /// The square of a level times seconds, kept in billionths.
    Energy,
}

impl Unit {
    fn scale(self) -> f64 {
        match self {
            Unit::Plain | Unit::Signed => 1.0,
            Unit::Seconds => 1e6,
            Unit::Energy => 1e9,
        }
    }
}

/// Why an upload is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} {wrong}")]
pub struct Malformed {
    place: String,
    wrong: &'static str,
}

/// A section, or an object inside of one: its names are in one spelling, its values are not looked at yet.
pub(super) struct Section {
    place: String,
    pub(super) id: String,
    /// Its type, as W3C writes it.
    pub(super) kind: String,
    fields: Map<String, Value>,
}

/// The sections of an upload. One that has several types is several.
pub(super) fn sections(uploaded: Value) -> Result<Vec<Section>, Malformed> {
    let all = "sections".to_owned();
    let Value::Object(mut uploaded) = uploaded else {
        return Err(wrong(all, "are missing"));
    };
    let Some(Value::Array(list)) = uploaded.remove("sections") else {
        return Err(wrong(all, "are no list"));
    };
    let mut sections = vec![];
    for (index, section) in list.into_iter().enumerate() {
        let place = format!("sections[{index}]");
        let Value::Object(mut section) = section else {
            return Err(wrong(place, "is no object"));
        };
        let id = match section.remove("id") {
            None => String::new(),
            Some(Value::String(id)) => id,
            Some(_) => return Err(wrong(place, "has an id that is no text")),
        };
        for (kind, fields) in section {
            let Value::Object(fields) = fields else {
                return Err(wrong(place, "has a type that is no object"));
            };
            if sections.len() == limits::UPLOADED_SECTIONS {
                return Err(wrong(all, "are too many"));
            }
            sections.push(Section {
                id: id.clone(),
                kind: kind.replace('_', "-"),
                ..Section::read(place.clone(), fields)?
            });
        }
    }
    Ok(sections)
}

fn wrong(place: String, wrong: &'static str) -> Malformed {
    Malformed { place, wrong }
}

impl Section {
    fn read(place: String, written: Map<String, Value>) -> Result<Section, Malformed> {
        let mut fields = Map::new();
        for (name, value) in written {
            if fields.insert(camel(&name), value).is_some() {
                return Err(wrong(place, "has a name twice, in two spellings"));
            }
        }
        Ok(Section {
            place,
            id: String::new(),
            kind: String::new(),
            fields,
        })
    }

    /// The section as a whole is malformed.
    pub(super) fn malformed(&self, why: &'static str) -> Malformed {
        wrong(self.place.clone(), why)
    }

    /// What stands behind a name is.
    pub(super) fn malformed_at(&self, name: &str, why: &'static str) -> Malformed {
        wrong(format!("{}.{name}", self.place), why)
    }

    /// What a name stands for; a client that has nothing to say may say so.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Reads the figures of a table, each of which may be there once.
    pub(super) fn fill<T>(&self, rows: &[Row<T>], figures: &mut T) -> Result<(), Malformed> {
        for (name, unit, figure) in rows {
            let Some(read) = self.figure(name, *unit)? else {
                continue;
            };
            if figure(figures).replace(read).is_some() {
                return Err(self.malformed_at(name, "is there in two sections"));
            }
        }
        Ok(())
    }

    /// A number, or a text that is one, in the unit that is kept.
    fn figure(&self, name: &str, unit: Unit) -> Result<Option<u64>, Malformed> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.malformed_at(name, "is no number"))?;
        let counted = if unit == Unit::Signed { number.max(0.0) } else { number };
        let kept = (counted * unit.scale()).round();
        // What is no number at all is not less than nothing either, so the range alone would let it pass.
        if !number.is_finite() || !(0.0..=limits::REPORTED_FIGURE_MAX).contains(&kept) {
            return Err(self.malformed_at(name, "is out of its range"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, and in a range"
        )]
        let kept = kept as u64;
        Ok(Some(kept))
    }

    /// A number of a kind that has a range of its own.
    pub(super) fn whole<T: TryFrom<u64>>(&self, name: &str) -> Result<Option<T>, Malformed> {
        let Some(figure) = self.figure(name, Unit::Plain)? else {
            return Ok(None);
        };
        let whole = T::try_from(figure).map_err(|_| self.malformed_at(name, "is out of its range"))?;
        Ok(Some(whole))
    }

    /// A text that can be kept and shown.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Malformed> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match value.as_str() {
            None => Err(self.malformed_at(name, "is no text")),
            Some(text) if text.len() > limits::REPORTED_TEXT_BYTES => Err(self.malformed_at(name, "is too long")),
            Some(text) if text.chars().any(char::is_control) => Err(self.malformed_at(name, "has control characters")),
            Some(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        }
    }

    /// An object inside of this one.
    pub(super) fn inner(&self, name: &str) -> Result<Option<Section>, Malformed> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(inner)) => Section::read(format!("{}.{name}", self.place), inner.clone()).map(Some),
            Some(_) => Err(self.malformed_at(name, "is no object")),
        }
    }

    /// The section of a type that this one names by its id.
    pub(super) fn refers_to<'a>(
        &self,
        sections: &'a [Section],
        name: &str,
        kind: &str,
    ) -> Result<Option<&'a Section>, Malformed> {
        let Some(id) = self.text(name)? else { return Ok(None) };
        Ok(sections.iter().find(|section| section.kind == kind && section.id == id))
    }
}

/// A name in the spelling of W3C.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
