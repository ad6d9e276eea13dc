//! A session without a network: somebody who takes part from inside this process, as a telephone does through its gateway.
//!
//! It has no ICE, no DTLS and no SRTP, since there is nobody between its two ends. Everything else is what a browser has: a
//! seat, a lobby, rights, a place among the speakers, three lines of sound, and the texts of the data channels. So no room
//! and no control plane knows that it is different.
//!
//! **Neither end waits for the other.** What goes between them lies in [`Exchange`], which each holds for as long as it takes
//! to move some packets; the media thread only tries to, and what it could not hand over stays at its end for a
//! millisecond. What is late is worth nothing, so of sound that nobody takes the oldest gives way. Texts do not give way: one
//! that finds no room waits in the seat's outbox, and a holder that does not read is lost exactly as a client is.
//!
//! **Signs of life** are the holder's beats ([`Sound::beat`]), one in 20 ms. They wake nobody: the shard looks for one when
//! it sweeps. Only what is said does, once however much it is, by a word in [`Announced`].
//! A holder that is dropped has closed the tab.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, Weak,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{AcqRel, Relaxed, Release},
        },
    },
    time::{Duration, Instant},
};

use mio::Waker;
use tokio::sync::mpsc;

use crate::{
    core::{LineId, Source, channels::Channel, codec::Codec, roll::Sends},
    egress::{Egress, Extensions, Format, Outgoing},
    ingress::{MediaPacket, PeerEvent},
    limits,
};

/// The channels that a wired session reads: what becomes of it, what it may, and whose hand is up. It may speak on all.
const READS: [Channel; 3] = [Channel::SessionControl, Channel::Moderation, Channel::Reactions];

/// The SSRC of its microphone, and of its first line: its own affair, as no network tells them apart.
const MICROPHONE_SSRC: u32 = 1;
const FIRST_LINE_SSRC: u32 = 2;

/// What could not be handed over is tried again so soon.
const AGAIN: Duration = Duration::from_millis(1);
/// And an end for which nothing waits is looked at so late: whoever has something for it says so.
const NEVER: Duration = Duration::from_hours(1);

/// A key that is no seat's.
const NOWHERE: usize = usize::MAX;

const OPUS: Format = Format {
    codec: Codec::Opus,
    profile: None,
    packetization: None,
};

/// A packet of Opus that the session hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardPacket {
    /// Which of the lines of sound, from 0.
    pub line: usize,
    /// Counts the packets of the line; one that is missing was lost on the way from its speaker.
    pub sequence: u64,
    /// When it was said, by the line's clock of 48,000 a second.
    pub timestamp: u32,
    /// Whose voice it is: the same number as long as the same one speaks.
    pub speaker: u32,
    /// 0 for the loudest and -127 for silence, as its speaker says of itself.
    pub level_dbov: Option<i8>,
    /// Opus.
    pub payload: Arc<[u8]>,
}

/// A packet of Opus that the session says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidPacket {
    /// When it was said, by a clock of 48,000 a second.
    pub timestamp: u32,
    /// It is the first after a silence.
    pub marker: bool,
    /// 0 for the loudest and -127 for silence.
    pub level_dbov: i8,
    /// It is speech.
    pub voice: bool,
    /// Opus.
    pub payload: Arc<[u8]>,
}

/// The holder's end of a session without a network: what it is told and what it asks. Its sound goes another way,
/// [`Wired::sound`]. Dropping it ends the session as a closed tab does.
pub struct Wired {
    exchange: Arc<Exchange>,
    texts: mpsc::Receiver<(Channel, String)>,
}

/// What a wired session hears and says. Clones are handles to the same sound.
#[derive(Clone)]
pub struct Sound {
    exchange: Arc<Exchange>,
}

/// The shard's end.
pub(crate) struct WiredPeer {
    exchange: Arc<Exchange>,
    texts: mpsc::Sender<(Channel, String)>,
    /// What could not be handed over yet.
    heard: VecDeque<HeardPacket>,
    /// The packets of its microphone so far.
    said: u64,
    is_connected: bool,
    is_closed: bool,
    is_measured: bool,
    /// The time that it was handed last.
    now: Option<Instant>,
}

/// What lies between the two ends.
struct Exchange {
    waiting: Mutex<Waiting>,
    /// The holder was there since the shard looked last.
    beat: AtomicBool,
    /// The place that the shard has for it.
    seat: AtomicUsize,
    /// Where its session is admitted.
    home: OnceLock<Home>,
}

/// By what a shard hears that something waits for it.
struct Home {
    announced: Arc<Announced>,
    waker: Arc<Waker>,
}

#[derive(Default)]
struct Waiting {
    /// For the holder.
    heard: VecDeque<HeardPacket>,
    /// For the shard.
    said: VecDeque<SaidPacket>,
    requests: VecDeque<(Channel, String)>,
    is_closed: bool,
    /// The shard knows that something waits for it.
    is_announced: bool,
}

