//! How time passes: from one thing that anybody waits for to the next, and what is done at each.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use attendee::Browser;
use rooms::InputError;
use tokio::task::JoinHandle;

use super::{Errand, SERVER, World};
use crate::{
    device::{Device, News, Wish, ring},
    limits,
    server::Server,
};

impl World {
    /// Lives until the world is so old.
    pub(crate) async fn pass(&mut self, until: Duration) {
        let until = self.clock.at(until);
        loop {
            self.turn().await;
            let now = self.now();
            if now >= until {
                return;
            }
            let deadlines = self.devices.values().filter_map(Device::next_deadline);
            let deadlines = deadlines.chain(self.errands.iter().filter_map(Errand::next_attempt));
            let deadlines = deadlines.chain(self.link.next_arrival()).chain(self.start_at);
            let deadlines = deadlines.chain(self.paused_until);
            let running = self.server.as_ref().filter(|_| self.paused_until.is_none());
            let deadlines = deadlines.chain(running.map(|server| server.deadline));
            let next = deadlines.min().unwrap_or(until).min(until).min(now + limits::TURN_MAX);
            // Never at once: others must have their turn.
            let next = next.max(now + Duration::from_millis(1));
            // Whichever comes first.
            let _ = tokio::time::timeout_at(next.into(), self.bell.notified()).await;
        }
    }

    async fn turn(&mut self) {
        if self.server.is_some() && self.store.is_orphaned() {
            self.crash("at a write");
        }
        let now = self.now();
        self.paused_until = self.paused_until.filter(|until| now < *until);
        if self.start_at.is_some_and(|at| at <= now) {
            self.start().await;
        }
        if self.stopping.as_ref().is_some_and(JoinHandle::is_finished) {
            self.stopped().await;
        }
        self.deliver(now);
        self.turn_shard(now);
        self.turn_devices(now);
        self.turn_errands(now).await;
        self.look(now).await;
    }

    pub(super) async fn start(&mut self) {
        self.start_at = None;
        self.server = Server::start(
            self.store.open(),
            SERVER,
            self.shards,
            self.clock.started(),
            Arc::clone(&self.bell),
        )
        .await;
        let started = self.server.is_some();
        self.note(if started {
            "server starts"
        } else {
            "server does not start"
        });
        if !started {
            self.start_at = Some(self.now() + limits::SUPERVISOR);
        }
    }

    /// The media plane says goodbye once nobody holds its handle.
    async fn stopped(&mut self) {
        self.stopping = None;
        let Some(Server { mut shard, .. }) = self.server.take() else {
            return;
        };
        self.note("server has stopped");
        self.store.kill();
        tokio::time::sleep(Duration::from_millis(1)).await;
        let now = self.now();
        shard.turn(now);
        for (to, datagram) in shard.take_sent() {
            self.link.send(SERVER, to, &datagram, now);
        }
        self.start_at = Some(now + limits::SUPERVISOR);
        self.devices.values_mut().for_each(|device| device.hang_up(now));
    }

    fn deliver(&mut self, now: Instant) {
        self.deliver_to_devices(now);
        if self.paused_until.is_some() {
            return;
        }
        for parcel in std::mem::take(&mut self.mailbox) {
            if let Some(server) = &mut self.server {
                server.shard.receive(parcel.from, &parcel.contents, now);
            }
        }
    }

    fn deliver_to_devices(&mut self, now: Instant) {
        while let Some(parcel) = self.link.arrived(now) {
            if parcel.to == SERVER {
                self.mailbox.push(parcel);
                continue;
            }
            let mut devices = self.devices.values_mut().filter(|device| !device.is_cut);
            let browser =
                devices.find_map(|device| device.browser_mut().filter(|browser| browser.address == parcel.to));
            if let Some(browser) = browser {
                browser.receive(parcel.from, &parcel.contents, now);
            }
        }
    }

