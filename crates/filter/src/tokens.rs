//! Text into tokens. White space only separates, so `a>=b` and `a >= b` are the same.

use crate::{
    Comparison, Malformed,
    cursor::{Tokens, is_typographic_quote},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Open,
    Close,
    Comparison(Comparison),
    /// Text in quotes: a value, never a keyword or a path.
    Quoted(String),
    /// Anything else: a keyword, a path or a value, as the grammar has it.
    Bare(String),
}

/// The tokens, each with the byte at which it begins.
pub(crate) fn tokens(text: &str) -> Result<Tokens<Token>, Malformed> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if let Some((sign, comparison)) = Comparison::SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            (Token::Comparison(*comparison), sign.len())
        } else {
            match first {
                '(' => (Token::Open, 1),
                ')' => (Token::Close, 1),
                '"' | '\'' => quoted(rest, first, at)?,
                _ if is_typographic_quote(first) => {
                    return Err(Malformed::new(at, "a string stands in straight quotes, \" or '"));
                }
                _ => bare(rest, at)?,
            }
        };
        tokens.push((at, token));
        at += length;
    }
    Ok(tokens)
}

/// A string in `quote`s, in which a backslash makes the next quote or backslash ordinary.
fn quoted(rest: &str, quote: char, at: usize) -> Result<(Token, usize), Malformed> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        match character {
            _ if character == quote => return Ok((Token::Quoted(text), index + quote.len_utf8())),
            '\\' => match characters.next() {
                Some((_, escaped @ ('\\' | '"' | '\''))) => text.push(escaped),
                Some(_) => {
                    return Err(Malformed::new(
                        at + index,
                        "only quotes and backslashes follow a backslash",
                    ));
                }
                None => break,
            },
            _ => text.push(character),
        }
    }
    Err(Malformed::new(at, "the string has no closing quote"))
}

fn bare(rest: &str, at: usize) -> Result<(Token, usize), Malformed> {
    let ends = |c: char| c.is_whitespace() || c.is_control() || is_typographic_quote(c) || "()=<>!\"'\\,".contains(c);
    match rest.find(ends).unwrap_or(rest.len()) {
        0 => Err(Malformed::new(at, "unexpected character")),
        length => Ok((Token::Bare(rest[..length].to_owned()), length)),
    }
}
