//! A room, the people in it, and the ways between.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use serde_json::{Value, json};
use time::macros::utc_datetime;

use super::{
    judge::{Judge, Put},
    rows::{Happening, Weather},
};
use crate::{
    admission::{Card, CardKind},
    core::{
        MemberId, Moment, Source, Time,
        channels::{Channel, MediaState},
        codec::{Picture, PictureId, Temporal},
        line::Incoming,
        roll::Sends,
        room::{Actions, Effect, Newcomer, Room},
        speakers::Sound,
    },
    rights::Rights,
};

/// Every packet of sound, and every second time a picture.
const FRAME: Time = Time::from_millis(20);
const VIDEO_LINES: usize = 8;
/// The sizes of a camera, and what they take at 25 pictures a second.
const SIZES: [(u16, u16, usize); 3] = [(320, 180, 150_000), (640, 360, 500_000), (1_280, 720, 1_500_000)];
const PICTURES_PER_SECOND: usize = 25;
const PACKET_BYTES: usize = 1_100;
const SOUND_BYTES: usize = 80;
/// How much larger a keyframe is than other pictures.
const KEYFRAME: usize = 4;
/// How long an encoder takes to start or stop a size, or to make a keyframe.
const ENCODER: Time = Time::from_millis(60);

/// Somebody in the meeting.
pub(super) struct Person {
    pub(super) id: MemberId,
    pub(super) name: usize,
    pub(super) is_there: bool,
    /// Since when it speaks, if it does.
    pub(super) speaks: Option<Time>,
    /// Since when its camera is on, if it is.
    pub(super) camera: Option<Time>,
    /// What the way to it truly carries, in bits per second, if anybody knows.
    pub(super) budget_bps: Option<u64>,
    /// The media entries that it is shown, and since when.
    pub(super) granted: BTreeMap<u64, Time>,
    /// Those that it has asked for.
    pub(super) looks_at: BTreeSet<u64>,
    /// How many sizes its way up carries.
    sizes: usize,
    /// Which of them it was told to send.
    wanted: Vec<(Time, BTreeSet<u64>)>,
    layers: [Stream; SIZES.len()],
    voice: Stream,
    frame: u32,
    requests: u64,
}

struct Stream {
    name: u32,
    sequence: u64,
    /// The picture that was sent last.
    picture: u32,
    keyframe_at: Option<Time>,
}

/// A packet under way.
struct Packet {
    from: MemberId,
    source: Source,
    incoming: Incoming,
    sound: Sound,
}

pub(super) struct Scene {
    room: Room,
    now: Time,
    weather: Weather,
    dice: Rng,
    pub(super) people: Vec<Person>,
    under_way: BTreeMap<(Time, u64), Packet>,
    sent: u64,
    /// The newest packet of each stream that has arrived.
    newest: BTreeMap<u32, u64>,
    members: usize,
    judge: Judge,
}

impl Scene {
    pub(super) fn new(name: String, weather: Weather, dice: Rng) -> Scene {
        Scene {
            room: Room::new(),
            now: Time::ZERO,
            weather,
            dice,
            people: vec![],
            under_way: BTreeMap::new(),
            sent: 0,
            newest: BTreeMap::new(),
            members: 0,
            judge: Judge::new(name, weather),
        }
    }

    pub(super) fn happen(&mut self, happening: Happening) {
        self.judge.disturbed(self.now, format!("{happening:?}"));
        match happening {
            Happening::Joins => self.join(self.people.len()),
            Happening::Leaves(place) => self.leave(place),
            Happening::ComesAnew(place) => {
                let speaks = self.people[place].speaks;
                self.leave(place);
                self.join(place);
                self.people[place].speaks = speaks.map(|_| self.now);
            }
            Happening::Carries(place, kbps) => {
                self.people[place].budget_bps = (kbps > 0).then_some(kbps * 1_000);
                self.estimate();
            }
            Happening::SendsSizes(place, sizes) => self.people[place].sizes = sizes,
            Happening::Camera(place, is_on) => {
                let person = &mut self.people[place];
                person.camera = is_on.then_some(person.camera.unwrap_or(self.now));
                self.ask(
                    place,
                    Channel::MediaEntries,
                    json!({"setMediaState": {"videoMuted": !is_on}}),
                );
            }
            Happening::Speaks(place, is_on) => {
                let person = &mut self.people[place];
                person.speaks = is_on.then_some(person.speaks.unwrap_or(self.now));
            }
            Happening::LooksAt(place, height) => self.look_at(place, height),
        }
    }

