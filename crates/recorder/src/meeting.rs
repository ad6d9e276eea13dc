//! The core of a recording: what the tap tells in, what is to be written out. No disk and no clock.
//!
//! Each source of each session has a lane for as long as the session is there, and in it the file that is written now. A file begins with the
//! first frame that can be shown, so that its time 0 is that frame's; where on the axis that is, the log says. Another encoding begins
//! another file. Another SSRC does not.
//!
//! A pause is a hole: nothing that is sent in it is kept, and the axis goes on. So all that was ever said of a time stays true.
//!
//! Where people are asked, a session of which nothing is kept has neither lanes nor a voice: not even that it is the loudest is said. It
//! begins with the first packet that arrived after it was said that it may, and ends when that is taken back.
//!
//! A hole in sound is filled with silence when it ends, since players let the sound of a file run on past a hole, and would be ahead of the
//! picture. A hole in pictures is left, which is a picture that stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use media::{Codec, Least, Source, Tapped, TappedPacket};

use crate::{
    limits,
    log::{Event, Line, source_name},
    track::{Frame, Track},
    webm::{Blocks, Description},
};

/// 20 ms of nothing (RFC 6716: CELT, full band, silent).
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
const SILENCE_US: i64 = 20_000;

/// The sessions of which something is kept, for whoever compares it with what it was: another one is another allocation.
pub(crate) type Only = Option<Arc<BTreeSet<String>>>;

/// Something that is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A line of the log.
    Log(Line),
    /// A file begins, after the log says so.
    Open { file: usize, name: String, bytes: Vec<u8> },
    /// A file goes on.
    Write { file: usize, bytes: Vec<u8> },
    /// Nothing more comes for a file.
    Close { file: usize },
    /// A publisher is to send a keyframe.
    AskKeyframe { session: Arc<str>, source: Source },
}

/// A recording that grows.
#[derive(Debug)]
pub(crate) struct Meeting {
    start: Instant,
    /// What is known of each session's clock.
    senders: BTreeMap<Arc<str>, Least>,
    lanes: BTreeMap<(Arc<str>, Source), Lane>,
    /// Who was told to be in no file.
    unrecorded: BTreeSet<(Arc<str>, Source)>,
    files: usize,
    is_paused: bool,
    /// The sessions of which something is kept; `None`: of all.
    only: Only,
    /// Since when that is so, of each of them.
    since: BTreeMap<String, Instant>,
    frames: Vec<Frame>,
}

#[derive(Debug)]
struct Lane {
    track: Track,
    file: Option<Growing>,
    /// When a packet came last.
    heard_us: i64,
    /// When a keyframe was asked for.
    asked_us: i64,
    /// When one came.
    key_us: i64,
    /// When the log has said where its sender's clock stands.
    mapped_us: Option<i64>,
}

/// A file that grows.
#[derive(Debug)]
struct Growing {
    number: usize,
    description: Description,
    blocks: Blocks,
    first_us: i64,
    /// Where its last frame ends, as far as frames have an end.
    end_us: i64,
}

impl Meeting {
    /// A recording that begins now, of these sessions or of all. `starts_us` is the time of day, in microseconds since 1970.
    pub(crate) fn begin(room: &str, only: Only, start: Instant, starts_us: i64) -> (Meeting, Effect) {
        let meeting = Meeting {
            start,
            senders: BTreeMap::new(),
            lanes: BTreeMap::new(),
            unrecorded: BTreeSet::new(),
            files: 0,
            is_paused: false,
            only,
            since: BTreeMap::new(),
            frames: vec![],
        };
        let event = Event::Began {
            starts_us,
            room: room.to_owned(),
        };
        (meeting, Effect::Log(Line { at_us: 0, event }))
    }

    /// Where on the axis an instant is.
    pub(crate) fn at_us(&self, at: Instant) -> i64 {
        i64::try_from(at.saturating_duration_since(self.start).as_micros()).unwrap_or(i64::MAX)
    }

