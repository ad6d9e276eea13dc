//! The options of a query: `$select`, `$expand` with options of its own in parentheses, `$filter`, and how pages are cut.
//!
//! ```text
//! query  = option { "&" option }                    of which names and values are percent-encoded
//! option = [ "$" ] name "=" value                   names in any case
//! expand = navigation [ "(" option { ";" option } ")" ] { "," navigation … }
//! ```
//!
//! They are read whatever they are about; what the resource has is another question ([`Shape`](crate::Shape)). A `+` stays one: it is
//! the sign of an offset more often than a blank, and the filter's grammar knows which.

use percent_encoding::percent_decode_str;

use crate::{Refused, limits};

/// What is asked of a resource, or of what is expanded below it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Options {
    /// The properties that are wanted; none: all.
    pub select: Vec<String>,
    /// What is wanted below it.
    pub expand: Vec<Expand>,
    /// A condition, as it was written.
    pub filter: Option<String>,
    /// An order, as it was written.
    pub order_by: Option<String>,
    /// Items on a page.
    pub top: Option<u32>,
    /// Where the page before ended.
    pub skip_token: Option<String>,
    /// Whether the number of all items is wanted.
    pub count: bool,
    /// Whether meetings that go on are among the records: an option of our own.
    pub provisional: bool,
}

/// What is wanted below a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expand {
    /// By what name.
    pub navigation: String,
    /// What is asked of it.
    pub options: Options,
}

/// An option by its name; the sign of those that are OData's may be left out.
pub(crate) const SELECT: &str = "$select";
pub(crate) const EXPAND: &str = "$expand";
/// A condition.
pub const FILTER: &str = "$filter";
/// An order.
pub const ORDER_BY: &str = "$orderby";
/// How many are on a page.
pub const TOP: &str = "$top";
/// Where the page before ended.
pub const SKIP_TOKEN: &str = "$skiptoken";
pub(crate) const COUNT: &str = "$count";
/// What goes on is told as well: an option of our own.
pub const PROVISIONAL: &str = "sederunt.provisional";

impl Options {
    /// Reads the query of a request.
    pub fn parse(query: &str) -> Result<Options, Refused> {
        let mut options = Options::default();
        let mut seen = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let decoded = percent_decode_str(pair).decode_utf8();
            let decoded = decoded.map_err(|_| Refused::new("The query is not UTF-8 once it is decoded."))?;
            // A `=` that is encoded belongs to the value like any other, since names have none.
            options.take(&decoded, &mut seen, 0)?;
        }
        Ok(options)
    }

    /// One `name=value`, at this depth of expansions.
    fn take(&mut self, pair: &str, seen: &mut Vec<&'static str>, depth: usize) -> Result<(), Refused> {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (given, value) = (name.trim(), value.trim());
        let bare = given.strip_prefix('$').unwrap_or(given).to_ascii_lowercase();
        let names = [
            SELECT,
            EXPAND,
            FILTER,
            ORDER_BY,
            TOP,
            SKIP_TOKEN,
            COUNT,
            PROVISIONAL,
            "format",
        ];
        let Some(name) = names.into_iter().find(|name| name.trim_start_matches('$') == bare) else {
            return Err(unknown(given, &bare));
        };
        if seen.contains(&name) {
            return Err(Refused::new(format!("The option `{given}` is given twice.")));
        }
        seen.push(name);
        match name {
            SELECT => self.select = names_of(given, value)?,
            EXPAND => self.expand = expansions(value, depth)?,
            FILTER => self.filter = Some(value.to_owned()),
            // No name has a sign, so here it is always a blank.
            ORDER_BY => self.order_by = Some(value.replace('+', " ").trim().to_owned()),
            TOP => self.top = Some(top(value)?),
            SKIP_TOKEN => self.skip_token = Some(value.to_owned()),
            COUNT => self.count = truth(given, value)?,
            PROVISIONAL => self.provisional = truth(given, value)?,
            _ if value.eq_ignore_ascii_case("json") || value.starts_with("application/json") => {}
            _ => return Err(Refused::new("Answers are JSON: `$format` may only be `json`.")),
        }
        Ok(())
    }

    /// What is selected and expanded, as a query again; `None` if everything is wanted and nothing more.
    pub fn nested(&self) -> Option<String> {
        self.written("&")
    }

    fn written(&self, separator: &str) -> Option<String> {
        let select = (!self.select.is_empty()).then(|| format!("$select={}", self.select.join(",")));
        let expansions = self.expand.iter().map(|Expand { navigation, options }| {
            let top = options.top.map(|top| format!("$top={top}"));
            let inside: Vec<_> = options.written(";").into_iter().chain(top).collect();
            match inside.as_slice() {
                [] => navigation.clone(),
                inside => format!("{navigation}({})", inside.join(";")),
            }
        });
        let expand = (!self.expand.is_empty()).then(|| format!("$expand={}", expansions.collect::<Vec<_>>().join(",")));
        let both: Vec<String> = select.into_iter().chain(expand).collect();
        (!both.is_empty()).then(|| both.join(separator))
    }

    /// What is wanted of this collection below the resource; `None` if it is not.
    pub fn below(&self, navigation: &str) -> Option<&Options> {
        let wanted = self.expand.iter().find(|expand| expand.navigation == navigation);
        wanted.map(|expand| &expand.options)
    }
}

