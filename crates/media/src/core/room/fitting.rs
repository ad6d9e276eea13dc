//! Which layer of a picture each line shows, and which layers their publishers are asked for.
//!
//! A line is thought over when its viewer has another layout and when what can be had of its source has changed; nothing is
//! looked at packet by packet. What is chosen may not come yet, because nobody needed it until now: then it is asked for,
//! and the line shows meanwhile what does come. The line itself holds on to what it shows until a keyframe of the next.
//!
//! What somebody needs is asked for at once. That nobody needs it any more is found once a second, for all sources in one
//! walk through the lines.

use std::collections::BTreeMap;

use crate::core::{
    EntryId, MemberId, Source, Time,
    channels::Channel,
    layer::{Layer, Layers, Size, Spatials, fitting},
    outbox::Manner,
    resources::{Message, Resource, ResourceKind, WantedLayers},
    room::{Effect, Member, Room, VideoLine, View},
};

/// A line with something on it, and how large that is to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub(super) line: usize,
    pub(super) entry: EntryId,
    pub(super) canvas: Size,
}

impl Room {
    /// Chooses anew for all who look at a media entry.
    pub(super) fn fit_viewers(&mut self, entry: EntryId, now: Time, effects: &mut Vec<Effect>) {
        let looks = |member: &Member| member.video.iter().any(|video| video.entry == Some(entry));
        let viewers: Vec<MemberId> = self
            .members
            .iter()
            .filter(|(_, member)| looks(member))
            .map(|(id, _)| *id)
            .collect();
        for id in viewers {
            self.grant(id, false, now, effects);
        }
    }

    /// A second is over: who has fallen silent is not marked, and what nobody has needed all the while is not asked for any more.
    pub(crate) fn second(&mut self, is_recorded: bool, now: Time, effects: &mut Vec<Effect>) {
        self.pass_silence(now);
        self.grant_all(now, effects);
        let mut needed = BTreeMap::<EntryId, Spatials>::new();
        let viewers = self.members.values().filter(|member| member.present());
        for video in viewers.flat_map(|member| &member.video) {
            // What a line shows until the next one comes is needed as well.
            let held = [video.line.current(), video.line.waiting()].into_iter().flatten();
            let held = held.map(|view| (view.entry, Spatials::NONE.with(view.spatial)));
            for (entry, spatials) in held.chain(video.entry.map(|entry| (entry, video.needed))) {
                let of_entry = needed.entry(entry).or_default();
                *of_entry = of_entry.and(spatials);
            }
        }
        let owners: Vec<(EntryId, (MemberId, Source))> =
            self.owners.iter().map(|(entry, owner)| (*entry, *owner)).collect();
        for (entry, (of, _)) in owners {
            let Some(layers) = self.layers_mut(entry) else { continue };
            let recorded = if is_recorded {
                layers.deserved_by(Size::default())
            } else {
                Spatials::NONE
            };
            let needed = needed.get(&entry).copied().unwrap_or_default().and(recorded);
            let better = layers.better().filter(|_| is_recorded);
            let asked = layers.asked();
            let is_changed = layers.keep(needed, now);
            let is_told = asked != layers.asked();
            if is_told {
                self.tell_wanted(of, effects);
            }
            self.need(entry, needed, now, effects);
            if is_changed {
                self.fit_viewers(entry, now, effects);
            }
            if let Some(spatial) = better {
                self.want_keyframe(View { entry, spatial }, now, effects);
            }
        }
    }

    /// Whether a packet belongs into a recording, which is given one layer of each picture.
    pub(crate) fn is_recorded(&mut self, from: MemberId, source: Source, spatial: u8, starts_keyframe: bool) -> bool {
        let layers = self.members.get_mut(&from).and_then(|member| member.layers_mut(source));
        layers.is_none_or(|layers| layers.is_best(spatial, starts_keyframe))
    }

