//! What calls cost: lines of telephones over loopback, takes of them, and the files that are made of takes.
//!
//! Telephones are a thread that sends a packet from each every 20 ms and throws away what it hears. It shares the process, so what is
//! measured is the processor time of the threads that are ours, by their names, as the kernel counts it.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use audio::{FRAME_SAMPLES, Frame, RATE_HZ, g711::Law, mp3::Mp3, opus::Encoder};
use recording::{Microphone, Spool, Take};
use telephony::{
    LegId,
    line::{Codec, Exchange, LineEvent, Plan, Reports, Settings, Sink, Sound},
};
use tokio::sync::mpsc;

use crate::report::{Rates, progress};

const BEAT: Duration = Duration::from_millis(20);
const TURN: Duration = Duration::from_secs(5);
const ROUNDS: usize = 3;
/// Legs of an office on a busy day, and recordings at once that no packet may be lost over.
const LEGS: usize = 50;
const RECORDED: usize = 200;
/// A header of RTP.
const HEADER_BYTES: usize = 12;
/// With a frame of G.711, and no less than one with a frame of Opus.
const PACKET_BYTES: usize = HEADER_BYTES + FRAME_SAMPLES;
const G711: Sound = Sound {
    payload_type: 0,
    codec: Codec::G711(Law::Mu),
};
const OPUS: Sound = Sound {
    payload_type: 96,
    codec: Codec::Opus,
};

pub(crate) fn run() -> Result<()> {
    lines()?;
    opus()?;
    takes()?;
    files()
}

fn lines() -> Result<()> {
    progress("calls: lines of 50 legs, and as many sockets that only send and receive");
    let (ours, floor) = (Office::open(LEGS, G711, None)?, Floor::open(LEGS)?);
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        rounds.push((ours.rate(&["lines"])?, floor.rate()?));
    }
    ours.close()?;
    let rates = Rates {
        name: "calls: lines",
        what: format!("seconds of a leg for a second of processor; {LEGS} legs, two by two"),
        unit: "legs",
        floor: "as many packets received and sent by a bare loop",
        rounds,
        aim: "250 legs/s or more, which is 0.4 % of a core for each",
    };
    rates.print();
    Ok(())
}

fn opus() -> Result<()> {
    progress("calls: lines of 50 legs that speak Opus, and of 50 that speak G.711");
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        let [ours, floor] = [OPUS, G711].map(|sound| {
            let office = Office::open(LEGS, sound, None)?;
            let rate = office.rate(&["lines"])?;
            office.close().map(|()| rate)
        });
        rounds.push((ours?, floor?));
    }
    let rates = Rates {
        name: "calls: Opus",
        what: format!("seconds of a leg for a second of processor; {LEGS} legs, each decoded and coded anew"),
        unit: "legs",
        floor: "the same by G.711",
        rounds,
        aim: "150 legs/s or more: so many are let onto the one thread of lines",
    };
    rates.print();
    Ok(())
}

fn takes() -> Result<()> {
    progress("calls: 200 legs, with a recording of two channels for each and without");
    let folder = tempfile::tempdir()?;
    let spool = Spool::open(folder.path())?;
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        let recorded = Office::open(RECORDED, G711, Some(&spool))?;
        let with = recorded.rate(&["lines", "take"])?;
        recorded.close()?;
        let bare = Office::open(RECORDED, G711, None)?;
        rounds.push((with, bare.rate(&["lines"])?));
        bare.close()?;
    }
    let rates = Rates {
        name: "calls: recording",
        what: format!("seconds of a leg for a second of processor; {RECORDED} legs, each recorded, no packet lost"),
        unit: "legs",
        floor: "the same without recordings",
        rounds,
        aim: "200 at once on two cores",
    };
    rates.print();
    Ok(())
}

