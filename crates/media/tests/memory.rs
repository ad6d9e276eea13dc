//! How much memory a viewer takes who is there, and is shown nothing.
//!
//! Counted by the allocator around what the server does, and not by the system: real clients are on the other end, in this same
//! process. They offer what a page offers, with all lines for pictures. What was sent of pictures is kept for a second and a half beside this, and is as much
//! as the pictures are. The allocator counts for this whole program, so it has one test.

mod simulated;

use std::{net::SocketAddr, time::Duration};

use attendee::Browser;
use media::Spreading;
use simulated::plane::{Plane, SERVER};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const STEP: Duration = Duration::from_millis(10);
const LINES: usize = 16;
/// What an idle viewer takes at the most: a seventh more than when this was written. A page's offer read line by line would be another eighty.
const VIEWER_KB: isize = 132;

struct Meeting {
    plane: Plane,
    browsers: Vec<Browser>,
    /// Bytes that the server has.
    held: isize,
}

impl Meeting {
    fn begin() -> Meeting {
        Meeting {
            plane: Plane::new(1, Spreading::default()),
            browsers: vec![],
            held: 0,
        }
    }

    /// What the server does is counted; it keeps what it does not give back.
    fn counted<T>(&mut self, work: impl FnOnce(&mut Meeting) -> T) -> T {
        let region = Region::new(&INSTRUMENTED_SYSTEM);
        let result = work(self);
        let change = region.change();
        let freed = isize::try_from(change.bytes_deallocated).expect("it is less than there is");
        self.held += isize::try_from(change.bytes_allocated).expect("it is less than there is") - freed;
        result
    }

    fn join(&mut self) {
        let port = u16::try_from(self.browsers.len()).expect("a few") + 1;
        let address = SocketAddr::from(([198, 51, 100, 1], port));
        let (mut browser, offer) = Browser::seeing(address, LINES, b'v', self.plane.now);
        let answer = self.counted(|meeting| {
            let prepared = meeting.plane.answer(&offer);
            let answer = prepared.answer_sdp().to_owned();
            let admitted = meeting.plane.media.admit(prepared, &port.to_string(), "group");
            admitted.expect("there is room");
            answer
        });
        browser.accept(&answer, self.plane.now);
        self.counted(|_| drop(answer));
        self.browsers.push(browser);
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
        let turns = self.browsers.iter_mut();
        let turns = turns.map(|browser| (browser.address, browser.turn(now)));
        let sent: Vec<(SocketAddr, Vec<u8>)> = turns
            .flat_map(|(from, sent)| sent.into_iter().map(move |(_, datagram)| (from, datagram)))
            .collect();
        self.counted(|meeting| {
            for (from, datagram) in &sent {
                meeting.plane.shard.receive(*from, datagram, now);
            }
            meeting.plane.shard.turn(now);
            meeting.plane.reported();
        });
        let datagrams = self.counted(|meeting| meeting.plane.shard.take_sent());
        for (to, datagram) in &datagrams {
            if let Some(browser) = self.browsers.iter_mut().find(|browser| browser.address == *to) {
                browser.receive(SERVER, datagram, now);
            }
        }
        self.counted(|_| drop(datagrams));
    }
}

#[test]
fn an_idle_viewer_takes_little() {
    let (before, more) = (8, 24);
    let mut meeting = Meeting::begin();
    let mut come = |people: usize| {
        for _ in 0..people {
            meeting.join();
            meeting.play(Duration::from_millis(200));
        }
        meeting.play(Duration::from_secs(5));
        assert!(meeting.browsers.iter().all(Browser::is_joined));
        meeting.held
    };
    // What is there once, and what those take who are there, who are told of more.
    let few = come(before);
    let all = come(more);
    let viewer_kb = (all - few) / isize::try_from(more).expect("a few") / 1_000;
    assert!(viewer_kb <= VIEWER_KB, "{viewer_kb} kB");
}
