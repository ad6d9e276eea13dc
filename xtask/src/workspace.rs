//! Where things are: the checkout and the folder for everything that is made at run time.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The root of the checkout, wherever the command was started.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in a folder of the workspace")
}

/// Cargo's target folder, which the user may have moved.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |moved| root().join(moved))
}

/// A folder of our own inside target: stamps, the Python environment.
pub(crate) fn scratch() -> PathBuf {
    target().join("xtask")
}

/// The program as users get it.
pub(crate) fn binary() -> PathBuf {
    target().join("release").join("sederunt")
}

/// The profile that everything is linted and tested in; the root `Cargo.toml` tells how it differs from `release`.
pub(crate) const TESTED: &str = "tested";

/// The program under test.
pub(crate) fn tested_binary() -> PathBuf {
    target().join(TESTED).join("sederunt")
}