fn unknown(given: &str, bare: &str) -> Refused {
    match bare {
        "skip" => Refused::new("Pages are not counted: follow `@odata.nextLink` instead of `$skip`."),
        "search" => Refused::new("Nothing is searched here: `$filter` takes conditions."),
        _ => Refused::new(format!("There is no query option `{given}`.")),
    }
}

/// A number of items. It may be larger than a page ever is, and then there are several.
fn top(value: &str) -> Result<u32, Refused> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refused::new(format!(
            "`$top` is a number of items, and `{value}` is none."
        )));
    }
    match value.parse() {
        Ok(0) => Err(Refused::new("`$top` is 1 at least; `$count` tells how many there are.")),
        Ok(top) if top <= limits::TOP_MAX => Ok(top),
        _ => Err(Refused::new(format!("`$top` is at most {}.", limits::TOP_MAX))),
    }
}

fn truth(name: &str, value: &str) -> Result<bool, Refused> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Refused::new(format!("`{name}` is `true` or `false`."))),
    }
}

/// Names between commas.
fn names_of(option: &str, value: &str) -> Result<Vec<String>, Refused> {
    let names: Vec<String> = value.split(',').map(|name| name.trim().to_owned()).collect();
    if names.len() > limits::SELECTED_MAX {
        return Err(Refused::new(format!(
            "`{option}` names at most {}.",
            limits::SELECTED_MAX
        )));
    }
    if names.iter().any(String::is_empty) {
        return Err(Refused::new(format!(
            "`{option}` is a list of names with commas between them."
        )));
    }
    Ok(names)
}

/// Reads `sessions($expand=segments;$select=id),participants_v2`.
fn expansions(value: &str, depth: usize) -> Result<Vec<Expand>, Refused> {
    if depth == limits::EXPAND_DEPTH_MAX {
        let sentence = format!("`$expand` goes at most {} deep.", limits::EXPAND_DEPTH_MAX);
        return Err(Refused::new(sentence));
    }
    let mut all: Vec<Expand> = Vec::new();
    for item in split(value, ',')? {
        let (navigation, options) = match item.split_once('(') {
            None => (item.trim(), Options::default()),
            Some((navigation, rest)) => {
                let inside = rest.trim_end().strip_suffix(')');
                let inside =
                    inside.ok_or_else(|| Refused::new("`$expand`: something stands after a closing parenthesis."))?;
                let mut options = Options::default();
                let mut seen = Vec::new();
                for pair in split(inside, ';')? {
                    options.take(pair, &mut seen, depth + 1)?;
                }
                (navigation.trim(), options)
            }
        };
        if navigation.is_empty() {
            return Err(Refused::new("`$expand` is a list of names with commas between them."));
        }
        if all.iter().any(|expand| expand.navigation == navigation) {
            return Err(Refused::new(format!("`$expand` names `{navigation}` twice.")));
        }
        all.push(Expand {
            navigation: navigation.to_owned(),
            options,
        });
    }
    Ok(all)
}

/// The parts between separators that stand in no parentheses and no quotes.
fn split(text: &str, separator: char) -> Result<Vec<&str>, Refused> {
    let mut parts = Vec::new();
    let (mut from, mut open, mut is_quoted) = (0, 0_usize, false);
    for (at, character) in text.char_indices() {
        match character {
            '\'' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' => open += 1,
            ')' => match open.checked_sub(1) {
                Some(fewer) => open = fewer,
                None => return Err(Refused::new("`$expand` closes a parenthesis that was not opened.")),
            },
            _ if character == separator && open == 0 => {
                parts.push(&text[from..at]);
                from = at + separator.len_utf8();
            }
            _ => {}
        }
    }
    if open > 0 || is_quoted {
        return Err(Refused::new("`$expand` ends within parentheses or quotes."));
    }
    parts.push(&text[from..]);
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_read_is_read_alike(query in "[-a-z$(),;=&%+' 0-9]{0,80}") {
            if let Ok(options) = Options::parse(&query) {
                let again = options.nested().unwrap_or_default();
                let read = Options::parse(&again).map_err(|refused| refused.0);
                prop_assert_eq!(read.map(|read| read.nested().unwrap_or_default()), Ok(again));
            }
        }
    }
}
