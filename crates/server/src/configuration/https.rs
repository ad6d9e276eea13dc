//! How HTTPS is asked for: by flags, the environment, or the table `[tls]` of the configuration file.
//!
//! A mode follows from what is given: who names a certificate means files, who names a domain means ACME.

use std::path::PathBuf;

use edge::{AcmeConfiguration, TlsConfiguration};

use super::key::Fallback::{Nothing, Words};
use super::key::{Choice, Flag, Key, Section, Set};

/// The table `[tls]`, and its flags.
pub(super) const HTTPS: Section = Section {
    title: "HTTPS",
    heading: Some("HTTPS"),
    table: Some("tls"),
    introduction: "[https.md](https.md) says which of them to choose.\n",
    keys: &[
        Key {
            name: Some("mode"),
            flag: Some(Flag {
                name: "tls",
                environment: "SEDERUNT_TLS",
                value: "MODE",
            }),
            default: Words("what the other flags ask for"),
            help: "Serve HTTPS: off, dev (a certificate made here, for development), files, or acme",
            more: "",
            set: Set::Choice(&[
                Choice {
                    name: "off",
                    help: "Plain HTTP",
                    set: |to| to.https.mode = Some(Mode::Off),
                },
                Choice {
                    name: "dev",
                    help: "With a certificate made here, which browsers warn of",
                    set: |to| to.https.mode = Some(Mode::Development),
                },
                Choice {
                    name: "files",
                    help: "With the certificate in --tls-certificate and its key in --tls-key",
                    set: |to| to.https.mode = Some(Mode::Files),
                },
                Choice {
                    name: "acme",
                    help: "With a certificate that an authority such as Let's Encrypt gives, by ACME",
                    set: |to| to.https.mode = Some(Mode::Acme),
                },
            ]),
        },
        Key {
            name: Some("certificate"),
            flag: Some(Flag {
                name: "tls-certificate",
                environment: "SEDERUNT_TLS_CERTIFICATE",
                value: "FILE",
            }),
            default: Nothing,
            help: "Certificate chain in PEM; read again when it changes",
            more: "",
            set: Set::Path(|to, path| to.https.certificate = Some(path)),
        },
        Key {
            name: Some("key"),
            flag: Some(Flag {
                name: "tls-key",
                environment: "SEDERUNT_TLS_KEY",
                value: "FILE",
            }),
            default: Nothing,
            help: "Its private key in PEM",
            more: "",
            set: Set::Path(|to, path| to.https.key = Some(path)),
        },
        Key {
            name: Some("acme_domains"),
            flag: Some(Flag {
                name: "acme-domain",
                environment: "SEDERUNT_ACME_DOMAIN",
                value: "DOMAIN",
            }),
            default: Nothing,
            help: "Name to get a certificate for by ACME, as often as needed; it must lead to port 443 of this server",
            more: "",
            set: Set::List("a list of texts", |to, domains| {
                to.https.acme.domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
                Some(())
            }),
        },
        Key {
            name: Some("acme_contact"),
            flag: Some(Flag {
                name: "acme-contact",
                environment: "SEDERUNT_ACME_CONTACT",
                value: "EMAIL",
            }),
            default: Nothing,
            help: "Where the ACME authority may write about certificates that expire",
            more: "",
            set: Set::Text(|to, address| to.https.acme.contact = Some(address)),
        },
        Key {
            name: Some("acme_directory"),
            flag: Some(Flag {
                name: "acme-directory",
                environment: "SEDERUNT_ACME_DIRECTORY",
                value: "URL",
            }),
            default: Words("that of Let's Encrypt"),
            help: "Directory of the ACME authority",
            more: "",
            set: Set::Text(|to, url| to.https.acme.directory = Some(url)),
        },
        Key {
            name: Some("acme_authority"),
            flag: Some(Flag {
                name: "acme-authority",
                environment: "SEDERUNT_ACME_AUTHORITY",
                value: "FILE",
            }),
            default: Nothing,
            help: "Certificate in PEM by which the ACME authority's own site is trusted, for one inside an organisation",
            more: "",
            set: Set::Path(|to, path| to.https.acme.authority = Some(path)),
        },
    ],
};