    /// Something was heard, seen or done.
    pub(crate) fn take(&mut self, tapped: Tapped, now: Instant, effects: &mut Vec<Effect>) {
        let (at, event) = match tapped {
            Tapped::Packet(packet) => return self.packet(&packet, effects),
            Tapped::Joined { session, card, at } => {
                let name = card
                    .display_name
                    .chars()
                    .take(limits::LOG_NAME_CHARACTERS_MAX)
                    .collect();
                let event = Event::Joined {
                    session: session.to_string(),
                    participant: card.participant_key,
                    name,
                };
                (at, event)
            }
            Tapped::Left { session, at } => {
                self.close_all(Some(&session), effects);
                self.senders.remove(&session);
                let session = session.to_string();
                (at, Event::Left { session })
            }
            Tapped::Switched {
                session,
                source,
                is_on,
                at,
            } => {
                let event = Event::Switched {
                    session: session.to_string(),
                    source: source_name(source).to_owned(),
                    is_on,
                };
                (at, event)
            }
            Tapped::Loudest { session, at } => {
                let heard = session.filter(|session| self.keeps(session, at));
                let session = heard.map(|session| session.to_string());
                (at, Event::Loudest { session })
            }
            Tapped::Missed { packets } => {
                self.interrupt();
                (now, Event::Missed { packets })
            }
        };
        effects.push(log(self.at_us(at), event));
    }

