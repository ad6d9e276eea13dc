//! The tree: what a filter means, whatever grammar it was written in.
//!
//! Paths and literals stay as written, because only the field table knows what they should look like; each remembers
//! where it stood, for the error that says so. An unset field satisfies no comparison and no comparison's negation, as
//! in SQL; `IS NULL` asks for it.

use std::fmt;

/// A condition on the fields of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// All of them. None at all is the empty filter, which everything satisfies.
    And(Vec<Predicate>),
    /// Any of them; two at least.
    Or(Vec<Predicate>),
    /// Not this.
    Not(Box<Predicate>),
    /// The field against a value.
    Compare {
        /// Names the field.
        path: Word,
        /// How.
        comparison: Comparison,
        /// The value.
        literal: Word,
    },
    /// The field has no value.
    IsNull {
        /// Names the field.
        path: Word,
    },
}

/// How a field is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Predicate {
    /// The same with each condition replaced by what it is found to mean: for a contract whose words are not those of the fields.
    pub fn translated<E>(self, translate: &mut impl FnMut(Predicate) -> Result<Predicate, E>) -> Result<Predicate, E> {
        let mut list = |all: Vec<Predicate>| -> Result<Vec<Predicate>, E> {
            all.into_iter().map(|one| one.translated(&mut *translate)).collect()
        };
        Ok(match self {
            Predicate::And(all) => Predicate::And(list(all)?),
            Predicate::Or(all) => Predicate::Or(list(all)?),
            Predicate::Not(inner) => Predicate::Not(Box::new(inner.translated(translate)?)),
            condition @ (Predicate::Compare { .. } | Predicate::IsNull { .. }) => translate(condition)?,
        })
    }

    /// What one field is compared with, everywhere: for a caller who keeps it under another name.
    pub fn literals_mut(&mut self, path: &str) -> Vec<&mut Word> {
        match self {
            Predicate::And(all) | Predicate::Or(all) => all.iter_mut().flat_map(|one| one.literals_mut(path)).collect(),
            Predicate::Not(inner) => inner.literals_mut(path),
            Predicate::Compare {
                path: named, literal, ..
            } if snake_case(&named.text) == path => vec![literal],
            Predicate::Compare { .. } | Predicate::IsNull { .. } => Vec::new(),
        }
    }

    /// Whether everything satisfies it, as it says nothing.
    pub fn is_empty(&self) -> bool {
        matches!(self, Predicate::And(all) if all.iter().all(Predicate::is_empty))
    }

    /// The value that this field has wherever the condition is true: for a caller who can begin there instead of at every row.
    pub fn demanded(&self, path: &str) -> Option<&str> {
        match self {
            Predicate::And(all) => all.iter().find_map(|one| one.demanded(path)),
            Predicate::Compare {
                path: named,
                comparison: Comparison::Equal,
                literal,
            } if snake_case(&named.text) == path => Some(&literal.text),
            _ => None,
        }
    }
}

/// `space.meetingCode` is `space.meeting_code`, which stays as it is.
pub(crate) fn snake_case(path: &str) -> String {
    let mut snake = String::with_capacity(path.len() + 4);
    for character in path.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

impl Comparison {
    /// Every comparison with its sign; a sign that begins with another stands before it.
    pub(crate) const SIGNS: [(&str, Comparison); 6] = [
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("!=", Comparison::NotEqual),
        ("=", Comparison::Equal),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];

    fn sign(self) -> &'static str {
        let row = Comparison::SIGNS.iter().find(|(_, comparison)| *comparison == self);
        row.expect("the table has them all").0
    }
}

/// A path or a literal, as written, and where.
#[derive(Debug, Clone, Eq)]
pub struct Word {
    /// Without its quotes and escapes.
    pub text: String,
    /// Bytes from the beginning of the filter.
    pub at: usize,
}

/// Words are equal if they say the same, wherever they stand: so are two predicates, then.
impl PartialEq for Word {
    fn eq(&self, other: &Word) -> bool {
        self.text == other.text
    }
}

/// Writes the predicate in Google's grammar, which reads it back as the same tree.
impl fmt::Display for Predicate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // OR binds tighter than AND: only within AND may an OR stand bare.
            Predicate::And(all) => list(out, all, " AND ", |inner| matches!(inner, Predicate::And(_))),
            Predicate::Or(all) => list(out, all, " OR ", |inner| {
                matches!(inner, Predicate::And(_) | Predicate::Or(_))
            }),
            Predicate::Not(inner) => match &**inner {
                Predicate::IsNull { path } => write!(out, "{} IS NOT NULL", path.text),
                Predicate::And(_) | Predicate::Or(_) => write!(out, "NOT ({inner})"),
                Predicate::Not(_) | Predicate::Compare { .. } => write!(out, "NOT {inner}"),
            },
            Predicate::Compare {
                path,
                comparison,
                literal,
            } => {
                let escaped = literal.text.replace('\\', "\\\\").replace('"', "\\\"");
                write!(out, "{} {} \"{escaped}\"", path.text, comparison.sign())
            }
            Predicate::IsNull { path } => write!(out, "{} IS NULL", path.text),
        }
    }
}

fn list(
    out: &mut fmt::Formatter<'_>,
    all: &[Predicate],
    conjunction: &str,
    needs_parentheses: fn(&Predicate) -> bool,
) -> fmt::Result {
    for (index, inner) in all.iter().enumerate() {
        if index > 0 {
            out.write_str(conjunction)?;
        }
        if needs_parentheses(inner) {
            write!(out, "({inner})")?;
        } else {
            write!(out, "{inner}")?;
        }
    }
    Ok(())
}
