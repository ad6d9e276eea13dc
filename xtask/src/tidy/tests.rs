//! The checkout is tidy, and each rule finds the breach that it is there for.

use serde_json::{Value, json};

use super::{
    RULES, Rule, arrows,
    checkout::{Checkout, File},
    circles, length, limits, modules, sql, unused, walls,
};
use crate::workspace;

#[test]
fn the_checkout_is_tidy() {
    let checkout = Checkout::read().expect("the checkout can be read");
    let complaints: Vec<String> = RULES.iter().flat_map(|(_, rule)| rule(&checkout)).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// What a rule must say about a checkout of these files and packages; nothing if it is tidy.
#[track_caller]
fn check_all(rule: Rule, files: &[(&str, &str)], packages: &[Value], complaint: Option<&str>) {
    let file = |(path, text): &(&str, &str)| File {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    };
    let complaints = rule(&Checkout::new(files.iter().map(file).collect(), packages.to_vec()));
    match complaint {
        None => assert!(complaints.is_empty(), "{complaints:?}"),
        Some(words) => assert!(complaints.iter().any(|line| line.contains(words)), "{complaints:?}"),
    }
}

#[track_caller]
fn check(rule: Rule, path: &str, text: &str, complaint: Option<&str>) {
    check_all(rule, &[(path, text)], &[], complaint);
}

/// A package in `crates/`, with its dependencies and their kinds.
fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Value {
    let dependency = |(name, kind): &(&str, Option<&str>)| json!({"name": name, "kind": kind});
    json!({
        "name": name,
        "manifest_path": workspace::root().join("crates").join(name).join("Cargo.toml"),
        "dependencies": dependencies.iter().map(dependency).collect::<Vec<_>>(),
    })
}

#[test]
fn each_rule_of_one_file_can_fail() {
    let unfinished = ["TO", "DO"].concat();
    let rule = modules::begin_with_their_reason;
    check(rule, "crates/db/src/lib.rs", "//! Why.\n", None);
    check(rule, "crates/db/src/lib.rs", "use std::fs;\n", Some("`//!`"));

    let rule = modules::are_understood;
    check(rule, "crates/db/src/lib.rs", "fn f() {}", None);
    check(rule, "crates/db/src/lib.rs", "fn f(", Some("lib.rs"));
    check(rule, "crates/db/src/lib.rs", "fn f fn", Some("lib.rs"));

    let rule = modules::nothing_is_unfinished;
    check(
        rule,
        "web/src/main.ts",
        &format!("// {unfinished}: later"),
        Some(&unfinished),
    );
    check(rule, "web/src/main.ts", "const method = \"GET\"", None);

    let rule = modules::no_machine_is_named;
    check(rule, "README.md", &["see /ro", "ot/x"].concat(), Some("README.md:1"));
    check(rule, "README.md", "http://localhost/worker", None);

    let rule = arrows::one_module_names_the_webrtc_library;
    check(rule, "crates/media/src/room.rs", "use str0m::Rtc;", Some("room.rs"));
    check(rule, "crates/media/src/room.rs", "// str0m calls it mid\n", None);

    let rule = sql::both_engines_understand;
    let migration = "crates/db/migrations/1.sql";
    check(rule, migration, "create table t (a boolean)", Some("boolean"));
    check(rule, migration, "-- no boolean here\n", None);
    let bare = "f(\"select a from t where $1 is null\")";
    check(rule, "crates/db/src/a.rs", bare, Some("is null"));
    check(
        rule,
        "crates/db/src/a.rs",
        "f(\"select a from t where b is null\")",
        None,
    );
    check(rule, "crates/db/src/a.rs", "f(\"looks like a lease\")", None);

    let rule = sql::stands_with_its_tables;
    check(
        rule,
        "crates/server/src/front.rs",
        "f(\"select 1\")",
        Some("\"select 1\""),
    );
    check(
        rule,
        "crates/rooms/src/door.rs",
        "f(\"update t\n set a = 1\")",
        Some("door.rs"),
    );
    check(rule, "sederunt/src/space.rs", "f(\"update the space\")", None);
    check(rule, "crates/register/src/spaces.rs", "f(\"select 1\")", None);
    check(rule, "crates/server/tests/serving/lobby.rs", "f(\"select 1\")", None);
}

#[test]
fn each_rule_of_limits_and_lengths_can_fail() {
    let rule = limits::crates_have_a_place_for_them;
    let packages = [package("db", &[])];
    check_all(rule, &[("crates/db/src/limits.rs", "")], &packages, None);
    check_all(rule, &[("crates/db/src/lib.rs", "")], &packages, Some("limits.rs"));

    let rule = limits::stand_in_their_place;
    let library = "crates/db/src/lib.rs";
    let place = ("crates/db/src/limits.rs", "const ROWS_MAX: usize = 8;");
    for (text, complaint) in [
        ("", None),
        ("const ROWS_MAX: usize = 8;", Some("lib.rs:2: move `ROWS_MAX`")),
        ("const A_TTL: Duration = Duration::from_secs(8);", Some("`A_TTL`")),
        ("impl A { fn f() { const B_INTERVAL: u8 = 8; } }", Some("`B_INTERVAL`")),
        ("const ROWS_MAX: usize = limits::ROWS_MAX;", None),
        ("const GRPC_TIMEOUT: &str = \"grpc-timeout\";", None),
        ("#[cfg(test)] const ROWS_MAX: usize = 8;", None),
    ] {
        let text = format!("mod limits;\n{text}");
        check_all(rule, &[place, (library, &text)], &[], complaint);
    }

    let rule = length::functions_fit_on_a_screen;
    let rust = |lines: usize| format!("fn long() {{{}}}", "\n".repeat(lines - 1));
    check(rule, library, &rust(70), None);
    check(rule, library, &rust(71), Some("`long` has 71 lines"));
    check(rule, library, &format!("impl A {{ {} }}", rust(71)), Some("`long`"));
    check(
        rule,
        library,
        &format!("#[cfg(test)] mod tests {{ {} }}", rust(71)),
        None,
    );
    check(rule, "crates/db/tests/store.rs", &rust(71), None);
    let script = |head: &str, lines: usize| format!("{head}{}}}\n", "\n".repeat(lines - 1));
    let page = "web/src/page.tsx";
    check(rule, page, &script("function long() {", 70), None);
    check(
        rule,
        page,
        &script("export function long() {", 71),
        Some("`long` has 71 lines"),
    );
    check(
        rule,
        page,
        &script("export function long({\n  a,\n}: {\n  a: A;\n}) {", 67),
        Some("`long`"),
    );
    check(rule, page, &script("const long = () => {", 71), Some("`long`"));
    check(rule, page, &script("interface Long {", 71), None);
    check(rule, "web/test/page.test.ts", &script("function long() {", 71), None);
}

#[test]
fn each_rule_of_imports_can_fail() {
    let rule = circles::no_modules_import_each_other;
    let root = (
        "crates/db/src/lib.rs",
        "mod a;\nmod b;\npub use b::B;\npub struct Root;",
    );
    let circle = Some("crates/db/src: a, b import each other");
    for (a, b, inner, complaint) in [
        ("use crate::b::B;", "use super::a::A;", "", circle),
        ("use crate::b::B;", "", "", None),
        // Through the root's `pub use`, a glob, a path in a signature and one in a macro.
        ("use crate::B;", "use crate::a;\npub struct B;", "", circle),
        ("use crate::b::*;", "mod inner;", "fn f(a: crate::a::A) {}", circle),
        ("use crate::b;", "mod inner;", "fn f() { g!(1, crate::a::A) }", circle),
        // Parents and children, what is not of the tree, tests, and another crate with such a module.
        ("use crate::Root;", "mod inner;\nuse inner::I;", "use super::B;", None),
        ("use crate::b;", "", "use crate::a;", None),
        ("use crate::b;", "#[cfg(test)] mod tests { use crate::a; }", "", None),
        ("use other::b;", "use crate::a;", "", None),
    ] {
        let files = [
            root,
            ("crates/db/src/a.rs", a),
            ("crates/db/src/b/mod.rs", b),
            ("crates/db/src/b/inner.rs", inner),
        ];
        check_all(rule, &files, &[], complaint);
    }
    let in_folder = [
        ("crates/db/src/lib.rs", "mod b;"),
        ("crates/db/src/b/mod.rs", "mod c;\nmod d;\npub use c::C;"),
        ("crates/db/src/b/c.rs", "use super::d::D;\npub struct C;"),
        ("crates/db/src/b/d.rs", "use super::C;"),
    ];
    let places = "crates/db/src/b: c, d import each other: c → d (b/c.rs:1), d → c (b/d.rs:1)";
    check_all(rule, &in_folder, &[], Some(places));

    let rule = circles::no_files_import_each_other;
    let circle = Some("web/src/a.ts, web/src/ui/b.tsx import each other");
    for (a, b, complaint) in [
        (
            "import type { B } from './ui/b.tsx';",
            "import { a } from '../a.ts';",
            circle,
        ),
        ("import './ui/b.tsx';", "import '../a.ts';", circle),
        ("import './ui/b.tsx';", "const a = () => import('../a.ts');", None),
        ("", "import { a } from '../a.ts';", None),
        ("import { b } from 'b';", "import { a } from '../a.ts';", None),
    ] {
        check_all(rule, &[("web/src/a.ts", a), ("web/src/ui/b.tsx", b)], &[], complaint);
    }
}

#[test]
fn each_rule_of_walls_can_fail() {
    let server = |gate, own, application| {
        [
            (
                "crates/server/src/lib.rs",
                "mod application; mod contracts; mod gate; mod newcomer;",
            ),
            ("crates/server/src/newcomer.rs", ""),
            ("crates/server/src/application.rs", application),
            ("crates/server/src/gate.rs", gate),
            (
                "crates/server/src/contracts/mod.rs",
                "pub mod meet; pub mod own; pub use meet::Meet;",
            ),
            ("crates/server/src/contracts/meet.rs", "pub struct Meet;"),
            ("crates/server/src/contracts/own.rs", own),
        ]
    };
    for (gate, own, application, complaint) in [
        ("", "use crate::gate;", "use crate::contracts::meet;", None),
        ("use crate::contracts::own;", "", "", Some("`gate` names `own`")),
        (
            "use crate::contracts::Meet;",
            "",
            "",
            Some("only `application` names contracts"),
        ),
        ("", "use super::meet;", "", Some("`own` may not know `meet`")),
    ] {
        check_all(
            walls::contracts_stand_apart,
            &server(gate, own, application),
            &[],
            complaint,
        );
    }
    let rule = walls::modules_keep_to_their_rows;
    let breach = server("use crate::contracts::own::Own;", "", "");
    check_all(rule, &[], &[], Some("there is no such crate"));
    for complaint in [
        "gate.rs:1: `gate` may not import `contracts/own`",
        "newcomer.rs: give the new module its place",
        "there is no `names` any more",
    ] {
        check_all(rule, &breach, &[], Some(complaint));
    }
}

#[test]
fn each_rule_of_packages_can_fail() {
    let rule = arrows::run_one_way;
    check_all(
        rule,
        &[],
        &[package("db", &[]), package("register", &[("db", None)])],
        None,
    );
    check_all(
        rule,
        &[],
        &[package("register", &[]), package("db", &[("register", None)])],
        Some("`register`"),
    );
    check_all(
        rule,
        &[],
        &[package("newcomer", &[])],
        Some("give the new crate its place"),
    );

    let rule = arrows::foreign_crates_have_one_home;
    check_all(rule, &[], &[package("db", &[("rusqlite", None)])], None);
    check_all(
        rule,
        &[],
        &[package("register", &[("rusqlite", None)])],
        Some("only `db` may import"),
    );

    let rule = unused::workspace_lists_what_members_ask_for;
    let manifest = [(
        "Cargo.toml",
        "[workspace.dependencies]\n# Why.\nuuid = \"1\"\n\n[profile.dev]\ndebug = 1\n",
    )];
    check_all(rule, &manifest, &[package("db", &[("uuid", None)])], None);
    check_all(
        rule,
        &manifest,
        &[package("db", &[])],
        Some("no member depends on `uuid`"),
    );

    let rule = unused::members_name_what_they_depend_on;
    let (source, test) = ("crates/db/src/lib.rs", "crates/db/tests/a.rs");
    let usual = [package("db", &[("http-body", None)])];
    check_all(rule, &[(source, "use http_body::Body;")], &usual, None);
    check_all(rule, &[(source, "// http_body\n")], &usual, Some("names `http-body`"));
    check_all(
        rule,
        &[(test, "use http_body::Body;")],
        &usual,
        Some("names `http-body`"),
    );
    let for_tests = [package("db", &[("http-body", Some("dev"))])];
    check_all(rule, &[(test, "use http_body::Body;")], &for_tests, None);

    let rule = unused::public_things_are_used;
    let (user, tests) = ("sederunt/src/main.rs", "crates/db/tests/a.rs");
    let made = "pub struct Db; impl Db { pub fn ping(&self) {} }";
    check_all(
        rule,
        &[(source, made), (user, "fn main() { db::Db.ping() }")],
        &[],
        None,
    );
    check_all(
        rule,
        &[(source, made), (user, "use db::Db; fn main() { Db; }")],
        &[],
        Some("`ping`"),
    );
    check_all(
        rule,
        &[(source, made), (tests, "fn a() { db::Db.ping() }")],
        &[],
        Some("`Db`"),
    );
    let inside = "pub struct Db; #[cfg(test)] mod tests { fn a() { super::Db; } }";
    check_all(rule, &[(source, inside)], &[], Some("`Db`"));
    check_all(
        rule,
        &[(source, "#[cfg(feature = \"testing\")] pub fn seed() {}")],
        &[],
        None,
    );
}
