//! When a room tells what is new, and to whom: changes are told together, and whoever is behind is told the newest.

use std::collections::BTreeSet;

use super::*;
use crate::limits;

fn muted(muted: bool) -> Value {
    json!({"requestId": 1, "setMediaState": {"audioMuted": muted}})
}

impl Stage {
    /// Lets a request come without having the room tell of it.
    fn ask_silently(&mut self, member: MemberId, channel: Channel, request: &Value) {
        let text = json!({ "request": request }).to_string();
        let wall = utc_datetime!(2026-11-22 10:00:00.5).into();
        self.act(|room, time, actions| {
            room.message(member, channel, &text, Moment { time, wall }, &mut actions.effects);
        });
    }

    /// Lets a time pass, as a shard does: the room tells when it is its time.
    fn pass(&mut self, time: Time) {
        let end = self.now + time;
        while self.now < end {
            self.now += Time::from_millis(1);
            if self.room.telling_at().is_some_and(|at| at <= self.now) {
                self.act(|room, now, actions| room.tell(now, &mut actions.effects));
            }
        }
    }

    /// How many texts of a channel each of these was told.
    fn texts(&self, channel: Channel, members: &[MemberId]) -> Vec<usize> {
        let told = |member: &MemberId| {
            let theirs = self
                .told
                .iter()
                .filter(|(to, other, text)| (to, *other) == (member, channel) && text["response"].is_null());
            theirs.count()
        };
        members.iter().map(told).collect()
    }
}

#[test]
fn the_first_change_is_told_at_once_and_the_next_in_its_time() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    stage.pass(Time::from_secs(1));
    stage.told.clear();
    stage.ask_silently(ada, Channel::MediaEntries, &muted(true));
    stage.pass(Time::from_millis(1));
    assert_eq!(stage.texts(Channel::MediaEntries, &[ada, ben]), [1, 1]);
    stage.ask_silently(ada, Channel::MediaEntries, &muted(false));
    stage.pass(limits::TELLING_INTERVAL * 3 / 4);
    assert_eq!(stage.texts(Channel::MediaEntries, &[ada, ben]), [1, 1]);
    assert!(stage.room.takes(ada, Source::Microphone), "but it is so at once");
    stage.pass(limits::TELLING_INTERVAL / 2);
    assert_eq!(stage.texts(Channel::MediaEntries, &[ada, ben]), [2, 2]);
    assert_eq!(stage.room.telling_at(), None, "then there is nothing to tell");
}

#[test]
fn a_microphone_that_is_toggled_all_the_time_is_told_a_few_times_a_second() {
    for (size, most) in [(3_usize, 10), (17, 10)] {
        let mut stage = Stage::new();
        let members: Vec<MemberId> = (1..=size).map(|id| stage.join(id, &id.to_string(), ALL)).collect();
        stage.pass(Time::from_secs(2));
        stage.told.clear();
        for toggle in 0..40 {
            stage.ask_silently(members[0], Channel::MediaEntries, &muted(toggle % 2 == 0));
            stage.pass(Time::from_millis(50));
        }
        let told = stage.texts(Channel::MediaEntries, &members[1..]);
        let times = told[0];
        assert!((2..=most).contains(&times), "{size}: {times}");
        assert_eq!(told, vec![times; size - 1]);
        stage.pass(Time::from_secs(2));
        let (entries, _) = stage.resources(members[size - 1], Channel::MediaEntries);
        let newest = entries.last().unwrap();
        assert_eq!(newest["mediaEntry"]["audioMuted"], false, "the newest arrives");
    }
}

