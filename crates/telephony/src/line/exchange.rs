//! The thread of all lines: ports, a clock, and nothing that is decided.

use std::{
    borrow::Cow,
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use audio::Clip;
use mio::{Events, Interest, Poll, Token, Waker, net::UdpSocket};
use steady::now_us;
use tokio::sync::mpsc::Sender;

use super::{
    lines::{LineEvent, Lines, Port, Sink, Voice},
    overlay::Overlay,
    plan::Plan,
    play_id::PlayId,
    seal::{Keys, Seal},
};
use crate::{LegId, limits};

const BEAT: Duration = Duration::from_millis(20);
const WAKE: Token = Token(0);

/// Which ports lines have.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address at which they are.
    pub address: IpAddr,
    /// The ports that may be taken, two for each line: an even one for sound, the next for reports (RFC 3550 §11).
    pub ports: RangeInclusive<u16>,
}

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// All ports are taken.
    #[error("all ports for the sound of calls are taken")]
    Full,
    /// The thread is gone, or has more to do than it can.
    #[error("the thread of all lines does not keep up")]
    Overloaded,
}

enum Command {
    Open(LegId, [UdpSocket; 2]),
    Close(LegId),
    Connect(LegId, Plan, Option<Keys>),
    Play(LegId, PlayId, Clip, u32),
    StopPlaying(LegId),
    Interrupt(LegId),
    Announce(LegId, PlayId, Clip),
    GoOn(LegId),
    Beep(LegId, Option<u32>),
    Press(LegId, String),
    Bridge(LegId, LegId),
    Unbridge(LegId),
    Converse(LegId, Option<Arc<dyn Voice>>),
    Tap(LegId, Option<Arc<dyn Sink>>),
    Measure(LegId, Arc<str>),
    Stop,
}

/// All lines; clones are the same. What is asked of it happens in the next beat.
#[derive(Clone)]
pub struct Exchange {
    settings: Arc<Settings>,
    commands: mpsc::SyncSender<Command>,
    waker: Arc<Waker>,
}

impl std::fmt::Debug for ByHand {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ByHand").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Exchange")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Exchange {
    /// Starts the thread, which tells `events` what lines tell.
    pub fn start(settings: Settings, events: Sender<LineEvent>) -> io::Result<Exchange> {
        let (exchange, by_hand) = Exchange::by_hand(settings)?;
        let ByHand { poll, commands, lines } = by_hand;
        let thread = Thread {
            poll,
            commands,
            events,
            lines,
            sockets: HashMap::new(),
            seals: HashMap::new(),
            legs: HashMap::new(),
            next_token: WAKE.0 + 1,
            untold: 0,
        };
        std::thread::Builder::new()
            .name("lines".to_owned())
            .spawn(move || thread.run())?;
        Ok(exchange)
    }

