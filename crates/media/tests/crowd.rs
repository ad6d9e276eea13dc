//! Many people in one room, in simulated time: what the server does while they say nothing, and what it tells while they come.
//!
//! Real clients on both ends of the real shard. Nothing here measures the machine: what is counted is work, by how often a session is given
//! the time, and by the texts that are told. Rooms of five hundred are played by the room's own tests.

#![expect(clippy::unwrap_used, reason = "whatever fails here fails the test")]

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use attendee::{Browser, Told};
use media::{Card, CardKind, Event, Media, Rights, Simulated};
use tokio::{runtime::Runtime, sync::mpsc};

const SERVER: ([u8; 4], u16) = ([203, 0, 113, 1], 4_000);
const UNDER_WAY: Duration = Duration::from_millis(5);
/// Time does not stand still.
const STEP_MIN: Duration = Duration::from_micros(100);

/// A datagram under way: from, to, and what is in it.
type Parcel = (SocketAddr, SocketAddr, Vec<u8>);

struct World {
    /// Its clock is paused, and is what the media plane reads.
    runtime: Runtime,
    media: Media,
    shard: Simulated,
    events: mpsc::Receiver<Event>,
    people: BTreeMap<SocketAddr, Browser>,
    under_way: BTreeMap<(Instant, u64), Parcel>,
    /// All datagrams so far, and those of the server.
    sent: u64,
    sent_by_server: u64,
    deadline: Instant,
    now: Instant,
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    fn new() -> World {
        let paused = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let runtime = paused.unwrap();
        let (sender, events) = mpsc::channel(10_000);
        let guard = runtime.enter();
        let (media, shard) = Media::simulated(SERVER.into(), sender).unwrap();
        let now = tokio::time::Instant::now().into_std();
        drop(guard);
        World {
            runtime,
            media,
            shard,
            events,
            people: BTreeMap::new(),
            under_way: BTreeMap::new(),
            sent: 0,
            sent_by_server: 0,
            deadline: now,
            now,
        }
    }

    /// Somebody with so many lines for pictures.
    fn join(&mut self, lines: usize) -> SocketAddr {
        let number = self.people.len();
        let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
        let address: SocketAddr = ([198, 51, high, low], 5_000).into();
        let (mut browser, offer) = Browser::seeing(address, lines, b'v', self.now);
        let guard = self.runtime.enter();
        let prepared = self.media.answer(&offer).unwrap();
        drop(guard);
        let answer = prepared.answer_sdp().to_owned();
        let session = format!("browser{number}");
        self.media.admit(prepared, &session, "group").unwrap();
        browser.accept(&answer, self.now);
        self.people.insert(address, browser);
        self.deadline = self.now;
        address
    }

    /// Lets time pass, from one thing that happens to the next.
    fn play(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.step();
            let arrival = self.under_way.keys().next().map(|(at, _)| *at);
            let people = self.people.values().map(Browser::next_deadline).min();
            let next = [arrival, people]
                .into_iter()
                .flatten()
                .fold(self.deadline, Instant::min);
            let next = next.max(self.now + STEP_MIN).min(end);
            self.runtime.block_on(tokio::time::advance(next - self.now));
            self.now = next;
        }
    }

    fn step(&mut self) {
        let now = self.now;
        while let Some(first) = self.under_way.first_entry().filter(|first| first.key().0 <= now) {
            let (from, to, contents) = first.remove();
            if to == SERVER.into() {
                self.shard.receive(from, &contents, now);
                self.deadline = now;
            } else if let Some(browser) = self.people.get_mut(&to) {
                browser.receive(from, &contents, now);
            }
        }
        let mut parcels: Vec<Parcel> = vec![];
        for (address, browser) in &mut self.people {
            let sent = browser.turn(now).into_iter();
            parcels.extend(sent.map(|(to, contents)| (*address, to, contents)));
        }
        if self.deadline <= now {
            self.deadline = self.shard.turn(now).unwrap();
            let sent = self.shard.take_sent();
            self.sent_by_server += sent.len() as u64;
            parcels.extend(sent.into_iter().map(|(to, contents)| (SERVER.into(), to, contents)));
        }
        while let Ok(event) = self.events.try_recv() {
            if let Event::Connected { session } = event {
                let let_in = self.media.let_in(&session, "room", card(&session), Rights::MEMBER);
                let_in.unwrap();
                self.deadline = now;
            }
        }
        for parcel in parcels {
            self.sent += 1;
            self.under_way.insert((now + UNDER_WAY, self.sent), parcel);
        }
    }
}

fn card(name: &str) -> Card {
    let participant_key = format!("participants/{name:0>20}");
    let session_name = format!("{participant_key}/participantSessions/{name:0>20}");
    Card {
        full_session_name: Some(format!("conferenceRecords/c/{session_name}")),
        participant_key,
        session_name,
        display_name: name.to_owned(),
        kind: CardKind::Anonymous,
        by_program: false,
    }
}

/// Beside their checks of consent, sixteen lines each and nothing on them: once a second for what is measured, and no more. Here are ten,
/// because what a session costs does not depend on how many there are.
#[test]
fn who_says_and_shows_nothing_is_hardly_looked_after() {
    let (people, seconds) = (10, 60);
    let mut world = World::new();
    for _ in 0..people {
        world.join(16);
    }
    world.play(Duration::from_secs(5));
    assert!(world.people.values().all(Browser::is_joined));
    let (settlings, sent) = (world.media.counters().settlings, world.sent_by_server);
    world.play(Duration::from_secs(seconds));
    let settlings = world.media.counters().settlings - settlings;
    let sent = world.sent_by_server - sent;
    let person_seconds = people * seconds;
    let is_looked_after = settlings >= person_seconds / 2;
    assert!(
        is_looked_after && settlings <= person_seconds * 3 / 2,
        "{settlings} times"
    );
    assert!(sent <= person_seconds, "{sent} datagrams");
}

/// Their packets come more often than any timer is due, and put none of them off.
#[test]
fn who_sends_and_is_sent_nothing_has_their_reports() {
    let seconds = 20;
    let mut world = World::new();
    let ada = world.join(0);
    world.play(Duration::from_secs(5));
    world.people.get_mut(&ada).unwrap().speaks = true;
    let (settlings, sent) = (world.media.counters().settlings, world.sent_by_server);
    world.play(Duration::from_secs(seconds));
    let settlings = world.media.counters().settlings - settlings;
    assert!(settlings >= 4 * seconds, "timers ran {settlings} times");
    assert!(world.sent_by_server - sent >= 4 * seconds, "it is told what arrives");
}

#[test]
fn two_hundred_who_come_within_five_seconds_are_in_and_told_of_each_other_once() {
    let people = 200;
    let mut world = World::new();
    for _ in 0..people {
        world.join(0);
        world.play(Duration::from_millis(25));
    }
    world.play(Duration::from_secs(2));
    assert!(world.people.values().all(|browser| browser.people().len() == people));
    let told: Vec<Told> = world.people.values().map(|browser| browser.told).collect();
    // Who came last was told everything, and as little beside it as anybody.
    let roll_bytes = told.iter().map(|told| told.bytes).min().unwrap();
    for Told { texts, bytes } in told {
        assert!(texts <= 60, "{texts} texts");
        assert!(bytes <= roll_bytes * 11 / 10, "{bytes} bytes and not {roll_bytes}");
    }
}
