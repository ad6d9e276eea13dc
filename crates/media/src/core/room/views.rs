//! Who is on the video lines of whom.
//!
//! Everything that may change it (a join, a leave, a mute, another loudest, a new layout) ends in placing the canvases anew;
//! a client is told only if that made a difference, or if it has asked. What it asks for itself is placed at once, the rest
//! when the room tells what is new.

use crate::core::{
    EntryId, MemberId, Time,
    assignment::{Placement, Wish, place},
    channels::Channel,
    resources::{AssignedCanvas, Message, Resource, ResourceKind, VideoAssignment},
    room::{Effect, Member, Room, VideoLine, newest},
};

impl Room {
    /// The media entries worth showing, most relevant first: screens, then whoever was the loudest last, then by age.
    pub(super) fn ranked(&self) -> Vec<EntryId> {
        let present = || self.members.values().filter(|member| member.present());
        let mut ranked: Vec<EntryId> = present()
            .filter(|member| member.entry.sharing)
            .map(|member| member.entry.screen)
            .collect();
        let mut cameras: Vec<&Member> = present().filter(|member| member.entry.shows()).collect();
        cameras.sort_by_key(|member| (std::cmp::Reverse(member.spoke), member.entry.main));
        ranked.extend(cameras.into_iter().map(|member| member.entry.main));
        ranked
    }

    pub(super) fn reassign_all(&mut self, now: Time, effects: &mut Vec<Effect>) {
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
    pub(super) fn reassign(
        &mut self,
        id: MemberId,
        ranked: &[EntryId],
        asked: bool,
        now: Time,
        effects: &mut Vec<Effect>,
    ) {
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
            .map(|placement| AssignedCanvas::new(placement, member.video[placement.line].ssrc))
            .collect();
        let assignment = VideoAssignment {
            label: &layout.label,
            canvases: &canvases,
        };
        let resource = Resource {
            id: None,
            kind: ResourceKind::VideoAssignment(assignment),
        };
        let message = Message {
            resources: &[resource],
            ..Message::default()
        };
        effects.push(newest(id, Channel::VideoAssignment, message.text()));
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

    /// Whether a line may stand for a media entry: a camera that is off for a while keeps its line, one that may not be used
    /// gives it up.
    fn exists(&self, entry: EntryId) -> bool {
        let mut roll = self
            .members
            .values()
            .filter(|member| member.on_roll())
            .map(|member| &member.entry);
        roll.any(|other| (other.sends.camera && other.main == entry) || (other.sharing && other.screen == entry))
    }

    /// What is sent while muted is not forwarded, so the lines go on at a keyframe, as if it were another source.
    pub(super) fn pause(&mut self, shown: EntryId) {
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
}
