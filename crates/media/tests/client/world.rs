//! A media plane with clients, which run together in real time until something is so.

use std::time::Duration;

use media::{Channel, DisconnectReason, Endpoint, Event, Media, Options, Rights, Spreading};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Client, Connection, PATIENCE, card, clock};

/// A media plane with its events, and clients that run together.
pub(crate) struct World {
    pub(crate) media: Media,
    pub(crate) events: Vec<Event>,
    pub(crate) clients: Vec<Client>,
    receiver: mpsc::Receiver<Event>,
    /// Of whoever comes next.
    pub(crate) group: &'static str,
}

impl World {
    /// One with several threads, over which every meeting is spread: the first is not on the one that reads the socket, and the next one is.
    pub(crate) fn new() -> World {
        World::at("127.0.0.1:0", &[], 3)
    }

    /// One with one thread.
    pub(crate) fn of_one_thread() -> World {
        World::at("127.0.0.1:0", &[], 1)
    }

    /// One that is bound to an address, and announces others.
    pub(crate) fn at(bind: &str, announced: &[&str], threads: usize) -> World {
        let (sender, receiver) = mpsc::channel(1_000);
        let announced = announced.iter().map(|address| address.parse().unwrap());
        let options = Options {
            bind: bind.parse().unwrap(),
            takes_connections: true,
            threads,
            spreading: Spreading::InTurn,
            relay: None,
            divides_bandwidth: false,
            announce: announced.map(Endpoint::udp).collect(),
        };
        let media = Media::start(&options, sender).unwrap();
        World {
            media,
            events: vec![],
            clients: vec![],
            receiver,
            group: "group",
        }
    }

    /// Lets a client in and waits until its channels have spoken.
    pub(crate) fn join(&mut self, room: &str, name: &str) -> usize {
        self.join_with(room, name, Rights::MEMBER)
    }

    /// The same for one who may do something else.
    pub(crate) fn join_with(&mut self, room: &str, name: &str, rights: Rights) -> usize {
        self.join_by(room, name, rights, None)
    }

    /// The same by a connection.
    pub(crate) fn join_by(&mut self, room: &str, name: &str, rights: Rights, connection: Option<Connection>) -> usize {
        let index = self.connect_by(name, connection);
        self.media.let_in(name, room, card(name), rights).unwrap();
        self.joined(index);
        index
    }

    /// Waits until the channels of a client have spoken.
    pub(crate) fn joined(&mut self, client: usize) {
        self.until("joined", |world| {
            let texts = &world.clients[client].texts;
            Channel::ALL
                .iter()
                .filter(|channel| texts.iter().any(|(label, _)| label == channel.label()))
                .count()
                >= 4
        });
    }

    /// Brings a client to the door, and waits until it knows that it waits.
    pub(crate) fn knock(&mut self, name: &str) -> usize {
        let index = self.connect(name);
        self.media.keep_waiting(name).unwrap();
        self.until("waiting", |world| {
            world.clients[index].status()["connectionState"] == "STATE_WAITING"
        });
        index
    }

    /// Lets a client connect, and waits until its transport is up.
    pub(crate) fn connect(&mut self, name: &str) -> usize {
        self.connect_by(name, None)
    }

    /// The same by a connection.
    pub(crate) fn connect_by(&mut self, name: &str, connection: Option<Connection>) -> usize {
        let client = Client::join(&self.media, name, self.group, connection);
        self.clients.push(client);
        let connected = Event::Connected { session: name.into() };
        self.until("connected", |world| world.events.contains(&connected));
        self.clients.len() - 1
    }

    /// Runs everything for one turn.
    pub(crate) fn turn(&mut self) {
        for client in &mut self.clients {
            client.turn();
        }
        while let Ok(event) = self.receiver.try_recv() {
            self.events.push(event);
        }
        std::thread::yield_now();
    }

    /// Runs until something is so, and says how long that took.
    pub(crate) fn until(&mut self, what: &str, mut reached: impl FnMut(&World) -> bool) -> Duration {
        let start = clock();
        while !reached(self) {
            assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
            self.turn();
        }
        start.elapsed()
    }

    pub(crate) fn run_for(&mut self, duration: Duration) {
        let start = clock();
        while start.elapsed() < duration {
            self.turn();
        }
    }

    pub(crate) fn lost(&self, name: &str) -> Option<&Event> {
        self.events
            .iter()
            .find(|event| matches!(event, Event::Lost { session, .. } if session == name))
    }

    pub(crate) fn remove(&mut self, name: &str, reason: DisconnectReason) {
        self.media.remove(name, reason);
    }

    /// Asks for something on a channel and waits for the answer's status code.
    pub(crate) fn ask(&mut self, client: usize, channel: Channel, request: &Value) -> i64 {
        let id = self.clients[client].ask(channel, request);
        let answer = |world: &World| {
            world.clients[client]
                .texts
                .iter()
                .find(|(label, text)| label == channel.label() && text["response"]["requestId"] == id)
                .and_then(|(_, text)| text["response"]["status"]["code"].as_i64())
        };
        self.until("an answer", |world| answer(world).is_some());
        answer(self).unwrap()
    }

    /// Asks for these media entries on canvases 1, 2, …
    pub(crate) fn assign(&mut self, client: usize, entries: &[u64]) -> i64 {
        let canvases: Vec<Value> = (1..)
            .zip(entries)
            .map(|(id, entry)| json!({"id": id, "direct": {"mediaEntryId": entry}}))
            .collect();
        self.ask(
            client,
            Channel::VideoAssignment,
            &json!({"setAssignment": {"layoutModel": {"label": "l", "canvases": canvases}}}),
        )
    }
}