#[test]
fn a_large_room_is_told_less_often() {
    let mut stage = Stage::new();
    let ada = stage.join(0, "ada", ALL);
    let mut check = |size: usize, interval_ms: u64| {
        for id in stage.room.members.len()..size {
            stage.admit(id, &id.to_string(), ALL);
        }
        stage.say(ada, Channel::MediaEntries, &muted(true));
        stage.ask_silently(ada, Channel::MediaEntries, &muted(false));
        let interval = stage.room.telling_at().map(|at| at.saturating_sub(stage.now));
        assert_eq!(interval, Some(Time::from_millis(interval_ms)), "{size}");
        stage.pass(Time::from_secs(2));
    };
    check(1, 200);
    check(100, 200);
    check(250, 500);
    check(limits::SESSIONS_PER_ROOM, 1_000);
}

#[test]
fn those_who_come_and_go_at_once_are_told_together() {
    let mut stage = Stage::new();
    let ada = stage.join(1, "ada", ALL);
    stage.pass(Time::from_secs(1));
    stage.told.clear();
    for id in 2..=30 {
        let member = stage.admit(id, &id.to_string(), ALL);
        stage.act(|room, _, actions| room.connected(member, &mut actions.effects));
    }
    for id in 2..=9 {
        stage.act(|room, _, _| room.leave(MemberId(id)));
    }
    stage.pass(Time::from_millis(1));
    for channel in [Channel::Participants, Channel::MediaEntries] {
        assert_eq!(stage.texts(channel, &[ada]), [1]);
        let (there, deleted) = stage.resources(ada, channel);
        assert_eq!(
            (there.len(), deleted.len()),
            (21, 0),
            "who came and went was never there"
        );
    }
    for id in 10..=30 {
        stage.act(|room, _, _| room.leave(MemberId(id)));
    }
    stage.pass(Time::from_secs(1));
    for channel in [Channel::Participants, Channel::MediaEntries] {
        assert_eq!(stage.texts(channel, &[ada]), [1]);
        assert_eq!(stage.resources(ada, channel).1.len(), 21);
    }
}

#[test]
fn who_is_behind_is_told_nothing_and_then_what_is_so() {
    let mut stage = Stage::new();
    let (ada, ben, cem) = (
        stage.join(1, "ada", ALL),
        stage.join(2, "ben", ALL),
        stage.join(3, "cem", ALL),
    );
    stage.told.clear();
    stage.act(|room, _, _| room.is_behind(ada, true));
    let hand = |raised: bool| json!({"requestId": 1, "setHand": {"raised": raised}});
    for round in 0..20 {
        stage.ask_silently(ben, Channel::MediaEntries, &muted(round % 2 == 0));
        stage.ask_silently(ben, Channel::Reactions, &hand(round % 2 == 0));
        let guest = stage.join(10 + round, &format!("guest{round}"), ALL);
        stage.pass(Time::from_secs(1));
        stage.act(|room, _, _| room.leave(guest));
        stage.pass(Time::from_secs(1));
    }
    stage.act(|room, _, _| room.leave(cem));
    let stay = stage.join(99, "dora", ALL);
    assert_eq!(stage.told.iter().filter(|(to, _, _)| *to == ada).count(), 0);
    stage.act(|room, _, _| room.is_behind(ada, false));
    stage.pass(Time::from_secs(1));
    let ids = |list: Vec<Value>| -> Vec<u64> { list.iter().map(|one| one["id"].as_u64().unwrap()).collect() };
    let (entries, deleted) = stage.resources(ada, Channel::MediaEntries);
    assert_eq!(entries[0]["mediaEntry"]["audioMuted"], false);
    assert_eq!(ids(entries), [stage.entry(ben), stage.entry(stay)]);
    assert_eq!(deleted.len(), 1, "of twenty guests it never heard");
    let (people, deleted) = stage.resources(ada, Channel::Participants);
    assert_eq!((people.len(), deleted.len()), (1, 1));
    assert_eq!(stage.resources(ada, Channel::Reactions), (vec![], vec![]));
}

