//! Mistakes, each with the next step; and the help that keeps people from them.

use std::net::TcpListener;

use crate::{refused, sederunt, text};

#[test]
fn mistakes_in_serving_name_the_next_step() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let file = data.path().join("a-file");
    std::fs::write(&file, "").expect("writable");
    let file = file.to_str().expect("text");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("bound").to_string();
    for (arguments, error, hint) in [
        (
            &["serve", "--listen", &taken][..],
            "is in use",
            "choose another with `--listen`",
        ),
        (
            &["serve", "--listen", "127.0.0.1:0", "--data", file],
            "cannot be used",
            "`--data`",
        ),
        (&["serve", "--config", "/nowhere.toml"], "/nowhere.toml", "`--config`"),
        (
            &["serve", "--config", file, "--public-url", "meet"],
            "`meet`",
            "`--public-url`",
        ),
        (
            &[
                "serve",
                "--database",
                "postgres://me@127.0.0.1:1/none",
                "--database-password-file",
                "/nowhere",
            ],
            "/nowhere",
            "`--database-password-file`",
        ),
        (&["serve", "--listen", "here"], "invalid value 'here'", "--help"),
        (&["serve", "--lisen", "x"], "unexpected argument '--lisen'", "--listen"),
        (
            &["serve", "--listen", "0.0.0.0:0", "--without-tokens"],
            "0.0.0.0:0",
            "127.0.0.1",
        ),
        (&["doctor", "--listen", &taken], "", ""),
    ] {
        refused(data.path(), arguments, error, hint);
    }
}

#[test]
fn mistakes_in_managing_name_the_next_step() {
    let data = tempfile::tempdir().expect("a temporary folder");
    for (arguments, error, hint) in [
        (
            &["token", "nobody@example.org"][..],
            "`nobody@example.org`",
            "sederunt user add",
        ),
        (&["token", "ada@example.org", "--ttl", "soon"], "`soon`", "7d"),
        (
            &["token", "ada@example.org", "--scope", "everything"],
            "everything",
            "meetings.space.readonly",
        ),
        (
            &[
                "token",
                "ada@example.org",
                "--scope",
                "https://www.googleapis.com/auth/meetings.participate",
            ],
            "unknown scope",
            "meetings.participate",
        ),
        (&["user", "add", "nobody"], "nobody", ""),
        (
            &["user", "add", "ada@example.org", "--name", "Ada\u{200B}"],
            "control character U+200B",
            "",
        ),
        (
            &["user", "remove", "nobody@example.org"],
            "`nobody@example.org`",
            "sederunt user add",
        ),
        (
            &["project", "members", "nothing"],
            "no project `nothing`",
            "project list",
        ),
        (&["key", "create", "Not A Name"], "lower-case letters", ""),
        (&["key", "remove", "nobody", "x"], "`nobody`", "sederunt key list"),
        (&["key", "remove", "nobody"], "KEY_ID", "--help"),
        (
            &["grant", "add", "nobody", "--scope", "meetings.space.readonly"],
            "`nobody`",
            "sederunt key create",
        ),
        (
            &["grant", "add", "nobody", "--scope", "everything"],
            "everything",
            "meetings.space.readonly",
        ),
        (&["domain", "add", "not a domain"], "not a domain", ""),
        (
            &["domain", "remove", "example.org"],
            "`example.org`",
            "sederunt domain list",
        ),
        (
            &["domain", "share-email", "example.org"],
            "`example.org`",
            "sederunt domain list",
        ),
        (
            &["domain", "ask-to-record", "example.org"],
            "`example.org`",
            "sederunt domain list",
        ),
        (
            &["domain", "add", "example.org", "--organisation", "Exam\u{AD}ple"],
            "control character U+00AD",
            "",
        ),
        (&["person", "delete", "nobody@example.org"], "`nobody@example.org`", ""),
        (
            &["person", "delete", "conferenceRecords/x"],
            "`conferenceRecords/x`",
            "conferenceRecords/CONFERENCE/participants/PARTICIPANT",
        ),
        (
            &["space", "retention", "abc-mnop-xyz", "30"],
            "`abc-mnop-xyz`",
            "spaces/SPACE",
        ),
        (&["space", "retention", "abc-mnop-xyz", "soon"], "`soon`", "`forever`"),
    ] {
        refused(data.path(), arguments, error, hint);
    }
}

