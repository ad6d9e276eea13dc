//! All that is heard and seen in a room, for whoever records it.
//!
//! A recorder wants what publishers sent, untouched, and not what some viewer's line made of it; and who was there, from the same
//! thread and in the same order, so that a packet never comes from somebody of whom nothing is known. So it does not attend as a
//! session would, but holds a [`Tap`]: the one end of a queue whose other end is at the room.
//!
//! **The media thread never waits for it.** The queue has [`limits::TAPPED_WAITING`] places, and payloads are shared, not copied. A
//! packet that finds no place is counted, and told as a gap ([`Tapped::Missed`]) as soon as there is one. Who came, went and switched
//! something on is never lost: it waits beside the queue, and a tap that has not been read for so long that
//! [`limits::TAPPED_NEWS_WAITING`] of that wait is over. So is one that was dropped: that is all there is to do to be rid of it.
//!
//! **A room without a tap pays nothing for this**: a packet finds no room in an empty map. It is for rooms of any name; one that has
//! ended, or that nobody has come to yet, is tapped from its next beginning on.
//!
//! The selection of who is worth telling about is a comparison: what is so in the room with what was told last. So nothing that happens
//! to a room has to think of taps, and none of it can be forgotten.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    time::Instant,
};

use quality::{Codec, Picture};

use crate::{
    admission::Card,
    core::{MemberId, Source, clock::SenderReport, roll::Sends},
    limits,
};

/// Something that was heard, seen or done in a room.
#[derive(Debug, Clone)]
pub enum Tapped {
    /// A session is in the room, with its media connected. Those who are there when the tap begins are told first.
    Joined {
        /// The session, as it was admitted.
        session: Arc<str>,
        /// How it is shown to the others.
        card: Box<Card>,
        /// When.
        at: Instant,
    },
    /// Its media is gone, or it left.
    Left {
        /// The session.
        session: Arc<str>,
        /// When.
        at: Instant,
    },
    /// The room takes what a session sends from this source, or does so no longer: a microphone is open, a camera or a screen is on.
    Switched {
        /// The session.
        session: Arc<str>,
        /// Of what.
        source: Source,
        /// Whether it is on.
        is_on: bool,
        /// When.
        at: Instant,
    },
    /// Another one is the loudest speaker, or nobody is.
    Loudest {
        /// The session.
        session: Option<Arc<str>>,
        /// When.
        at: Instant,
    },
    /// A packet that the room takes.
    Packet(Box<TappedPacket>),
    /// So many packets did not fit since the last one that did.
    Missed {
        /// How many.
        packets: u64,
    },
}

/// A packet as its publisher has sent it.
#[derive(Debug, Clone)]
pub struct TappedPacket {
    /// The session that sent it.
    pub session: Arc<str>,
    /// From where.
    pub source: Source,
    /// Its SSRC. One source may be started again with another one.
    pub stream: u32,
    /// How it is encoded.
    pub codec: Codec,
    /// RTP's number, extended.
    pub sequence: u64,
    /// RTP's time, in the codec's clock.
    pub timestamp: u32,
    /// Of a picture: its last packet.
    pub marker: bool,
    /// A picture starts here that needs no other one.
    pub starts_keyframe: bool,
    /// How large the picture is, where the packet tells it.
    pub picture: Option<Picture>,
    /// Without RTP's header.
    pub payload: Arc<[u8]>,
    /// When it came.
    pub arrived: Instant,
    /// What its sender has reported last of its clock.
    pub report: Option<SenderReport>,
}

/// The reader's end. The room is tapped until this is dropped.
#[derive(Debug)]
pub struct Tap {
    queue: Receiver<Tapped>,
    dropped: Arc<AtomicBool>,
}

/// Nothing comes any more: the media plane has stopped, another tap has taken the place of this one, or it was not read in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tap is over")]
pub struct TapOver;

