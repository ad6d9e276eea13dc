//! By which ways clients come: the ports that are bound, how connections are served, and where media is and what of it is announced.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use edge::{Limits, Proxies, Secured, Setup, TakesDatagrams, Tls};
use media::Media;
use share::Reports;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::StartError;
use crate::announce::{self, Entrances, Reached};
use crate::configuration::Configuration;
use crate::descriptors;
use crate::relays::Relays;

/// The port of metrics.
pub(super) async fn bind_metrics(address: Option<SocketAddr>) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = address else { return Ok(None) };
    let bound = TcpListener::bind(address).await;
    bound
        .map(Some)
        .map_err(|source| StartError::Metrics { address, source })
}

/// The port of HTTP.
pub(super) async fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = TcpListener::bind(listen).await;
    let bound = bound.and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|source| StartError::Listen {
        address: listen,
        source,
    })
}

/// How connections are served.
pub(super) fn setup(
    tls: Option<Tls>,
    public_url: &str,
    proxies: Proxies,
    datagrams: Option<TakesDatagrams>,
    reports: Reports,
) -> Setup {
    let secured = tls.map(|tls| Secured {
        tls,
        public_url: public_url.into(),
    });
    Setup {
        secured,
        proxies,
        datagrams,
        limits: Limits::with_files(descriptors::raise()),
        reports,
    }
}

/// Connections that carry datagrams are the media plane's, whichever port they came to.
pub(super) fn taken_by(media: Media) -> TakesDatagrams {
    Arc::new(move |stream, secured| media.take_connection(stream, secured))
}

/// By which ways clients come.
pub(super) struct Ways {
    pub(super) public_url: String,
    pub(super) entrances: Entrances,
    /// What an operator has said of their addresses.
    pub(super) reached: Vec<Reached>,
    interfaces: Vec<IpAddr>,
}

/// The ways to a server that has this address for HTTP: media is beside it unless it is told otherwise.
pub(super) async fn ways(configuration: &Configuration, address: SocketAddr) -> Result<Ways, StartError> {
    let usual_port = if configuration.listen.port() == 0 {
        0
    } else {
        address.port()
    };
    let reached = announce::resolve(&configuration.public_addresses).await?;
    let interfaces = announce::interfaces().map_err(StartError::Interfaces)?;
    let media = SocketAddr::new(
        announce::media_ip(address.ip(), &reached, &interfaces),
        configuration.media_port.unwrap_or(usual_port),
    );
    Ok(Ways {
        public_url: configuration.public_url_at(address),
        entrances: configuration.entrances(address, media),
        reached,
        interfaces,
    })
}

impl Ways {
    /// The relay at the port of HTTPS, if that is this server's own.
    pub(super) fn secured_relay(&self) -> Option<String> {
        let port = self.entrances.http_port?;
        let authority = self.public_url.strip_prefix("https://")?;
        let host = authority.strip_suffix(&format!(":{port}")).unwrap_or(authority);
        Some(format!("turns:{host}:{port}?transport=tcp"))
    }
}

/// As many threads as are set, or one for each core.
pub(super) fn media_threads(set: Option<usize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    set.unwrap_or_else(cores)
}

/// The media plane, and in it the relay, if there is one of our own.
pub(super) fn open_media(
    ways: &Ways,
    threads: usize,
    divides_bandwidth: bool,
    relays: &Relays,
    events: mpsc::Sender<media::Event>,
) -> Result<Media, StartError> {
    let address = ways.entrances.media;
    let options = media::Options {
        bind: address,
        takes_connections: ways.entrances.is_apart,
        threads,
        spreading: media::Spreading::default(),
        divides_bandwidth,
        relay: relays.own_secret().cloned(),
        announce: announce::announced(&ways.entrances, &ways.reached, &ways.interfaces),
    };
    Media::start(&options, events).map_err(|source| StartError::Media { address, source })
}

/// The host in a URL of ours.
pub(super) fn host_of(public_url: &str) -> Option<&str> {
    let authority = public_url.split_once("://")?.1;
    match authority.strip_prefix('[') {
        Some(ipv6) => ipv6.split(']').next(),
        None => authority.split(':').next(),
    }
}

#[cfg(test)]
mod tests {
    use edge::{AcmeConfiguration, TlsConfiguration};

    use super::*;

    #[test]
    fn default_urls() {
        let acme = TlsConfiguration::Acme(AcmeConfiguration {
            domains: vec!["meet.example.org".to_owned()],
            contact: None,
            directory: None,
            authority: None,
        });
        for (address, tls, expected, host) in [
            (
                "127.0.0.1:8080",
                TlsConfiguration::Off,
                "http://localhost:8080",
                "localhost",
            ),
            ("0.0.0.0:80", TlsConfiguration::Off, "http://localhost:80", "localhost"),
            (
                "[::1]:8080",
                TlsConfiguration::Development,
                "https://localhost:8080",
                "localhost",
            ),
            (
                "192.168.1.5:8080",
                TlsConfiguration::Off,
                "http://192.168.1.5:8080",
                "192.168.1.5",
            ),
            (
                "[2001:db8::1]:8443",
                TlsConfiguration::Development,
                "https://[2001:db8::1]:8443",
                "2001:db8::1",
            ),
            (
                "0.0.0.0:443",
                acme.clone(),
                "https://meet.example.org",
                "meet.example.org",
            ),
            (
                "0.0.0.0:8443",
                acme,
                "https://meet.example.org:8443",
                "meet.example.org",
            ),
        ] {
            let configuration = Configuration {
                tls,
                ..Configuration::default()
            };
            let url = configuration.public_url_at(address.parse().expect("a valid row"));
            assert_eq!(url, expected);
            assert_eq!(host_of(&url), Some(host));
        }
    }
}
