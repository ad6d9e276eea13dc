//! What may be wrong with a configuration, and the next step.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::https::TlsConfigurationError;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file is not there or may not be read.
    #[error("the configuration file `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not what we understand.
    #[error("the configuration file `{}` is not valid", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: FileProblem,
    },
    /// The public URL is none.
    #[error("the public URL `{0}` is not of the form https://meet.example.org")]
    PublicUrl(String),
    /// The database is not one we speak to.
    #[error("the database `{0}` is not of the form postgres://user@host/name")]
    Database(String),
    /// The password's file is not there or may not be read.
    #[error("the file `{}` with the password of the database cannot be read", path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Everybody on the network would be the administrator.
    #[error("without tokens, `{0}` would let everybody in who reaches it")]
    WithoutTokens(SocketAddr),
    /// Somebody in between could sign anybody in.
    #[error("the issuer `{0}` is not an address with HTTPS")]
    Issuer(String),
    /// HTTPS is half asked for.
    #[error(transparent)]
    Tls(#[from] TlsConfigurationError),
}

impl ConfigurationError {
    /// The next step.
    pub fn hint(&self) -> &'static str {
        match self {
            ConfigurationError::Unreadable { .. } => "check the path given with `--config` or `SEDERUNT_CONFIG`",
            ConfigurationError::Invalid { .. } => {
                "`sederunt serve --help` lists the settings; in the file they are in snake_case"
            }
            ConfigurationError::PublicUrl(_) => "give scheme and host, and no path, with `--public-url`",
            ConfigurationError::Database(_) => "leave `--database` out to use SQLite in the data folder",
            ConfigurationError::PasswordFile { .. } => "check the path given with `--database-password-file`",
            ConfigurationError::WithoutTokens(_) => {
                "listen on 127.0.0.1 or [::1], or leave `--without-tokens` out and use `sederunt token`"
            }
            ConfigurationError::Issuer(_) => "give the provider's own address: `issuer = \"https://id.example.org\"`",
            ConfigurationError::Tls(error) => error.hint(),
        }
    }
}

/// What is wrong in the file.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct FileProblem {
    pub(super) line: usize,
    pub(super) what: String,
}
