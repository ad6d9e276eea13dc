//! The grammar of Google's `filter` fields: AIP-160 as far as our lists need it, and `IS [NOT] NULL`.
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
//! The lists of the Meet API take less, as their contract has it: conditions with `AND` between them, and no `!=`
//! ([`google_conditions`]).
//!
//! Keywords are case-blind. Bare words next to each other are refused: AIP-160 reads them as a search over everything,
//! which no list here offers, and a forgotten `AND` should be heard of.

use crate::{
    Comparison, Malformed, Predicate, Word,
    cursor::{Cursor, joined},
    tokens::{Token, tokens},
};

/// Reads a filter. Empty text is the predicate that everything satisfies.
pub fn google(text: &str) -> Result<Predicate, Malformed> {
    read(text, Parser::expression, "AND, OR or the end of the filter")
}

/// Reads a filter that joins conditions by `AND` alone.
pub fn google_conditions(text: &str) -> Result<Predicate, Malformed> {
    read(text, Parser::conjunction, "AND or the end of the filter")
}

fn read(
    text: &str,
    whole: fn(&mut Parser) -> Result<Predicate, Malformed>,
    after: &str,
) -> Result<Predicate, Malformed> {
    let mut parser = Parser(Cursor::open(text, tokens)?);
    if parser.0.peek().is_none() {
        return Ok(Predicate::And(Vec::new()));
    }
    let predicate = whole(&mut parser)?;
    match parser.0.peek() {
        None => Ok(predicate),
        Some(_) => Err(parser.0.expected(after)),
    }
}

struct Parser(Cursor<Token>);

impl Parser {
    fn expression(&mut self) -> Result<Predicate, Malformed> {
        joined(
            self,
            |parser| parser.take_keyword("AND"),
            Parser::factor,
            Predicate::And,
        )
    }

    fn conjunction(&mut self) -> Result<Predicate, Malformed> {
        joined(
            self,
            |parser| parser.take_keyword("AND"),
            Parser::stated,
            Predicate::And,
        )
    }

    /// A condition that says what is, and not what is not.
    fn stated(&mut self) -> Result<Predicate, Malformed> {
        let condition = self.condition()?;
        match &condition {
            Predicate::Compare {
                path,
                comparison: Comparison::NotEqual,
                ..
            } => Err(Malformed::new(
                path.at,
                format!("{} is not compared with !=", path.text),
            )),
            _ => Ok(condition),
        }
    }

    fn factor(&mut self) -> Result<Predicate, Malformed> {
        joined(self, |parser| parser.take_keyword("OR"), Parser::term, Predicate::Or)
    }

    fn term(&mut self) -> Result<Predicate, Malformed> {
        if self.take_keyword("NOT") {
            let inner = self.nested(Parser::term)?;
            return Ok(Predicate::Not(Box::new(inner)));
        }
        if self.0.take(&Token::Open) {
            let inner = self.nested(Parser::expression)?;
            return if self.0.take(&Token::Close) {
                Ok(inner)
            } else {
                Err(self.0.expected("`)`"))
            };
        }
        self.condition()
    }

    fn nested(&mut self, inner: fn(&mut Parser) -> Result<Predicate, Malformed>) -> Result<Predicate, Malformed> {
        self.0.enter("parentheses and NOT")?;
        let predicate = inner(self);
        self.0.leave();
        predicate
    }

    fn condition(&mut self) -> Result<Predicate, Malformed> {
        let at = self.0.position();
        self.0.count_term(at)?;
        let Some(Token::Bare(text)) = self.0.peek().cloned() else {
            return Err(self.0.expected("a field"));
        };
        self.0.advance();
        let path = Word { text, at };
        if self.take_keyword("IS") {
            let negated = self.take_keyword("NOT");
            if !self.take_keyword("NULL") {
                return Err(self.0.expected("NULL"));
            }
            let is_null = Predicate::IsNull { path };
            return Ok(if negated {
                Predicate::Not(Box::new(is_null))
            } else {
                is_null
            });
        }
        let Some(&Token::Comparison(comparison)) = self.0.peek() else {
            return Err(self.0.expected("=, !=, <, <=, >, >= or IS"));
        };
        self.0.advance();
        let at = self.0.position();
        let Some(Token::Bare(text) | Token::Quoted(text)) = self.0.peek().cloned() else {
            return Err(self.0.expected("a value"));
        };
        self.0.advance();
        Ok(Predicate::Compare {
            path,
            comparison,
            literal: Word { text, at },
        })
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        self.0
            .take_if(|token| matches!(token, Token::Bare(text) if text.eq_ignore_ascii_case(keyword)))
    }
}
