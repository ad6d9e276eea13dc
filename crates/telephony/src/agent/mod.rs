//! The SIP user agent: calls that come in, calls that go out, and the sound of both on a line.
//!
//! The stack below it keeps transactions and dialogs; what is ours is who may come in at all ([`entrance`]), where telephones are
//! that somebody can call ([`registrar`]), what is agreed on for sound ([`sdp`]), and a leg's life in few words ([`AgentEvent`]).
//! Strangers are not answered: a scanner that hears nothing goes on.

mod calling;
mod cause;
mod connections;
mod dialogs;
pub mod digest;
mod entrance;
mod guard;
mod invitation;
mod ladder;
pub mod redaction;
mod refreshing;
mod registrar;
pub mod sdp;
mod secure;
pub mod session;
mod strangers;
mod withheld;

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
};

use rsipstack::{
    EndpointBuilder,
    dialog::{dialog_layer::DialogLayer, invite_dialog::InviteDialog},
    sip::{Header, Method, prelude::*},
    transaction::{TransactionReceiver, transaction::Transaction},
    transport::TransportLayer,
};
use share::{Reports, Shared};
use tokio::{net::TcpListener, sync::mpsc::Sender};
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

use connections::Begin;
use digest::Nonces;
use guard::Guard;
use ladder::{Ladders, Watch};
use registrar::Registrar;
use session::{Agreement, SessionTimer, Sessions};
use strangers::Doorkeeper;

pub use cause::{Cause, Refusal};
pub use digest::Secrets;
pub use entrance::{Directory, Later, Proof, Terms};
pub use invitation::Invitation;
pub use ladder::Message;

use crate::{LegId, limits, line::Exchange};

/// Where the agent is, and how it meets telephones.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens, by UDP and by TCP.
    pub listen: SocketAddr,
    /// By which address telephones reach it.
    pub public_address: IpAddr,
    /// Where it listens by TLS, if it does, and by which certificate.
    pub tls: Option<(SocketAddr, Arc<ServerConfig>)>,
    /// Whether telephones are offered SHA-256 beside MD5 for their passwords: some that know MD5 alone give up then.
    pub offers_sha256: bool,
    /// How long calls are good without a word.
    pub sessions: Sessions,
}

/// What happens to legs.
#[derive(Clone, Debug)]
pub enum AgentEvent {
    /// Somebody calls, and waits for an answer.
    Incoming {
        /// The leg.
        leg: LegId,
        /// Who calls whom.
        invitation: Invitation,
        /// When.
        at_us: i64,
    },
    /// A telephone that we call rings.
    Ringing {
        /// Which one.
        leg: LegId,
        /// Since when.
        at_us: i64,
    },
    /// Something is to be heard of a telephone that we call, though nobody has answered: an announcement, or its own ringing.
    Early {
        /// Of which one.
        leg: LegId,
    },
    /// A call is up, and its sound flows.
    Answered {
        /// Which one.
        leg: LegId,
        /// Since when.
        at_us: i64,
    },
    /// A key was pressed, and said by signalling (INFO) and not by sound.
    Digit {
        /// By whom.
        leg: LegId,
        /// Which one.
        digit: char,
        /// When.
        at_us: i64,
    },
    /// It is over.
    Ended {
        /// Which one.
        leg: LegId,
        /// Since when.
        at_us: i64,
        /// Why.
        cause: Cause,
    },
}

/// A call to somebody.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Whom: `sip:user@host[:port]`.
    pub to: String,
    /// Where that is; `None` is where their telephone has registered.
    pub at: Option<Place>,
    /// As whom: the user part of where it comes from.
    pub caller: String,
    /// The domain that it comes from.
    pub domain: String,
    /// Who learns that.
    pub shown: Shown,
    /// The `Call-ID` that it gets, which no other has.
    pub sip_call_id: String,
    /// What proves that it is us, where somebody asks.
    pub credential: Option<Credential>,
    /// It is offered no Opus.
    pub g711_only: bool,
    /// How long it may ring.
    pub timeout: std::time::Duration,
}

