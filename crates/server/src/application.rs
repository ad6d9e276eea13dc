//! The whole server: what is opened in which order, and how it stops.
//!
//! Everything that can fail does so before the first connection is accepted: whoever reads "is ready" may rely on it. The
//! conferences of a crash are taken up before anybody can join. What can fail without the database does so before this server
//! waits for another one to give it up: in an update the old one ends because the new one waits.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use audit::By;
use calls::Calls;
use db::{Db, Lease, Location};
use edge::{Limits, Proxies, Secured, Setup, TakesDatagrams, Tls, TlsError};
use futures_util::future::BoxFuture;
use identity::{AccountError, Identity, KeyError};
use media::Media;
use outbox::Outbox;
use register::{Register, RegisterError};
use rooms::Rooms;
use share::Reports;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::announce::{Entrances, Reached, Unresolved};
use crate::configuration::Configuration;
use crate::contracts::{graph, meet, numbering, own, people, voice};
use crate::delivering::{Correspondent, Notifier};
use crate::discovery::Descriptions;
use crate::folder::{self, FolderError, Held};
use crate::front::{Front, Rest};
use crate::gate::admission::Admission;
use crate::gate::{Quotas, Stranger};
use crate::grpc::{Contract, Gate};
use crate::installation::Installation;
use crate::metrics::Metrics;
use crate::outgoing::Receivers;
use crate::probing::Probes;
use crate::readiness::Readiness;
use crate::recorded::{self, Recordings};
use crate::relays::Relays;
use crate::telephone::{TelephoneConfiguration, TelephoneError};
use crate::watching::{self, Watched};
use crate::web::oidc::OidcConfiguration;
use crate::{announce, clock, delivering, descriptors, jobs, links, plain, remedy, telephone, waiting, web};

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
    meeting_recordings: Recordings,
    stop: CancellationToken,
    listening: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
    telephones: Option<JoinHandle<()>>,
    lease: Lease,
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

impl Server {
    /// Opens everything and serves. When this comes back, joins are accepted.
    pub fn start(configuration: Configuration) -> BoxFuture<'static, Result<Running, StartError>> {
        // Boxed, so that the whole server is compiled in this crate and not in each program that starts it (decision 44).
        Box::pin(Server::open(configuration))
    }

    async fn open(configuration: Configuration) -> Result<Running, StartError> {
        let (listener, address) = bind(configuration.listen).await?;
        let ways = ways(&configuration, address).await?;
        let public_url = ways.public_url.clone();
        let store = configuration.store;
        let proxies = configuration.trusted_proxies;
        let watching = bind_metrics(configuration.metrics_listen).await?;
        let mut held = folder::hold(&store.data)?;
        folder::close_to_others(&store.data);
        let (events_in, events) = mpsc::channel(rooms::limits::MEDIA_EVENTS_MAX);
        let relays = Relays::new(configuration.without_relay, configuration.relay, ways.secured_relay());
        let threads = media_threads(configuration.media_threads);
        let estimates = !configuration.without_estimation;
        let media = open_media(&ways, threads, estimates, &relays, events_in)?;
        let media_address = media.local_address();
        let tls = Tls::open(configuration.tls, &store.data, host_of(&public_url), clock::now())?;
        let (tls, keeper) = tls.unzip();
        let waiting = setup(tls.clone(), &public_url, proxies.clone(), None, Reports::default());
        let (db, lease) = Box::pin(take_turn(&store.location(), &listener, waiting)).await?;
        let identity = Identity::open(db.clone()).await?.with_public_url(&public_url);
        let identity = identity.with_pkce_required(configuration.require_pkce);
        let recordings = telephone::store(configuration.recordings, &store.data).map_err(TelephoneError::from)?;
        let receivers = Receivers::new(configuration.notify_origins);
        let opened = Recordings::open(&store.data, &recordings, &media, &db, &identity);
        let (meeting_recordings, work) = opened.map_err(StartError::Recordings)?;
        let kept = (recordings, telephone::spool(&store.data)?, meeting_recordings);
        let mut installation = install(&db, (media, relays), configuration.retention, identity, receivers, kept);
        installation.name_telephones(configuration.telephone.as_ref());
        installation.rooms.restart().await?;
        let administrator_link = administrator_link(&installation).await?;
        let stop = CancellationToken::new();
        let entrance = Entrance {
            quotas: configuration.quotas,
            without_tokens: configuration.without_tokens,
            without_reflection: configuration.without_reflection,
            oidc: configuration.oidc,
        };
        let (front, admission) = Box::pin(open_front(&installation, db, entrance, stop.clone())).await?;
        held.announce(&public_url)?;
        let datagrams = ways.entrances.http_port.map(|_| taken_by(installation.media.clone()));
        let reports = installation.reports.clone();
        let setup = setup(tls.clone(), &public_url, proxies, datagrams, reports);
        let listening = tokio::spawn(edge::serve(listener, setup, front, stop.clone()));
        let mut background = beside(&installation, (events, work), admission, configuration.audit_retention);
        let answering = answer_telephones(configuration.telephone, tls, &installation, stop.clone());
        let telephones = Box::pin(answering).await?;
        let public = configuration.public_addresses;
        let follow = announce::follow(public, ways.reached, ways.entrances, installation.media);
        background.push(tokio::spawn(follow));
        background.extend(keeper.flatten());
        let watch = |listener| watching::serve(listener, installation.metrics, installation.reports, stop.clone());
        background.extend(watching.map(watch).map(tokio::spawn));
        tracing::info!(%address, %media_address, public_url, "serving");
        Ok(Running {
            address,
            media_address,
            public_url,
            administrator_link,
            drain: configuration.drain,
            rooms: installation.rooms,
            meeting_recordings: installation.meeting_recordings,
            stop,
            listening,
            background,
            telephones,
            lease,
            _held: held,
        })
    }
}

