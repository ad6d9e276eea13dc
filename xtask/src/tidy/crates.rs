//! Our crates as they ship: the tree of their modules, and which module names which.
//!
//! A path is followed to the module where the thing it names is written: through `use`, through `pub use` of a `mod.rs`
//! and through globs, since `crate::gate::Method` is an arrow to `gate/methods.rs` and an arrow to `gate` alike. A `mod`
//! line is no arrow. Method calls and traits are not seen; whoever calls a method names its type or got it from one who does.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{Ident, Item, UseTree, Visibility, visit::Visit};

use super::rust_source;

/// One crate: its folder (like `crates/db/src`) and its modules, the root first.
pub(super) struct Crate {
    pub(super) folder: String,
    pub(super) modules: Vec<Module>,
}

/// One module of a crate: a file, or a `mod` with braces in one.
pub(super) struct Module {
    /// The names that lead to it from the root; none for the root.
    pub(super) path: Vec<String>,
    pub(super) file: String,
    /// Whether it could be parsed; if not, no rule sees what is in it.
    pub(super) is_understood: bool,
    /// Its own items; the modules in it are modules of their own.
    pub(super) items: Vec<Item>,
    parent: usize,
    children: BTreeMap<String, usize>,
    /// Names that `use` brings in, and the paths that they stand for.
    imports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    defines: BTreeSet<String>,
    mentions: Vec<Mention>,
}

/// A path as it is written somewhere.
struct Mention {
    names: Vec<String>,
    line: usize,
}

/// One module names another.
#[derive(Clone)]
pub(super) struct Arrow {
    /// Where it is written, like `crates/db/src/lib.rs:3`.
    pub(super) place: String,
    /// Numbers of modules.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// More `use` lines than this between a name and what it stands for are a circle of them.
const REEXPORTS_MAX: usize = 16;

/// Finds the crates by their roots, in texts by their paths.
pub(super) fn read(texts: &BTreeMap<&str, &str>) -> Vec<Crate> {
    let roots = texts
        .keys()
        .filter(|path| path.ends_with("src/lib.rs") || path.ends_with("src/main.rs"));
    roots.map(|root| Crate::read(root, texts)).collect()
}

impl Crate {
    fn read(root: &str, texts: &BTreeMap<&str, &str>) -> Crate {
        let mut one = Crate {
            folder: root.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
            modules: Vec::new(),
        };
        one.add(Vec::new(), 0, root, parsed(texts[root]), texts);
        one
    }

    /// Adds a module and all below it; gives its number.
    fn add(
        &mut self,
        path: Vec<String>,
        parent: usize,
        file: &str,
        items: Option<Vec<Item>>,
        texts: &BTreeMap<&str, &str>,
    ) -> usize {
        let is_understood = items.is_some();
        let items = items.unwrap_or_default();
        let number = self.modules.len();
        let (inner, items): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| matches!(item, Item::Mod(_)));
        let mut module = Module {
            path,
            file: file.to_owned(),
            is_understood,
            parent,
            children: BTreeMap::new(),
            imports: BTreeMap::new(),
            globs: Vec::new(),
            defines: items
                .iter()
                .filter_map(declared)
                .map(|(_, ident)| ident.to_string())
                .collect(),
            mentions: Vec::new(),
            items: Vec::new(),
        };
        for item in &items {
            module.visit_item(item);
        }
        module.items = items;
        self.modules.push(module);
        for item in inner {
            let Item::Mod(item) = item else { continue };
            let name = item.ident.to_string();
            let path = [&self.modules[number].path[..], std::slice::from_ref(&name)].concat();
            let below = match item.content {
                Some((_, items)) => Some((file.to_owned(), Some(items))),
                None => [".rs", "/mod.rs"].iter().find_map(|end| {
                    let file = format!("{}/{}{end}", self.folder, path.join("/"));
                    texts.get(&*file).map(|text| (file, parsed(text)))
                }),
            };
            if let Some((file, items)) = below {
                let child = self.add(path, number, &file, items, texts);
                self.modules[number].children.insert(name, child);
            }
        }
        number
    }