    /// One whose lines beat when somebody says so, and whose packets are theirs to carry: for worlds that have no sockets and a time of
    /// their own.
    pub fn by_hand(settings: Settings) -> io::Result<(Exchange, ByHand)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (sender, commands) = mpsc::sync_channel(limits::COMMANDS_MAX);
        let exchange = Exchange {
            settings: Arc::new(settings),
            commands: sender,
            waker,
        };
        let lines = Lines::default();
        Ok((exchange, ByHand { poll, commands, lines }))
    }

    /// A line for a leg; answers its address.
    pub fn open(&self, leg: LegId) -> Result<SocketAddr, ExchangeError> {
        let Settings { address, ports } = &*self.settings;
        let (first, last) = (ports.start().next_multiple_of(2), *ports.end());
        let pairs = last.saturating_add(1).saturating_sub(first) / 2;
        // From anywhere on, so that a port that was just given back is not the next one to be taken.
        let begin = u16::from_ne_bytes(random());
        for turn in 0..pairs {
            let port = first + 2 * ((begin % pairs + turn) % pairs);
            let bind = |port: u16| UdpSocket::bind((*address, port).into());
            let (Ok(sound), Ok(reports)) = (bind(port), bind(port + 1)) else {
                continue;
            };
            let bound = sound.local_addr().map_err(|_| ExchangeError::Full)?;
            self.send(Command::Open(leg, [sound, reports]))
                .map_err(|()| ExchangeError::Overloaded)?;
            return Ok(bound);
        }
        Err(ExchangeError::Full)
    }

    /// The line is gone.
    pub fn close(&self, leg: LegId) {
        self.ask(Command::Close(leg));
    }

    /// Sound flows as was agreed, in the open.
    pub fn connect(&self, leg: LegId, plan: Plan) {
        self.connect_sealed(leg, plan, None);
    }

    /// The same, sealed by these keys if there are some. A leg that was sealed stays so.
    pub(crate) fn connect_sealed(&self, leg: LegId, plan: Plan, keys: Option<Keys>) {
        self.ask(Command::Connect(leg, plan, keys));
    }

    /// Plays a sound so often, after what is being played; its end is told.
    pub fn play(&self, leg: LegId, id: PlayId, clip: Clip, loops: u32) {
        self.ask(Command::Play(leg, id, clip, loops));
    }

    /// Plays nothing more of what was asked for.
    pub fn stop_playing(&self, leg: LegId) {
        self.ask(Command::StopPlaying(leg));
    }

    /// Nothing is heard, and what is played waits, until something is announced or it goes on.
    pub fn interrupt(&self, leg: LegId) {
        self.ask(Command::Interrupt(leg));
    }

    /// This is heard, and all else waits; its end is told.
    pub fn announce(&self, leg: LegId, id: PlayId, clip: Clip) {
        self.ask(Command::Announce(leg, id, clip));
    }

    /// Nothing is announced any more, and what was played goes on.
    pub fn go_on(&self, leg: LegId) {
        self.ask(Command::GoOn(leg));
    }

    /// A beep is heard over everything now, and again after so many seconds, without an end; or no more.
    pub fn beep(&self, leg: LegId, every_s: Option<u32>) {
        self.ask(Command::Beep(leg, every_s));
    }

    /// Presses keys, one after the other; `w` waits for half a second. Their end is told.
    pub fn press(&self, leg: LegId, keys: &str) {
        self.ask(Command::Press(leg, keys.to_owned()));
    }

    /// Two legs hear each other.
    pub fn bridge(&self, one: LegId, other: LegId) {
        self.ask(Command::Bridge(one, other));
    }

    /// A leg and whoever it was bridged to do not hear each other any more.
    pub fn unbridge(&self, leg: LegId) {
        self.ask(Command::Unbridge(leg));
    }

    /// A leg hears this voice alone, which hears it; or nobody any more.
    pub fn converse(&self, leg: LegId, voice: Option<Arc<dyn Voice>>) {
        self.ask(Command::Converse(leg, voice));
    }

    /// Somebody, or nobody any more, hears what a line hears and says.
    pub fn tap(&self, leg: LegId, sink: Option<Arc<dyn Sink>>) {
        self.ask(Command::Tap(leg, sink));
    }

    /// It is told under this name how the sound of a line flows: from now on every few seconds, and in the end.
    pub fn measure(&self, leg: LegId, name: &str) {
        self.ask(Command::Measure(leg, name.into()));
    }

    /// Ends the thread, and so all lines.
    pub fn stop(&self) {
        self.ask(Command::Stop);
    }

    fn ask(&self, command: Command) {
        if self.send(command).is_err() {
            tracing::error!("the thread of all lines does not keep up, or is gone; something asked of it is lost");
        }
    }

    fn send(&self, command: Command) -> Result<(), ()> {
        self.commands.try_send(command).map_err(|_| ())?;
        self.waker.wake().map_err(|_| ())
    }
}

