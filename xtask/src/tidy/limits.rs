//! Every queue, page, body, name and loop has a limit, and a reader finds all of a crate's in its `limits.rs`.
//!
//! That nothing is without a limit no program can see. What it can see is a limit that stands elsewhere: a constant that
//! calls itself one, with a number for its value. One whose value is another constant is that one's name in another place.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::{ItemConst, Type, visit::Visit};

use super::{checkout::Checkout, crates::Crate, rust_source};

/// Crates without input from outside, and so without limits: `api` is generated, `aside` is told how much by whoever uses it, `steady`
/// reads clocks, the others are tools.
const WITHOUT_LIMITS: &[&str] = &[
    "api",
    "aside",
    "bench",
    "bench-media",
    "end-to-end",
    "fuzz",
    "sederunt",
    "steady",
    "xtask",
];

/// The module of a crate that holds its limits.
const PLACE: &str = "limits";

/// How the name of a limit ends. What it is a limit of comes before, and its unit.
const ENDINGS: &[&str] = &["_MAX", "_TIMEOUT", "_INTERVAL", "_TTL"];

/// The types of limits.
const TYPES: &[&str] = &[
    "Duration", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
];

pub(super) fn crates_have_a_place_for_them(checkout: &Checkout) -> Vec<String> {
    let mut complaints = Vec::new();
    for (_, name, folder) in checkout.packages_with_folders() {
        let limits = format!("{folder}/src/limits.rs");
        if !WITHOUT_LIMITS.contains(&name) && !checkout.files.iter().any(|file| file.path == limits) {
            complaints.push(format!("{folder}: name its limits in {limits}"));
        }
    }
    complaints
}

pub(super) fn stand_in_their_place(checkout: &Checkout) -> Vec<String> {
    let mut complaints = Vec::new();
    let has_place = |one: &&Crate| one.modules.iter().any(|module| module.path == [PLACE]);
    let modules = checkout.crates().iter().filter(has_place).flat_map(|one| &one.modules);
    for module in modules.filter(|module| module.path != [PLACE]) {
        let mut astray = Astray(Vec::new());
        module.items.iter().for_each(|item| astray.visit_item(item));
        let file = &module.file;
        complaints.extend(
            astray.0.into_iter().map(|(line, name)| {
                format!("{file}:{line}: move `{name}` to the crate's `limits.rs`, beside its reason")
            }),
        );
    }
    complaints
}

/// Limits with their lines.
struct Astray(Vec<(usize, String)>);

impl Visit<'_> for Astray {
    fn visit_item_const(&mut self, item: &ItemConst) {
        let name = item.ident.to_string();
        let is_number = matches!(&*item.ty, Type::Path(path) if TYPES.iter().any(|one| path.path.is_ident(one)));
        let mut has_literal = false;
        rust_source::walk(item.expr.to_token_stream(), &mut |token| {
            has_literal |= matches!(token, TokenTree::Literal(_));
        });
        if is_number && has_literal && ENDINGS.iter().any(|end| name.ends_with(end)) {
            self.0.push((item.ident.span().start().line, name));
        }
    }
}
