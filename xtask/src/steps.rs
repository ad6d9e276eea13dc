//! The steps of `cargo xtask test`, one table: what CI runs, in this order.
//!
//! One cargo profile, `tested`, serves clippy, the tests and the program under test alike. A second profile would compile the C
//! of the database and of the cryptography library, and every dependency, once more: minutes on two cores. For the same reason the
//! program is built together with the tests. Quick steps come first, so that a slip of format is seen before the long builds.
//!
//! Suites that mostly wait for clients to start run beside each other. What measures calls has the machine to itself, and what looks at a
//! browser's pictures is served first.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Result, bail, ensure};

use crate::{
    again, package,
    process::{self, Show},
    programs,
    tally::{self, Tally},
    tidy, tools, web, workspace,
};

/// One step: its name for `--only`, the steps without which it would only repeat their failure, and the work.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) needs: &'static [&'static str],
    /// Whether it runs beside the one before it.
    pub(crate) beside: bool,
    pub(crate) run: fn(Asked) -> Result<Tally>,
}

/// What a step is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Only the tests whose names contain this.
    pub(crate) filter: Option<&'a str>,
    pub(crate) show: Show,
}

/// Everything CI runs.
pub(crate) const STEPS: &[Step] = &[
    alone("format", &[], |asked| check(cargo(&["fmt", "--all", "--check"]), asked)),
    alone("tidy", &[], |_| {
        check_that(tidy::report()?, "the rules of the house are broken")
    }),
    alone("tools", &[], |_| tools::install().map(|()| Tally::PASSED)),
    // Fetching waits, and linting computes.
    beside("clippy", &[], lint),
    alone("web", &["tools"], web_client),
    alone("build", &["web"], |asked| check(build(), asked)),
    alone("package", &["build"], |_| {
        package::write(&workspace::tested_binary()).map(|()| Tally::PASSED)
    }),
    alone("rust", &["build"], rust_tests),
    alone("doctests", &["build"], doctests),
    alone("graph", &["tools", "build"], |asked| {
        let folders = ["tests/graph", "--ignore=tests/graph/calls"];
        pytest(Command::new(tools::python()), &folders, asked)
    }),
    // Both wait for what people do: here a conference for those who were cut off, there telephones for what they report.
    beside("graph-calls", &["tools", "build"], |asked| {
        pytest(Command::new(tools::python()), &["tests/graph/calls"], asked)
    }),
    alone("sdk", &["tools", "build"], |asked| {
        pytest(Command::new(tools::python()), &["tests/sdk"], asked)
    }),
    beside("node", &["tools", "build"], |asked| {
        let folder = workspace::root().join("tests/node");
        count(
            node_tests(&folder, &[], &files_in(&folder.join("tests"))?, asked),
            asked,
        )
    }),
    beside("java", &["tools", "build"], java_tests),
    beside("testbed", &["tools", "build"], testbed_tests),
    alone("browser", &["tools", "build"], browser_tests),
];

/// Tests in so many browsers that they take all of two cores: beside others their server is not served for seconds. They have the machine to
/// themselves.
const BROWSER_CROWDS: Lane = (&["crowds"], &[]);
/// The other tests in browsers, which run beside each other: pictures and sound are looked at as they come; what stands on pages, and whether
/// somebody gets in at all, may come later.
const BROWSER_LANES: [Lane; 2] = [(&["meetings"], &[]), (&["pages", "ways"], &["nice", "-n", "5"])];

/// Folders, and what the command of their tests begins with.
type Lane = (&'static [&'static str], &'static [&'static str]);