impl Tap {
    /// The next thing, if there is one by now. It does not wait: a reader that looks some dozens of times in a second costs the media
    /// thread nothing, and one that had to be woken would cost it a system call for each packet.
    pub fn take(&self) -> Result<Option<Tapped>, TapOver> {
        match self.queue.try_recv() {
            Ok(tapped) => Ok(Some(tapped)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(TapOver),
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.dropped.store(true, Relaxed);
    }
}

/// The ends of a tap: one for each shard, because a room may begin again on another one. It is on one at a time.
pub(crate) fn tap(shards: usize) -> (Tap, Vec<End>) {
    let (sender, queue) = sync_channel(limits::TAPPED_WAITING);
    let dropped = Arc::<AtomicBool>::default();
    let end = || End {
        sender: sender.clone(),
        dropped: Arc::clone(&dropped),
        news: VecDeque::new(),
        missed: 0,
        known: BTreeMap::new(),
        loudest: None,
    };
    let ends = (0..shards).map(|_| end()).collect();
    (Tap { queue, dropped }, ends)
}

/// The room's end.
#[derive(Debug)]
pub(crate) struct End {
    sender: SyncSender<Tapped>,
    dropped: Arc<AtomicBool>,
    /// What must be told and did not fit.
    news: VecDeque<Tapped>,
    missed: u64,
    known: BTreeMap<MemberId, Known>,
    loudest: Option<MemberId>,
}

/// What was told of somebody.
#[derive(Debug)]
struct Known {
    session: Arc<str>,
    sends: Sends,
}

/// Somebody who is in the room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Present<'a> {
    pub(crate) id: MemberId,
    pub(crate) session: &'a str,
    pub(crate) card: &'a Card,
    /// What the room takes of it.
    pub(crate) sends: Sends,
}

impl Drop for End {
    /// A tap that is over at one shard is over at all.
    fn drop(&mut self) {
        self.dropped.store(true, Relaxed);
    }
}

impl End {
    /// Whether there is nobody to tell any more.
    pub(crate) fn is_over(&self) -> bool {
        self.dropped.load(Relaxed) || self.news.len() > limits::TAPPED_NEWS_WAITING
    }

    /// Tells what is not as it was told.
    pub(crate) fn observe(&mut self, present: &[Present<'_>], now: Instant) {
        let stays = |id: &MemberId, known: &Known| {
            let is_same = |there: &Present<'_>| there.id == *id && *there.session == *known.session;
            present.iter().any(is_same)
        };
        let gone: Vec<MemberId> = self
            .known
            .iter()
            .filter(|(id, known)| !stays(id, known))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            if let Some(Known { session, sends }) = self.known.remove(&id) {
                self.switch(&session, sends, Sends::default(), now);
                self.tell(Tapped::Left { session, at: now });
            }
        }
        for there in present {
            let (session, before) = if let Some(known) = self.known.get_mut(&there.id) {
                (
                    Arc::clone(&known.session),
                    std::mem::replace(&mut known.sends, there.sends),
                )
            } else {
                let (session, sends) = (Arc::<str>::from(there.session), there.sends);
                let known = Known {
                    session: Arc::clone(&session),
                    sends,
                };
                self.known.insert(there.id, known);
                self.tell(Tapped::Joined {
                    session: Arc::clone(&session),
                    card: Box::new(there.card.clone()),
                    at: now,
                });
                (session, Sends::default())
            };
            self.switch(&session, before, there.sends, now);
        }
    }

    fn switch(&mut self, session: &Arc<str>, before: Sends, after: Sends, now: Instant) {
        let switches = [
            (Source::Microphone, before.microphone, after.microphone),
            (Source::Camera, before.camera, after.camera),
            (Source::Screen, before.screen, after.screen),
        ];
        for (source, was_on, is_on) in switches {
            if was_on != is_on {
                self.tell(Tapped::Switched {
                    session: Arc::clone(session),
                    source,
                    is_on,
                    at: now,
                });
            }
        }
    }

    /// Tells who is the loudest, if it is another one.
    pub(crate) fn note_loudest(&mut self, loudest: Option<MemberId>, now: Instant) {
        if self.loudest != loudest {
            self.loudest = loudest;
            let known = loudest.and_then(|id| self.known.get(&id));
            let session = known.map(|known| Arc::clone(&known.session));
            self.tell(Tapped::Loudest { session, at: now });
        }
    }

    /// Tells a packet of somebody who is known, if there is a place for it.
    pub(crate) fn packet(&mut self, from: MemberId, packet: impl FnOnce(Arc<str>) -> TappedPacket) {
        let Some(Known { session, .. }) = self.known.get(&from) else {
            return;
        };
        let session = Arc::clone(session);
        if !self.flush() {
            self.missed += 1;
            return;
        }
        if self.sender.try_send(Tapped::Packet(Box::new(packet(session)))).is_err() {
            self.missed += 1;
        }
    }

    fn tell(&mut self, news: Tapped) {
        self.news.push_back(news);
        self.flush();
    }

