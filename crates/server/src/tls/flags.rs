//! How HTTPS is asked for: by flags, the environment, or the table `[tls]` of the configuration file.
//!
//! A mode follows from what is given: who names a certificate means files, who names a domain means ACME.

use std::path::PathBuf;

use edge::{AcmeConfiguration, TlsConfiguration};
use serde::Deserialize;

/// How HTTPS is served.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "HTTPS")]
pub struct TlsFlags {
    /// Serve HTTPS: off, dev (a certificate made here, for development), files, or acme [default: what the other flags ask for]
    #[arg(long, value_name = "MODE", env = "SEDERUNT_TLS")]
    pub tls: Option<TlsMode>,
    /// Certificate chain in PEM; read again when it changes
    #[arg(long, value_name = "FILE", env = "SEDERUNT_TLS_CERTIFICATE")]
    pub tls_certificate: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, value_name = "FILE", env = "SEDERUNT_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Name to get a certificate for by ACME, as often as needed; it must lead to port 443 of this server
    #[arg(
        long = "acme-domain",
        value_name = "DOMAIN",
        env = "SEDERUNT_ACME_DOMAIN",
        value_delimiter = ','
    )]
    pub acme_domains: Vec<String>,
    /// Where the ACME authority may write about certificates that expire
    #[arg(long, value_name = "EMAIL", env = "SEDERUNT_ACME_CONTACT")]
    pub acme_contact: Option<String>,
    /// Directory of the ACME authority [default: that of Let's Encrypt]
    #[arg(long, value_name = "URL", env = "SEDERUNT_ACME_DIRECTORY")]
    pub acme_directory: Option<String>,
    /// Certificate in PEM by which the ACME authority's own site is trusted, for one inside an organisation
    #[arg(long, value_name = "FILE", env = "SEDERUNT_ACME_AUTHORITY")]
    pub acme_authority: Option<PathBuf>,
}

/// Where the certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// There is none: plain HTTP.
    Off,
    /// Made here.
    Dev,
    /// Files.
    Files,
    /// An ACME authority.
    Acme,
}

/// The table `[tls]` of the configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsFile {
    mode: Option<TlsMode>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    #[serde(default)]
    acme_domains: Vec<String>,
    acme_contact: Option<String>,
    acme_directory: Option<String>,
    acme_authority: Option<PathBuf>,
}

/// Flags that do not fit together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsConfigurationError {
    /// A certificate without a key, or a key without a certificate.
    #[error("HTTPS by files needs both the certificate and its key")]
    HalfAPair,
    /// ACME for nothing.
    #[error("ACME needs a domain to get a certificate for")]
    NoDomain,
    /// Files and ACME.
    #[error("HTTPS is asked for by files and by ACME at once")]
    Both,
}

impl TlsConfigurationError {
    /// The next step.
    pub fn hint(&self) -> &'static str {
        match self {
            TlsConfigurationError::HalfAPair => "give `--tls-certificate FILE` and `--tls-key FILE`",
            TlsConfigurationError::NoDomain => "name it with `--acme-domain meet.example.org`",
            TlsConfigurationError::Both => "say which with `--tls files` or `--tls acme`",
        }
    }
}

impl TlsFlags {
    /// Adds the file; a flag replaces the setting of the same name.
    pub(crate) fn resolve(self, file: TlsFile) -> Result<TlsConfiguration, TlsConfigurationError> {
        let certificate = self.tls_certificate.or(file.certificate);
        let key = self.tls_key.or(file.key);
        let domains = if self.acme_domains.is_empty() {
            file.acme_domains
        } else {
            self.acme_domains
        };
        let has_files = certificate.is_some() || key.is_some();
        let mode = match self.tls.or(file.mode) {
            Some(mode) => mode,
            None if has_files && !domains.is_empty() => return Err(TlsConfigurationError::Both),
            None if has_files => TlsMode::Files,
            None if !domains.is_empty() => TlsMode::Acme,
            None => TlsMode::Off,
        };
        match mode {
            TlsMode::Off => Ok(TlsConfiguration::Off),
            TlsMode::Dev => Ok(TlsConfiguration::Development),
            TlsMode::Files => match (certificate, key) {
                (Some(certificate), Some(key)) => Ok(TlsConfiguration::Files { certificate, key }),
                _ => Err(TlsConfigurationError::HalfAPair),
            },
            TlsMode::Acme if domains.is_empty() => Err(TlsConfigurationError::NoDomain),
            TlsMode::Acme => Ok(TlsConfiguration::Acme(AcmeConfiguration {
                domains,
                contact: self.acme_contact.or(file.acme_contact),
                directory: self.acme_directory.or(file.acme_directory),
                authority: self.acme_authority.or(file.acme_authority),
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_follows_from_what_is_given() {
        let check = |flags: TlsFlags, file: &str, expected: Result<TlsConfiguration, TlsConfigurationError>| {
            let table: TlsFile = toml::from_str(file).expect("a valid table");
            assert_eq!(flags.resolve(table), expected, "{file}");
        };
        let files = || TlsConfiguration::Files {
            certificate: "a.pem".into(),
            key: "a.key".into(),
        };
        let acme = |directory: Option<&str>| {
            TlsConfiguration::Acme(AcmeConfiguration {
                domains: vec!["meet.example.org".to_owned()],
                contact: None,
                directory: directory.map(str::to_owned),
                authority: None,
            })
        };
        let mode = |mode| TlsFlags {
            tls: Some(mode),
            ..TlsFlags::default()
        };
        let pair = "certificate = \"a.pem\"\nkey = \"a.key\"";
        let domain = "acme_domains = [\"meet.example.org\"]";
        check(TlsFlags::default(), "", Ok(TlsConfiguration::Off));
        check(mode(TlsMode::Dev), "", Ok(TlsConfiguration::Development));
        check(TlsFlags::default(), pair, Ok(files()));
        check(mode(TlsMode::Off), pair, Ok(TlsConfiguration::Off));
        check(TlsFlags::default(), domain, Ok(acme(None)));
        let directory = TlsFlags {
            acme_directory: Some("https://ca.example.org/directory".to_owned()),
            ..TlsFlags::default()
        };
        check(directory, domain, Ok(acme(Some("https://ca.example.org/directory"))));
        check(
            TlsFlags::default(),
            "key = \"a.key\"",
            Err(TlsConfigurationError::HalfAPair),
        );
        check(mode(TlsMode::Files), "", Err(TlsConfigurationError::HalfAPair));
        check(mode(TlsMode::Acme), "", Err(TlsConfigurationError::NoDomain));
        check(
            TlsFlags::default(),
            &format!("{pair}\n{domain}"),
            Err(TlsConfigurationError::Both),
        );
        check(mode(TlsMode::Acme), &format!("{pair}\n{domain}"), Ok(acme(None)));
    }
}
