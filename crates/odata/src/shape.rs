//! What there is to be asked for: of a resource, and of an operation.
//!
//! Options are held against it once they are read. A name that is none of a resource's own is refused with those that are, since a
//! misspelt option that is ignored answers another question.

use crate::{
    FILTER, ORDER_BY, Options, PROVISIONAL, Refused, SKIP_TOKEN, TOP,
    options::{COUNT, EXPAND, SELECT},
};

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