/// A room that nobody reads word by word: what each is told is counted.
struct Crowd {
    stage: Stage,
    /// Texts and bytes, by member.
    told: Vec<(usize, usize)>,
    /// Packets that were put on somebody's line, and how often a keyframe was asked for.
    forwarded: usize,
    asked: usize,
    /// Whose next picture is to be one.
    due: BTreeSet<MemberId>,
}

/// How many film in a large room.
const CAMERAS: usize = 20;

impl Crowd {
    /// So many come, of whom the first film, and all hear of each other.
    fn gather(people: usize) -> Crowd {
        let mut crowd = Crowd {
            stage: Stage::new(),
            told: vec![(0, 0); people + 1],
            forwarded: 0,
            asked: 0,
            due: BTreeSet::new(),
        };
        for id in 1..=people {
            let sends = Sends {
                camera: id <= CAMERAS,
                ..ALL
            };
            let member = crowd.stage.admit(id, &id.to_string(), sends);
            crowd.act(|room, _, effects| {
                room.connected(member, effects);
                for channel in Channel::ALL {
                    room.channel_open(member, channel, effects);
                }
            });
            crowd.pass(20);
        }
        crowd.pass(3_000);
        crowd
    }

    fn act(&mut self, act: impl FnOnce(&mut Room, Time, &mut Vec<Effect>)) {
        let mut effects = vec![];
        act(&mut self.stage.room, self.stage.now, &mut effects);
        for effect in effects {
            match effect {
                Effect::Tell { to, text, .. } => {
                    let (texts, bytes) = &mut self.told[to.0];
                    (*texts, *bytes) = (*texts + 1, *bytes + text.len());
                }
                Effect::AskKeyframe { of, .. } => {
                    self.asked += 1;
                    self.due.insert(of);
                }
                Effect::Want { .. } => {}
            }
        }
    }

    /// A packet of somebody.
    fn send(&mut self, from: usize, source: Source) {
        let from = MemberId(from);
        let starts_keyframe = source == Source::Camera && self.due.remove(&from);
        let number = u32::try_from(from.0).unwrap();
        let now_ms = u32::try_from(self.stage.now.as_millis()).unwrap();
        let incoming = Incoming {
            stream: number * 10 + u32::from(source == Source::Camera),
            spatial: 0,
            temporal: Temporal::default(),
            sequence: u64::from(now_ms / if source == Source::Camera { 40 } else { 20 }),
            timestamp: now_ms * 90,
            bytes: 1_000,
            starts_keyframe,
            size: starts_keyframe.then_some(quality::Picture {
                width: 320,
                height: 180,
            }),
            picture: Picture::default(),
            renumbers: true,
        };
        // Speech goes up and down.
        let sound = Sound {
            level_dbov: Some(if now_ms / 200 % 2 == 0 { -20 } else { -35 }),
            bytes: 80,
        };
        let mut actions = Actions::default();
        self.act(|room, now, effects| {
            room.forward(from, source, &incoming, sound, now, &mut actions);
            effects.append(&mut actions.effects);
        });
        self.forwarded += actions.forwards.len();
    }

    /// For so many seconds three take turns, and all who film are seen by whoever shows the most relevant.
    fn talk(&mut self, seconds: u64) {
        for step in 0..seconds * 50 {
            let speaker = usize::try_from(step / 150 % 3).unwrap() + 1;
            self.send(speaker, Source::Microphone);
            if step % 2 == 0 {
                (1..=CAMERAS).for_each(|camera| self.send(camera, Source::Camera));
            }
            if step % 50 == 0 {
                self.act(|room, now, effects| room.second(false, now, effects));
            }
            self.pass(20);
        }
    }

    fn pass(&mut self, ms: u64) {
        for _ in 0..ms / 20 {
            self.stage.now += Time::from_millis(20);
            if self.stage.room.telling_at().is_some_and(|at| at <= self.stage.now) {
                self.act(Room::tell);
            }
        }
    }

