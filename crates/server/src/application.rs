//! The whole server: what is opened in which order, and how it stops.
//!
//! Everything that can fail does so before the first connection is accepted: whoever reads "is ready" may rely on it. The
//! conferences of a crash are taken up before anybody can join.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use db::Db;
use identity::{AccountError, Identity, KeyError};
use media::Media;
use register::{Register, RegisterError};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::administration::AdministrationService;
use crate::announce::PublicAddress;
use crate::configuration::Configuration;
use crate::discovery::Descriptions;
use crate::folder::{self, FolderError, Held};
use crate::front::{Front, Rest};
use crate::gate::{Gate, Services, Stranger};
use crate::google::{ConferenceRecords, Spaces};
use crate::listener::{self, Secured};
use crate::meetings::{self, MeetingsService, Rooms};
use crate::metrics::Metrics;
use crate::people::People;
use crate::sederunt::{RegisterService, SpacesService};
use crate::tls::{Tls, TlsConfiguration, TlsError};
use crate::{announce, clock, jobs, limits, web};

/// The account that a new installation begins with.
const ADMINISTRATOR: &str = "administrator@localhost";

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A server that serves.
pub struct Running {
    address: SocketAddr,
    media_address: SocketAddr,
    public_url: String,
    administrator_link: Option<String>,
    drain: Duration,
    rooms: Rooms,
    stop: CancellationToken,
    listening: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
    _held: Held,
}

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
    /// The register cannot be opened.
    #[error("the register cannot be opened")]
    Store(#[from] db::Error),
    /// The keys.
    #[error("the keys for signing tokens cannot be opened")]
    Keys(#[from] KeyError),
    /// The administrator.
    #[error("the administrator's account cannot be made")]
    Administrator(#[from] AccountError),
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
            StartError::Folder(FolderError::Unusable { .. }) => "choose a folder that you may write to with `--data`",
            StartError::Folder(FolderError::Taken { .. }) => {
                "stop the other server, or choose another folder with `--data`"
            }
            StartError::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "choose another with `--listen`"
            }
            StartError::Listen { .. } => "give an address of this machine, or 0.0.0.0 for all, with `--listen`",
            StartError::Media { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "choose another with `--media-port`"
            }
            StartError::Media { .. } => "give an address of this machine with `--listen`",
            StartError::Tls(TlsError::File { .. }) => "give a chain and its key in PEM, which the server may read",
            StartError::Tls(_) => "serve without `--tls`, or with a certificate in files",
            StartError::Roots(_) => {
                "install the system's certificates (the package `ca-certificates`), or take `[oidc]` out"
            }
            StartError::Interfaces(_) => "say which address browsers reach with `--public-address`",
            StartError::Rules(_) => "this is a fault of the build; report it",
            StartError::Store(_) | StartError::Keys(_) | StartError::Administrator(_) | StartError::Restart(_) => {
                "`sederunt doctor` with the same flags shows what is wrong"
            }
        }
    }
}

