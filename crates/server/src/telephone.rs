//! Telephones, as the server has them: what they are configured with, and how they begin and end.
//!
//! Without a configuration no port is open and no telephone is answered; what was recorded is read all the same. The files of
//! recordings are in the data folder, unless another place is set.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use audit::By;
use calls::{Conductor, DialIn, Espeak, Events, Handlers, NumberPlan, Peers, Trunk, Ways};
use edge::Tls;
use identity::ProjectError;
use ipnet::IpNet;
use recording::{Place, Spool, Store, StoreError};
use telephony::agent::{self, Agent, AgentError, Credential};
use telephony::line::{self, Exchange};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::doorman::Doorman;
use crate::installation::Installation;
use crate::outgoing::is_public;
use crate::phone_access::PhoneAccess;

/// How telephones reach the server.
#[derive(Clone, Debug)]
pub struct TelephoneConfiguration {
    /// Where SIP is listened to.
    pub listen: SocketAddr,
    /// Where SIP by TLS is listened to, if it is. The certificate is the server's own.
    pub tls_listen: Option<SocketAddr>,
    /// By which address telephones reach it; unset is the one that is listened at.
    pub public_address: Option<IpAddr>,
    /// What names of domains end in.
    pub domain: String,
    /// The first and the last port for sound.
    pub ports: (u16, u16),
    /// Whether telephones are offered SHA-256 beside MD5.
    pub offer_sha256: bool,
    /// Networks that may be called beside the public internet.
    pub peers: Vec<IpNet>,
    /// By whom numbers are called; unset is by nobody.
    pub trunk: Option<String>,
    /// As whom the trunk knows this server, and by which password.
    pub trunk_user: String,
    /// The password.
    pub trunk_password: String,
    /// What numbers that may be called begin with.
    pub trunk_prefixes: Vec<String>,
    /// It is offered no Opus.
    pub trunk_g711_only: bool,
    /// From where the trunk brings calls; none is the address of `trunk`, where that is one.
    pub trunk_networks: Vec<IpNet>,
    /// Which phone numbers it brings, and to which projects.
    pub numbers: NumberPlan,
    /// By what telephones come into meetings.
    pub phone_access: PhoneAccess,
    /// The project that their calls belong to.
    pub meeting_project: String,
    /// Whether noise of theirs is turned down between words.
    pub suppress_noise: bool,
    /// How many calls may be made at once.
    pub outgoing_at_once: usize,
    /// And in a minute, by each project.
    pub outgoing_per_minute: u32,
}

/// The public internet, and networks that the operator names.
struct Neighbours(Vec<IpNet>);

impl Peers for Neighbours {
    fn may_be_called(&self, address: IpAddr) -> bool {
        is_public(address) || self.0.iter().any(|network| network.contains(&address))
    }
}

impl Default for TelephoneConfiguration {
    fn default() -> TelephoneConfiguration {
        TelephoneConfiguration {
            listen: (Ipv4Addr::UNSPECIFIED, 5_060).into(),
            tls_listen: None,
            public_address: None,
            domain: String::new(),
            ports: (20_000, 20_998),
            offer_sha256: false,
            peers: vec![],
            trunk: None,
            trunk_user: String::new(),
            trunk_password: String::new(),
            trunk_prefixes: vec![],
            trunk_g711_only: false,
            trunk_networks: vec![],
            numbers: NumberPlan::default(),
            phone_access: PhoneAccess::default(),
            meeting_project: "meetings".to_owned(),
            suppress_noise: true,
            outgoing_at_once: calls::limits::OUTGOING_AT_ONCE,
            outgoing_per_minute: calls::limits::OUTGOING_PER_MINUTE,
        }
    }
}

