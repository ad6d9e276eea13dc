//! How many files and sockets the process may have open.
//!
//! Every connection is one. Systems begin a process with few of them, for programs of long ago, and let it have many more for the
//! asking: so we ask, and let in as many connections as there is room for.

use edge::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit as far as it goes without a privilege, and says what it is then.
pub(crate) fn raise() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let possible = maximum.unwrap_or(Limits::FILES);
    let Some(current) = current.filter(|current| *current < possible) else {
        return current.unwrap_or(u64::MAX);
    };
    let raised = Rlimit {
        current: Some(possible),
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => possible,
        Err(error) => {
            tracing::warn!(%error, current, "the limit of open files cannot be raised");
            current
        }
    }
}

/// How far the limit goes; `None` is without end.
pub(crate) fn possible() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}