    fn packet(&mut self, packet: &TappedPacket, effects: &mut Vec<Effect>) {
        if self.is_paused || !self.keeps(&packet.session, packet.arrived) {
            return;
        }
        let key = (Arc::clone(&packet.session), packet.source);
        let arrived_us = self.at_us(packet.arrived);
        if !self.lanes.contains_key(&key) && self.lanes.len() >= limits::OPEN_TRACKS_MAX {
            self.tell_unrecorded(key, arrived_us, effects);
            return;
        }
        let lane = self.lanes.entry(key.clone()).or_insert_with(|| Lane {
            track: Track::new(packet.codec, packet.stream),
            file: None,
            heard_us: arrived_us,
            asked_us: i64::MIN / 2,
            key_us: i64::MIN / 2,
            mapped_us: None,
        });
        if !lane.track.is_of(packet) {
            let old = std::mem::replace(&mut lane.track, Track::new(packet.codec, packet.stream));
            self.write_rest(&key, old, effects);
        }
        let sender = self.senders.entry(Arc::clone(&packet.session)).or_default();
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.heard_us = arrived_us;
            lane.track.take(packet, sender, arrived_us);
        }
    }

    /// Whether something is kept of what a session sent at this time.
    fn keeps(&self, session: &str, at: Instant) -> bool {
        self.only.is_none() || self.since.get(session).is_some_and(|since| at >= *since)
    }

    /// Of these sessions alone something is kept from now on, or of all.
    pub(crate) fn keep_only(&mut self, only: Only, now: Instant, effects: &mut Vec<Effect>) {
        let is_same = match (&self.only, &only) {
            (Some(before), Some(after)) => Arc::ptr_eq(before, after),
            (before, after) => before.is_none() && after.is_none(),
        };
        if is_same && self.since.len() == only.as_ref().map_or(0, |only| only.len()) {
            return;
        }
        let at_us = self.at_us(now);
        let kept = |session: &str| only.as_ref().is_none_or(|only| only.contains(session));
        let withdrawn: Vec<String> = self.since.keys().filter(|session| !kept(session)).cloned().collect();
        for session in withdrawn {
            self.since.remove(&session);
            self.close_all(Some(&Arc::from(session.as_str())), effects);
            effects.push(log(at_us, Event::Withdrawn { session }));
        }
        for session in only.iter().flat_map(|only| only.iter()) {
            if !self.since.contains_key(session) {
                self.since.insert(session.clone(), now);
                let session = session.clone();
                effects.push(log(at_us, Event::Agreed { session }));
            }
        }
        self.only = only;
    }

    fn tell_unrecorded(&mut self, key: (Arc<str>, Source), at_us: i64, effects: &mut Vec<Effect>) {
        if self.unrecorded.insert(key.clone()) {
            let (session, source) = key;
            let event = Event::Unrecorded {
                session: session.to_string(),
                source: source_name(source).to_owned(),
            };
            effects.push(log(at_us, event));
        }
    }

    /// What is known by now is written, and what is needed is asked for.
    pub(crate) fn beat(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let now_us = self.at_us(now);
        let keys: Vec<_> = self.lanes.keys().cloned().collect();
        for key in keys {
            let mut frames = std::mem::take(&mut self.frames);
            let (Some(lane), Some(sender)) = (self.lanes.get_mut(&key), self.senders.get(&key.0)) else {
                continue;
            };
            lane.track.release(sender, now_us, false, &mut frames);
            lane.ask(&key, now_us, effects);
            effects.extend(lane.mapping(&key, sender, now_us));
            for frame in frames.drain(..) {
                self.write(&key, &frame, effects);
            }
            self.frames = frames;
        }
    }

    /// Nothing is kept from now on, or all is again.
    pub(crate) fn pause(&mut self, is_paused: bool, now: Instant, effects: &mut Vec<Effect>) {
        if self.is_paused == is_paused {
            return;
        }
        self.is_paused = is_paused;
        if is_paused {
            self.write_all_rests(None, effects);
            self.interrupt();
        }
        let event = if is_paused { Event::Paused } else { Event::Resumed };
        effects.push(log(self.at_us(now), event));
    }

    /// It ends here.
    pub(crate) fn end(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        self.close_all(None, effects);
        effects.push(log(self.at_us(now), Event::Ended));
    }

    fn interrupt(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.track.interrupt();
        }
    }

    /// Writes all that there is of the lanes of a session, or of everybody.
    fn write_all_rests(&mut self, session: Option<&Arc<str>>, effects: &mut Vec<Effect>) {
        let is_meant = |of: &Arc<str>| session.is_none_or(|session| session == of);
        let keys: Vec<_> = self.lanes.keys().filter(|(of, _)| is_meant(of)).cloned().collect();
        for key in keys {
            let mut frames = vec![];
            if let (Some(lane), Some(sender)) = (self.lanes.get_mut(&key), self.senders.get(&key.0)) {
                lane.track.release(sender, i64::MAX, true, &mut frames);
            }
            for frame in frames {
                self.write(&key, &frame, effects);
            }
        }
    }

    fn write_rest(&mut self, key: &(Arc<str>, Source), mut track: Track, effects: &mut Vec<Effect>) {
        let mut frames = vec![];
        if let Some(sender) = self.senders.get(&key.0) {
            track.release(sender, i64::MAX, true, &mut frames);
        }
        let codec = track.codec();
        for frame in frames {
            self.write_as(key, codec, &frame, effects);
        }
    }

    fn close_all(&mut self, session: Option<&Arc<str>>, effects: &mut Vec<Effect>) {
        self.write_all_rests(session, effects);
        self.lanes.retain(|(of, _), lane| {
            let is_meant = session.is_none_or(|session| session == of);
            if is_meant && let Some(file) = lane.file.take() {
                effects.push(Effect::Close { file: file.number });
            }
            !is_meant
        });
    }

    fn write(&mut self, key: &(Arc<str>, Source), frame: &Frame, effects: &mut Vec<Effect>) {
        if let Some(lane) = self.lanes.get(key) {
            let codec = lane.track.codec();
            self.write_as(key, codec, frame, effects);
        }
    }

    /// Writes a frame into the lane's file, which may have to be another one for it.
    fn write_as(&mut self, key: &(Arc<str>, Source), codec: Codec, frame: &Frame, effects: &mut Vec<Effect>) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        if frame.picture.is_key && codec != Codec::Opus {
            lane.key_us = frame.at_us;
        }
        let goes_on = lane.file.as_ref().is_some_and(|file| file.takes(codec, frame));
        if !goes_on {
            let old = lane.file.take();
            effects.extend(old.map(|old| Effect::Close { file: old.number }));
            if !self.open(key, codec, frame, effects) {
                return;
            }
        }
        let file = self.lanes.get_mut(key).and_then(|lane| lane.file.as_mut());
        if let Some(file) = file {
            let bytes = file.write(frame);
            effects.push(Effect::Write {
                file: file.number,
                bytes,
            });
        }
    }

    /// Begins a file with this frame; false if none can begin with it.
    fn open(&mut self, key: &(Arc<str>, Source), codec: Codec, frame: &Frame, effects: &mut Vec<Effect>) -> bool {
        let Some(description) = describe(codec, frame) else {
            if let Some(lane) = self.lanes.get_mut(key) {
                lane.track.interrupt();
            }
            return false;
        };
        if self.files >= limits::TRACK_FILES_MAX {
            self.tell_unrecorded(key.clone(), frame.at_us, effects);
            return false;
        }
        let number = self.files;
        self.files += 1;
        let (session, source) = key;
        let name = format!("{:04}-{}.{}", number + 1, source_name(*source), description.extension());
        let event = Event::Track {
            file: name.clone(),
            session: session.to_string(),
            source: source_name(*source).to_owned(),
            media_type: description.media_type().to_owned(),
        };
        effects.push(log(frame.at_us, event));
        effects.push(Effect::Open {
            file: number,
            name,
            bytes: description.head(),
        });
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.file = Some(Growing {
                number,
                blocks: Blocks::new(codec),
                description,
                first_us: frame.at_us,
                end_us: frame.at_us,
            });
        }
        true
    }
}

