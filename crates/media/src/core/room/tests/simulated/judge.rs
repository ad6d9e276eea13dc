//! What must be true of a meeting, whatever happens in it.
//!
//! * **A line is one stream.** No number is used twice, timestamps go with the time that passes, and only what was lost on the way up, or
//!   came too late for a switch, is missing.
//! * **Nobody's picture stands still** for longer than [`STILL`] while its owner sends and the viewer was told that it is shown; and nobody is left
//!   without pictures whose network carries a small one of everybody twice.
//! * **Whoever speaks is heard** by all others while no more speak than there are lines. Who is marked is there and speaks, who speaks alone
//!   is marked, and where all are silent nobody is.
//! * **A network is obeyed**: whenever it is looked at, what is given costs no more than what it carries, and no more is sent. What is shown on it comes to rest [`REST`] after the last thing that happened. Where an estimate trembles, a
//!   picture may still find its size once, and none comes and goes.

use std::collections::{BTreeMap, BTreeSet};

use super::{rows::Weather, scene::Person};
use crate::{
    core::{LineId, MemberId, Time, allocation::price_bps, line::Rewritten, room::Room},
    limits,
};

/// How long a picture or a voice may be missing. A keyframe that was asked for takes as long as it takes, and comes a round trip later.
const STILL: Time = Time::from_secs(1);
/// After this long nothing changes any more by itself.
const REST: Time = Time::from_secs(5);
/// Over how long it is measured what a viewer is sent.
const WINDOW: Time = Time::from_secs(3);
/// How much more than what it carries a network may be sent in that time: a keyframe, and what a second of counting gets wrong.
const OVER_PERCENT: u64 = 15;
/// Small pictures of everybody take so much.
const SMALL_BPS: u64 = 170_000;
/// How far the timestamps of a line may be from the time that passes: what jitter and retransmissions add up to.
const DRIFT: Time = Time::from_millis(700);

/// Packets that are under way when a line goes over to another source, where they overtake each other: those of a picture or two.
const SWITCH_PACKETS: usize = 20;

/// A packet that was put onto a line.
pub(super) struct Put {
    pub(super) to: MemberId,
    pub(super) line: LineId,
    /// Whose it is, by place, and of which media entry.
    pub(super) from: usize,
    pub(super) of: u64,
    pub(super) rewritten: Rewritten,
    pub(super) bytes: usize,
    pub(super) starts_keyframe: bool,
}

#[derive(Default)]
struct Track {
    seen: BTreeSet<u64>,
    newest: Option<Newest>,
    switches: usize,
}

#[derive(Clone, Copy)]
struct Newest {
    sequence: u64,
    timestamp: u32,
    at: Time,
}

pub(super) struct Judge {
    name: String,
    weather: Weather,
    disturbed: Time,
    what: String,
    lost: usize,
    overtaken: usize,
    tracks: BTreeMap<(MemberId, bool, usize), Track>,
    /// When a picture of an entry, or a voice, came to somebody last.
    pictures: BTreeMap<(MemberId, u64), Time>,
    voices: BTreeMap<(MemberId, usize), Time>,
    /// What somebody was sent lately.
    sent: BTreeMap<MemberId, Vec<(Time, usize)>>,
    /// What somebody is shown: the entries, and the size of each line.
    shown: BTreeMap<MemberId, (Vec<u64>, Vec<Option<u8>>)>,
    /// How often that changed for each line since it should rest.
    changes: BTreeMap<(MemberId, usize), usize>,
}

impl Judge {
    pub(super) fn new(name: String, weather: Weather) -> Judge {
        Judge {
            name,
            weather,
            disturbed: Time::ZERO,
            what: String::new(),
            lost: 0,
            overtaken: 0,
            tracks: BTreeMap::new(),
            pictures: BTreeMap::new(),
            voices: BTreeMap::new(),
            sent: BTreeMap::new(),
            shown: BTreeMap::new(),
            changes: BTreeMap::new(),
        }
    }

    /// Something happened.
    pub(super) fn disturbed(&mut self, now: Time, what: String) {
        (self.disturbed, self.what) = (now, what);
        self.changes.clear();
    }

    /// A packet was lost on its way up. It may come again.
    pub(super) fn lost(&mut self) {
        self.lost += 1;
    }

    /// A packet came after a later one. If it is left out of a line, its number is given to no other.
    pub(super) fn overtaken(&mut self) {
        self.overtaken += 1;
    }