fn files() -> Result<()> {
    const LENGTH_S: usize = 60;
    progress("calls: a minute of two channels as MP3");
    let mut noise = Noise(1);
    let samples: Vec<i16> = (0..2 * LENGTH_S * 8_000).map(|_| noise.sample()).collect();
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut encoder = Mp3::new(2)?;
        let mut file = vec![];
        encoder.write(&samples, &mut file)?;
        encoder.finish(&mut file)?;
        ensure!(!file.is_empty(), "a file");
        let seconds = f64::from(u32::try_from(LENGTH_S)?);
        rounds.push((seconds / start.elapsed().as_secs_f64(), 1.0));
    }
    let rates = Rates {
        name: "calls: MP3",
        what: "seconds of sound in two channels for a second of one core".to_owned(),
        unit: "s",
        floor: "real time",
        rounds,
        aim: "as many recordings can end at once as go on: 100 or more",
    };
    rates.print();
    Ok(())
}

/// Noise, which nothing can leave out.
struct Noise(u32);

impl Noise {
    fn sample(&mut self) -> i16 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::try_from(self.0 >> 18).expect("14 bits") - 8_192
    }
}

/// What threads of these names have used of processors.
pub(crate) fn used(names: &[&str]) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for task in fs::read_dir("/proc/self/task")? {
        let folder = task?.path();
        // A thread that has just ended is not counted.
        let Ok(name) = fs::read_to_string(folder.join("comm")) else {
            continue;
        };
        if names.contains(&name.trim()) {
            let spent = fs::read_to_string(folder.join("schedstat"))?;
            let ns = spent.split(' ').next().context("a figure")?.parse()?;
            sum += Duration::from_nanos(ns);
        }
    }
    Ok(sum)
}

/// Seconds of legs in this turn, for a second of processor.
fn rate(legs: usize, names: &[&str]) -> Result<f64> {
    let before = used(names)?;
    let start = Instant::now();
    thread::sleep(TURN);
    let (lasted, spent) = (start.elapsed(), used(names)?.saturating_sub(before));
    ensure!(!spent.is_zero(), "somebody works");
    Ok(f64::from(u32::try_from(legs)?) * lasted.as_secs_f64() / spent.as_secs_f64())
}

/// Telephones: each sends a packet every 20 ms.
struct Telephones {
    stop: Arc<AtomicBool>,
    counts: Arc<[AtomicU64; 2]>,
    thread: JoinHandle<()>,
}

impl Telephones {
    fn start(mut sockets: Vec<(UdpSocket, SocketAddr)>, sound: Sound) -> Result<Telephones> {
        for (socket, _) in &mut sockets {
            socket.set_nonblocking(true)?;
        }
        let (stop, counts) = (Arc::new(AtomicBool::new(false)), Arc::new([0, 0].map(AtomicU64::new)));
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&counts));
        let mut packet = vec![0x80, sound.payload_type];
        packet.resize(HEADER_BYTES, 0);
        packet.extend(said(sound.codec)?);
        let ticks = sound.codec.clock_hz() / 50;
        let thread = thread::Builder::new().name("telephones".to_owned()).spawn(move || {
            let mut heard = [0; 2 * PACKET_BYTES];
            let (mut next, mut sequence) = (Instant::now(), 0_u16);
            while !stopped.load(Ordering::Relaxed) {
                sequence = sequence.wrapping_add(1);
                packet[2..4].copy_from_slice(&sequence.to_be_bytes());
                packet[4..8].copy_from_slice(&(u32::from(sequence) * ticks).to_be_bytes());
                for (socket, to) in &sockets {
                    counted[0].fetch_add(u64::from(socket.send_to(&packet, to).is_ok()), Ordering::Relaxed);
                    while socket.recv_from(&mut heard).is_ok() {
                        counted[1].fetch_add(1, Ordering::Relaxed);
                    }
                }
                next += BEAT;
                thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        })?;
        Ok(Telephones { stop, counts, thread })
    }

    /// How many packets they sent and heard.
    fn stop(self) -> Result<[u64; 2]> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().ok().context("the thread of telephones")?;
        Ok([0, 1].map(|place: usize| self.counts[place].load(Ordering::Relaxed)))
    }
}

/// 20 ms of noise, as bytes.
fn said(codec: Codec) -> Result<Vec<u8>> {
    let mut noise = Noise(7);
    let frame: Frame = std::array::from_fn(|_| noise.sample());
    match codec {
        Codec::G711(law) => Ok(law.encode(&frame).to_vec()),
        Codec::Opus => Ok(Encoder::new(RATE_HZ, 24_000).encode(&frame)?),
    }
}

