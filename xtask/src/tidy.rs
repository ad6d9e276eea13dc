//! The rules of the house that no compiler knows, each a function from the checkout to complaints.
//!
//! They are tests, so `cargo test` catches a breach like any other fault, and `cargo xtask tidy` prints them all at
//! once. A complaint names the file, the breach and what to do about it.

mod arrows;
mod checkout;
mod circles;
mod crates;
mod graph;
mod length;
mod licences;
mod limits;
mod modules;
mod rust_source;
mod sql;
#[cfg(test)]
mod tests;
mod unused;
mod walls;

use anyhow::Result;
use checkout::Checkout;

type Rule = fn(&Checkout) -> Vec<String>;

const RULES: &[(&str, Rule)] = &[
    ("every module begins with its reason", modules::begin_with_their_reason),
    ("every module is understood", modules::are_understood),
    (
        "every crate has a place for its limits",
        limits::crates_have_a_place_for_them,
    ),
    ("limits stand in their place", limits::stand_in_their_place),
    ("nothing is left unfinished", modules::nothing_is_unfinished),
    ("no file names a machine", modules::no_machine_is_named),
    ("functions fit on a screen", length::functions_fit_on_a_screen),
    ("arrows between crates run one way", arrows::run_one_way),
    ("each foreign crate has one home", arrows::foreign_crates_have_one_home),
    (
        "one module names the WebRTC library",
        arrows::one_module_names_the_webrtc_library,
    ),
    ("no modules import each other", circles::no_modules_import_each_other),
    (
        "no files of the web client import each other",
        circles::no_files_import_each_other,
    ),
    (
        "modules of the server keep to their rows",
        walls::modules_keep_to_their_rows,
    ),
    ("contracts stand apart", walls::contracts_stand_apart),
    (
        "the workspace lists what its members ask for",
        unused::workspace_lists_what_members_ask_for,
    ),
    (
        "members name what they depend on",
        unused::members_name_what_they_depend_on,
    ),
    ("public things are used", unused::public_things_are_used),
    ("both engines understand the SQL", sql::both_engines_understand),
    ("SQL stands with its tables", sql::stands_with_its_tables),
    ("licences are those of the list", licences::are_those_of_the_list),
];

/// Prints every complaint; true if there is none.
pub(crate) fn report() -> Result<bool> {
    let checkout = Checkout::read()?;
    let mut is_tidy = true;
    for (name, rule) in RULES {
        let complaints = rule(&checkout);
        is_tidy &= complaints.is_empty();
        println!("{name}: {}", if complaints.is_empty() { "yes" } else { "no" });
        for complaint in complaints {
            println!("  {complaint}");
        }
    }
    Ok(is_tidy)
}
