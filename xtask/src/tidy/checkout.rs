//! What the rules look at: the text files of the checkout, its packages as cargo tells them, and its crates as they ship.
//!
//! All of it can be made by hand, so that a test shows each rule a breach without a checkout around it.

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::crates::{self, Crate};
use crate::workspace;

/// Folders that hold no source of ours. What fuzzing left behind is not text either.
const NOT_OURS: &[&str] = &[
    ".git",
    "target",
    "node_modules",
    "dist",
    "data",
    "__pycache__",
    ".venv",
    "corpus",
    "artifacts",
];

/// A text file of the checkout; the path is relative to its root, with forward slashes.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// Whether it is of one of these kinds, told by the end of its name.
    pub(super) fn is(&self, kinds: &[&str]) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|kind| kinds.iter().any(|one| kind == *one))
    }
}

/// What the rules look at.
pub(super) struct Checkout {
    pub(super) files: Vec<File>,
    /// Our own packages, as `cargo metadata` tells them.
    pub(super) packages: Vec<Value>,
    crates: OnceCell<Vec<Crate>>,
}

impl Checkout {
    pub(super) fn read() -> Result<Self> {
        let mut files = Vec::new();
        collect(workspace::root(), &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self::new(files, cargo_metadata(&["--no-deps"])?))
    }

    pub(super) fn new(files: Vec<File>, packages: Vec<Value>) -> Self {
        Self {
            files,
            packages,
            crates: OnceCell::new(),
        }
    }

    /// Our Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is(&["rs"]))
    }

    /// Our crates as they ship, parsed once for all rules.
    pub(super) fn crates(&self) -> &[Crate] {
        self.crates.get_or_init(|| {
            let texts = self.files.iter().map(|file| (&*file.path, &*file.text));
            crates::read(&texts.collect())
        })
    }

    /// Our packages with their names and folders (relative, like `crates/db`).
    pub(super) fn packages_with_folders(&self) -> impl Iterator<Item = (&Value, &str, String)> {
        self.packages.iter().filter_map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str()?);
            let folder = manifest.parent()?.strip_prefix(workspace::root()).ok()?;
            let name = package["name"].as_str()?;
            Some((package, name, folder.to_string_lossy().into_owned()))
        })
    }
}

/// The packages that `cargo metadata` tells with these arguments.
pub(super) fn cargo_metadata(arguments: &[&str]) -> Result<Vec<Value>> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(arguments)
        .current_dir(workspace::root());
    let output = cargo.output().context("cargo did not start")?;
    let mut metadata: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)))?;
    match metadata["packages"].take() {
        Value::Array(packages) => Ok(packages),
        _ => anyhow::bail!("cargo metadata told no packages"),
    }
}

fn collect(folder: &Path, files: &mut Vec<File>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path: PathBuf = entry.path();
        if NOT_OURS.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path
                .strip_prefix(workspace::root())
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            files.push(File { path, text });
        }
    }
    Ok(())
}
