//! Which characters may stand in a name, and where.
//!
//! Two names that look the same must not differ by a character that nobody sees. So what Unicode calls default-ignorable may
//! not stand in a name, nor what commands and formats, but where it shapes what is seen: joiners inside Arabic and Indic
//! writing and between emoji, variation selectors behind an emoji, and the tags that make a flag that of a region.
//!
//! General categories come from a crate that is kept up with Unicode. What no small crate has is written out here: characters
//! that are not seen although their category is that of letters and marks, and the blocks whose letters join.

use super::MalformedName;
use unicode_normalization::char::canonical_combining_class;
use unicode_properties::{
    EmojiStatus, GeneralCategory, GeneralCategoryGroup, UnicodeEmoji as _, UnicodeGeneralCategory as _,
};

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const BLACK_FLAG: char = '\u{1f3f4}';
const CANCEL_TAG: char = '\u{e007f}';
const KEYCAP: char = '\u{20e3}';

/// How many characters at the beginning of `rest`, which has one, belong together and may stand behind `before`.
pub(super) fn length(before: Option<char>, rest: &[char]) -> Result<usize, MalformedName> {
    let (first, next) = (rest[0], rest.get(1).copied());
    let length = match first {
        // With what it joins to, so that nothing can come between them.
        NON_JOINER | JOINER if joins_letters(before, next) || joins_emoji(before, first, next) => 2,
        NON_JOINER | JOINER if before.is_some_and(is_virama) => 1,
        '\u{fe0e}' | '\u{fe0f}' if before.is_some_and(is_emoji) => 1,
        '\u{fe0e}' | '\u{fe0f}' if before.is_some_and(has_keycap) && next == Some(KEYCAP) => 2,
        '\u{e0020}'..=CANCEL_TAG if before == Some(BLACK_FLAG) => region(rest).ok_or(MalformedName::Control(first))?,
        private if private.general_category() == GeneralCategory::PrivateUse => {
            return Err(MalformedName::Private(private));
        }
        invisible if is_invisible(invisible) => return Err(MalformedName::Control(invisible)),
        _ => 1,
    };
    Ok(length)
}

/// Takes up room at the end of a name and is nothing of it: white space, and the marks of direction that programs put around
/// the names they copy.
pub(super) fn is_margin(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

/// Whether something is seen where this stands alone.
pub(super) fn is_seen(character: char) -> bool {
    let shown = !matches!(
        character.general_category_group(),
        GeneralCategoryGroup::Mark | GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other
    );
    let unassigned = character.general_category() == GeneralCategory::Unassigned;
    (shown || unassigned) && !is_invisible(character)
}

/// Control and format characters, separators of lines, whatever else Unicode has a program not show by itself, and signs of
/// writing that are blank.
pub(super) fn is_invisible(character: char) -> bool {
    // Braille without dots, what fills a place in Khitan writing, two hieroglyphs, a note without its head, a missing object.
    const BLANK: [char; 6] = [
        '\u{2800}',
        '\u{16fe4}',
        '\u{13441}',
        '\u{13442}',
        '\u{1d159}',
        '\u{fffc}',
    ];
    matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || BLANK.contains(&character)
        || matches!(
            character,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2065}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A mark that stands on the letter before it and takes no room of its own.
pub(super) fn is_mark(character: char) -> bool {
    matches!(
        character.general_category(),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

pub(super) fn is_joiner(character: char) -> bool {
    matches!(character, NON_JOINER | JOINER)
}

/// Persian keeps the parts of a word apart so, and Indic writing chooses the shapes of its letters. Behind the sign that takes
/// a vowel away, a joiner also ends a word.
fn joins_letters(before: Option<char>, next: Option<char>) -> bool {
    before.is_some_and(is_of_joining_script) && next.is_some_and(is_of_joining_script)
}

fn is_of_joining_script(character: char) -> bool {
    const ARABIC_TO_MANDAIC: std::ops::RangeInclusive<char> = '\u{600}'..='\u{8ff}';
    const DEVANAGARI_TO_SINHALA: std::ops::RangeInclusive<char> = '\u{900}'..='\u{dff}';
    const REST: [std::ops::RangeInclusive<char>; 4] = [
        // Myanmar, Khmer, Mongolian, and the forms of Arabic that older programs write.
        '\u{1000}'..='\u{109f}',
        '\u{1780}'..='\u{17ff}',
        '\u{1800}'..='\u{18af}',
        '\u{fb50}'..='\u{fefc}',
    ];
    let lies_there = ARABIC_TO_MANDAIC.contains(&character)
        || DEVANAGARI_TO_SINHALA.contains(&character)
        || REST.iter().any(|block| block.contains(&character));
    lies_there && !is_invisible(character)
}

/// The sign that takes the vowel of an Indic letter away, by its combining class.
fn is_virama(character: char) -> bool {
    canonical_combining_class(character) == 9
}

fn joins_emoji(before: Option<char>, joiner: char, next: Option<char>) -> bool {
    let behind = before.is_some_and(|before| is_emoji(before) || before == '\u{fe0f}');
    joiner == JOINER && behind && next.is_some_and(is_emoji)
}

/// An emoji by itself; digits are one only as keycaps.
fn is_emoji(character: char) -> bool {
    character.is_emoji_char() && !has_keycap(character)
}

fn has_keycap(character: char) -> bool {
    character.emoji_status() == EmojiStatus::EmojiOtherAndEmojiComponent
}

/// The length of the tags behind a black flag: what they spell is a region, such as `gbsct`, and has an end.
fn region(tags: &[char]) -> Option<usize> {
    let end = tags.iter().position(|&tag| tag == CANCEL_TAG)?;
    let spells = |tag: &char| matches!(tag, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    ((3..=6).contains(&end) && tags[..end].iter().all(spells)).then_some(end + 1)
}
