//! The name that others see on a tile and in the register: of a guest, of an account, of an app, of an organisation. Anybody
//! may type one, and it stands beside other people's: so it has a limit, and no character that moves, hides or breaks the
//! text around it.
//!
//! Whoever types a name that breaks the rule is told so and types another. Where nobody is there to do that, the name is
//! mended instead ([`DisplayName::mended`]).

use crate::limits::DISPLAY_NAME_CHARACTERS_MAX;
use std::fmt;

/// A name fit to be shown: 1 to 100 characters, no white space at its ends, nothing invisible but joiners.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisplayName(String);

/// Why a text is not a display name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedName {
    /// Nothing is left without the white space at its ends.
    #[error("a name is required")]
    Empty,
    /// More characters than [`DISPLAY_NAME_CHARACTERS_MAX`].
    #[error("the name has {characters} characters, more than {DISPLAY_NAME_CHARACTERS_MAX}")]
    TooLong {
        /// How many it has.
        characters: usize,
    },
    /// A character that is not shown but changes how the text around it is.
    #[error("the name holds the control character U+{:04X}", u32::from(*.0))]
    Control(char),
}

impl DisplayName {
    /// Checks a name from outside; white space at its ends does not count.
    pub fn parse(text: &str) -> Result<DisplayName, MalformedName> {
        let name = text.trim();
        let characters = name.chars().count();
        if characters > DISPLAY_NAME_CHARACTERS_MAX {
            return Err(MalformedName::TooLong { characters });
        }
        if let Some(control) = name.chars().find(|&character| is_control(character)) {
            return Err(MalformedName::Control(control));
        }
        if name
            .chars()
            .all(|character| character.is_whitespace() || is_joiner(character))
        {
            return Err(MalformedName::Empty);
        }
        Ok(DisplayName(name.to_owned()))
    }

    /// The nearest name to a text that nobody can be asked to type again, such as what a sign-in provider says: white space
    /// for the breaks in it, nothing for the other characters that a name may not hold, and the beginning of a long one.
    /// `None` if nothing is left to be seen.
    pub fn mended(text: &str) -> Option<DisplayName> {
        let allowed = text.chars().filter_map(|character| match character {
            allowed if !is_control(allowed) => Some(allowed),
            line_break if line_break.is_whitespace() => Some(' '),
            _ => None,
        });
        let beginning = allowed.skip_while(|character| character.is_whitespace());
        let beginning: String = beginning.take(DISPLAY_NAME_CHARACTERS_MAX).collect();
        DisplayName::parse(&beginning).ok()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Control characters, line separators, marks that change the direction of the text after them, and characters without
/// any width: two names that look the same must not differ by one of these.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Joiners are part of how Persian, Hindi and many emoji are written, but do not make a name by themselves.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}
