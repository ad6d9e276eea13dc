//! The options of a query: `$select`, `$expand` with options of its own in parentheses, `$filter`, and how pages are cut.
//!
//! ```text
//! query  = option { "&" option }                    of which names and values are percent-encoded
//! option = [ "$" ] name "=" value                   names in any case
//! expand = navigation [ "(" option { ";" option } ")" ] { "," navigation … }
//! ```
//!
//! They are read whatever they are about, and then held against what the resource has ([`Shape`]): a name that is none of its
//! own is refused with those that are, since a misspelt option that is ignored answers another question. A `+` stays one: it is the
//! sign of an offset more often than a blank, and the filter's grammar knows which.

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

/// What a resource has, as far as options may name it.
#[derive(Debug)]
pub struct Shape {
    /// `callRecord`.
    pub name: &'static str,
    /// Its properties, with those that are always inlined.
    pub properties: &'static [&'static str],
    /// What may be expanded below it.
    pub navigations: &'static [Navigation],
    /// What one of them takes beside `$select` and `$expand`.
    pub of_one: &'static [&'static str],
    /// What a collection of them takes beside `$select`, `$expand` and `$count`. Where `$top` is not among it, there are no pages.
    pub of_many: &'static [&'static str],
}

/// What may be expanded below a resource.
#[derive(Debug)]
pub struct Navigation {
    /// By what name.
    pub name: &'static str,
    /// What each is.
    pub shape: &'static Shape,
    /// Whether there are several, or one or none.
    pub is_collection: bool,
}

