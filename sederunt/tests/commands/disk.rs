//! A disk that is full, and one that fails.

use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::process::Command;

use crate::{Serving, sederunt, text};

/// What a server on this port answers to a GET.
fn get(port: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the server listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    std::io::read_to_string(stream).expect("it answers")
}

/// A limit on the size of files refuses what a full disk refuses: everything that needs room, and the log, which is a file here.
#[test]
fn a_server_that_can_write_nothing_down_is_not_ready() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut program = Command::new("sh");
    let log = data.path().join("log");
    std::fs::write(&log, [b'\n'; 4096]).expect("a log");
    let run = r#"trap '' XFSZ; exec "$0" "$@" 2>>"$LOG""#;
    program
        .args(["-c", run, env!("CARGO_BIN_EXE_sederunt")])
        .env("LOG", &log);
    let serving = Serving::of(program, data.path());
    let (_, port) = serving.lines[0].rsplit_once(':').expect("a port");
    let limit = |bytes: &str| {
        let pid = serving.child.id().to_string();
        let limited = Command::new("prlimit")
            .args(["--pid", &pid, &format!("--fsize={bytes}:")])
            .status();
        assert!(limited.expect("prlimit runs").success());
        // An answer holds for a moment.
        std::thread::sleep(std::time::Duration::from_millis(1_100));
    };
    assert!(get(port, "/readyz").ends_with("ready\n"));
    limit("4096");
    let ready = get(port, "/readyz");
    assert!(
        ready.starts_with("HTTP/1.1 503") && ready.ends_with("the register takes nothing\n"),
        "{ready}"
    );
    assert!(get(port, "/healthz").starts_with("HTTP/1.1 200"), "it is alive");
    limit("unlimited");
    assert!(get(port, "/readyz").ends_with("ready\n"));
}

/// As a failing disk does it.
#[test]
fn a_damaged_database_is_named_and_what_to_do() {
    let data = tempfile::tempdir().expect("a temporary folder");
    assert!(
        sederunt(data.path(), &["user", "add", "ada@example.org"])
            .status
            .success()
    );
    // This cuts the log, which would cover the file's pages.
    assert!(
        sederunt(data.path(), &["user", "add", "bo@example.org"])
            .status
            .success()
    );
    assert!(
        sederunt(data.path(), &["person", "delete", "bo@example.org"])
            .status
            .success()
    );
    let doctor = || sederunt(data.path(), &["doctor", "--listen", "127.0.0.1:0"]);
    assert!(text(&doctor().stdout).contains("ok       register: SQLite opens, and its file is sound"));
    let file = File::options()
        .write(true)
        .open(data.path().join("sederunt.db"))
        .expect("there");
    for page in 10..50 {
        file.write_all_at(&[0xa5; 4096], page * 4096).expect("written");
    }
    let found = doctor();
    let said = text(&found.stdout);
    assert!(!found.status.success(), "{said}");
    assert!(
        said.contains("problem  register: the database is damaged") && said.contains("hint: restore a copy"),
        "{said}"
    );
    let served = sederunt(data.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let said = text(&served.stderr);
    assert!(
        !served.status.success() && said.contains("the database is damaged") && said.contains("hint: restore a copy"),
        "{said}"
    );
}