/// The wired sessions that have something for the shard, each once. It looks in each turn, which costs it nothing while there are none.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    waiting: Mutex<Vec<Weak<Exchange>>>,
    is_anything: AtomicBool,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl Announced {
    fn add(&self, exchange: Weak<Exchange>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(exchange);
        self.is_anything.store(true, Release);
    }

    /// The seats of those that wait. None, if somebody is adding one: they wake the shard after that.
    pub(crate) fn take(&self) -> Vec<usize> {
        if !self.is_anything.swap(false, AcqRel) {
            return vec![];
        }
        let mut waiting = match self.waiting.try_lock() {
            Ok(waiting) => waiting,
            Err(TryLockError::Poisoned(waiting)) => waiting.into_inner(),
            Err(TryLockError::WouldBlock) => {
                self.is_anything.store(true, Release);
                return vec![];
            }
        };
        waiting
            .drain(..)
            .filter_map(|exchange| exchange.upgrade()?.seat())
            .collect()
    }
}

/// Makes the two ends of a session.
pub(crate) fn wire(is_measured: bool) -> (WiredPeer, Wired) {
    let exchange = Arc::new(Exchange {
        waiting: Mutex::default(),
        beat: AtomicBool::new(true),
        seat: AtomicUsize::new(NOWHERE),
        home: OnceLock::new(),
    });
    let (told, texts) = mpsc::channel(limits::WIRED_TEXTS_WAITING);
    let peer = WiredPeer {
        exchange: Arc::clone(&exchange),
        texts: told,
        heard: VecDeque::new(),
        said: 0,
        is_connected: false,
        is_closed: false,
        is_measured,
        now: None,
    };
    (peer, Wired { exchange, texts })
}

impl Wired {
    /// The next text of a data channel; `None` once the media plane has let go of the session.
    pub async fn text(&mut self) -> Option<(Channel, String)> {
        self.texts.recv().await
    }

    /// Asks for something on a data channel, as a browser does. False if too much is asked at once: then it is not asked.
    pub fn ask(&self, channel: Channel, request: String) -> bool {
        let mut waiting = self.exchange.lock();
        if waiting.requests.len() >= limits::WIRED_REQUESTS_WAITING {
            return false;
        }
        waiting.requests.push_back((channel, request));
        self.exchange.announce(waiting);
        true
    }

    /// Its sound.
    pub fn sound(&self) -> Sound {
        let exchange = Arc::clone(&self.exchange);
        Sound { exchange }
    }
}

impl Drop for Wired {
    fn drop(&mut self) {
        let mut waiting = self.exchange.lock();
        waiting.is_closed = true;
        self.exchange.announce(waiting);
    }
}

impl fmt::Debug for Wired {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Wired").finish_non_exhaustive()
    }
}

impl Sound {
    /// Takes what came since the last beat, in the order in which it came, and shows that the holder is there.
    pub fn beat(&self, heard: &mut Vec<HeardPacket>) {
        self.exchange.beat.store(true, Relaxed);
        heard.extend(self.exchange.lock().heard.drain(..));
    }

    /// Says something. If the media thread has taken nothing for a second, what is oldest is lost.
    pub fn say(&self, packet: SaidPacket) {
        let mut waiting = self.exchange.lock();
        push_newest(&mut waiting.said, packet, limits::WIRED_SAID_WAITING);
        self.exchange.announce(waiting);
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sound").finish_non_exhaustive()
    }
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing under this lock panics.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the shard that something waits for it, unless it knows.
    fn announce(self: &Arc<Self>, mut waiting: MutexGuard<'_, Waiting>) {
        if std::mem::replace(&mut waiting.is_announced, true) {
            return;
        }
        drop(waiting);
        let Some(Home { announced, waker }) = self.home.get() else {
            // It is looked at when it is admitted.
            return;
        };
        announced.add(Arc::downgrade(self));
        if let Err(error) = waker.wake() {
            tracing::warn!(%error, "the media thread hears of a wired session only in its next turn");
        }
    }

    /// The place of its session in the shard.
    fn seat(&self) -> Option<usize> {
        Some(self.seat.load(Relaxed)).filter(|seat| *seat != NOWHERE)
    }
}

impl WiredPeer {
    /// It is about to be admitted by the shard that hears so that something waits.
    pub(crate) fn lives_with(&self, announced: &Arc<Announced>, waker: &Arc<Waker>) {
        // It is admitted once.
        let _ = self.exchange.home.set(Home {
            announced: Arc::clone(announced),
            waker: Arc::clone(waker),
        });
    }

    /// The shard has this place for it.
    pub(crate) fn seated(&self, key: usize) {
        self.exchange.seat.store(key, Relaxed);
    }

