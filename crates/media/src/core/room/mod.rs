//! A room: who is in it, who is on which line of whom, and what everybody is told.
//!
//! A member becomes visible to the others when its media is connected and stays on the roll until the control plane takes
//! it out, even when its media has long gone: the end of a session is told after it is written down, never before.
//!
//! What clients ask is in `requests`, what they may in `rights`, what people say beside their voices in `social`, who is
//! on whose video lines in `views`, at which size in `fitting`, what of it the network of each carries in `bandwidth`, when all are told
//! what is so in `telling`, and packets run through `packets`.

mod bandwidth;
mod fitting;
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
        EntryId, LineId, MemberId, Source, Time, allocation,
        assignment::Placement,
        channels::{Channel, Layout, MediaState},
        layer::{Layers, Spatials},
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
    AskKeyframe { of: MemberId, source: Source, spatial: u8 },
    /// What a member would be sent if there were no limit, in bits per second; `None` if it is shown no picture.
    Want { to: MemberId, wanted_bps: Option<u64> },
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    /// In how many sizes it offers its camera and its screen.
    pub(crate) sizes: [usize; 2],
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
    /// Which lines a layer of a media entry may have to be put on.
    viewers: BTreeMap<View, Vec<(MemberId, usize)>>,
    /// Of whom, and of what, each media entry's pictures are.
    owners: BTreeMap<EntryId, (MemberId, Source)>,
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
    camera: Layers,
    screen: Layers,
    audio: Vec<Line<MemberId>>,
    video: Vec<VideoLine>,
    layout: Option<Layout>,
    /// Who would be where if there were no limit.
    placements: Vec<Placement>,
    /// The last ones before it looked away.
    last_placements: Vec<Placement>,
    /// Those of them that there is room for.
    granted: Vec<Placement>,
    allocation: allocation::State,
    /// What the way to it carries, in bits per second, if that is known.
    budget_bps: Option<u64>,
    wanted_bps: Option<u64>,
}

#[derive(Debug)]
struct VideoLine {
    ssrc: u32,
    /// What was placed on it.
    entry: Option<EntryId>,
    /// Which layers of that it needs its publisher to send.
    needed: Spatials,
    line: Line<View>,
}

/// One layer of what a media entry shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct View {
    entry: EntryId,
    spatial: u8,
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

    fn layers(&self, source: Source) -> Option<&Layers> {
        match source {
            Source::Microphone => None,
            Source::Camera => Some(&self.camera),
            Source::Screen => Some(&self.screen),
        }
    }

    fn layers_mut(&mut self, source: Source) -> Option<&mut Layers> {
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
            owners: BTreeMap::new(),
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

    /// Who is in it, how it is shown, and what of it is taken.
    pub(crate) fn present(&self) -> impl Iterator<Item = (MemberId, &Card, Sends)> {
        let present = self.members.iter().filter(|(_, member)| member.present());
        present.map(|(id, Member { entry, .. })| {
            let sends = Sends {
                microphone: entry.speaks(),
                camera: entry.shows(),
                screen: entry.sharing,
            };
            (*id, &entry.card, sends)
        })
    }

    /// Who is marked as the loudest speaker.
    pub(crate) fn loudest(&self) -> Option<MemberId> {
        self.speakers.loudest()
    }

    /// Lets somebody in. Nobody is told before [`Room::connected`].
    pub(crate) fn admit(&mut self, id: MemberId, newcomer: Newcomer, now: Time) {
        let Newcomer {
            card,
            rights,
            said,
            offered,
            sizes: [camera_sizes, screen_sizes],
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
                entry: None,
                needed: Spatials::NONE,
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
            camera: Layers::new(camera_sizes, now),
            screen: Layers::new(screen_sizes, now),
            audio: (0..audio_lines).map(|_| Line::audio()).collect(),
            video,
            layout: None,
            placements: vec![],
            last_placements: vec![],
            granted: vec![],
            allocation: allocation::State::default(),
            budget_bps: None,
            wanted_bps: None,
        };
        self.owners.insert(member.entry.main, (id, Source::Camera));
        self.owners.insert(member.entry.screen, (id, Source::Screen));
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
        for entry in [member.entry.main, member.entry.screen] {
            self.owners.remove(&entry);
            self.viewers.retain(|view, _| view.entry != entry);
        }
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
            Channel::VideoAssignment if member.camera.is_thinned() || member.screen.is_thinned() => {
                self.tell_wanted(id, effects);
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
