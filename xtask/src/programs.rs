//! The test programs of the workspace, two at a time.
//!
//! `cargo test` runs them one after the other, and most of the time nobody computes: calls are held in real time, and a killed
//! server is started again. So those that start the real program have a lane of their own, one after the other, and all others
//! are run beside them, at a lower priority: what is said in a call is not to wait for a sum.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    process::{self, Show},
    tally::{self, Tally},
    workspace,
};

/// The folder of the package whose tests start the real program.
const END_TO_END: &str = "tests";

/// One test program.
struct Program {
    /// Its package and its name there, for the reader of the log.
    name: String,
    path: PathBuf,
    /// The folder of its package, where cargo starts it.
    folder: PathBuf,
    is_end_to_end: bool,
}

/// Runs all of them; of their tests those whose names contain the filter.
pub(crate) fn run(filter: Option<&str>) -> Result<Tally> {
    let (end_to_end, others): (Vec<_>, Vec<_>) = built()?.into_iter().partition(|program| program.is_end_to_end);
    thread::scope(|scope| {
        let others = scope.spawn(|| run_in_turn(&others, &["nice"], filter));
        let mut sum = run_in_turn(&end_to_end, &[], filter);
        sum += others.join().expect("no lane panics");
        Ok(sum)
    })
}

fn run_in_turn(programs: &[Program], before: &[&str], filter: Option<&str>) -> Tally {
    let mut sum = Tally::default();
    for program in programs {
        let started = Instant::now();
        let (tally, outcome) = match run_one(program, before, filter) {
            Ok(tally) => (tally, tally.to_string()),
            Err(error) => (Tally::FAILED, format!("failed: {error:#}")),
        };
        println!(
            "{}: {outcome}, in {:.1} s",
            program.name,
            started.elapsed().as_secs_f64()
        );
        sum += tally;
    }
    sum
}

fn run_one(program: &Program, before: &[&str], filter: Option<&str>) -> Result<Tally> {
    let mut words = before.iter().map(Into::into).chain([program.path.clone()]);
    let mut command = Command::new(words.next().expect("the program is one"));
    command.args(words).args(filter).current_dir(&program.folder);
    // As cargo does: what is compared with files of the package finds them by it.
    command.env("CARGO_MANIFEST_DIR", &program.folder);
    let (status, output) = process::tee(&mut command, Show::AtItsEnd)?;
    tally::of(status, &output)
}

/// Builds what is not built yet, and asks cargo what there is.
fn built() -> Result<Vec<Program>> {
    let mut cargo = Command::new("cargo")
        .args(["test", "--profile", workspace::TESTED, "--workspace", "--no-run"])
        .args(["--lib", "--bins", "--tests", "--quiet", "--message-format=json"])
        .current_dir(workspace::root())
        .stdout(Stdio::piped())
        .spawn()
        .context("`cargo` did not start")?;
    let told = BufReader::new(cargo.stdout.take().expect("it was asked for"));
    let mut programs = Vec::new();
    for line in told.lines() {
        // Whatever else a compiler prints there is no message.
        let Ok(message) = serde_json::from_str::<Value>(&line?) else {
            continue;
        };
        programs.extend(program(&message));
    }
    let status = cargo.wait()?;
    ensure!(status.success(), "the tests were not built: {status}");
    Ok(programs)
}

/// The test program that cargo tells of, if it does.
fn program(message: &Value) -> Option<Program> {
    let is_test = message["profile"]["test"].as_bool()?;
    let path = is_test.then(|| message["executable"].as_str()).flatten()?;
    let folder = PathBuf::from(message["manifest_path"].as_str()?).parent()?.to_owned();
    let package = folder.strip_prefix(workspace::root()).ok()?.display().to_string();
    Some(Program {
        name: format!("{package}, {}", message["target"]["name"].as_str()?),
        path: path.into(),
        is_end_to_end: package == END_TO_END,
        folder,
    })
}
