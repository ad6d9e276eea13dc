//! The grammar of Google's `filter` fields: AIP-160 as far as the Meet API documents it, and `IS [NOT] NULL`.
//!
//! ```text
//! filter     = [ expression ]
//! expression = factor { "AND" factor }
//! factor     = term { "OR" term }                  OR binds tighter than AND: not a slip, the standard says so
//! term       = [ "NOT" ] term | "(" expression ")" | path "IS" [ "NOT" ] "NULL" | path comparison value
//! comparison = "=" | "!=" | "<" | "<=" | ">" | ">="
//! value      = "text" | 'text' | text
//! ```
//!
//! Keywords are case-blind. Bare words next to each other are refused: AIP-160 reads them as a search over everything,
//! which no list here offers, and a forgotten `AND` should be heard of.

use crate::{
    Malformed, Predicate, Word, limits,
    tokens::{Token, tokens},
};

/// Reads a filter. Empty text is the predicate that everything satisfies.
pub fn google(text: &str) -> Result<Predicate, Malformed> {
    if text.len() > limits::FILTER_BYTES_MAX {
        let why = format!("a filter has at most {} bytes", limits::FILTER_BYTES_MAX);
        return Err(Malformed::new(limits::FILTER_BYTES_MAX, why));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        end: text.len(),
        depth: 0,
        terms: 0,
    };
    if parser.tokens.is_empty() {
        return Ok(Predicate::And(Vec::new()));
    }
    let predicate = parser.expression()?;
    match parser.peek() {
        None => Ok(predicate),
        Some(_) => Err(parser.expected("AND, OR or the end of the filter")),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    depth: usize,
    terms: usize,
}

impl Parser {
    fn expression(&mut self) -> Result<Predicate, Malformed> {
        self.list("AND", Parser::factor, Predicate::And)
    }

    fn factor(&mut self) -> Result<Predicate, Malformed> {
        self.list("OR", Parser::term, Predicate::Or)
    }

    fn list(
        &mut self,
        conjunction: &str,
        item: fn(&mut Parser) -> Result<Predicate, Malformed>,
        make: fn(Vec<Predicate>) -> Predicate,
    ) -> Result<Predicate, Malformed> {
        let first = item(self)?;
        if !self.take_keyword(conjunction) {
            return Ok(first);
        }
        let mut all = vec![first, item(self)?];
        while self.take_keyword(conjunction) {
            all.push(item(self)?);
        }
        Ok(make(all))
    }

    fn term(&mut self) -> Result<Predicate, Malformed> {
        if self.take_keyword("NOT") {
            let inner = self.nested(Parser::term)?;
            return Ok(Predicate::Not(Box::new(inner)));
        }
        if self.take(&Token::Open) {
            let inner = self.nested(Parser::expression)?;
            return if self.take(&Token::Close) {
                Ok(inner)
            } else {
                Err(self.expected("`)`"))
            };
        }
        self.condition()
    }

    fn nested(&mut self, inner: fn(&mut Parser) -> Result<Predicate, Malformed>) -> Result<Predicate, Malformed> {
        if self.depth == limits::DEPTH_MAX {
            let why = format!("parentheses and NOT go at most {} deep", limits::DEPTH_MAX);
            return Err(Malformed::new(self.position(), why));
        }
        self.depth += 1;
        let predicate = inner(self);
        self.depth -= 1;
        predicate
    }

    fn condition(&mut self) -> Result<Predicate, Malformed> {
        let at = self.position();
        if self.terms == limits::TERMS_MAX {
            return Err(Malformed::new(
                at,
                format!("a filter has at most {} conditions", limits::TERMS_MAX),
            ));
        }
        self.terms += 1;
        let Some(Token::Bare(text)) = self.peek().cloned() else {
            return Err(self.expected("a field"));
        };
        self.next += 1;
        let path = Word { text, at };
        if self.take_keyword("IS") {
            let negated = self.take_keyword("NOT");
            if !self.take_keyword("NULL") {
                return Err(self.expected("NULL"));
            }
            let is_null = Predicate::IsNull { path };
            return Ok(if negated {
                Predicate::Not(Box::new(is_null))
            } else {
                is_null
            });
        }
        let Some(&Token::Comparison(comparison)) = self.peek() else {
            return Err(self.expected("=, !=, <, <=, >, >= or IS"));
        };
        self.next += 1;
        let at = self.position();
        let Some(Token::Bare(text) | Token::Quoted(text)) = self.peek().cloned() else {
            return Err(self.expected("a value"));
        };
        self.next += 1;
        Ok(Predicate::Compare {
            path,
            comparison,
            literal: Word { text, at },
        })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn take(&mut self, token: &Token) -> bool {
        let here = self.peek() == Some(token);
        self.next += usize::from(here);
        here
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let here = matches!(self.peek(), Some(Token::Bare(text)) if text.eq_ignore_ascii_case(keyword));
        self.next += usize::from(here);
        here
    }

    fn position(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn expected(&self, what: &str) -> Malformed {
        Malformed::new(self.position(), format!("expected {what}"))
    }
}
