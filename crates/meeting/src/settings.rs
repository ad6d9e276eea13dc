//! The settings of a space that its owner chooses: who walks in, and what people may do once they are in. They are typed here,
//! because the rules of a meeting read them; the numbers and words of contracts and rows are others' business.

use crate::Standing;

/// Who joins without knocking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessType {
    /// Anybody with the link.
    Open = 1,
    /// Members of the organisation and those who were invited.
    #[default]
    Trusted = 2,
    /// Only those who were invited.
    Restricted = 3,
}

impl AccessType {
    /// All of them.
    pub const ALL: [AccessType; 3] = [AccessType::Open, AccessType::Trusted, AccessType::Restricted];

    /// Whether somebody who stands so to the space comes in without knocking.
    pub fn lets_in(self, standing: Standing) -> bool {
        match self {
            AccessType::Open => true,
            AccessType::Trusted => standing <= Standing::Trusted,
            AccessType::Restricted => standing <= Standing::Member,
        }
    }
}

/// From where one may join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryPointAccess {
    /// From anywhere.
    #[default]
    All = 1,
    /// Only through the program that made the space.
    CreatorAppOnly = 2,
}

impl EntryPointAccess {
    /// All of them.
    pub const ALL: [EntryPointAccess; 2] = [EntryPointAccess::All, EntryPointAccess::CreatorAppOnly];
}

/// Who may use a feature of the meeting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestrictionType {
    /// The host and the co-hosts.
    HostsOnly = 1,
    /// Everybody.
    #[default]
    NoRestriction = 2,
}

/// All settings of a space. The default is what a space has whose owner chose nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, with a name of its own"
)]
pub struct Settings {
    /// Who joins without knocking.
    pub access_type: AccessType,
    /// From where one may join.
    pub entry_point_access: EntryPointAccess,
    /// Whether the restrictions below apply.
    pub moderation: bool,
    /// Who may write to the chat.
    pub chat_restriction: RestrictionType,
    /// Who may react and raise a hand.
    pub reaction_restriction: RestrictionType,
    /// Who may share a screen.
    pub present_restriction: RestrictionType,
    /// Whether newcomers only watch.
    pub default_join_as_viewer: bool,
    /// Whether the owner wants a report of attendance.
    pub attendance_report: bool,
    /// Whether recording starts by itself.
    pub auto_recording: bool,
    /// Whether transcription starts by itself.
    pub auto_transcription: bool,
    /// Whether notes are taken by themselves.
    pub auto_smart_notes: bool,
}

impl Settings {
    /// The settings in effect: switching moderation off takes the restrictions back, so that switching it on again does not
    /// bring back what somebody chose long ago.
    #[must_use]
    pub fn normalised(self) -> Settings {
        if self.moderation {
            return self;
        }
        Settings {
            chat_restriction: RestrictionType::NoRestriction,
            reaction_restriction: RestrictionType::NoRestriction,
            present_restriction: RestrictionType::NoRestriction,
            default_join_as_viewer: false,
            ..self
        }
    }
}