/// The lines of an exchange that has no thread.
pub struct ByHand {
    /// What its waker belongs to.
    poll: Poll,
    commands: mpsc::Receiver<Command>,
    /// The lines, to be opened, connected and spoken to.
    pub lines: Lines,
}

impl ByHand {
    /// A beat, after everything that was asked for.
    pub fn beat(&mut self, now_us: i64, send: impl FnMut(LegId, Port, SocketAddr, &[u8])) -> Vec<LineEvent> {
        while let Ok(command) = self.commands.try_recv() {
            self.lines.obey(command);
        }
        self.lines.beat(now_us, send)
    }
}

impl Lines {
    /// What is asked of lines alone; their ports are others' business.
    fn obey(&mut self, command: Command) {
        match command {
            Command::Play(leg, id, clip, loops) => self.play(leg, id, clip, loops),
            Command::StopPlaying(leg) => self.stop_playing(leg),
            Command::Interrupt(leg) => self.overlay(leg, Overlay::interrupt),
            Command::Announce(leg, id, clip) => self.overlay(leg, |overlay| overlay.announce(id, clip)),
            Command::GoOn(leg) => self.overlay(leg, Overlay::go_on),
            Command::Beep(leg, every_s) => self.overlay(leg, |overlay| overlay.beep(every_s)),
            Command::Press(leg, keys) => self.press(leg, &keys),
            Command::Bridge(one, other) => self.bridge(one, other),
            Command::Unbridge(leg) => self.unbridge(leg),
            Command::Converse(leg, voice) => self.converse(leg, voice),
            Command::Tap(leg, sink) => self.tap(leg, sink),
            Command::Measure(leg, name) => self.measure(leg, name),
            Command::Open(..) | Command::Close(_) | Command::Connect(..) | Command::Stop => {}
        }
    }
}

struct Thread {
    poll: Poll,
    commands: mpsc::Receiver<Command>,
    events: Sender<LineEvent>,
    lines: Lines,
    /// That of the sound, and that of reports.
    sockets: HashMap<LegId, [(Token, UdpSocket); 2]>,
    /// What opens and closes the packets of legs whose sound is sealed. Lines know nothing of it.
    seals: HashMap<LegId, Seal>,
    legs: HashMap<Token, (LegId, Port)>,
    next_token: usize,
    untold: u64,
}