/// Telephones, if they may call.
async fn answer_telephones(
    configuration: Option<TelephoneConfiguration>,
    tls: Option<Tls>,
    installation: &Installation,
    stop: CancellationToken,
) -> Result<Option<JoinHandle<()>>, TelephoneError> {
    let Some(configuration) = configuration else {
        return Ok(None);
    };
    let handlers = voice::HttpHandlers::new(installation.identity.clone(), installation.receivers.clone());
    let answering = telephone::start(configuration, tls, installation, Arc::new(handlers), stop).await?;
    Ok(Some(answering))
}

/// What goes on beside the listener.
fn beside(
    installation: &Installation,
    (events, work): (mpsc::Receiver<media::Event>, recorded::Work),
    admission: Arc<Admission>,
    audit_retention: Option<Duration>,
) -> Vec<JoinHandle<()>> {
    let rooms = &installation.rooms;
    vec![
        tokio::spawn(rooms::follow(rooms.clone(), events)),
        tokio::spawn(rooms::keep_deadlines(rooms.clone())),
        tokio::spawn(rooms::keep_measured(rooms.clone())),
        tokio::spawn(jobs::publish(installation.register.clone())),
        tokio::spawn(jobs::expire(installation.register.clone())),
        tokio::spawn(jobs::expire_signalling(installation.calls.clone())),
        tokio::spawn(jobs::expire_recordings(
            installation.calls.clone(),
            installation.spool.clone(),
            installation.recordings.clone(),
        )),
        tokio::spawn(recorded::work(
            installation.meeting_recordings.clone(),
            rooms.clone(),
            work,
        )),
        tokio::spawn(recorded::keep_tidy(installation.meeting_recordings.clone())),
        tokio::spawn(jobs::keep_log(installation.identity.log().clone(), audit_retention)),
        tokio::spawn(admission.keep_tidy()),
        tokio::spawn(delivering::deliver(
            installation.clone(),
            correspondents(installation),
            notifiers(installation),
        )),
    ]
}

/// The database, once no other server has it. Until then the port says so.
async fn take_turn(location: &Location, listener: &TcpListener, setup: Setup) -> Result<(Db, Lease), StartError> {
    let mut answering = None;
    let taken = || {
        tracing::warn!("another server has the database; this one waits until that has ended");
        match waiting::answer_at(listener, setup) {
            Ok(until_dropped) => answering = Some(until_dropped),
            Err(error) => tracing::warn!(%error, "nothing answers at the port meanwhile"),
        }
    };
    let opened = Db::open_alone(location, taken).await;
    drop(answering);
    Ok(opened?)
}

/// How the first administrator gets in, until one has.
async fn administrator_link(installation: &Installation) -> Result<Option<String>, AccountError> {
    let by = By::command_line(clock::now_us());
    let link = installation.identity.administrator_link(ADMINISTRATOR, &by).await?;
    Ok(link.map(|secret| links::sign_in_url(&installation.public_url, &secret)))
}