/// What is given of HTTPS, before it is known what that asks for.
#[derive(Debug, Default)]
pub(super) struct Https {
    mode: Option<Mode>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    acme: AcmeConfiguration,
}

/// Where the certificate comes from.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Off,
    Development,
    Files,
    Acme,
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

impl Https {
    /// What it asks for.
    pub(super) fn resolve(self) -> Result<TlsConfiguration, TlsConfigurationError> {
        let has_files = self.certificate.is_some() || self.key.is_some();
        let has_domains = !self.acme.domains.is_empty();
        let mode = match self.mode {
            Some(mode) => mode,
            None if has_files && has_domains => return Err(TlsConfigurationError::Both),
            None if has_files => Mode::Files,
            None if has_domains => Mode::Acme,
            None => Mode::Off,
        };
        match mode {
            Mode::Off => Ok(TlsConfiguration::Off),
            Mode::Development => Ok(TlsConfiguration::Development),
            Mode::Files => match (self.certificate, self.key) {
                (Some(certificate), Some(key)) => Ok(TlsConfiguration::Files { certificate, key }),
                _ => Err(TlsConfigurationError::HalfAPair),
            },
            Mode::Acme if has_domains => Ok(TlsConfiguration::Acme(self.acme)),
            Mode::Acme => Err(TlsConfigurationError::NoDomain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::ConfigurationError;
    use crate::configuration::tests::with_file;

    #[test]
    fn the_mode_follows_from_what_is_given() {
        let check = |flags: &[&str], table: &str, expected: Result<TlsConfiguration, TlsConfigurationError>| {
            let given = match with_file(&format!("[tls]\n{table}"), flags) {
                Ok(configuration) => Ok(configuration.tls),
                Err(ConfigurationError::Tls(error)) => Err(error),
                Err(error) => panic!("{flags:?} and {table}: {error}"),
            };
            assert_eq!(given, expected, "{flags:?} and {table}");
        };
        let files = || TlsConfiguration::Files {
            certificate: "a.pem".into(),
            key: "a.key".into(),
        };
        let acme = |domains: &[&str], directory: Option<&str>| {
            TlsConfiguration::Acme(AcmeConfiguration {
                domains: domains.iter().map(ToString::to_string).collect(),
                directory: directory.map(str::to_owned),
                ..AcmeConfiguration::default()
            })
        };
        let one = &["meet.example.org"][..];
        let pair = "certificate = \"a.pem\"\nkey = \"a.key\"";
        let domain = "acme_domains = [\"meet.example.org\"]";
        check(&[], "", Ok(TlsConfiguration::Off));
        check(&[], "acme_domains = []", Ok(TlsConfiguration::Off));
        check(&["--tls", "dev"], "", Ok(TlsConfiguration::Development));
        check(&[], pair, Ok(files()));
        check(&["--tls", "off"], pair, Ok(TlsConfiguration::Off));
        check(&[], domain, Ok(acme(one, None)));
        let url = "https://ca.example.org/directory";
        check(&["--acme-directory", url], domain, Ok(acme(one, Some(url))));
        let others = &[
            "--acme-domain",
            "a.example.org,b.example.org",
            "--acme-domain",
            "c.example.org",
        ];
        let three = &["a.example.org", "b.example.org", "c.example.org"];
        check(others, domain, Ok(acme(three, None)));
        check(&[], "key = \"a.key\"", Err(TlsConfigurationError::HalfAPair));
        check(&["--tls", "files"], "", Err(TlsConfigurationError::HalfAPair));
        check(&["--tls", "acme"], "", Err(TlsConfigurationError::NoDomain));
        let both = format!("{pair}\n{domain}");
        check(&[], &both, Err(TlsConfigurationError::Both));
        check(&["--tls", "acme"], &both, Ok(acme(one, None)));
    }
}
