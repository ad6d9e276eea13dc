//! One world: a server with its disk, a network, and people with devices. One seed is one run.
//!
//! The world runs on one thread whose time is paused: it moves to the next thing that anybody waits for, so a minute of
//! meeting costs some hundredths of a second, and nothing depends on the machine. Everything that could fall out either way
//! (weather, ids, how long a disk takes, the order of what happens at once) is drawn from the seed. Keys and names of the
//! WebRTC stack are not, as it draws them by itself; nothing that a scenario sees hangs on them.
//!
//! A world that panics prints its seed and what happened so far.

mod visits;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use attendee::Browser;
use fastrand::Rng;
use meeting::{AccessType, ClientKey, ConferenceId, Input, MeetingCode, Settings, SpaceId, Standing, UserId};
use register::{NewSpace, Register};
use rooms::{Clock as _, InputError};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    clock::Clock,
    device::{Device, News, State, Wish, ring, user},
    limits,
    link::{Link, Parcel},
    oracle::{Promises, Record},
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

    // What happens to the world.

    /// The device of this name wants to come in.
    pub(crate) fn join(&mut self, name: &str, standing: Standing) {
        let now = self.now();
        let person = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let voice = u8::try_from(self.devices.len()).expect("few devices");
        let device = self.devices.entry(name.to_owned());
        let device = device.or_insert_with(|| Device::new(person, standing, voice, now));
        if matches!(device.state, State::Out(_)) {
            device.state = State::Away;
        }
        (device.wish, device.ask_at) = (Wish::In, now);
    }

    /// The device of this name leaves, and says so until it is heard.
    pub(crate) fn leave(&mut self, name: &str) {
        let now = self.now();
        let device = self.device(name);
        (device.state, device.wish, device.ask_at) = (State::Away, Wish::Out, now);
    }

    /// The tab is closed: the transport says goodbye, and nobody is at home any more.
    pub(crate) fn close(&mut self, name: &str) {
        let now = self.now();
        let device = self.device(name);
        if let Some(browser) = device.browser_mut() {
            browser.close(now);
        }
        self.turn_devices(now);
        self.vanish(name);
    }

    /// The device is switched off without a word.
    pub(crate) fn vanish(&mut self, name: &str) {
        self.device(name).vanish();
    }

    /// The page is loaded again: the client comes back with its secret, and the old transport is silent.
    pub(crate) fn reload(&mut self, name: &str) {
        let now = self.now();
        let device = self.device(name);
        (device.state, device.wish, device.ask_at) = (State::Away, Wish::In, now);
    }

    /// The network cable is pulled, or put back.
    pub(crate) fn cut(&mut self, name: &str, is_cut: bool) {
        let device = self.device(name);
        device.is_cut = is_cut;
        device.was_cut |= is_cut;
    }

    /// The last mile to a device gets narrow.
    pub(crate) fn narrow(&mut self, name: &str, bytes_per_second: u32) {
        let now = self.now();
        let browser = self.devices.get(name).and_then(Device::browser);
        let address = browser.expect("whoever has a last mile is there").address;
        self.link.narrow(address, bytes_per_second, now);
    }

    /// Speaks, or is silent.
    pub(crate) fn speak(&mut self, name: &str, speaks: bool) {
        let device = self.device(name);
        device.speaks = speaks;
        if let Some(browser) = device.browser_mut() {
            browser.speaks = speaks;
        }
    }

    /// So many strangers, each from another client, are answered and never send a packet.
    pub(crate) async fn crowd(&mut self, count: usize) {
        let now = self.now();
        for number in 0..count {
            let fresh = [(); 5].map(|()| self.dice.u128(..).to_be_bytes());
            let mut stranger = Device::new("nobody", Standing::Stranger, 0, now);
            stranger.client = ClientKey(u64::MAX - number as u64);
            let server = self.server.as_ref().expect("the server runs");
            let (browser, offer) = Browser::new(SERVER, 0, now);
            let prepared = server.media.answer(&offer).expect("the offer is a good one");
            stranger.ask(server, &self.space, browser, prepared, fresh, &self.bell);
            if let State::Asks { outcome, .. } = stranger.state {
                outcome
                    .await
                    .expect("rooms do not panic")
                    .expect("there is room on the way");
            }
        }
    }

    /// Writes to everybody.
    pub(crate) fn write(&mut self, name: &str, text: &str) {
        let browser = self.device(name).browser_mut();
        browser.expect("whoever writes is in").write(text);
    }

    /// A host lets a device in, or does not.
    pub(crate) fn answer_knock(&mut self, name: &str, admit: bool) {
        let conference = ConferenceId::from_random(self.dice.u128(..).to_be_bytes());
        let Some(ticket) = self.device(name).ticket.clone() else {
            return;
        };
        let session = ticket.session;
        let input = if admit {
            Input::Admit { session, conference }
        } else {
            Input::Deny { session }
        };
        self.host(if admit { "admits" } else { "denies" }, name, input);
    }

    /// A host puts somebody out, with all their devices.
    pub(crate) fn remove(&mut self, name: &str) {
        let Some(ticket) = self.device(name).ticket.clone() else {
            return;
        };
        let participant = ticket.participant;
        self.host("removes", name, Input::Remove { participant });
    }

    /// A host chooses other settings.
    pub(crate) fn configure(&mut self, what: &str, settings: Settings) {
        self.host("chooses", what, Input::Configure(settings));
    }

    /// A host does something about the recording.
    pub(crate) fn record_so(&mut self, verb: &str, input: Input) {
        self.host(verb, "the recording", input);
    }

    /// A host ends the meeting for all.
    pub(crate) fn end(&mut self) {
        self.host("ends", "the meeting", Input::EndConference);
    }

    fn host(&mut self, verb: &str, object: &str, input: Input) {
        let at = self.now();
        self.errands.push(Errand {
            what: format!("host {verb} {object}"),
            input,
            at,
            outcome: None,
        });
    }

    /// The server dies.
    pub(crate) fn crash(&mut self, how: &str) {
        let (now, died) = (self.now(), self.clock.now());
        if self.server.take().is_none() {
            return;
        }
        self.note(&format!("server dies {how}"));
        self.store.kill();
        self.stopping = None;
        self.start_at = Some(now + limits::SUPERVISOR);
        self.errands.retain(|errand| errand.outcome.is_none());
        // Then its last sign of life was written when it should be.
        let in_time = self.is_punctual && !self.store.has_failed();
        for device in self.devices.values_mut() {
            let heard = in_time && device.is_in() && !device.was_cut;
            if let Some(ticket) = device.ticket.clone().filter(|_| heard) {
                // The first time counts: a client takes seconds to notice, and by then the server may die again.
                self.promises.cut_off.entry(ticket.session).or_insert(died);
            }
            device.hang_up(now);
        }
    }

    /// The server is stopped in good order, and started again.
    pub(crate) fn stop(&mut self, patience: Duration) {
        let Some(server) = &self.server else { return };
        let rooms = server.rooms.clone();
        self.stopping = Some(ring(&self.bell, async move { rooms::drain(&rooms, patience).await }));
    }

    /// The server's process stands still for so long. What it has begun to write is written.
    pub(crate) fn pause(&mut self, duration: Duration) {
        self.paused_until = Some(self.now() + duration);
    }

    /// Somebody sets the clock on the wall.
    pub(crate) fn set_clock(&mut self, seconds: i64) {
        self.clock.set_by(seconds);
        self.is_punctual = false;
    }

    /// Everything sleeps for so long.
    pub(crate) fn sleep(&mut self, seconds: i64) {
        self.clock.sleep(seconds);
        self.is_punctual = false;
    }

    /// Notes what has come to everybody so far, line by line.
    pub(crate) fn note_taken(&mut self) {
        let taken = |(name, device): (&String, &Device)| {
            let lines = device.browser()?.taken().iter().enumerate();
            let lines = lines.filter(|(_, line)| line.packets > 0);
            let told = lines.map(|(place, line)| {
                let (packets, fingerprint) = (line.packets, line.fingerprint());
                format!("{packets} packets on line {place}, {fingerprint:016x}")
            });
            let told: Vec<String> = told.collect();
            (!told.is_empty()).then(|| format!("{name} has {}", told.join("; ")))
        };
        for taken in self.devices.iter().filter_map(taken).collect::<Vec<_>>() {
            self.note(&taken);
        }
    }

    // What can be asked of it.

    /// How a device is.
    pub(crate) fn describe(&self, name: &str) -> String {
        self.devices.get(name).map_or("away".to_owned(), Device::describe)
    }

    /// The words of chat that a device has read, sorted.
    pub(crate) fn chat(&self, name: &str) -> String {
        let browser = self.devices.get(name).and_then(Device::browser);
        let mut words = browser.map_or(vec![], |browser| browser.chat.clone());
        words.sort();
        words.join(" ")
    }

    /// How many are at the door, as a host has been told.
    pub(crate) fn queue(&self, name: &str) -> String {
        let browser = self.devices.get(name).and_then(Device::browser);
        browser.map_or("not there".to_owned(), |browser| browser.knocks.to_string())
    }

    /// The longest silence of a speaker at a listener in the last seconds.
    pub(crate) fn silence(&self, listener: &str, speaker: &str, seconds: u64) -> Duration {
        let now = self.now();
        let browser = self.devices.get(listener).and_then(Device::browser);
        let voice = self.devices[speaker].voice;
        let since = now
            .checked_sub(Duration::from_secs(seconds))
            .expect("the world is older");
        browser.map_or(Duration::MAX, |browser| browser.longest_silence(voice, since, now))
    }

    /// What the register says.
    pub(crate) async fn record(&self) -> Option<Record> {
        let server = self.server.as_ref()?;
        Some(Record::read(&server.register, &self.owner, self.clock.now()).await)
    }

    /// Holds everything to the rules.
    pub(crate) async fn check(&self) {
        let (Some(server), Some(record)) = (&self.server, self.record().await) else {
            return;
        };
        record.check_rules();
        record.check_promises(&self.promises);
        Record::check_memory(server, &self.space).await;
    }

    /// Waits until everybody who is in sees the people whom the register has, and has read the same.
    pub(crate) async fn agree(&mut self) {
        let deadline = self.clock.age() + limits::RECOVERY;
        loop {
            let differing = self.differing().await;
            if differing.is_empty() {
                return;
            }
            let names = differing.join(" and ");
            assert!(self.clock.age() < deadline, "{names} do not see who is there");
            self.pass(self.clock.age() + limits::LOOK).await;
        }
    }

    /// Something that can be told of the world, once it is as expected or in the end.
    pub(crate) async fn becomes(&mut self, expected: &str, tell: impl Fn(&World) -> String) -> String {
        let deadline = self.clock.age() + limits::RECOVERY;
        while tell(self) != expected && self.clock.age() < deadline {
            self.pass(self.clock.age() + limits::LOOK).await;
        }
        tell(self)
    }

    async fn differing(&self) -> Vec<String> {
        let Some(server) = &self.server else {
            return vec!["those without a server".to_owned()];
        };
        let present = Record::present(server, &self.space).await;
        let inside = self.devices.iter().filter(|(_, device)| device.is_in());
        let inside: Vec<(&String, &Browser)> = inside
            .filter_map(|(name, device)| Some((name, device.browser()?)))
            .collect();
        let chats = inside.iter().map(|(_, browser)| &browser.chat);
        let longest = chats.max_by_key(|chat| chat.len()).cloned().unwrap_or_default();
        let differing = inside.into_iter().filter(|(_, browser)| {
            let sees_all = browser.people().iter().copied().eq(present.iter().map(String::as_str));
            // Whoever came later has not read what was said before.
            !sees_all || !longest.ends_with(&browser.chat)
        });
        differing.map(|(name, _)| name.clone()).collect()
    }

    /// Everybody falls silent: all ends by itself, in the register, in the rooms and in the media plane.
    pub(crate) async fn run_out(&mut self) {
        self.note("everybody is gone");
        for device in self.devices.values_mut() {
            device.vanish();
        }
        self.errands.clear();
        let deadline = self.clock.age() + limits::QUIET_WITHIN;
        while !self.record().await.is_some_and(|record| record.is_over()) && self.clock.age() < deadline {
            self.pass(self.clock.age() + Duration::from_secs(1)).await;
        }
        self.pass(self.clock.age() + limits::FAREWELL).await;
        self.check().await;
        let record = self.record().await.expect("the server runs by now");
        record.check_quiet(self.server.as_ref().expect("the server runs by now"), &self.space);
    }

    // How time passes.

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

    async fn start(&mut self) {
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

    fn turn_devices(&mut self, now: Instant) {
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