    /// Tells what waits; false if some of it still does.
    pub(crate) fn flush(&mut self) -> bool {
        if self.missed > 0 {
            let packets = self.missed;
            if self.sender.try_send(Tapped::Missed { packets }).is_err() {
                return false;
            }
            self.missed = 0;
        }
        while let Some(news) = self.news.pop_front() {
            match self.sender.try_send(news) {
                Ok(()) => {}
                Err(TrySendError::Full(news)) => {
                    self.news.push_front(news);
                    return false;
                }
                // Nobody listens any more, which the next sweep finds.
                Err(TrySendError::Disconnected(_)) => self.news.clear(),
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::CardKind;

    fn card(name: &str) -> Card {
        Card {
            participant_key: format!("participants/{name}"),
            session_name: String::new(),
            full_session_name: None,
            display_name: name.to_owned(),
            kind: CardKind::Anonymous,
            by_program: false,
        }
    }

    fn sends(microphone: bool, camera: bool) -> Sends {
        Sends {
            microphone,
            camera,
            screen: false,
        }
    }

    fn there<'a>(id: usize, session: &'a str, card: &'a Card, sends: Sends) -> Present<'a> {
        Present {
            id: MemberId(id),
            session,
            card,
            sends,
        }
    }

    fn packet(session: Arc<str>, now: Instant) -> TappedPacket {
        TappedPacket {
            session,
            source: Source::Microphone,
            stream: 1,
            codec: Codec::Opus,
            sequence: 1,
            timestamp: 1,
            marker: false,
            starts_keyframe: false,
            picture: None,
            payload: [].into(),
            arrived: now,
            report: None,
        }
    }

    /// What waits, in a word each.
    fn read(tap: &Tap) -> Vec<String> {
        std::iter::from_fn(|| tap.take().expect("the tap lives"))
            .map(|tapped| match tapped {
                Tapped::Joined { session, card, .. } => format!("{session} {} joined", card.display_name),
                Tapped::Left { session, .. } => format!("{session} left"),
                Tapped::Switched {
                    session, source, is_on, ..
                } => format!("{session} {source:?} {is_on}"),
                Tapped::Loudest { session, .. } => format!("{session:?} is loudest"),
                Tapped::Packet(packet) => format!("{} sent", packet.session),
                Tapped::Missed { packets } => format!("{packets} missed"),
            })
            .collect()
    }

    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn what_changes_is_told_once() {
        let (tap, ends) = tap(1);
        let mut end = ends.into_iter().next().unwrap();
        let now = now();
        let (ada, ben) = (card("Ada"), card("Ben"));
        let mut check = |present: &[Present<'_>], expected: &[&str]| {
            end.observe(present, now);
            assert_eq!(read(&tap), expected);
        };
        check(&[], &[]);
        let a = there(1, "a", &ada, sends(true, false));
        check(&[a], &["a Ada joined", "a Microphone true"]);
        check(&[a], &[]);
        let b = there(2, "b", &ben, sends(false, false));
        let a = there(1, "a", &ada, sends(false, true));
        check(&[a, b], &["a Microphone false", "a Camera true", "b Ben joined"]);
        // Another one at the first one's place.
        let c = there(1, "c", &ben, sends(false, false));
        check(&[c, b], &["a Camera false", "a left", "c Ben joined"]);
        check(&[], &["c left", "b left"]);
    }

    #[test]
    fn what_does_not_fit_is_a_gap_and_news_are_kept() {
        let (tap, ends) = tap(1);
        let mut end = ends.into_iter().next().unwrap();
        let now = now();
        let ada = card("Ada");
        let a = there(1, "a", &ada, sends(false, false));
        end.packet(MemberId(1), |session| packet(session, now));
        assert_eq!(read(&tap), Vec::<String>::new(), "nobody is known");
        end.observe(&[a], now);
        for _ in 0..limits::TAPPED_WAITING + 4 {
            end.packet(MemberId(1), |session| packet(session, now));
        }
        end.observe(&[], now);
        let told = read(&tap);
        assert_eq!(told.len(), limits::TAPPED_WAITING);
        assert_eq!(told[..2], ["a Ada joined", "a sent"]);
        assert!(end.flush(), "there is space again");
        assert_eq!(read(&tap), ["5 missed", "a left"]);
        assert!(!end.is_over());
        drop(tap);
        assert!(end.is_over());
    }

    #[test]
    fn a_tap_that_is_not_read_is_over_in_the_end() {
        let (_tap, ends) = tap(1);
        let mut end = ends.into_iter().next().unwrap();
        let now = now();
        let ada = card("Ada");
        let a = there(1, "a", &ada, sends(false, false));
        for _ in 0..limits::TAPPED_WAITING + limits::TAPPED_NEWS_WAITING {
            assert!(!end.is_over());
            end.observe(&[a], now);
            end.observe(&[], now);
            if end.is_over() {
                return;
            }
        }
        panic!("it gathers without an end");
    }
}
