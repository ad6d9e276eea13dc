//! The test programs of the workspace, three at a time.
//!
//! `cargo test` runs them one after the other, and most of the time nobody computes: calls are held in real time, and a killed
//! server is started again. So there are three lanes, and in each of them one program after the other: the one that listens to
//! telephones, the others that start the real program, and the rest. All but the first run at a lower priority: what is said in a
//! call is not to wait for a sum. Of the rest there is the most: the second lane helps when it is through with its own.

use std::{
    io::{BufRead, BufReader},
    iter,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Mutex,
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
/// The one among them in which telephones are listened to.
const CALLS: &str = "calls";

/// What runs one after the other.
#[derive(Clone, Copy, PartialEq)]
enum Lane {
    Calls,
    EndToEnd,
    Rest,
}

impl Lane {
    fn of(package: &str, target: &str) -> Lane {
        match (package, target) {
            (END_TO_END, CALLS) => Lane::Calls,
            (END_TO_END, _) => Lane::EndToEnd,
            _ => Lane::Rest,
        }
    }

    /// What a program's command begins with.
    fn before(self) -> &'static [&'static str] {
        if self == Lane::Calls { &[] } else { &["nice"] }
    }
}

/// One test program.
struct Program {
    /// Its package and its name there, for the reader of the log.
    name: String,
    path: PathBuf,
    /// The folder of its package, where cargo starts it.
    folder: PathBuf,
    lane: Lane,
}

/// Runs all of them; of their tests those whose names contain the filter.
pub(crate) fn run(filter: Option<&str>) -> Result<Tally> {
    let programs = built()?;
    let of_lane = |lane| programs.iter().filter(move |program| program.lane == lane);
    let rest = Mutex::new(of_lane(Lane::Rest));
    let rest = || iter::from_fn(|| rest.lock().expect("no lane panics").next());
    thread::scope(|scope| {
        let beside = [
            scope.spawn(|| run_in_turn(of_lane(Lane::EndToEnd).chain(rest()), filter)),
            scope.spawn(|| run_in_turn(rest(), filter)),
        ];
        let mut sum = run_in_turn(of_lane(Lane::Calls), filter);
        for lane in beside {
            sum += lane.join().expect("no lane panics");
        }
        Ok(sum)
    })
}

fn run_in_turn<'a>(programs: impl Iterator<Item = &'a Program>, filter: Option<&str>) -> Tally {
    let mut sum = Tally::default();
    for program in programs {
        let started = Instant::now();
        let (tally, outcome) = match run_one(program, filter) {
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

fn run_one(program: &Program, filter: Option<&str>) -> Result<Tally> {
    let before = program.lane.before();
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
    let target = message["target"]["name"].as_str()?;
    Some(Program {
        name: format!("{package}, {target}"),
        path: path.into(),
        lane: Lane::of(&package, target),
        folder,
    })
}