#[test]
fn mistakes_with_apps_name_the_next_step() {
    let data = tempfile::tempdir().expect("a temporary folder");
    for (arguments, error, hint) in [
        (
            &["app", "add", "Minutes", "--kind", "web"][..],
            "redirect URI",
            "`--redirect-uri",
        ),
        (
            &["app", "add", "Minutes", "--kind", "web", "--redirect-uri", "nowhere"],
            "nowhere",
            "",
        ),
        (&["app", "add", "Minutes", "--kind", "desktop"], "desktop", "installed"),
        (&["app", "remove", "1"], "`1`", "sederunt app list"),
        (
            &[
                "app",
                "add",
                "Reports",
                "--kind",
                "daemon",
                "--redirect-uri",
                "https://example.org",
            ],
            "a daemon sends nobody anywhere",
            "`--kind web`",
        ),
        (
            &[
                "app",
                "add",
                "Minutes",
                "--kind",
                "web",
                "--role",
                "CallRecords.Read.All",
            ],
            "only a daemon has roles",
            "`--kind daemon`",
        ),
        (
            &["app", "add", "Reports", "--kind", "daemon", "--role", "Calls.Read.All"],
            "Calls.Read.All",
            "CallRecords.Read.All",
        ),
        (
            &[
                "app",
                "add",
                "Reports",
                "--kind",
                "daemon",
                "--certificate",
                "/nowhere.pem",
            ],
            "`/nowhere.pem`",
            "PEM",
        ),
        (
            &[
                "app",
                "add",
                "Reports",
                "--kind",
                "daemon",
                "--certificate",
                "/dev/null",
            ],
            "not a certificate in PEM",
            "openssl req",
        ),
        (
            &["app", "grant", "1", "--role", "CallRecords.Read.All"],
            "`1`",
            "sederunt app list",
        ),
    ] {
        refused(data.path(), arguments, error, hint);
    }
}

#[test]
fn help_is_everywhere() {
    let data = tempfile::tempdir().expect("a temporary folder");
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["user", "add", "--help"],
        &["user", "link", "--help"],
        &["user", "password", "--help"],
        &["key", "create", "--help"],
        &["app", "add", "--help"],
        &["app", "grant", "--help"],
        &["app", "secret", "--help"],
        &["app", "certificate", "--help"],
        &["app", "forget", "--help"],
        &["grant", "add", "--help"],
        &["domain", "add", "--help"],
        &["domain", "share-email", "--help"],
        &["domain", "ask-to-record", "--help"],
        &["person", "delete", "--help"],
        &["space", "retention", "--help"],
        &["token", "--help"],
        &["audit", "--help"],
        &["doctor", "-h"],
    ] {
        let output = sederunt(data.path(), arguments);
        assert!(
            output.status.success() && text(&output.stdout).contains("Usage:"),
            "{arguments:?}"
        );
    }
    let nothing = sederunt(data.path(), &[]);
    assert!(
        text(&nothing.stderr).contains("Usage:"),
        "without a command it shows the help"
    );
}

/// Nobody listens there, which is said after what is wrong with the flag.
#[test]
fn a_password_in_a_flag_is_complained_of() {
    let data = tempfile::tempdir().expect("a temporary folder");
    for (address, complained) in [
        ("postgres://me:hush@127.0.0.1:1/none", true),
        ("postgres://me@127.0.0.1:1/none", false),
    ] {
        let listed = sederunt(data.path(), &["user", "list", "--database", address]);
        let said = text(&listed.stderr);
        assert_eq!(said.contains("lists its processes"), complained, "{said}");
        assert!(!listed.status.success() && !said.contains("hush"), "{said}");
    }
}

#[test]
fn who_stands_in_the_wrong_folder_is_told_that_nothing_was_there() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let said = || text(&sederunt(data.path(), &["user", "list"]).stderr);
    assert!(said().contains("no register was here"), "the first time");
    assert!(!said().contains("no register was here"), "and not again");
}
