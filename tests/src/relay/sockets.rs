//! The sockets and threads around the links.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    limits::CLIENTS_MAX,
    link::{Conditions, Fate, Link},
    log::{Direction, Header, Log, Packet, Report, Truth},
};
use crate::seed::Seed;

/// How often a thread that hears nothing looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);

const DATAGRAM_BYTES: usize = 2_048;

/// A running relay. It ends when this is dropped.
pub struct Relay {
    world: Arc<World>,
    address: SocketAddr,
}

struct World {
    started: Instant,
    entrance: UdpSocket,
    is_over: AtomicBool,
    state: Mutex<State>,
    /// Something else is due next.
    changed: Condvar,
}

struct State {
    server: Option<SocketAddr>,
    uplink: Link,
    downlink: Link,
    log: Log,
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// How many have ever waited: of those that are due at the same time, the first goes first.
    count: u64,
    /// By the address of a client: the socket in whose name the server sees it; `None` for one of a network that is gone.
    clients: HashMap<SocketAddr, Option<Arc<Client>>>,
}

struct Client {
    address: SocketAddr,
    socket: UdpSocket,
    is_gone: AtomicBool,
}

/// A packet on the link.
struct Waiting {
    due_us: u64,
    order: u64,
    number: Option<usize>,
    client: Arc<Client>,
    direction: Direction,
    datagram: Vec<u8>,
}

impl Relay {
    /// Takes what comes for the media port of a server that is still to be started.
    ///
    /// # Errors
    /// If there is no socket to be had.
    pub fn open(seed: Seed) -> Result<Self> {
        Relay::open_at((Ipv4Addr::LOCALHOST, 0).into(), seed)
    }

    /// The same at an address of this machine, for whoever is told of no other.
    ///
    /// # Errors
    /// If it is taken.
    pub fn open_at(address: SocketAddr, mut seed: Seed) -> Result<Self> {
        let entrance = UdpSocket::bind(address)?;
        entrance.set_read_timeout(Some(LOOK))?;
        let address = entrance.local_addr()?;
        let state = State {
            server: None,
            uplink: Link::new(seed.split()),
            downlink: Link::new(seed.split()),
            log: Log::default(),
            waiting: BinaryHeap::new(),
            count: 0,
            clients: HashMap::new(),
        };
        let world = Arc::new(World {
            started: Instant::now(),
            entrance,
            is_over: AtomicBool::new(false),
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let works: [fn(&Arc<World>); 2] = [World::take_in, World::send];
        for work in works {
            let world = Arc::clone(&world);
            thread::spawn(move || work(&world));
        }
        Ok(Self { world, address })
    }

    /// Where clients must send to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the server's media port is.
    pub fn lead_to(&self, server: SocketAddr) {
        self.world.state().server = Some(server);
    }

    /// How the network is from now on, in one direction.
    pub fn set(&self, direction: Direction, conditions: Conditions) {
        self.world.state().link(direction).set(conditions);
    }

    /// The network becomes another: what is connected now goes nowhere, what is new passes. That is what a computer sees that is
    /// carried from one network to the next.
    pub fn change(&self) {
        for client in self.world.state().clients.values_mut() {
            if let Some(client) = client.take() {
                client.is_gone.store(true, Ordering::Relaxed);
            }
        }
    }

    /// The router on the way forgets which ports it has lent: whoever sends again is seen to come from another one, and what is sent
    /// to the earlier one goes nowhere.
    pub fn rebind(&self) {
        for client in self.world.state().clients.drain().filter_map(|(_, client)| client) {
            client.is_gone.store(true, Ordering::Relaxed);
        }
    }

    /// What is true of everything that went one way.
    ///
    /// # Errors
    /// If more came than is kept.
    pub fn way(&self, direction: Direction) -> Result<Truth> {
        self.world.state().log.way(direction)
    }

    /// What is true of one stream, whose clock ticks so often.
    ///
    /// # Errors
    /// If more came than is kept.
    pub fn stream(&self, direction: Direction, ssrc: u32, clock_hz: u32) -> Result<Truth> {
        self.world.state().log.stream(direction, ssrc, clock_hz)
    }

    /// The same up to a number of it, which is as far as a receiver knew when it reported that number.
    ///
    /// # Errors
    /// If more came than is kept, or that number never did.
    pub fn stream_until(&self, direction: Direction, ssrc: u32, clock_hz: u32, last: u16) -> Result<Truth> {
        self.world.state().log.stream_until(direction, ssrc, clock_hz, last)
    }

    /// Up to which number receivers said that they knew a stream, for each of their reports that came through, in order. Reports that
    /// are encrypted say nothing.
    pub fn reported(&self, direction: Direction, ssrc: u32) -> Vec<u16> {
        self.world.state().log.reported(direction, ssrc)
    }

    /// How long reports and their answers were under way together, for each answer that came this way and through, in order. Those that are
    /// encrypted are not known.
    pub fn round_trips_us(&self, direction: Direction) -> Vec<u64> {
        self.world.state().log.round_trips_us(direction)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.world.is_over.store(true, Ordering::Relaxed);
        self.change();
        self.world.changed.notify_all();
    }
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread of the relay panics")
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).expect("a test does not last for ages")
    }

