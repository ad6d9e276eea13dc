//! The steps of `cargo xtask test`, one table: what CI runs, in this order.
//!
//! One cargo profile, `release`, serves clippy, the tests and the binary alike. A second profile would compile the C
//! of the database and of the cryptography library, and every dependency, once more: minutes on two cores. For the same reason the
//! program is built together with the tests. Quick steps come first, so that a slip of format is seen before the long builds.

use std::{fs, process::Command};

use anyhow::{Result, bail};

use crate::{
    package, process,
    tally::{self, Tally},
    tidy, tools, web, workspace,
};

/// One step: its name for `--only`, the steps without which it would only repeat their failure, and the work.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) needs: &'static [&'static str],
    pub(crate) run: fn(filter: Option<&str>) -> Result<Tally>,
}

/// Everything CI runs.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "tools",
        needs: &[],
        run: |_| tools::install().map(|()| Tally::PASSED),
    },
    Step {
        name: "format",
        needs: &[],
        run: |_| check(cargo(&["fmt", "--all", "--check"])),
    },
    Step {
        name: "tidy",
        needs: &[],
        run: |_| check_that(tidy::report()?, "the rules of the house are broken"),
    },
    Step {
        name: "web",
        needs: &["tools"],
        run: |_| web_client(),
    },
    Step {
        name: "clippy",
        needs: &[],
        run: |_| lint(),
    },
    Step {
        name: "build",
        needs: &["web"],
        run: |_| check(build()),
    },
    Step {
        name: "package",
        needs: &["build"],
        run: |_| package::write().map(|()| Tally::PASSED),
    },
    Step {
        name: "rust",
        needs: &["build"],
        run: rust_tests,
    },
    Step {
        name: "doctests",
        needs: &[],
        run: doctests,
    },
    Step {
        name: "sdk",
        needs: &["tools", "build"],
        run: |filter| pytest(Command::new(tools::python()), "tests/sdk", filter),
    },
    Step {
        name: "graph",
        needs: &["tools", "build"],
        run: |filter| pytest(Command::new(tools::python()), "tests/graph", filter),
    },
    Step {
        name: "node",
        needs: &["tools", "build"],
        run: |filter| node_tests("tests/node", filter),
    },
    Step {
        name: "java",
        needs: &["tools", "build"],
        run: java_tests,
    },
    Step {
        name: "testbed",
        needs: &["tools", "build"],
        run: testbed_tests,
    },
    Step {
        name: "browser",
        needs: &["tools", "build"],
        run: |filter| node_tests("tests/browser", filter),
    },
];

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

fn lint() -> Result<Tally> {
    let mut sum = check(clippy())?;
    sum += check(shipped())?;
    Ok(sum)
}

fn clippy() -> Command {
    cargo(&[
        "clippy",
        "--release",
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
    cargo(&["check", "--release", "--quiet", "--package", "sederunt"])
}

/// The program and all tests at once. Built one after the other, everything below them would be compiled twice, since tests ask
/// for more features of it.
fn build() -> Command {
    cargo(&["test", "--release", "--workspace", "--no-run", "--quiet"])
}

fn web_client() -> Result<Tally> {
    let web = workspace::root().join("web");
    tools::npm_packages(&web)?;
    let npm = |script: &str| {
        let mut npm = Command::new("npm");
        npm.args(["run", "--silent", script]).current_dir(&web);
        npm
    };
    let mut sum = check(npm("check"))?;
    sum += count(npm("test"))?;
    web::build_if_changed()?;
    Ok(sum)
}

fn rust_tests(filter: Option<&str>) -> Result<Tally> {
    let mut command = if process::ask("cargo", &["nextest", "--version"]).is_some() {
        cargo(&[
            "nextest",
            "run",
            "--cargo-profile",
            "release",
            "--workspace",
            "--profile",
            "ci",
        ])
    } else {
        cargo(&[
            "test",
            "--release",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ])
    };
    command.args(filter);
    count(command)
}

fn doctests(filter: Option<&str>) -> Result<Tally> {
    let mut command = cargo(&["test", "--release", "--workspace", "--doc", "--no-fail-fast"]);
    command.args(filter);
    count_or_none(command)
}

/// Public programs, which find Google's names on this machine: in namespaces of their own, so that it notices nothing of it.
fn testbed_tests(filter: Option<&str>) -> Result<Tally> {
    tools::testbed()?;
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--net", "--mount"])
        .arg(tools::python());
    pytest(command, "tests/testbed", filter)
}

/// The tests of a folder, by this interpreter.
fn pytest(mut command: Command, folder: &str, filter: Option<&str>) -> Result<Tally> {
    command
        .args(["-m", "pytest", "-p", "no:cacheprovider", folder])
        .current_dir(workspace::root());
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    filter.map(|filter| command.args(["-k", filter]));
    count(command)
}

/// The tests of a folder of npm packages, which stand in its folder `tests`.
fn node_tests(folder: &str, filter: Option<&str>) -> Result<Tally> {
    let mut command = Command::new("node");
    command.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]);
    filter.map(|filter| command.arg(format!("--test-name-pattern={filter}")));
    let folder = workspace::root().join(folder);
    let mut files = Vec::new();
    for file in fs::read_dir(folder.join("tests"))? {
        files.push(file?.path());
    }
    files.sort();
    command.args(files).current_dir(folder);
    count(command)
}

fn java_tests(filter: Option<&str>) -> Result<Tally> {
    let mut command = Command::new("mvn");
    command.args(["--batch-mode", "--no-transfer-progress", "test"]);
    filter.map(|filter| command.arg(format!("-Dtest=*#*{filter}*")));
    command.current_dir(workspace::root().join("tests/java"));
    count(command)
}

/// A command that is one test: it passes or it fails.
fn check(mut command: Command) -> Result<Tally> {
    process::run(&mut command).map(|()| Tally::PASSED)
}

fn check_that(holds: bool, complaint: &str) -> Result<Tally> {
    if !holds {
        bail!("{complaint}");
    }
    Ok(Tally::PASSED)
}

/// A runner that counts its tests itself. Success without a single test is a failure: a wrong path or filter would
/// otherwise look like a pass.
fn count(command: Command) -> Result<Tally> {
    let tally = count_or_none(command)?;
    if tally == Tally::default() {
        bail!("no test was run");
    }
    Ok(tally)
}

fn count_or_none(mut command: Command) -> Result<Tally> {
    let (status, output) = process::tee(&mut command)?;
    let Some(mut tally) = tally::read(&output) else {
        bail!("the runner counted no tests: {status}")
    };
    if !status.success() && tally.failed == 0 {
        tally += Tally::FAILED;
    }
    Ok(tally)
}
