//! The rules of the house that no compiler knows, each a function from the checkout to complaints.
//!
//! They are tests, so `cargo test` catches a breach like any other fault, and `cargo xtask tidy` prints them all at
//! once. A complaint names the file, the breach and what to do about it.

mod arrows;
mod licences;
mod modules;
mod rust_source;
mod sql;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace;

/// Folders that hold no source of ours.
const NOT_OURS: &[&str] = &[".git", "target", "node_modules", "dist", "data", "__pycache__", ".venv"];

/// A text file of the checkout; the path is relative to its root, with forward slashes.
pub(crate) struct File {
    path: String,
    text: String,
}

impl File {
    /// Whether it is of one of these kinds, told by the end of its name.
    fn is(&self, kinds: &[&str]) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|kind| kinds.iter().any(|one| kind == *one))
    }
}

/// What the rules look at.
pub(crate) struct Checkout {
    files: Vec<File>,
    /// Our own packages, as `cargo metadata` tells them.
    packages: Vec<Value>,
}

impl Checkout {
    fn read() -> Result<Self> {
        let mut files = Vec::new();
        collect(workspace::root(), &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let packages = cargo_metadata(&["--no-deps"])?;
        Ok(Self { files, packages })
    }

    /// Our Rust files.
    fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is(&["rs"]))
    }

    /// Names and folders (relative, like `crates/db`) of our packages.
    fn package_folders(&self) -> impl Iterator<Item = (&str, String)> {
        self.packages.iter().filter_map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str()?);
            let folder = manifest.parent()?.strip_prefix(workspace::root()).ok()?;
            Some((package["name"].as_str()?, folder.to_string_lossy().into_owned()))
        })
    }
}

type Rule = fn(&Checkout) -> Vec<String>;

const RULES: &[(&str, Rule)] = &[
    ("every module begins with its reason", modules::begin_with_their_reason),
    ("every crate names its limits", modules::limits_are_named),
    ("nothing is left unfinished", modules::nothing_is_unfinished),
    ("no file names a machine", modules::no_machine_is_named),
    ("arrows between crates run one way", arrows::run_one_way),
    ("each foreign crate has one home", arrows::foreign_crates_have_one_home),
    (
        "one module names the WebRTC library",
        arrows::one_module_names_the_webrtc_library,
    ),
    ("both engines understand the SQL", sql::both_engines_understand),
    ("licences are those of the list", licences::are_those_of_the_list),
];

/// Prints every complaint; true if there is none.
pub(crate) fn report() -> Result<bool> {
    let checkout = Checkout::read()?;
    let mut is_tidy = true;
    for (name, rule) in RULES {
        let complaints = rule(&checkout);
        is_tidy &= complaints.is_empty();
        println!("{name}: {}", if complaints.is_empty() { "yes" } else { "no" });
        for complaint in complaints {
            println!("  {complaint}");
        }
    }
    Ok(is_tidy)
}

/// The packages that `cargo metadata` tells with these arguments.
fn cargo_metadata(arguments: &[&str]) -> Result<Vec<Value>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_tidy() {
        let checkout = Checkout::read().expect("the checkout can be read");
        let complaints: Vec<String> = RULES.iter().flat_map(|(_, rule)| rule(&checkout)).collect();
        assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    }

    /// Every rule finds the breach that it is there for.
    #[test]
    fn each_rule_can_fail() {
        #[track_caller]
        fn check(rule: Rule, path: &str, text: &str, complaint: Option<&str>) {
            let files = vec![File {
                path: path.to_owned(),
                text: text.to_owned(),
            }];
            let complaints = rule(&Checkout {
                files,
                packages: Vec::new(),
            });
            match complaint {
                None => assert!(complaints.is_empty(), "{complaints:?}"),
                Some(words) => assert!(complaints.iter().any(|line| line.contains(words)), "{complaints:?}"),
            }
        }
        let unfinished = ["TO", "DO"].concat();
        check(
            modules::begin_with_their_reason,
            "crates/db/src/lib.rs",
            "//! Why.\n",
            None,
        );
        check(
            modules::begin_with_their_reason,
            "crates/db/src/lib.rs",
            "use std::fs;\n",
            Some("`//!`"),
        );
        check(
            modules::nothing_is_unfinished,
            "web/src/main.ts",
            &format!("// {unfinished}: later"),
            Some(&unfinished),
        );
        check(
            modules::nothing_is_unfinished,
            "web/src/main.ts",
            "const method = \"GET\"",
            None,
        );
        check(
            modules::no_machine_is_named,
            "README.md",
            &["see /ro", "ot/x"].concat(),
            Some("README.md:1"),
        );
        check(
            modules::no_machine_is_named,
            "README.md",
            "http://localhost/worker",
            None,
        );
        check(
            arrows::one_module_names_the_webrtc_library,
            "crates/media/src/room.rs",
            "use str0m::Rtc;",
            Some("room.rs"),
        );
        check(
            arrows::one_module_names_the_webrtc_library,
            "crates/media/src/room.rs",
            "// str0m calls it mid\n",
            None,
        );
        check(
            sql::both_engines_understand,
            "crates/db/migrations/1.sql",
            "create table t (a boolean)",
            Some("boolean"),
        );
        check(
            sql::both_engines_understand,
            "crates/db/migrations/1.sql",
            "-- no boolean here\n",
            None,
        );
        check(
            sql::both_engines_understand,
            "crates/db/src/a.rs",
            "f(\"select a from t where $1 is null\")",
            Some("is null"),
        );
        check(
            sql::both_engines_understand,
            "crates/db/src/a.rs",
            "f(\"select a from t where b is null\")",
            None,
        );
        check(
            sql::both_engines_understand,
            "crates/db/src/a.rs",
            "f(\"looks like a lease\")",
            None,
        );
    }
}
