//! When a room tells what is new, and to whom: changes are told together, and whoever is behind is told the newest.

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
}

impl Crowd {
    fn act(&mut self, act: impl FnOnce(&mut Room, Time, &mut Vec<Effect>)) {
        let mut effects = vec![];
        act(&mut self.stage.room, self.stage.now, &mut effects);
        for effect in effects {
            let Effect::Tell { to, text, .. } = effect else {
                continue;
            };
            let (texts, bytes) = &mut self.told[to.0];
            (*texts, *bytes) = (*texts + 1, *bytes + text.len());
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
    let people = 500;
    let mut crowd = Crowd {
        stage: Stage::new(),
        told: vec![(0, 0); people + 1],
    };
    for id in 1..=people {
        let sends = Sends {
            camera: id <= 20,
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
