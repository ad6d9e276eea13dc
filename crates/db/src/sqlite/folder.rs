//! Folders whose entries survive a power failure.
//!
//! A file that was synced is still lost if the folder that names it was not, so a new database is durable only once the
//! entries of its file and of every new folder above it are.

use crate::Error;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// The folder that holds this file.
pub(super) fn of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes the folder if it is missing, and those above it, each entry durable.
pub(super) fn create(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = of(folder);
    create(&parent)?;
    match fs::create_dir(folder) {
        // Another process may have been quicker.
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(Error::engine(error)),
        _ => {}
    }
    sync(&parent)
}

/// Makes the entries of this folder durable.
pub(super) fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(Error::engine)
}
