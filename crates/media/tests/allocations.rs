//! A packet that goes to ten more people allocates nothing for them.
//!
//! What a packet costs that comes in is the WebRTC stack's: it makes an event of it, with a payload that all who get it share. That is counted
//! here too, as the part that does not depend on how many get it. The allocator counts for this whole program, so it has one test.

mod simulated;

use std::{net::SocketAddr, time::Duration};

use attendee::Browser;
use media::Spreading;
use simulated::plane::{Plane, SERVER};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const STEP: Duration = Duration::from_millis(5);

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

#[test]
fn ten_more_listeners_allocate_nothing() {
    let whole = Spreading::WhereItPays;
    for (shards, spreading) in [(1, whole), (2, whole), (2, Spreading::InTurn)] {
        let few = Meeting::begin(2, shards, spreading).allocations_per_packet(2);
        let many = Meeting::begin(12, shards, spreading).allocations_per_packet(12);
        assert_eq!(few, many, "{shards} {spreading:?}");
        assert!(few <= 16, "a packet that comes in: {few}");
    }
}
