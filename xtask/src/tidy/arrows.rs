//! Who may import whom.
//!
//! A crate exists to keep a promise (no I/O, one database, one codec), and an import in the wrong direction breaks it
//! silently. The tables below are the design's; a new arrow is a decision, made here in the open.

use serde_json::Value;

use super::{checkout::Checkout, rust_source};

/// Our crates, and which of ours each may import. `server` wires them all; nothing imports it but the program and the
/// benchmarks.
const ARROWS: &[(&str, &[&str])] = &[
    ("api", &[]),
    ("transcode", &[]),
    ("filter", &[]),
    ("odata", &[]),
    ("aside", &[]),
    ("audio", &[]),
    ("db", &["aside"]),
    ("meeting", &[]),
    ("quality", &[]),
    ("turn", &["share"]),
    ("media", &["quality", "share", "turn"]),
    ("share", &[]),
    ("steady", &[]),
    ("attendee", &["turn"]),
    ("edge", &["share"]),
    ("audit", &["db", "meeting"]),
    ("outbox", &["db"]),
    ("telephony", &["audio", "quality", "share", "steady"]),
    ("gateway", &["audio", "media", "telephony"]),
    ("recording", &["audio"]),
    ("recorder", &["audio", "media", "recording", "steady"]),
    (
        "calls",
        &[
            "audio",
            "audit",
            "db",
            "filter",
            "outbox",
            "quality",
            "recording",
            "share",
            "steady",
            "telephony",
        ],
    ),
    ("identity", &["aside", "audit", "db", "meeting"]),
    ("register", &["audit", "db", "filter", "meeting", "outbox", "quality"]),
    ("rooms", &["audit", "media", "meeting", "quality", "register"]),
    (
        "sim",
        &["attendee", "db", "media", "meeting", "register", "rooms", "steady"],
    ),
    (
        "server",
        &[
            "api",
            "aside",
            "attendee",
            "audio",
            "audit",
            "calls",
            "db",
            "edge",
            "filter",
            "gateway",
            "identity",
            "media",
            "meeting",
            "odata",
            "outbox",
            "quality",
            "recorder",
            "recording",
            "register",
            "rooms",
            "share",
            "steady",
            "telephony",
            "transcode",
            "turn",
        ],
    ),
    (
        "sederunt",
        &[
            "audit", "calls", "db", "identity", "media", "meeting", "outbox", "register", "server",
        ],
    ),
    ("bench-media", &["media"]),
    (
        "bench",
        &[
            "api",
            "attendee",
            "audio",
            "audit",
            "db",
            "end-to-end",
            "gateway",
            "identity",
            "media",
            "meeting",
            "quality",
            "recorder",
            "recording",
            "register",
            "server",
            "telephony",
            "transcode",
        ],
    ),
    (
        "fuzz",
        &[
            "api",
            "audio",
            "audit",
            "calls",
            "db",
            "edge",
            "filter",
            "identity",
            "media",
            "odata",
            "quality",
            "recorder",
            "telephony",
            "transcode",
            "turn",
        ],
    ),
    ("end-to-end", &["api", "attendee", "audio", "turn"]),
    ("xtask", &[]),
];

/// Foreign crates that stand for a promise, and those of ours that may import them.
const HOMES: &[(&[&str], &[&str])] = &[
    (
        &[
            "rusqlite",
            "libsqlite3-sys",
            "tokio-postgres",
            "postgres",
            "deadpool-postgres",
            "sqlx",
        ],
        &["db"],
    ),
    // In `attendee` it plays the browsers, and in `bench-media` a crowd of them.
    (&["str0m"], &["attendee", "bench-media", "media"]),
    (&["str0m-proto", "dimpl"], &["media"]),
    // The floor of the benchmark sends in runs too.
    (&["quinn-udp"], &["bench-media", "media"]),
    (&["protox", "prost-build", "tonic-prost-build"], &["api"]),
    // `api` publishes the descriptors that `transcode` works from.
    (&["prost-reflect"], &["api", "transcode"]),
];

/// The one module that names the WebRTC library; an upgrade that breaks its interface is mended there.
const WEBRTC_MODULE: &str = "crates/media/src/peer";

/// Where the same library plays the browsers of the simulated world, and whoever checks a network.
const CLIENT_MODULES: [&str; 2] = ["crates/attendee/src/browser.rs", "crates/attendee/src/checker.rs"];

pub(super) fn run_one_way(checkout: &Checkout) -> Vec<String> {
    let mut complaints = Vec::new();
    let ours: Vec<&str> = checkout
        .packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    for package in &checkout.packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
            complaints.push(format!("{name}: give the new crate its place among the arrows of tidy"));
            continue;
        };
        for (import, is_for_tests) in imports(package) {
            // A crate may use its own test support, and its tests may use what stands below `server`.
            let is_fine = !ours.contains(&import)
                || allowed.contains(&import)
                || (is_for_tests && (import == name || import != "server"));
            if !is_fine {
                complaints.push(format!("{name}: it may not import `{import}`; move what it needs"));
            }
        }
    }
    complaints
}

pub(super) fn foreign_crates_have_one_home(checkout: &Checkout) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in &checkout.packages {
        let name = package["name"].as_str().unwrap_or_default();
        for (import, is_for_tests) in imports(package) {
            let rule = HOMES.iter().find(|(foreign, _)| foreign.contains(&import));
            if let Some((_, homes)) = rule.filter(|(_, homes)| !homes.contains(&name) && !is_for_tests) {
                complaints.push(format!(
                    "{name}: only `{}` may import `{import}`",
                    homes.join("` and `")
                ));
            }
        }
    }
    complaints
}

pub(super) fn one_module_names_the_webrtc_library(checkout: &Checkout) -> Vec<String> {
    let inside = |path: &str| {
        path == format!("{WEBRTC_MODULE}.rs")
            || path.starts_with(&format!("{WEBRTC_MODULE}/"))
            || CLIENT_MODULES.contains(&path)
    };
    let outside = checkout
        .rust()
        .filter(|file| file.path.starts_with("crates/") && file.path.contains("/src/"));
    outside
        .filter(|file| !inside(&file.path) && rust_source::names(&file.text, "str0m"))
        .map(|file| format!("{}: only {WEBRTC_MODULE} may name str0m", file.path))
        .collect()
}

/// The direct imports of a package, and whether each is for its tests alone.
fn imports(package: &Value) -> Vec<(&str, bool)> {
    let dependencies = package["dependencies"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    dependencies
        .iter()
        .filter_map(|dependency| Some((dependency["name"].as_str()?, dependency["kind"].as_str() == Some("dev"))))
        .collect()
}