impl Lane {
    /// Asks for a keyframe if one is needed, and now and then so that the file can be searched.
    fn ask(&mut self, (session, source): &(Arc<str>, Source), now_us: i64, effects: &mut Vec<Effect>) {
        let is_sound = self.track.codec() == Codec::Opus;
        let is_silent = now_us - self.heard_us > limits::KEYFRAME_ASKED_US;
        if is_sound || is_silent {
            return;
        }
        let is_needed = self.track.wants_keyframe() && now_us - self.asked_us >= limits::KEYFRAME_ASKED_US;
        let is_wished = now_us - self.asked_us.max(self.key_us) >= limits::KEYFRAME_WISHED_US;
        if is_needed || is_wished {
            self.asked_us = now_us;
            effects.push(Effect::AskKeyframe {
                session: Arc::clone(session),
                source: *source,
            });
        }
    }

    /// A line that says where the sender's clock stands, now and then.
    fn mapping(&mut self, (session, source): &(Arc<str>, Source), sender: &Least, now_us: i64) -> Option<Effect> {
        let is_due = self
            .mapped_us
            .is_none_or(|mapped| now_us - mapped >= limits::MAPPING_INTERVAL_US);
        // One that was reported before the recording began tells nobody anything.
        let of_axis = |mapping: &(i64, i64)| is_due && mapping.1 >= 0;
        let (sender_us, at_us) = self.track.mapping(sender).filter(of_axis)?;
        self.mapped_us = Some(now_us);
        let event = Event::Clock {
            session: session.to_string(),
            source: source_name(*source).to_owned(),
            sender_us,
        };
        Some(Effect::Log(Line { at_us, event }))
    }
}

/// A line of the log.
fn log(at_us: i64, event: Event) -> Effect {
    Effect::Log(Line { at_us, event })
}

/// What a file that begins with this frame is; `None` if none can.
fn describe(codec: Codec, frame: &Frame) -> Option<Description> {
    const STEREO: u8 = 0x04;
    // Of a size that nobody tells, the smallest that players take.
    const UNKNOWN_SIZE: (u16, u16) = (16, 16);
    let private = frame.picture.private.clone();
    let is_described = private.is_some() || !matches!(codec, Codec::H264 | Codec::Av1);
    let is_stereo = frame.picture.bytes.first().is_some_and(|first| first & STEREO != 0);
    (is_described && frame.picture.is_key).then(|| Description {
        codec,
        channels: 1 + u8::from(is_stereo),
        size: frame.picture.size.unwrap_or(UNKNOWN_SIZE),
        private,
    })
}

impl Growing {
    /// Whether a frame can go on in this file.
    fn takes(&self, codec: Codec, frame: &Frame) -> bool {
        let is_same = |private: &Vec<u8>| Some(private) == self.description.private.as_ref();
        self.description.codec == codec && frame.picture.private.as_ref().is_none_or(is_same)
    }

    fn write(&mut self, frame: &Frame) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(frame.picture.bytes.len() + 32);
        let is_sound = self.description.codec == Codec::Opus;
        if is_sound && frame.at_us - self.end_us > limits::SILENCE_FILLED_US {
            while self.end_us + SILENCE_US <= frame.at_us {
                self.blocks
                    .put(&mut bytes, (self.end_us - self.first_us) / 1_000, true, &SILENCE);
                self.end_us += SILENCE_US;
            }
        }
        // What an SSRC before this one has written is not gone back behind.
        let at_us = if is_sound {
            frame.at_us
        } else {
            frame.at_us.max(self.end_us)
        };
        let since_first_us = at_us - self.first_us;
        self.blocks.put(
            &mut bytes,
            since_first_us / 1_000,
            frame.picture.is_key,
            &frame.picture.bytes,
        );
        self.end_us = self.end_us.max(at_us + frame.duration_us);
        bytes
    }
}
