//! A function that does not fit on a screen hides a decision from the reader of another.
//!
//! Tests are apart: a table may be as long as it has cases, and a story is cut where its reader wants it cut.

use syn::{Block, ImplItemFn, ItemFn, Signature, TraitItemFn, spanned::Spanned, visit::Visit};

use super::checkout::{Checkout, File};

/// Lines of a function, its head and its last brace included.
const LINES_MAX: usize = 70;

pub(super) fn functions_fit_on_a_screen(checkout: &Checkout) -> Vec<String> {
    let mut complaints = Vec::new();
    for module in checkout.crates().iter().flat_map(|one| &one.modules) {
        let mut functions = Functions::default();
        module.items.iter().for_each(|item| functions.visit_item(item));
        let long = functions.0.into_iter().filter(|function| function.lines > LINES_MAX);
        complaints.extend(long.map(|function| function.complaint(&module.file)));
    }
    let scripts = checkout.files.iter().filter(|file| file.is(&["ts", "tsx"]));
    for file in scripts.filter(|file| file.path.starts_with("web/src/")) {
        let long = in_script(file)
            .into_iter()
            .filter(|function| function.lines > LINES_MAX);
        complaints.extend(long.map(|function| function.complaint(&file.path)));
    }
    complaints
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

impl Function {
    fn complaint(&self, file: &str) -> String {
        let Self { name, line, lines } = self;
        format!("{file}:{line}: `{name}` has {lines} lines; cut it to {LINES_MAX} where its subject changes")
    }
}

/// The functions of a Rust file, methods included.
#[derive(Default)]
struct Functions(Vec<Function>);

impl Functions {
    fn add(&mut self, signature: &Signature, block: &Block) {
        let line = signature.span().start().line;
        self.0.push(Function {
            name: signature.ident.to_string(),
            line,
            lines: block.brace_token.span.close().end().line + 1 - line,
        });
    }
}

impl Visit<'_> for Functions {
    fn visit_item_fn(&mut self, function: &ItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &ImplItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

/// The functions of a TypeScript file, told by how it is set: what a line opens ends at the next line as far to the left
/// that begins with a bracket and opens nothing more. A parser would have to know JSX, and be the only one in this tool.
fn in_script(file: &File) -> Vec<Function> {
    let lines: Vec<&str> = file.text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let ends = |line: &str| line.trim_start().starts_with(['}', ')']) && !opens(line);
    let mut functions = Vec::new();
    for (at, head) in lines.iter().enumerate() {
        if !begins_function(head) {
            continue;
        }
        let below = &lines[at + 1..];
        if let Some(end) = below.iter().position(|line| indent(line) == indent(head) && ends(line)) {
            functions.push(Function {
                name: name_in(head),
                line: at + 1,
                lines: end + 2,
            });
        }
    }
    functions
}

fn opens(line: &str) -> bool {
    line.ends_with(['{', '(', '[', '<']) || line.ends_with("=>")
}

/// Whether the line begins a function: `function f(…`, `const f = (…) => {`, a method or an arrow that is an argument.
fn begins_function(line: &str) -> bool {
    let words = [
        "if", "for", "while", "switch", "catch", "}", "else", "return", "//", "*",
    ];
    let text = line.trim_start();
    let is_method = text.ends_with(") {") && !words.iter().any(|word| text.starts_with(word));
    opens(line) && (text.contains("function ") || line.contains("=>") || is_method)
}

/// The name is the last word before the brackets of the parameters, or of the assignment.
fn name_in(head: &str) -> String {
    let before = head.split(['(', '=', ':', '<']).next().unwrap_or(head);
    before.split_whitespace().last().unwrap_or("a function").to_owned()
}
