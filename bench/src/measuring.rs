//! What measuring costs the packet path: a meeting through the real shard, once measured and once not.
//!
//! Time in the meeting is simulated, and only what passes in the shard is timed: clients encrypt as much as it does, and would halve what
//! is to be seen. The two take turns of some simulated seconds, and whoever goes first changes.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use attendee::Browser;
use media::{Card, CardKind, Event, Media, Rights, Simulated};
use tokio::sync::mpsc;

use crate::report::{Rates, Round};

const PEOPLE: u16 = 12;
/// As many as are heard at once.
const SPEAKERS: u16 = 3;
const ROUNDS: usize = 31;
/// Windows end in each turn.
const TURN: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(5);
const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 3478);

pub(crate) fn run() -> Result<()> {
    let (mut measured, mut bare) = (
        Meeting::begin(Media::simulated)?,
        Meeting::begin(Media::simulated_without_measuring)?,
    );
    let mut rounds: Vec<Round> = vec![];
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            let ours = measured.rate()?;
            rounds.push((ours, bare.rate()?));
        } else {
            let floor = bare.rate()?;
            rounds.push((measured.rate()?, floor));
        }
    }
    ensure!(
        measured.windows > 0 && bare.windows == 0,
        "one is measured, and one is not"
    );
    let rates = Rates {
        name: "measuring",
        what: format!("packets forwarded by the media thread; {SPEAKERS} of {PEOPLE} speak"),
        unit: "packets",
        floor: "the same without measuring",
        rounds,
        aim: "0.97 or more",
    };
    rates.print();
    Ok(())
}

/// A meeting in a simulated network that loses nothing.
struct Meeting {
    media: Media,
    shard: Simulated,
    events: mpsc::Receiver<Event>,
    browsers: Vec<Browser>,
    now: Instant,
    in_shard: Duration,
    windows: usize,
}

impl Meeting {
    fn begin(plane: fn(SocketAddr, mpsc::Sender<Event>) -> std::io::Result<(Media, Simulated)>) -> Result<Meeting> {
        let (sender, events) = mpsc::channel(10_000);
        let (media, shard) = plane(SERVER, sender)?;
        let mut meeting = Meeting {
            media,
            shard,
            events,
            browsers: vec![],
            now: Instant::now(),
            in_shard: Duration::ZERO,
            windows: 0,
        };
        for port in 1..=PEOPLE {
            let address = SocketAddr::from(([198, 51, 100, 1], port));
            let (mut browser, offer) = Browser::new(address, b'a', meeting.now);
            let prepared = meeting.media.answer(&offer)?;
            browser.accept(prepared.answer_sdp(), meeting.now);
            browser.speaks = port <= SPEAKERS;
            meeting.media.admit(prepared, &format!("session {port}"), "group")?;
            meeting.browsers.push(browser);
        }
        meeting.play(Duration::from_secs(5))?;
        ensure!(
            meeting.browsers.iter().all(Browser::is_joined),
            "somebody is not let in"
        );
        Ok(meeting)
    }

    /// Packets forwarded in a second of the shard's time.
    fn rate(&mut self) -> Result<f64> {
        self.in_shard = Duration::ZERO;
        let before = self.media.counters().packets_forwarded;
        self.play(TURN)?;
        let packets =
            u32::try_from(self.media.counters().packets_forwarded - before).context("ten seconds of packets")?;
        ensure!(packets > 0, "nobody is heard");
        Ok(f64::from(packets) / self.in_shard.as_secs_f64())
    }

    fn play(&mut self, duration: Duration) -> Result<()> {
        let end = self.now + duration;
        while self.now < end {
            self.now += STEP;
            self.step()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        let now = self.now;
        for browser in &mut self.browsers {
            let sent = browser.turn(now);
            let start = Instant::now();
            for (_, datagram) in sent {
                self.shard.receive(browser.address, &datagram, now);
            }
            self.in_shard += start.elapsed();
        }
        let start = Instant::now();
        self.shard.turn(now);
        self.in_shard += start.elapsed();
        for (to, datagram) in self.shard.take_sent() {
            if let Some(browser) = self.browsers.iter_mut().find(|browser| browser.address == to) {
                browser.receive(SERVER, &datagram, now);
            }
        }
        while let Ok(event) = self.events.try_recv() {
            match event {
                Event::Connected { session } => self.media.let_in(&session, "room", card(&session), Rights::MEMBER)?,
                Event::Measured(measured) => self.windows += measured.len(),
                _ => {}
            }
        }
        Ok(())
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