    fn hold(&self, is_so: bool, now: Time, what: impl FnOnce() -> String) {
        let Judge { name, what: before, .. } = self;
        assert!(is_so, "{name}: {} at {now:?}, after {before}", what());
    }

    /// A packet was put onto a line.
    pub(super) fn put(&mut self, put: &Put, now: Time) {
        let (is_picture, index, clock_rate_hz) = match put.line {
            LineId::Audio(index) => (false, index, 48_000),
            LineId::Video(index) => (true, index, 90_000),
        };
        let Rewritten {
            sequence, timestamp, ..
        } = put.rewritten;
        let track = self.tracks.entry((put.to, is_picture, index)).or_default();
        track.switches += usize::from(put.rewritten.switched);
        let is_new = track.seen.insert(sequence);
        let before = track.newest.filter(|newest| newest.sequence < sequence);
        if before.is_some() || track.newest.is_none() {
            track.newest = Some(Newest {
                sequence,
                timestamp,
                at: now,
            });
        }
        self.hold(is_new, now, || format!("{} is sent twice on {:?}", sequence, put.line));
        if let Some(before) = before {
            let forward = timestamp.wrapping_sub(before.timestamp);
            self.hold(forward < 1 << 31, now, || format!("time runs back on {:?}", put.line));
            let told_us = u64::from(forward) * 1_000_000 / clock_rate_hz;
            let drift = Time::from_micros(told_us).abs_diff(now.saturating_sub(before.at));
            self.hold(drift <= DRIFT, now, || {
                format!("timestamps of {:?} jump by {drift:?}", put.line)
            });
        }
        if is_picture {
            self.pictures.insert((put.to, put.of), now);
        } else {
            self.voices.insert((put.to, put.from), now);
        }
        if !put.starts_keyframe {
            self.sent.entry(put.to).or_default().push((now, put.bytes));
        }
    }

    /// Looks at everything there is.
    pub(super) fn look(&mut self, room: &Room, people: &[Person], now: Time) {
        self.still(room, people, now);
        self.heard(people, now);
        self.marked(room, people, now);
        let there = || people.iter().filter(|person| person.is_there);
        for person in there() {
            self.obeyed(person, now);
            self.at_rest(room, person, now);
            if now >= self.disturbed + REST {
                self.not_starved(room, person, people, now);
            }
        }
    }

    /// At the end: what is missing was lost, or came too late for a switch.
    pub(super) fn end(&self) {
        let is_smooth = self.lost + self.overtaken == 0;
        for ((_, _, line), track) in &self.tracks {
            let (first, last) = (track.seen.first(), track.seen.last());
            let span = first.zip(last).map_or(0, |(first, last)| last - first + 1);
            let missing = usize::try_from(span).unwrap() - track.seen.len();
            let switches = if is_smooth { 0 } else { SWITCH_PACKETS * track.switches };
            let most = self.lost + self.overtaken + switches;
            self.hold(missing <= most, self.disturbed, || {
                format!("{missing} of {span} packets are missing on line {line}")
            });
        }
    }

    fn patience(&self) -> Time {
        let resent = if self.weather.lost_percent > 0 { 4 } else { 2 };
        STILL + Time::from_millis(resent * self.weather.delay_ms)
    }

    fn still(&self, room: &Room, people: &[Person], now: Time) {
        for person in people.iter().filter(|person| person.is_there) {
            for (entry, since) in &person.granted {
                let is_owner = |other: &&Person| other.is_there && entry_of(room, other) == Some(*entry);
                let Some(on) = people.iter().find(is_owner).and_then(|owner| owner.camera) else {
                    continue;
                };
                let came = self.pictures.get(&(person.id, *entry)).copied().unwrap_or_default();
                let silent = now.saturating_sub(came.max(on).max(*since));
                self.hold(silent <= self.patience(), now, || {
                    format!("{} sees nothing of entry {entry} for {silent:?}", person.name)
                });
            }
        }
    }

    fn heard(&self, people: &[Person], now: Time) {
        let speakers = speakers(people);
        if speakers.len() > limits::AUDIO_LINES || now < self.disturbed + 2 * STILL {
            return;
        }
        for speaker in &speakers {
            for listener in people.iter().filter(|person| person.is_there) {
                if listener.name == speaker.name {
                    continue;
                }
                let came = self.voices.get(&(listener.id, speaker.name)).copied();
                let silent = now.saturating_sub(came.unwrap_or_default());
                self.hold(silent <= self.patience(), now, || {
                    format!("{} does not hear {} for {silent:?}", listener.name, speaker.name)
                });
            }
        }
    }

