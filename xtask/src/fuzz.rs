//! `cargo xtask fuzz`: libFuzzer looks for bytes that make a target panic, beginning from the corpus that is checked in.
//!
//! It takes a nightly compiler and time, so no test waits for it; what it finds worth keeping goes into the corpus, which an
//! ordinary test replays. Whatever it tries lies in the target folder and is where the next run goes on from.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// How long a target is fuzzed unless it is said: enough to notice a parser that has lost its footing.
pub(crate) const SECONDS: u32 = 60;

/// The longest input that is tried. The parsers' own limits are higher, and no branch of theirs needs as much.
const INPUT_BYTES_MAX: u32 = 4096;

/// Fuzzes one target, or all of them for so long each. A panic ends the run and leaves its bytes behind.
pub(crate) fn run(target: Option<&str>, seconds: u32) -> Result<bool> {
    let corpus = workspace::root().join("fuzz/corpus");
    let targets = targets(&corpus)?;
    if let Some(unknown) = target.filter(|name| !targets.iter().any(|one| one == name)) {
        bail!("no such target: {unknown}\nhint: there are {}", targets.join(", "));
    }
    install()?;
    for name in targets
        .iter()
        .filter(|name| target.is_none_or(|target| target == **name))
    {
        let tried = workspace::scratch().join("fuzz").join(name);
        fs::create_dir_all(&tried).with_context(|| format!("cannot make {}", tried.display()))?;
        let mut fuzz = Command::new("cargo");
        fuzz.current_dir(workspace::root().join("fuzz/libfuzzer"));
        // Our crates forbid `unsafe`: a sanitiser would find nothing in them, and make the build ten times as long.
        fuzz.args(["+nightly", "fuzz", "run", "--fuzz-dir", ".", "--sanitizer", "none"]);
        // New inputs go to the first folder; the second is only read.
        fuzz.arg(name).arg(tried).arg(corpus.join(name)).arg("--");
        fuzz.arg(format!("-max_total_time={seconds}"));
        fuzz.arg(format!("-max_len={INPUT_BYTES_MAX}"));
        process::run(&mut fuzz).with_context(|| {
            format!("{name} panicked, or could not be run\nhint: mend it, and keep the bytes in fuzz/corpus/{name}")
        })?;
    }
    Ok(true)
}

/// Every target has its folder of the corpus, which a test of theirs asserts.
fn targets(corpus: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in fs::read_dir(corpus).with_context(|| format!("cannot read {}", corpus.display()))? {
        names.push(folder?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Installs the nightly compiler and cargo's command, where they are missing.
fn install() -> Result<()> {
    if process::ask("cargo", &["+nightly", "--version"]).is_none() {
        eprintln!("Installing the nightly compiler for fuzzing");
        let toolchain = ["toolchain", "install", "nightly", "--profile", "minimal"];
        process::run(Command::new("rustup").args(toolchain))?;
    }
    if process::ask("cargo", &["fuzz", "--version"]).is_none() {
        eprintln!("Installing cargo-fuzz");
        process::run(Command::new("cargo").args(["install", "cargo-fuzz", "--locked"]))?;
    }
    Ok(())
}