    /// Puts a layer on a line, or what comes of its source meanwhile.
    pub(super) fn put(&mut self, id: MemberId, shown: Shown, chosen: Layer, now: Time, effects: &mut Vec<Effect>) {
        let Shown { line, entry, canvas } = shown;
        let Layer { spatial, temporal } = chosen;
        let of_entry = |view: &View| view.entry == entry;
        let current = self.video_line(id, line).and_then(|video| video.line.current());
        let current = current.filter(of_entry).map(|view| view.spatial);
        let Some(layers) = self.layers_of(entry) else { return };
        // Whose network carries no more than a smaller size needs no other.
        let is_fitting = fitting(layers.available(), canvas).is_none_or(|fitting| fitting.spatial <= spatial);
        let needed = if is_fitting {
            layers.deserved_by(canvas).with(spatial)
        } else {
            Spatials::NONE.with(spatial)
        };
        let view = View {
            entry,
            spatial: layers.meanwhile(spatial, current),
        };
        let Some(video) = self.video_line(id, line) else { return };
        video.needed = needed;
        video.line.limit(temporal);
        let is_waited_for = video.line.waits_for(view);
        if video.line.show(view) {
            let viewers = self.viewers.entry(view).or_default();
            if !viewers.contains(&(id, line)) {
                viewers.push((id, line));
            }
            if !is_waited_for {
                self.want_keyframe(view, now, effects);
            }
        }
        self.need(entry, needed, now, effects);
    }

    fn video_line(&mut self, id: MemberId, line: usize) -> Option<&mut VideoLine> {
        self.members.get_mut(&id)?.video.get_mut(line)
    }

    pub(super) fn layers_of(&self, entry: EntryId) -> Option<&Layers> {
        let (of, source) = *self.owners.get(&entry)?;
        self.members.get(&of)?.layers(source)
    }

    pub(super) fn layers_mut(&mut self, entry: EntryId) -> Option<&mut Layers> {
        let (of, source) = *self.owners.get(&entry)?;
        self.members.get_mut(&of)?.layers_mut(source)
    }

    /// Asks a publisher for layers that it was told not to send.
    fn need(&mut self, entry: EntryId, needed: Spatials, now: Time, effects: &mut Vec<Effect>) {
        let Some((of, _)) = self.owners.get(&entry).copied() else {
            return;
        };
        if self.layers_mut(entry).is_some_and(|layers| layers.ask(needed, now)) {
            self.tell_wanted(of, effects);
        }
    }

    /// Tells a member which of its layers are wanted, if it has any to choose from.
    pub(super) fn tell_wanted(&mut self, to: MemberId, effects: &mut Vec<Effect>) {
        let Some(member) = self
            .members
            .get(&to)
            .filter(|member| member.reads(Channel::VideoAssignment))
        else {
            return;
        };
        let wanted = |layers: &Layers| layers.can_be_asked().then(|| layers.asked().iter().collect());
        let wanted = WantedLayers {
            camera: wanted(&member.camera),
            screen: wanted(&member.screen),
        };
        if wanted.camera.is_none() && wanted.screen.is_none() {
            return;
        }
        let resource = Resource {
            id: None,
            kind: ResourceKind::WantedLayers(wanted),
        };
        let message = Message {
            resources: &[resource],
            ..Message::default()
        };
        effects.push(Effect::Tell {
            to,
            channel: Channel::VideoAssignment,
            manner: Manner::Wanted,
            text: message.text().into(),
        });
    }
}

impl Member {
    /// What is to be on its lines. Two canvases may share one, which is then as large as the larger.
    pub(super) fn shown(&self) -> Vec<Shown> {
        let canvas_of = |line: usize| {
            let layout = self.layout.as_ref()?;
            let of_line = self.placements.iter().filter(|placement| placement.line == line);
            let canvases = of_line.filter_map(|placement| {
                let mut canvases = layout.canvases.iter();
                canvases.find(|canvas| canvas.id == placement.canvas)
            });
            let largest = canvases.map(|canvas| canvas.size).reduce(Size::or_larger)?;
            Some(largest.within(layout.largest))
        };
        (0..self.video.len())
            .filter_map(|line| {
                let placed = self.placements.iter().find(|placement| placement.line == line)?;
                Some(Shown {
                    line,
                    entry: placed.entry,
                    canvas: canvas_of(line)?,
                })
            })
            .collect()
    }
}
