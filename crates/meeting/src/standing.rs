//! What somebody is to a space before they enter (a standing), what they are in the meeting (a role), and with what they come
//! (a device, through an entry point). The caller knows standings, from accounts and members; roles follow from them here.

use crate::Settings;

/// How somebody stands to a space, the closest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Whose space it is.
    Owner,
    /// A member who may run the meeting.
    CoHost,
    /// A member: somebody who was invited.
    Member,
    /// Somebody of an organisation that the owner's trusts.
    Trusted,
    /// Anybody else, and everybody who is not signed in.
    Stranger,
}

/// The kind of a device in a meeting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceKind {
    /// It does whatever its person may do.
    #[default]
    Full = 1,
    /// A second device of a signed-in person: neither microphone nor camera.
    Companion = 2,
    /// It only receives.
    Viewer = 3,
}

impl DeviceKind {
    /// All of them.
    pub const ALL: [DeviceKind; 3] = [DeviceKind::Full, DeviceKind::Companion, DeviceKind::Viewer];
}

/// By what program a device comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryPoint {
    /// Our own client, or another program that acts for the person and is no app.
    #[default]
    Own,
    /// The app that made the space; for a space that no app made, our own client.
    CreatorApp,
    /// Some other app.
    OtherApp,
}

/// What somebody is in a meeting, the most powerful first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Whose space it is.
    Host = 1,
    /// Somebody who may run the meeting, too.
    CoHost = 2,
    /// Somebody who takes part.
    Contributor = 3,
    /// Somebody who only watches.
    Viewer = 4,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 4] = [Role::Host, Role::CoHost, Role::Contributor, Role::Viewer];

    /// Whether this role may admit, mute, remove and lock.
    pub fn is_moderator(self) -> bool {
        self <= Role::CoHost
    }

    /// The role with which somebody enters. Newcomers may have to watch, but a member's role outweighs that.
    pub fn on_entry(settings: &Settings, standing: Standing, device: DeviceKind) -> Role {
        let newcomers_watch = settings.moderation && settings.default_join_as_viewer;
        let role = match standing {
            Standing::Owner => Role::Host,
            Standing::CoHost => Role::CoHost,
            Standing::Trusted | Standing::Stranger if newcomers_watch => Role::Viewer,
            Standing::Member | Standing::Trusted | Standing::Stranger => Role::Contributor,
        };
        role.on(device)
    }

    /// The role of a person of this role on such a device: one that only receives makes a contributor watch.
    pub(crate) fn on(self, device: DeviceKind) -> Role {
        match device {
            DeviceKind::Viewer if !self.is_moderator() => Role::Viewer,
            _ => self,
        }
    }
}