    pub(crate) fn sends() -> Sends {
        Sends {
            microphone: true,
            ..Sends::default()
        }
    }

    pub(crate) fn is_measured(&self) -> bool {
        self.is_measured
    }

    pub(crate) fn ssrc(line: LineId) -> Option<u32> {
        let line = audio_line(line)?;
        Some(FIRST_LINE_SSRC + u32::try_from(line).expect("there are three"))
    }

    pub(crate) fn has(channel: Channel) -> bool {
        READS.contains(&channel)
    }

    /// Whether the holder was there since this was asked last.
    pub(crate) fn take_beat(&self) -> bool {
        self.exchange.beat.swap(false, Relaxed)
    }

    /// Hands over a text; false if there is no room for it now. A channel that is not read takes everything.
    pub(crate) fn tell(&self, channel: Channel, text: &str) -> bool {
        if !WiredPeer::has(channel) {
            return true;
        }
        let told = self.texts.try_send((channel, text.to_owned()));
        !matches!(told, Err(mpsc::error::TrySendError::Full(_)))
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        self.now = Some(now);
    }

    /// Hands over what is heard and takes what is said. Says when to tick next.
    pub(crate) fn drain(&mut self, events: &mut Vec<PeerEvent>) -> Option<Instant> {
        let now = self.now?;
        if !std::mem::replace(&mut self.is_connected, true) {
            events.push(PeerEvent::Connected);
        }
        let exchange = Arc::clone(&self.exchange);
        let mut waiting = match exchange.waiting.try_lock() {
            Ok(waiting) => waiting,
            Err(TryLockError::Poisoned(waiting)) => waiting.into_inner(),
            Err(TryLockError::WouldBlock) => return Some(now + AGAIN),
        };
        waiting.is_announced = false;
        for packet in self.heard.drain(..) {
            push_newest(&mut waiting.heard, packet, limits::WIRED_HEARD_WAITING);
        }
        let requests = waiting.requests.drain(..);
        events.extend(requests.map(|(channel, text)| PeerEvent::Message(channel, text.into_bytes())));
        for packet in waiting.said.drain(..) {
            self.said += 1;
            events.push(PeerEvent::Media(Box::new(media_packet(packet, self.said, now))));
        }
        if waiting.is_closed && !std::mem::replace(&mut self.is_closed, true) {
            events.push(PeerEvent::Closed);
        }
        Some(now + NEVER)
    }
}

impl Egress for WiredPeer {
    fn wants_redundancy(&self) -> bool {
        false
    }

    fn write(&mut self, line: LineId, packet: &Outgoing<'_>) -> bool {
        let Some(line) = audio_line(line).filter(|_| packet.format == OPUS) else {
            return false;
        };
        let heard = HeardPacket {
            line,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            speaker: packet.csrc.first().copied().unwrap_or(0),
            level_dbov: packet.extensions.level_dbov,
            payload: Arc::clone(packet.payload),
        };
        push_newest(&mut self.heard, heard, limits::WIRED_HEARD_WAITING);
        true
    }
}

impl Drop for WiredPeer {
    /// Its place may be another's.
    fn drop(&mut self) {
        self.exchange.seat.store(NOWHERE, Relaxed);
    }
}

/// Which line of sound this is, if it is one.
fn audio_line(line: LineId) -> Option<usize> {
    match line {
        LineId::Audio(line) => Some(line).filter(|line| *line < limits::AUDIO_LINES),
        LineId::Video(_) => None,
    }
}

fn media_packet(packet: SaidPacket, sequence: u64, arrived: Instant) -> MediaPacket {
    let SaidPacket {
        timestamp,
        marker,
        level_dbov,
        voice,
        payload,
    } = packet;
    MediaPacket {
        source: Source::Microphone,
        spatial: 0,
        format: OPUS,
        stream: MICROPHONE_SSRC,
        // No router is between it and us.
        is_first: false,
        is_resent: false,
        is_repeated: false,
        sequence,
        timestamp,
        marker,
        extensions: Extensions {
            level_dbov: Some(level_dbov),
            voice: Some(voice),
            rotation: 0,
        },
        described: None,
        payload,
        redundant: None,
        arrived,
        // One clock is behind both ends.
        report: None,
    }
}

/// Adds one, and drops the oldest if there are too many.
fn push_newest<T>(waiting: &mut VecDeque<T>, one: T, most: usize) {
    if waiting.len() >= most {
        waiting.pop_front();
    }
    waiting.push_back(one);
}

#[cfg(test)]
mod tests {
    use mio::{Poll, Token};

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    fn ends() -> (WiredPeer, Wired, Arc<Announced>) {
        let waker = Waker::new(Poll::new().unwrap().registry(), Token(0)).unwrap();
        let announced = Arc::<Announced>::default();
        let (mut peer, wired) = wire(true);
        peer.lives_with(&announced, &Arc::new(waker));
        peer.tick(Instant::now());
        (peer, wired, announced)
    }

