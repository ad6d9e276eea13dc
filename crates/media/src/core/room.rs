//! A room: who is in it, who is on which line of whom, and what everybody is told.
//!
//! A member becomes visible to the others when its media is connected and stays on the roll until the control plane takes
//! it out, even when its media has long gone: the end of a session is told after it is written down, never before.
//!
//! Packets run through [`Room::forward`], everything else is rare. A video packet visits only the lines that show its
//! media entry; that list is pruned as it is walked, when a line has moved on.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    admission::Card,
    core::{
        EntryId, LineId, MemberId, Source, Time,
        assignment::{Placement, Wish, place},
        channels::{
            Action, AssignedCanvas, Channel, Code, Configuration, Layout, MediaState, Message, Refused, Request,
            Resource, ResourceKind, VideoAssignment, done, refused,
        },
        keyframes::Keyframes,
        line::{Incoming, Line, Rewritten},
        rate::Rate,
        roll::{self, Entry, Sends},
        speakers::{Place, Speakers},
    },
    limits,
};

/// The CSRC that marks the current loudest, beside the speaker's own.
const LOUDEST_CSRC: u32 = 42;
/// The first CSRC given to a media entry: far from the mark.
const FIRST_CSRC: u32 = 1_000;

/// Something that the shard must do for the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Send a text on a data channel.
    Tell {
        to: MemberId,
        channel: Channel,
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
    pub(crate) sends: Sends,
    /// Receiving audio lines.
    pub(crate) audio_lines: usize,
    /// The SSRC of each receiving video line.
    pub(crate) video_ssrcs: Vec<u32>,
}

/// What a client's message asks of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Nothing,
    Refused,
    /// The client wants to leave.
    Leaves,
}

/// A room.
#[derive(Debug)]
pub(crate) struct Room {
    members: BTreeMap<MemberId, Member>,
    speakers: Speakers<MemberId>,
    /// Which lines a media entry may have to be put on.
    viewers: BTreeMap<EntryId, Vec<(MemberId, usize)>>,
    next_id: u32,
    next_csrc: u32,
}

