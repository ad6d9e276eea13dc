//! Who attends, and what is made of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

use crate::{
    Threads,
    bare::{Burst, Sinks},
    client::{CAMERA, Client, PACKET_BYTES, PICTURE_EVERY_US, Part, SOUND_BYTES, SOUND_EVERY_US},
    crowd::{Crowd, Stage},
    order::{Answer, Order},
    reading::Reading,
    server::Server,
};

/// From one who joins to the next: a crowd, not a storm.
const JOIN_EVERY: Duration = Duration::from_millis(10);
/// How long it may take until everybody receives.
const GATHERING: Duration = Duration::from_secs(30);
/// Until what is allocated once is.
const WARM_UP: Duration = Duration::from_secs(3);
/// How long the floor is measured, before and after.
const BARE_SECONDS: u64 = 2;

/// A meeting of one shape.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    what: &'static str,
    cameras: usize,
    camera_bps: u64,
    speakers: usize,
    listeners: usize,
    /// At how many cameras each looks.
    pictures: usize,
    /// Whether those with cameras look at each other.
    is_mutual: bool,
}

/// Lines of sound that each receives.
const VOICES: usize = 3;

pub(crate) const SCENARIOS: [Scenario; 5] = [
    Scenario {
        name: "1-50",
        what: "one camera of 1.5 Mbit/s to 50",
        cameras: 1,
        camera_bps: 1_500_000,
        speakers: 0,
        listeners: 50,
        pictures: 1,
        is_mutual: false,
    },
    Scenario {
        name: "1-300",
        what: "one camera of 1.5 Mbit/s to 300",
        cameras: 1,
        camera_bps: 1_500_000,
        speakers: 0,
        listeners: 300,
        pictures: 1,
        is_mutual: false,
    },
    Scenario {
        name: "4-300",
        what: "four cameras of 1.5 Mbit/s to 300",
        cameras: 4,
        camera_bps: 1_500_000,
        speakers: 0,
        listeners: 300,
        pictures: 4,
        is_mutual: false,
    },
    Scenario {
        name: "20-20",
        what: "20 cameras of 276 kbit/s, each to 16 of the others",
        cameras: 20,
        camera_bps: 276_000,
        speakers: 0,
        listeners: 0,
        pictures: 16,
        is_mutual: true,
    },
    Scenario {
        name: "speakers",
        what: "10 who speak, three of them heard by 480 each",
        cameras: 0,
        camera_bps: 0,
        speakers: 10,
        listeners: 470,
        pictures: 0,
        is_mutual: false,
    },
];

/// What was measured.
pub(crate) struct Figures {
    estimates: bool,
    threads: Threads,
    bare_us: f64,
    ours_us: f64,
    core_share: f64,
    packets_per_s: f64,
    delays_us: Vec<u32>,
    subscriber_bytes: f64,
    join_ms: f64,
    allocations_per_packet: f64,
    datagrams_in_per_packet: f64,
    unsent: u64,
}

impl Scenario {
    /// Runs it in a room on each of so many media threads, or in one room over all of them.
    pub(crate) fn run(&self, estimates: bool, seconds: u64, threads: Threads) -> Result<Figures> {
        let rooms = threads.rooms();
        let mut server = Server::start(estimates, threads)?;
        let before_us = self.bare_us(&mut server)?;
        let stage = Arc::<Stage>::default();
        let crowds = [(); 3].map(|()| Crowd::start(&stage));
        let empty = server.read()?;
        for room in 0..rooms {
            self.join_all(&mut server, &crowds, room)?;
        }
        let joined = server.read()?;
        stage.sends.store(true, Relaxed);
        self.gather(&stage, rooms)?;
        thread::sleep(WARM_UP);
        stage.is_measured.store(true, Relaxed);
        let (mut readings, start) = (vec![server.read()?], Instant::now());
        for _ in 0..seconds {
            thread::sleep(Duration::from_secs(1));
            readings.push(server.read()?);
        }
        let elapsed = start.elapsed();
        stage.is_over.store(true, Relaxed);
        let mut delays_us = vec![];
        for crowd in crowds {
            delays_us.extend(crowd.end()?.into_iter().flat_map(|client| client.delays_us));
        }
        delays_us.sort_unstable();
        let after_us = self.bare_us(&mut server)?;
        let people = rooms * (self.cameras + self.speakers + self.listeners);
        let figures = Figures {
            estimates,
            threads,
            bare_us: f64::midpoint(before_us, after_us),
            ..Figures::between(&empty, &joined, people, &readings, elapsed)?
        };
        Ok(Figures { delays_us, ..figures })
    }