    fn said(timestamp: u32) -> SaidPacket {
        SaidPacket {
            timestamp,
            marker: false,
            level_dbov: -20,
            voice: true,
            payload: Arc::from([0; 20]),
        }
    }

    fn hear(peer: &mut WiredPeer, sequence: u64) -> bool {
        let packet = Outgoing {
            format: OPUS,
            sequence,
            timestamp: 0,
            marker: false,
            csrc: &[1_000, 42],
            payload: &Arc::from([1, 2, 3]),
            redundant: None,
            picture: None,
            captured: peer.now.unwrap(),
            extensions: Extensions::default(),
        };
        peer.write(LineId::Audio(2), &packet)
    }

    fn events(peer: &mut WiredPeer) -> Vec<PeerEvent> {
        let mut events = vec![];
        peer.drain(&mut events);
        events
    }

    #[test]
    fn of_sound_that_nobody_takes_the_oldest_gives_way() {
        let (mut peer, wired, _) = ends();
        let more = limits::WIRED_HEARD_WAITING as u64 + 10;
        for sequence in 0..more {
            assert!(hear(&mut peer, sequence));
            if sequence % 7 == 0 {
                events(&mut peer);
            }
        }
        events(&mut peer);
        let mut heard = vec![];
        wired.sound().beat(&mut heard);
        let sequences: Vec<u64> = heard.iter().map(|packet| packet.sequence).collect();
        assert_eq!(sequences, (10..more).collect::<Vec<_>>());
        assert_eq!((heard[0].line, heard[0].speaker), (2, 1_000));

        for timestamp in 0..limits::WIRED_SAID_WAITING + 5 {
            wired.sound().say(said(u32::try_from(timestamp).unwrap()));
        }
        let events = events(&mut peer);
        let timestamps = events.iter().filter_map(|event| match event {
            PeerEvent::Media(packet) => Some(packet.timestamp),
            _ => None,
        });
        assert_eq!(timestamps.min(), Some(5));
    }

    #[test]
    fn texts_do_not_give_way() {
        let (peer, mut wired, _) = ends();
        for _ in 0..limits::WIRED_TEXTS_WAITING {
            assert!(peer.tell(Channel::Moderation, "{}"));
        }
        assert!(!peer.tell(Channel::Moderation, "{}"), "it waits in the outbox");
        assert!(
            peer.tell(Channel::Chat, "{}"),
            "what is not read is not in anybody's way"
        );
        assert!(wired.texts.try_recv().is_ok());
        assert!(peer.tell(Channel::Moderation, "{}"));
    }

    #[test]
    fn the_shard_is_told_once_that_something_waits() {
        let (mut peer, wired, announced) = ends();
        wired.sound().say(said(0));
        assert_eq!(
            announced.take(),
            Vec::<usize>::new(),
            "it has no seat yet, and is looked at when it has one"
        );
        peer.seated(7);
        events(&mut peer);
        for _ in 0..3 {
            wired.sound().say(said(0));
            assert!(wired.ask(Channel::Reactions, "{}".into()));
        }
        assert_eq!((announced.take(), announced.take()), (vec![7], vec![]));
        assert_eq!(events(&mut peer).len(), 3 + 3);
        wired.sound().say(said(0));
        drop(peer);
        assert_eq!(announced.take(), Vec::<usize>::new(), "its seat may be another's");
    }

    #[test]
    fn whoever_drops_it_has_closed_it_once() {
        let (mut peer, wired, _) = ends();
        assert!(matches!(events(&mut peer)[..], [PeerEvent::Connected]));
        drop(wired);
        assert!(matches!(events(&mut peer)[..], [PeerEvent::Closed]));
        assert!(events(&mut peer).is_empty());
    }

    #[test]
    fn an_end_that_is_held_is_waited_for_by_nobody() {
        let (mut peer, wired, _) = ends();
        events(&mut peer);
        hear(&mut peer, 1);
        let held = wired.exchange.lock();
        let mut none = vec![];
        let again = peer.drain(&mut none);
        assert_eq!(again, peer.now.map(|now| now + AGAIN));
        drop(held);
        events(&mut peer);
        let mut heard = vec![];
        wired.sound().beat(&mut heard);
        assert_eq!(heard.len(), 1);
    }

    #[test]
    fn requests_have_an_end() {
        let (_peer, wired, _) = ends();
        let asked = (0..=limits::WIRED_REQUESTS_WAITING).map(|_| wired.ask(Channel::Reactions, "{}".into()));
        let asked: Vec<bool> = asked.collect();
        assert_eq!(asked.iter().filter(|asked| !**asked).count(), 1);
    }
}
