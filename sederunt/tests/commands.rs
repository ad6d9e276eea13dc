//! The commands as an operator types them: what is printed where, and the next step after a mistake.

use std::fs::{File, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
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
        Serving::of(Command::new(env!("CARGO_BIN_EXE_sederunt")), data)
    }

    /// Serves with this program.
    fn of(mut program: Command, data: &Path) -> Serving {
        let mut child = program
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

    assert!(
        serving.lines[1].contains("once, within 15 minutes: "),
        "{}",
        serving.lines[1]
    );

    for arguments in [
        &["user", "add", "ada@example.org", "--name", "Ada Lovelace"][..],
        &["user", "add", "ada@example.org"],
        &["user", "link", "ada@example.org"],
    ] {
        let added = sederunt(data.path(), arguments);
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

/// The program, started by somebody whose umask lets everybody read.
fn wide(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"umask 022; exec "$0" "$@""#, env!("CARGO_BIN_EXE_sederunt")]);
    command.args(arguments).env("SEDERUNT_DATA", data);
    command
}

/// All that is in a folder, itself first.
fn all_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in folder.read_dir().expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(all_in(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn set_modes(folder: &Path, of_folders: u32, of_files: u32) {
    for path in all_in(folder) {
        let mode = if path.is_dir() { of_folders } else { of_files };
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
    }
}

#[track_caller]
fn assert_closed(folder: &Path) {
    for path in all_in(folder) {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        let mode = path.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, expected, "{}: {mode:o}", path.display());
    }
}

/// Keys are in it: whoever could read them would be whoever they like to be.
#[test]
fn the_data_folder_is_for_its_owner_alone() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let data = parent.path().join("data");
    let run = |arguments: &[&str]| wide(&data, arguments).output().expect("the program runs");
    let doctor = || run(&["doctor", "--listen", "127.0.0.1:0"]);
    // A server that is killed leaves the log of its register, and `log` is what it said.
    let serve = || {
        let log = parent.path().join("log");
        let mut program = wide(&data, &[]);
        program.stderr(File::create(&log).expect("writable"));
        let serving = Serving::of(program, &data);
        let said = std::fs::read_to_string(log).expect("written");
        (serving, said.matches("it is closed now").count())
    };

    assert!(run(&["user", "add", "ada@example.org"]).status.success());
    assert_closed(&data);
    let (serving, times_said) = serve();
    assert_eq!(times_said, 0);
    for command in [
        &["token", "ada@example.org"][..],
        &["key", "create", "robot"],
        &["user", "add", "bo@example.org"],
    ] {
        let output = run(command);
        assert!(output.status.success(), "{output:?}");
    }
    for file in ["sederunt.db", "sederunt.db-wal", "serving"] {
        assert!(data.join(file).exists(), "{file}");
    }
    assert_closed(&data);
    drop(serving);

    std::fs::create_dir_all(data.join("tls/acme")).expect("makeable");
    std::fs::write(data.join("tls/acme/cached_account_x"), "a key").expect("writable");
    set_modes(&data, 0o755, 0o644);
    let found = doctor();
    let said = text(&found.stdout);
    assert!(!found.status.success(), "{found:?}");
    assert!(
        said.contains("problem  data folder: other accounts of this machine may open")
            && said.contains("chmod -R go-rwx"),
        "{said}"
    );

    let (serving, times_said) = serve();
    assert_closed(&data);
    assert_eq!(times_said, 1);
    let found = doctor();
    assert!(
        found.status.success() && text(&found.stdout).contains("closed to other accounts"),
        "{found:?}"
    );
    drop(serving);

    set_modes(&data, 0o777, 0o666);
    assert!(run(&["user", "list"]).status.success());
    assert_closed(&data);
}

#[test]
fn what_is_made_for_tls_is_for_its_owner_alone() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let data = parent.path().join("data");
    let mut program = wide(&data, &[]);
    program.env("SEDERUNT_TLS", "dev");
    let serving = Serving::of(program, &data);
    assert!(data.join("tls/authority.key").exists());
    assert_closed(&data);
    // What libraries write, as the one for ACME does, has no other protection inside the folder.
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.child.id())).expect("Linux tells");
    assert!(status.contains("Umask:\t0077\n"), "{status}");
}

/// Each of the three says another address; `doctor` prints the one that holds.
#[test]
fn flags_win_over_the_environment_and_it_over_the_file() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let file = data.path().join("sederunt.toml");
    std::fs::write(&file, "public_address = \"203.0.113.1\"").expect("writable");
    for (variable, flag, expected) in [
        (None, None, "203.0.113.1"),
        (Some("203.0.113.2"), None, "203.0.113.2"),
        (Some("203.0.113.2"), Some("203.0.113.3"), "203.0.113.3"),
    ] {
        let mut doctor = Command::new(env!("CARGO_BIN_EXE_sederunt"));
        doctor
            .args(["doctor", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path());
        doctor.arg("--config").arg(&file);
        doctor.args(flag.map(|address| format!("--public-address={address}")));
        doctor.envs(variable.map(|address| ("SEDERUNT_PUBLIC_ADDRESS", address)));
        let said = text(&doctor.output().expect("the program runs").stdout);
        assert!(said.contains(&format!("announced address: {expected}:")), "{said}");
    }
}

/// Checks that a command fails, says what is wrong and what to do next, and prints no data.
#[track_caller]
fn refused(data: &Path, arguments: &[&str], error: &str, hint: &str) {
    let output = sederunt(data, arguments);
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
        (
            &["app", "add", "Minutes", "--kind", "web"],
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
        &["grant", "add", "--help"],
        &["domain", "add", "--help"],
        &["domain", "share-email", "--help"],
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

    run(&["domain", "add", "Example.org", "--organisation", "Example"]);
    run(&["domain", "add", "example.com"]);
    assert_eq!(
        fields(&["domain", "list"]),
        [
            ["example.com", "example.com", "private"],
            ["example.org", "Example", "private"]
        ]
    );
    run(&["domain", "share-email", "example.org"]);
    assert_eq!(fields(&["domain", "list"])[1], ["example.org", "Example", "shared"]);
    run(&["domain", "share-email", "example.org", "--remove"]);
    assert_eq!(fields(&["domain", "list"])[1], ["example.org", "Example", "private"]);
    run(&["domain", "remove", "example.com"]);
    assert_eq!(fields(&["domain", "list"]).len(), 1);
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
