//! What is to be served: whether HTTPS, and where its certificate comes from.

use std::path::PathBuf;

/// HTTPS, resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TlsConfiguration {
    /// Plain HTTP.
    #[default]
    Off,
    /// A certificate made here, by an authority that developers may trust.
    Development,
    /// Files that somebody else renews.
    Files {
        /// The chain.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// An ACME authority.
    Acme(AcmeConfiguration),
}

/// What an ACME authority is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcmeConfiguration {
    /// The names, at least one.
    pub domains: Vec<String>,
    /// An e-mail address.
    pub contact: Option<String>,
    /// Its directory; `None` is Let's Encrypt.
    pub directory: Option<String>,
    /// Whom to trust about the authority's own site; `None` is the usual ones.
    pub authority: Option<PathBuf>,
}
