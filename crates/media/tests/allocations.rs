//! A packet that goes to ten more people allocates nothing for them, be it sound or a part of a picture.
//!
//! What a packet costs that comes in is the WebRTC stack's: it makes an event of it, with a payload that all who get it share. That is counted
//! here too, as the part that does not depend on how many get it. The allocator counts for this whole program, so it has one test.

mod simulated;

use std::{net::SocketAddr, time::Duration};

use attendee::Browser;
use media::Spreading;
use simulated::{
    people::{Work, World},
    plane::{Plane, SERVER},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const STEP: Duration = Duration::from_millis(5);

const WARM_UP: Duration = Duration::from_secs(6);
const FILMED: Duration = Duration::from_secs(8);
const SMALL_BPS: usize = 600_000;
const LARGE_BPS: usize = 2_400_000;

struct Meeting {
    plane: Plane,
    browsers: Vec<Browser>,
    /// Of each step in which one packet of sound came in and nothing else: to how many it went, and how often memory was asked for.
    steps: Vec<(u64, usize)>,
}

impl Meeting {
    /// One who speaks, and so many who listen, on the last of so many shards or carried by all of them.
    fn begin(listeners: u16, shards: usize, spreading: Spreading) -> Meeting {
        let mut meeting = Meeting {
            plane: Plane::new(shards, spreading),
            browsers: vec![],
            steps: vec![],
        };
        let now = meeting.plane.now;
        for port in 1..=1 + listeners {
            let address = SocketAddr::from(([198, 51, 100, 1], port));
            let (mut browser, offer) = Browser::new(address, b'a', now);
            let prepared = meeting.plane.answer(&offer);
            browser.accept(prepared.answer_sdp(), now);
            browser.speaks = port == 1;
            let session = port.to_string();
            meeting
                .plane
                .media
                .admit(prepared, &session, "group")
                .expect("there is room");
            meeting.browsers.push(browser);
        }
        meeting.play(Duration::from_secs(5));
        assert!(meeting.browsers.iter().all(Browser::is_joined));
        meeting.steps.clear();
        meeting
    }

    fn play(&mut self, duration: Duration) {
        let end = self.plane.now + duration;
        while self.plane.now < end {
            self.plane.now += STEP;
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.plane.now;
        let turns = self
            .browsers
            .iter_mut()
            .map(|browser| (browser.address, browser.turn(now)));
        let sent = turns.flat_map(|(from, sent)| sent.into_iter().map(move |(_, datagram)| (from, datagram)));
        let sent: Vec<(SocketAddr, Vec<u8>)> = sent.collect();
        let forwarded = self.plane.media.counters().packets_forwarded;
        let region = Region::new(&INSTRUMENTED_SYSTEM);
        for (from, datagram) in &sent {
            self.plane.shard.receive(*from, datagram, now);
        }
        self.plane.shard.turn(now);
        let change = region.change();
        let forwarded = self.plane.media.counters().packets_forwarded - forwarded;
        if forwarded > 0 && sent.len() == 1 {
            self.steps.push((forwarded, change.allocations + change.reallocations));
        }
        for (to, datagram) in self.plane.shard.take_sent() {
            if let Some(browser) = self.browsers.iter_mut().find(|browser| browser.address == to) {
                browser.receive(SERVER, &datagram, now);
            }
        }
        self.plane.reported();
    }

    /// What a packet usually costs, after warm-up: some steps are also those in which a second is over.
    fn allocations_per_packet(&mut self, listeners: u64) -> usize {
        self.play(Duration::from_secs(5));
        let whole = self.steps.iter().filter(|(forwarded, _)| *forwarded == listeners);
        let mut allocations: Vec<usize> = whole.map(|(_, allocations)| *allocations).collect();
        assert!(allocations.len() > 100, "most packets come alone and go to all");
        allocations.sort_unstable();
        allocations[allocations.len() / 2]
    }
}

/// A packet that comes in asks the stack for so much.
const OF_A_PACKET: usize = 3;

/// Two who film, and so many who watch both of them and say nothing, on networks that lose two or three packets in a second. Of each step of
/// some seconds after warm-up, what it cost.
fn filmed(viewers: usize, camera_bps: usize) -> Vec<Work> {
    let mut world = World::new(1);
    let cameras = ["ada", "ben"];
    for name in cameras {
        let person = world.join(name, camera_bps);
        world.people[person].speaks_dbov = None;
    }
    let cameras = cameras.map(|name| format!("participants/{name}"));
    for viewer in 0..viewers {
        let person = world.join(&format!("viewer {viewer}"), 0);
        world.people[person].speaks_dbov = None;
        world.people[person].down.loses = match camera_bps {
            SMALL_BPS => |packet| packet.is_multiple_of(50),
            _ => |packet| packet.is_multiple_of(200),
        };
        world.play(Duration::from_millis(100));
        world.looks_at(person, &cameras);
    }
    world.play(WARM_UP);
    world.counter = Some(|| {
        let stats = INSTRUMENTED_SYSTEM.stats();
        stats.allocations + stats.reallocations
    });
    world.play(FILMED);
    world.works
}

/// What a picture usually costs, of so many packets that come together and go to so many people. Sometimes something is due besides.
fn allocations_per_picture(works: &[Work], packets: usize, viewers: u64) -> usize {
    let is_whole = |work: &&Work| work.packets == packets && work.forwarded == packets as u64 * viewers;
    let mut allocations: Vec<usize> = works.iter().filter(is_whole).map(|work| work.counted).collect();
    assert!(allocations.len() > 100, "most pictures come at once and go to all");
    allocations.sort_unstable();
    allocations[allocations.len() / 2]
}

/// What was asked for besides the packets that came in, and to how many people those went.
fn besides(works: &[Work]) -> (usize, u64) {
    let counted: usize = works.iter().map(|work| work.counted).sum();
    let packets: usize = works.iter().map(|work| work.packets).sum();
    let forwarded = works.iter().map(|work| work.forwarded).sum();
    (counted - OF_A_PACKET * packets, forwarded)
}

fn ten_more_listeners() {
    let whole = Spreading::WhereItPays;
    for (shards, spreading) in [(1, whole), (2, whole), (2, Spreading::InTurn)] {
        let few = Meeting::begin(2, shards, spreading).allocations_per_packet(2);
        let many = Meeting::begin(12, shards, spreading).allocations_per_packet(12);
        assert_eq!(few, many, "{shards} {spreading:?}");
        assert!(few <= 16, "a packet that comes in: {few}");
    }
}

/// A picture costs what its packets cost that come in, whoever sees it: those kept to be sent again, their numbers, and what is told of them
/// are in places that are there. What viewers cost besides, by timers, by reports and by what they miss, is by the second: four times as many
/// packets cost no more of it.
fn ten_more_viewers() {
    let packets = |camera_bps: usize| camera_bps / 8 / 25 / 1_000;
    let [_, small, large] = [(2, LARGE_BPS), (12, SMALL_BPS), (12, LARGE_BPS)].map(|(viewers, camera_bps)| {
        let works = filmed(viewers, camera_bps);
        let packets = packets(camera_bps);
        let of_a_picture = allocations_per_picture(&works, packets, viewers as u64);
        assert_eq!(of_a_picture, OF_A_PACKET * packets, "{packets} packets to {viewers}");
        besides(&works)
    });
    let more = large.0.saturating_sub(small.0);
    let most = usize::try_from((large.1 - small.1) / 100).expect("some thousands");
    assert!(more <= most, "{more} for {} packets more", large.1 - small.1);
}

#[test]
fn ten_more_people_allocate_nothing() {
    ten_more_listeners();
    ten_more_viewers();
}