#[derive(Debug)]
struct Member {
    entry: Entry,
    phase: Phase,
    open: [bool; Channel::ALL.len()],
    rate: Rate,
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
            sends,
            audio_lines,
            video_ssrcs,
        } = newcomer;
        let same = self
            .members
            .values()
            .find(|member| member.entry.card.participant_key == card.participant_key);
        let participant = same.map(|member| member.entry.participant);
        let entry = Entry {
            card,
            participant: participant.unwrap_or_else(|| next(&mut self.next_id)),
            main: EntryId(next(&mut self.next_id)),
            screen: EntryId(next(&mut self.next_id)),
            audio_csrc: next(&mut self.next_csrc),
            camera_csrc: [next(&mut self.next_csrc)],
            screen_csrc: [next(&mut self.next_csrc)],
            sends,
            audio_muted: false,
            video_muted: false,
            sharing: false,
        };
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
            rate: Rate::new(now),
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
    pub(crate) fn connected(&mut self, id: MemberId, now: Time, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        member.phase = Phase::Present;
        let open = member.open;
        for channel in Channel::ALL.into_iter().filter(|channel| open[channel.index()]) {
            self.welcome(id, channel, effects);
        }
        let entry = &self.members[&id].entry;
        let participant = roll::resources(&[entry.participant()]);
        let media_entries = roll::resources(&entry.media_entries().collect::<Vec<_>>());
        self.tell_others(id, Channel::Participants, &participant, effects);
        self.tell_others(id, Channel::MediaEntries, &media_entries, effects);
        self.reassign_all(now, effects);
    }

    /// One of its data channels is open, in whatever order they open.
    pub(crate) fn channel_open(&mut self, id: MemberId, channel: Channel, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let again = std::mem::replace(&mut member.open[channel.index()], true);
        if member.present() && !again {
            self.welcome(id, channel, effects);
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

    /// Takes it out and tells the others.
    pub(crate) fn leave(&mut self, id: MemberId, now: Time, effects: &mut Vec<Effect>) {
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
        let entries = roll::deletions(&member.entry.deleted_media_entries());
        self.tell_others(id, Channel::MediaEntries, &[entries], effects);
        if !elsewhere {
            let participant = roll::deletions(&[member.entry.deleted_participant()]);
            self.tell_others(id, Channel::Participants, &[participant], effects);
        }
        self.reassign_all(now, effects);
        self.viewers.remove(&member.entry.main);
        self.viewers.remove(&member.entry.screen);
    }

    /// A client's message on a data channel.
    pub(crate) fn message(
        &mut self,
        id: MemberId,
        channel: Channel,
        text: &str,
        now: Time,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let Some(member) = self.members.get_mut(&id).filter(|member| member.present()) else {
            return Outcome::Nothing;
        };
        let in_time = member.rate.take(now);
        let result = Request::read(channel, text).and_then(|request| {
            let refuse = |code, message: String| {
                Err(Refused {
                    id: request.id,
                    code,
                    message,
                })
            };
            if !in_time {
                return refuse(Code::ResourceExhausted, "too many requests".into());
            }
            if let Action::SetAssignment(layout) = &request.action {
                let lines = member.video.len();
                if layout.canvases.len() > lines {
                    let message = format!(
                        "{} canvases, but the session has {lines} video lines",
                        layout.canvases.len()
                    );
                    return refuse(Code::InvalidArgument, message);
                }
                if layout.label.len() > limits::LABEL_BYTES {
                    return refuse(Code::InvalidArgument, "the label is too long".into());
                }
                if let Some(twice) = repeated_canvas(layout) {
                    return refuse(Code::InvalidArgument, format!("canvas {twice} is there twice"));
                }
            }
            Ok(request)
        });
        match result {
            Err(refusal) => {
                effects.push(tell(id, channel, refused(&refusal)));
                Outcome::Refused
            }
            Ok(request) => {
                effects.push(tell(id, channel, done(&request)));
                self.act(id, request.action, now, effects)
            }
        }
    }

    /// A packet of a member, put on every line that it belongs on.
    pub(crate) fn forward(
        &mut self,
        from: MemberId,
        source: Source,
        packet: &Incoming,
        level_dbov: Option<i8>,
        now: Time,
        actions: &mut Actions,
    ) {
        let Some(member) = self.members.get(&from).filter(|member| member.present()) else {
            return;
        };
        let entry = &member.entry;
        match source {
            Source::Microphone if !entry.audio_muted => {
                let csrc = entry.audio_csrc;
                self.forward_audio(from, csrc, packet, level_dbov, now, actions);
            }
            Source::Camera if !entry.video_muted => {
                let (shown, [csrc]) = (entry.main, entry.camera_csrc);
                self.forward_video((from, source), shown, csrc, packet, now, actions);
            }
            Source::Screen if entry.sharing => {
                let (shown, [csrc]) = (entry.screen, entry.screen_csrc);
                self.forward_video((from, source), shown, csrc, packet, now, actions);
            }
            _ => {}
        }
    }

    /// The decoder behind a line has lost its picture.
    pub(crate) fn keyframe_requested(&mut self, by: MemberId, line: usize, now: Time, effects: &mut Vec<Effect>) {
        let shown = self
            .members
            .get(&by)
            .and_then(|member| member.video.get(line)?.line.current());
        if let Some(entry) = shown {
            self.want_keyframe(entry, now, effects);
        }
    }

    fn act(&mut self, id: MemberId, action: Action, now: Time, effects: &mut Vec<Effect>) -> Outcome {
        match action {
            Action::Leave => return Outcome::Leaves,
            Action::UploadMediaStats => {}
            Action::SetMediaState(state) => self.set_media_state(id, state, now, effects),
            Action::SetAssignment(layout) => {
                if let Some(member) = self.members.get_mut(&id) {
                    member.layout = Some(layout);
                    let ranked = self.ranked();
                    self.reassign(id, &ranked, true, now, effects);
                }
            }
        }
        Outcome::Nothing
    }

    fn set_media_state(&mut self, id: MemberId, state: MediaState, now: Time, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let entry = &mut member.entry;
        let was_sharing = entry.sharing;
        entry.audio_muted = state.audio_muted.unwrap_or(entry.audio_muted);
        entry.video_muted = state.video_muted.unwrap_or(entry.video_muted);
        entry.sharing = entry.sends.screen && state.screenshare.unwrap_or(entry.sharing);
        let told = roll::resources(&entry.media_entries().collect::<Vec<_>>());
        let (main, screen) = (entry.main, entry.screen);
        let (audio_muted, video_muted, sharing) = (entry.audio_muted, entry.video_muted, entry.sharing);
        self.tell_all(Channel::MediaEntries, &told, effects);
        if was_sharing && !sharing {
            let deleted = roll::deletions(&[roll::deleted_media_entry(screen)]);
            self.tell_all(Channel::MediaEntries, &[deleted], effects);
        }
        if audio_muted {
            self.speakers.remove(id);
            for other in self.members.values_mut() {
                other.audio.iter_mut().for_each(|line| line.forget(id));
            }
        }
        if video_muted {
            self.pause(main);
        }
        self.reassign_all(now, effects);
    }

    /// What is sent while muted is not forwarded, so the lines go on at a keyframe, as if it were another source.
    fn pause(&mut self, shown: EntryId) {
        for (viewer, line) in self.viewers.get(&shown).into_iter().flatten() {
            let line = self
                .members
                .get_mut(viewer)
                .and_then(|member| member.video.get_mut(*line));
            if let Some(VideoLine { line, .. }) = line.filter(|line| line.line.current() == Some(shown)) {
                let waiting = line.waiting();
                line.clear();
                line.show(waiting.unwrap_or(shown));
            }
        }
    }

    fn forward_audio(
        &mut self,
        from: MemberId,
        csrc: u32,
        packet: &Incoming,
        level_dbov: Option<i8>,
        now: Time,
        actions: &mut Actions,
    ) {
        let before = self.speakers.loudest();
        let place = self.speakers.heard(from, level_dbov, now);
        let loudest = self.speakers.loudest();
        if let Some(speaker) = loudest.filter(|_| loudest != before) {
            if let Some(member) = self.members.get_mut(&speaker) {
                member.spoke = Some(now);
            }
            self.reassign_all(now, &mut actions.effects);
        }
        let csrc = Csrc {
            list: [csrc, LOUDEST_CSRC],
            count: 1 + usize::from(loudest == Some(from)),
        };
        let mut put = |to: MemberId, member: &mut Member, line: usize| {
            let Some(audio) = member.audio.get_mut(line).filter(|_| member.phase == Phase::Present) else {
                return;
            };
            audio.show(from);
            if let Some(rewritten) = audio.forward(from, packet, now) {
                actions.forwards.push(Forward {
                    to,
                    line: LineId::Audio(line),
                    rewritten,
                    csrc,
                });
            }
        };
        match place {
            Some(Place::Heard(line)) => {
                for (to, member) in self.members.iter_mut().filter(|(to, _)| **to != from) {
                    put(*to, member, line);
                }
            }
            Some(Place::Reserve) => {
                for (line, to) in self.speakers.heard_by_all() {
                    if let Some(member) = self.members.get_mut(&to) {
                        put(to, member, line);
                    }
                }
            }
            None => {}
        }
    }

    fn forward_video(
        &mut self,
        (from, source): (MemberId, Source),
        shown: EntryId,
        csrc: u32,
        packet: &Incoming,
        now: Time,
        actions: &mut Actions,
    ) {
        let Some(viewers) = self.viewers.get_mut(&shown) else {
            return;
        };
        let csrc = Csrc {
            list: [csrc, 0],
            count: 1,
        };
        let mut waiting = false;
        let members = &mut self.members;
        viewers.retain(|(to, line)| {
            let Some(member) = members.get_mut(to) else {
                return false;
            };
            let present = member.present();
            let Some(VideoLine { line: video, .. }) = member.video.get_mut(*line) else {
                return false;
            };
            if present && let Some(rewritten) = video.forward(shown, packet, now) {
                actions.forwards.push(Forward {
                    to: *to,
                    line: LineId::Video(*line),
                    rewritten,
                    csrc,
                });
            }
            waiting |= present && video.waits_for(shown);
            video.concerns(shown)
        });
        let Some(keyframes) = self.members.get_mut(&from).and_then(|member| member.keyframes(source)) else {
            return;
        };
        let due = keyframes.passed(packet.starts_keyframe, now);
        if due || (waiting && keyframes.want(now)) {
            actions.effects.push(Effect::AskKeyframe { of: from, source });
        }
    }

    fn want_keyframe(&mut self, shown: EntryId, now: Time, effects: &mut Vec<Effect>) {
        for (id, member) in &mut self.members {
            let source = match shown {
                entry if entry == member.entry.main => Source::Camera,
                entry if entry == member.entry.screen => Source::Screen,
                _ => continue,
            };
            if member.keyframes(source).is_some_and(|keyframes| keyframes.want(now)) {
                effects.push(Effect::AskKeyframe { of: *id, source });
            }
        }
    }

    /// The media entries worth showing, most relevant first: screens, then whoever was the loudest last, then by age.
    fn ranked(&self) -> Vec<EntryId> {
        let present = || self.members.values().filter(|member| member.present());
        let mut ranked: Vec<EntryId> = present()
            .filter(|member| member.entry.sharing)
            .map(|member| member.entry.screen)
            .collect();
        let mut cameras: Vec<&Member> = present()
            .filter(|member| member.entry.sends.camera && !member.entry.video_muted)
            .collect();
        cameras.sort_by_key(|member| (std::cmp::Reverse(member.spoke), member.entry.main));
        ranked.extend(cameras.into_iter().map(|member| member.entry.main));
        ranked
    }

    fn reassign_all(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let ranked = self.ranked();
        let ids: Vec<MemberId> = self
            .members
            .iter()
            .filter(|(_, member)| member.layout.is_some())
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.reassign(id, &ranked, false, now, effects);
        }
    }

    /// Places the canvases of a member anew, and tells it if anything has changed or it has asked.
    fn reassign(&mut self, id: MemberId, ranked: &[EntryId], asked: bool, now: Time, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get(&id) else { return };
        let Some(layout) = &member.layout else { return };
        let own = [member.entry.main, member.entry.screen];
        let others: Vec<EntryId> = ranked.iter().copied().filter(|entry| !own.contains(entry)).collect();
        let direct = layout.canvases.iter().filter_map(|canvas| match canvas.wish {
            Wish::Direct(entry) => Some(entry),
            Wish::Relevant => None,
        });
        let existing: Vec<EntryId> = direct
            .filter(|entry| !own.contains(entry) && self.exists(*entry))
            .collect();
        let shown = |entry| existing.contains(&entry);
        let placements = place(&layout.canvases, &others, shown, &member.placements, member.video.len());
        if placements == member.placements && !asked {
            return;
        }
        let canvases: Vec<AssignedCanvas> = placements
            .iter()
            .map(|placement| AssignedCanvas::of(placement, member.video[placement.line].ssrc))
            .collect();
        let assignment = VideoAssignment {
            label: &layout.label,
            canvases: &canvases,
        };
        let resource = Resource {
            id: None,
            kind: ResourceKind::VideoAssignment(assignment),
        };
        effects.push(tell(
            id,
            Channel::VideoAssignment,
            Message {
                resources: &[resource],
                ..Message::default()
            }
            .text(),
        ));
        self.put_on_lines(id, placements, now, effects);
    }

    fn put_on_lines(&mut self, id: MemberId, placements: Vec<Placement>, now: Time, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let mut wanted = vec![];
        for (index, VideoLine { line, .. }) in member.video.iter_mut().enumerate() {
            match placements.iter().find(|placement| placement.line == index) {
                None => line.clear(),
                Some(Placement { entry, .. }) => {
                    if line.show(*entry) {
                        wanted.push((*entry, index));
                    }
                }
            }
        }
        member.placements = placements;
        for (entry, line) in wanted {
            let viewers = self.viewers.entry(entry).or_default();
            if !viewers.contains(&(id, line)) {
                viewers.push((id, line));
            }
            self.want_keyframe(entry, now, effects);
        }
    }

    fn exists(&self, entry: EntryId) -> bool {
        let mut roll = self
            .members
            .values()
            .filter(|member| member.on_roll())
            .map(|member| &member.entry);
        roll.any(|other| other.main == entry || (other.sharing && other.screen == entry))
    }

    /// What a channel says first.
    fn welcome(&self, id: MemberId, channel: Channel, effects: &mut Vec<Effect>) {
        let roll = || {
            self.members
                .values()
                .filter(|member| member.on_roll())
                .map(|member| &member.entry)
        };
        let texts = match channel {
            Channel::SessionControl => vec![roll::joined()],
            Channel::Participants => {
                let mut resources: Vec<Resource<'_>> = roll().map(Entry::participant).collect();
                resources.sort_by_key(|resource| resource.id);
                resources.dedup_by_key(|resource| resource.id);
                roll::resources(&resources)
            }
            Channel::MediaEntries => roll::resources(&roll().flat_map(Entry::media_entries).collect::<Vec<_>>()),
            Channel::VideoAssignment => vec![],
            Channel::MediaStats => {
                let kind = ResourceKind::Configuration(Configuration::new());
                roll::resources(&[Resource { id: None, kind }])
            }
        };
        effects.extend(texts.into_iter().map(|text| tell(id, channel, text)));
    }

    fn tell_all(&self, channel: Channel, texts: &[String], effects: &mut Vec<Effect>) {
        let readers = self
            .members
            .iter()
            .filter(|(_, member)| member.present() && member.open[channel.index()]);
        let readers: Vec<MemberId> = readers.map(|(id, _)| *id).collect();
        for text in texts {
            let text: Arc<str> = text.as_str().into();
            effects.extend(readers.iter().map(|to| Effect::Tell {
                to: *to,
                channel,
                text: Arc::clone(&text),
            }));
        }
    }

    fn tell_others(&self, than: MemberId, channel: Channel, texts: &[String], effects: &mut Vec<Effect>) {
        let first = effects.len();
        self.tell_all(channel, texts, effects);
        let mut told = effects.split_off(first);
        told.retain(|effect| !matches!(effect, Effect::Tell { to, .. } if *to == than));
        effects.append(&mut told);
    }
}

fn tell(to: MemberId, channel: Channel, text: String) -> Effect {
    Effect::Tell {
        to,
        channel,
        text: text.into(),
    }
}

fn next(counter: &mut u32) -> u32 {
    let id = *counter;
    *counter += 1;
    id
}

fn repeated_canvas(layout: &Layout) -> Option<i64> {
    let canvases = &layout.canvases;
    let repeats = |(index, id): (usize, i64)| canvases[..index].iter().any(|other| other.id == id).then_some(id);
    canvases.iter().map(|canvas| canvas.id).enumerate().find_map(repeats)
}
