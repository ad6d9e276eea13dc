//! Why a server does not start, and the next step.

use std::io;
use std::net::SocketAddr;

use edge::TlsError;
use identity::{AccountError, KeyError};
use register::RegisterError;

use crate::announce::Unresolved;
use crate::folder::FolderError;
use crate::remedy;
use crate::telephone::TelephoneError;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The port of HTTP.
    #[error("{}", bind_problem(address, source, "port", "listened on"))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The port of metrics.
    #[error("{}", bind_problem(address, source, "port", "listened on"))]
    Metrics {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The port of media.
    #[error("{}", bind_problem(address, source, "UDP port", "used for media"))]
    Media {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Whom to trust about a provider's site.
    #[error("the certificates that this system trusts cannot be read")]
    Roots(#[source] io::Error),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The addresses of this machine.
    #[error("the addresses of this machine cannot be read")]
    Interfaces(#[source] io::Error),
    /// The name that should be announced.
    #[error(transparent)]
    PublicAddress(#[from] Unresolved),
    /// The register cannot be opened.
    #[error("the register cannot be opened")]
    Store(#[from] db::Error),
    /// The keys.
    #[error("the keys for signing tokens cannot be opened")]
    Keys(#[from] KeyError),
    /// The administrator.
    #[error("the administrator's account cannot be made")]
    Administrator(#[from] AccountError),
    /// Telephones.
    #[error(transparent)]
    Telephone(#[from] TelephoneError),
    /// The recordings of meetings.
    #[error("the recordings of meetings that are not finished cannot be opened")]
    Recordings(#[source] io::Error),
    /// The rules of REST.
    #[error("the API's own description is wrong")]
    Rules(#[from] transcode::RuleError),
    /// The open conferences.
    #[error("the conferences that were left open cannot be taken up")]
    Restart(#[from] RegisterError),
}

fn bind_problem(address: &SocketAddr, source: &io::Error, port: &str, used: &str) -> String {
    match source.kind() {
        io::ErrorKind::AddrInUse => format!("{port} {} is in use", address.port()),
        _ => format!("{address} cannot be {used}"),
    }
}

impl StartError {
    /// The next step.
    pub fn hint(&self) -> &'static str {
        match self {
            StartError::Folder(FolderError::Unusable { source, .. }) | StartError::Recordings(source) => {
                remedy::of_folder(source)
            }
            StartError::Folder(FolderError::Taken { .. }) => {
                "stop the other server, or choose another folder with `--data`"
            }
            StartError::Listen { source, .. } => remedy::of_binding(
                source,
                "choose another with `--listen`",
                "give an address of this machine, or 0.0.0.0 for all, with `--listen`",
            ),
            StartError::Metrics { source, .. } => {
                const ANOTHER: &str = "choose another with `--metrics-listen`";
                remedy::of_binding(source, ANOTHER, ANOTHER)
            }
            StartError::Media { source, .. } => remedy::of_binding(
                source,
                "choose another with `--media-port`",
                "give an address of this machine with `--listen`",
            ),
            StartError::Tls(TlsError::File { .. }) => "give a chain and its key in PEM, which the server may read",
            StartError::Tls(_) => "serve without `--tls`, or with a certificate in files",
            StartError::Roots(_) => {
                "install the system's certificates (the package `ca-certificates`), or take `[oidc]` out"
            }
            StartError::Interfaces(_) => "say which address browsers reach with `--public-address`",
            StartError::PublicAddress(_) => {
                "give an address, or a name that this machine can look up, with `--public-address`"
            }
            StartError::Telephone(_) => {
                "look at `[telephony]` in the configuration file: the address and the ports have to be free"
            }
            StartError::Rules(_) => "this is a fault of the build; report it",
            StartError::Store(_) | StartError::Keys(_) | StartError::Administrator(_) | StartError::Restart(_) => {
                remedy::of_store(self, "`sederunt doctor` with the same flags shows what is wrong")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn hints_name_the_next_step() {
        let check = |error: &StartError, part: &str| assert!(error.hint().contains(part), "{error}: {}", error.hint());
        let listen = |kind: io::ErrorKind| StartError::Listen {
            address: ([127, 0, 0, 1], 443).into(),
            source: kind.into(),
        };
        check(&listen(io::ErrorKind::PermissionDenied), "CAP_NET_BIND_SERVICE");
        check(&listen(io::ErrorKind::AddrInUse), "choose another with `--listen`");
        check(&listen(io::ErrorKind::AddrNotAvailable), "an address of this machine");
        let folder = |kind: io::ErrorKind| {
            StartError::Folder(FolderError::Unusable {
                path: "data".into(),
                source: kind.into(),
            })
        };
        check(&folder(io::ErrorKind::StorageFull), "make room");
        check(&folder(io::ErrorKind::PermissionDenied), "that you may write to");
        let source = || Arc::new(io::Error::other("what the engine said")) as db::Source;
        let full = db::Error::Full { source: source() };
        check(&StartError::Store(full.clone()), "make room");
        check(&StartError::Restart(full.into()), "make room");
        let damaged = db::Error::Damaged { source: source() };
        check(&StartError::Store(damaged.clone()), "restore");
        check(&StartError::Restart(damaged.into()), "restore");
        check(&StartError::Store(db::Error::Superseded), "doctor");
    }
}
