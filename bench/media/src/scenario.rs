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
    Arguments, Threads,
    bare::{Burst, Sinks},
    client::{AUDIO_LINES, CAMERA, PACKET_BYTES, PICTURE_EVERY_US, Part, SOUND_BYTES, SOUND_EVERY_US},
    crowd::{Crowd, Stage},
    figures::{Compared, Cost, Figures},
    host::Host,
    janus::Janus,
    network,
    order::{Answer, Order},
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
    pub(crate) what: &'static str,
    cameras: usize,
    camera_bps: u64,
    speakers: usize,
    listeners: usize,
    /// At how many cameras each looks.
    pictures: usize,
    /// Whether those with cameras look at each other.
    is_mutual: bool,
    /// Rooms of this shape: a room has its limit.
    rooms: usize,
}

pub(crate) const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "1-50",
        what: "one camera of 1.5 Mbit/s to 50",
        cameras: 1,
        camera_bps: 1_500_000,
        speakers: 0,
        listeners: 50,
        pictures: 1,
        is_mutual: false,
        rooms: 1,
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
        rooms: 1,
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
        rooms: 1,
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
        rooms: 1,
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
        rooms: 1,
    },
    Scenario {
        name: "10-1000",
        what: "10 who speak in two rooms that are as large as rooms get, in each three heard by 500",
        cameras: 0,
        camera_bps: 0,
        speakers: 5,
        listeners: 495,
        pictures: 0,
        is_mutual: false,
        rooms: 2,
    },
    Scenario {
        name: "idle",
        what: "100 who say and show nothing, with 16 lines each for the pictures of others",
        cameras: 0,
        camera_bps: 0,
        speakers: 0,
        listeners: 100,
        pictures: 16,
        is_mutual: false,
        rooms: 1,
    },
];

impl Scenario {
    /// Runs it in its rooms on each of so many media threads, or in them over all of the threads; and then by Janus, if that is wanted.
    pub(crate) fn run(&self, arguments: &Arguments) -> Result<Figures> {
        let Arguments {
            estimate: estimates,
            seconds,
            threads,
            ..
        } = *arguments;
        let mut server = Server::start(estimates, threads)?;
        let rooms = self.rooms * threads.rooms();
        if self.is_idle() {
            return Ok(Figures {
                estimates,
                threads,
                bare_us: None,
                ours: self.play(&mut server, seconds, rooms)?,
                compared: None,
                janus: None,
            });
        }
        let before_us = self.bare_us(&mut server)?;
        let ours = self.play(&mut server, seconds, rooms)?;
        let after_us = self.bare_us(&mut server)?;
        drop(server);
        let compared = arguments.compare.then(|| self.compare(arguments)).transpose()?;
        let janus = |janus: &mut Janus| self.play(janus, seconds, self.rooms);
        Ok(Figures {
            estimates,
            threads,
            bare_us: Some(f64::midpoint(before_us, after_us)),
            ours,
            compared,
            janus: arguments
                .other
                .janus
                .then(|| janus(&mut Janus::start(network::ADDRESS)?)),
        })
    }

    /// Nothing is sent that could be forwarded.
    fn is_idle(&self) -> bool {
        self.cameras + self.speakers == 0
    }

    /// Plays it as it was not, one thing at a time.
    fn compare(&self, arguments: &Arguments) -> Result<Compared> {
        let Arguments {
            estimate,
            seconds,
            threads,
            ..
        } = *arguments;
        let play = |estimates, threads: Threads| {
            let mut server = Server::start(estimates, threads)?;
            self.play(&mut server, seconds, self.rooms * threads.rooms())
        };
        let spread = Threads { count: 2, spread: true };
        Ok(Compared {
            otherwise_estimated: play(!estimate, threads)?,
            over_two: play(estimate, spread)?,
        })
    }

    /// Has it attended, in so many rooms of one host.
    fn play(&self, host: &mut impl Host, seconds: u64, rooms: usize) -> Result<Cost> {
        let stage = Arc::<Stage>::default();
        let crowds = [(); 3].map(|()| Crowd::start(&stage));
        let cost = self.measure(host, &crowds, &stage, seconds, rooms);
        stage.is_over.store(true, Relaxed);
        let mut delays_us = vec![];
        for crowd in crowds {
            delays_us.extend(crowd.end()?.into_iter().flat_map(|client| client.delays_us));
        }
        Ok(cost?.with_delays(delays_us))
    }

    fn measure(
        &self,
        host: &mut impl Host,
        crowds: &[Crowd; 3],
        stage: &Stage,
        seconds: u64,
        rooms: usize,
    ) -> Result<Cost> {
        let empty = host.read(stage)?;
        for room in 0..rooms {
            self.join_all(host, crowds, room)?;
        }
        host.seat()?;
        let joined = host.read(stage)?;
        stage.sends.store(true, Relaxed);
        self.gather(stage, rooms)?;
        thread::sleep(WARM_UP);
        stage.is_measured.store(true, Relaxed);
        let (mut readings, start) = (vec![host.read(stage)?], Instant::now());
        for _ in 0..seconds {
            thread::sleep(Duration::from_secs(1));
            readings.push(host.read(stage)?);
        }
        let people = rooms * (self.cameras + self.speakers + self.listeners);
        Cost::between(&empty, &joined, people, &readings, start.elapsed())
    }

    /// Those who send go first: they are on the first thread, the last who joins is measured by and is on the third, with
    /// the first who receives.
    fn join_all(&self, host: &mut impl Host, crowds: &[Crowd; 3], room: usize) -> Result<()> {
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
            join(host, room, &crowds[0], &format!("{CAMERA} {index} in {room}"), camera)?;
        }
        for index in 0..self.speakers {
            join(host, room, &crowds[0], &format!("speaker {index} in {room}"), speaker)?;
        }
        for index in 0..self.listeners {
            let is_probe = index == 0 || index + 1 == self.listeners;
            let crowd = &crowds[if is_probe { 2 } else { 1 }];
            join(
                host,
                room,
                crowd,
                &format!("listener {index} in {room}"),
                Part { is_probe, ..listener },
            )?;
        }
        Ok(())
    }

    /// Waits until everybody who is to receive does, or where nobody sends until all are connected.
    fn gather(&self, stage: &Stage, rooms: usize) -> Result<()> {
        let senders = if self.is_mutual { self.cameras } else { 0 };
        let expected = rooms * (self.listeners + senders);
        let there = if self.is_idle() {
            &stage.connected
        } else {
            &stage.receiving
        };
        let start = Instant::now();
        while there.load(Relaxed) < expected {
            ensure!(
                start.elapsed() < GATHERING,
                "{} of {expected} are there",
                there.load(Relaxed)
            );
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// What the same packets cost the floor.
    fn bare_us(&self, server: &mut Server) -> Result<f64> {
        let receivers = self.rooms * if self.is_mutual { self.cameras } else { self.listeners };
        let lines = if self.pictures > 0 { self.pictures } else { AUDIO_LINES };
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

fn join(host: &mut impl Host, room: usize, crowd: &Crowd, session: &str, part: Part) -> Result<()> {
    host.join(room, session, part, &crowd.entrance)?;
    thread::sleep(JOIN_EVERY);
    Ok(())
}
