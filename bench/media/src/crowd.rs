//! Clients that share a thread: those who send, those who receive, and the two by whom delay is measured, each on their own, so that
//! a frame is not late because somebody else is being read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use mio::{Events, Poll, Token};

use crate::client::Client;

/// What all threads of a crowd know.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) sends: AtomicBool,
    pub(crate) is_measured: AtomicBool,
    pub(crate) is_over: AtomicBool,
    /// How many are connected.
    pub(crate) connected: AtomicUsize,
    /// How many have received something.
    pub(crate) receiving: AtomicUsize,
    /// Packets that all of them have received.
    pub(crate) received: AtomicU64,
}

/// By which newcomers get to a thread.
#[derive(Clone)]
pub(crate) struct Entrance(mpsc::Sender<Client>);

impl Entrance {
    pub(crate) fn add(&self, client: Client) -> Result<()> {
        self.0.send(client).ok().context("a thread of the crowd failed")
    }
}

/// A thread of clients.
pub(crate) struct Crowd {
    pub(crate) entrance: Entrance,
    thread: JoinHandle<Result<Vec<Client>>>,
}

impl Crowd {
    pub(crate) fn start(stage: &Arc<Stage>) -> Crowd {
        let (newcomers, arriving) = mpsc::channel();
        let stage = Arc::clone(stage);
        let thread = thread::spawn(move || live(&arriving, &stage));
        Crowd {
            entrance: Entrance(newcomers),
            thread,
        }
    }

    /// The clients, once all is over.
    pub(crate) fn end(self) -> Result<Vec<Client>> {
        self.thread.join().ok().context("a thread of the crowd panicked")?
    }
}

fn live(arriving: &mpsc::Receiver<Client>, stage: &Stage) -> Result<Vec<Client>> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1_024);
    let mut clients: Vec<Client> = vec![];
    while !stage.is_over.load(Relaxed) {
        while let Ok(mut client) = arriving.try_recv() {
            client.register(poll.registry(), Token(clients.len()))?;
            clients.push(client);
        }
        poll.poll(&mut events, Some(Duration::from_millis(1)))?;
        let (sends, is_measured) = (stage.sends.load(Relaxed), stage.is_measured.load(Relaxed));
        for event in &events {
            let client = &mut clients[event.token().0];
            let (was_connected, before) = (client.is_connected, client.received);
            client.read(is_measured)?;
            if !was_connected && client.is_connected {
                stage.connected.fetch_add(1, Relaxed);
            }
            stage.received.fetch_add(client.received - before, Relaxed);
            if before == 0 && client.received > 0 {
                stage.receiving.fetch_add(1, Relaxed);
            }
        }
        let now = Instant::now();
        for client in &mut clients {
            client.turn(now, sends, is_measured)?;
        }
    }
    Ok(clients)
}
