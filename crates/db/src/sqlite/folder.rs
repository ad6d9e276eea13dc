//! The database's file and its folder: for their owner alone, and there after a power failure.
//!
//! Keys and the register of who was there are in the file, so what is made here says its mode itself, whatever the umask. And
//! a file that was synced is still lost if the folder that names it was not, so a new database is durable only once the
//! entries of its file and of every new folder above it are.

use crate::Error;
use std::{
    fs::{DirBuilder, File},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
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
    there_at_last(DirBuilder::new().mode(0o700).create(folder))?;
    sync(&parent)
}

/// Makes an empty file, which to SQLite is a new database, if it is missing. SQLite gives its log the mode of the file.
///
/// Closing a file drops all locks that this process has on it, SQLite's too. So one that is there is not even opened, and
/// everybody who wants a new one waits here until it is closed again.
pub(super) fn create_file(path: &Path) -> Result<(), Error> {
    static CREATING: Mutex<()> = Mutex::new(());
    let _alone = CREATING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = File::options();
    there_at_last(options.write(true).create_new(true).mode(0o600).open(path))
}

/// Another process may have been quicker.
fn there_at_last<T>(made: io::Result<T>) -> Result<(), Error> {
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Error::engine(error)),
        _ => Ok(()),
    }
}

/// Makes the entries of this folder durable.
pub(super) fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(Error::engine)
}
