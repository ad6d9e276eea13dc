//! How much memory a viewer takes who is there, and is shown nothing.
//!
//! Counted by the allocator around what the server does, and not by the system: real clients are on the other end, in this same
//! process. They offer what a page offers, with all lines for pictures. What was sent of pictures is kept for a second and a half beside this, and is as much
//! as the pictures are. The allocator counts for this whole program, so it has one test.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use attendee::Browser;
use media::{Card, CardKind, Event, Media, Rights, Simulated};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::sync::mpsc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 3478);
const STEP: Duration = Duration::from_millis(10);
const LINES: usize = 16;
/// What an idle viewer takes at the most: a seventh more than when this was written. A page's offer read line by line would be another eighty.
const VIEWER_KB: isize = 132;

struct Meeting {
    media: Media,
    shard: Simulated,
    events: mpsc::Receiver<Event>,
    browsers: Vec<Browser>,
    now: Instant,
    /// Bytes that the server has.
    held: isize,
}

impl Meeting {
    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    fn begin() -> Meeting {
        let (sender, events) = mpsc::channel(1_000);
        let (media, shard) = Media::simulated(SERVER, sender).expect("nothing is bound");
        Meeting {
            media,
            shard,
            events,
            browsers: vec![],
            now: Instant::now(),
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
        let (mut browser, offer) = Browser::seeing(address, LINES, b'v', self.now);
        let answer = self.counted(|meeting| {
            let prepared = meeting.media.answer(&offer).expect("an offer like the web client's");
            let answer = prepared.answer_sdp().to_owned();
            let admitted = meeting.media.admit(prepared, &port.to_string(), "group");
            admitted.expect("there is room");
            answer
        });
        browser.accept(&answer, self.now);
        self.counted(|_| drop(answer));
        self.browsers.push(browser);
    }

    fn play(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now += STEP;
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.now;
        let turns = self.browsers.iter_mut();
        let turns = turns.map(|browser| (browser.address, browser.turn(now)));
        let sent: Vec<(SocketAddr, Vec<u8>)> = turns
            .flat_map(|(from, sent)| sent.into_iter().map(move |(_, datagram)| (from, datagram)))
            .collect();
        self.counted(|meeting| {
            for (from, datagram) in &sent {
                meeting.shard.receive(*from, datagram, now);
            }
            meeting.shard.turn(now);
            while let Ok(event) = meeting.events.try_recv() {
                if let Event::Connected { session } = event {
                    let admitted = meeting.media.let_in(&session, "room", card(&session), Rights::MEMBER);
                    admitted.expect("there is room");
                }
            }
        });
        let datagrams = self.counted(|meeting| meeting.shard.take_sent());
        for (to, datagram) in &datagrams {
            if let Some(browser) = self.browsers.iter_mut().find(|browser| browser.address == *to) {
                browser.receive(SERVER, datagram, now);
            }
        }
        self.counted(|_| drop(datagrams));
    }
}

fn card(name: &str) -> Card {
    Card {
        session_name: name.to_owned(),
        full_session_name: None,
        participant_key: name.to_owned(),
        display_name: name.to_owned(),
        kind: CardKind::Anonymous,
        by_program: false,
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
