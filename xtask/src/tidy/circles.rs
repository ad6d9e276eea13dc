//! No circle of imports, in any crate and in the web client: of two files in a circle neither can be read first.
//!
//! **In Rust the nodes are the modules of one folder.** An arrow from `gate/quotas.rs` to `web/cookies.rs` is one from
//! `gate` to `web`, as that is where the two part; one from `gate/quotas.rs` to `gate/methods.rs` counts inside `gate`.
//! A folder's own file (`mod.rs`, or `lib.rs` of the crate) stands apart: it declares its children and keeps what they
//! share, so it names them and they name it, and that is what a folder is for. Were it a node, nearly every folder would be
//! a circle; were each file a node of one great graph, a circle of two folders would be reported as one of two strange
//! files.
//!
//! **In TypeScript the nodes are the files**, since a folder is nothing to the language. A type is an import like another:
//! the compiler may erase it, but a reader may not.

use std::collections::BTreeMap;

use super::{
    checkout::Checkout,
    crates::{Arrow, Crate},
    graph::Graph,
};

/// How the names of TypeScript files end.
const TYPESCRIPT: &[&str] = &["ts", "tsx"];

pub(super) fn no_modules_import_each_other(checkout: &Checkout) -> Vec<String> {
    let mut complaints = Vec::new();
    for one in checkout.crates() {
        let mut folders: BTreeMap<String, Graph> = BTreeMap::new();
        for arrow in one.arrows() {
            if let Some((folder, from, to)) = parting(one, &arrow) {
                let place = arrow.place.strip_prefix(&format!("{}/", one.folder));
                let graph = folders.entry(folder).or_default();
                graph.add(from, to, place.unwrap_or(&arrow.place));
            }
        }
        for (folder, graph) in folders {
            let circles = graph.circles().into_iter();
            complaints.extend(circles.map(|circle| format!("{folder}: {circle}")));
        }
    }
    complaints
}

pub(super) fn no_files_import_each_other(checkout: &Checkout) -> Vec<String> {
    let mut graph = Graph::default();
    let scripts = checkout.files.iter().filter(|file| file.is(TYPESCRIPT));
    for file in scripts.filter(|file| file.path.starts_with("web/src/")) {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(import) = imported(line) {
                let place = format!("line {}", number + 1);
                graph.add(&file.path, &joined(&file.path, import), &place);
            }
        }
    }
    graph.circles()
}

/// The folder in which the ways to the two modules part, and the two names there; `None` if one is inside the other.
fn parting<'a>(one: &'a Crate, arrow: &Arrow) -> Option<(String, &'a str, &'a str)> {
    let (from, to) = (&one.modules[arrow.from].path, &one.modules[arrow.to].path);
    let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let folder = [std::slice::from_ref(&one.folder), &from[..shared]].concat().join("/");
    Some((folder, from.get(shared)?, to.get(shared)?))
}

/// The file that a line imports, as it is written: `from './exchange.ts'`, `import './base.ts'`. An `import('./page.tsx')` is
/// none of these: the table of pages names what is fetched when somebody goes there, and every page reads the table.
fn imported(line: &str) -> Option<&str> {
    let beginnings = ["from ", "import "];
    let after = beginnings.iter().find_map(|beginning| {
        let (before, after) = line.split_once(beginning)?;
        let begins_a_word = !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        (begins_a_word && after.starts_with(['\'', '"'])).then_some(after)
    })?;
    let path = after[1..].split(['\'', '"']).next()?;
    path.starts_with('.').then_some(path)
}

/// A relative path, seen from the file that names it.
fn joined(file: &str, import: &str) -> String {
    let mut names: Vec<&str> = file.split('/').collect();
    names.pop();
    for name in import.split('/') {
        match name {
            "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/")
}