    /// What clients send.
    fn take_in(self: &Arc<Self>) {
        let mut datagram = [0; DATAGRAM_BYTES];
        while !self.is_over.load(Ordering::Relaxed) {
            // A port that nobody has any more is told of by an error, and says nothing of the others.
            let Ok((bytes, address)) = self.entrance.recv_from(&mut datagram) else {
                continue;
            };
            if let Some(client) = self.client(address) {
                self.decide(&client, Direction::Uplink, &datagram[..bytes]);
            }
        }
    }

    /// What the server sends to one client.
    fn take_out(&self, client: &Arc<Client>) {
        let mut datagram = [0; DATAGRAM_BYTES];
        while !client.is_gone.load(Ordering::Relaxed) {
            if let Ok(bytes) = client.socket.recv(&mut datagram) {
                self.decide(client, Direction::Downlink, &datagram[..bytes]);
            }
        }
    }

    fn client(self: &Arc<Self>, address: SocketAddr) -> Option<Arc<Client>> {
        let mut state = self.state();
        if let Some(known) = state.clients.get(&address) {
            return known.clone();
        }
        if state.clients.len() == CLIENTS_MAX {
            return None;
        }
        let client = Arc::new(Client::new(address).ok()?);
        state.clients.insert(address, Some(Arc::clone(&client)));
        let (world, listener) = (Arc::clone(self), Arc::clone(&client));
        thread::spawn(move || world.take_out(&listener));
        Some(client)
    }

    fn decide(&self, client: &Arc<Client>, direction: Direction, datagram: &[u8]) {
        let mut state = self.state();
        // Within the lock: what came first is decided about first.
        let came_us = self.now_us();
        let fate = state.link(direction).fate(datagram.len(), came_us);
        let number = state.log.keep(Packet {
            direction,
            header: Header::read(datagram),
            report: Report::read(datagram),
            came_us,
            fate,
        });
        let Fate::Departs { at_us } = fate else { return };
        state.count += 1;
        let waiting = Waiting {
            due_us: at_us,
            order: state.count,
            number,
            client: Arc::clone(client),
            direction,
            datagram: datagram.to_owned(),
        };
        state.waiting.push(Reverse(waiting));
        self.changed.notify_one();
    }

    /// Sends what is due, when it is due.
    fn send(self: &Arc<Self>) {
        let mut state = self.state();
        while !self.is_over.load(Ordering::Relaxed) {
            let now_us = self.now_us();
            let wait = match state.waiting.peek() {
                None => LOOK,
                Some(Reverse(next)) => Duration::from_micros(next.due_us.saturating_sub(now_us)),
            };
            if !wait.is_zero() {
                let woken = self.changed.wait_timeout(state, wait);
                state = woken.expect("no thread of the relay panics").0;
                continue;
            }
            let Some(Reverse(due)) = state.waiting.pop() else {
                continue;
            };
            if let Some(number) = due.number {
                state.log.departed(number, now_us);
            }
            if !due.client.is_gone.load(Ordering::Relaxed) {
                // Nobody may be there any more: then the network is like that.
                self.pass_on(&due, state.server).ok();
            }
        }
    }

    fn pass_on(&self, due: &Waiting, server: Option<SocketAddr>) -> io::Result<()> {
        match (due.direction, server) {
            (Direction::Uplink, Some(server)) => due.client.socket.send_to(&due.datagram, server)?,
            (Direction::Uplink, None) => 0,
            (Direction::Downlink, _) => self.entrance.send_to(&due.datagram, due.client.address)?,
        };
        Ok(())
    }
}

impl State {
    fn link(&mut self, direction: Direction) -> &mut Link {
        match direction {
            Direction::Uplink => &mut self.uplink,
            Direction::Downlink => &mut self.downlink,
        }
    }
}

impl Client {
    fn new(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(LOOK))?;
        Ok(Self {
            address,
            socket,
            is_gone: AtomicBool::new(false),
        })
    }
}

impl Waiting {
    fn rank(&self) -> (u64, u64) {
        (self.due_us, self.order)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}
