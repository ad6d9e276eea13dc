//! The next step for what keeps a server from serving, as the start and `doctor` both say it.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter::successors;

const NO_RIGHT_TO_PORT: &str = "ports below 1024 need a right: `AmbientCapabilities=CAP_NET_BIND_SERVICE` in the unit of systemd, or \
    `setcap cap_net_bind_service=+ep` on the program; or choose a port above";

const NO_ROOM: &str = "make room on the disk of the data folder, or of PostgreSQL";

/// An address that cannot be bound.
pub(crate) fn of_binding(error: &io::Error, in_use: &'static str, otherwise: &'static str) -> &'static str {
    match error.kind() {
        ErrorKind::AddrInUse => in_use,
        ErrorKind::PermissionDenied => NO_RIGHT_TO_PORT,
        _ => otherwise,
    }
}

/// A data folder that cannot be used.
pub(crate) fn of_folder(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => NO_ROOM,
        _ => "choose a folder that you may write to with `--data`",
    }
}

/// A database that does not do its part, somewhere in a chain of causes.
pub(crate) fn of_store(error: &(dyn Error + 'static), otherwise: &'static str) -> &'static str {
    let mut causes = successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    match causes.find_map(|cause| cause.downcast_ref::<db::Error>()) {
        Some(db::Error::Damaged { .. }) => {
            "restore a copy of the database, as `docs/operate/data.md` says; what is damaged is kept best until that is done"
        }
        Some(db::Error::Full { .. }) => NO_ROOM,
        Some(db::Error::Newer { .. }) => {
            "use the newer program, or restore the copy from before the update, as `docs/operate/data.md` says"
        }
        _ => otherwise,
    }
}