impl Thread {
    fn run(mut self) {
        let mut ready = Events::with_capacity(1_024);
        let mut next = Instant::now() + BEAT;
        loop {
            let wait = next.saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                match self.poll.poll(&mut ready, Some(wait)) {
                    Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                        tracing::error!(%error, "lines cannot be waited for");
                        return;
                    }
                    _ => {}
                }
                for event in &ready {
                    self.read(event.token());
                }
            }
            while let Ok(command) = self.commands.try_recv() {
                if matches!(command, Command::Stop) {
                    return;
                }
                self.obey(command);
            }
            // A machine that stood still makes up for what it missed: frames are counted, and none is left out.
            while Instant::now() >= next {
                self.beat();
                next += BEAT;
            }
        }
    }

    fn obey(&mut self, command: Command) {
        let now_us = now_us();
        match command {
            Command::Open(leg, [sound, reports]) => {
                let sockets = [(sound, Port::Sound), (reports, Port::Reports)];
                let sockets = sockets.map(|(socket, port)| self.listen(leg, port, socket));
                self.sockets.insert(leg, sockets);
                self.lines.open(leg, u32::from_ne_bytes(random()), now_us);
            }
            Command::Close(leg) => {
                if let Some((port, to, goodbye)) = self.lines.close(leg, now_us) {
                    send(&self.sockets, &mut self.seals, (leg, port, to), &goodbye);
                }
                self.seals.remove(&leg);
                for (token, mut socket) in self.sockets.remove(&leg).into_iter().flatten() {
                    self.legs.remove(&token);
                    // It is closed in any case.
                    let _ = self.poll.registry().deregister(&mut socket);
                }
            }
            Command::Connect(leg, plan, keys) => {
                if let Some(keys) = keys {
                    let seal = self.seals.entry(leg).or_insert_with(|| Seal::new(keys));
                    seal.renew(keys);
                }
                self.lines.connect(leg, plan, now_us);
            }
            command => self.lines.obey(command),
        }
    }

    /// What comes to a port of a line is told from now on.
    fn listen(&mut self, leg: LegId, port: Port, mut socket: UdpSocket) -> (Token, UdpSocket) {
        let token = Token(self.next_token);
        self.next_token += 1;
        if let Err(error) = self.poll.registry().register(&mut socket, token, Interest::READABLE) {
            tracing::error!(%error, "a line cannot be listened to");
        }
        self.legs.insert(token, (leg, port));
        (token, socket)
    }

    fn read(&mut self, token: Token) {
        let Some((leg, port)) = self.legs.get(&token).copied() else {
            return;
        };
        let Some([(_, sound), (_, reports)]) = self.sockets.get(&leg) else {
            return;
        };
        let (socket, at_once) = match port {
            Port::Sound => (sound, limits::PACKETS_AT_ONCE),
            Port::Reports => (reports, limits::REPORTS_AT_ONCE),
        };
        let mut seal = self.seals.get_mut(&leg);
        let mut datagram = [0; limits::DATAGRAM_BYTES_MAX];
        let now_us = now_us();
        for _ in 0..at_once {
            match socket.recv_from(&mut datagram) {
                Ok((length, from)) => {
                    let sealed = &datagram[..length];
                    // What cannot be opened is somebody else's.
                    let opened = match &mut seal {
                        None => Some(Cow::Borrowed(sealed)),
                        Some(seal) => seal.open(sealed).map(Cow::Owned),
                    };
                    match (opened, port) {
                        (Some(opened), Port::Sound) => self.lines.packet(leg, from, &opened, now_us),
                        (Some(opened), Port::Reports) => self.lines.report(leg, from, &opened, now_us),
                        (None, _) => {}
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // Of an earlier packet that could not be delivered.
                Err(_) => {}
            }
        }
    }

    fn beat(&mut self) {
        // Once a beat, so that what was left when a burst was cut off is read as well: mio tells of news alone. Reports come so seldom
        // that nothing is left of them.
        let sounds = self.legs.iter().filter(|(_, (_, port))| *port == Port::Sound);
        let tokens: Vec<Token> = sounds.map(|(token, _)| *token).collect();
        for token in tokens {
            self.read(token);
        }
        let (sockets, seals) = (&self.sockets, &mut self.seals);
        let told = self.lines.beat(now_us(), |leg, port, to, datagram| {
            send(sockets, seals, (leg, port, to), datagram);
        });
        for event in told {
            if self.events.try_send(event).is_err() {
                self.untold += 1;
                tracing::error!(untold = self.untold, "nobody listens to what lines tell");
            }
        }
    }
}

/// Sends something from a port of a leg, sealed if the leg is.
fn send(
    sockets: &HashMap<LegId, [(Token, UdpSocket); 2]>,
    seals: &mut HashMap<LegId, Seal>,
    (leg, port, to): (LegId, Port, SocketAddr),
    datagram: &[u8],
) {
    let Some([(_, sound), (_, reports)]) = sockets.get(&leg) else {
        return;
    };
    let socket = match port {
        Port::Sound => sound,
        Port::Reports => reports,
    };
    // A network that does not take it loses it, as networks do.
    let _ = match seals.get_mut(&leg).map(|seal| seal.close(datagram)) {
        None => socket.send_to(datagram, to),
        Some(Some(closed)) => socket.send_to(&closed, to),
        // Nothing goes out in the open that was to be sealed.
        Some(None) => Ok(0),
    };
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes
}
