//! What nobody uses any more, where the compiler cannot see it: it looks at one crate at a time.
//!
//! Names are compared, not meanings. So something unused that shares its name with something used is missed, and nothing
//! is blamed wrongly: what no shipped line names, no shipped line uses.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use serde_json::Value;
use syn::{Ident, ImplItem, Item, UseTree, Visibility};

use super::{
    checkout::{Checkout, File},
    crates::{Crate, declared},
    rust_source,
};

/// Dependencies that only generated code names.
const NAMED_BY_GENERATED: &[(&str, &[&str])] = &[("api", &["prost", "prost-types", "tonic", "tonic-prost"])];

/// Crates whose sources are no use of a thing, for they test it.
const TESTS: &[&str] = &["tests/src", "fuzz/src"];

/// What checked-in files are generated from: a test keeps each file equal to it.
const DOCUMENTS: &[&str] = &["settings_page", "COMMENTED_DESCRIPTOR_SET"];

/// What stands before the name of a thing where it is made.
const MAKERS: &[&str] = &[
    "fn", "struct", "enum", "union", "trait", "type", "const", "static", "mod",
];

/// Every dependency that the workspace lists has a member that asks for it.
pub(super) fn workspace_lists_what_members_ask_for(checkout: &Checkout) -> Vec<String> {
    let manifest = checkout.files.iter().find(|file| file.path == "Cargo.toml");
    let lines = manifest.map_or("", |file| &file.text).lines();
    let listed = lines.skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    let listed = listed.take_while(|line| !line.starts_with('['));
    let asked: BTreeSet<&str> = checkout
        .packages
        .iter()
        .flat_map(dependencies)
        .filter_map(named)
        .collect();
    listed
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .filter(|name| !asked.contains(name))
        .map(|name| format!("Cargo.toml: no member depends on `{name}`; take it out"))
        .collect()
}

/// Every dependency of a member is named in its sources; what only its folder `tests` names is asked for by the tests alone.
pub(super) fn members_name_what_they_depend_on(checkout: &Checkout) -> Vec<String> {
    let mut complaints = Vec::new();
    for (package, name, folder) in checkout.packages_with_folders() {
        for dependency in dependencies(package) {
            let Some(import) = named(dependency) else { continue };
            let place = match dependency["kind"].as_str() {
                None => format!("{folder}/src/"),
                Some("build") => format!("{folder}/build.rs"),
                Some(_) => format!("{folder}/"),
            };
            let word = import.replace('-', "_");
            let mut sources = checkout.rust().filter(|file| file.path.starts_with(&place));
            let is_generated = |(one, imports): &(&str, &[&str])| *one == name && imports.contains(&import);
            if !sources.any(|file| names(file, &word)) && !NAMED_BY_GENERATED.iter().any(is_generated) {
                complaints.push(format!("{name}: nothing in {place} names `{import}`; take it out"));
            }
        }
    }
    complaints
}

/// Every public thing of a crate is named by something that ships.
pub(super) fn public_things_are_used(checkout: &Checkout) -> Vec<String> {
    let shipped = || checkout.crates().iter().filter(|one| !TESTS.contains(&&*one.folder));
    let mut named = Named::default();
    let modules = shipped().flat_map(|one| &one.modules);
    modules.for_each(|module| module.items.iter().for_each(|item| named.by_item(item)));
    shipped()
        .flat_map(public_things)
        .filter(|(_, name)| !named.0.contains(name) && !DOCUMENTS.contains(&&**name))
        .map(|(place, name)| format!("{place}: only tests use `{name}`; take it out, or give it its use"))
        .collect()
}

fn names(file: &File, word: &str) -> bool {
    // Only to be quick: most files do not hold it even in a comment.
    file.text.contains(word) && rust_source::names(&file.text, word)
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().into_iter().flatten()
}

/// The name by which the sources know a dependency.
fn named(dependency: &Value) -> Option<&str> {
    dependency["rename"].as_str().or_else(|| dependency["name"].as_str())
}

/// What other crates may name, with its place.
fn public_things(one: &Crate) -> Vec<(String, String)> {
    let mut things = Vec::new();
    for module in &one.modules {
        for (visibility, ident) in module.items.iter().flat_map(declarations) {
            if matches!(visibility, Visibility::Public(_)) {
                let place = format!("{}:{}", module.file, ident.span().start().line);
                things.push((place, ident.to_string()));
            }
        }
    }
    things
}

/// What an item declares, or the methods that it does.
fn declarations(item: &Item) -> Vec<(&Visibility, &Ident)> {
    match item {
        Item::Impl(item) if item.trait_.is_none() => item.items.iter().filter_map(declared_in_impl).collect(),
        item => Vec::from_iter(declared(item)),
    }
}

fn declared_in_impl(item: &ImplItem) -> Option<(&Visibility, &Ident)> {
    match item {
        ImplItem::Fn(item) => Some((&item.vis, &item.sig.ident)),
        ImplItem::Const(item) => Some((&item.vis, &item.ident)),
        _ => None,
    }
}

/// The words of all code but those by which things are made, brought in, or given their methods.
#[derive(Default)]
struct Named(BTreeSet<String>);

impl Named {
    fn by_item(&mut self, item: &Item) {
        match item {
            Item::Use(item) => self.by_import(&item.tree),
            Item::Impl(item) => {
                let of_trait = item.trait_.iter().map(|(path, _)| path.to_token_stream());
                let inner = item.items.iter().map(ToTokens::to_token_stream);
                of_trait.chain(inner).for_each(|tokens| self.by_tokens(tokens));
            }
            item => self.by_tokens(item.to_token_stream()),
        }
    }

    /// A new name hides the old one, which is named nowhere else.
    fn by_import(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.by_import(&path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.by_import(tree)),
            UseTree::Rename(renamed) => drop(self.0.insert(renamed.ident.to_string())),
            _ => {}
        }
    }

    fn by_tokens(&mut self, tokens: TokenStream) {
        let mut is_made = false;
        rust_source::walk(tokens, &mut |token| {
            let word = match token {
                TokenTree::Ident(ident) => ident.to_string(),
                _ => String::new(),
            };
            let makes = MAKERS.contains(&&*word);
            if !word.is_empty() && !is_made {
                self.0.insert(word);
            }
            is_made = makes;
        });
    }
}
