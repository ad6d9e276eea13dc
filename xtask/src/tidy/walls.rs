//! Who may import whom inside `server`.
//!
//! Its folders are crates in all but name: each keeps a promise that an import in the wrong direction breaks. A crate for
//! each would have one consumer; a table costs nothing and is the same wall. A module without a row fails, as a crate
//! without one does among the arrows, so whoever adds one says where it stands.

use super::{
    checkout::Checkout,
    crates::{Arrow, Crate},
    graph::Graph,
};

/// The crate that the tables are about.
const SERVER: &str = "crates/server/src";

/// Where the contracts are, each a folder of its own.
const CONTRACTS: &str = "contracts";

/// The one module that knows what is served.
const APPLICATION: &str = "application";

/// The modules of `server`, each with those that it may import; what stands alone imports none of them. `application`
/// wires all, so it has no row. A row stands for all that is below it.
const MODULES: &[(&str, &[&str])] = &[
    // What all the others share.
    ("clock", &[]),
    ("descriptors", &[]),
    ("failure", &["limits"]),
    ("limits", &[]),
    ("links", &[]),
    ("metrics", &[]),
    ("outgoing", &["limits"]),
    ("turned_away", &["clock", "limits"]),
    ("random", &[]),
    ("remedy", &[]),
    ("beside", &["configuration", "folder", "remedy"]),
    ("names", &["failure"]),
    ("phone_access", &["limits", "random"]),
    ("doorman", &["clock", "installation", "limits", "names", "random"]),
    (
        "telephone",
        &["clock", "doorman", "installation", "outgoing", "phone_access"],
    ),
    ("recorded", &["clock", "limits", "random"]),
    ("relays", &["clock", "limits", "random"]),
    ("zip", &[]),
    (
        "installation",
        &["metrics", "outgoing", "phone_access", "recorded", "relays"],
    ),
    (
        "delivering",
        &[
            "clock",
            "failure",
            "installation",
            "limits",
            "metrics",
            "outgoing",
            "random",
            "turned_away",
        ],
    ),
    ("compression", &["limits"]),
    // Who asks, and how they are let in.
    ("browser", &["clock", "limits"]),
    ("gate", &["browser", "clock", "failure", "limits", "metrics", "random"]),
    ("files", &["failure", "gate", "limits"]),
    ("grpc", &["failure", "gate", "limits"]),
    ("plain", &[]),
    ("file_links", &["clock", "failure", "files", "gate", "plain"]),
    ("acquaintance", &["clock", "failure"]),
    ("standing", &["failure", "gate"]),
    ("projects", &["failure", "gate"]),
    ("paging", &["failure"]),
    ("readiness", &["clock", "limits"]),
    ("probing", &["failure", "grpc", "limits", "readiness"]),
    // What is served.
    (
        "contracts/graph",
        &[
            "clock",
            "delivering",
            "failure",
            "gate",
            "installation",
            "limits",
            "links",
            "names",
            "outgoing",
            "plain",
            "random",
        ],
    ),
    (
        "contracts/meet",
        &[
            "acquaintance",
            "clock",
            "failure",
            "gate",
            "grpc",
            "installation",
            "limits",
            "links",
            "names",
            "phone_access",
            "random",
            "standing",
        ],
    ),
    (
        "contracts/own",
        &[
            "clock",
            "failure",
            "file_links",
            "files",
            "gate",
            "grpc",
            "installation",
            "limits",
            "links",
            "metrics",
            "names",
            "phone_access",
            "plain",
            "projects",
            "random",
            "recorded",
            "relays",
            "standing",
            "zip",
        ],
    ),
    (
        "contracts/voice",
        &[
            "clock",
            "delivering",
            "failure",
            "file_links",
            "files",
            "gate",
            "grpc",
            "installation",
            "limits",
            "outgoing",
            "paging",
            "plain",
            "projects",
        ],
    ),
    (
        "contracts/numbering",
        &["failure", "gate", "grpc", "installation", "names", "paging", "projects"],
    ),
    (
        "contracts/people",
        &["acquaintance", "failure", "gate", "grpc", "installation", "limits"],
    ),
    (
        "web",
        &[
            "browser",
            "clock",
            "failure",
            "gate",
            "limits",
            "outgoing",
            "random",
            "turned_away",
        ],
    ),
    (
        "oauth",
        &["browser", "clock", "failure", "gate", "limits", "turned_away", "web"],
    ),
    ("discovery", &["grpc", "web"]),
    ("waiting", &["limits", "web"]),
    ("watching", &["metrics", "web"]),
    (
        "front",
        &[
            "compression",
            "discovery",
            "failure",
            "gate",
            "grpc",
            "oauth",
            "plain",
            "probing",
            "readiness",
            "watching",
            "web",
        ],
    ),
    // The program around it.
    ("announce", &["limits"]),
    ("folder", &[]),
    (
        "configuration",
        &[
            "announce",
            "gate",
            "limits",
            "outgoing",
            "phone_access",
            "relays",
            "telephone",
            "web",
        ],
    ),
    (
        "doctor",
        &[
            "announce",
            "clock",
            "configuration",
            "descriptors",
            "folder",
            "limits",
            "outgoing",
            "remedy",
        ],
    ),
    ("jobs", &["clock", "limits"]),
];

