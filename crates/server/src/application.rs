//! The whole server: what is opened in which order, and how it stops.
//!
//! Everything that can fail does so before the first connection is accepted: whoever reads "is ready" may rely on it. The
//! conferences of a crash are taken up before anybody can join. What can fail without the database does so before this server
//! waits for another one to give it up: in an update the old one ends because the new one waits.

mod unstarted;
mod ways;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use audit::By;
use calls::Calls;
use db::{Db, Lease, Location};
use edge::{Setup, Tls};
use futures_util::future::BoxFuture;
use identity::{AccountError, Identity};
use media::Media;
use outbox::Outbox;
use register::Register;
use rooms::Rooms;
use share::Reports;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::configuration::Configuration;
use crate::contracts::{graph, meet, numbering, own, people, voice};
use crate::delivering::{Correspondent, Notifier};
use crate::discovery::Descriptions;
use crate::folder::{self, Held};
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
use crate::{announce, clock, delivering, jobs, links, plain, telephone, waiting, web};

pub use unstarted::StartError;
use ways::{bind, bind_metrics, host_of, media_threads, open_media, setup, taken_by, ways};

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
        trunk_name: None,
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
            self.trunk_name = telephone.trunk_name().map(Into::into);
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

    /// Comes back if a media thread has failed: meetings on it stand still, and only a start ends them. So whoever runs this should end it
    /// at once, too.
    pub fn without_media(&self) -> impl Future<Output = ()> + '_ {
        self.rooms.without_media()
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
}
