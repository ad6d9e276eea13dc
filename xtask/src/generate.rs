//! Writes anew what is checked in though it is generated from the program's own tables.
//!
//! What these files are and what belongs in them is said by the tests of `crates/server/tests/generated`, which fail when the
//! two part. This command lets the same tests write, so there is no second way to make them.

use std::process::Command;

use anyhow::Result;

use crate::{process, workspace};

/// Runs those tests, and lets them write. The packages and the profile are those of CI, so nothing is compiled twice.
pub(crate) fn run() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo
        .args([
            "test",
            "--profile",
            workspace::TESTED,
            "--quiet",
            "--workspace",
            "--test",
            "generated",
        ])
        .env("UPDATE_EXPECT", "1")
        .current_dir(workspace::root());
    process::run(&mut cargo)
}
