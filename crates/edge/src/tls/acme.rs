//! A certificate from an ACME authority (RFC 8555), got and renewed without anybody's help.
//!
//! The authority's question (TLS-ALPN-01, RFC 8737) comes to the port that serves, so nothing else must be open. Account and
//! certificate are kept in the data folder: authorities count how often they are asked.

use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt;
use rustls_acme::caches::DirCache;
use rustls_acme::{AcmeConfig, EventError, EventOk};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::configuration::AcmeConfiguration;
use super::{FileProblem, Keeper, Tls, TlsError, provider, server_config};

/// Opens the kept certificate or asks for one, and goes on renewing it.
pub(super) fn open(configuration: AcmeConfiguration, folder: &Path) -> Result<(Tls, Option<Keeper>), TlsError> {
    let contact = configuration.contact.map(|address| format!("mailto:{address}"));
    let mut config = match configuration.authority {
        Some(path) => AcmeConfig::new_with_client_config(&configuration.domains, trusting(&path)?),
        None => AcmeConfig::new_with_provider(&configuration.domains, provider()),
    }
    .contact(contact)
    .cache(DirCache::new(folder.join("acme")));
    config = match configuration.directory {
        Some(url) => config.directory(url),
        None => config.directory_lets_encrypt(true),
    };
    let mut state = config.state();
    let tls = Tls {
        config: Arc::new(server_config(state.resolver())?),
        challenge: Some(state.challenge_rustls_config_with_provider(provider())),
        to_stay: true,
    };
    let keeper = tokio::spawn(async move {
        while let Some(event) = state.next().await {
            match event {
                Ok(EventOk::DeployedNewCert) => tracing::info!("a new certificate is served"),
                Ok(EventOk::DeployedCachedCert) => tracing::info!("the kept certificate is served"),
                Ok(EventOk::CertCacheStore | EventOk::AccountCacheStore) => {}
                Err(EventError::Order(error)) => {
                    tracing::error!(%error, "the ACME authority gives no certificate; it is asked again later");
                }
                Err(error) => tracing::error!(%error, "the kept certificate or account cannot be used"),
            }
        }
    });
    Ok((tls, Some(keeper)))
}

/// A client that trusts one authority's site by its certificate.
fn trusting(path: &Path) -> Result<Arc<ClientConfig>, TlsError> {
    let at = |source: FileProblem| TlsError::File {
        path: path.display().to_string(),
        source,
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| at(error.into()))? {
        let certificate = certificate.map_err(|error| at(error.into()))?;
        roots.add(certificate).map_err(|error| at(error.into()))?;
    }
    let client = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(client))
}
