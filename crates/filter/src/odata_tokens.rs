//! The tokens of OData's filters.
//!
//! A `+` is a blank, since forms write blanks so, unless it is the sign of an offset: between a digit and `dd:dd`. A colon belongs to a
//! word that begins with a digit, which is a time, and ends any other, which is the variable of a lambda.

use crate::{
    Malformed,
    cursor::{Tokens, is_typographic_quote},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Open,
    Close,
    Comma,
    Colon,
    /// Text in quotes: a value, never a keyword or a path.
    Quoted(String),
    /// Anything else: a keyword, a path or a value, as the grammar has it.
    Bare(String),
}

impl Token {
    /// Whether it is this keyword.
    pub(crate) fn is_bare(&self, keyword: &str) -> bool {
        matches!(self, Token::Bare(text) if text == keyword)
    }
}

/// The tokens, each with the byte at which it begins.
pub(crate) fn tokens(text: &str) -> Result<Tokens<Token>, Malformed> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match first {
            _ if first.is_whitespace() || first == '+' => {
                at += first.len_utf8();
                continue;
            }
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            ':' => (Token::Colon, 1),
            '\'' => quoted(rest, at)?,
            _ if first == '"' || is_typographic_quote(first) => {
                return Err(Malformed::new(at, "a text stands in straight single quotes, '"));
            }
            _ => bare(rest, at)?,
        };
        let before = at;
        at += length;
        // `callType'groupCall'`: the type of a value says nothing that its property does not.
        let is_type = matches!(token, Token::Bare(_)) && text[at..].starts_with('\'');
        if !is_type {
            tokens.push((before, token));
        }
    }
    Ok(tokens)
}

/// A text in quotes, in which two quotes are one.
fn quoted(rest: &str, at: usize) -> Result<(Token, usize), Malformed> {
    let mut text = String::new();
    let mut from = 1;
    while let Some(quote) = rest[from..].find('\'') {
        text.push_str(&rest[from..from + quote]);
        from += quote + 1;
        if !rest[from..].starts_with('\'') {
            return Ok((Token::Quoted(text), from));
        }
        text.push('\'');
        from += 1;
    }
    Err(Malformed::new(at, "the text has no closing quote"))
}

fn bare(rest: &str, at: usize) -> Result<(Token, usize), Malformed> {
    let is_number = rest.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    let ends = |(index, character): (usize, char)| {
        let ends = match character {
            ':' => !is_number,
            '+' => !(is_number && is_offset(&rest[..index], &rest[index + 1..])),
            _ if is_typographic_quote(character) => true,
            _ => character.is_whitespace() || character.is_control() || "()=<>!\"'\\,;".contains(character),
        };
        ends.then_some(index)
    };
    match rest.char_indices().find_map(ends).unwrap_or(rest.len()) {
        0 => Err(Malformed::new(at, "unexpected character")),
        length => Ok((Token::Bare(rest[..length].to_owned()), length)),
    }
}

/// Whether what stands between is the sign of an offset: after a digit, before `dd:dd`.
fn is_offset(before: &str, after: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let follows_digit = before.as_bytes().last().is_some_and(is_digit);
    let is_time = match after.as_bytes() {
        [a, b, b':', c, d, ..] => [a, b, c, d].into_iter().all(is_digit),
        _ => false,
    };
    follows_digit && is_time
}
