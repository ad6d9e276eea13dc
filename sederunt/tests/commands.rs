//! The commands as an operator types them: what is printed where, and the next step after a mistake.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn sederunt(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sederunt"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SEDERUNT_")) {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .env("SEDERUNT_DATA", data)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

struct Serving {
    child: Child,
    lines: Vec<String>,
}

impl Serving {
    fn start(data: &Path) -> Serving {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sederunt"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let lines = out.lines().take(2).collect::<Result<_, _>>().expect("text");
        Serving { child, lines }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already, which is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_server_says_where_it_is_and_links_lead_there() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut serving = Serving::start(data.path());
    let url = serving.lines[0]
        .strip_prefix("Sederunt is ready at ")
        .expect("the first line")
        .to_owned();
    assert!(url.starts_with("http://localhost:"), "{url}");
    assert!(
        serving.lines[1].contains(&format!("{url}/sign-in#")),
        "{}",
        serving.lines[1]
    );

    for name in [&["--name", "Ada Lovelace"][..], &[]] {
        let added = sederunt(data.path(), &[&["user", "add", "ada@example.org"], name].concat());
        let link = text(&added.stdout);
        assert!(
            added.status.success() && link.starts_with(&format!("{url}/sign-in#")),
            "{added:?}"
        );
        assert_eq!(link.lines().count(), 1);
    }
    let token = sederunt(
        data.path(),
        &[
            "token",
            "Ada@Example.org",
            "--scope",
            "meetings.space.readonly",
            "--ttl",
            "5m",
        ],
    );
    let token = text(&token.stdout);
    assert_eq!(
        (token.lines().count(), token.trim().split('.').count()),
        (1, 3),
        "{token}"
    );

    let doctor = sederunt(data.path(), &["doctor", "--listen", "127.0.0.1:0"]);
    assert!(doctor.status.success(), "{doctor:?}");
    assert!(text(&doctor.stdout).contains("a server runs on it"), "{doctor:?}");

    let terminated = Command::new("kill").arg(serving.child.id().to_string()).status();
    assert!(terminated.expect("kill runs").success());
    assert!(
        serving.child.wait().expect("waited for").success(),
        "it stops in good order"
    );
}

#[test]
fn mistakes_name_the_next_step() {
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
        (&["serve", "--listen", "here"], "invalid value 'here'", "--help"),
        (&["serve", "--lisen", "x"], "unexpected argument '--lisen'", "--listen"),
        (
            &["token", "nobody@example.org"],
            "`nobody@example.org`",
            "sederunt user add",
        ),
        (&["token", "ada@example.org", "--ttl", "soon"], "`soon`", "7d"),
        (
            &["token", "ada@example.org", "--scope", "everything"],
            "everything",
            "meetings.space.readonly",
        ),
        (&["user", "add", "nobody"], "nobody", ""),
        (&["doctor", "--listen", &taken], "", ""),
    ] {
        let output = sederunt(data.path(), arguments);
        let said = text(&output.stderr);
        assert!(!output.status.success(), "{arguments:?} succeeded");
        assert!(
            said.contains(error) && said.contains(hint),
            "{arguments:?} said: {said}"
        );
        assert!(!said.contains("panicked"), "{arguments:?} said: {said}");
        if arguments[0] == "doctor" {
            assert!(
                text(&output.stdout).contains("hint: choose another with `--listen`"),
                "{output:?}"
            );
        } else {
            assert!(output.stdout.is_empty(), "{arguments:?} printed data: {output:?}");
        }
    }
}

#[test]
fn help_is_everywhere() {
    let data = tempfile::tempdir().expect("a temporary folder");
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["user", "add", "--help"],
        &["token", "--help"],
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
