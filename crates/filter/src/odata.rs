//! The grammar of OData's `$filter`, as far as it asks for what the tree can say.
//!
//! ```text
//! filter     = [ or ]
//! or         = and { "or" and }
//! and        = term { "and" term }                  and binds tighter than or, unlike in Google's grammar
//! term       = "not" term | "(" or ")" | any | condition
//! condition  = path comparison value | path "in" "(" value { "," value } ")"
//! any        = path "/any(" variable ":" or ")"     of conditions on what begins with the variable
//! comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge"
//! value      = 'text' | 2026-01-31T09:30:00Z | 42 | null
//! ```
//!
//! Keywords are in lower case, as the standard has them; a quote within a text is written twice. `eq null` asks for what has no value.
//! Paths become those of the tree, with dots: `organizer/id` is `organizer.id`, and so is `organizer/any(o:o/id eq 'x')`: of many, a
//! field of theirs compares with one value if any of them does. Only `eq`, `in` and `or` say the same of each alone as of all, so
//! within `any` there is nothing else.
//!
//! Functions (`startswith`, `contains`) are refused by name: the engines compare texts in ways that differ, and no index would help.

use crate::{
    Comparison, Malformed, Predicate, Word,
    cursor::{Cursor, joined},
    odata_tokens::{Token, tokens},
};

/// The comparisons by their names.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("eq", Comparison::Equal),
    ("ne", Comparison::NotEqual),
    ("lt", Comparison::Less),
    ("le", Comparison::LessOrEqual),
    ("gt", Comparison::Greater),
    ("ge", Comparison::GreaterOrEqual),
];

/// Reads a filter. Empty text is the predicate that everything satisfies.
pub fn odata(text: &str) -> Result<Predicate, Malformed> {
    let mut parser = Parser {
        cursor: Cursor::open(text, tokens)?,
        any: None,
    };
    if parser.cursor.peek().is_none() {
        return Ok(Predicate::And(Vec::new()));
    }
    let predicate = parser.or()?;
    match parser.cursor.peek() {
        None => Ok(predicate),
        Some(_) => Err(parser.cursor.expected("and, or, or the end of the filter")),
    }
}

struct Parser {
    cursor: Cursor<Token>,
    /// What it is read within.
    any: Option<Any>,
}

/// One of many, of whom a condition speaks.
struct Any {
    variable: String,
    /// What there are many of.
    path: String,
}

/// What a condition compares with.
enum Value {
    Null,
    Literal(Word),
}

impl Parser {
    fn or(&mut self) -> Result<Predicate, Malformed> {
        joined(self, |parser| parser.take_keyword("or"), Parser::and, Predicate::Or)
    }

    fn and(&mut self) -> Result<Predicate, Malformed> {
        if self.any.is_some() {
            return self.term();
        }
        joined(self, |parser| parser.take_keyword("and"), Parser::term, Predicate::And)
    }

    fn term(&mut self) -> Result<Predicate, Malformed> {
        if self.any.is_none() && self.take_keyword("not") {
            let inner = self.nested(Parser::term)?;
            return Ok(Predicate::Not(Box::new(inner)));
        }
        if self.cursor.take(&Token::Open) {
            let inner = self.nested(Parser::or)?;
            self.close()?;
            return Ok(inner);
        }
        self.condition()
    }

    fn nested(&mut self, inner: fn(&mut Parser) -> Result<Predicate, Malformed>) -> Result<Predicate, Malformed> {
        self.cursor.enter("parentheses and not")?;
        let predicate = inner(self);
        self.cursor.leave();
        predicate
    }

    fn condition(&mut self) -> Result<Predicate, Malformed> {
        let at = self.cursor.position();
        let Some(Token::Bare(text)) = self.cursor.peek().cloned() else {
            return Err(self.cursor.expected("a property"));
        };
        self.cursor.advance();
        if self.cursor.peek() == Some(&Token::Open) {
            return self.call(&text, at);
        }
        let path = self.path(&text, at)?;
        if self.take_keyword("in") {
            return self.one_of(&path);
        }
        let comparisons = if self.any.is_some() {
            &COMPARISONS[..1]
        } else {
            &COMPARISONS
        };
        let Some((_, comparison)) = comparisons.iter().find(|(name, _)| self.peek_is(name)) else {
            let among = ["eq, ne, lt, le, gt, ge or in", "eq or in"];
            return Err(self.cursor.expected(among[usize::from(self.any.is_some())]));
        };
        self.cursor.advance();
        self.compared(path, *comparison)
    }

