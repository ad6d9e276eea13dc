//! `cargo xtask sim`: new seeds of all simulated worlds, for as long as nobody needs the machine. CI plays the committed ones.

use std::process::Command;

use anyhow::Result;

use crate::{process, workspace};

/// Plays every scenario with so many seeds; what fails is printed with its seed and its story.
pub(crate) fn run(seeds: u64) -> Result<bool> {
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--release", "--package", "sim", "--"]);
    cargo.arg(seeds.to_string());
    process::run(cargo.current_dir(workspace::root()))?;
    // Those of calls and of pictures need what only the tests of their crates see, and networks real clients at both ends.
    let of_crates = [
        ("calls", ["--lib", "simulated"]),
        ("media", ["--lib", "simulated"]),
        ("media", ["--test", "networks"]),
    ];
    for (package, tests) in of_crates {
        let mut cargo = Command::new("cargo");
        cargo.args(["test", "--release", "--package", package]).args(tests);
        cargo.env("SEDERUNT_NEW_SEEDS", seeds.to_string());
        process::run(cargo.current_dir(workspace::root()))?;
    }
    Ok(true)
}
