//! `cargo xtask run`: from a checkout to a running server in one command.

use std::{convert::Infallible, os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};

use crate::{process, web, workspace};

/// Builds what changed and becomes the server, so that signals and the exit code are the server's own.
pub(crate) fn run(flags: &[String]) -> Result<Infallible> {
    web::build_if_changed()?;
    eprintln!("Building the server (a first build takes some minutes)");
    process::run(&mut build())?;
    let error = Command::new(workspace::binary()).arg("serve").args(flags).exec();
    Err(error).with_context(|| format!("cannot start {}", workspace::binary().display()))
}

/// The build of the program that users get.
pub(crate) fn build() -> Command {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--package", "sederunt"])
        .current_dir(workspace::root());
    cargo
}