    fn turn_shard(&mut self, now: Instant) {
        let Some(server) = self.server.as_mut().filter(|_| self.paused_until.is_none()) else {
            return;
        };
        server.deadline = server.shard.turn(now).unwrap_or(now + limits::TURN_MAX);
        for (to, datagram) in server.shard.take_sent() {
            self.link.send(SERVER, to, &datagram, now);
        }
    }

    async fn turn_errands(&mut self, now: Instant) {
        for mut errand in std::mem::take(&mut self.errands) {
            match errand.outcome.take_if(|outcome| outcome.is_finished()) {
                Some(outcome) => {
                    let outcome = outcome.await.expect("rooms do not panic");
                    assert!(!matches!(outcome, Err(InputError::Panicked(_))), "rooms do not panic");
                    let failed = !matches!(outcome, Ok(()) | Err(InputError::Refused(_)));
                    let came = outcome.map_or_else(|error| error.to_string(), |()| "done".to_owned());
                    self.note(&format!("{}: {came}", errand.what));
                    if failed {
                        errand.at = now + limits::ASK_AGAIN;
                        self.errands.push(errand);
                    }
                    continue;
                }
                None if errand.outcome.is_none() && errand.at <= now => {
                    if let Some(server) = &self.server {
                        let (rooms, space, input) = (server.rooms.clone(), self.space.clone(), errand.input.clone());
                        errand.outcome = Some(ring(&self.bell, async move { rooms.input(space, input).await }));
                    }
                }
                None => {}
            }
            self.errands.push(errand);
        }
    }

    /// Everybody looks at what they were told, and asks for what they want.
    async fn look(&mut self, now: Instant) {
        let names: Vec<String> = self.devices.keys().cloned().collect();
        for name in &names {
            if let Some(news) = self.device(name).look(now).await {
                self.hear(name, news);
            }
            if self.device(name).is_due(now) {
                self.ask(name, now);
            }
            let is = self.describe(name);
            if self.device(name).noted != is {
                self.note(&format!("{name} {is}"));
                self.device(name).noted = is;
            }
        }
    }

    fn hear(&mut self, name: &str, news: News) {
        match news {
            News::Joined(ticket) => self.promises.seats.push(ticket),
            News::Left(session) => {
                self.promises.left.insert(session);
            }
            News::Failed(why) => self.note(&format!("{name} fails: {why}")),
        }
    }

    /// Asks for what the person at this device wants, if anybody can hear it.
    fn ask(&mut self, name: &str, now: Instant) {
        let fresh = [(); 5].map(|()| self.dice.u128(..).to_be_bytes());
        self.addresses += 1;
        let address = SocketAddr::from((Ipv4Addr::new(198, 51, 100, 1), 10_000 + self.addresses));
        let device = self.devices.get_mut(name).expect("it is due");
        let reached = !device.is_cut && self.paused_until.is_none();
        let Some(server) = self.server.as_ref().filter(|_| reached) else {
            device.ask_at = now + limits::ASK_AGAIN;
            return;
        };
        match device.wish {
            Wish::Nothing => {}
            Wish::Out => device.leave(server, &self.space, &self.bell),
            Wish::In => {
                let (browser, offer) = Browser::new(address, device.voice, now);
                let prepared = server.media.answer(&offer).expect("the offer is a good one");
                device.ask(server, &self.space, browser, prepared, fresh, &self.bell);
            }
        }
    }

    pub(super) fn turn_devices(&mut self, now: Instant) {
        for device in self.devices.values_mut() {
            let is_cut = device.is_cut;
            let Some(browser) = device.browser_mut() else { continue };
            let from = browser.address;
            let sent = browser.turn(now);
            if is_cut || sent.is_empty() {
                continue;
            }
            for (to, datagram) in sent {
                self.link.send(from, to, &datagram, now);
            }
            let ticket = device.ticket.as_ref().expect("an answer came before the first packet");
            self.promises.appeared.insert(ticket.session.clone());
        }
    }
}