    fn compared(&mut self, path: Word, comparison: Comparison) -> Result<Predicate, Malformed> {
        self.cursor.count_term(path.at)?;
        let at = self.cursor.position();
        match (self.value()?, comparison) {
            (Value::Literal(literal), _) => Ok(Predicate::Compare {
                path,
                comparison,
                literal,
            }),
            (Value::Null, Comparison::Equal) => Ok(Predicate::IsNull { path }),
            (Value::Null, Comparison::NotEqual) => Ok(Predicate::Not(Box::new(Predicate::IsNull { path }))),
            (Value::Null, _) => Err(Malformed::new(at, "null compares only with eq and ne")),
        }
    }

    /// `path in ('a','b')`.
    fn one_of(&mut self, path: &Word) -> Result<Predicate, Malformed> {
        if !self.cursor.take(&Token::Open) {
            return Err(self.cursor.expected("`(` and the values"));
        }
        let mut all = vec![self.compared(path.clone(), Comparison::Equal)?];
        while self.cursor.take(&Token::Comma) {
            all.push(self.compared(path.clone(), Comparison::Equal)?);
        }
        self.close()?;
        Ok(match all.len() {
            1 => all.remove(0),
            _ => Predicate::Or(all),
        })
    }

    /// `any`; the other functions are not known.
    fn call(&mut self, name: &str, at: usize) -> Result<Predicate, Malformed> {
        let Some((collection, "any")) = name.rsplit_once('/') else {
            let why =
                format!("there is no function {name:?} here; there is any, as in participants_v2/any(p:p/id eq 'x')");
            return Err(Malformed::new(at, why));
        };
        if self.any.is_some() {
            return Err(Malformed::new(at, "within any there is no other any"));
        }
        let path = dotted(collection);
        self.cursor.advance();
        let variable = match self.cursor.peek() {
            Some(Token::Bare(variable)) if !variable.contains('/') => variable.clone(),
            _ => return Err(self.cursor.expected("a variable, as in any(p:p/id eq 'x')")),
        };
        self.cursor.advance();
        if !self.cursor.take(&Token::Colon) {
            return Err(self.cursor.expected("`:`"));
        }
        self.any = Some(Any { variable, path });
        let inner = self.nested(Parser::or)?;
        self.close()?;
        self.any = None;
        Ok(inner)
    }

    /// The path in the tree of one that stands here.
    fn path(&self, text: &str, at: usize) -> Result<Word, Malformed> {
        let Some(Any { variable, path }) = &self.any else {
            return Ok(Word { text: dotted(text), at });
        };
        let text = match text.strip_prefix(variable.as_str()) {
            Some("") => path.clone(),
            Some(rest) if rest.len() > 1 && rest.starts_with('/') => format!("{path}{}", dotted(rest)),
            _ => {
                let why = format!("within any, a property begins with `{variable}/`");
                return Err(Malformed::new(at, why));
            }
        };
        Ok(Word { text, at })
    }

    fn value(&mut self) -> Result<Value, Malformed> {
        let at = self.cursor.position();
        let value = match self.cursor.peek().cloned() {
            Some(Token::Bare(text)) if text == "null" => Value::Null,
            Some(Token::Bare(text)) if is_literal(&text) => Value::Literal(Word { text, at }),
            Some(Token::Quoted(text)) => Value::Literal(Word { text, at }),
            Some(Token::Bare(_)) => return Err(self.cursor.expected("a value; texts stand in single quotes")),
            _ => return Err(self.cursor.expected("a value")),
        };
        self.cursor.advance();
        Ok(value)
    }

    fn close(&mut self) -> Result<(), Malformed> {
        if self.cursor.take(&Token::Close) {
            Ok(())
        } else {
            Err(self.cursor.expected("`)`"))
        }
    }

    fn peek_is(&self, keyword: &str) -> bool {
        self.cursor.peek().is_some_and(|token| token.is_bare(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        self.cursor.take_if(|token| token.is_bare(keyword))
    }
}

/// As the tree writes paths.
fn dotted(path: &str) -> String {
    path.replace('/', ".")
}

/// What stands without quotes and is no property: numbers, times, UUIDs.
fn is_literal(text: &str) -> bool {
    let is_uuid = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_uuid || text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
}