const fn alone(name: &'static str, needs: &'static [&'static str], run: fn(Asked) -> Result<Tally>) -> Step {
    let beside = false;
    Step {
        name,
        needs,
        beside,
        run,
    }
}

const fn beside(name: &'static str, needs: &'static [&'static str], run: fn(Asked) -> Result<Tally>) -> Step {
    let beside = true;
    Step {
        name,
        needs,
        beside,
        run,
    }
}

/// Finds a step by the name that the user gave.
pub(crate) fn parse(name: &str) -> Result<&'static Step, String> {
    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    let step = STEPS.iter().find(|step| step.name == name);
    step.ok_or_else(|| format!("no such step; there are {}", names.join(", ")))
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(workspace::root());
    cargo
}

fn lint(asked: Asked) -> Result<Tally> {
    let mut sum = check(clippy(), asked)?;
    sum += check(shipped(), asked)?;
    Ok(sum)
}

fn clippy() -> Command {
    cargo(&[
        "clippy",
        "--profile",
        workspace::TESTED,
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ])
}

/// What `cargo xtask run` builds, without what only tests ask of the dependencies: it must not lean on them.
fn shipped() -> Command {
    let (profile, package) = (["--profile", workspace::TESTED], ["--package", "sederunt"]);
    cargo(&[&["check", "--quiet"], &profile[..], &package].concat())
}

/// The program and all tests at once. Built one after the other, everything below them would be compiled twice, since tests ask
/// for more features of it.
fn build() -> Command {
    cargo(&[
        "test",
        "--profile",
        workspace::TESTED,
        "--workspace",
        "--no-run",
        "--quiet",
    ])
}

fn web_client(asked: Asked) -> Result<Tally> {
    let web = workspace::root().join("web");
    tools::npm_packages(&web)?;
    let npm = |script: &str| {
        let mut npm = Command::new("npm");
        npm.args(["run", "--silent", script]).current_dir(&web);
        npm
    };
    let mut sum = check(npm("check"), asked)?;
    sum += count(npm("test"), asked)?;
    web::build_if_changed()?;
    Ok(sum)
}

fn rust_tests(asked: Asked) -> Result<Tally> {
    if process::ask("cargo", &["nextest", "--version"]).is_none() {
        return some(programs::run(asked.filter)?);
    }
    let mut command = cargo(&["nextest", "run", "--cargo-profile", workspace::TESTED]);
    command.args(["--workspace", "--profile", "ci"]).args(asked.filter);
    count(command, asked)
}

/// Examples in the documentation, by what is in the names of them alone. With `--doc` fewer targets are chosen, dependencies have fewer
/// features then, and hundreds of them would be compiled once more.
fn doctests(asked: Asked) -> Result<Tally> {
    let mut command = cargo(&[
        "test",
        "--profile",
        workspace::TESTED,
        "--workspace",
        "--no-fail-fast",
        "--quiet",
    ]);
    match asked.filter {
        None => command.args(["--", ".rs - "]),
        Some(filter) => command.args(["--doc", filter]),
    };
    count_or_none(command, asked)
}

/// Public programs, which find Google's names on this machine: in namespaces of their own, so that it notices nothing of it.
fn testbed_tests(asked: Asked) -> Result<Tally> {
    tools::testbed()?;
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--net", "--mount"])
        .arg(tools::python());
    pytest(command, &["tests/testbed"], asked)
}

/// The tests of these folders, by this interpreter.
fn pytest(mut command: Command, folders: &[&str], asked: Asked) -> Result<Tally> {
    command
        .args(["-m", "pytest", "-p", "no:cacheprovider"])
        .args(folders)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    asked.filter.map(|filter| command.args(["-k", filter]));
    count(of_the_program(command, workspace::root()), asked)
}

/// Tests in browsers, and once more those that failed.
fn browser_tests(asked: Asked) -> Result<Tally> {
    let folder = workspace::root().join("tests/browser");
    let lane = |(folders, before): Lane, show| {
        let mut files = Vec::new();
        for name in folders {
            files.append(&mut files_in(&folder.join(name))?);
        }
        let mut command = node_tests(&folder, before, &files, asked);
        let (status, output) = process::tee(&mut command, show)?;
        anyhow::Ok((tally::of(status, &output)?, output))
    };
    let (mut first, mut output) = lane(BROWSER_CROWDS, asked.show)?;
    let [pictures, waits] = BROWSER_LANES;
    let (pictures, waits) = thread::scope(|scope| {
        let waits = scope.spawn(|| lane(waits, Show::AtItsEnd));
        (lane(pictures, asked.show), waits.join().expect("no lane panics"))
    });
    for played in [pictures, waits] {
        let (tally, said) = played?;
        first += tally;
        output.extend(said);
    }
    let failed = again::failed_files(&output);
    if some(first)?.failed == 0 || failed.is_empty() {
        return Ok(first);
    }
    println!("{first}; the files with failed tests are run once more, by themselves");
    let second = count(node_tests(&folder, &[], &failed, asked), asked)?;
    Ok(first.tried_again(second))
}

/// The tests of these files, in a folder of npm packages. The command begins with what stands before it.
fn node_tests(folder: &Path, before: &[&str], files: &[PathBuf], asked: Asked) -> Command {
    let mut words = before.iter().chain(&["node"]);
    let mut command = Command::new(words.next().expect("the program is one"));
    command
        .args(words)
        .args(["--test", "--test-reporter=spec", "--test-concurrency=1"]);
    asked
        .filter
        .map(|filter| command.arg(format!("--test-name-pattern={filter}")));
    command.args(files);
    of_the_program(command, folder)
}

/// The test files of a folder.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder)? {
        files.push(file?.path());
    }
    files.sort();
    Ok(files)
}

fn java_tests(asked: Asked) -> Result<Tally> {
    let mut command = Command::new("mvn");
    command.args(["--batch-mode", "--no-transfer-progress", "test"]);
    asked.filter.map(|filter| command.arg(format!("-Dtest=*#*{filter}*")));
    count(of_the_program(command, &workspace::root().join("tests/java")), asked)
}

/// A suite that starts the program under test, and the folder that it expects to be started in.
fn of_the_program(mut suite: Command, folder: &Path) -> Command {
    suite
        .env("SEDERUNT_BINARY", workspace::tested_binary())
        .current_dir(folder);
    suite
}

/// A command that is one test: it passes or it fails.
fn check(mut command: Command, asked: Asked) -> Result<Tally> {
    match asked.show {
        Show::AsItComes => process::run(&mut command)?,
        Show::AtItsEnd => {
            let (status, _) = process::tee(&mut command, asked.show)?;
            ensure!(status.success(), "`{}` failed: {status}", process::describe(&command));
        }
    }
    Ok(Tally::PASSED)
}

fn check_that(holds: bool, complaint: &str) -> Result<Tally> {
    if !holds {
        bail!("{complaint}");
    }
    Ok(Tally::PASSED)
}

/// A runner that counts its tests itself.
fn count(command: Command, asked: Asked) -> Result<Tally> {
    some(count_or_none(command, asked)?)
}

/// Success without a single test is a failure: a wrong path or filter would otherwise look like a pass.
fn some(tally: Tally) -> Result<Tally> {
    if tally == Tally::default() {
        bail!("no test was run");
    }
    Ok(tally)
}

fn count_or_none(mut command: Command, asked: Asked) -> Result<Tally> {
    let (status, output) = process::tee(&mut command, asked.show)?;
    tally::of(status, &output)
}