/// The contracts that are served by gRPC and REST. Whoever adds one adds a line here.
fn contracts(installation: &Installation) -> Vec<Contract> {
    vec![
        meet::contract(installation),
        people::contract(installation),
        own::contract(installation),
        voice::contract(installation),
        voice::own_contract(installation),
        numbering::contract(installation),
    ]
}

/// Those that are served by plain HTTP. Whoever adds one adds a line here.
fn plain_contracts(installation: &Installation, admission: &Arc<Admission>) -> Vec<Arc<dyn plain::Contract>> {
    vec![
        graph::contract(installation, admission),
        own::Downloads::contract(installation, admission),
        voice::Downloads::contract(installation, admission),
    ]
}

/// The contracts by which somebody can ask to be told. Whoever adds one adds a line here.
fn correspondents(installation: &Installation) -> Vec<Arc<dyn Correspondent>> {
    vec![graph::correspondent(installation)]
}

/// The contracts whose facts name who is told. Whoever adds one adds a line here.
fn notifiers(installation: &Installation) -> Vec<Arc<dyn Notifier>> {
    vec![voice::notifier(installation)]
}

/// The parts of the installation, over its database, its media plane and its accounts.
fn install(
    db: &Db,
    (media, relays): (Media, Relays),
    retention: Option<Duration>,
    identity: Identity,
    receivers: Receivers,
    (recordings, spool, meeting_recordings): (recording::Store, recording::Spool, Recordings),
) -> Installation {
    let retention_us = retention.map_or(register::limits::NEVER_US, clock::micros);
    let register = Register::new(db.clone()).with_retention_us(retention_us);
    let reports = Reports::default();
    let metrics = Metrics::new(media.clone(), reports.clone());
    let observer: Arc<dyn rooms::Observer> = Arc::clone(&metrics) as _;
    Installation {
        rooms: Rooms::new(
            register.clone(),
            media.clone(),
            Arc::new(clock::SystemClock::new()),
            observer,
            Arc::new(meeting_recordings.clone()),
        ),
        meeting_recordings,
        register,
        media,
        relays,
        calls: Calls::new(db.clone()),
        sip_base: None,
        numbers: Arc::default(),
        phone_access: Arc::default(),
        meeting_project: None,
        recordings,
        spool,
        outbox: Outbox::new(db.clone()),
        receivers,
        metrics,
        reports,
        public_url: identity.public_url().into(),
        identity,
        retention_us,
    }
}

impl Installation {
    /// By which names and numbers telephones call, if they may.
    fn name_telephones(&mut self, telephone: Option<&TelephoneConfiguration>) {
        if let Some(telephone) = telephone {
            self.sip_base = Some(telephone.domain.as_str().into());
            self.numbers = Arc::new(telephone.numbers.clone());
            self.phone_access = Arc::new(telephone.phone_access.clone());
            self.meeting_project = Some(telephone.meeting_project.as_str().into());
        }
    }
}

/// How people and programs come in.
struct Entrance {
    quotas: Quotas,
    without_tokens: bool,
    without_reflection: bool,
    oidc: Option<OidcConfiguration>,
}

/// What answers requests, until the server stops.
async fn open_front(
    installation: &Installation,
    db: Db,
    entrance: Entrance,
    stop: CancellationToken,
) -> Result<(Front, Arc<Admission>), StartError> {
    let Installation {
        identity,
        rooms,
        metrics,
        reports,
        public_url,
        ..
    } = installation.clone();
    let Entrance {
        quotas,
        without_tokens,
        without_reflection,
        oidc,
    } = entrance;
    let stranger = Stranger::open(&identity, without_tokens).await?;
    let figures = Arc::clone(&metrics);
    let admission = Admission::new(identity.clone(), stranger.clone(), figures, &quotas, &reports);
    let admission = Arc::new(admission);
    let contracts = contracts(installation);
    let readiness = Readiness::new(db, rooms);
    let rest = Rest {
        probes: Probes::new(&contracts, readiness.clone(), !without_reflection, stop, &reports),
        readiness,
        watched: Watched::new(metrics, host_of(&public_url)),
        admission: Arc::clone(&admission),
        pages: web::Pages::open(identity, oidc, &public_url, stranger, &reports).map_err(StartError::Roots)?,
        descriptions: Descriptions::new(&contracts, &public_url)?,
        plain: plain_contracts(installation, &admission),
    };
    let gate = Gate::new(Arc::clone(&admission), contracts);
    let front = Front {
        api: transcode::Transcoder::new(gate, api::descriptor_pool())?,
        rest: Arc::new(rest),
    };
    Ok((front, admission))
}

