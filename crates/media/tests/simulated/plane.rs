//! A media plane whose clock is moved by hand, and at whose door whoever connects is let in.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Instant,
};

use media::{Event, Media, Prepared, Rights, Simulated, Spreading};
use tokio::{runtime::Runtime, sync::mpsc};

use super::card;

/// Where it is.
pub(crate) const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 3478);

pub(crate) struct Plane {
    pub(crate) media: Media,
    /// Takes what comes to it, and has what it sends.
    pub(crate) shard: Simulated,
    events: mpsc::Receiver<Event>,
    pub(crate) now: Instant,
    /// It is paused: on a machine with little time the real clock overtakes ours, and whoever is answered by it is answered in the future.
    clock: Runtime,
}

impl Plane {
    /// One of so many shards.
    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    pub(crate) fn new(shards: usize, spreading: Spreading) -> Plane {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let clock = { runtime }.enable_time().start_paused(true).build().unwrap();
        let paused = clock.enter();
        let (sender, events) = mpsc::channel(10_000);
        let (media, shard) = Media::simulated_in_shards(SERVER, sender, shards, spreading).unwrap();
        let now = tokio::time::Instant::now().into_std();
        drop(paused);
        Plane {
            media,
            shard,
            events,
            now,
            clock,
        }
    }

    /// Answers an offer that it takes.
    pub(crate) fn answer(&self, offer: &str) -> Prepared {
        let _paused = self.clock.enter();
        self.media.answer(offer).expect("an offer like the web client's")
    }

    /// What it has reported since the last time. Whoever has connected is let into the room.
    pub(crate) fn reported(&mut self) -> Vec<Event> {
        let mut reported = vec![];
        while let Ok(event) = self.events.try_recv() {
            if let Event::Connected { session } = &event {
                let admitted = self.media.let_in(session, "room", card(session), Rights::MEMBER);
                admitted.unwrap();
            }
            reported.push(event);
        }
        reported
    }
}
