//! Accounts, keys, apps and the rest: what is made is listed, and what was done is told.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::{sederunt, text};

/// Everything that can be managed, as it is listed afterwards.
#[test]
fn what_is_managed_is_listed() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let run = |arguments: &[&str]| {
        let output = sederunt(data.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        text(&output.stdout)
    };
    let fields = |arguments: &[&str]| -> Vec<Vec<String>> {
        let lines = run(arguments);
        let rows = lines.lines().map(|line| line.split('\t').map(str::to_owned).collect());
        rows.collect()
    };
    run(&["user", "add", "ada@example.org", "--name", "Ada"]);
    run(&["user", "administrator", "ada@example.org"]);
    let last = sederunt(data.path(), &["user", "administrator", "ada@example.org", "--remove"]);
    assert!(
        text(&last.stderr).contains("hint: `sederunt user administrator EMAIL`"),
        "{last:?}"
    );
    run(&["user", "add", "bo@example.org"]);
    let users = fields(&["user", "list"]);
    assert_eq!(users[0][..3], ["ada@example.org", "Ada", "administrator"]);
    assert_eq!(users[1][..3], ["bo@example.org", "bo", "user"]);
    assert!(
        users[1][3].starts_with("users/1") || users[1][3].len() == 27,
        "{users:?}"
    );
    run(&["user", "remove", "bo@example.org"]);
    assert_eq!(fields(&["user", "list"]).len(), 1);

    let file = run(&["key", "create", "reports", "--public-url", "https://meet.example.org"]);
    assert!(
        file.contains("\"token_uri\": \"https://meet.example.org/oauth2/token\""),
        "{file}"
    );
    run(&["key", "create", "reports"]);
    let keys = fields(&["key", "list"]);
    assert_eq!(
        (keys.len(), keys[0][0].as_str(), &keys[0][1]),
        (2, "reports", &keys[1][1])
    );
    run(&["grant", "add", "reports", "--scope", "meetings.space.readonly"]);
    assert_eq!(
        fields(&["grant", "list"]),
        [[
            keys[0][2].as_str(),
            &keys[0][1],
            "https://www.googleapis.com/auth/meetings.space.readonly"
        ]]
    );
    let participate = "urn:sederunt:scope:meetings.participate";
    for scope in ["meetings.participate", participate] {
        run(&["grant", "add", "reports", "--scope", scope]);
        assert_eq!(fields(&["grant", "list"])[0][2], participate);
        assert_eq!(
            run(&["token", "ada@example.org", "--scope", scope]).split('.').count(),
            3
        );
    }
    run(&["grant", "remove", &keys[0][1]]);
    run(&["key", "remove", "reports", &keys[0][3]]);
    assert_eq!(fields(&["key", "list"]).len(), 1);
    run(&["key", "remove", "reports", "--all"]);
    assert!(fields(&["key", "list"]).is_empty() && fields(&["grant", "list"]).is_empty());

    let file = run(&["app", "add", "Minutes", "--kind", "installed"]);
    assert!(
        file.contains("\"installed\"") && file.contains("client_secret"),
        "{file}"
    );
    let apps = fields(&["app", "list"]);
    assert_eq!(apps[0][1..], ["Minutes", "installed", ""]);
    run(&["app", "remove", &apps[0][0]]);
    assert!(fields(&["app", "list"]).is_empty());
    daemons_are_managed(&run, &fields);

    run(&["domain", "add", "Example.org", "--organisation", "Example"]);
    run(&["domain", "add", "example.com"]);
    assert_eq!(
        fields(&["domain", "list"]),
        [
            ["example.com", "example.com", "private", "told"],
            ["example.org", "Example", "private", "told"]
        ]
    );
    for (arguments, expected) in [
        (&["share-email", "example.org"][..], ["shared", "told"]),
        (&["ask-to-record", "example.org"], ["shared", "asked"]),
        (&["share-email", "example.org", "--remove"], ["private", "asked"]),
        (&["ask-to-record", "example.org", "--remove"], ["private", "told"]),
    ] {
        run(&[&["domain"], arguments].concat());
        assert_eq!(fields(&["domain", "list"])[1][2..], expected, "{arguments:?}");
    }
    run(&["domain", "remove", "example.com"]);
    assert_eq!(fields(&["domain", "list"]).len(), 1);
}