    /// How many texts each is told of what one of them says.
    fn say(&mut self, channel: Channel, request: &str) -> Vec<usize> {
        let before = self.told.clone();
        let wall = utc_datetime!(2026-11-29 10:00:00).into();
        self.act(|room, time, effects| {
            room.message(MemberId(1), channel, request, Moment { time, wall }, effects);
        });
        self.pass(3_000);
        let told = self.told.iter().zip(before).skip(1);
        told.map(|(after, before)| after.0 - before.0).collect()
    }
}

#[test]
fn five_hundred_are_told_of_each_other_once_and_of_a_change_once() {
    let mut crowd = Crowd::gather(500);
    // Who came last was told everything, and as little beside it as anybody.
    let roll_bytes = crowd.told[1..].iter().map(|(_, bytes)| *bytes).min().unwrap();
    for (texts, bytes) in &crowd.told[1..] {
        assert!(*texts <= 100, "{texts} texts");
        assert!(*bytes <= roll_bytes * 11 / 10, "{bytes} bytes and not {roll_bytes}");
    }
    for (channel, request) in [
        (
            Channel::MediaEntries,
            r#"{"request":{"requestId":1,"setMediaState":{"audioMuted":true}}}"#,
        ),
        (
            Channel::Chat,
            r#"{"request":{"requestId":2,"send":{"text":"good morning"}}}"#,
        ),
    ] {
        let told = crowd.say(channel, request);
        assert!(told[0] >= 1, "it is answered");
        assert!(told[1..].iter().all(|texts| *texts == 1), "{told:?}");
    }
}

/// Of each person, while one after the other has their turn twice: packets that were sent to it, texts and bytes that it was told; and how often a keyframe was asked for.
fn costs_of_a_talk(people: usize) -> ([usize; 3], usize) {
    let mut crowd = Crowd::gather(people);
    let canvas = |id: usize| json!({"id": id, "dimensions": {"width": 320, "height": 180}, "relevant": {}});
    let canvases: Vec<Value> = (1..=2).map(canvas).collect();
    let request = json!({"requestId": 1, "setAssignment": {"layoutModel": {"label": "l", "canvases": canvases}}});
    let text = json!({ "request": request }).to_string();
    let wall = utc_datetime!(2026-11-29 10:00:00).into();
    for id in 1..=people {
        crowd.act(|room, time, effects| {
            room.message(
                MemberId(id),
                Channel::VideoAssignment,
                &text,
                Moment { time, wall },
                effects,
            );
        });
    }
    crowd.talk(4);
    let (before, forwarded, asked) = (crowd.told.clone(), crowd.forwarded, crowd.asked);
    crowd.talk(18);
    let told = crowd.told.iter().zip(before);
    let (texts, bytes) = told.fold((0, 0), |(texts, bytes), (after, before)| {
        (texts + after.0 - before.0, bytes + after.1 - before.1)
    });
    let of_each = [crowd.forwarded - forwarded, texts, bytes].map(|all| all / people);
    (of_each, crowd.asked - asked)
}

#[test]
fn twenty_who_film_and_three_who_take_turns_cost_each_the_same_in_a_larger_room() {
    let ([packets, texts, bytes], asked) = costs_of_a_talk(250);
    let ([packets_of_more, texts_of_more, bytes_of_more], asked_of_more) = costs_of_a_talk(500);
    // Two pictures of 25 in a second, and one voice of 50.
    assert!((1_600..=1_900).contains(&packets), "{packets} packets");
    assert!(
        packets_of_more.abs_diff(packets) <= packets / 50,
        "{packets_of_more} and {packets} packets"
    );
    assert!(
        texts >= 3 && texts_of_more <= texts + 1,
        "{texts_of_more} and {texts} texts"
    );
    assert!(bytes_of_more <= bytes * 11 / 10, "{bytes_of_more} and {bytes} bytes");
    assert!(
        asked_of_more <= asked + asked / 10,
        "{asked_of_more} and {asked} keyframes"
    );
}