    fn marked(&self, room: &Room, people: &[Person], now: Time) {
        let name_of = |id| people.iter().find(|person| person.is_there && person.id == id);
        let marked = room.loudest().map(|id| name_of(id).map(|person| person.name));
        self.hold(marked != Some(None), now, || "nobody who is there is marked".into());
        if now < self.disturbed + 2 * STILL {
            return;
        }
        let speakers: Vec<usize> = speakers(people).iter().map(|speaker| speaker.name).collect();
        let is_right = match marked.flatten() {
            Some(marked) => speakers.contains(&marked),
            None => speakers.is_empty(),
        };
        self.hold(is_right, now, || {
            format!("of {speakers:?} who speak {marked:?} is marked")
        });
    }

    /// What the way to somebody carries has been looked at, and what they get chosen anew.
    pub(super) fn allocated(&self, room: &Room, to: MemberId, carries_bps: u64, now: Time) {
        let member = &room.members[&to];
        let prices = member.shown().into_iter().filter_map(|shown| {
            let layer = member.allocation.held(shown.entry)?;
            let available = room.layers_of(shown.entry).map_or(&[][..], |layers| layers.available());
            let sent = available.iter().find(|sent| sent.layer == layer);
            Some(sent.map_or(limits::UNKNOWN_PICTURE_BPS, price_bps))
        });
        let (price_bps, left_bps) = (prices.sum::<u64>(), carries_bps.saturating_sub(member.sound_bps(now)));
        self.hold(price_bps <= left_bps, now, || {
            format!("{to:?} is given {price_bps} of {left_bps} bit/s")
        });
    }

    fn obeyed(&mut self, person: &Person, now: Time) {
        let Some(sent) = self.sent.get_mut(&person.id) else {
            return;
        };
        sent.retain(|(at, _)| *at + WINDOW > now);
        let bytes: usize = sent.iter().map(|(_, bytes)| *bytes).sum();
        let sent_bps = bytes as u64 * 8 / WINDOW.as_secs();
        if now < self.disturbed + REST + WINDOW {
            return;
        }
        if let Some(budget_bps) = person.budget_bps {
            let most_bps = budget_bps * (100 + OVER_PERCENT) / 100;
            self.hold(sent_bps <= most_bps, now, || {
                format!("{} is sent {sent_bps} of {budget_bps} bit/s", person.name)
            });
        }
    }

    fn at_rest(&mut self, room: &Room, person: &Person, now: Time) {
        let lines = room.members[&person.id].video.iter();
        let sizes = lines.map(|video| video.line.current().map(|view| view.spatial));
        let shown = (person.granted.keys().copied().collect(), sizes.collect());
        let before = self.shown.insert(person.id, shown.clone());
        let Some(before) = before.filter(|_| now >= self.disturbed + REST) else {
            return;
        };
        let lines = shown.1.iter().zip(&before.1).enumerate();
        for line in lines.filter(|(_, (now, before))| now != before).map(|(line, _)| line) {
            *self.changes.entry((person.id, line)).or_default() += 1;
        }
        let most = usize::from(self.weather.tremble_percent > 0);
        let changes = self.changes.iter().filter(|((of, _), _)| *of == person.id);
        let is_quiet = changes.map(|(_, changes)| *changes).max().unwrap_or_default() <= most;
        self.hold(is_quiet && (most > 0 || before == shown), now, || {
            format!("{} is shown {shown:?} after {before:?}", person.name)
        });
    }

    fn not_starved(&self, room: &Room, person: &Person, people: &[Person], now: Time) {
        let voices = limits::VOICE_BPS * limits::AUDIO_LINES as u64;
        let enough_bps = 2 * (voices + SMALL_BPS * person.looks_at.len() as u64);
        if person.budget_bps.is_some_and(|budget_bps| budget_bps < enough_bps) {
            return;
        }
        for owner in people.iter().filter(|owner| owner.is_there && owner.camera.is_some()) {
            let Some(entry) = entry_of(room, owner).filter(|entry| person.looks_at.contains(entry)) else {
                continue;
            };
            self.hold(person.granted.contains_key(&entry), now, || {
                format!("{} is not shown entry {entry}", person.name)
            });
        }
    }
}

fn speakers(people: &[Person]) -> Vec<&Person> {
    let speaks = |person: &&Person| person.is_there && person.speaks.is_some();
    people.iter().filter(speaks).collect()
}

fn entry_of(room: &Room, person: &Person) -> Option<u64> {
    Some(room.members.get(&person.id)?.entry.main.0.into())
}