/// An application with roles: what its library reads, what it may do, and what it signs in with.
fn daemons_are_managed(run: &dyn Fn(&[&str]) -> String, fields: &dyn Fn(&[&str]) -> Vec<Vec<String>>) {
    let records = "CallRecords.Read.All";
    let environment = run(&["app", "add", "Reports", "--kind", "daemon", "--role", records]);
    let tenant = run(&["app", "tenant"]);
    let listed = fields(&["app", "list"]);
    let client = &*listed[0][0];
    assert_eq!(listed[0][1..], ["Reports", "daemon", records]);
    for line in [
        format!("AZURE_TENANT_ID={tenant}"),
        format!("AZURE_CLIENT_ID={client}\n"),
        "AZURE_AUTHORITY_HOST=http".to_owned(),
        "AZURE_CLIENT_SECRET=".to_owned(),
    ] {
        assert!(environment.contains(&line), "{environment} {line}");
    }

    let reports = "onlinemeetingartifact.read.all";
    run(&["app", "grant", client, "--role", reports]);
    run(&["app", "revoke", client, "--role", records]);
    assert_eq!(fields(&["app", "list"])[0][3], "OnlineMeetingArtifact.Read.All");

    let another = run(&["app", "secret", client, "--ttl", "180d"]);
    assert!(
        another.contains("AZURE_CLIENT_SECRET=") && another != environment,
        "{another}"
    );
    assert!(fields(&["app", "subscriptions"]).is_empty());
    let credentials = fields(&["app", "credentials", client]);
    assert_eq!(credentials.len(), 2);
    assert_eq!((&*credentials[1][1], &*credentials[1][2]), ("secret", "removed"));
    assert!(credentials[0][2].ends_with('Z'), "{credentials:?}");
    run(&["app", "forget", client, &credentials[1][0]]);
    assert_eq!(fields(&["app", "credentials", client]).len(), 1);
    run(&["app", "remove", client]);
    assert!(fields(&["app", "list"]).is_empty());
}

/// A password is read from a pipe, and none is printed.
#[test]
fn a_password_is_read_from_standard_input() {
    let data = tempfile::tempdir().expect("a temporary folder");
    assert!(
        sederunt(data.path(), &["user", "add", "ada@example.org"])
            .status
            .success()
    );
    let set = |password: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sederunt"))
            .args(["user", "password", "ada@example.org"])
            .env("SEDERUNT_DATA", data.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut input = child.stdin.take().expect("piped");
        input.write_all(password.as_bytes()).expect("read");
        drop(input);
        child.wait_with_output().expect("it ends")
    };
    let good = set("correct horse battery\n");
    assert!(good.status.success() && good.stdout.is_empty(), "{good:?}");
    let short = set("short\n");
    assert!(
        !short.status.success() && text(&short.stderr).contains("10 characters"),
        "{short:?}"
    );
    let removed = sederunt(data.path(), &["user", "password", "ada@example.org", "--remove"]);
    assert!(removed.status.success(), "{removed:?}");
}

#[test]
fn the_audit_log_tells_what_was_done_at_the_command_line() {
    let data = tempfile::tempdir().expect("a temporary folder");
    for arguments in [
        &["user", "add", "ada@example.org"][..],
        &["token", "ada@example.org"],
        &["user", "remove", "ada@example.org"],
    ] {
        assert!(sederunt(data.path(), arguments).status.success(), "{arguments:?}");
    }
    let audit = |arguments: &[&str]| {
        let printed = sederunt(data.path(), &[&["audit"], arguments].concat());
        assert!(printed.status.success(), "{printed:?}");
        let lines = text(&printed.stdout);
        let field = |line: &str, number| line.split('\t').nth(number).unwrap_or_default().to_owned();
        lines
            .lines()
            .map(|line| format!("{} {} {}", field(line, 1), field(line, 3), field(line, 5)))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        audit(&[]),
        [
            "commandLine audit.export done",
            "commandLine user.delete done",
            "commandLine token.issue done",
            "commandLine user.invite done",
            "commandLine user.create done",
        ]
    );
    assert_eq!(audit(&["--action", "token."]), ["commandLine token.issue done"]);
    assert_eq!(audit(&["--actor", "nobody", "--since", "1h"]), [""; 0]);
    let refused = sederunt(data.path(), &["audit", "--since", "yesterday"]);
    assert!(text(&refused.stderr).contains("is not a time such as"), "{refused:?}");
}
