//! What a member may do, and what becomes of it when that changes.
//!
//! A right works at the entrance: what is not permitted is not on the roll, so packets of it are dropped before the
//! speakers are chosen, no canvas can stand for it, and a request for it is refused. Nothing further in has to ask again.

use std::sync::Arc;

use crate::{
    core::{
        MemberId, Time,
        change::{Change, Grant},
        channels::{Channel, Code, MediaState},
        resources::{Empty, Resource, ResourceKind},
        roll::{self, Voice},
        room::{Effect, Member, Room, answer, newest, requests::Objection},
    },
    rights::{Right, Rights},
};

impl Room {
    /// Does what the control plane asks for a member.
    pub(crate) fn carry_out(&mut self, id: MemberId, change: Change, now: Time, effects: &mut Vec<Effect>) {
        let Change {
            grant,
            mutes,
            text,
            keyframes,
        } = change;
        if let Some(Grant { rights, kept }) = grant {
            self.permit(id, kept);
            self.permit(id, rights);
        }
        if mutes {
            self.mute(id, effects);
        }
        if let Some(text) = text {
            self.moderate(id, text, effects);
        }
        self.want_keyframes(id, keyframes, now, effects);
    }

    /// Grants and withdraws.
    pub(super) fn permit(&mut self, id: MemberId, rights: Rights) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        member.rights = rights;
        let sends = member.offered.within(rights);
        // Most changes are about the chat, or about somebody else; everybody would be told again of everybody.
        if sends != member.entry.sends {
            self.change(id, |entry| entry.restrict(sends));
        }
    }

    /// Mutes a microphone for its owner, and tells the client.
    pub(super) fn mute(&mut self, id: MemberId, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get(&id).filter(|member| member.entry.speaks()) else {
            return;
        };
        if member.reads(Channel::Moderation) {
            // Its client opened it, so as many of these wait as it has itself said.
            effects.push(answer(id, Channel::Moderation, muted()));
        }
        self.change(id, |entry| entry.voice = entry.voice.hushed());
    }

    /// Tells a member a text of the control plane, now and when its channel opens.
    pub(super) fn moderate(&mut self, id: MemberId, text: Arc<str>, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        if member.reads(Channel::Moderation) {
            effects.push(newest(id, Channel::Moderation, Arc::clone(&text)));
        }
        member.moderation = Some(text);
    }
}

impl Member {
    /// What the channel `moderation` says first.
    pub(super) fn say_moderation(&self, id: MemberId, effects: &mut Vec<Effect>) {
        let text = self.moderation.clone();
        effects.extend(text.map(|text| newest(id, Channel::Moderation, text)));
        let hushed = (self.entry.voice == Voice::Hushed).then(muted);
        effects.extend(hushed.map(|text| answer(id, Channel::Moderation, text)));
    }

    /// Muting is always allowed, and so is saying again what is so already.
    pub(super) fn objection_to_sending(&self, state: MediaState) -> Option<Objection> {
        let denies = |right| !self.rights.include(right);
        let what = match () {
            () if state.audio_muted == Some(false) && denies(Right::Microphone) => "its microphone",
            () if state.video_muted == Some(false) && denies(Right::Camera) => "its camera",
            () if state.screenshare == Some(true) && denies(Right::Screen) => "a screen",
            () => return None,
        };
        Some(denied(format!("the session may not send {what}")))
    }
}

pub(super) fn denied(message: String) -> Objection {
    (Code::PermissionDenied, message)
}

fn muted() -> String {
    let kind = ResourceKind::Muted(Empty {});
    roll::resources(&[Resource { id: None, kind }]).concat()
}