    /// Which modules name which, at every place where they do.
    pub(super) fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for (from, module) in self.modules.iter().enumerate() {
            for mention in &module.mentions {
                if let Some(to) = self.resolve(from, &mention.names, REEXPORTS_MAX).map(Target::module)
                    && to != from
                {
                    let place = format!("{}:{}", module.file, mention.line);
                    arrows.push(Arrow { place, from, to });
                }
            }
        }
        arrows
    }

    /// Follows a path that is written in `module`; `None` if it leads out of the crate.
    fn resolve(&self, module: usize, names: &[String], reexports_left: usize) -> Option<Target> {
        let reexports_left = reexports_left.checked_sub(1)?;
        let (first, mut rest) = names.split_first()?;
        let mut target = match &**first {
            "crate" => Target::Module(0),
            "self" => Target::Module(module),
            "super" => Target::Module(self.modules[module].parent),
            name => self.find(module, name, reexports_left)?,
        };
        while let (Target::Module(at), [name, after @ ..]) = (target, rest) {
            target = match &**name {
                "super" => Target::Module(self.modules[at].parent),
                // What is not found was made by a macro, and stands where the path ended.
                name => self.find(at, name, reexports_left).unwrap_or(Target::Item(at)),
            };
            rest = after;
        }
        Some(target)
    }

    /// What a name means in a module.
    fn find(&self, module: usize, name: &str, reexports_left: usize) -> Option<Target> {
        let here = &self.modules[module];
        if let Some(child) = here.children.get(name) {
            return Some(Target::Module(*child));
        }
        if here.defines.contains(name) {
            return Some(Target::Item(module));
        }
        if let Some(path) = here.imports.get(name) {
            return self.resolve(module, path, reexports_left);
        }
        here.globs.iter().find_map(|glob| {
            let Target::Module(at) = self.resolve(module, glob, reexports_left)? else {
                return None;
            };
            self.find(at, name, reexports_left.checked_sub(1)?)
        })
    }
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Target {
    Module(usize),
    /// Something that is written in this module.
    Item(usize),
}

impl Target {
    fn module(self) -> usize {
        let (Self::Module(number) | Self::Item(number)) = self;
        number
    }
}

impl Module {
    /// Like `gate/quotas`; empty for the root.
    pub(super) fn name(&self) -> String {
        self.path.join("/")
    }

    /// Remembers what a `use` brings in. The path is a mention too: it is an arrow although nothing else may name it.
    fn import(&mut self, tree: &UseTree, before: &[String]) {
        let joined = |ident: &Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &joined(&path.ident)),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before)),
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = before.last() {
                    self.bring(last.clone(), before.to_vec(), name.ident.span());
                }
            }
            UseTree::Name(name) => self.bring(name.ident.to_string(), joined(&name.ident), name.ident.span()),
            UseTree::Rename(name) => self.bring(name.rename.to_string(), joined(&name.ident), name.ident.span()),
            UseTree::Glob(glob) => {
                self.mention(before.to_vec(), glob.star_token.spans[0]);
                self.globs.push(before.to_vec());
            }
        }
    }

    fn bring(&mut self, name: String, path: Vec<String>, span: Span) {
        self.mention(path.clone(), span);
        self.imports.insert(name, path);
    }

    fn mention(&mut self, names: Vec<String>, span: Span) {
        let line = span.start().line;
        self.mentions.push(Mention { names, line });
    }

    /// The paths in the tokens of a macro, whose grammar only the macro knows.
    fn mention_paths(&mut self, tokens: TokenStream) {
        let mut names: Vec<Ident> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.mention_idents(&names);
                        names.clear();
                    }
                    names.push(ident);
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    colons = 0;
                    self.mention_paths(group.stream());
                }
                _ => colons = 0,
            }
        }
        self.mention_idents(&names);
    }

    fn mention_idents(&mut self, idents: &[Ident]) {
        if let Some(first) = idents.first() {
            self.mention(idents.iter().map(ToString::to_string).collect(), first.span());
        }
    }
}

impl Visit<'_> for Module {
    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.import(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let (None, Some(first)) = (&path.leading_colon, path.segments.first()) {
            self.mention(names, first.ident.span());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_meta_list(&mut self, list: &syn::MetaList) {
        self.mention_paths(list.tokens.clone());
    }

    fn visit_macro(&mut self, makro: &syn::Macro) {
        self.visit_path(&makro.path);
        self.mention_paths(makro.tokens.clone());
    }
}

fn parsed(text: &str) -> Option<Vec<Item>> {
    let tokens = rust_source::shipped(rust_source::tokens(text)?);
    Some(syn::parse2::<syn::File>(tokens).ok()?.items)
}

/// What an item declares: its name, and who may use it.
pub(super) fn declared(item: &Item) -> Option<(&Visibility, &Ident)> {
    Some(match item {
        Item::Const(item) => (&item.vis, &item.ident),
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Fn(item) => (&item.vis, &item.sig.ident),
        Item::Static(item) => (&item.vis, &item.ident),
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        Item::Type(item) => (&item.vis, &item.ident),
        Item::Union(item) => (&item.vis, &item.ident),
        _ => return None,
    })
}
