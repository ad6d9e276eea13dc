//! One world: a server with its disk, a network, and people with devices. One seed is one run.
//!
//! The world runs on one thread whose time is paused: it moves to the next thing that anybody waits for, so a minute of
//! meeting costs some hundredths of a second, and nothing depends on the machine. Everything that could fall out either way
//! (weather, ids, how long a disk takes, the order of what happens at once) is drawn from the seed. Keys and names of the
//! WebRTC stack are not, as it draws them by itself; nothing that a scenario sees hangs on them.
//!
//! A world that panics prints its seed and what happened so far.

mod happening;
mod passing;
mod telling;
mod visits;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use fastrand::Rng;
use meeting::{AccessType, Input, MeetingCode, Settings, SpaceId, UserId};
use register::{NewSpace, Register};
use rooms::{Clock as _, InputError};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    clock::Clock,
    device::{Device, user},
    link::{Link, Parcel},
    oracle::Promises,
    server::Server,
    store::Store,
};

/// Where the server is.
const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 3478);
/// Everything there is.
pub(crate) struct World {
    seed: u64,
    /// How many shards each server has.
    shards: usize,
    pub(crate) dice: Rng,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) link: Link,
    space: SpaceId,
    owner: UserId,
    server: Option<Server>,
    start_at: Option<Instant>,
    /// The server's process stands still until then: datagrams wait for it, and it answers nobody.
    paused_until: Option<Instant>,
    /// What has arrived for it.
    mailbox: Vec<Parcel>,
    stopping: Option<JoinHandle<()>>,
    devices: BTreeMap<String, Device>,
    errands: Vec<Errand>,
    addresses: u16,
    promises: Promises,
    /// Whether the clock on the wall has shown the true time from the beginning.
    is_punctual: bool,
    trace: Vec<String>,
    /// Rung when something has happened that the world should look at now and not in its next turn, whose time is that of some
    /// timer inside the WebRTC stack: those are not drawn from the seed.
    bell: Arc<Notify>,
}

/// Something that a host does, until it is done or refused.
struct Errand {
    what: String,
    input: Input,
    at: Instant,
    outcome: Option<JoinHandle<Result<(), InputError>>>,
}

impl Errand {
    fn next_attempt(&self) -> Option<Instant> {
        self.outcome.is_none().then_some(self.at)
    }
}

impl World {
    /// A space that everybody may walk in to, and a server that has just started.
    pub(crate) async fn new(seed: u64, shards: usize) -> World {
        let mut dice = Rng::with_seed(seed);
        let clock = Clock::new();
        let bell = Arc::<Notify>::default();
        let store = Store::new(dice.fork(), Arc::clone(&bell));
        let owner = user("anna");
        let space = SpaceId::from_random([1; 9]);
        let new = NewSpace {
            id: space.clone(),
            code: MeetingCode::from_random([1; 16]),
            owner: owner.clone(),
            settings: settings(AccessType::Open),
            app: None,
            create: clock.now(),
        };
        let created = Register::new(store.open()).create_space(new).await;
        created.expect("nothing fails yet");
        let mut world = World {
            seed,
            shards,
            link: Link::new(dice.fork()),
            dice,
            clock,
            store,
            space,
            owner,
            server: None,
            start_at: None,
            paused_until: None,
            mailbox: vec![],
            stopping: None,
            devices: BTreeMap::new(),
            errands: vec![],
            addresses: 0,
            promises: Promises::default(),
            is_punctual: true,
            trace: vec![],
            bell,
        };
        world.start().await;
        world
    }

    /// What happened so far.
    pub(crate) fn into_trace(mut self) -> Vec<String> {
        std::mem::take(&mut self.trace)
    }

    pub(crate) fn note(&mut self, what: &str) {
        let age = self.clock.age();
        self.trace
            .push(format!("{:>7}.{:03} {what}", age.as_secs(), age.subsec_millis()));
    }

    fn now(&self) -> Instant {
        self.clock.instant()
    }

    fn device(&mut self, name: &str) -> &mut Device {
        self.devices
            .get_mut(name)
            .unwrap_or_else(|| panic!("{name} has not come yet"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut story = format!("seed {}\n", self.seed);
            for line in &self.trace {
                writeln!(story, "{line}").expect("a string");
            }
            #[expect(
                clippy::print_stderr,
                reason = "the output of a failed test is where its reader looks"
            )]
            {
                eprintln!("{story}");
            }
        }
    }
}

/// An unmoderated space.
pub(crate) fn settings(access_type: AccessType) -> Settings {
    Settings {
        access_type,
        ..Settings::default()
    }
}
