//! What a member may do, and what becomes of it when that changes.
//!
//! A permission works at the entrance: what is not permitted is not on the roll, so packets of it are dropped before the
//! speakers are chosen, no canvas can stand for it, and a request for it is refused. Nothing further in has to ask again.

use std::sync::Arc;

use crate::{
    admission::Permissions,
    core::{
        MemberId, Time,
        channels::{Channel, Code, MediaState},
        resources::{Empty, Resource, ResourceKind},
        roll::{self, Voice},
        room::{Effect, Member, Room, requests::Objection, tell},
    },
};

impl Room {
    /// Grants and withdraws.
    pub(crate) fn permit(&mut self, id: MemberId, permissions: Permissions, now: Time, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        member.permissions = permissions;
        let sends = member.offered.within(permissions);
        // Most changes are about the chat, or about somebody else; everybody would be told again of everybody.
        if sends != member.entry.sends {
            self.change(id, now, effects, |entry| entry.restrict(sends));
        }
    }

    /// Mutes a microphone for its owner, and tells the client.
    pub(crate) fn mute(&mut self, id: MemberId, now: Time, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get(&id).filter(|member| member.entry.speaks()) else {
            return;
        };
        if member.reads(Channel::Moderation) {
            effects.push(tell(id, Channel::Moderation, muted()));
        }
        self.change(id, now, effects, |entry| entry.voice = entry.voice.hushed());
    }

    /// Tells a member a text of the control plane, now and when its channel opens.
    pub(crate) fn moderate(&mut self, id: MemberId, text: Arc<str>, effects: &mut Vec<Effect>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        if member.reads(Channel::Moderation) {
            effects.push(tell(id, Channel::Moderation, Arc::clone(&text)));
        }
        member.moderation = Some(text);
    }
}

impl Member {
    /// What the channel `moderation` says first.
    pub(super) fn moderation_texts(&self) -> Vec<String> {
        let hushed = (self.entry.voice == Voice::Hushed).then(muted);
        let text = self.moderation.as_deref().map(str::to_owned);
        text.into_iter().chain(hushed).collect()
    }

    /// Muting is always allowed, and so is saying again what is so already.
    pub(super) fn objection_to_sending(&self, state: MediaState) -> Option<Objection> {
        let what = match self.permissions {
            Permissions { microphone: false, .. } if state.audio_muted == Some(false) => "its microphone",
            Permissions { camera: false, .. } if state.video_muted == Some(false) => "its camera",
            Permissions { screen: false, .. } if state.screenshare == Some(true) => "a screen",
            _ => return None,
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
