//! The roll of a room as its data channels tell it: one participant per person, one media entry per session, and one more
//! while a session shares its screen.
//!
//! Everybody is on the roll, the reader too: then one text serves the whole room, and a client knows its own entry by the
//! session's name. Google's clients look for others by CSRC and never get their own voice or picture, so to them their own
//! entry is one that no track ever matches.

use crate::{
    admission::{Card, CardKind},
    core::{
        EntryId,
        resources::{
            Deleted, MediaEntry, Message, Participant, ParticipantKind, Resource, ResourceKind, SessionStatus,
        },
    },
    event::DisconnectReason,
    limits,
};

/// What a session can send, by its offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sends {
    pub(crate) microphone: bool,
    pub(crate) camera: bool,
    pub(crate) screen: bool,
}

/// One session's line on the roll.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) card: Card,
    pub(crate) participant: u32,
    pub(crate) main: EntryId,
    pub(crate) screen: EntryId,
    pub(crate) audio_csrc: u32,
    pub(crate) camera_csrc: [u32; 1],
    pub(crate) screen_csrc: [u32; 1],
    pub(crate) sends: Sends,
    pub(crate) audio_muted: bool,
    pub(crate) video_muted: bool,
    pub(crate) sharing: bool,
}

impl Entry {
    pub(crate) fn participant(&self) -> Resource<'_> {
        let Card {
            participant_key,
            display_name,
            kind,
            ..
        } = &self.card;
        let kind = match kind {
            CardKind::SignedIn { user } => ParticipantKind::SignedInUser { user, display_name },
            CardKind::Anonymous => ParticipantKind::AnonymousUser { display_name },
            CardKind::Phone => ParticipantKind::PhoneUser { display_name },
        };
        let participant = Participant {
            participant_id: self.participant,
            name: participant_key,
            participant_key,
            kind,
        };
        Resource {
            id: Some(self.participant),
            kind: ResourceKind::Participant(participant),
        }
    }

    /// The session's media entries: itself, and its screen while it is shared.
    pub(crate) fn media_entries(&self) -> impl Iterator<Item = Resource<'_>> {
        let screen = self.sharing.then(|| self.screen());
        std::iter::once(self.main()).chain(screen)
    }

    /// The media entry of microphone and camera. Who has neither is muted for good.
    pub(crate) fn main(&self) -> Resource<'_> {
        let muted = (
            !self.sends.microphone || self.audio_muted,
            !self.sends.camera || self.video_muted,
        );
        let csrcs = (
            self.sends.microphone.then_some(self.audio_csrc),
            &self.camera_csrc[..usize::from(self.sends.camera)],
        );
        self.media_entry(self.main, csrcs, false, muted)
    }

    /// The media entry of the screen.
    pub(crate) fn screen(&self) -> Resource<'_> {
        self.media_entry(self.screen, (None, &self.screen_csrc), true, (true, false))
    }

    fn media_entry<'a>(
        &'a self,
        id: EntryId,
        (audio_csrc, video_csrcs): (Option<u32>, &'a [u32]),
        screenshare: bool,
        (audio_muted, video_muted): (bool, bool),
    ) -> Resource<'a> {
        let Card {
            participant_key,
            session_name,
            ..
        } = &self.card;
        let entry = MediaEntry {
            participant_id: self.participant,
            participant: participant_key,
            participant_key,
            session: session_name,
            session_name,
            audio_csrc,
            video_csrcs,
            presenter: self.sharing,
            screenshare,
            audio_muted,
            video_muted,
        };
        Resource {
            id: Some(id.0),
            kind: ResourceKind::MediaEntry(entry),
        }
    }

    /// The deletions of all media entries that were told.
    pub(crate) fn deleted_media_entries(&self) -> Vec<Deleted> {
        let ids = [Some(self.main), self.sharing.then_some(self.screen)];
        ids.into_iter().flatten().map(deleted_media_entry).collect()
    }

    pub(crate) fn deleted_participant(&self) -> Deleted {
        Deleted {
            id: self.participant,
            participant: true,
            media_entry: false,
        }
    }
}

pub(crate) fn deleted_media_entry(id: EntryId) -> Deleted {
    Deleted {
        id: id.0,
        participant: false,
        media_entry: true,
    }
}

/// The messages that tell these resources.
pub(crate) fn resources(resources: &[Resource<'_>]) -> Vec<String> {
    let message = |resources| {
        Message {
            resources,
            ..Message::default()
        }
        .text()
    };
    resources.chunks(limits::RESOURCES_PER_MESSAGE).map(message).collect()
}

/// The message that tells these deletions.
pub(crate) fn deletions(deleted_resources: &[Deleted]) -> String {
    Message {
        deleted_resources,
        ..Message::default()
    }
    .text()
}

/// What `session-control` says to somebody who is in.
pub(crate) fn joined() -> String {
    session_status("STATE_JOINED", None)
}

/// What `session-control` says to somebody who is out.
pub(crate) fn disconnected(reason: DisconnectReason) -> String {
    let reason = match reason {
        DisconnectReason::ClientLeft => "REASON_CLIENT_LEFT",
        DisconnectReason::UserStopped => "REASON_USER_STOPPED",
        DisconnectReason::ConferenceEnded => "REASON_CONFERENCE_ENDED",
        DisconnectReason::Unhealthy | DisconnectReason::ShuttingDown => "REASON_SESSION_UNHEALTHY",
    };
    session_status("STATE_DISCONNECTED", Some(reason))
}

fn session_status(connection_state: &'static str, disconnect_reason: Option<&'static str>) -> String {
    let kind = ResourceKind::SessionStatus(SessionStatus {
        connection_state,
        disconnect_reason,
    });
    Message {
        resources: &[Resource { id: None, kind }],
        ..Message::default()
    }
    .text()
}