fn socket() -> Result<UdpSocket> {
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?)
}

/// Lines of ours, with a telephone at each.
struct Office {
    exchange: Exchange,
    telephones: Telephones,
    takes: Vec<Take>,
    count: usize,
    _events: mpsc::Receiver<LineEvent>,
}

struct Tape(Microphone);

impl Sink for Tape {
    fn frame(&self, heard: &Frame, said: &Frame) {
        self.0.hear(heard, said);
    }
}

impl Office {
    fn open(count: usize, sound: Sound, spool: Option<&Spool>) -> Result<Office> {
        let (sender, events) = mpsc::channel(1_000);
        let settings = Settings {
            address: Ipv4Addr::LOCALHOST.into(),
            ports: 20_000..=29_998,
        };
        let exchange = Exchange::start(settings, sender)?;
        let (mut sockets, mut legs, mut takes) = (vec![], vec![], vec![]);
        for number in 0..count {
            let (leg, telephone) = (LegId::next(), socket()?);
            let line = exchange.open(leg)?;
            let remote = telephone.local_addr()?;
            let plan = Plan {
                remote,
                reports: Reports::At((remote.ip(), remote.port().saturating_add(1)).into()),
                sound,
                events: None,
                hears: true,
                speaks: true,
            };
            exchange.connect(leg, plan);
            if let Some(spool) = spool {
                let unique = Instant::now().elapsed().as_nanos();
                let take = spool.begin(&format!("take-{number}-{unique}-{leg}"), 2)?;
                exchange.tap(leg, Some(Arc::new(Tape(take.microphone()))));
                takes.push(take);
            }
            sockets.push((telephone, line));
            legs.push(leg);
        }
        for pair in legs.chunks_exact(2) {
            exchange.bridge(pair[0], pair[1]);
        }
        let telephones = Telephones::start(sockets, sound)?;
        // Until all is at its pace.
        thread::sleep(Duration::from_secs(1));
        Ok(Office {
            exchange,
            telephones,
            takes,
            count,
            _events: events,
        })
    }

    fn rate(&self, names: &[&str]) -> Result<f64> {
        rate(self.count, names)
    }

    /// Ends it. Whoever was recorded has been recorded whole, and nobody missed a packet.
    fn close(self) -> Result<()> {
        let [sent, heard] = self.telephones.stop()?;
        self.exchange.stop();
        for take in self.takes {
            take.end()?;
        }
        // A beat in the begin and one in the end belong to one side alone.
        let lost = sent.saturating_sub(heard + 5 * u64::try_from(self.count)?);
        ensure!(lost == 0, "{lost} of {sent} packets are lost");
        Ok(())
    }
}

/// Sockets that receive what comes and send as much, and do nothing with it.
struct Floor {
    stop: Arc<AtomicBool>,
    telephones: Telephones,
    count: usize,
}

impl Floor {
    fn open(count: usize) -> Result<Floor> {
        let (mut sockets, mut lines) = (vec![], vec![]);
        for _ in 0..count {
            let (telephone, line) = (socket()?, socket()?);
            line.set_nonblocking(true)?;
            let (there, here) = (telephone.local_addr()?, line.local_addr()?);
            sockets.push((telephone, here));
            lines.push((line, there));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        thread::Builder::new().name("floor".to_owned()).spawn(move || {
            let mut packet = [0; 2 * PACKET_BYTES];
            let mut next = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                for (line, there) in &lines {
                    while line.recv_from(&mut packet).is_ok() {}
                    // One that is lost is lost.
                    let _ = line.send_to(&packet[..PACKET_BYTES], there);
                }
                next += BEAT;
                thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        })?;
        let telephones = Telephones::start(sockets, G711)?;
        thread::sleep(Duration::from_secs(1));
        Ok(Floor {
            stop,
            telephones,
            count,
        })
    }

    fn rate(&self) -> Result<f64> {
        rate(self.count, &["floor"])
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.telephones.stop.store(true, Ordering::Relaxed);
    }
}