/// Who learns who calls (RFC 3323, RFC 3325).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Whoever is called.
    #[default]
    ToAll,
    /// The network that carries the call, which is asked to tell nobody.
    ToNetwork,
    /// Nobody.
    ToNobody,
}

/// Where somebody is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The machine.
    pub address: SocketAddr,
    /// By what.
    pub by: By,
}

/// By what requests of SIP go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Datagrams.
    Udp,
    /// A connection.
    Tcp,
    /// A connection that is sealed, and the sound with it.
    Tls,
}

/// A name and a password (RFC 3261 §22).
#[derive(Clone)]
pub struct Credential {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credential")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Why the agent does not start, or a call does not begin.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Its port.
    #[error("SIP cannot be listened to at {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The stack.
    #[error("the SIP stack refuses: {0}")]
    Stack(String),
    /// What was to be called is no address of SIP.
    #[error("{0} is no address of SIP")]
    Address(String),
    /// Nobody of that address has a telephone that is registered.
    #[error("{0} has no telephone that is registered")]
    Absent(String),
    /// There are as many calls as there may be.
    #[error("there are as many calls as there may be")]
    Full,
}

/// The agent; clones are the same.
#[derive(Clone)]
pub struct Agent {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Agent")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

struct Inner {
    settings: Settings,
    address: SocketAddr,
    /// Where it listens by TLS, if it does.
    tls_address: Option<SocketAddr>,
    layer: Arc<DialogLayer>,
    directory: Arc<dyn Directory>,
    guard: Guard,
    nonces: Mutex<Nonces>,
    registrar: Mutex<Registrar>,
    exchange: Exchange,
    events: Sender<AgentEvent>,
    watch: Watch,
    legs: Mutex<HashMap<LegId, Leg>>,
}

/// A leg as the agent knows it.
struct Leg {
    dialog: InviteDialog,
    /// We call.
    is_ours: bool,
    /// Where its sound is here.
    local: SocketAddr,
    /// What can be agreed on for its sound.
    means: sdp::Means,
    /// Sealed sound was agreed on, and nothing less will do any more.
    is_sealed: bool,
    /// What it offered, until that is answered.
    offered: Option<sdp::Description>,
    /// How many descriptions we gave.
    version: u64,
    /// The last of them.
    said: Vec<u8>,
    /// What the other side said of its sound before it answered, if it did.
    early: Vec<u8>,
    /// How it is refreshed once it is up, if it is.
    session: Option<Agreement>,
    /// And what of that is due when.
    timer: Option<SessionTimer>,
    /// We make an offer, and another one would meet it.
    is_inviting: bool,
    /// What we did to end it, if we did.
    ending: Option<Cause>,
    heard: Heard,
}

/// What the other side has said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// Nothing at all.
    Nothing,
    /// Something, be it that it tries.
    Something,
    /// That the call is up.
    Answer,
}

