//! What each member gets to see of what it asked for: all of it, as long as nobody knows better, and else what its network carries.
//!
//! A canvas that gets nothing is not in what its client is told, as one that shows nobody is not: the client shows whatever it shows
//! of somebody without a picture, and no line stands still on a picture that is over. Its place is kept meanwhile.
//!
//! This is looked at when somebody asks, when the placements, the layers or an estimate change, and each second, as sources send more
//! and less.

use std::collections::BTreeSet;

use crate::{
    core::{
        MemberId, Source, Time,
        allocation::{Rank, Want, allocate},
        assignment::Placement,
        channels::Channel,
        layer::{Layer, Sent, Spatials, fitting},
        resources::{AssignedCanvas, Message, Resource, ResourceKind, VideoAssignment},
        room::{Effect, Member, Room, fitting::Shown, newest},
    },
    limits,
};

impl Room {
    /// What the way to a member carries, in bits per second.
    pub(crate) fn estimated(&mut self, id: MemberId, bps: u64, now: Time, effects: &mut Vec<Effect>) {
        if let Some(member) = self.members.get_mut(&id) {
            member.budget_bps = Some(bps);
            self.grant(id, false, now, effects);
        }
    }

    /// Looks anew at all whose networks are known.
    pub(super) fn grant_all(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let limited = |member: &Member| member.budget_bps.is_some() && !member.placements.is_empty();
        let ids = self.members.iter().filter(|(_, member)| limited(member));
        let ids: Vec<MemberId> = ids.map(|(id, _)| *id).collect();
        for id in ids {
            self.grant(id, false, now, effects);
        }
    }

    /// Divides what the way to a member carries, puts on its lines what it gets, and tells it if that is something else or if it has asked.
    pub(super) fn grant(&mut self, id: MemberId, asked: bool, now: Time, effects: &mut Vec<Effect>) {
        let shown = self.members.get(&id).map(Member::shown).unwrap_or_default();
        let chosen = self.choose(id, &shown, now, effects);
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let lines = shown.iter().zip(&chosen);
        let lines: BTreeSet<usize> = lines.filter_map(|(shown, layer)| layer.map(|_| shown.line)).collect();
        let granted = member
            .placements
            .iter()
            .filter(|placement| lines.contains(&placement.line));
        let granted: Vec<Placement> = granted.copied().collect();
        for (index, video) in member.video.iter_mut().enumerate() {
            let placed = granted.iter().find(|placement| placement.line == index);
            video.entry = placed.map(|placement| placement.entry);
            if video.entry.is_none() {
                video.line.clear();
                video.needed = Spatials::NONE;
            }
        }
        if granted != member.granted || asked {
            member.granted = granted;
            effects.extend(member.say_assignment(id));
        }
        for (shown, layer) in shown.iter().zip(chosen) {
            if let Some(layer) = layer {
                self.put(id, *shown, layer, now, effects);
            }
        }
    }

    /// The layer for each line, as far as the network of its viewer carries it.
    fn choose(&mut self, id: MemberId, shown: &[Shown], now: Time, effects: &mut Vec<Effect>) -> Vec<Option<Layer>> {
        let loudest = self.speakers.loudest();
        let layers: Vec<Vec<Sent>> = shown.iter().map(|shown| self.useful_layers(shown)).collect();
        let wants = shown.iter().zip(&layers).map(|(shown, layers)| Want {
            entry: shown.entry,
            rank: match self.owners.get(&shown.entry) {
                Some((_, Source::Screen)) => Rank::Screen,
                Some((owner, _)) if loudest == Some(*owner) => Rank::Speaker,
                _ => Rank::Other,
            },
            width: shown.canvas.width,
            height: shown.canvas.height,
            layers,
        });
        let wants: Vec<Want<'_>> = wants.collect();
        let Some(member) = self.members.get_mut(&id) else {
            return vec![];
        };
        let sound_bps = member.sound_bps(now);
        let budget_bps = member.budget_bps.map(|bps| bps.saturating_sub(sound_bps));
        let allocation = allocate(&mut member.allocation, budget_bps, &wants, now);
        let all_bps = (sound_bps + allocation.wanted_bps).next_multiple_of(limits::WANTED_BPS_STEP);
        let wanted_bps = (!wants.is_empty()).then_some(all_bps);
        if member.wanted_bps != wanted_bps {
            member.wanted_bps = wanted_bps;
            effects.push(Effect::Want { to: id, wanted_bps });
        }
        allocation.layers
    }

    /// The layers of a source that are not larger than a canvas needs.
    fn useful_layers(&self, Shown { entry, canvas, .. }: &Shown) -> Vec<Sent> {
        let available = self.layers_of(*entry).map_or(&[][..], |layers| layers.available());
        let largest = fitting(available, *canvas).unwrap_or_default().spatial;
        let useful = available.iter().filter(|sent| sent.layer.spatial <= largest);
        useful.copied().collect()
    }
}

impl Member {
    /// What the voices take on the way to it: of those that are heard now, and of one in any case.
    pub(super) fn sound_bps(&self, now: Time) -> u64 {
        let voices = self.audio.iter().filter(|line| line.is_live(now)).count().max(1);
        limits::VOICE_BPS.saturating_mul(voices as u64)
    }

    fn say_assignment(&self, id: MemberId) -> Option<Effect> {
        let layout = self.layout.as_ref()?;
        let canvases: Vec<AssignedCanvas> = self
            .granted
            .iter()
            .map(|placement| AssignedCanvas::new(placement, self.video[placement.line].ssrc))
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
        Some(newest(id, Channel::VideoAssignment, message.text()))
    }
}