    /// Lets time pass until then.
    pub(super) fn pass(&mut self, second: u64) {
        while self.now < Time::from_secs(second) {
            self.now += FRAME;
            self.step();
        }
    }

    pub(super) fn end(&self) {
        self.judge.end();
    }

    fn join(&mut self, place: usize) {
        self.members += 1;
        let id = MemberId(self.members);
        let participant_key = format!("participants/{place}");
        let card = Card {
            session_name: format!("{participant_key}/participantSessions/{}", id.0),
            full_session_name: None,
            participant_key,
            display_name: place.to_string(),
            kind: CardKind::Anonymous,
            by_program: false,
        };
        let number = u32::try_from(id.0).unwrap();
        let newcomer = Newcomer {
            card,
            rights: Rights::MEMBER,
            said: MediaState::default(),
            offered: Sends {
                microphone: true,
                camera: true,
                screen: false,
            },
            sizes: [SIZES.len(), 1],
            audio_lines: 3,
            video_ssrcs: (1..).map(|line| number * 100 + line).take(VIDEO_LINES).collect(),
        };
        let mut stream = |part: u32| Stream {
            name: number * 1_000 + part,
            sequence: self.dice.u64(..65_536),
            picture: 0,
            keyframe_at: Some(self.now),
        };
        let person = Person {
            id,
            name: place,
            is_there: true,
            speaks: None,
            camera: Some(self.now),
            budget_bps: None,
            granted: BTreeMap::new(),
            looks_at: BTreeSet::new(),
            sizes: SIZES.len(),
            wanted: vec![(self.now, (0..).take(SIZES.len()).collect())],
            layers: [stream(1), stream(2), stream(3)],
            voice: stream(4),
            frame: 0,
            requests: 0,
        };
        if place == self.people.len() {
            self.people.push(person);
        } else {
            self.people[place] = person;
        }
        self.act(|room, now, actions| {
            room.admit(id, newcomer, now);
            room.connected(id, &mut actions.effects);
            for channel in Channel::ALL {
                room.channel_open(id, channel, &mut actions.effects);
            }
        });
    }

    fn leave(&mut self, place: usize) {
        let id = self.people[place].id;
        self.people[place].is_there = false;
        self.act(|room, _, _| room.gone(id));
        self.act(|room, _, _| room.leave(id));
    }

    fn look_at(&mut self, place: usize, height: u32) {
        let others = self.people.iter().filter(|other| other.is_there && other.name != place);
        let entries: Vec<u64> = others.map(|other| self.entry(other)).collect();
        let entries = if height == 0 { vec![] } else { entries };
        let canvases: Vec<Value> = (1..)
            .zip(&entries)
            .map(|(id, entry)| {
                let dimensions = json!({"width": height * 16 / 9, "height": height});
                json!({"id": id, "dimensions": dimensions, "direct": {"mediaEntryId": entry}})
            })
            .collect();
        self.people[place].looks_at = entries.into_iter().collect();
        let layout = json!({"setAssignment": {"layoutModel": {"label": "l", "canvases": canvases}}});
        self.ask(place, Channel::VideoAssignment, layout);
    }

    /// The media entry of somebody who is there.
    pub(super) fn entry(&self, person: &Person) -> u64 {
        self.room.members[&person.id].entry.main.0.into()
    }

    fn ask(&mut self, place: usize, channel: Channel, mut request: Value) {
        let person = &mut self.people[place];
        person.requests += 1;
        request["requestId"] = person.requests.into();
        let (id, text) = (person.id, json!({ "request": request }).to_string());
        let wall = utc_datetime!(2026-11-29 10:00:00).into();
        self.act(|room, time, actions| {
            room.message(id, channel, &text, Moment { time, wall }, &mut actions.effects);
        });
    }

