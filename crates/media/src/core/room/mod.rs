//! A room: who is in it, who is on which line of whom, and what everybody is told.
//!
//! A member becomes visible to the others when its media is connected and stays on the roll until the control plane takes
//! it out, even when its media has long gone: the end of a session is told after it is written down, never before.
//!
//! What clients ask is in `requests`, what they may in `rights`, what people say beside their voices in `social`, who is
//! on whose video lines in `views`, when all are told what is so in `telling`, and packets run through `packets`.

mod packets;
mod requests;
mod rights;
mod social;
mod telling;
mod views;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use quality::report::Upload;

use crate::{
    admission::Card,
    core::{
        EntryId, LineId, MemberId, Source, Time,
        assignment::Placement,
        channels::{Channel, Layout, MediaState},
        keyframes::Keyframes,
        line::{Line, Rewritten},
        news::Told,
        outbox::Manner,
        rate::Rate,
        resources::{Configuration, Resource, ResourceKind},
        roll::{self, Entry, Sends, Voice},
        room::{
            social::{RaisedHand, Said},
            telling::Telling,
        },
        speakers::Speakers,
    },
    limits,
    rights::Rights,
};

/// The first CSRC given to a media entry: far from 42, which marks the current loudest.
const FIRST_CSRC: u32 = 1_000;

/// Something that the shard must do for the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Send a text on a data channel.
    Tell {
        to: MemberId,
        channel: Channel,
        manner: Manner,
        text: Arc<str>,
    },
    /// Ask a publisher for a keyframe.
    AskKeyframe { of: MemberId, source: Source },
}

/// A packet for one line of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forward {
    pub(crate) to: MemberId,
    pub(crate) line: LineId,
    pub(crate) rewritten: Rewritten,
    pub(crate) csrc: Csrc,
}

/// What a packet leads to. The buffers are used again and again.
#[derive(Debug, Default)]
pub(crate) struct Actions {
    pub(crate) effects: Vec<Effect>,
    pub(crate) forwards: Vec<Forward>,
}

/// Who is on the line: the media entry, and the mark of the current loudest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Csrc {
    list: [u32; 2],
    count: usize,
}

impl Csrc {
    pub(crate) fn as_slice(&self) -> &[u32] {
        &self.list[..self.count]
    }
}

/// Somebody who is let in.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) card: Card,
    pub(crate) rights: Rights,
    /// What it said of what it sends, while it waited.
    pub(crate) said: MediaState,
    /// What it offers to send.
    pub(crate) offered: Sends,
    /// Receiving audio lines.
    pub(crate) audio_lines: usize,
    /// The SSRC of each receiving video line.
    pub(crate) video_ssrcs: Vec<u32>,
}

/// What a client's message asks of the control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Nothing,
    Refused,
    /// The client wants to leave.
    Leaves,
    /// What the client has counted.
    Uploaded(Box<Upload>),
}

/// A room.
#[derive(Debug)]
pub(crate) struct Room {
    members: BTreeMap<MemberId, Member>,
    speakers: Speakers<MemberId>,
    /// Which lines a media entry may have to be put on.
    viewers: BTreeMap<EntryId, Vec<(MemberId, usize)>>,
    /// In the order in which they were raised.
    hands: Vec<RaisedHand>,
    /// The latest messages that have an id, newest first.
    said: VecDeque<Said>,
    telling: Telling,
    chat_rate: Rate,
    reaction_rate: Rate,
    next_id: u32,
    next_csrc: u32,
}

#[derive(Debug)]
struct Member {
    entry: Entry,
    phase: Phase,
    open: [bool; Channel::ALL.len()],
    /// How far it has been told what is so.
    told: [Option<Told>; Channel::ALL.len()],
    /// Its transport takes no more for the moment.
    behind: bool,
    offered: Sends,
    rights: Rights,
    /// The last text of the control plane.
    moderation: Option<Arc<str>>,
    rate: Rate,
    chat_rate: Rate,
    reaction_rate: Rate,
    spoke: Option<Time>,
    camera: Keyframes,
    screen: Keyframes,
    audio: Vec<Line<MemberId>>,
    video: Vec<VideoLine>,
    layout: Option<Layout>,
    placements: Vec<Placement>,
}

#[derive(Debug)]
struct VideoLine {
    ssrc: u32,
    line: Line<EntryId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Admitted; its media is not connected yet.
    Expected,
    /// In the room.
    Present,
    /// Its media is gone; the end of its session is being written down.
    Gone,
}

impl Member {
    fn on_roll(&self) -> bool {
        self.phase != Phase::Expected
    }

    fn present(&self) -> bool {
        self.phase == Phase::Present
    }

    /// Whether it is there and has opened a channel.
    fn reads(&self, channel: Channel) -> bool {
        self.present() && self.open[channel.index()]
    }

    fn keyframes(&mut self, source: Source) -> Option<&mut Keyframes> {
        match source {
            Source::Microphone => None,
            Source::Camera => Some(&mut self.camera),
            Source::Screen => Some(&mut self.screen),
        }
    }
}

