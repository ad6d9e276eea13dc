//! Rules that look at one file at a time.

use super::checkout::Checkout;

/// A reader should be able to disagree with a module: its first words say what it is for.
pub(super) fn begin_with_their_reason(checkout: &Checkout) -> Vec<String> {
    let silent = checkout.rust().filter(|file| !file.text.starts_with("//!"));
    silent
        .map(|file| format!("{}: begin it with `//!` and what it is for", file.path))
        .collect()
}

/// The rules about what is in a module see nothing of one that their parser does not understand.
pub(super) fn are_understood(checkout: &Checkout) -> Vec<String> {
    let modules = checkout.crates().iter().flat_map(|one| &one.modules);
    modules
        .filter(|module| !module.is_understood)
        .map(|module| {
            format!(
                "{}: the rules cannot be kept where they cannot read; bring `syn` up to date",
                module.file
            )
        })
        .collect()
}

/// What is worth doing later is an issue; what is left in the code is forgotten.
pub(super) fn nothing_is_unfinished(checkout: &Checkout) -> Vec<String> {
    // Written in two halves, or this file would break its own rule.
    let markers = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
    ];
    let ours = ["rs", "ts", "tsx", "js", "mjs", "py", "sql", "proto", "css"];
    let mut complaints = Vec::new();
    for file in checkout.files.iter().filter(|file| file.is(&ours)) {
        for (number, line) in file.text.lines().enumerate() {
            for marker in markers.iter().filter(|marker| line.contains(*marker)) {
                complaints.push(format!("{}:{}: finish what `{marker}` promises", file.path, number + 1));
            }
        }
    }
    complaints
}

/// A path of the machine where a file was written helps nobody else.
pub(super) fn no_machine_is_named(checkout: &Checkout) -> Vec<String> {
    let folders = ["root", "work", "home", "farm", "Users"].map(|folder| format!("/{folder}/"));
    let mut complaints = Vec::new();
    for file in &checkout.files {
        for (number, line) in file.text.lines().enumerate() {
            let named = folders.iter().find(|folder| {
                line.match_indices(folder.as_str()).any(|(at, _)| {
                    // `web/home/page.ts` and `http://host/home/` are no paths of a machine.
                    !line[..at].ends_with(|before: char| before.is_alphanumeric() || "._-}~".contains(before))
                })
            });
            if let Some(folder) = named {
                complaints.push(format!(
                    "{}:{}: a path under {folder} is of one machine only",
                    file.path,
                    number + 1
                ));
            }
        }
    }
    complaints
}