    /// Lets the room decide, and does what it decides.
    fn act(&mut self, act: impl FnOnce(&mut Room, Time, &mut Actions)) -> Actions {
        let mut actions = Actions::default();
        act(&mut self.room, self.now, &mut actions);
        for effect in std::mem::take(&mut actions.effects) {
            match effect {
                Effect::Tell {
                    to,
                    channel: Channel::VideoAssignment,
                    text,
                    ..
                } => self.tell(to, &serde_json::from_str(&text).unwrap()),
                Effect::AskKeyframe { of, spatial, .. } => {
                    let after = self.now + self.round_trip() + ENCODER;
                    if let Some(person) = self.people.iter_mut().find(|person| person.id == of) {
                        let stream = &mut person.layers[usize::from(spatial)];
                        stream.keyframe_at.get_or_insert(after);
                    }
                }
                Effect::Tell { .. } | Effect::Want { .. } => {}
            }
        }
        actions
    }

    fn round_trip(&self) -> Time {
        Time::from_millis(2 * self.weather.delay_ms)
    }

    /// What a client does about what it is told of pictures.
    fn tell(&mut self, to: MemberId, text: &Value) {
        let (now, after) = (self.now, self.now + self.round_trip() / 2 + ENCODER);
        let Some(person) = self.people.iter_mut().find(|person| person.id == to) else {
            return;
        };
        for resource in text["resources"].as_array().into_iter().flatten() {
            if let Some(wanted) = resource["wantedLayers"]["camera"].as_array() {
                let wanted = wanted.iter().filter_map(Value::as_u64).collect();
                person.wanted.push((after, wanted));
            }
            if let Some(canvases) = resource["videoAssignment"]["canvases"].as_array() {
                let entries = canvases.iter().filter_map(|canvas| canvas["mediaEntryId"].as_u64());
                let before = std::mem::take(&mut person.granted);
                let since = |entry: &u64| before.get(entry).copied().unwrap_or(now);
                person.granted = entries.map(|entry| (entry, since(&entry))).collect();
            }
        }
    }

    fn step(&mut self) {
        self.send();
        while let Some(first) = self.under_way.first_entry().filter(|first| first.key().0 <= self.now) {
            let packet = first.remove();
            self.arrive(&packet);
        }
        if self.now.as_millis().is_multiple_of(1_000) {
            self.estimate();
            self.act(|room, now, actions| room.second(false, now, &mut actions.effects));
        }
        if self.room.telling_at().is_some_and(|at| at <= self.now) {
            self.act(|room, now, actions| room.tell(now, &mut actions.effects));
        }
        self.judge.look(&self.room, &self.people, self.now);
    }

    /// All whose networks are known have another reading.
    fn estimate(&mut self) {
        let there = self.people.iter().filter(|person| person.is_there);
        let known: Vec<(MemberId, u64)> = there
            .filter_map(|person| Some((person.id, person.budget_bps?)))
            .collect();
        for (id, budget_bps) in known {
            let tremble = self.dice.u64(..=self.weather.tremble_percent);
            let bps = budget_bps * (100 - tremble) / 100;
            self.act(|room, now, actions| room.estimated(id, bps, now, &mut actions.effects));
            self.judge.allocated(&self.room, id, bps, self.now);
        }
    }

    fn send(&mut self) {
        let now = self.now;
        let mut packets = vec![];
        for person in self.people.iter_mut().filter(|person| person.is_there) {
            person.frame += 1;
            if person.speaks.is_some() {
                packets.push(person.sound(now));
            }
            if person.camera.is_some() && person.frame.is_multiple_of(2) {
                packets.extend(person.pictures(now));
            }
        }
        for packet in packets {
            self.sent += 1;
            let delay_ms = self.weather.delay_ms + self.dice.u64(..=self.weather.jitter_ms);
            let mut arrival = now + Time::from_millis(delay_ms);
            if self.dice.u8(..100) < self.weather.lost_percent {
                self.judge.lost();
                if self.dice.u8(..100) < self.weather.lost_percent {
                    continue;
                }
                arrival += self.round_trip() + FRAME;
            }
            self.under_way.insert((arrival, self.sent), packet);
        }
    }

