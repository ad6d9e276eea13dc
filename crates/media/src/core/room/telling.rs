//! When a room tells what is so, and what it tells to whom.
//!
//! Who is there, what they send and whose hand is up changes as often as anybody likes, and each change is news to
//! everybody. So a change is only noted, and the room tells all that is noted at once: the first change at the next turn, and
//! what follows in its own time, which grows with the room. The newest state always arrives; what was so in between does
//! not. The canvases are placed anew at the same times, for the same reason.
//!
//! A newcomer is not kept waiting: a channel that opens is told everything. And a reader that is behind, because its
//! transport takes no more, is told nothing until it has caught up: then it is owed what is so then ([`News`]).

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    core::{
        MemberId, Time,
        channels::Channel,
        news::{News, Told},
        outbox::Manner,
        resources::{Deleted, Resource},
        roll::{self, Entry},
        room::{Effect, Room, social::RaisedHand},
    },
    limits,
};

/// The channels that tell what is so.
const STATES: [Channel; 3] = [Channel::Participants, Channel::MediaEntries, Channel::Reactions];

/// What is new, and when it was last told.
#[derive(Debug, Default)]
pub(super) struct Telling {
    pub(super) participants: News,
    pub(super) media_entries: News,
    pub(super) hands: News,
    /// The canvases are to be placed anew.
    pub(super) unplaced: bool,
    told: Option<Time>,
    /// Somebody may have to be told something.
    due: bool,
}

impl Telling {
    fn news(&self, channel: Channel) -> Option<&News> {
        match channel {
            Channel::Participants => Some(&self.participants),
            Channel::MediaEntries => Some(&self.media_entries),
            Channel::Reactions => Some(&self.hands),
            _ => None,
        }
    }

    fn news_mut(&mut self, channel: Channel) -> Option<&mut News> {
        match channel {
            Channel::Participants => Some(&mut self.participants),
            Channel::MediaEntries => Some(&mut self.media_entries),
            Channel::Reactions => Some(&mut self.hands),
            _ => None,
        }
    }
}

impl Room {
    /// Something is new.
    pub(super) fn stir(&mut self) {
        self.telling.due = true;
    }

    /// When there is something to tell, if there is.
    pub(crate) fn telling_at(&self) -> Option<Time> {
        let readers = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        let interval = limits::TELLING_INTERVAL.max(limits::TELLING_TIME.saturating_mul(readers));
        let at = self.telling.told.map_or(Time::ZERO, |told| told + interval);
        self.telling.due.then_some(at)
    }

    /// Tells everybody what is new to them.
    pub(crate) fn tell(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.telling.told = Some(now);
        self.telling.due = false;
        if std::mem::take(&mut self.telling.unplaced) {
            self.reassign_all(now, effects);
        }
        for channel in STATES {
            self.tell_state(channel, effects);
        }
    }

    /// The transport of a reader takes no more for the moment, or has caught up.
    pub(crate) fn is_behind(&mut self, id: MemberId, behind: bool) {
        if let Some(member) = self.members.get_mut(&id) {
            member.behind = behind;
            self.telling.due |= !behind;
        }
    }

    /// Tells one who has just opened a channel all that there is.
    pub(super) fn tell_all_there_is(&mut self, id: MemberId, channel: Channel, effects: &mut Vec<Effect>) {
        let Some(news) = self.telling.news(channel) else { return };
        let (told, texts) = (news.told(), self.owed(channel, None));
        if let Some(member) = self.members.get_mut(&id) {
            member.told[channel.index()] = Some(told);
            effects.extend(texts.into_iter().map(|text| state(id, channel, text)));
        }
    }

    fn tell_state(&mut self, channel: Channel, effects: &mut Vec<Effect>) {
        let Some(newest) = self.telling.news(channel).map(News::told) else {
            return;
        };
        let index = channel.index();
        let mut texts: BTreeMap<Option<Told>, Vec<Arc<str>>> = BTreeMap::new();
        let reads = self.members.iter().filter(|(_, member)| member.reads(channel));
        let owed = reads.filter(|(_, member)| !member.behind && member.told[index] != Some(newest));
        let readers: Vec<MemberId> = owed.map(|(id, _)| *id).collect();
        for id in readers {
            let told = self.members[&id].told[index];
            let texts = texts.entry(told).or_insert_with(|| self.owed(channel, told));
            effects.extend(texts.iter().map(|text| state(id, channel, Arc::clone(text))));
            if let Some(member) = self.members.get_mut(&id) {
                member.told[index] = Some(newest);
            }
        }
        let present = self.members.values().filter(|member| member.present());
        let told: Vec<Told> = present.filter_map(|member| member.told[index]).collect();
        if let Some(news) = self.telling.news_mut(channel) {
            news.forget(&told);
        }
    }

    /// What a reader is owed on a channel.
    fn owed(&self, channel: Channel, told: Option<Told>) -> Vec<Arc<str>> {
        let Some(owed) = self.telling.news(channel).map(|news| news.owed(told)) else {
            return vec![];
        };
        let number = |resource: &Resource<'_>| owed.changed.get(&resource.id?).copied();
        let roll = self.members.values().filter(|member| member.on_roll());
        let entries = roll.map(|member| &member.entry);
        let mut resources: Vec<Resource<'_>> = match channel {
            Channel::Participants => entries.map(Entry::participant).collect(),
            Channel::MediaEntries => entries.flat_map(Entry::media_entries).collect(),
            _ => self.hands.iter().map(RaisedHand::resource).collect(),
        };
        resources.retain(|resource| number(resource).is_some());
        resources.sort_by_key(number);
        // Devices of one person are one participant.
        resources.dedup_by_key(|resource| resource.id);
        let deleted = owed.deleted.into_iter().map(|id| Deleted {
            id,
            participant: channel == Channel::Participants,
            media_entry: channel == Channel::MediaEntries,
        });
        let deleted: Vec<Deleted> = deleted.collect();
        let deletions = (!deleted.is_empty()).then(|| roll::deletions(&deleted));
        let texts = deletions.into_iter().chain(roll::resources(&resources));
        texts.map(Arc::from).collect()
    }
}

fn state(to: MemberId, channel: Channel, text: Arc<str>) -> Effect {
    Effect::Tell {
        to,
        channel,
        manner: Manner::State,
        text,
    }
}