impl Room {
    pub(crate) fn new() -> Room {
        Room {
            members: BTreeMap::new(),
            speakers: Speakers::new(),
            viewers: BTreeMap::new(),
            hands: vec![],
            said: VecDeque::new(),
            telling: Telling::default(),
            chat_rate: Rate::new(limits::ROOM_CHAT, Time::ZERO),
            reaction_rate: Rate::new(limits::ROOM_REACTIONS, Time::ZERO),
            next_id: 1,
            next_csrc: FIRST_CSRC,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Lets somebody in. Nobody is told before [`Room::connected`].
    pub(crate) fn admit(&mut self, id: MemberId, newcomer: Newcomer, now: Time) {
        let Newcomer {
            card,
            rights,
            said,
            offered,
            audio_lines,
            video_ssrcs,
        } = newcomer;
        let same = self
            .members
            .values()
            .find(|member| member.entry.card.participant_key == card.participant_key);
        let participant = same.map(|member| member.entry.participant);
        let mut entry = Entry {
            card,
            participant: participant.unwrap_or_else(|| next(&mut self.next_id)),
            main: EntryId(next(&mut self.next_id)),
            screen: EntryId(next(&mut self.next_id)),
            audio_csrc: next(&mut self.next_csrc),
            camera_csrc: [next(&mut self.next_csrc)],
            screen_csrc: [next(&mut self.next_csrc)],
            sends: offered.within(rights),
            voice: Voice::Open,
            video_muted: false,
            sharing: false,
        };
        entry.say(said);
        entry.restrict(entry.sends);
        let video = video_ssrcs
            .into_iter()
            .map(|ssrc| VideoLine {
                ssrc,
                line: Line::video(),
            })
            .collect();
        let member = Member {
            entry,
            phase: Phase::Expected,
            open: [false; Channel::ALL.len()],
            told: [None; Channel::ALL.len()],
            behind: false,
            offered,
            rights,
            moderation: None,
            rate: Rate::new(limits::MESSAGES, now),
            chat_rate: Rate::new(limits::CHAT, now),
            reaction_rate: Rate::new(limits::REACTIONS, now),
            spoke: None,
            camera: Keyframes::default(),
            screen: Keyframes::default(),
            audio: (0..audio_lines).map(|_| Line::audio()).collect(),
            video,
            layout: None,
            placements: vec![],
        };
        self.members.insert(id, member);
    }

    /// Its media is connected: it is in the room, and the others are told.
    pub(crate) fn connected(&mut self, id: MemberId, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        member.phase = Phase::Present;
        let (open, entry) = (member.open, &member.entry);
        self.telling.participants.changed(entry.participant);
        self.telling.media_entries.changed(entry.main.0);
        if entry.sharing {
            self.telling.media_entries.changed(entry.screen.0);
        }
        self.telling.unplaced = true;
        self.stir();
        for channel in Channel::ALL.into_iter().filter(|channel| open[channel.index()]) {
            self.tell_first(id, channel, effects);
        }
    }

    /// One of its data channels is open, in whatever order they open.
    pub(crate) fn channel_open(&mut self, id: MemberId, channel: Channel, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let again = std::mem::replace(&mut member.open[channel.index()], true);
        if member.present() && !again {
            self.tell_first(id, channel, effects);
        }
    }

    /// Its media is gone. It stays on the roll until [`Room::leave`].
    pub(crate) fn gone(&mut self, id: MemberId) {
        if let Some(member) = self.members.get_mut(&id) {
            // Who never connected was never on the roll, and stays off it.
            member.phase = if member.on_roll() { Phase::Gone } else { Phase::Expected };
            self.speakers.remove(id);
        }
    }

    /// Takes it out, and the others are told.
    pub(crate) fn leave(&mut self, id: MemberId) {
        let Some(member) = self.members.remove(&id) else { return };
        self.speakers.remove(id);
        for other in self.members.values_mut() {
            other.audio.iter_mut().for_each(|line| line.forget(id));
        }
        if !member.on_roll() {
            return;
        }
        let participant = member.entry.participant;
        let elsewhere = self
            .members
            .values()
            .any(|other| other.on_roll() && other.entry.participant == participant);
        self.telling.media_entries.gone(member.entry.main.0);
        self.telling.media_entries.gone(member.entry.screen.0);
        if !elsewhere {
            self.telling.participants.gone(participant);
            self.lower(participant);
        }
        self.telling.unplaced = true;
        self.stir();
        self.viewers.remove(&member.entry.main);
        self.viewers.remove(&member.entry.screen);
    }

    /// What a channel says first.
    fn tell_first(&mut self, id: MemberId, channel: Channel, effects: &mut Vec<Effect>) {
        let member = &self.members[&id];
        match channel {
            Channel::SessionControl => effects.push(answer(id, channel, roll::joined(&member.entry.card))),
            Channel::MediaStats => {
                let kind = ResourceKind::Configuration(Configuration::new());
                let texts = roll::resources(&[Resource { id: None, kind }]);
                effects.extend(texts.into_iter().map(|text| answer(id, channel, text)));
            }
            Channel::Participants | Channel::MediaEntries | Channel::Reactions => {
                self.tell_all_there_is(id, channel, effects);
            }
            Channel::VideoAssignment | Channel::Chat => {}
            Channel::Moderation => member.say_moderation(id, effects),
        }
    }
}

/// What follows from what a member itself did, or is told of itself once.
fn answer(to: MemberId, channel: Channel, text: impl Into<Arc<str>>) -> Effect {
    Effect::Tell {
        to,
        channel,
        manner: Manner::Answer,
        text: text.into(),
    }
}

/// The whole of what is so for a member.
fn newest(to: MemberId, channel: Channel, text: impl Into<Arc<str>>) -> Effect {
    Effect::Tell {
        to,
        channel,
        manner: Manner::Newest,
        text: text.into(),
    }
}

fn next(counter: &mut u32) -> u32 {
    let id = *counter;
    *counter += 1;
    id
}
