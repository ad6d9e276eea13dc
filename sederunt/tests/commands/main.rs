//! The commands as an operator types them: what is printed where, and the next step after a mistake.

mod disk;
mod folder;
mod managing;
mod mistakes;
mod serving;

use std::io::{BufRead, BufReader};
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