/// The port of metrics.
async fn bind_metrics(address: Option<SocketAddr>) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = address else { return Ok(None) };
    let bound = TcpListener::bind(address).await;
    bound
        .map(Some)
        .map_err(|source| StartError::Metrics { address, source })
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

/// How connections are served.
fn setup(
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
fn taken_by(media: Media) -> TakesDatagrams {
    Arc::new(move |stream, secured| media.take_connection(stream, secured))
}

/// By which ways clients come.
struct Ways {
    public_url: String,
    entrances: Entrances,
    /// What an operator has said of their addresses.
    reached: Vec<Reached>,
    interfaces: Vec<IpAddr>,
}

/// The ways to a server that has this address for HTTP: media is beside it unless it is told otherwise.
async fn ways(configuration: &Configuration, address: SocketAddr) -> Result<Ways, StartError> {
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
    fn secured_relay(&self) -> Option<String> {
        let port = self.entrances.http_port?;
        let authority = self.public_url.strip_prefix("https://")?;
        let host = authority.strip_suffix(&format!(":{port}")).unwrap_or(authority);
        Some(format!("turns:{host}:{port}?transport=tcp"))
    }
}

/// As many threads as are set, or one for each core.
fn media_threads(set: Option<usize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    set.unwrap_or_else(cores)
}

/// The media plane, and in it the relay, if there is one of our own.
fn open_media(
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

    /// Comes back if another server has taken the database over. Nothing is written down any more, so whoever runs this should end it
    /// at once: those who were in find their way to the other one.
    pub fn superseded(&self) -> BoxFuture<'_, ()> {
        self.lease.lost()
    }

    /// Stops in good order: nobody enters, those inside get the configured time, then all conferences are closed, the requests under
    /// way are answered, and the ports are free.
    pub fn drain(self) -> BoxFuture<'static, ()> {
        Box::pin(self.close())
    }

    async fn close(self) {
        rooms::drain(&self.rooms, self.drain).await;
        self.meeting_recordings.close().await;
        self.stop.cancel();
        // A listener that panicked has nothing left to finish.
        let _ = self.listening.await;
        // Whoever is in a call is hung up on, and what was recorded is kept.
        if let Some(telephones) = self.telephones {
            let _ = telephones.await;
        }
        for task in self.background {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::gate::operation::Effect;
    use edge::{AcmeConfiguration, TlsConfiguration};

    /// Which methods the contracts' tables have, and which the descriptors. The services of a package are all ours to serve.
    #[test]
    fn every_method_has_one_row_and_every_row_a_method() {
        let calls = [&voice::DECLARED, &voice::OWN_DECLARED, &numbering::DECLARED];
        let declared = [&meet::DECLARED, &people::DECLARED, &own::DECLARED];
        let declared = declared.into_iter().chain(calls).collect::<Vec<_>>();
        let packages: BTreeSet<&str> = declared
            .iter()
            .flat_map(|declared| declared.packages)
            .copied()
            .collect();
        for service in api::descriptor_pool().services() {
            assert!(packages.contains(service.package_name()), "{}", service.full_name());
        }
        for declared in declared {
            let rows: Vec<&str> = declared.operations.iter().map(|operation| operation.name).collect();
            let unique: BTreeSet<&str> = rows.iter().copied().collect();
            assert_eq!(rows.len(), unique.len(), "a row stands twice in {rows:?}");
            let described: BTreeSet<String> = api::descriptor_pool()
                .services()
                .filter(|service| declared.packages.contains(&service.package_name()))
                .flat_map(|service| {
                    let methods: Vec<_> = service.methods().collect();
                    methods
                        .into_iter()
                        .map(move |method| format!("{}/{}", service.name(), method.name()))
                })
                .collect();
            let described: BTreeSet<&str> = described.iter().map(String::as_str).collect();
            assert_eq!(unique, described, "{:?}", declared.packages);
        }
    }

    /// `Get…` and `List…` read, and nothing else does: Google's design rules (AIP-131, AIP-132).
    #[test]
    fn what_reads_is_named_so() {
        for declared in [&meet::DECLARED, &people::DECLARED, &own::DECLARED] {
            for operation in declared.operations {
                let (_, method) = operation.name.split_once('/').expect("a service and a method");
                let is_named_so = method.starts_with("Get") || method.starts_with("List");
                assert_eq!(operation.effect == Effect::Reads, is_named_so, "{}", operation.name);
            }
        }
    }

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
