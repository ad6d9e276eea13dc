//! The licences of everything that is linked in, as one list that a person can read.
//!
//! A dependency with a new licence fails here until somebody has read that licence and added it.

use std::collections::BTreeMap;

use super::checkout::{self, Checkout};
use crate::process;

/// Every licence expression in the dependency tree. All of them allow use in a program under the MIT licence.
const ACCEPTED: &[&str] = &[
    "(MIT OR Apache-2.0) AND Unicode-3.0",
    "0BSD OR Apache-2.0",
    "0BSD OR MIT OR Apache-2.0",
    "Apache-2.0",
    "Apache-2.0 / MIT",
    "Apache-2.0 AND ISC",
    "Apache-2.0 OR BSL-1.0",
    "Apache-2.0 OR BSL-1.0 OR MIT",
    "Apache-2.0 OR ISC OR MIT",
    "Apache-2.0 OR MIT",
    "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
    "BSD-2-Clause OR Apache-2.0 OR MIT",
    "BSD-3-Clause",
    // Of a macro for numbers, in tests alone: it asks for nothing.
    "CC0-1.0",
    "CC0-1.0 OR MIT-0 OR Apache-2.0",
    // Of the list of root certificates, which is data.
    "CDLA-Permissive-2.0",
    "ISC",
    "ISC AND (Apache-2.0 OR ISC)",
    "ISC AND (Apache-2.0 OR ISC) AND Apache-2.0 AND MIT AND BSD-3-Clause AND (Apache-2.0 OR ISC OR MIT) AND (Apache-2.0 OR ISC OR MIT-0)",
    // Of LAME, for MP3: whoever changes it can build the program with theirs, since all of its source is public.
    "LGPL-3.0",
    "MIT",
    "MIT AND BSD-3-Clause",
    "MIT OR Apache-2.0",
    "MIT OR BSD-3-Clause",
    "MIT OR Apache-2.0 OR Zlib",
    "MIT OR Zlib OR Apache-2.0",
    "MIT/Apache-2.0",
    // Of the decoder of sound, which is linked as it is; and of the macro that embeds the web client, of which nothing is in the program.
    "MPL-2.0",
    // Of tables of characters, which are data.
    "Unicode-3.0",
    "Unlicense OR MIT",
    "Unlicense/MIT",
    "Zlib",
    "Zlib OR Apache-2.0 OR MIT",
    "Zlib OR MIT OR Apache-2.0",
];

pub(super) fn are_those_of_the_list(checkout: &Checkout) -> Vec<String> {
    // Without our own packages there is no tree to look at.
    if checkout.packages.is_empty() {
        return Vec::new();
    }
    let platform = process::ask("rustc", &["--print", "host-tuple"]).unwrap_or_default();
    let packages = match checkout::cargo_metadata(&["--filter-platform", &platform]) {
        Ok(packages) => packages,
        Err(error) => return vec![format!("{error:#}")],
    };
    let mut unknown: BTreeMap<&str, &str> = BTreeMap::new();
    for package in &packages {
        let licence = package["license"].as_str().unwrap_or("none");
        if !ACCEPTED.contains(&licence) {
            unknown
                .entry(licence)
                .or_insert(package["name"].as_str().unwrap_or_default());
        }
    }
    unknown
        .into_iter()
        .map(|(licence, name)| format!("{name}: read its licence, `{licence}`, and add it to the list or do without"))
        .collect()
}
