//! Who may listen between us and PostgreSQL: `sslmode` and `sslrootcert` of a database's address, in libpq's words.
//!
//! | `sslmode` | what it means |
//! |---|---|
//! | `disable` | no TLS; the default where the database is reached by a Unix socket or loopback |
//! | `prefer` | TLS if the server has it; the default everywhere else, which is written to the log |
//! | `require` | TLS or nothing, with whatever certificate |
//! | `verify-full` | TLS with a certificate for this very name, from an authority that this machine trusts, or that of `sslrootcert` |
//!
//! Only the last keeps out whoever can change what is on the way, so a root certificate is checked in whichever mode it is
//! given. The driver knows the first three; both settings are taken out of the address before it reads the rest.

use std::path::Path;
use std::sync::Arc;

use rustls_native_certs::load_native_certs;
use tokio_postgres::config::{Host, SslMode};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme};

use super::{connector::Connector, failure};
use crate::Error;

/// How connections are secured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Security {
    mode: SslMode,
    /// Which certificates are accepted.
    trust: Trust,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Trust {
    /// Every certificate: whoever is on the way may pretend to be the server.
    Anything,
    /// The authorities of this machine.
    Machine,
    /// The authorities in this file.
    File(String),
}

/// Reads an address: what the driver makes of it, and how its connections are secured.
pub(super) fn read(address: &str) -> Result<(tokio_postgres::Config, Security), Error> {
    let (address, root) = take(address, "sslrootcert", |_| true);
    let (address, mode) = take(&address, "sslmode", |mode| mode == "verify-full");
    let says_mode = find(&address, "sslmode").is_some();
    let mut config: tokio_postgres::Config = address.parse().map_err(failure::translate)?;
    if mode.is_some() {
        config.ssl_mode(SslMode::Require);
    } else if !says_mode && root.is_none() && is_here(&config) {
        config.ssl_mode(SslMode::Disable);
    } else if root.is_some() && config.get_ssl_mode() == SslMode::Prefer {
        // A certificate that is checked only if there is one keeps nobody out.
        config.ssl_mode(SslMode::Require);
    }
    let trust = match (root, mode) {
        (Some(file), _) => Trust::File(file),
        (None, Some(_)) => Trust::Machine,
        (None, None) => Trust::Anything,
    };
    let mode = config.get_ssl_mode();
    Ok((config, Security { mode, trust }))
}

impl Security {
    /// What makes the connections.
    pub(super) fn connector(&self) -> Result<Connector, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(Error::engine)?;
        let config = match &self.trust {
            _ if !self.asks_for_tls() => builder.with_root_certificates(RootCertStore::empty()),
            Trust::Anything => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
            Trust::Machine => builder.with_root_certificates(machine_roots()),
            Trust::File(path) => builder.with_root_certificates(roots_of(Path::new(path))?),
        };
        Ok(Connector::new(config.with_no_client_auth()))
    }

    /// Whether it is worth looking whether there is TLS.
    pub(super) fn asks_for_tls(&self) -> bool {
        self.mode != SslMode::Disable
    }

    /// Says who may listen, once it is known whether there is TLS.
    pub(super) fn report(&self, encrypted: bool) {
        match (encrypted, &self.trust) {
            (false, _) => tracing::warn!(
                "PostgreSQL is reached without TLS: whoever is on the way reads and changes what is kept; \
                 `sslmode=verify-full` in its address keeps them out"
            ),
            (true, Trust::Anything) => tracing::warn!(
                "PostgreSQL is reached by TLS, but its certificate is not checked; \
                 `sslmode=verify-full` in its address checks it"
            ),
            (true, _) => tracing::info!("PostgreSQL is reached by TLS, and its certificate is checked"),
        }
    }
}

/// Whether nobody stands between us and the database.
fn is_here(config: &tokio_postgres::Config) -> bool {
    let addresses = config.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().all(std::net::IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
    })
}

/// The parts of an address between which its settings stand, as a URL or as words.
fn separators(address: &str) -> (usize, char) {
    match address.split_once("://") {
        Some(_) => (address.find('?').map_or(address.len(), |mark| mark + 1), '&'),
        None => (0, ' '),
    }
}

