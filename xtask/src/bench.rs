//! `cargo xtask bench`: figures that a test run must not wait for. They print ratios; CI only compiles them.

use std::process::Command;

use anyhow::Result;

use crate::{process, serve, tools, workspace};

/// How often the crash test kills the server when it is run as a benchmark; CI runs a short form.
const KILLS: &str = "50";

/// What a forwarded packet costs is a program of its own, which needs nothing of the server, and another server to be measured against.
const MEDIA: &str = "media";

/// Runs one benchmark, or all of them.
pub(crate) fn run(name: Option<&str>) -> Result<bool> {
    if name.is_none_or(|name| name == MEDIA) {
        tools::peers()?;
        let mut cargo = Command::new("cargo");
        cargo.args([
            "run",
            "--release",
            "--package",
            "bench-media",
            "--",
            "--janus",
            "--compare",
        ]);
        process::run(cargo.current_dir(workspace::root()))?;
    }
    if name == Some(MEDIA) {
        return Ok(true);
    }
    // What some of them start beside themselves: the program, and those who attend its meetings.
    process::run(serve::build().args(["--package", "attendee"]))?;
    if name != Some("kill") {
        let mut cargo = Command::new("cargo");
        cargo.args(["run", "--release", "--package", "bench", "--"]).args(name);
        process::run(cargo.current_dir(workspace::root()))?;
    }
    if name.is_none_or(|name| name == "kill") {
        let mut cargo = Command::new("cargo");
        cargo.args([
            "test",
            "--release",
            "--package",
            "end-to-end",
            "--test",
            "kill",
            "--",
            "--nocapture",
        ]);
        process::run(cargo.env("SEDERUNT_KILLS", KILLS).current_dir(workspace::root()))?;
    }
    Ok(true)
}
