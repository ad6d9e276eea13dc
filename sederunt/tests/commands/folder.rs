//! The data folder, which only its owner may open.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Serving, text};

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