/// The value of a setting in an address.
fn find<'a>(address: &'a str, name: &str) -> Option<&'a str> {
    let (start, separator) = separators(address);
    let mut settings = address[start..].split(separator);
    settings.find_map(|setting| setting.strip_prefix(name)?.strip_prefix('='))
}

/// Takes a setting out of an address, if its value is one that is `meant`.
fn take(address: &str, name: &str, meant: impl Fn(&str) -> bool) -> (String, Option<String>) {
    let Some(value) = find(address, name).filter(|value| meant(value)) else {
        return (address.to_owned(), None);
    };
    let (start, separator) = separators(address);
    let setting = format!("{name}={value}");
    let others = address[start..].split(separator).filter(|other| *other != setting);
    let others: Vec<&str> = others.collect();
    let rest = format!("{}{}", &address[..start], others.join(&separator.to_string()));
    (rest, Some(value.to_owned()))
}

/// The authorities of this machine, as far as they can be read: one that cannot does not keep the others from counting.
fn machine_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(load_native_certs().certs);
    roots
}

fn roots_of(path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(Error::engine)? {
        let certificate = certificate.map_err(Error::engine)?;
        roots.add(certificate).map_err(Error::engine)?;
    }
    Ok(roots)
}

/// Accepts every certificate whose key signs the handshake. It keeps out who only listens.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SslMode::{Disable, Prefer, Require};

    #[test]
    fn what_an_address_says() {
        let file = || Trust::File("/etc/ca.pem".to_owned());
        for (address, mode, trust) in [
            ("postgres://me@localhost/sederunt", Disable, Trust::Anything),
            ("postgres://me@127.0.0.1/sederunt", Disable, Trust::Anything),
            ("postgres://me@[::1]/sederunt", Disable, Trust::Anything),
            ("host=/run/postgresql user=me", Disable, Trust::Anything),
            (
                "host=db.example.org hostaddr=127.0.0.1 user=me",
                Disable,
                Trust::Anything,
            ),
            (
                "postgres://me@localhost/sederunt?sslmode=prefer",
                Prefer,
                Trust::Anything,
            ),
            (
                "postgres://me@localhost,db.example.org/sederunt",
                Prefer,
                Trust::Anything,
            ),
            ("postgres://me@db.example.org/sederunt", Prefer, Trust::Anything),
            (
                "postgres://me@192.0.2.1/sederunt?connect_timeout=3",
                Prefer,
                Trust::Anything,
            ),
            (
                "postgres://me@db.example.org/sederunt?sslmode=disable",
                Disable,
                Trust::Anything,
            ),
            (
                "postgres://me@db.example.org/sederunt?sslmode=require",
                Require,
                Trust::Anything,
            ),
            (
                "postgres://me@db.example.org/sederunt?sslmode=verify-full",
                Require,
                Trust::Machine,
            ),
            (
                "host=db.example.org sslmode=verify-full user=me",
                Require,
                Trust::Machine,
            ),
            (
                "postgres://me@localhost/sederunt?sslmode=verify-full&connect_timeout=3&sslrootcert=/etc/ca.pem",
                Require,
                file(),
            ),
            (
                "postgres://me@db.example.org/sederunt?sslrootcert=/etc/ca.pem",
                Require,
                file(),
            ),
            (
                "host=db.example.org user=me sslrootcert=/etc/ca.pem sslmode=require",
                Require,
                file(),
            ),
        ] {
            let (config, security) = read(address).expect(address);
            assert_eq!(security, Security { mode, trust }, "{address}");
            assert_eq!(
                (config.get_ssl_mode(), config.get_user()),
                (mode, Some("me")),
                "{address}"
            );
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for address in [
            "postgres://me@db.example.org/sederunt?sslmode=verify-ca",
            "postgres://me@db.example.org/sederunt?sslmode=VERIFY-FULL",
            "host=db.example.org sslmode=allow",
        ] {
            assert!(read(address).is_err(), "{address}");
        }
    }
}
