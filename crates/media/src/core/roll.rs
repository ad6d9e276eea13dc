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
        channels::MediaState,
        resources::{
            Deleted, MediaEntry, Message, Participant, ParticipantKind, Resource, ResourceKind, SessionStatus,
        },
    },
    event::DisconnectReason,
    limits,
    rights::{Right, Rights},
};

/// What a session can send: by its offer, or by its offer and its rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sends {
    pub(crate) microphone: bool,
    pub(crate) camera: bool,
    pub(crate) screen: bool,
}

impl Sends {
    /// What is left of an offer.
    pub(crate) fn within(self, rights: Rights) -> Sends {
        Sends {
            microphone: self.microphone && rights.include(Right::Microphone),
            camera: self.camera && rights.include(Right::Camera),
            screen: self.screen && rights.include(Right::Screen),
        }
    }
}

/// Whether a microphone is open, and who shut it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// It is heard.
    Open,
    /// Its own client muted it, and opens it again.
    Muted,
    /// A moderator muted it. Its client must agree before it can open it again, or a message that was under way would.
    Hushed,
}

impl Voice {
    /// What comes of it when the client says whether it is muted.
    pub(crate) fn after(self, muted: Option<bool>) -> Voice {
        match (muted, self) {
            (Some(true), _) => Voice::Muted,
            (Some(false), Voice::Muted) => Voice::Open,
            (Some(false) | None, voice) => voice,
        }
    }

    /// What comes of it when a moderator mutes it.
    pub(crate) fn hushed(self) -> Voice {
        match self {
            Voice::Open => Voice::Hushed,
            shut => shut,
        }
    }
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
    pub(crate) voice: Voice,
    pub(crate) video_muted: bool,
    pub(crate) sharing: bool,
}

impl Entry {
    /// Who is there in person; nobody, where a program came as somebody.
    pub(crate) fn person(&self) -> Option<u32> {
        (!self.card.by_program).then_some(self.participant)
    }

    /// Whether its microphone is open.
    pub(crate) fn speaks(&self) -> bool {
        self.sends.microphone && self.voice == Voice::Open
    }

    /// Whether its camera is on.
    pub(crate) fn shows(&self) -> bool {
        self.sends.camera && !self.video_muted
    }

    /// Takes what its client says that it sends.
    pub(crate) fn say(&mut self, state: MediaState) {
        self.voice = self.voice.after(state.audio_muted);
        self.video_muted = state.video_muted.unwrap_or(self.video_muted);
        self.sharing = self.sends.screen && state.screenshare.unwrap_or(self.sharing);
    }

    /// Takes what it can send from now on. What it cannot is muted, and stays so when it can again.
    pub(crate) fn restrict(&mut self, sends: Sends) {
        self.sends = sends;
        if !sends.microphone {
            self.voice = Voice::Muted;
        }
        self.video_muted |= !sends.camera;
        self.sharing &= sends.screen;
    }

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
            by_program: self.card.by_program,
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

    /// The media entry of microphone and camera. Who has neither is muted, and is an entry all the same.
    pub(crate) fn main(&self) -> Resource<'_> {
        let muted = (!self.speaks(), !self.shows());
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
            by_program: self.card.by_program,
        };
        Resource {
            id: Some(id.0),
            kind: ResourceKind::MediaEntry(entry),
        }
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

/// What `session-control` says to somebody in the lobby.
pub(crate) fn waiting() -> String {
    session_status("STATE_WAITING", None, None, None)
}

/// What `session-control` says to somebody who is in.
pub(crate) fn joined(card: &Card) -> String {
    session_status("STATE_JOINED", None, None, card.full_session_name.as_deref())
}

/// What `session-control` says to somebody who is out.
pub(crate) fn disconnected(reason: DisconnectReason) -> String {
    let (reason, detail) = match reason {
        DisconnectReason::ClientLeft => ("REASON_CLIENT_LEFT", None),
        DisconnectReason::Removed => ("REASON_USER_STOPPED", Some("REMOVED")),
        DisconnectReason::Denied => ("REASON_USER_STOPPED", Some("DENIED")),
        DisconnectReason::Expired => ("REASON_USER_STOPPED", Some("EXPIRED")),
        DisconnectReason::Full => ("REASON_USER_STOPPED", Some("FULL")),
        DisconnectReason::ConferenceEnded => ("REASON_CONFERENCE_ENDED", None),
        DisconnectReason::Unhealthy => ("REASON_SESSION_UNHEALTHY", None),
        DisconnectReason::ShuttingDown => ("REASON_SESSION_UNHEALTHY", Some("RESTARTING")),
    };
    session_status("STATE_DISCONNECTED", Some(reason), detail, None)
}

fn session_status(
    connection_state: &'static str,
    disconnect_reason: Option<&'static str>,
    detail: Option<&'static str>,
    participant_session: Option<&str>,
) -> String {
    let kind = ResourceKind::SessionStatus(SessionStatus {
        connection_state,
        disconnect_reason,
        detail,
        participant_session,
    });
    Message {
        resources: &[Resource { id: None, kind }],
        ..Message::default()
    }
    .text()
}