impl Server {
    /// Opens everything and serves. When this returns, joins are accepted.
    pub async fn start(configuration: Configuration) -> Result<Running, StartError> {
        let Configuration {
            store,
            listen,
            media_port,
            public_address,
            drain,
            retention,
            tls,
            quotas,
            without_tokens,
            oidc,
        } = configuration;
        let (listener, address) = bind(listen).await?;
        let mut held = folder::hold(&store.data)?;

        let db = Db::open(&store.location()).await?;
        let identity = Identity::open(db.clone()).await?;
        let retention_us = retention.map_or(register::limits::NEVER_US, clock::micros);
        let register = Register::new(db.clone()).with_retention_us(retention_us);

        let any_port = listen.port() == 0;
        let media_port = media_port.unwrap_or(if any_port { 0 } else { address.port() });
        let (events_in, events) = mpsc::channel(limits::MEDIA_EVENTS_MAX);
        let media = open_media(address, media_port, public_address, events_in)?;
        let media_address = media.local_address();

        let public_url = store.public_url.unwrap_or_else(|| default_url(address, &tls));
        let identity = identity.with_public_url(&public_url);
        let tls = Tls::open(tls, &store.data, host_of(&public_url))?;
        let metrics = Metrics::new(media.clone());
        let rooms = Rooms::new(register.clone(), media.clone(), Arc::clone(&metrics));
        rooms.restart().await?;

        let services = Services::new(
            Spaces::new(register.clone(), rooms.clone(), identity.clone(), &public_url),
            ConferenceRecords::new(register.clone()),
            MeetingsService::new(
                register.clone(),
                identity.clone(),
                rooms.clone(),
                media,
                Arc::clone(&metrics),
                &public_url,
            ),
            SpacesService::new(register.clone(), &public_url, retention_us),
            RegisterService::new(register.clone()),
            AdministrationService::new(identity.clone(), register.clone(), &public_url),
            People::new(register.clone(), identity.clone()),
        );
        let link = identity.administrator_link(ADMINISTRATOR, clock::now_us()).await?;
        let administrator_link = link.map(|secret| web::sign_in_url(&public_url, &secret));
        let stranger = Stranger::open(&identity, without_tokens).await?;
        let gate = Gate::new(
            services,
            identity.clone(),
            stranger.clone(),
            Arc::clone(&metrics),
            quotas,
        );
        let tidying = gate.clone().keep_tidy();
        let rest = Rest {
            db,
            rooms: rooms.clone(),
            metrics,
            pages: web::Pages::open(identity, oidc, &public_url, stranger).map_err(StartError::Roots)?,
            descriptions: Descriptions::new(&public_url)?,
        };
        let front = Front {
            api: transcode::Transcoder::new(gate, api::descriptor_pool())?,
            rest: Arc::new(rest),
        };

        held.announce(&public_url).map_err(|source| FolderError::Unusable {
            path: store.data.clone(),
            source,
        })?;

        let stop = CancellationToken::new();
        let (tls, keeper) = tls.map_or((None, None), |(tls, keeper)| (Some(tls), keeper));
        let secured = tls.map(|tls| Secured {
            tls,
            public_url: public_url.as_str().into(),
        });
        let listening = tokio::spawn(listener::serve(listener, secured, front, stop.clone()));
        let mut background = vec![
            tokio::spawn(meetings::follow(rooms.clone(), events)),
            tokio::spawn(meetings::keep_deadlines(rooms.clone())),
            tokio::spawn(jobs::expire(register)),
            tokio::spawn(tidying),
        ];
        background.extend(keeper);
        tracing::info!(%address, %media_address, public_url, "serving");
        Ok(Running {
            address,
            media_address,
            public_url,
            administrator_link,
            drain,
            rooms,
            stop,
            listening,
            background,
            _held: held,
        })
    }
}

/// The port of HTTP.
async fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
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

/// The media plane, beside HTTP unless it is told otherwise.
fn open_media(
    address: SocketAddr,
    media_port: u16,
    public_address: Option<PublicAddress>,
    events: mpsc::Sender<media::Event>,
) -> Result<Media, StartError> {
    let bind = SocketAddr::new(announce::media_ip(address.ip(), public_address), media_port);
    let interfaces = announce::interfaces().map_err(StartError::Interfaces)?;
    let options = media::Options {
        bind,
        announce: announce::announced(bind, public_address, &interfaces),
    };
    Media::start(&options, events).map_err(|source| StartError::Media { address: bind, source })
}

/// Without a public URL: the name that the certificate is for, or this machine, by the name that browsers trust with a camera.
fn default_url(address: SocketAddr, tls: &TlsConfiguration) -> String {
    let scheme = if *tls == TlsConfiguration::Off { "http" } else { "https" };
    let port = address.port();
    match tls {
        TlsConfiguration::Acme(acme) if port == 443 => format!("https://{}", acme.domains[0]),
        TlsConfiguration::Acme(acme) => format!("https://{}:{port}", acme.domains[0]),
        _ if address.ip().is_loopback() || address.ip().is_unspecified() => format!("{scheme}://localhost:{port}"),
        _ => format!("{scheme}://{address}"),
    }
}

/// The host in a URL of ours.
fn host_of(public_url: &str) -> Option<&str> {
    let authority = public_url.split_once("://")?.1;
    match authority.strip_prefix('[') {
        Some(ipv6) => ipv6.split(']').next(),
        None => authority.split(':').next(),
    }
}

impl Running {
    /// Where HTTP is bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where media is bound.
    pub fn media_address(&self) -> SocketAddr {
        self.media_address
    }

    /// What people open.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The administrator's one-time sign-in link, until an administrator has signed in.
    pub fn administrator_link(&self) -> Option<&str> {
        self.administrator_link.as_deref()
    }

    /// Stops in good order: nobody enters, those inside get the configured time, then all conferences are closed, the requests under
    /// way are answered, and the ports are free.
    pub async fn drain(self) {
        meetings::drain(&self.rooms, self.drain).await;
        self.stop.cancel();
        // A listener that panicked has nothing left to finish.
        let _ = self.listening.await;
        for task in self.background {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::AcmeConfiguration;

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
            let url = default_url(address.parse().expect("a valid row"), &tls);
            assert_eq!(url, expected);
            assert_eq!(host_of(&url), Some(host));
        }
    }
}
