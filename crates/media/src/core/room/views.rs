//! Who is on the video lines of whom.
//!
//! Everything that may change it (a join, a leave, a mute, another loudest, a new layout) ends in placing the canvases anew;
//! a client is told only if that made a difference, or if it has asked. What it asks for itself is placed at once, the rest
//! when the room tells what is new.

use crate::core::{
    EntryId, MemberId, Source, Time,
    assignment::{Wish, place},
    room::{Effect, Member, Room, VideoLine},
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
        // Whoever comes back to their page finds everybody on the lines on which they left them, or no picture would stand until others come.
        let before = if member.placements.is_empty() {
            &member.last_placements
        } else {
            &member.placements
        };
        let placements = place(&layout.canvases, &others, shown, before, member.video.len());
        if placements == member.placements && !asked {
            return;
        }
        if let Some(member) = self.members.get_mut(&id) {
            let before = std::mem::replace(&mut member.placements, placements);
            if !before.is_empty() {
                member.last_placements = before;
            }
        }
        self.grant(id, asked, now, effects);
    }

    /// Whether a line may stand for a media entry: a camera that is off for a while keeps its line, one that may not be used
    /// gives it up.
    fn exists(&self, entry: EntryId) -> bool {
        let owner = self.owners.get(&entry);
        let member = owner.and_then(|(owner, source)| Some((self.members.get(owner)?, *source)));
        member.is_some_and(|(member, source)| {
            member.on_roll()
                && match source {
                    Source::Microphone => false,
                    Source::Camera => member.entry.sends.camera,
                    Source::Screen => member.entry.sharing,
                }
        })
    }

    /// What is sent while muted is not forwarded, so the lines go on at a keyframe, as if it were another source.
    pub(super) fn pause(&mut self, shown: EntryId) {
        let of_entry = self.viewers.iter().filter(|(view, _)| view.entry == shown);
        for (viewer, line) in of_entry.flat_map(|(_, viewers)| viewers) {
            let video = self
                .members
                .get_mut(viewer)
                .and_then(|member| member.video.get_mut(*line));
            let Some(VideoLine { line, .. }) = video else { continue };
            if let Some(current) = line.current().filter(|current| current.entry == shown) {
                let next = line.waiting().unwrap_or(current);
                line.clear();
                line.show(next);
            }
        }
    }
}