/// Which options an operation takes.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// None.
    Nothing,
    /// Those of one resource.
    Item(&'static Shape),
    /// Those of a collection, too.
    Collection(&'static Shape),
    /// Those by which fewer of a collection are counted.
    Count(&'static Shape),
    /// How the rows that a function answers are cut into pages.
    Rows,
}

/// An option by its name; the sign of those that are OData's may be left out.
const SELECT: &str = "$select";
const EXPAND: &str = "$expand";
/// A condition.
pub const FILTER: &str = "$filter";
/// An order.
pub const ORDER_BY: &str = "$orderby";
/// How many are on a page.
pub const TOP: &str = "$top";
/// Where the page before ended.
pub const SKIP_TOKEN: &str = "$skiptoken";
const COUNT: &str = "$count";
/// What goes on is told as well: an option of our own.
pub const PROVISIONAL: &str = "sederunt.provisional";

impl Takes {
    /// The options that an operation takes, by name.
    #[must_use]
    pub fn offered(self) -> Vec<&'static str> {
        match self {
            Takes::Nothing => vec![],
            Takes::Item(shape) => [&[SELECT, EXPAND], shape.of_one].concat(),
            Takes::Collection(shape) => [&[SELECT, EXPAND, COUNT], shape.of_many].concat(),
            Takes::Count(shape) => {
                let fewer = |name: &&&str| matches!(**name, FILTER | PROVISIONAL);
                shape.of_many.iter().filter(fewer).copied().collect()
            }
            Takes::Rows => vec![TOP, SKIP_TOKEN, COUNT],
        }
    }

    /// Whether something in the answer comes in pages, with these options.
    #[must_use]
    pub fn has_pages(self, options: &Options) -> bool {
        self.offered().contains(&TOP)
            || match self {
                Takes::Item(shape) | Takes::Collection(shape) => shape.expands_pages(options),
                Takes::Nothing | Takes::Count(_) | Takes::Rows => false,
            }
    }
}

impl Shape {
    fn expands_pages(&self, options: &Options) -> bool {
        let navigations = self.navigations.iter();
        let mut expanded = navigations.filter_map(|below| Some((below, options.below(below.name)?)));
        expanded.any(|(below, options)| below.has_pages() || below.shape.expands_pages(options))
    }
}

impl Navigation {
    /// One or none of these.
    #[must_use]
    pub const fn one(name: &'static str, shape: &'static Shape) -> Navigation {
        Navigation {
            name,
            shape,
            is_collection: false,
        }
    }

    /// A collection of these.
    #[must_use]
    pub const fn many(name: &'static str, shape: &'static Shape) -> Navigation {
        Navigation {
            name,
            shape,
            is_collection: true,
        }
    }

    fn has_pages(&self) -> bool {
        self.is_collection && self.shape.of_many.contains(&TOP)
    }
}

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

    /// Refuses what the operation does not take.
    pub fn fit(&self, takes: Takes) -> Result<(), Refused> {
        let given = [
            (SELECT, !self.select.is_empty()),
            (EXPAND, !self.expand.is_empty()),
            (FILTER, self.filter.is_some()),
            (ORDER_BY, self.order_by.is_some()),
            (TOP, self.top.is_some()),
            (SKIP_TOKEN, self.skip_token.is_some()),
            (COUNT, self.count),
            (PROVISIONAL, self.provisional),
        ];
        let offered = takes.offered();
        if let Some((name, _)) = given.iter().find(|(name, given)| *given && !offered.contains(name)) {
            let sentence = match offered.as_slice() {
                _ if *name == PROVISIONAL => {
                    "What goes on is in no list and no count: ask for a provisional record by its id.".to_owned()
                }
                [] => format!("The option `{name}` is not for this: it takes none."),
                offered => format!("The option `{name}` is not for this; there are {}.", listed(offered)),
            };
            return Err(Refused::new(sentence));
        }
        match takes {
            Takes::Item(shape) | Takes::Collection(shape) => self.fit_shape(shape),
            Takes::Nothing | Takes::Count(_) | Takes::Rows => Ok(()),
        }
    }

    /// Refuses names that the resource does not have.
    fn fit_shape(&self, shape: &Shape) -> Result<(), Refused> {
        for name in &self.select {
            let is_navigation = shape.navigations.iter().any(|navigation| navigation.name == *name);
            if !is_navigation && name != "*" && !shape.properties.contains(&name.as_str()) {
                let sentence = format!(
                    "`$select`: a {} has no property `{name}`; there are {}.",
                    shape.name,
                    listed(shape.properties)
                );
                return Err(Refused::new(sentence));
            }
        }
        for expand in &self.expand {
            let below = shape.navigations.iter().find(|below| below.name == expand.navigation);
            let below = below.ok_or_else(|| not_below(shape, &expand.navigation))?;
            expand.options.fit_below(below)?;
            expand.options.fit_shape(below.shape)?;
        }
        Ok(())
    }

    /// Refuses what is not asked within an expansion.
    fn fit_below(&self, below: &Navigation) -> Result<(), Refused> {
        let Options {
            filter,
            order_by,
            skip_token,
            provisional,
            count,
            top,
            ..
        } = self;
        let asks_for_fewer = filter.is_some() || order_by.is_some() || skip_token.is_some() || *provisional || *count;
        let name = below.name;
        let sentence = match top {
            _ if !below.is_collection && (asks_for_fewer || top.is_some()) => {
                format!("`$expand`: there is one `{name}`, and within it select and expand alone.")
            }
            _ if asks_for_fewer => {
                format!("`$expand`: within `{name}` there are select, expand and top; ask `/{name}` for more.")
            }
            Some(_) if !below.has_pages() => format!("`$expand`: `{name}` has no pages, and so no top."),
            _ => return Ok(()),
        };
        Err(Refused::new(sentence))
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

fn not_below(shape: &Shape, name: &str) -> Refused {
    let navigations: Vec<&str> = shape.navigations.iter().map(|below| below.name).collect();
    // It is in every answer, and some clients ask for it all the same.
    let sentence = match navigations.as_slice() {
        [] => format!("`$expand`: nothing can be expanded below a {}.", shape.name),
        all => format!(
            "`$expand`: a {} has no `{name}` below it; there are {}.",
            shape.name,
            listed(all)
        ),
    };
    Refused::new(sentence)
}

/// `a, b and c`.
fn listed(names: &[&str]) -> String {
    names.join(", ")
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

    static SEGMENT: Shape = Shape {
        name: "segment",
        properties: &["id", "media"],
        navigations: &[],
        of_one: &[],
        of_many: &[],
    };
    static SESSION: Shape = Shape {
        name: "session",
        properties: &["id", "caller"],
        navigations: &[Navigation::many("segments", &SEGMENT)],
        of_one: &[PROVISIONAL],
        of_many: &[TOP, SKIP_TOKEN, PROVISIONAL],
    };
    static RECORD: Shape = Shape {
        name: "callRecord",
        properties: &["id", "version"],
        navigations: &[
            Navigation::many("sessions", &SESSION),
            Navigation::one("organizer", &SESSION),
        ],
        of_one: &[PROVISIONAL],
        of_many: &[FILTER, ORDER_BY, TOP, SKIP_TOKEN],
    };

    fn sentence(refused: Refused) -> String {
        refused.0.into_owned()
    }

    #[test]
    fn what_clients_write() {
        let check = |query: &str, expected: &str| {
            let options = Options::parse(query).map_err(sentence).expect(query);
            assert_eq!(options.nested().unwrap_or_default(), expected, "{query}");
            options.fit(Takes::Collection(&RECORD)).map_err(sentence).expect(query);
        };
        check("", "");
        check("&", "");
        check("$select=id,version", "$select=id,version");
        check("%24select=id%2Cversion", "$select=id,version");
        check("Expand=sessions", "$expand=sessions");
        check(
            "$expand=sessions%28%24expand%3Dsegments%29",
            "$expand=sessions($expand=segments)",
        );
        check(
            "$expand=sessions($expand=segments($select=id);$select=id,caller;$top=5)",
            "$expand=sessions($select=id,caller;$expand=segments($select=id);$top=5)",
        );
        check(
            "$expand=sessions(expand=segments)",
            "$expand=sessions($expand=segments)",
        );
        check(
            "$expand=organizer($select=id;$expand=segments)",
            "$expand=organizer($select=id;$expand=segments)",
        );
        check("$format=json&$count=false", "");
    }

    #[test]
    fn what_is_refused_is_named() {
        let check = |query: &str, expected: &str| {
            let options = Options::parse(query);
            let refused = options.and_then(|options| options.fit(Takes::Collection(&RECORD)));
            let refused = refused.map_err(sentence).expect_err(query);
            assert!(refused.contains(expected), "{query}: {refused}");
        };
        check("$foo=1", "no query option `$foo`");
        check("$skip=10", "follow `@odata.nextLink`");
        check("$search=x", "`$filter`");
        check("$top=0", "1 at least");
        check("$top=2147483648", "at most 2147483647");
        check("$top=99999999999999999999", "at most 2147483647");
        check("$top=", "a number");
        check("$top=-1", "a number");
        check("$top=+1", "a number");
        check("$top=1&top=2", "given twice");
        check("$select=id,,version", "a list of names");
        check("$select=", "a list of names");
        check("$select=subject", "no property `subject`; there are id, version");
        check("$expand=media", "no `media` below it; there are sessions, organizer");
        check("$expand=sessions(", "within parentheses");
        check("$expand=sessions)", "not opened");
        check("$expand=sessions()x", "after a closing parenthesis");
        check("$expand=sessions,sessions", "twice");
        check("$expand=sessions($filter=id eq 'x')", "select, expand and top");
        for option in [
            "$top=1",
            "$filter=id eq 'x'",
            "$orderby=id",
            "$count=true",
            "$skiptoken=x",
        ] {
            let query = format!("$expand=organizer({option})");
            check(
                &query,
                "there is one `organizer`, and within it select and expand alone",
            );
        }
        check("$expand=organizer($skip=1)", "instead of `$skip`");
        check("$expand=sessions($expand=streams)", "there are segments");
        check(
            "$expand=sessions($expand=segments($expand=media))",
            "nothing can be expanded",
        );
        check(
            "$expand=a($expand=b($expand=c($expand=d($expand=e))))",
            "at most 4 deep",
        );
        check("$count=yes", "`true` or `false`");
        check("$format=atom", "may only be `json`");
        check("$filter=%ff", "UTF-8");
        check("$expand=sessions($expand=segments($top=1))", "no pages");
        check("sederunt.provisional=true", "in no list");
        let names = "id,".repeat(limits::SELECTED_MAX);
        check(&format!("$select={names}id"), "names at most");
    }

    #[test]
    fn what_a_collection_does_not_take_is_refused() {
        let check = |takes: Takes, query: &str, expected: Option<&str>| {
            let options = Options::parse(query).map_err(sentence).expect(query);
            let refused = options.fit(takes).map_err(sentence).err();
            let is_so = refused
                .as_deref()
                .zip(expected)
                .map(|(refused, part)| refused.contains(part));
            assert_eq!(
                (is_so, refused.is_none()),
                (expected.map(|_| true), expected.is_none()),
                "{query}: {refused:?}"
            );
        };
        check(Takes::Collection(&SEGMENT), "$count=true&$select=id", None);
        for option in [
            "$top=1",
            "$filter=a",
            "$orderby=a",
            "$skiptoken=a",
            "sederunt.provisional=true",
        ] {
            check(Takes::Collection(&SEGMENT), option, Some(""));
            check(Takes::Count(&SEGMENT), option, Some(""));
        }
        check(Takes::Collection(&RECORD), "$orderby=id+desc&$filter=a&$top=1", None);
        check(Takes::Count(&RECORD), "$filter=a", None);
        check(Takes::Count(&RECORD), "$top=1", Some("there are $filter."));
        check(Takes::Count(&RECORD), "sederunt.provisional=true", Some("in no list"));
        check(Takes::Count(&SESSION), "sederunt.provisional=true", None);
        check(Takes::Item(&RECORD), "sederunt.provisional=true", None);
    }

    #[test]
    fn what_comes_in_pages() {
        let check = |takes: Takes, query: &str, expected: bool| {
            let options = Options::parse(query).map_err(sentence).expect(query);
            assert_eq!(takes.has_pages(&options), expected, "{query}");
        };
        check(Takes::Collection(&RECORD), "", true);
        check(Takes::Item(&RECORD), "", false);
        check(Takes::Item(&RECORD), "$expand=sessions", true);
        check(Takes::Item(&RECORD), "$expand=organizer", false);
        check(Takes::Item(&SESSION), "$expand=segments", false);
        check(Takes::Collection(&SEGMENT), "", false);
        check(Takes::Rows, "", true);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_read_is_read_alike(query in "[-a-z$(),;=&%+' 0-9]{0,80}") {
            if let Ok(options) = Options::parse(&query) {
                let again = options.nested().unwrap_or_default();
                let read = Options::parse(&again).map_err(sentence);
                prop_assert_eq!(read.map(|read| read.nested().unwrap_or_default()), Ok(again));
            }
        }
    }
}
