//! Where a parser is among its tokens, and the limits that every grammar keeps.
//!
//! A grammar says what its tokens are and what follows what. How far it may go, how deep and for how many conditions, and where
//! something was expected in vain, is the same for all.

use crate::{Malformed, Predicate, limits};

/// What a grammar makes of a filter: its tokens, each with the byte at which it begins.
pub(crate) type Tokens<T> = Vec<(usize, T)>;

/// Whether a word processor writes this where somebody meant a straight quote. No path, time or name has one, and a value in them would
/// silently be another one.
pub(crate) fn is_typographic_quote(character: char) -> bool {
    "‘’‚‛“”„‟‹›«»`´′″".contains(character)
}

/// The tokens of a filter, read from left to right.
pub(crate) struct Cursor<T> {
    tokens: Tokens<T>,
    next: usize,
    end: usize,
    depth: usize,
    terms: usize,
}

impl<T: PartialEq> Cursor<T> {
    /// At the beginning of a filter.
    pub(crate) fn open(text: &str, tokens: fn(&str) -> Result<Tokens<T>, Malformed>) -> Result<Cursor<T>, Malformed> {
        if text.len() > limits::FILTER_BYTES_MAX {
            let why = format!("a filter has at most {} bytes", limits::FILTER_BYTES_MAX);
            return Err(Malformed::new(limits::FILTER_BYTES_MAX, why));
        }
        Ok(Cursor {
            tokens: tokens(text)?,
            next: 0,
            end: text.len(),
            depth: 0,
            terms: 0,
        })
    }

    /// The token that stands here; `None` at the end.
    pub(crate) fn peek(&self) -> Option<&T> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    /// Goes over the token that stands here.
    pub(crate) fn advance(&mut self) {
        self.next += 1;
    }

    /// Goes over this token, if it stands here.
    pub(crate) fn take(&mut self, token: &T) -> bool {
        self.take_if(|here| here == token)
    }

    /// Goes over the token that stands here, if it is such a one.
    pub(crate) fn take_if(&mut self, is_such: impl Fn(&T) -> bool) -> bool {
        let here = self.peek().is_some_and(is_such);
        self.next += usize::from(here);
        here
    }

    /// In bytes from the beginning.
    pub(crate) fn position(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    /// That something else should stand here.
    pub(crate) fn expected(&self, what: &str) -> Malformed {
        Malformed::new(self.position(), format!("expected {what}"))
    }

    /// Goes one level deeper, into what `nesting` names; [`Cursor::leave`] comes back.
    pub(crate) fn enter(&mut self, nesting: &str) -> Result<(), Malformed> {
        if self.depth == limits::DEPTH_MAX {
            let why = format!("{nesting} go at most {} deep", limits::DEPTH_MAX);
            return Err(Malformed::new(self.position(), why));
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Counts a condition that begins there.
    pub(crate) fn count_term(&mut self, at: usize) -> Result<(), Malformed> {
        if self.terms == limits::TERMS_MAX {
            let why = format!("a filter has at most {} conditions", limits::TERMS_MAX);
            return Err(Malformed::new(at, why));
        }
        self.terms += 1;
        Ok(())
    }
}

/// One item alone, or several with a conjunction between each two.
pub(crate) fn joined<P>(
    parser: &mut P,
    take_conjunction: impl Fn(&mut P) -> bool,
    item: fn(&mut P) -> Result<Predicate, Malformed>,
    make: fn(Vec<Predicate>) -> Predicate,
) -> Result<Predicate, Malformed> {
    let first = item(parser)?;
    if !take_conjunction(parser) {
        return Ok(first);
    }
    let mut all = vec![first, item(parser)?];
    while take_conjunction(parser) {
        all.push(item(parser)?);
    }
    Ok(make(all))
}
