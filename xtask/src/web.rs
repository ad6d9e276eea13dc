//! Builds the web client when what it is made of has changed.
//!
//! A build script must not do this: `cargo build` would then need npm and the network. So cargo builds with whatever
//! lies in `web/dist` (or a placeholder), and this task fills that folder first.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{process, tools, workspace};

/// What is not an input, inside the folder of the web client.
const OUTPUTS: &[&str] = &["node_modules", "dist"];

/// Builds `web/dist` unless the present one was made from the present sources.
pub(crate) fn build_if_changed() -> Result<()> {
    let web = workspace::root().join("web");
    let stamp = workspace::scratch().join("web");
    let inputs = inputs(&web)?;
    if web.join("dist/index.html").is_file() && tools::is_current(&stamp, &inputs) {
        return Ok(());
    }
    tools::node()?;
    tools::npm_packages(&web)?;
    eprintln!("Building the web client");
    process::run(Command::new("npm").args(["run", "--silent", "build"]).current_dir(&web))?;
    tools::mark_current(&stamp, &inputs)
}

/// Paths and contents of all source files, in a fixed order.
fn inputs(web: &Path) -> Result<Vec<u8>> {
    let mut files = Vec::new();
    collect(web, &mut files).with_context(|| format!("cannot read {}", web.display()))?;
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(file.to_string_lossy().bytes());
        all.push(0);
        all.extend(fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
        all.push(0);
    }
    Ok(all)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if OUTPUTS.iter().any(|output| entry.file_name() == *output) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