    fn arrive(&mut self, packet: &Packet) {
        let Packet {
            from,
            source,
            incoming,
            sound,
        } = packet;
        let actions = self.act(|room, now, actions| room.forward(*from, *source, incoming, *sound, now, actions));
        let Some(sender) = self.people.iter().position(|person| person.id == *from) else {
            return;
        };
        let newest = self.newest.entry(incoming.stream).or_default();
        if incoming.sequence < *newest {
            self.judge.overtaken();
        }
        *newest = incoming.sequence.max(*newest);
        for forward in actions.forwards {
            let receiver = self.people.iter().find(|person| person.id == forward.to);
            let receiver = receiver.expect("nobody else is there");
            let put = Put {
                to: receiver.id,
                line: forward.line,
                from: sender,
                of: self.room.members[from].entry.main.0.into(),
                rewritten: forward.rewritten,
                bytes: incoming.bytes,
                starts_keyframe: incoming.starts_keyframe,
            };
            self.judge.put(&put, self.now);
        }
    }
}

/// A time by the clock of all lines, which turns over soon.
fn ticks(now: Time, per_ms: u32) -> u32 {
    let ms = u32::try_from(now.as_millis()).expect("meetings last some minutes");
    ms.wrapping_mul(per_ms).wrapping_sub(5_000_000)
}

impl Person {
    /// 20 ms of speech, which goes up and down as syllables do.
    fn sound(&mut self, now: Time) -> Packet {
        let level = if (self.frame / 10).is_multiple_of(2) { -20 } else { -35 };
        self.voice.sequence += 1;
        let incoming = Incoming {
            stream: self.voice.name,
            spatial: 0,
            temporal: Temporal::default(),
            sequence: self.voice.sequence,
            timestamp: ticks(now, 48),
            bytes: SOUND_BYTES,
            starts_keyframe: false,
            size: None,
            picture: Picture::default(),
            renumbers: false,
        };
        Packet {
            from: self.id,
            source: Source::Microphone,
            incoming,
            sound: Sound {
                level_dbov: Some(level),
                bytes: SOUND_BYTES,
            },
        }
    }

    /// A picture of each size that is wanted and that the way up carries.
    fn pictures(&mut self, now: Time) -> Vec<Packet> {
        let told = self.wanted.iter().rposition(|(at, _)| *at <= now).unwrap_or_default();
        self.wanted.drain(..told);
        // A browser that is left one size sends that, and makes it coarser.
        let (_, wanted) = &self.wanted[0];
        let sizes: Vec<u64> = wanted.iter().copied().take(self.sizes).collect();
        let mut packets = vec![];
        for size in sizes {
            packets.extend(self.picture(usize::try_from(size).unwrap(), now));
        }
        packets
    }

    fn picture(&mut self, size: usize, now: Time) -> Vec<Packet> {
        let (width, height, bps) = SIZES[size];
        let number = self.frame / 2;
        let stream = &mut self.layers[size];
        let passed = number - std::mem::replace(&mut stream.picture, number);
        let timestamp = ticks(now, 90);
        // An encoder that stood still begins with a keyframe.
        let is_keyframe = stream.keyframe_at.take_if(|at| *at <= now).is_some() || passed > 1;
        let temporal = match (is_keyframe, number % 4) {
            (true, _) | (_, 0) => Temporal::default(),
            (_, 2) => Temporal {
                layer: 1,
                is_sync: true,
                opens: 0,
            },
            (_, place) => Temporal {
                layer: 2,
                is_sync: place == 1,
                opens: 0,
            },
        };
        let bytes = bps / 8 / PICTURES_PER_SECOND * if is_keyframe { KEYFRAME } else { 1 };
        let count = bytes.div_ceil(PACKET_BYTES);
        let id = u16::try_from(number & 0x7fff).unwrap();
        let packets = (0..count).map(|part| {
            stream.sequence += 1;
            let starts_keyframe = is_keyframe && part == 0;
            let incoming = Incoming {
                stream: stream.name,
                spatial: u8::try_from(size).unwrap(),
                temporal,
                sequence: stream.sequence,
                timestamp,
                bytes: bytes / count,
                starts_keyframe,
                size: starts_keyframe.then_some(quality::Picture { width, height }),
                picture: Picture {
                    id: Some(PictureId { value: id, wide: true }),
                    tl0: Some(id.to_be_bytes()[1]),
                },
                renumbers: true,
            };
            Packet {
                from: self.id,
                source: Source::Camera,
                incoming,
                sound: Sound {
                    level_dbov: None,
                    bytes: bytes / count,
                },
            }
        });
        packets.collect()
    }
}