    /// Those who send go first: they are on the first thread, the last who joins is measured by and is on the third, with
    /// the first who receives.
    fn join_all(&self, server: &mut Server, crowds: &[Crowd; 3], room: usize) -> Result<()> {
        let camera = Part {
            camera_bps: Some(self.camera_bps),
            pictures: if self.is_mutual { self.pictures } else { 0 },
            is_probe: self.is_mutual,
            ..Part::default()
        };
        let speaker = Part {
            speaks: true,
            ..Part::default()
        };
        let listener = Part {
            pictures: self.pictures,
            ..Part::default()
        };
        for index in 0..self.cameras {
            join(server, room, &crowds[0], &format!("{CAMERA} {index} in {room}"), camera)?;
        }
        for index in 0..self.speakers {
            join(server, room, &crowds[0], &format!("speaker {index} in {room}"), speaker)?;
        }
        for index in 0..self.listeners {
            let is_probe = index == 0 || index + 1 == self.listeners;
            let crowd = &crowds[if is_probe { 2 } else { 1 }];
            join(
                server,
                room,
                crowd,
                &format!("listener {index} in {room}"),
                Part { is_probe, ..listener },
            )?;
        }
        Ok(())
    }

    /// Waits until everybody who is to receive does.
    fn gather(&self, stage: &Stage, rooms: usize) -> Result<()> {
        let senders = if self.is_mutual { self.cameras } else { 0 };
        let expected = rooms * (self.listeners + senders);
        let start = Instant::now();
        while stage.receiving.load(Relaxed) < expected {
            ensure!(
                start.elapsed() < GATHERING,
                "{} of {expected} receive",
                stage.receiving.load(Relaxed)
            );
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// What the same packets cost the floor.
    fn bare_us(&self, server: &mut Server) -> Result<f64> {
        let receivers = if self.is_mutual { self.cameras } else { self.listeners };
        let lines = if self.pictures > 0 { self.pictures } else { VOICES };
        let sinks = Sinks::bind(receivers)?;
        let to = sinks.addresses()?;
        let picture_bytes = self.camera_bps * PICTURE_EVERY_US / 8_000_000;
        let burst = if self.pictures > 0 {
            Burst {
                packets: usize::try_from(picture_bytes)?.div_ceil(PACKET_BYTES),
                payload_bytes: PACKET_BYTES,
                every_us: PICTURE_EVERY_US / lines as u64,
            }
        } else {
            Burst {
                packets: 1,
                payload_bytes: SOUND_BYTES,
                every_us: SOUND_EVERY_US / lines as u64,
            }
        };
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let reading = thread::spawn(move || sinks.run(&over));
        let answer = server.order(&Order::Bare {
            to,
            burst,
            seconds: BARE_SECONDS,
        })?;
        is_over.store(true, Relaxed);
        if !reading.join().is_ok_and(|read| read.is_ok()) {
            bail!("the floor's receivers failed");
        }
        match answer {
            Answer::Bare { us_per_packet } => Ok(us_per_packet),
            other => bail!("no floor: {other:?}"),
        }
    }
}

fn join(server: &mut Server, room: usize, crowd: &Crowd, session: &str, part: Part) -> Result<()> {
    let (mut client, offer) = Client::new(part)?;
    let session = session.to_owned();
    let Answer::Joined { answer } = server.order(&Order::Join { session, room, offer })? else {
        bail!("nobody is let in");
    };
    client.accept(&answer)?;
    crowd.add(client)?;
    thread::sleep(JOIN_EVERY);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2 to the 52")]
impl Figures {
    fn between(
        empty: &Reading,
        joined: &Reading,
        people: usize,
        readings: &[Reading],
        elapsed: Duration,
    ) -> Result<Figures> {
        let ([from, ..], [.., to]) = (readings, readings) else {
            bail!("nothing was measured");
        };
        // Whatever else the machine does hits one second or another, so what counts is the middle one.
        let mut us: Vec<f64> = readings
            .windows(2)
            .map(|pair| pair[0].us_per_packet(&pair[1]))
            .collect();
        us.sort_by(f64::total_cmp);
        let (people, packets) = (people as f64, (to.forwarded - from.forwarded) as f64);
        let used_ns = (to.media_ns - from.media_ns) as f64;
        Ok(Figures {
            estimates: false,
            threads: Threads::ONE,
            bare_us: 0.0,
            ours_us: us.get(us.len() / 2).copied().unwrap_or_default(),
            core_share: used_ns / 1e9 / elapsed.as_secs_f64(),
            packets_per_s: packets / elapsed.as_secs_f64(),
            delays_us: vec![],
            subscriber_bytes: (to.resident_bytes as f64 - empty.resident_bytes as f64) / people,
            join_ms: (joined.process_ns - empty.process_ns) as f64 / 1e6 / people,
            allocations_per_packet: (to.allocations - from.allocations) as f64 / packets,
            datagrams_in_per_packet: (to.datagrams_in - from.datagrams_in) as f64 / packets,
            unsent: to.unsent - from.unsent,
        })
    }

    #[expect(clippy::print_stdout, reason = "a benchmark speaks on the console")]
    pub(crate) fn print(&self, scenario: &Scenario) {
        let estimated = if self.estimates { ", networks estimated" } else { "" };
        let rooms = match self.threads {
            Threads { count, spread: true } => format!(", in one room over {count} media threads"),
            Threads { count, .. } if count > 1 => format!(", in each of {count} rooms on as many media threads"),
            _ => String::new(),
        };
        println!("media {}: {}{estimated}{rooms}", scenario.name, scenario.what);
        println!(
            "  Sederunt  {:>8.2} µs of media threads per packet forwarded",
            self.ours_us
        );
        println!(
            "  floor     {:>8.2} µs  a loop that seals with AES-128-GCM and sends with GSO",
            self.bare_us
        );
        println!("  ratio     {:>8.2}     aim: 2.0 or less", self.ours_us / self.bare_us);
        println!(
            "  load      {:>8.0} packets/s, {:.1} % of a core; {} datagrams were not taken, {:.2} came in for each packet",
            self.packets_per_s,
            self.core_share * 100.0,
            self.unsent,
            self.datagrams_in_per_packet
        );
        let at = |share: usize| {
            self.delays_us
                .get((self.delays_us.len() * share / 100).saturating_sub(1))
        };
        if let (Some(half), Some(most)) = (at(50), at(99)) {
            let ms = |us: &u32| f64::from(*us) / 1_000.0;
            println!(
                "  delay     {:>8.2} ms p50, {:.2} ms p99, from socket to socket     aim: p99 under 2 ms",
                ms(half),
                ms(most)
            );
        }
        println!(
            "  memory    {:>8.0} kB per participant, resent video included     aim: 150 without",
            self.subscriber_bytes / 1e3
        );
        println!("  join      {:>8.2} ms of processor time     aim: 5", self.join_ms);
        println!("  allocated {:>8.2} times per packet\n", self.allocations_per_packet);
    }
}
