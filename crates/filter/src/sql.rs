//! A predicate into SQL, by a table of the fields that a list offers.

use crate::{
    Comparison, Malformed, Predicate, Word,
    predicate::snake_case,
    time_literal::{MicrosecondCondition, TimeLiteral},
};

/// A field that may stand in the filters of a list.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// In `snake_case`, with dots: `space.meeting_code`. Callers may write it in camel case too.
    pub path: &'static str,
    /// The column that holds it, or any SQL expression of that type. It is copied into the SQL as it stands.
    pub column: &'static str,
    /// What its values look like.
    pub kind: Kind,
}

/// What the values of a field look like, to the caller and in the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A moment; microseconds since the Unix epoch in the column.
    Time,
    /// A text.
    Text,
    /// A text, of which a `*` at the end of what it is compared with leaves the rest open.
    Pattern,
    /// A resource name with this prefix (`spaces/`); the id after it in the column.
    ResourceName(&'static str),
    /// A whole number.
    Number,
    /// A text that one of several rows must have: the column is a query up to what it is compared with, `select 1 from … and name`.
    Any,
}

/// A value to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// For a `bigint` column.
    Int(i64),
    /// For a `text` column.
    Text(String),
}

impl Predicate {
    /// Writes the condition for a `where`, in parentheses if it needs them, and its parameters, which are numbered
    /// from `$first_parameter` in their order. Refuses fields that are not in the table, and values that are none of
    /// theirs.
    pub fn to_sql(&self, fields: &[Field], first_parameter: usize) -> Result<(String, Vec<Parameter>), Malformed> {
        let mut writer = Writer {
            fields,
            first_parameter,
            sql: String::new(),
            parameters: Vec::new(),
        };
        writer.predicate(self)?;
        Ok((writer.sql, writer.parameters))
    }
}

struct Writer<'a> {
    fields: &'a [Field],
    first_parameter: usize,
    sql: String,
    parameters: Vec<Parameter>,
}

impl Writer<'_> {
    fn predicate(&mut self, predicate: &Predicate) -> Result<(), Malformed> {
        match predicate {
            Predicate::And(all) => self.list(all, " and ", "1 = 1"),
            Predicate::Or(all) => self.list(all, " or ", "1 = 0"),
            Predicate::Not(inner) => {
                self.sql.push_str("not (");
                self.predicate(inner)?;
                self.sql.push(')');
                Ok(())
            }
            Predicate::IsNull { path } => {
                let field = self.field(path)?;
                if field.kind == Kind::Any {
                    return Err(Malformed::new(path.at, format!("{} compares only with =", field.path)));
                }
                self.sql.extend([field.column, " is null"]);
                Ok(())
            }
            Predicate::Compare {
                path,
                comparison,
                literal,
            } => self.comparison(path, *comparison, literal),
        }
    }

    fn list(&mut self, all: &[Predicate], conjunction: &str, when_empty: &str) -> Result<(), Malformed> {
        if all.is_empty() {
            self.sql.push_str(when_empty);
            return Ok(());
        }
        for (index, inner) in all.iter().enumerate() {
            self.sql.push_str(if index == 0 { "(" } else { conjunction });
            self.predicate(inner)?;
        }
        self.sql.push(')');
        Ok(())
    }

    fn comparison(&mut self, path: &Word, comparison: Comparison, literal: &Word) -> Result<(), Malformed> {
        let field = self.field(path)?;
        match field.kind {
            Kind::Time => return self.time(field.column, comparison, literal),
            Kind::Number => {
                let number = literal.text.parse();
                let number = number.map_err(|_| Malformed::new(literal.at, "expected a whole number"))?;
                self.compare(field.column, comparison, Parameter::Int(number));
                return Ok(());
            }
            Kind::Text | Kind::Pattern | Kind::ResourceName(_) | Kind::Any => {}
        }
        if field.kind == Kind::Pattern
            && let Some(begin) = literal.text.strip_suffix('*')
        {
            let length = begin.chars().count();
            let column = format!("substr({}, 1, {length})", field.column);
            let begin = Parameter::Text(begin.to_owned());
            return self.equality(&field, path, &column, comparison, begin);
        }
        let text = Parameter::Text(text(field.kind, literal)?);
        match (field.kind, comparison) {
            (Kind::Any, Comparison::Equal) => {
                self.sql.push_str("exists (");
                self.compare(field.column, comparison, text);
                self.sql.push(')');
            }
            // That some row has another value would be true of nearly all lists of rows.
            (Kind::Any, _) => return Err(Malformed::new(path.at, format!("{} compares only with =", field.path))),
            _ => return self.equality(&field, path, field.column, comparison, text),
        }
        Ok(())
    }

    /// The two engines sort texts differently, so texts are the same or are not.
    fn equality(
        &mut self,
        field: &Field,
        path: &Word,
        column: &str,
        comparison: Comparison,
        text: Parameter,
    ) -> Result<(), Malformed> {
        if !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            let why = format!("{} compares only with = and !=", field.path);
            return Err(Malformed::new(path.at, why));
        }
        self.compare(column, comparison, text);
        Ok(())
    }

    fn time(&mut self, column: &str, comparison: Comparison, literal: &Word) -> Result<(), Malformed> {
        let time = TimeLiteral::parse(&literal.text).map_err(|why| Malformed::new(literal.at, why))?;
        match time.condition(comparison) {
            MicrosecondCondition::Compare(comparison) => {
                self.compare(column, comparison, Parameter::Int(time.floor_us));
            }
            // Of an unset field nothing is known, not even this: as with any other comparison.
            MicrosecondCondition::Never => self.sql.extend([column, " <> ", column]),
            MicrosecondCondition::Always => self.sql.extend([column, " = ", column]),
        }
        Ok(())
    }

    fn compare(&mut self, column: &str, comparison: Comparison, parameter: Parameter) {
        let sign = match comparison {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        };
        let number = (self.first_parameter + self.parameters.len()).to_string();
        self.sql.extend([column, " ", sign, " $", &number]);
        self.parameters.push(parameter);
    }

    fn field(&self, path: &Word) -> Result<Field, Malformed> {
        let snake = snake_case(&path.text);
        self.fields
            .iter()
            .find(|field| field.path == snake)
            .copied()
            .ok_or_else(|| {
                let known: Vec<_> = self.fields.iter().map(|field| field.path).collect();
                Malformed::new(
                    path.at,
                    format!("there is no field {:?} here; there are {}", path.text, known.join(", ")),
                )
            })
    }
}

/// What a text column holds of this literal.
fn text(kind: Kind, literal: &Word) -> Result<String, Malformed> {
    let prefix = match kind {
        Kind::ResourceName(prefix) => prefix,
        Kind::Text | Kind::Pattern | Kind::Any | Kind::Time | Kind::Number => "",
    };
    let Some(text) = literal.text.strip_prefix(prefix) else {
        return Err(Malformed::new(
            literal.at,
            format!("expected a name that begins with {prefix}"),
        ));
    };
    if text.contains('\0') {
        // PostgreSQL has no such texts, so nothing could equal it.
        return Err(Malformed::new(literal.at, "a text has no zero bytes"));
    }
    Ok(text.to_owned())
}
