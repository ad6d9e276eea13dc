//! The kinds of OAuth clients, on which hangs what a client may be sent to and how it proves which one it is.

/// What kind of OAuth client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppKind {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs on people's machines and can keep none.
    Installed,
}

/// The third kind of row in the table of applications; see [`crate::ServiceAccount`].
pub(crate) const SERVICE_ACCOUNT_KIND: i64 = 3;

/// The fourth; see [`crate::Daemon`].
pub(crate) const DAEMON_KIND: i64 = 4;

/// As a statement asks for those that are OAuth clients.
pub(crate) const IS_CLIENT: &str = "kind in (1, 2)";

impl AppKind {
    /// How the column calls it.
    pub(crate) const fn number(self) -> i64 {
        match self {
            AppKind::Web => 1,
            AppKind::Installed => 2,
        }
    }

    /// What the column calls so. Whatever is not on a server keeps no secret.
    pub(crate) const fn of_number(number: i64) -> AppKind {
        if number == AppKind::Web.number() {
            AppKind::Web
        } else {
            AppKind::Installed
        }
    }
}
