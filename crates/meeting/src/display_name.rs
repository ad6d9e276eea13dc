//! The name that others see on a tile and in the register: of a guest, of an account, of an app, of an organisation. Anybody
//! may type one, and it stands beside other people's: so it has a limit, something in it can be seen, and no character moves,
//! hides or breaks the text around it. Which characters may stand where is in [`signs`].
//!
//! Whoever types a name that breaks the rule is told so and types another. Where nobody is there to do that, the name is
//! mended instead ([`DisplayName::mended`]).
//!
//! The rule does not ask whether a name resembles somebody else's. Two people may both be called Anna, and a list of lookalikes
//! is never complete; who is no member of the house is marked as a guest wherever a name stands, whatever it is.

mod signs;

use crate::limits::{DISPLAY_NAME_CHARACTERS_MAX, DISPLAY_NAME_MARKS_IN_A_ROW_MAX};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// A name fit to be shown: 1 to 100 characters, composed where they can be (Unicode's form C), with nothing at its ends that
/// only takes up room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisplayName(String);

/// Why a text is not a display name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedName {
    /// Nothing in it can be seen.
    #[error("a name is required")]
    Empty,
    /// More characters than [`DISPLAY_NAME_CHARACTERS_MAX`].
    #[error("the name has {characters} characters, more than {DISPLAY_NAME_CHARACTERS_MAX}")]
    TooLong {
        /// How many it has.
        characters: usize,
    },
    /// A character that is not shown, or not where it stands, but changes how the text around it is.
    #[error("the name holds the control character U+{:04X}", u32::from(*.0))]
    Control(char),
    /// A character that everybody's fonts show differently, if at all.
    #[error("the name holds the private character U+{:04X}", u32::from(*.0))]
    Private(char),
    /// More than [`DISPLAY_NAME_MARKS_IN_A_ROW_MAX`] marks on one letter.
    #[error("the name has more than {DISPLAY_NAME_MARKS_IN_A_ROW_MAX} marks on one letter")]
    Marks,
}

impl DisplayName {
    /// Checks a name from outside; what only takes up room at its ends does not count.
    pub fn parse(text: &str) -> Result<DisplayName, MalformedName> {
        let name: Vec<char> = text.trim_matches(signs::is_margin).nfc().collect();
        if name.len() > DISPLAY_NAME_CHARACTERS_MAX {
            return Err(MalformedName::TooLong { characters: name.len() });
        }
        if !name.iter().copied().any(signs::is_seen) {
            return Err(MalformedName::Empty);
        }
        let mut reader = Reader::default();
        let mut rest = &name[..];
        while !rest.is_empty() {
            rest = &rest[reader.sign(rest)?..];
        }
        Ok(DisplayName(name.into_iter().collect()))
    }

    /// The nearest name to a text that nobody can be asked to type again, such as what a sign-in provider says: white space
    /// for the breaks in it, nothing for the other characters that a name may not hold, and the beginning of a long one.
    /// `None` if nothing is left to be seen.
    pub fn mended(text: &str) -> Option<DisplayName> {
        let unbroken = text.chars().map(|character| match character {
            line_break if line_break.is_whitespace() && signs::is_invisible(line_break) => ' ',
            other => other,
        });
        let text: Vec<char> = unbroken.nfc().collect();
        let mut name = Vec::new();
        let mut reader = Reader::default();
        let mut rest = &text[..];
        while !rest.is_empty() {
            let sign = if name.is_empty() && signs::is_margin(rest[0]) {
                None
            } else {
                reader.sign(rest).ok()
            };
            let (taken, left) = rest.split_at(sign.unwrap_or(1));
            if name.len() + sign.unwrap_or(0) > DISPLAY_NAME_CHARACTERS_MAX {
                break;
            }
            if sign.is_some() {
                name.extend_from_slice(taken);
            }
            rest = left;
        }
        DisplayName::parse(&String::from_iter(name)).ok()
    }

    /// The name in a row that was written earlier. Rows are older than the rule: one that breaks it is mended, and where nothing
    /// of it can be seen, somebody is called nameless.
    pub fn recorded(text: &str) -> DisplayName {
        DisplayName::mended(text).unwrap_or_else(|| DisplayName(NAMELESS.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What somebody is called of whose name nothing can be seen.
const NAMELESS: &str = "Nameless";

impl fmt::Display for DisplayName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Goes through a name sign by sign.
#[derive(Default)]
struct Reader {
    /// What was read last.
    before: Option<char>,
    /// How many marks, without a letter among them.
    marks: usize,
}

impl Reader {
    /// How many characters at the beginning of `rest` are one sign of a name, behind what was read before. What may not stand
    /// there is not read.
    fn sign(&mut self, rest: &[char]) -> Result<usize, MalformedName> {
        let length = signs::length(self.before, rest)?;
        let marks = rest[..length]
            .iter()
            .fold(self.marks, |marks, &character| match character {
                mark if signs::is_mark(mark) => marks + 1,
                // Or marks without end would stand on one letter, with joiners between them.
                joiner if signs::is_joiner(joiner) => marks,
                _ => 0,
            });
        if marks > DISPLAY_NAME_MARKS_IN_A_ROW_MAX {
            return Err(MalformedName::Marks);
        }
        self.marks = marks;
        self.before = Some(rest[length - 1]);
        Ok(length)
    }
}
