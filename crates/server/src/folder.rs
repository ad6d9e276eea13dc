//! The data folder: made on first use, for its owner alone, held by one server at a time, and where other commands find the
//! address of a running one.
//!
//! Two servers on one folder would each take the other's sessions for left-overs of a crash, so the folder is locked. The file
//! that carries the lock also says under which URL the server is reached, with which `sederunt user add` prints links, and of which
//! version it is.

mod closing;

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub use closing::close_to_others;
pub(crate) use closing::open_to_others;

/// The name of the file within the folder.
const FILE: &str = "serving";

/// A data folder that is held; it is free again when this is dropped or the process dies.
#[derive(Debug)]
pub(crate) struct Held {
    file: File,
    folder: PathBuf,
}

/// Why a data folder cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or written to.
    #[error("the data folder `{}` cannot be used", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Somebody else has it.
    #[error("another server runs on the data folder `{}`", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
}

/// Makes the folder if it is not there, and holds it.
pub(crate) fn hold(folder: &Path) -> Result<Held, FolderError> {
    let unusable = |source| FolderError::Unusable {
        path: folder.to_owned(),
        source,
    };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(unusable)?;
    let path = folder.join(FILE);
    let file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(Held {
            file,
            folder: folder.to_owned(),
        }),
        Err(TryLockError::WouldBlock) => Err(FolderError::Taken {
            path: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

impl Held {
    /// Writes down where the server is reached, and of which version it is.
    pub(crate) fn announce(&mut self, public_url: &str) -> Result<(), FolderError> {
        let lines = format!("{public_url}\n{}\n", env!("CARGO_PKG_VERSION"));
        let mut written = || {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(lines.as_bytes())
        };
        written().map_err(|source| FolderError::Unusable {
            path: self.folder.clone(),
            source,
        })
    }
}

/// Where the server of this folder is, or was last, reached.
pub fn announced_url(folder: &Path) -> Option<String> {
    announced(folder, 0).filter(|url| url.starts_with("http"))
}

/// Of which version it is, or was; those before the first that says so say nothing.
pub(crate) fn announced_version(folder: &Path) -> Option<String> {
    announced(folder, 1)
}

fn announced(folder: &Path, line: usize) -> Option<String> {
    let announced = std::fs::read_to_string(folder.join(FILE)).ok()?;
    announced.lines().nth(line).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_at_a_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("data");
        assert_eq!(announced_url(&path), None);
        let mut held = hold(&path).expect("free");
        assert_eq!(open_to_others(&path).expect("readable"), 0);
        held.announce("https://a.much.longer.name.example").expect("writable");
        held.announce("http://localhost:8080").expect("writable");
        assert!(matches!(hold(&path), Err(FolderError::Taken { .. })));
        assert_eq!(announced_url(&path).as_deref(), Some("http://localhost:8080"));
        assert_eq!(announced_version(&path).as_deref(), Some(env!("CARGO_PKG_VERSION")));
        drop(held);
        hold(&path).expect("free again");
    }
}