/// Each module imports what its row says and no more.
pub(super) fn modules_keep_to_their_rows(checkout: &Checkout) -> Vec<String> {
    let Some(server) = server(checkout) else {
        return vec![gone()];
    };
    let mut complaints = Vec::new();
    for module in server.modules.iter().filter(|module| !module.path.is_empty()) {
        let is_folder_of_rows = MODULES
            .iter()
            .any(|(row, _)| row.starts_with(&format!("{}/", module.name())));
        if row_of(&module.name()).is_none() && !is_folder_of_rows && module.path.len() <= 2 {
            let place = &module.file;
            complaints.push(format!(
                "{place}: give the new module its place among the walls of tidy"
            ));
        }
    }
    for (row, _) in MODULES {
        if !server.modules.iter().any(|module| module.name() == *row) {
            complaints.push(format!(
                "{SERVER}: there is no `{row}` any more; take its row from the walls of tidy"
            ));
        }
    }
    let mut breaches = Graph::default();
    for arrow in server.arrows() {
        let (from, to) = ends(server, &arrow);
        if let (Some((from, allowed)), Some((to, _))) = (row_of(&from), row_of(&to))
            && from != to
            && *from != APPLICATION
            && !allowed.contains(to)
        {
            breaches.add(from, to, &arrow.place);
        }
    }
    let breaches = breaches.arrows();
    complaints.extend(
        breaches.map(|(from, to, place)| format!("{place}: `{from}` may not import `{to}`; move what it needs")),
    );
    complaints
}

/// What no row may allow: contracts know nothing of each other, and only the application knows that there are any.
pub(super) fn contracts_stand_apart(checkout: &Checkout) -> Vec<String> {
    let Some(server) = server(checkout) else {
        return vec![gone()];
    };
    let mut breaches = Graph::default();
    for arrow in server.arrows() {
        let (from, to) = ends(server, &arrow);
        let Some(named) = contract(&to) else { continue };
        // `lib.rs` and the folder's own file declare what is below them.
        let is_theirs = contract(&from) == Some(named) || from == CONTRACTS || from.is_empty();
        if !is_theirs && from != APPLICATION {
            breaches.add(&from, named, &arrow.place);
        }
    }
    let breaches = breaches.arrows();
    breaches
        .map(|(from, to, place)| match contract(from) {
            Some(from) => {
                format!("{place}: the contract `{from}` may not know `{to}`; move what both need out of them")
            }
            None => format!("{place}: only `{APPLICATION}` names contracts, and `{from}` names `{to}`"),
        })
        .collect()
}

fn server(checkout: &Checkout) -> Option<&Crate> {
    checkout.crates().iter().find(|one| one.folder == SERVER)
}

/// The tables would hold nothing together if nobody noticed.
fn gone() -> String {
    format!("{SERVER}: there is no such crate any more; tell tidy's walls where its modules are")
}

fn ends(server: &Crate, arrow: &Arrow) -> (String, String) {
    (server.modules[arrow.from].name(), server.modules[arrow.to].name())
}

/// The row that a module belongs to.
fn row_of(module: &str) -> Option<&'static (&'static str, &'static [&'static str])> {
    const OF_APPLICATION: (&str, &[&str]) = (APPLICATION, &[]);
    let holds = |row: &str| module == row || module.strip_prefix(row).is_some_and(|below| below.starts_with('/'));
    if holds(APPLICATION) {
        return Some(&OF_APPLICATION);
    }
    MODULES.iter().find(|(row, _)| holds(row))
}

/// The contract that a module belongs to, like `meet` for `contracts/meet/spaces`.
fn contract(module: &str) -> Option<&str> {
    module.strip_prefix(CONTRACTS)?.strip_prefix('/')?.split('/').next()
}