/// Why telephones cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum TelephoneError {
    /// The folder of takes, or the thread of lines.
    #[error("the sound of calls cannot be opened")]
    Sound(#[source] io::Error),
    /// Where recordings are kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SIP is to be listened to by TLS, and there is no certificate.
    #[error("`tls_listen` of `[telephony]` needs a certificate: say in `[tls]` where it is")]
    NoCertificate,
    /// SIP.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The project of calls into meetings.
    #[error("the project of calls into meetings cannot be made: `meeting_project` of `[telephony]`")]
    Project(#[source] ProjectError),
    /// What a server before this one left.
    #[error("the calls that were left open cannot be ended")]
    Recovery(#[from] db::Error),
}

/// Where the files of recordings are: the place that is set, or the folder of all files.
pub(crate) fn store(place: Option<Place>, data: &Path) -> Result<Store, StoreError> {
    Store::open(&place.unwrap_or_else(|| Place::Folder(data.to_owned())))
}

/// Where sound is until it is made into files.
pub(crate) fn spool(data: &Path) -> Result<Spool, TelephoneError> {
    Spool::open(&data.join("takes")).map_err(TelephoneError::Sound)
}

/// Whom one can call from here.
fn ways(configuration: &TelephoneConfiguration) -> Ways {
    let credential = (!configuration.trunk_user.is_empty()).then(|| Credential {
        user: configuration.trunk_user.clone(),
        password: configuration.trunk_password.clone(),
    });
    let trunk = configuration.trunk.clone().map(|host| Trunk {
        host,
        credential,
        prefixes: configuration.trunk_prefixes.clone(),
        g711_only: configuration.trunk_g711_only,
    });
    Ways::new(
        trunk,
        Box::new(Neighbours(configuration.peers.clone())),
        configuration.domain.clone(),
        configuration.outgoing_at_once,
        configuration.outgoing_per_minute,
    )
}

impl TelephoneConfiguration {
    /// The host of the trunk without its port, if it is a name and no address.
    pub(crate) fn trunk_name(&self) -> Option<&str> {
        let trunk = self.trunk.as_deref()?;
        let host = trunk.split(':').next().unwrap_or_default();
        let is_address = trunk.parse::<IpAddr>().is_ok() || host.parse::<IpAddr>().is_ok() || host.starts_with('[');
        (!is_address && !host.is_empty()).then_some(host)
    }
}

/// From where the trunk brings calls. A name is nobody's address: it may mean another machine tomorrow, and whoever answers for it then
/// would be believed.
fn trunk_networks(configuration: &TelephoneConfiguration) -> Arc<[IpNet]> {
    if !configuration.trunk_networks.is_empty() {
        return configuration.trunk_networks.as_slice().into();
    }
    let trunk = configuration.trunk.as_deref().unwrap_or_default();
    let of_socket = || trunk.parse().ok().map(|socket: SocketAddr| socket.ip());
    let address = trunk.parse().ok().or_else(of_socket);
    address.map(IpNet::from).into_iter().collect()
}

/// How meetings are reached from telephones. The project of such calls is made where it is not there yet: a call belongs to one, and these
/// have nobody else's.
async fn dial_in(
    configuration: &TelephoneConfiguration,
    installation: &Installation,
) -> Result<DialIn, TelephoneError> {
    let TelephoneConfiguration {
        phone_access: access,
        meeting_project: project,
        suppress_noise,
        ..
    } = configuration;
    if *access != PhoneAccess::default() {
        let by = By::server(clock::now_us());
        let made = installation
            .identity
            .create_project(project, "Meetings by telephone", &by)
            .await;
        match made {
            Ok(_) | Err(ProjectError::Taken) => {}
            Err(error) => return Err(TelephoneError::Project(error)),
        }
    }
    let numbers = access.numbers.iter().map(|number| number.number.clone());
    let gateway = access.gateway_host().map(str::to_owned);
    let doorman = Arc::new(Doorman::new(installation, *suppress_noise));
    Ok(DialIn::new(numbers.collect(), gateway, project.clone(), doorman))
}

/// Begins to answer telephones. What they do goes on until it is stopped, and ends in the task that is answered.
pub(crate) async fn start(
    configuration: TelephoneConfiguration,
    tls: Option<Tls>,
    installation: &Installation,
    handlers: Arc<dyn Handlers>,
    stop: CancellationToken,
) -> Result<JoinHandle<()>, TelephoneError> {
    let dial_in = Arc::new(dial_in(&configuration, installation).await?);
    let ways = Arc::new(ways(&configuration));
    let trunk_networks = trunk_networks(&configuration);
    let TelephoneConfiguration {
        listen,
        tls_listen,
        public_address,
        domain,
        ports: (first, last),
        offer_sha256,
        ..
    } = configuration;
    let (line_events_in, line_events) = mpsc::channel(calls::limits::EVENTS_MAX);
    let (agent_events_in, agent_events) = mpsc::channel(calls::limits::EVENTS_MAX);
    let ports = line::Settings {
        address: listen.ip(),
        ports: first..=last,
    };
    let exchange = Exchange::start(ports, line_events_in).map_err(TelephoneError::Sound)?;
    let conductor = Conductor {
        calls: installation.calls.clone(),
        exchange: exchange.clone(),
        spool: installation.spool.clone(),
        store: installation.recordings.clone(),
        handlers,
        speech: Arc::new(Espeak),
        domain_base: domain,
        ways,
        trunk_networks,
        dial_in,
    };
    conductor.recover().await?;
    let tls = match (tls_listen, tls) {
        (Some(_), None) => return Err(TelephoneError::NoCertificate),
        (Some(listen), Some(tls)) => Some((listen, tls.for_another_protocol())),
        (None, _) => None,
    };
    let settings = agent::Settings {
        listen,
        tls,
        public_address: public_address.unwrap_or(listen.ip()),
        offers_sha256: offer_sha256,
        sessions: agent::session::Sessions::default(),
    };
    // Signalling goes on a little longer than calls: those that are hung up on have to hear of it.
    let silent = CancellationToken::new();
    let directory = Arc::new(conductor.clone());
    let agent = Agent::start(settings, directory, exchange.clone(), agent_events_in, silent.clone()).await?;
    tracing::info!(address = %agent.address(), "telephones are answered");
    Ok(tokio::spawn(async move {
        let events = Events {
            agent: agent_events,
            lines: line_events,
        };
        conductor.conduct(Arc::new(agent), events, stop).await;
        silent.cancel();
        exchange.stop();
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_where_the_trunk_calls() {
        let check = |trunk: Option<&str>, networks: &[&str], expected: &[&str]| {
            let read = |network: &&str| network.parse().expect("a network");
            let configuration = TelephoneConfiguration {
                trunk: trunk.map(str::to_owned),
                trunk_networks: networks.iter().map(read).collect(),
                ..TelephoneConfiguration::default()
            };
            let expected: Vec<IpNet> = expected.iter().map(read).collect();
            assert_eq!(*trunk_networks(&configuration), *expected, "{trunk:?}");
            let name = trunk
                .filter(|trunk| trunk.starts_with("gateway"))
                .map(|_| "gateway.example.net");
            assert_eq!(configuration.trunk_name(), name, "{trunk:?}");
        };
        check(None, &[], &[]);
        check(Some("192.0.2.7"), &[], &["192.0.2.7/32"]);
        check(Some("192.0.2.7:5080"), &[], &["192.0.2.7/32"]);
        check(Some("gateway.example.net"), &[], &[]);
        check(Some("gateway.example.net:5080"), &[], &[]);
        check(Some("192.0.2.7"), &["198.51.100.0/24"], &["198.51.100.0/24"]);
        check(Some("[2001:db8::7]:5080"), &["2001:db8::/64"], &["2001:db8::/64"]);
        check(Some("2001:db8::7"), &["2001:db8::/64"], &["2001:db8::/64"]);
        check(None, &["2001:db8::/64"], &["2001:db8::/64"]);
    }
}