impl Agent {
    /// Listens, and tells `events` what happens to legs.
    pub async fn start(
        settings: Settings,
        directory: Arc<dyn Directory>,
        exchange: Exchange,
        events: Sender<AgentEvent>,
        stop: CancellationToken,
    ) -> Result<Agent, AgentError> {
        let refused = |error: rsipstack::Error| AgentError::Stack(error.to_string());
        let listen = settings.listen;
        secure::connect_for_stack();
        let transports = TransportLayer::new(stop.clone());
        let in_use = |error| AgentError::Listen(listen, error);
        let (udp, tcp) = connections::bind(listen, &stop).await.map_err(in_use)?;
        let address = udp.get_addr().get_socketaddr().map_err(refused)?;
        transports.add_transport(udp.into());
        let mut listeners = vec![(tcp, Begin::Message)];
        let mut tls_address = None;
        if let Some((listen, config)) = settings.tls.clone() {
            let in_use = |error| AgentError::Listen(listen, error);
            let listener = TcpListener::bind(listen).await.map_err(in_use)?;
            tls_address = Some(listener.local_addr().map_err(in_use)?);
            listeners.push((listener, Begin::Handshake(config.into())));
        }
        let public = |address: SocketAddr| SocketAddr::new(settings.public_address, address.port());
        let watch = Watch {
            ladders: Ladders::default(),
            address: public(address),
            tls_address: tls_address.map(public),
        };
        let doorkeeper = Doorkeeper::default();
        let endpoint = EndpointBuilder::new()
            .with_user_agent("Sederunt")
            .with_inspector(Box::new(watch.clone()))
            .with_transport_inspector(Box::new(doorkeeper.clone()))
            .with_transport_layer(transports)
            .with_cancel_token(stop.clone())
            .build();
        doorkeeper.serve(&endpoint.inner);
        let incoming = endpoint.incoming_transactions().map_err(refused)?;
        let serving = endpoint.inner.clone();
        tokio::spawn(async move {
            if let Err(error) = serving.serve().await {
                tracing::error!(%error, "SIP is not listened to any more");
            }
        });
        let places = Shared::new("sip_connections", limits::CONNECTIONS, &Reports::default());
        for (listener, begin) in listeners {
            let (places, endpoint) = (places.clone(), endpoint.inner.clone());
            tokio::spawn(connections::listen(listener, begin, places, endpoint, stop.clone()));
        }
        let agent = Agent {
            inner: Arc::new(Inner {
                settings,
                address,
                tls_address,
                layer: Arc::new(DialogLayer::new(endpoint.inner.clone())),
                directory,
                guard: Guard::new(),
                nonces: Mutex::new(Nonces::new(&random())),
                registrar: Mutex::default(),
                exchange,
                events,
                watch,
                legs: Mutex::default(),
            }),
        };
        tokio::spawn(agent.clone().receive(incoming));
        Ok(agent)
    }

    /// Where it listens, by UDP and by TCP.
    pub fn address(&self) -> SocketAddr {
        self.inner.address
    }

    /// Where it listens by TLS, if it does.
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.inner.tls_address
    }

    /// What was said by SIP about a call that has ended, the first first; it is kept for ten seconds, and no longer once this was asked.
    pub fn signalling(&self, sip_call_id: &str) -> Vec<Message> {
        self.inner.watch.ladders.take(sip_call_id)
    }

    async fn receive(self, mut incoming: TransactionReceiver) {
        while let Some(transaction) = incoming.recv().await {
            tokio::spawn(self.clone().handle(transaction));
        }
    }

    async fn handle(self, mut transaction: Transaction) {
        let within = transaction
            .original
            .to_header()
            .is_ok_and(|to| to.tag().ok().flatten().is_some());
        let outcome = if within {
            match self.inner.layer.match_dialog(&transaction) {
                Some(mut dialog) => dialog.handle(&mut transaction).await,
                None if transaction.original.method == Method::Ack => Ok(()),
                None => self.knows_no_call(&mut transaction).await,
            }
        } else {
            match transaction.original.method {
                Method::Invite => self.invited(&mut transaction).await,
                Method::Register => self.registers(&mut transaction).await,
                Method::Options => self.is_asked(&mut transaction).await,
                _ => Ok(()),
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a request of SIP came to nothing");
        }
    }

    fn registrar(&self) -> MutexGuard<'_, Registrar> {
        self.inner.registrar.lock().expect("whoever holds it does not panic")
    }

    fn legs(&self) -> MutexGuard<'_, HashMap<LegId, Leg>> {
        self.inner.legs.lock().expect("whoever holds it does not panic")
    }
}

/// What descriptions of sessions are.
const SDP: &str = "application/sdp";

/// Says that a message has one.
fn content() -> Vec<Header> {
    vec![Header::ContentType(SDP.into())]
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes
}
