//! `cargo xtask package`: the program as it is shipped, and its symbols apart.
//!
//! What cargo builds carries the names and lines that a profile or a backtrace needs, which is most of its size. Shipped is the
//! program alone; whoever has to look into it puts the symbols beside it, and debuggers and backtraces find them there by the
//! link in the program. Both come from one build, so they always fit.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::{process, web, workspace};

/// Builds the program and writes the two files into a folder of their own.
pub(crate) fn run() -> Result<()> {
    web::build_if_changed()?;
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--profile", SHIPPED, "--package", "sederunt"])
        .current_dir(workspace::root());
    process::run(&mut cargo)?;
    write(&workspace::target().join(SHIPPED).join("sederunt"))
}

/// The profile of what is shipped; the root `Cargo.toml` tells how it differs from `release`.
const SHIPPED: &str = "shipped";

/// The two files, of a program that was built.
pub(crate) fn write(built: &Path) -> Result<()> {
    let folder = workspace::target().join("package");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (program, symbols) = (folder.join("sederunt"), folder.join("sederunt.debug"));
    process::run(objcopy().arg("--only-keep-debug").args([built, &symbols]))?;
    process::run(
        objcopy()
            .arg("--strip-all")
            .arg(format!("--add-gnu-debuglink={}", symbols.display()))
            .args([built, &program]),
    )?;
    check(&program, &symbols)?;
    for path in [&program, &symbols] {
        println!("{}: {} MB", path.display(), fs::metadata(path)?.len() / 1_000_000);
    }
    Ok(())
}

/// Fails unless the program runs, carries no symbols, and names the file that has them.
fn check(program: &Path, symbols: &Path) -> Result<()> {
    process::run(Command::new(program).arg("--version"))?;
    let sections = |path: &Path| {
        let path = path.display().to_string();
        process::ask("readelf", &["--wide", "--section-headers", &path]).context("`readelf` of binutils is needed")
    };
    let (of_program, of_symbols) = (sections(program)?, sections(symbols)?);
    ensure!(of_program.contains(".gnu_debuglink"), "the program names no symbols");
    for section in [".symtab", ".debug_line"] {
        ensure!(!of_program.contains(section), "the program still has {section}");
        ensure!(of_symbols.contains(section), "the symbols lack {section}");
    }
    Ok(())
}

/// Of binutils, which every linker of Rust programs brings on Linux.
fn objcopy() -> Command {
    Command::new("objcopy")
}
